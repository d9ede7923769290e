//! Messages of HTTP/1.1, taken apart without forgiving anything.

use std::fmt;
use std::io::{self, Read};

use serde::de::DeserializeOwned;
use serde_json::Value;
use sluice::contract::problem::ProblemDocument;

/// Largest head that is read, in bytes.
const MAX_HEAD_BYTES: usize = 256 * 1024;

/// The first line and the headers of a request or an answer, in the order of the wire.
#[derive(Clone, Debug)]
pub struct Head {
    /// The request line or the status line.
    pub line: String,
    /// Names in lower case, values as they stood.
    pub headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Status line and headers.
    pub head: Head,
    /// The body.
    pub body: Vec<u8>,
}

impl Head {
    /// The value of a header that must not stand twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name).into_iter();
        let first = values.next();
        assert!(values.next().is_none(), "{name} stands twice: {:?}", self.headers);
        first
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The names of all headers, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// What the message says about the length of its body.
    pub fn content_length(&self) -> usize {
        assert_eq!(self.header("transfer-encoding"), None, "the tests read plain bodies only");
        self.header("content-length").map_or(0, |length| length.parse().unwrap())
    }

    fn parse(raw: &[u8]) -> Head {
        let text = std::str::from_utf8(raw).unwrap();
        let mut lines = text.strip_suffix("\r\n\r\n").unwrap().split("\r\n");
        let line = lines.next().unwrap().to_owned();
        let headers = lines.map(|header| {
            let (name, value) = header.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim_matches(' ').to_owned())
        });
        Head { line, headers: headers.collect() }
    }
}

impl Answer {
    /// The value of a header that must not stand twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The exchange id. A structured field that begins with a digit is a string, with its quotes.
    pub fn exchange(&self) -> &str {
        let id = self.header("exchange-id").and_then(|id| id.strip_prefix('"')?.strip_suffix('"'));
        id.unwrap_or_else(|| panic!("no Exchange-Id in {self:?}"))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The body as a type that the gateway and its callers share.
    pub fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The problem document, if it is one.
    pub fn problem(&self) -> Option<ProblemDocument<'static>> {
        let problem = self.header("content-type") == Some("application/problem+json");
        problem.then(|| self.read())
    }

    /// The code of the gateway's own answer.
    pub fn code(&self) -> Option<String> {
        self.problem().map(|problem| problem.code.into_owned())
    }
}

/// Shows the body as text, since most bodies are.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer { status, head, body } = self;
        write!(f, "{status} {:?} {}", head.headers, String::from_utf8_lossy(body))
    }
}

/// Reads up to the empty line, not a byte more.
pub fn read_head(from: &mut impl Read) -> io::Result<(Vec<u8>, Head)> {
    let mut raw = Vec::new();
    let mut byte = [0];
    while !raw.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte)?;
        raw.push(byte[0]);
        assert!(raw.len() <= MAX_HEAD_BYTES, "a head that does not end");
    }
    let head = Head::parse(&raw);
    Ok((raw, head))
}

/// Reads an answer whose length is declared.
pub fn read_answer(from: &mut impl Read, bodiless: bool) -> io::Result<Answer> {
    let (_, head) = read_head(from)?;
    let status = head.line.strip_prefix("HTTP/1.1 ").unwrap();
    let status: u16 = status[..3].parse().unwrap();
    let length = if bodiless { 0 } else { head.content_length() };
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Answer { status, head, body })
}

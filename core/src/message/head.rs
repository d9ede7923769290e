//! Reads the head of a request or an answer, and finds where its body ends.

use super::bytes::{is_token, is_value};
use super::field::HeaderField;
use super::fields::{Fields, Slot, Span};
use super::{
    BadMessage, MAX_ANSWER_FIELDS, MAX_ANSWER_HEAD_BYTES, MAX_REQUEST_FIELDS,
    MAX_REQUEST_HEAD_BYTES,
};

/// The head of a request.
#[derive(Clone, Debug)]
pub struct Request {
    method: Span,
    target: Span,
    /// The header fields.
    pub fields: Fields,
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status, 100 to 999.
    pub status: u16,
    /// The header fields.
    pub fields: Fields,
}

/// The continuation of a message after its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// The end of its body.
    pub length: Length,
    /// True if the connection may be used for another message afterwards.
    pub persistent: bool,
    /// True if the client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

/// The end of a message's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The body ends after so many bytes; 0 means no body.
    Bytes(u64),
    /// The body ends after the last chunk.
    Chunked,
    /// The body ends with the connection; only answers may do this.
    UntilClosed,
}

/// Finds the end of a head that is still arriving, and refuses a bare line feed, without looking at
/// any byte twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadScanner {
    /// The number of bytes already looked at, which hold no end.
    looked: usize,
    /// The start of the current line.
    line: usize,
}

impl HeadScanner {
    /// Looks at all bytes that have arrived, from the first byte of the head on. Returns the length
    /// of the head with its empty line, once that is there.
    ///
    /// # Errors
    /// [`BadMessage::LineEnd`] at the first line feed without a carriage return before it.
    pub fn end(&mut self, arrived: &[u8]) -> Result<Option<usize>, BadMessage> {
        while let Some(found) = memchr::memchr(b'\n', &arrived[self.looked..]) {
            let at = self.looked + found;
            if at == 0 || arrived[at - 1] != b'\r' {
                return Err(BadMessage::LineEnd);
            }
            let empty = at - 1 == self.line;
            (self.looked, self.line) = (at + 1, at + 1);
            if empty {
                return Ok(Some(at + 1));
            }
        }
        self.looked = arrived.len();
        Ok(None)
    }
}

impl Request {
    /// Reads a head, from its first byte to its empty line.
    ///
    /// # Errors
    /// [`BadMessage`] names the fault.
    pub fn read(head: &[u8]) -> Result<(Request, Framing), BadMessage> {
        let mut lines = Lines::of(head, MAX_REQUEST_HEAD_BYTES)?;
        let line = lines.next().ok_or(BadMessage::RequestLine)?;
        let (method, target) = request_line(line.of(head), line.start)?;
        let section = read_fields(head, lines, MAX_REQUEST_FIELDS)?;
        let framing = section.request_framing(head)?;
        let fields = Fields::new(head.to_vec(), section.slots);
        Ok((Request { method, target, fields }, framing))
    }

    /// Takes a request that another engine has read. `method` and `target` together must fit a
    /// head; if they don't, both are left out.
    pub fn of<'a>(
        method: &str,
        target: &str,
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Request {
        let mut text = Vec::with_capacity(256);
        let fits = method.len() + target.len() <= MAX_REQUEST_HEAD_BYTES;
        let (method, target) = if fits { (method, target) } else { ("", "") };
        text.extend_from_slice(method.as_bytes());
        text.extend_from_slice(target.as_bytes());
        let (method, target) =
            (Span::new(0, method.len()), Span::new(method.len(), method.len() + target.len()));
        Request { method, target, fields: Fields::after(text, fields) }
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.text(self.method)
    }

    /// Path and query as on the wire.
    pub fn target(&self) -> &str {
        self.text(self.target)
    }

    fn text(&self, span: Span) -> &str {
        // Both were checked to be text when they were read.
        std::str::from_utf8(span.of(self.fields.text())).unwrap_or_default()
    }
}

impl Response {
    /// Reads a head, from its first byte to its empty line. `bodiless` is true if the request's
    /// method is one whose answers have no body.
    ///
    /// # Errors
    /// [`BadMessage`] names the fault.
    pub fn read(head: &[u8], bodiless: bool) -> Result<(Response, Framing), BadMessage> {
        let mut lines = Lines::of(head, MAX_ANSWER_HEAD_BYTES)?;
        let line = lines.next().ok_or(BadMessage::StatusLine)?;
        let (status, version) = status_line(line.of(head))?;
        let section = read_fields(head, lines, MAX_ANSWER_FIELDS)?;
        let mut framing = section.answer_framing(head, status, bodiless)?;
        if version == Version::Http10 {
            if framing.length == Length::Chunked {
                return Err(BadMessage::TransferCoding);
            }
            framing.persistent = false;
        }
        Ok((Response { status, fields: Fields::new(head.to_vec(), section.slots) }, framing))
    }
}

/// A line without its CRLF, by its place.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
}

impl Line {
    fn of(self, head: &[u8]) -> &[u8] {
        &head[self.start..self.end]
    }
}

/// The lines of a head, without the empty one at its end.
struct Lines<'a> {
    head: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn of(head: &'a [u8], most_bytes: usize) -> Result<Lines<'a>, BadMessage> {
        if head.len() > most_bytes {
            return Err(BadMessage::HeadTooLarge);
        }
        if !head.ends_with(b"\r\n\r\n") {
            return Err(BadMessage::LineEnd);
        }
        Ok(Lines { head: &head[..head.len() - 2], at: 0 })
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let start = self.at;
        let feed = start + memchr::memchr(b'\n', self.head.get(start..)?)?;
        self.at = feed + 1;
        // A bare line feed stays in its line, and every later check refuses it.
        let end = if feed > start && self.head[feed - 1] == b'\r' { feed - 1 } else { feed + 1 };
        Some(Line { start, end })
    }
}

/// Reads a request line (RFC 9112, 3): one space between the parts, nothing before, nothing behind.
fn request_line(line: &[u8], start: usize) -> Result<(Span, Span), BadMessage> {
    let method = line.iter().position(|byte| *byte == b' ').ok_or(BadMessage::RequestLine)?;
    let rest = &line[method + 1..];
    let target = rest.iter().position(|byte| *byte == b' ').ok_or(BadMessage::RequestLine)?;
    let (target, version) = (&rest[..target], &rest[target + 1..]);
    let visible = |byte: &u8| !byte.is_ascii_control() && *byte != b' ';
    let text = std::str::from_utf8(target).is_ok();
    if !is_token(&line[..method]) || target.is_empty() || !text || !target.iter().all(visible) {
        return Err(BadMessage::RequestLine);
    }
    require_version(version, BadMessage::RequestLine)?;
    let (from, to) = (start + method + 1, start + method + 1 + target.len());
    Ok((Span::new(start, start + method), Span::new(from, to)))
}

/// The version of an answer. Old provider systems still answer in HTTP/1.0, which is safe to read:
/// it has no chunks, and its connection is used once.
#[derive(Clone, Copy, PartialEq)]
enum Version {
    Http10,
    Http11,
}

/// Reads a status line (RFC 9112, 4). The reason may be missing, and then also the space before it,
/// as with old servers.
fn status_line(line: &[u8]) -> Result<(u16, Version), BadMessage> {
    let space = line.iter().position(|byte| *byte == b' ').ok_or(BadMessage::StatusLine)?;
    let version = match &line[..space] {
        b"HTTP/1.0" => Version::Http10,
        other => require_version(other, BadMessage::StatusLine).map(|()| Version::Http11)?,
    };
    let rest = &line[space + 1..];
    let (status, reason) = rest.split_at_checked(3).ok_or(BadMessage::StatusLine)?;
    let digits = status.iter().all(u8::is_ascii_digit) && status[0] != b'0';
    let spaced = reason.first().is_none_or(|byte| *byte == b' ');
    if !digits || !spaced || !is_value(reason) {
        return Err(BadMessage::StatusLine);
    }
    let status = status.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    Ok((status, version))
}

fn require_version(version: &[u8], otherwise: BadMessage) -> Result<(), BadMessage> {
    match version {
        b"HTTP/1.1" => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(BadMessage::Version)
        }
        _ => Err(otherwise),
    }
}

/// A header section and the fields that frame its message.
struct HeaderSection {
    slots: [Slot; HeaderField::COUNT],
    close: bool,
}

fn read_fields(head: &[u8], lines: Lines<'_>, most: usize) -> Result<HeaderSection, BadMessage> {
    let mut section = HeaderSection { slots: [Slot::default(); HeaderField::COUNT], close: false };
    for (ix, line) in lines.enumerate() {
        if ix == most {
            return Err(BadMessage::TooManyFields);
        }
        let text = line.of(head);
        if matches!(text.first(), Some(b' ' | b'\t')) {
            return Err(BadMessage::Folded);
        }
        let colon = memchr::memchr(b':', text).ok_or(BadMessage::FieldName)?;
        let (name, value) = (&text[..colon], &text[colon + 1..]);
        if !is_token(name) {
            return Err(BadMessage::FieldName);
        }
        if !is_value(value) {
            return Err(value_fault(value));
        }
        let Some(field) = HeaderField::find(name) else { continue };
        let trimmed = value.trim_ascii();
        if field == HeaderField::Connection {
            section.close |= has_close(trimmed);
        }
        let slot = &mut section.slots[field as usize];
        slot.times += 1;
        if slot.times == 1 {
            let start = line.start + colon + 1 + (value.len() - value.trim_ascii_start().len());
            slot.value = Span::new(start, start + trimmed.len());
        }
    }
    Ok(section)
}

fn value_fault(value: &[u8]) -> BadMessage {
    let line_end = value.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
    if line_end { BadMessage::LineEnd } else { BadMessage::FieldValue }
}

fn has_close(connection: &[u8]) -> bool {
    let mut options = connection.split(|byte| *byte == b',');
    options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

impl HeaderSection {
    fn value<'a>(&self, head: &'a [u8], field: HeaderField) -> Option<&'a [u8]> {
        let slot = self.slots[field as usize];
        (slot.times > 0).then(|| slot.value.of(head))
    }

    /// The length that `Content-Length` and `Transfer-Encoding` give together; none if neither
    /// stands there.
    fn length(&self, head: &[u8]) -> Result<Option<Length>, BadMessage> {
        let said = [HeaderField::ContentLength, HeaderField::TransferEncoding];
        let [length, coding] = said.map(|field| self.value(head, field));
        let [lengths, codings] = said.map(|field| self.slots[field as usize].times);
        match (length, coding) {
            (Some(_), Some(_)) => Err(BadMessage::TwoLengths),
            (Some(length), None) if lengths == 1 => {
                number(length).map(|bytes| Some(Length::Bytes(bytes))).ok_or(BadMessage::Length)
            }
            (Some(_), None) => Err(BadMessage::Length),
            (None, Some(coding)) if codings == 1 && coding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Some(Length::Chunked))
            }
            (None, Some(_)) => Err(BadMessage::TransferCoding),
            (None, None) => Ok(None),
        }
    }

    fn request_framing(&self, head: &[u8]) -> Result<Framing, BadMessage> {
        let length = self.length(head)?.unwrap_or(Length::Bytes(0));
        let expects_continue = match self.value(head, HeaderField::Expect) {
            None => false,
            Some(value) if value.eq_ignore_ascii_case(b"100-continue") => true,
            Some(_) => return Err(BadMessage::Expectation),
        };
        Ok(Framing { length, persistent: !self.close, expects_continue })
    }

    /// Applies the rules of RFC 9112, 6.3, for the body of an answer.
    fn answer_framing(
        &self,
        head: &[u8],
        status: u16,
        bodiless: bool,
    ) -> Result<Framing, BadMessage> {
        let said = self.length(head)?;
        let length = match status {
            100..=199 | 204 | 304 => Length::Bytes(0),
            _ if bodiless => Length::Bytes(0),
            _ => said.unwrap_or(Length::UntilClosed),
        };
        let persistent = !self.close && length != Length::UntilClosed;
        Ok(Framing { length, persistent, expects_continue: false })
    }
}

/// Reads a number of digits alone, up to 64 bits.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

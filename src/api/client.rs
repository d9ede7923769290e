//! The client of the administrative interface, for the commands.

use std::fmt;
use std::path::Path;

use http::{Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contract::problem::ProblemDocument;
use crate::http_client::{HttpAnswer, HttpBounds, HttpCall, HttpClient, HttpFault, IdentityFiles};
use crate::problem::Language;

/// The bounds of a call: publishing a large catalog checks it as a whole.
const BOUNDS: HttpBounds = HttpBounds { deadline_ms: 120_000, max_answer_bytes: 256 * 1024 * 1024 };

/// The longest silence where signs of life are sent.
const SILENCE_MS: u64 = 45_000;

/// The usual port of the interface.
const PORT: u16 = 8444;

/// A person's way to the interface.
pub struct Client {
    http: HttpClient,
    language: Language,
}

/// The reason why a call has no result.
#[derive(Debug)]
pub enum CallError {
    /// The interface refuses.
    Refused {
        /// The status.
        status: StatusCode,
        /// The stable code of the problem document; empty if there is no such document.
        code: String,
        /// The reason, and the remedy.
        what: String,
    },
    /// The interface can't be reached, or does not answer as it should.
    Unreachable(String),
}

impl Client {
    /// Calls the gateway at `https://host:port`, which an authority vouches for, with a person's own
    /// certificate and key; all of these in PEM files.
    ///
    /// # Errors
    /// A file can't be read, or the address is not well-formed.
    pub fn new(api: &str, ca: &Path, cert: &Path, key: &Path) -> Result<Client, String> {
        let files = IdentityFiles { ca, cert, key };
        let http = HttpClient::mutual_tls(&with_port(api), files, BOUNDS);
        Ok(Client { http: http.map_err(|fault| fault.to_string())?, language: Language::English })
    }

    /// Asks for refusals in a language.
    #[must_use]
    pub fn in_language(self, language: Language) -> Client {
        Client { language, ..self }
    }

    /// Reads the resource at a path.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Method::GET, path, &[], None::<&()>).await.and_then(parsed)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn text(&self, path: &str) -> Result<String, CallError> {
        let answer = self.call(Method::GET, path, &[], None::<&()>).await?;
        let no_text = |_| CallError::Unreachable("the answer is no text".into());
        String::from_utf8(answer.body).map_err(no_text)
    }

    /// Posts a value to a path, and reads the result.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        self.call(Method::POST, path, &[], Some(body)).await.and_then(parsed)
    }

    /// Replaces the resource at a path.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn replace<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        let looked_at = self.call(Method::GET, path, &[], None::<&()>).await?;
        let tag = looked_at.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let headers = [("if-match", tag.unwrap_or_default())];
        self.call(Method::PUT, path, &headers, Some(body)).await.and_then(parsed)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&impl Serialize>,
    ) -> Result<HttpAnswer, CallError> {
        let mut headers = [headers, &[("accept-language", self.language.tag())]].concat();
        let body = body.map(serde_json::to_vec).transpose();
        let body = body.map_err(|error| CallError::Unreachable(error.to_string()))?;
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.unwrap_or_default().into();
        let call = HttpCall { method, target: path, headers: &headers, body };
        let answer = self.http.call(call).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(refused(&answer)) }
    }

    /// Follows events, and gives every line as it comes, until the other side ends.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn watch(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        line: &mut dyn FnMut(&str),
    ) -> Result<(), CallError> {
        let headers = [headers, &[("accept-language", self.language.tag())]].concat();
        let (method, body) = (Method::GET, bytes::Bytes::new());
        let call = HttpCall { method, target: path, headers: &headers, body };
        match self.http.follow(call, SILENCE_MS, line).await? {
            None => Ok(()),
            Some(answer) => Err(refused(&answer)),
        }
    }
}

/// Returns the address, with the interface's usual port if it names none.
fn with_port(api: &str) -> String {
    let authority = api.strip_prefix("https://").unwrap_or_default().trim_end_matches('/');
    let names_port =
        authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if authority.is_empty() || authority.contains('/') || names_port {
        api.to_owned()
    } else {
        format!("https://{authority}:{PORT}")
    }
}

fn refused(answer: &HttpAnswer) -> CallError {
    let status = answer.status;
    let problem: ProblemDocument<'_> = serde_json::from_slice(&answer.body).unwrap_or_default();
    let what = if problem.detail.is_empty() {
        format!("status {status}")
    } else {
        // Sentences of Chinese stand without a blank between them.
        let between = if problem.detail.ends_with('。') { "" } else { " " };
        format!("{}{between}{}", problem.detail, problem.remedy)
    };
    CallError::Refused { status, code: problem.code.into_owned(), what }
}

/// Reads the body of an answer as JSON.
fn parsed<T: DeserializeOwned>(answer: HttpAnswer) -> Result<T, CallError> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        CallError::Unreachable(format!(
            "its answer can't be read ({error}); perhaps it is of another version than this program"
        ))
    })
}

impl From<HttpFault> for CallError {
    fn from(fault: HttpFault) -> CallError {
        CallError::Unreachable(fault.to_string())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Refused { what, .. } => f.write_str(what),
            CallError::Unreachable(why) => write!(f, "the gateway did not answer: {why}"),
        }
    }
}

impl std::error::Error for CallError {}

#[cfg(test)]
mod tests {
    use super::with_port;

    #[test]
    fn an_address_without_a_port_is_the_usual_one() {
        for (said, meant) in [
            ("https://gateway", "https://gateway:8444"),
            ("https://gateway/", "https://gateway:8444"),
            ("https://gateway:9/", "https://gateway:9/"),
            ("https://[::1]", "https://[::1]:8444"),
            ("https://[::1]:9", "https://[::1]:9"),
            ("http://gateway", "http://gateway"),
            ("", ""),
        ] {
            assert_eq!(with_port(said), meant);
        }
    }
}

//! The one HTTP client: commands, the demo and a gateway on its way to its witnesses call with it.
//!
//! It makes a connection for each call, over mutual TLS 1.3 or in the clear, and speaks HTTP/1.1. Every
//! call has a deadline, every answer a bound. (The data path has an engine of its own: see `upstream`.)
//!
//! | file | what it holds |
//! |------|---------------|
//! | `fault` | why a call has no answer |
//! | `identity` | the files of who calls |

mod fault;
mod identity;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

pub use fault::HttpFault;
pub use identity::IdentityFiles;

/// The bounds of a call.
#[derive(Clone, Copy, Debug)]
pub struct HttpBounds {
    /// The longest time of a call, from connecting to the answer's last byte.
    pub deadline_ms: u64,
    /// Longest body of an answer.
    pub max_answer_bytes: usize,
}

/// The way to one server.
pub struct HttpClient {
    /// Without brackets, where it is an IPv6 address.
    host: String,
    port: u16,
    /// The beginning of every target; without a slash at its end.
    base: String,
    /// Host and port, as the field `Host` names them.
    authority: String,
    tls: Option<Arc<ClientConfig>>,
    bounds: HttpBounds,
}

/// A request.
#[derive(Clone, Debug)]
pub struct HttpCall<'a> {
    /// The method.
    pub method: Method,
    /// Path and query, appended to the path of the server's address.
    pub target: &'a str,
    /// Header fields besides `Host`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; empty for none.
    pub body: Bytes,
}

/// An answer, of any status.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer whose body is under way. The connection ends with it.
struct Begun {
    answer: Response<Incoming>,
    _connection: JoinSet<Result<(), hyper::Error>>,
}

impl HttpClient {
    /// Calls `http://host:port`, perhaps with a path, in the clear.
    ///
    /// # Errors
    /// The address is not well-formed.
    pub fn plain(address: &str, bounds: HttpBounds) -> Result<HttpClient, HttpFault> {
        HttpClient::to(address, ("http", 80), None, bounds)
    }

    /// Makes a client for `https://host:port`, perhaps with a path, with the identity of these
    /// files.
    ///
    /// # Errors
    /// The address is not well-formed, or a file can't be used.
    pub fn mutual_tls(
        address: &str,
        files: IdentityFiles<'_>,
        bounds: HttpBounds,
    ) -> Result<HttpClient, HttpFault> {
        HttpClient::to(address, ("https", 443), Some(Arc::new(files.config()?)), bounds)
    }

    fn to(
        address: &str,
        (scheme, usual_port): (&'static str, u16),
        tls: Option<Arc<ClientConfig>>,
        bounds: HttpBounds,
    ) -> Result<HttpClient, HttpFault> {
        let no_address = || HttpFault::Address { address: address.to_owned(), scheme };
        let uri: Uri = address.parse().map_err(|_| no_address())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some(scheme));
        let authority = authority.filter(|it| !it.host().is_empty()).ok_or_else(no_address)?;
        Ok(HttpClient {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(usual_port),
            base: uri.path().trim_end_matches('/').to_owned(),
            authority: authority.to_string(),
            tls,
            bounds,
        })
    }

    /// Calls, and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`HttpFault`] if no answer comes in time and within its bound.
    pub async fn call(&self, call: HttpCall<'_>) -> Result<HttpAnswer, HttpFault> {
        self.in_time(self.bounds.deadline_ms, async { self.whole(self.begin(call).await?).await })
            .await
    }

    /// Calls, and gives each line of the answer as it comes, until the server ends it. An answer that is no
    /// success is read whole and given back instead.
    ///
    /// # Errors
    /// [`HttpFault`] if no answer comes, nothing comes for this long, or a line is longer than an
    /// answer may be.
    pub async fn follow(
        &self,
        call: HttpCall<'_>,
        silence_ms: u64,
        line: &mut dyn FnMut(&str),
    ) -> Result<Option<HttpAnswer>, HttpFault> {
        let begun = self.in_time(self.bounds.deadline_ms, self.begin(call)).await?;
        if !begun.answer.status().is_success() {
            return self.in_time(self.bounds.deadline_ms, self.whole(begun)).await.map(Some);
        }
        let Begun { mut answer, _connection } = begun;
        let mut rest = Vec::new();
        loop {
            let frame = async { answer.frame().await.transpose().map_err(self.broken()) };
            let Some(frame) = self.in_time(silence_ms, frame).await? else { return Ok(None) };
            rest.extend_from_slice(&frame.into_data().unwrap_or_default());
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let whole: Vec<u8> = rest.drain(..=end).collect();
                line(String::from_utf8_lossy(&whole[..end]).trim_end_matches('\r'));
            }
            if rest.len() > self.bounds.max_answer_bytes {
                return Err(self.too_long());
            }
        }
    }

    async fn begin(&self, call: HttpCall<'_>) -> Result<Begun, HttpFault> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let tcp = tcp.map_err(|error| HttpFault::Unreachable {
            at: self.authority.clone(),
            why: error.to_string(),
        })?;
        let Some(config) = &self.tls else { return self.ask(tcp, call).await };
        let refused = |why: String| HttpFault::Handshake { at: self.authority.clone(), why };
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|error| refused(error.to_string()))?;
        let tls = TlsConnector::from(config.clone()).connect(name, tcp).await;
        self.ask(tls.map_err(|error| refused(error.to_string()))?, call).await
    }

    async fn ask<S>(&self, stream: S, call: HttpCall<'_>) -> Result<Begun, HttpFault>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let HttpCall { method, target, headers, body } = call;
        let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(self.broken())?;
        let mut connection = JoinSet::new();
        connection.spawn(driver);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.base))
            .header(header::HOST, &self.authority);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(|error| HttpFault::Request {
            at: self.authority.clone(),
            why: error.to_string(),
        })?;
        let answer = sender.send_request(request).await.map_err(self.broken())?;
        Ok(Begun { answer, _connection: connection })
    }

    async fn whole(&self, begun: Begun) -> Result<HttpAnswer, HttpFault> {
        let Begun { answer, _connection } = begun;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, self.bounds.max_answer_bytes).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() { self.too_long() } else { self.broken()(error) }
        })?;
        Ok(HttpAnswer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes().into(),
        })
    }

    async fn in_time<T>(
        &self,
        limit_ms: u64,
        step: impl Future<Output = Result<T, HttpFault>>,
    ) -> Result<T, HttpFault> {
        let done = tokio::time::timeout(Duration::from_millis(limit_ms), step).await;
        done.unwrap_or_else(|_| Err(HttpFault::TooSlow { at: self.authority.clone(), limit_ms }))
    }

    fn broken<E: std::fmt::Display>(&self) -> impl Fn(E) -> HttpFault + '_ {
        |error| HttpFault::Broken { at: self.authority.clone(), why: error.to_string() }
    }

    fn too_long(&self) -> HttpFault {
        let limit_bytes = self.bounds.max_answer_bytes;
        HttpFault::TooLong { at: self.authority.clone(), limit_bytes }
    }
}

//! The administrative interface from the other side: what the commands call it with.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a call may take: publishing a large catalog checks it as a whole.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Longest answer in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// How long nothing may come where signs of life are sent.
const SILENCE: Duration = Duration::from_secs(45);

/// Longest line of an event in bytes.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// A person's way to the interface.
pub struct Client {
    host: String,
    port: u16,
    tls: Arc<ClientConfig>,
}

/// An answer that is no error.
pub struct ClientResponse {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why a call has no such answer.
#[derive(Debug)]
pub enum CallError {
    /// The interface refuses: the detail and remedy of its problem document.
    Refused {
        /// The status.
        status: StatusCode,
        /// Why, and what to do.
        what: String,
    },
    /// It can't be reached, or does not answer as it should.
    Unreachable(String),
}

impl Client {
    /// To the gateway at `https://host:port`, which an authority vouches for, with a person's own
    /// certificate and key; all of these in PEM files.
    ///
    /// # Errors
    /// What can't be read, or is no address.
    pub fn new(api: &str, ca: &Path, cert: &Path, key: &Path) -> Result<Client, String> {
        let uri: Uri = api.parse().map_err(|_| format!("{api:?} is no address"))?;
        let host = uri.host().filter(|_| uri.scheme_str() == Some("https"));
        let host = host.ok_or_else(|| format!("{api:?} is not https://host:port"))?.to_owned();
        let mut roots = RootCertStore::empty();
        for certificate in pem::<CertificateDer<'static>>(ca)? {
            roots.add(certificate).map_err(|error| format!("{}: {error}", ca.display()))?;
        }
        let key_der = pem::<PrivateKeyDer<'static>>(key)?.swap_remove(0);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_client_auth_cert(pem(cert)?, key_der)
            .map_err(|error| format!("{}: {error}", cert.display()))?;
        Ok(Client { host, port: uri.port_u16().unwrap_or(8444), tls: Arc::new(config) })
    }

    /// Calls a route; a body is JSON.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<ClientResponse, CallError> {
        let answered = timeout(TIMEOUT, async {
            let answer = self.converse(method, path, headers, body).await?;
            let status = answer.status();
            Ok((status, whole(answer).await?))
        });
        let took_long = |_| CallError::Unreachable("no answer came in time".into());
        let (status, (headers, body)) = answered.await.map_err(took_long)??;
        match status.is_success() {
            true => Ok(ClientResponse { headers, body }),
            false => Err(refused(status, &body)),
        }
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
        let answer = self.converse(Method::GET, path, headers, None).await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(refused(status, &whole(answer).await?.1));
        }
        let (mut body, mut rest) = (answer.into_body(), Vec::new());
        let silent = |_| CallError::Unreachable("nothing was heard of it any more".into());
        while let Some(frame) = timeout(SILENCE, body.frame()).await.map_err(silent)? {
            let frame = frame.map_err(|error| CallError::Unreachable(error.to_string()))?;
            rest.extend_from_slice(&frame.into_data().unwrap_or_default());
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let whole: Vec<u8> = rest.drain(..=end).collect();
                line(String::from_utf8_lossy(&whole[..end]).trim_end_matches('\r'));
            }
            if rest.len() > MAX_LINE_BYTES {
                return Err(CallError::Unreachable("an event without an end came".into()));
            }
        }
        Ok(())
    }

    async fn converse(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, CallError> {
        let failed = |what: &dyn fmt::Display| {
            CallError::Unreachable(format!("{}:{}: {what}", self.host, self.port))
        };
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let tcp = tcp.map_err(|error| failed(&error))?;
        let name = ServerName::try_from(self.host.clone()).map_err(|error| failed(&error))?;
        let tls = TlsConnector::from(self.tls.clone()).connect(name, tcp).await;
        let tls = tls.map_err(|error| failed(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls))
            .await
            .map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, format!("{}:{}", self.host, self.port));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = request.body(Full::new(bytes)).map_err(|error| failed(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
        Ok(answer)
    }
}

async fn whole(answer: Response<Incoming>) -> Result<(HeaderMap, Vec<u8>), CallError> {
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| CallError::Unreachable(error.to_string()))?.to_bytes();
    Ok((parts.headers, body.into()))
}

fn refused(status: StatusCode, body: &[u8]) -> CallError {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let what = match (text("detail"), text("remedy")) {
        (detail, _) if detail.is_empty() => format!("status {status}"),
        (detail, remedy) => format!("{detail} {remedy}"),
    };
    CallError::Refused { status, what }
}

impl ClientResponse {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value, CallError> {
        let no_json = |_| CallError::Unreachable("the answer is no JSON".into());
        serde_json::from_slice(&self.body).map_err(no_json)
    }
}

fn pem<T: PemObject>(file: &Path) -> Result<Vec<T>, String> {
    let wrong = |what: &dyn fmt::Display| format!("{}: {what}", file.display());
    let bytes = std::fs::read(file).map_err(|error| wrong(&error))?;
    let found = T::pem_slice_iter(&bytes).collect::<Result<Vec<T>, _>>();
    let found = found.map_err(|error| wrong(&error))?;
    if found.is_empty() { Err(wrong(&"there is none in it")) } else { Ok(found) }
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

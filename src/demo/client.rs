//! A system that calls: one request, one answer, over mutual TLS. What `curl` does for people.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::playbill::{Pair, StageError};
use super::tour::Call;

/// The time that a call may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct CallAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// Makes a call to the gateway at that port as the system with that certificate.
///
/// # Errors
/// When no answer comes.
pub async fn call(
    port: u16,
    ca: &Path,
    pair: &Pair,
    call: &Call,
) -> Result<CallAnswer, StageError> {
    tokio::time::timeout(TIMEOUT, converse(port, ca, pair, call)).await?
}

async fn converse(
    port: u16,
    ca: &Path,
    pair: &Pair,
    call: &Call,
) -> Result<CallAnswer, StageError> {
    let tcp = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let name = ServerName::try_from("localhost")?;
    let stream = TlsConnector::from(config(ca, pair)?).connect(name, tcp).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(call.method)
        .uri(&call.target)
        .header(header::HOST, format!("localhost:{port}"));
    for (name, value) in &call.headers {
        request = request.header(*name, &**value);
    }
    let body = Full::new(Bytes::from(call.body.clone().unwrap_or_default()));
    let (parts, body) = sender.send_request(request.body(body)?).await?.into_parts();
    let body = String::from_utf8(body.collect().await?.to_bytes().into())?;
    Ok(CallAnswer { status: parts.status, headers: parts.headers, body })
}

fn config(ca: &Path, pair: &Pair) -> Result<Arc<ClientConfig>, StageError> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&fs::read(ca)?)?)?;
    let chain = vec![CertificateDer::from_pem_slice(&fs::read(&pair.cert)?)?];
    let key = PrivateKeyDer::from_pem_slice(&fs::read(&pair.key)?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?;
    Ok(Arc::new(config))
}

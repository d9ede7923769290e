//! Provider systems on loopback: HTTP/1.1 behind mutual TLS, for the demo and the tests.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::providers::{ProviderRequest, ProviderSystem, answer};

/// Most connections at a time to one provider system; more wait to be accepted.
pub const MAX_CONNECTIONS: usize = 256;

/// Largest request body in bytes; a larger one is answered 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The time that a handshake may take, and that a request's head may take to arrive. Idle
/// connections are closed after it, too.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// The time to wait before accepting again when the system has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers as a department's provider system until `shutdown` is done, then drops what is open.
/// Callers are verified by `tls`, which must demand a client certificate.
pub async fn serve(
    provider: ProviderSystem,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    shutdown: impl Future<Output = ()>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => return,
            accepted = accept(&listener, &room) => accepted,
            // Finished connections are reaped here; with none left this arm is off.
            Some(_) = connections.join_next() => continue,
        };
        let Some((socket, place)) = accepted else { continue };
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            converse(provider, acceptor, socket).await;
            drop(place);
        });
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((socket, _)) => Some((socket, place)),
        Err(_) => {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// One connection, from handshake to close. Its failures are the caller's to notice.
async fn converse(provider: ProviderSystem, acceptor: TlsAcceptor, socket: TcpStream) {
    // Answers are small and written at once; waiting to fill a segment would only delay them.
    let _ = socket.set_nodelay(true);
    let handshake = tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(socket));
    let Ok(Ok(stream)) = handshake.await else { return };
    let service =
        service_fn(
            move |request| async move { Ok::<_, Infallible>(respond(provider, request).await) },
        );
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(provider: ProviderSystem, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return status_alone(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let answered = answer(
        provider,
        &ProviderRequest {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query(),
            body: &body.to_bytes(),
        },
    );
    let response = Response::builder()
        .status(answered.status)
        .header(header::CONTENT_TYPE, answered.content_type)
        // What systems like to tell about themselves, and the gateway does not pass on.
        .header(header::SERVER, "records/4.2.1")
        .header("X-Backend-Node", "records-01")
        .body(Full::new(Bytes::from(answered.body)));
    response.unwrap_or_else(|_| status_alone(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status_alone(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::server::WebPkiClientVerifier;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;

    use super::*;

    type Certified = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

    /// An authority of its own for each test, and what it vouches for.
    fn authority() -> (RootCertStore, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(params.self_signed(&key).unwrap().der().clone()).unwrap();
        (roots, Issuer::new(params, key))
    }

    fn certified(issuer: &Issuer<'_, KeyPair>) -> Certified {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }

    fn server_tls(roots: &RootCertStore, (chain, key): Certified) -> Arc<ServerConfig> {
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots.clone())).build().unwrap();
        let config = ServerConfig::builder().with_client_cert_verifier(verifier);
        Arc::new(config.with_single_cert(chain, key).unwrap())
    }

    /// Sends raw bytes and reads to the end; fails as the handshake does.
    async fn call(to: SocketAddr, tls: ClientConfig, request: &str) -> std::io::Result<String> {
        let socket = TcpStream::connect(to).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(tls)).connect(name, socket).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[tokio::test]
    async fn it_answers_those_with_a_certificate_until_it_is_told_to_stop() {
        let (roots, issuer) = authority();
        let tls = server_tls(&roots, certified(&issuer));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let to = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(serve(ProviderSystem::CivilAffairs, listener, tls, async {
            drop(stopped.await);
        }));

        let client = ClientConfig::builder().with_root_certificates(roots);
        let request =
            "GET /v1/divisions/330106 HTTP/1.1\r\nHost: records\r\nConnection: close\r\n\r\n";
        let (chain, key) = certified(&issuer);
        let known = client.clone().with_client_auth_cert(chain, key).unwrap();
        let answer = call(to, known.clone(), request).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("浙江省杭州市西湖区"), "{answer}");

        let body = " ".repeat(MAX_BODY_BYTES + 1);
        let oversized = format!(
            "POST /v1/marriage/query HTTP/1.1\r\nHost: records\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        let answer = call(to, known, &oversized).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");

        assert!(call(to, client.with_no_client_auth(), request).await.is_err());
        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
    }
}

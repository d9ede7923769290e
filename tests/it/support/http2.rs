//! HTTP/2, several streams at once on one connection.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use sluice::pki::Issued;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::answer::Head;
use super::certificates::HOST;
use super::client::client_config;
use super::{Answer, Ask, DEADLINE};

/// Sends all requests at once and gives their answers, in the order of the requests.
pub fn ask_all(to: SocketAddr, certificate: &Issued, asks: Vec<Ask>) -> Vec<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(DEADLINE, converse(to, certificate, asks)).await.unwrap()
    })
}

async fn converse(to: SocketAddr, certificate: &Issued, asks: Vec<Ask>) -> Vec<Answer> {
    let tcp = TcpStream::connect(to).await.unwrap();
    let config = client_config(Some(certificate), &rustls::version::TLS13, b"h2");
    let name = ServerName::try_from(HOST).unwrap();
    let stream = TlsConnector::from(config).connect(name, tcp).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (sender, connection) =
        builder.handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut waiting = Vec::new();
    for ask in asks {
        let mut sender = sender.clone();
        waiting.push(tokio::spawn(async move {
            sender.ready().await.unwrap();
            let answer = sender.send_request(request(ask)).await.unwrap();
            read(answer).await
        }));
    }
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.await.unwrap());
    }
    answers
}

fn request(ask: Ask) -> http::Request<Full<Bytes>> {
    let (method, target, headers, body) = ask.into_parts();
    let uri = format!("https://{HOST}{target}");
    let mut request = http::Request::builder().method(method.as_str()).uri(uri);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    request.body(Full::new(body.into())).unwrap()
}

async fn read(answer: http::Response<hyper::body::Incoming>) -> Answer {
    let (parts, body) = answer.into_parts();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
    let head = Head { line: String::new(), headers: headers.collect() };
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status.as_u16(), head, body }
}

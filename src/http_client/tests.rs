use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{HttpBounds, HttpCall, HttpClient, HttpFault, IdentityFiles};

const BOUNDS: HttpBounds = HttpBounds { deadline_ms: 20_000, max_answer_bytes: 16 };

/// A server that reads one request and answers with these bytes, then ends if it shall.
async fn answering(answer: &'static [u8], ends: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(socket.read_u8().await.unwrap());
        }
        socket.write_all(answer).await.unwrap();
        if !ends {
            std::future::pending::<()>().await;
        }
    });
    at
}

fn get(target: &str) -> HttpCall<'_> {
    HttpCall { method: Method::GET, target, headers: &[], body: Bytes::new() }
}

async fn called(
    answer: &'static [u8],
    ends: bool,
    bounds: HttpBounds,
) -> Result<Vec<u8>, HttpFault> {
    let at = answering(answer, ends).await;
    let client = HttpClient::plain(&format!("http://{at}/base/"), bounds).unwrap();
    client.call(get("/path")).await.map(|answer| answer.body)
}

#[tokio::test]
async fn an_answer_is_read_whole_within_its_bounds() {
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n0123456789abcdef";
    assert_eq!(called(whole, true, BOUNDS).await.unwrap(), b"0123456789abcdef");
    let long = b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n0123456789abcdefg";
    let fault = called(long, true, BOUNDS).await.unwrap_err();
    assert!(matches!(fault, HttpFault::TooLong { limit_bytes: 16, .. }), "{fault}");
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n0";
    let fault = called(short, true, BOUNDS).await.unwrap_err();
    assert!(matches!(fault, HttpFault::Broken { .. }), "{fault}");
    let nonsense = called(b"nonsense\r\n\r\n", true, BOUNDS).await.unwrap_err();
    assert!(matches!(nonsense, HttpFault::Broken { .. }), "{nonsense}");
}

#[tokio::test]
async fn whoever_does_not_answer_is_given_up_at_the_deadline() {
    let bounds = HttpBounds { deadline_ms: 50, ..BOUNDS };
    let fault = called(b"", false, bounds).await.unwrap_err();
    assert!(matches!(fault, HttpFault::TooSlow { limit_ms: 50, .. }), "{fault}");
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n0";
    let fault = called(half, false, bounds).await.unwrap_err();
    assert!(matches!(fault, HttpFault::TooSlow { .. }), "{fault}");
}

#[tokio::test]
async fn lines_are_given_as_they_come_and_refusals_whole() {
    async fn followed(
        answer: &'static [u8],
        ends: bool,
    ) -> (Vec<String>, Result<Option<u16>, HttpFault>) {
        let at = answering(answer, ends).await;
        let client = HttpClient::plain(&format!("http://{at}"), BOUNDS).unwrap();
        let mut lines = Vec::new();
        let ended = client.follow(get("/"), 50, &mut |line| lines.push(line.to_owned())).await;
        (lines, ended.map(|answer| answer.map(|answer| answer.status.as_u16())))
    }
    let head = b"HTTP/1.1 200 OK\r\n\r\none\r\ntwo\nrest";
    let (lines, ended) = followed(head, true).await;
    assert_eq!((lines, ended), (vec!["one".to_owned(), "two".to_owned()], Ok(None)));
    let (lines, ended) = followed(head, false).await;
    assert!(lines.len() == 2 && matches!(ended, Err(HttpFault::TooSlow { .. })), "{ended:?}");
    let (lines, ended) = followed(b"HTTP/1.1 200 OK\r\n\r\n0123456789abcdefg", false).await;
    assert!(lines.is_empty() && matches!(ended, Err(HttpFault::TooLong { .. })), "{ended:?}");
    let refused = b"HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno";
    assert_eq!(followed(refused, false).await, (Vec::new(), Ok(Some(403))));
}

#[tokio::test]
async fn what_is_no_address_no_server_and_no_file_is_said_with_what_to_do() {
    for wrong in ["", "host", "https://host:1", "http:///path", "ftp://host"] {
        let fault = HttpClient::plain(wrong, BOUNDS).err().unwrap().to_string();
        assert!(fault.ends_with("write http://host:port"), "{wrong}: {fault}");
    }
    let file = Path::new("/nowhere/ca.pem");
    let files = IdentityFiles { ca: file, cert: file, key: file };
    let fault = HttpClient::mutual_tls("https://host:1", files, BOUNDS).err().unwrap();
    assert!(fault.to_string().starts_with("/nowhere/ca.pem: "), "{fault}");
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = HttpClient::plain(&format!("http://{free}"), BOUNDS).unwrap();
    let fault = client.call(get("/")).await.unwrap_err();
    assert!(matches!(fault, HttpFault::Unreachable { .. }), "{fault}");
}

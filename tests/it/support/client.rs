//! HTTP/1.1 byte by byte, as any peer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned, SupportedProtocolVersion};
use sluice::pki::Issued;

use super::DEADLINE;
use super::answer::{Answer, Head, read_answer, read_head};
use super::certificates::{HOST, chain_and_key, cryptography, roots};

/// A connection to the gateway.
pub struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

/// A request, rendered as it is written here: nothing is checked and nothing is escaped.
#[derive(Clone, Debug)]
pub struct Ask {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Ask {
    /// Any method.
    pub fn new(method: &str, target: &str) -> Ask {
        let (method, target) = (method.to_owned(), target.to_owned());
        Ask { method, target, headers: Vec::new(), body: None }
    }

    /// A GET.
    pub fn get(target: &str) -> Ask {
        Ask::new("GET", target)
    }

    /// A POST with a JSON body.
    pub fn post(target: &str, body: &str) -> Ask {
        Ask::new("POST", target).header("Content-Type", "application/json").body(body)
    }

    /// With a header more.
    pub fn header(mut self, name: &str, value: &str) -> Ask {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body, and its length.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Ask {
        self.body = Some(body.as_ref().to_vec());
        self
    }

    /// With a purpose.
    pub fn purpose(self, code: &str) -> Ask {
        self.header("Exchange-Purpose", code)
    }

    /// Its parts, for clients that render by themselves.
    pub fn into_parts(self) -> (String, String, Vec<(String, String)>, Vec<u8>) {
        (self.method, self.target, self.headers, self.body.unwrap_or_default())
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("{} {} HTTP/1.1\r\nHost: {HOST}\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if let Some(body) = &self.body {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }
}

impl Connection {
    /// Connects, offering HTTP/1.1. With TLS 1.3 a client is done before the gateway has judged
    /// its certificate: a refusal shows when something is read.
    pub fn open(to: SocketAddr, certificate: Option<&Issued>) -> io::Result<Connection> {
        Connection::open_with(to, certificate, &rustls::version::TLS13)
    }

    /// Connects with that version of TLS alone.
    pub fn open_with(
        to: SocketAddr,
        certificate: Option<&Issued>,
        version: &'static SupportedProtocolVersion,
    ) -> io::Result<Connection> {
        let config = client_config(certificate, version, b"http/1.1");
        let name = ServerName::try_from(HOST).unwrap();
        let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut socket = TcpStream::connect(to)?;
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.set_write_timeout(Some(DEADLINE))?;
        socket.set_nodelay(true)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(Connection { stream: StreamOwned::new(connection, socket) })
    }

    /// Sends a request and reads its answer.
    pub fn ask(&mut self, ask: &Ask) -> Answer {
        self.send(&ask.bytes());
        self.read_one(ask.method == "HEAD").unwrap_or_else(|error| panic!("{error}: {ask:?}"))
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        // An early refusal may close the connection while a long request is still being sent;
        // what matters is the answer.
        let _ = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
    }

    /// Reads one answer.
    pub fn answer(&mut self) -> io::Result<Answer> {
        self.read_one(false)
    }

    /// Reads an interim answer, which has a head alone.
    pub fn interim(&mut self) -> io::Result<Head> {
        read_head(&mut self.stream).map(|(_, head)| head)
    }

    /// Reads so many bytes.
    pub fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).map(|()| bytes)
    }

    /// Reads all there is until the other end closes.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).map(|_| rest)
    }

    fn read_one(&mut self, bodiless: bool) -> io::Result<Answer> {
        read_answer(&mut self.stream, bodiless)
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

/// A text as an RFC 9651 item: a string where that can say it, else a display string.
pub fn item(text: &str) -> String {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let escape = |byte: u8| match byte {
        b'%' | b'"' | 0..0x20 | 0x7f.. => format!("%{byte:02x}"),
        plain => char::from(plain).to_string(),
    };
    format!("%\"{}\"", text.bytes().map(escape).collect::<String>())
}

/// A client's TLS, with or without a certificate.
pub fn client_config(
    certificate: Option<&Issued>,
    version: &'static SupportedProtocolVersion,
    protocol: &[u8],
) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(cryptography())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots());
    let mut config = match certificate {
        Some(issued) => {
            let (chain, key) = chain_and_key(issued);
            builder.with_client_auth_cert(chain, key).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

//! A provider that answers what a test tells it to, byte for byte, and keeps what it was sent.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sluice::pki::Issued;

use super::answer::{Head, read_head};
use super::certificates::{self, chain_and_key, cryptography, roots};
use super::{DEADLINE, eventually};

type Stream = StreamOwned<ServerConnection, TcpStream>;

/// A provider on a port of its own. It demands a certificate of whoever connects.
pub struct Origin {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Asked>>,
    connections: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which of the origin's connections it came on, from 0.
    pub connection: usize,
    /// All its bytes.
    pub raw: Vec<u8>,
    /// Request line and headers.
    pub head: Head,
    /// The body.
    pub body: Vec<u8>,
}

/// The way back to whoever asked.
pub struct Reply<'a> {
    stream: &'a mut Stream,
    open: bool,
}

/// An answer in whole: status line, JSON headers, body.
pub fn json(status: u16, body: &str) -> Vec<u8> {
    answer_with(status, &[], body)
}

/// An answer in whole with more headers, each `Name: value`.
pub fn answer_with(status: u16, headers: &[&str], body: &str) -> Vec<u8> {
    let more: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\n{more}\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Origin {
    /// An origin as the system `department/id`, with an answer for each request.
    pub fn start(
        system: &str,
        answer: impl Fn(&Asked, &mut Reply<'_>) + Send + Sync + 'static,
    ) -> Origin {
        Origin::start_as(&certificates::system(system), answer)
    }

    /// An origin with any certificate.
    pub fn start_as(
        issued: &Issued,
        answer: impl Fn(&Asked, &mut Reply<'_>) + Send + Sync + 'static,
    ) -> Origin {
        let config = server_config(issued);
        Origin::start_bare(move |socket, number, state| {
            // A peer that leaves in the middle is the gateway's right; nothing to report.
            let _ = converse(&config, socket, number, state, &answer);
        })
    }

    /// An origin that gives every request the same answer.
    pub fn answering(system: &str, answer: impl Into<Vec<u8>>) -> Origin {
        let answer = answer.into();
        Origin::start(system, move |_, reply| reply.send(&answer))
    }

    /// An origin that speaks no TLS: what it does with a connection is the test's.
    pub fn without_tls(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Origin {
        Origin::start_bare(move |socket, _, _| serve(socket))
    }

    fn start_bare(serve: impl Fn(TcpStream, usize, &State) + Send + Sync + 'static) -> Origin {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let (shared, serve) = (state.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(socket) = socket else { return };
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                socket.set_read_timeout(Some(DEADLINE)).unwrap();
                socket.set_write_timeout(Some(DEADLINE)).unwrap();
                socket.set_nodelay(true).unwrap();
                let mut connections = shared.connections.lock().unwrap();
                let number = connections.len();
                connections.push(socket.try_clone().unwrap());
                let (state, serve) = (shared.clone(), serve.clone());
                std::thread::spawn(move || serve(socket, number, &state));
            }
        });
        Origin { address, state }
    }

    /// The requests that arrived so far.
    pub fn seen(&self) -> Vec<Asked> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The one request that arrived.
    pub fn only(&self) -> Asked {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "requests at the origin");
        seen.remove(0)
    }

    /// The requests that arrived since the last time, which are forgotten.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.state.seen.lock().unwrap())
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.state.connections.lock().unwrap().len()
    }

    /// Waits until so many requests have arrived.
    pub fn wait_for(&self, requests: usize) {
        eventually("requests at the origin", || (self.seen().len() >= requests).then_some(()));
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        for connection in &*self.state.connections.lock().unwrap() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that accepts, so that it can see that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Reply<'_> {
    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        let sent = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
        self.open &= sent.is_ok();
    }

    /// Ends the connection as TLS asks for.
    pub fn close(&mut self) {
        self.stream.conn.send_close_notify();
        let _ = self.stream.flush();
        self.cut();
    }

    /// Cuts the connection without a word.
    pub fn cut(&mut self) {
        let _ = self.stream.sock.shutdown(Shutdown::Both);
        self.open = false;
    }

    /// Says nothing until the other end leaves; whether it did before the deadline.
    pub fn wait_until_left(&mut self) -> bool {
        self.open = false;
        let mut sink = [0; 1024];
        loop {
            match self.stream.read(&mut sink) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => {
                    let late = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
                    return !late.contains(&error.kind());
                }
            }
        }
    }
}

fn converse(
    config: &Arc<ServerConfig>,
    socket: TcpStream,
    number: usize,
    state: &State,
    answer: &(impl Fn(&Asked, &mut Reply<'_>) + Send + Sync),
) -> io::Result<()> {
    let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, socket);
    loop {
        let (mut raw, head) = read_head(&mut stream)?;
        let mut body = vec![0; head.content_length()];
        stream.read_exact(&mut body)?;
        raw.extend_from_slice(&body);
        let asked = Asked { connection: number, raw, head, body };
        state.seen.lock().unwrap().push(asked.clone());
        let mut reply = Reply { stream: &mut stream, open: true };
        answer(&asked, &mut reply);
        if !reply.open {
            return Ok(());
        }
    }
}

fn server_config(issued: &Issued) -> Arc<ServerConfig> {
    let (chain, key) = chain_and_key(issued);
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots()), cryptography()).build();
    let config = ServerConfig::builder_with_provider(cryptography())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(chain, key);
    Arc::new(config.unwrap())
}

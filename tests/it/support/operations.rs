//! The operations listener, as Prometheus and whoever restarts the gateway read it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use sluice::gateway::Gateway;

use super::DEADLINE;

/// Asks for a path: status and body.
pub fn fetch(from: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let mut socket = TcpStream::connect(from)?;
    socket.set_read_timeout(Some(DEADLINE))?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: ops\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|head| head[..3].parse().ok());
    Ok((status.ok_or(io::ErrorKind::InvalidData)?, body.to_owned()))
}

/// All metrics of a gateway in this process.
pub fn metrics(gateway: &Gateway) -> String {
    let (status, text) = fetch(gateway.operations, "/metrics").unwrap();
    assert_eq!(status, 200, "{text}");
    text
}

/// The value of one series, by its name with its labels.
pub fn counter(metrics: &str, series: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

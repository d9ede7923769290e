//! Resolves, connects, and verifies the provider's identity.

use std::net::SocketAddr;

use rustls::pki_types::{IpAddr, ServerName};
use sluice_core::domain::address::Address;
use sluice_core::domain::registry::Department;
use sluice_core::domain::rejection::{Late, Unavailable};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::{Failure, Reach};

/// The cause where there is no TLS configuration for a department.
const UNUSABLE: &str = "own-certificate-unusable";

pub(super) async fn connect(
    reach: &Reach,
    department: &Department,
    address: &Address,
    deadline: Instant,
) -> Result<Connection, Failure> {
    let deadline = deadline.min(Instant::now() + reach.connect_timeout);
    let connecting = async {
        let mut failure = Failure::Unavailable(Unavailable::Unresolved);
        for socket in resolve(reach, department, address).await? {
            match connect_to(reach, department, address, socket).await {
                Ok(connection) => return Ok(connection),
                Err(why) => failure = why,
            }
        }
        Err(failure)
    };
    timeout_at(deadline, connecting).await.unwrap_or(Err(Failure::Late(Late::Connect)))
}

/// The socket addresses of a catalog address, those left that the registry allows.
async fn resolve(
    reach: &Reach,
    department: &Department,
    address: &Address,
) -> Result<Vec<SocketAddr>, Failure> {
    let unresolved = Failure::Unavailable(Unavailable::Unresolved);
    let found = match reach.hosts.get(address) {
        Some(socket) => vec![*socket],
        None => {
            let lookup = tokio::net::lookup_host((&*address.host, address.port)).await;
            lookup.map_err(|_| unresolved)?.collect()
        }
    };
    if found.is_empty() {
        return Err(unresolved);
    }
    let allowed = |socket: &SocketAddr| {
        let own = reach.own_listeners.iter().any(|listener| is_own(*listener, *socket));
        department.allows_resolved(socket.ip()) && !own
    };
    let allowed: Vec<SocketAddr> = found.into_iter().filter(allowed).collect();
    if allowed.is_empty() {
        return Err(Failure::Unavailable(Unavailable::AddressNotAllowed));
    }
    Ok(allowed)
}

fn is_own(listener: SocketAddr, socket: SocketAddr) -> bool {
    let same_host = listener.ip() == socket.ip()
        || (listener.ip().is_unspecified() && socket.ip().is_loopback());
    listener.port() == socket.port() && same_host
}

async fn connect_to(
    reach: &Reach,
    department: &Department,
    address: &Address,
    socket: SocketAddr,
) -> Result<Connection, Failure> {
    let refused = Failure::Unavailable(Unavailable::Refused);
    let tls = (reach.tls_for)(&department.id).ok_or(Failure::Untrusted(UNUSABLE))?;
    let tcp = TcpStream::connect(socket).await.map_err(|_| refused)?;
    // Requests are written whole; waiting to fill a segment would only delay them.
    let _ = tcp.set_nodelay(true);
    let name = server_name(address);
    let connecting = TlsConnector::from(tls).connect(name, tcp).await;
    connecting.map(Connection::new).map_err(|error| tls_failure(reach, &error))
}

/// Returns the name for SNI. The provider is verified by its identity, not by this name.
fn server_name(address: &Address) -> ServerName<'static> {
    ServerName::try_from(address.host.to_string())
        .unwrap_or(ServerName::IpAddress(IpAddr::from(std::net::Ipv4Addr::UNSPECIFIED)))
}

fn tls_failure(reach: &Reach, error: &std::io::Error) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match ((reach.distrust)(error), inner) {
        (Some(cause), _) => Failure::Untrusted(cause),
        (None, Some(_)) => Failure::Protocol,
        (None, None) => Failure::Unavailable(Unavailable::ConnectionLost),
    }
}

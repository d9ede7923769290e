//! The authority of this run of the tests, and what it issues. Nothing is kept on disk but what a
//! gateway reads.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sluice::pki::{Authority, Issued};
pub use sluice::pki::{Subject, Validity};
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;

/// The trust domain of the tests.
pub const DOMAIN: &str = "exchange.test";

/// The name that clients call the gateway by.
pub const HOST: &str = "gateway.exchange.test";

const DAYS: u32 = 30;

/// The authority that every gateway of the tests trusts for everybody, unless a test says other.
pub fn office() -> &'static Authority {
    static OFFICE: LazyLock<Authority> = LazyLock::new(new_authority);
    &OFFICE
}

/// Another authority of the same name, which nobody trusts yet.
pub fn new_authority() -> Authority {
    Authority::create("Test authority", now_for(DAYS)).unwrap()
}

/// A validity from now on.
pub fn now_for(days: u32) -> Validity {
    Validity::days(now_millis(), days)
}

/// Now, in milliseconds since 1970.
pub fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.as_millis() as i64
}

/// The certificate of a system, `department/id`, by the [`office`].
pub fn system(name: &str) -> Issued {
    cached(name, Kind::System)
}

/// The certificate of a person, `department/id`, by the [`office`].
pub fn person(name: &str) -> Issued {
    cached(name, Kind::Person)
}

/// The identity of `department/id`.
pub fn identity(name: &str, kind: Kind) -> Identity {
    let (department, id) = name.split_once('/').unwrap();
    Identity { department: Name::parse(department).unwrap(), kind, id: Name::parse(id).unwrap() }
}

/// What the certificate of that system or person says.
pub fn subject(name: &str, kind: Kind) -> Subject {
    let hosts = [HOST.to_owned(), "127.0.0.1".to_owned()];
    Subject::of(DOMAIN, &identity(name, kind), &hosts)
}

/// A certificate by any authority, saying anything.
pub fn issue(authority: &Authority, subject: &Subject) -> Issued {
    authority.issue(subject, now_for(DAYS)).unwrap()
}

/// Chain and key as TLS libraries take them.
pub fn chain_and_key(issued: &Issued) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = CertificateDer::from_pem_slice(issued.cert_pem.as_bytes()).unwrap();
    (vec![chain], PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap())
}

/// The office's certificate as a root.
pub fn roots() -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(office().cert_pem().as_bytes()).unwrap()).unwrap();
    roots
}

/// The one cryptography of this program.
pub fn cryptography() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Making a key takes longer than a handshake does, so each is made once.
fn cached(name: &str, kind: Kind) -> Issued {
    static ISSUED: LazyLock<Mutex<HashMap<(String, Kind), Issued>>> = LazyLock::new(Mutex::default);
    let mut issued = ISSUED.lock().unwrap();
    let fresh = || issue(office(), &subject(name, kind));
    issued.entry((name.to_owned(), kind)).or_insert_with(fresh).clone()
}

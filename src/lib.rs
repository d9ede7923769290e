//! x
pub mod pki;
pub mod tls;

//! x
pub mod pki;

//! The laws of redaction and its tables of cases.

mod buffered;
mod mask;
mod sample;

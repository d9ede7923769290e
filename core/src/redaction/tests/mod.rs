//! The laws of redaction and its tables of cases.

mod documents;
mod laws;
mod mask;
mod rules;
mod sample;

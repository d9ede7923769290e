//! The laws of redaction and its tables of cases.

mod conditions;
mod documents;
mod formats;
mod laws;
mod mask;
mod rules;
mod sample;

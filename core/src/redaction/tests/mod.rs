//! The laws of redaction and its tables of cases.

mod adversary;
mod conditions;
mod documents;
mod formats;
mod laws;
mod mask;
mod rules;
pub(super) mod sample;

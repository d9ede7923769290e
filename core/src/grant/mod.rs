//! Temporary grants: agreements between departments for a time, beyond the terms of the catalog.
//!
//! A [`Grant`] states what the consumer requests and never changes; a change needs a new grant. It
//! is requested by the consumer, agreed to by the provider, and opened by the exchange office; more
//! sensitive data needs more people ([`chain`]). Each of them signs a statement about it, as for
//! releases.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`document`] | the text of a grant, as people sign it |
//! | [`subjects`] | the persons that a grant lists |
//! | [`calendar`] | working days, by which the time to answer is counted |
//! | [`end`] | the end of an open grant, and the notice to its consumer |
//! | [`retention`] | the time for which data may be kept |
//! | [`procedure`] | the procedure of an exchange office |
//! | [`table`] | the demands of an exchange office: people who must agree, longest period |
//! | [`step`] | its steps and stages |
//! | [`chain`] | the people who must agree, and their departments |
//! | [`life`] | the order of steps, and the people who may take them |
//! | [`review`] | reviews of an open grant |
//! | [`terms`] | the grant in the form that decisions read, resolved against a policy |

pub mod calendar;
pub mod chain;
pub mod document;
pub mod end;
pub mod life;
pub mod procedure;
pub mod retention;
pub mod review;
pub mod step;
pub mod subjects;
pub mod table;
pub mod terms;

#[cfg(test)]
mod tests;

pub use calendar::Calendar;
pub use chain::{Chain, Link, Parties, Side};
pub use document::{Grant, NotAGrant, Responsible};
pub use life::{GrantContext, admit};
pub use procedure::Procedure;
pub use review::Reviews;
pub use step::{GrantStage, GrantStep, stage};
pub use subjects::Subjects;
pub use table::{Demand, Escalates, ProcedureRow, ProcedureTable};
pub use terms::{NotGrantable, check, granted};

//! Temporary grants: where the catalog does not reach, departments agree for a time.
//!
//! A [`Grant`] says what is asked for and never changes; a change is a new grant. It is requested by the
//! consumer, agreed to by the provider, and opened by the exchange office; what weighs more needs more
//! people ([`chain`]). Each of them signs a statement about it, as for releases.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`document`] | what a grant says, as it is signed |
//! | [`subjects`] | whom it is for, if it lists them |
//! | [`calendar`] | working days: by when somebody must have answered |
//! | [`end`] | its end, and what its consumer is then asked to do |
//! | [`retention`] | how long data may be kept |
//! | [`procedure`] | how an exchange office goes about them |
//! | [`table`] | what an exchange office demands: who agrees, for how long it may be |
//! | [`step`] | its steps and stages |
//! | [`chain`] | who must have agreed, of which department |
//! | [`life`] | which step may follow which, and who may take it |
//! | [`review`] | looking at it again while it is open |
//! | [`terms`] | the grant as decisions read it, held against a policy |

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

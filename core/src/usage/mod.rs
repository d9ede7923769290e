//! What was used of budgets: pure counting, so that its edges can be tested without a gateway. Where
//! accounts are kept, and how they come back after a stop, is not known here.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`account`] | what one department has used on one basis |
//! | [`days`] | when a day of a budget begins |
//! | [`persons`] | how many distinct persons there were |

pub mod account;
pub mod days;
pub mod persons;

#[cfg(test)]
mod tests;

pub use account::{Account, Left, Usage};
pub use days::{Day, Days};
pub use persons::Persons;

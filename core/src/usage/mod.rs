//! The usage of budgets. It is counted purely, so that all cases can be tested without a gateway;
//! storage and recovery after a stop are elsewhere.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`account`] | the usage of one basis by one department |
//! | [`days`] | the beginning and end of a budget's day |
//! | [`persons`] | the number of distinct persons |

pub mod account;
pub mod days;
pub mod persons;

#[cfg(test)]
mod tests;

pub use account::{Account, Left, Usage};
pub use days::{Day, Days};
pub use persons::Persons;

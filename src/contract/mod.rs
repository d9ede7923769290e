//! The types of the administrative interface's requests and responses. The gateway writes them, and
//! the commands and tests read the same ones.
//!
//! Two rules hold for all of them. A request refuses an unknown member, so that nothing a person
//! asks for is silently dropped. A response accepts unknown members, so that a command that is
//! older than its gateway still works. Words of closed lists (stages, roles, steps) are texts for
//! the same reason.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`about`] | the gateway's status |
//! | [`entries`] | departments and entries in force; files to be checked, and the findings |
//! | [`drafts`] | drafts of the catalog |
//! | [`steps`] | signed steps, the same for all that people sign |
//! | [`releases`] | releases, and what changes between two |
//! | [`grants`] | temporary grants and their uses |
//! | [`notices`] | notices to departments, and reviews that are due |
//! | [`suspensions`] | suspensions that take effect at once |
//! | [`events`] | events for people who watch |
//! | [`quotas`] | limits of a consumer, and the rest of each |
//! | [`log`] | pages of the log, and disclosures |
//! | [`problem`] | problem documents (RFC 9457) |

pub mod about;
pub mod drafts;
pub mod entries;
pub mod events;
pub mod grants;
pub mod log;
pub mod notices;
pub mod problem;
pub mod quotas;
pub mod releases;
pub mod steps;
pub mod suspensions;

#[cfg(test)]
mod tests;

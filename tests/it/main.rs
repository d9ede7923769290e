//! The whole gateway over real TLS, real sockets and real files: one binary, a file a subject.
//!
//! | file | subject |
//! |------|---------|
//! | [`asking`] | what a grant is asked for, and who decides by when |
//! | [`audit`] | a log in the hands of people |
//! | [`auditors`] | the log on the administration listener |
//! | [`bounds`] | how much people may send to the administrative interface |
//! | [`catalog`] | what a consumer may call, and would see |
//! | [`cli`] | the commands as a user meets them |
//! | [`clock`] | clocks that leap |
//! | [`closed_list`] | that no rejection lacks a test |
//! | [`conditions`] | what a record says of itself, and pseudonyms |
//! | [`data`] | the engine on public suites and data sets |
//! | [`decide`] | asking without calling |
//! | [`denials`] | every refusal that a request or the policy brings about |
//! | [`drain`] | stopping in good order |
//! | [`entries`] | an entry of the consumers' catalog in full |
//! | [`events`] | what people who watch are told |
//! | [`faults`] | what a provider must not answer |
//! | [`formats`] | answers that are not plain JSON |
//! | [`http`], [`framing`] | connections, headers, where a request ends |
//! | [`in_force`] | which catalog is in force |
//! | [`kill`] | SIGKILL under load |
//! | [`log`] | the log at its worst |
//! | [`notices`] | what a consumer is asked to do when a grant ends |
//! | [`one_decision`] | that a call and a question get the same decision |
//! | [`offers`] | that what is offered is what calls get |
//! | [`papers`] | the pages for people: commands, JSON, tables, links |
//! | [`peers`] | who is let in, and who is not |
//! | [`permitted`] | a permitted call, byte by byte |
//! | [`pools`] | connections to a provider, and clients that do not wait |
//! | [`reach`] | whether the provider is reached, and is the provider |
//! | [`procedure`] | how the office goes about grants and suspensions: chains, reviews, who lifts |
//! | [`receipts`] | proofs for consumers, and what they may read of the log |
//! | [`redact`] | the same engine on the command line |
//! | [`releases`] | how the catalog changes |
//! | [`refusals`] | nobody fills the log from outside |
//! | [`targets`], [`parameters`] | tricks with paths, queries and bodies |
//! | [`tidy`] | the rules of the house |
//! | [`windows`] | answers too long to be judged as a whole |
//! | [`witness`] | what the gateway's own operator can't do unseen |
//! | [`writes`] | what must stand in the log before the provider is asked |
//! | [`roles`] | who may call what of the administrative interface |
//! | [`slow`] | callers that are slow, idle, or send more than was asked for |
//! | [`support`] | certificates, a gateway, origins, clients, the log, one `check` |
#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "nobody but this binary uses what stands here")]

mod asking;
mod audit;
mod auditors;
mod bounds;
mod budgets;
mod catalog;
mod cli;
mod clock;
mod closed_list;
mod conditions;
mod data;
mod decide;
mod denials;
mod drain;
mod entries;
mod events;
mod faults;
mod formats;
mod framing;
mod grants;
mod http;
mod in_force;
mod kill;
mod log;
mod notices;
mod offers;
mod one_decision;
mod papers;
mod parameters;
mod peers;
mod permitted;
mod pools;
mod procedure;
mod reach;
mod receipts;
mod redact;
mod refusals;
mod releases;
mod revoking;
mod roles;
mod slow;
mod stops;
mod subjects;
#[allow(dead_code, unused_imports, reason = "each subject takes its part of it")]
mod support;
mod targets;
mod tidy;
mod windows;
mod witness;
mod writes;

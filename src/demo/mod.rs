//! The sample world: departments that a visitor would recognise, with made-up people and
//! companies and the provider systems that answer about them.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`codes`] | credit codes of synthetic companies |
//! | [`divisions`] | administrative division codes, real public data |
//! | [`people`] | synthetic households |
//! | [`world`] | people, companies and hospitals, as records and as tables |
//! | [`providers`] | answers of each department's system, by the descriptions in `data/providers` |
//! | [`server`] | those systems behind mutual TLS on loopback |
//! | [`playbill`] | addresses and certificates of all that runs |
//! | [`stage`] | certificates, providers, gateway: everything running |
//! | [`client`] | a system that calls |
//! | [`officers`] | a person who takes steps |
//! | [`walk`] | making the tour's calls, or writing them down for a shell |
//! | [`tour`] | calls that show what the gateway does, with what must come back |

pub mod client;
pub mod codes;
pub mod divisions;
pub mod officers;
pub mod people;
pub mod playbill;
pub mod providers;
pub mod server;
pub mod stage;
pub mod tour;
pub mod walk;
pub mod world;

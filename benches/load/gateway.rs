//! The gateway with everything on: policy, rate, redaction, and a record that is durable before
//! the answer. What runs is [`Gateway`] itself, on settings made here.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

use sluice::gateway::Gateway;
use sluice::settings::{
    AuthoritySettings, Bounds, CatalogSettings, Limits, LogSettings, Settings, TlsFiles,
    UpstreamSettings,
};
use sluice_core::domain::address::Address;
use sluice_core::domain::identity::Kind;
use sluice_core::domain::name::Name;
use sluice_core::redaction::pseudonym::Rotation;

use super::Wrong;
use super::stage::{PROVIDER_ADDRESS, Part, Stage, TRUST_DOMAIN, policy};

/// The folder of the log within the stage's.
pub(crate) const LOG: &str = "log";

/// Starts a gateway of one worker in front of that origin.
pub(crate) fn start(stage: &Stage, origin: SocketAddr) -> Result<Gateway, Wrong> {
    Ok(Gateway::start(&settings(stage, origin)?, policy()?)?)
}

fn settings(stage: &Stage, origin: SocketAddr) -> Result<Settings, Wrong> {
    let (certificate, key) = stage.pair(Part::Gateway);
    let provider = Address::parse(PROVIDER_ADDRESS).ok_or("the provider's address is none")?;
    let hosts = HashMap::from([(provider, origin)]);
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ok(Settings {
        node: Name::parse("bench")?,
        trust_domain: TRUST_DOMAIN.into(),
        workers: 1,
        exchange: any_port,
        administration: any_port,
        operations: any_port,
        tls: TlsFiles { certificate, key },
        authorities: vec![AuthoritySettings {
            name: "bench".into(),
            certificates: stage.path("ca.pem"),
            departments: None,
            kinds: vec![Kind::System],
            revocation_list: None,
        }],
        catalog: CatalogSettings::Folder(stage.path("catalog")),
        log: LogSettings::new(stage.path(LOG), stage.path("log-secrets")),
        bounds: Bounds::default(),
        pseudonyms: Rotation::USUAL,
        limits: Limits::default(),
        witnesses: Vec::new(),
        upstream: UpstreamSettings { hosts, ..UpstreamSettings::default() },
    })
}

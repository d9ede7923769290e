//! Setting the stage: certificates in a folder, provider systems, and the gateway between them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use include_dir::{Dir, include_dir};
use sluice_core::domain::address::Address;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::redaction::pseudonym::Rotation;
use sluice_core::release::ContentDigest;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::playbill::{Pair, Playbill, StageError};
use super::providers::{ProviderSystem, SYSTEM};
use super::server;
use super::tour::grants;
use crate::catalog::{self, SourceFile};
use crate::control::begin;
use crate::gateway::Gateway;
use crate::pki::{Authority, CERTIFICATE_DAYS, Subject, Validity};
use crate::settings::{
    AuthoritySettings, Bounds, CatalogSettings, Limits, LogSettings, ReleaseSettings, Settings,
    TlsFiles, UpstreamSettings,
};
use crate::store;
use crate::tls::{self, Alpn, Authorities, Departments, OwnCertificate, Pem, TrustedAuthority};

/// The repository's own catalog, so that the demo runs from anywhere.
static CATALOG: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/catalog");

/// The trust domain of every identity of the demo.
pub const TRUST_DOMAIN: &str = "exchange.internal";

/// Names under which the demo's servers are called.
const HOSTS: [&str; 2] = ["localhost", "127.0.0.1"];

/// The time for which the demo's catalog is relied on without word from its store.
const MAX_AGE: Duration = Duration::from_secs(24 * 3_600);

/// The same of grants.
const GRANT_MAX_AGE: Duration = Duration::from_secs(10);

/// The gateway's own identity.
const GATEWAY: (&str, &str) = ("exchange-office", "gateway");

/// The ports that were asked for; 0 means any free one.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Ports {
    pub exchange: u16,
    pub administration: u16,
    pub operations: u16,
}

/// The name of a request for a grant that can be tried.
pub const GRANT_FILE: &str = "grant.toml";

/// The folder with the catalog's files.
const CATALOG_FOLDER: &str = "catalog";

fn offered_grant() -> Result<String, StageError> {
    let now = jiff::Timestamp::now();
    let (said, until) = (grants::offered(), now + grants::GRANTED);
    Ok(format!("{said}from = \"{now}\"\nuntil = \"{until}\"\n"))
}

/// Everything running.
pub struct Stage {
    /// The gateway.
    pub gateway: Gateway,
    /// Addresses and files of all that runs.
    pub playbill: Playbill,
    /// The provider systems and where they listen.
    pub providers: Vec<(ProviderSystem, SocketAddr)>,
    runtime: Runtime,
}

/// The catalog that is built into the program.
///
/// # Errors
/// The catalog has problems, which the tests of this repository prevent.
pub fn catalog() -> Result<Policy, StageError> {
    Ok(catalog::read(&sources()?).map_err(|problems| problems.to_string())?.into_policy())
}

/// Its files.
fn sources() -> Result<Vec<SourceFile>, StageError> {
    let mut sources = Vec::new();
    let mut folders = vec![&CATALOG];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        let yaml = |path: &Path| path.extension().is_some_and(|ending| ending == "yaml");
        for file in folder.files().filter(|file| yaml(file.path())) {
            let text = file.contents_utf8().ok_or("a catalog file is not UTF-8")?;
            sources.push(SourceFile { path: file.path().display().to_string(), text: text.into() });
        }
    }
    Ok(sources)
}

/// Writes the catalog's files, so that a person who tries the commands has a folder to change.
fn write_catalog(dir: &Path) -> Result<(), StageError> {
    for SourceFile { path, text } in sources()? {
        let file = dir.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, text)?;
    }
    Ok(())
}

/// The first release of a new store, as `sluice catalog init` makes one.
async fn first_release(store: &str) -> Result<ContentDigest, StageError> {
    let now = jiff::Timestamp::now().as_millisecond();
    Ok(begin(&*store::at(store).await?, sources()?, now).await?)
}

impl Stage {
    /// Makes certificates in `dir` and starts everything. When this returns, calls will succeed.
    ///
    /// # Errors
    /// When the folder can't be used or a port is taken.
    pub fn set(dir: &Path, ports: Ports) -> Result<Stage, StageError> {
        let policy = catalog()?;
        let cast = Cast::make(dir, &policy)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("providers")
            .enable_all()
            .build()?;
        let providers = runtime.block_on(cast.start_providers())?;
        let store = format!("sqlite:{}", dir.join("store.sqlite").display());
        let genesis = runtime.block_on(first_release(&store))?;
        let catalog = CatalogSettings::Releases(ReleaseSettings {
            store,
            genesis,
            state: dir.join("state"),
            max_age: MAX_AGE,
            grant_max_age: GRANT_MAX_AGE,
        });
        let settings = cast.settings(dir, ports, &providers, catalog)?;
        let gateway = Gateway::serve(&settings)?;
        let playbill = Playbill {
            exchange: format!("https://localhost:{}", gateway.exchange.port()),
            admin: format!("https://localhost:{}", gateway.administration.port()),
            ops: format!("http://localhost:{}", gateway.operations.port()),
            ca: cast.ca,
            log: settings.log.dir,
            systems: cast.systems,
            people: cast.people,
        };
        fs::write(dir.join("demo.json"), serde_json::to_vec_pretty(&playbill)?)?;
        playbill.write_profiles()?;
        fs::write(dir.join(GRANT_FILE), offered_grant()?)?;
        write_catalog(&dir.join(CATALOG_FOLDER))?;
        Ok(Stage { gateway, playbill, providers, runtime })
    }

    /// Stops the gateway, then the providers.
    ///
    /// # Errors
    /// When the log could not be closed in good order.
    pub fn strike(self) -> Result<(), StageError> {
        let stopped = self.gateway.stop();
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(stopped?)
    }
}

/// Systems and people that take part, with their certificates.
struct Cast {
    ca: PathBuf,
    systems: BTreeMap<String, Pair>,
    people: BTreeMap<String, Pair>,
}

impl Cast {
    /// Certificates for every system and person of the registry.
    fn make(dir: &Path, policy: &Policy) -> Result<Cast, StageError> {
        fs::create_dir_all(dir)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as i64;
        let validity = Validity::days(now, CERTIFICATE_DAYS);
        let authority = Authority::create("Sluice demo", validity)?;
        let ca = dir.join("ca.pem");
        fs::write(&ca, authority.cert_pem())?;
        let hosts = HOSTS.map(String::from);
        let mut cast = Cast { ca, systems: BTreeMap::new(), people: BTreeMap::new() };
        for department in policy.registry().departments() {
            let systems = department.systems.iter().map(|member| (Kind::System, member));
            let people = department.people.iter().map(|member| (Kind::Person, member));
            for (kind, member) in systems.chain(people) {
                let identity =
                    Identity { department: department.id.clone(), kind, id: member.id.clone() };
                let issued =
                    authority.issue(&Subject::of(TRUST_DOMAIN, &identity, &hosts), validity)?;
                let stem = dir.join(department.id.as_str()).join(member.id.as_str());
                let (cert, key) = issued.save(&stem)?;
                let of_kind = match kind {
                    Kind::System => &mut cast.systems,
                    Kind::Person => &mut cast.people,
                };
                of_kind.insert(identity.to_string(), Pair { cert, key });
            }
        }
        Ok(cast)
    }

    fn pair(&self, department: &str, id: &str) -> Result<&Pair, StageError> {
        let wanted = format!("{department}/{id}");
        self.systems.get(&wanted).ok_or_else(|| format!("the registry lacks {wanted}").into())
    }

    async fn start_providers(&self) -> Result<Vec<(ProviderSystem, SocketAddr)>, StageError> {
        let authorities = Arc::new(Authorities::load(
            TRUST_DOMAIN,
            &[TrustedAuthority {
                name: "demo".into(),
                certificates: vec![Pem::File(self.ca.clone())],
                departments: Departments::Listed(vec![name(GATEWAY.0)?]),
                kinds: vec![Kind::System],
                revocations: None,
            }],
        )?);
        let mut started = Vec::new();
        for provider in ProviderSystem::ALL {
            let pair = self.pair(provider.department(), SYSTEM)?;
            let (chain, key) = (Pem::File(pair.cert.clone()), Pem::File(pair.key.clone()));
            let own = OwnCertificate::load(TRUST_DOMAIN, &chain, &key)?;
            let tls = tls::server_config(authorities.clone(), &own, Alpn::Http1)?;
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            started.push((provider, listener.local_addr()?));
            tokio::spawn(server::serve(provider, listener, tls, std::future::pending()));
        }
        Ok(started)
    }

    fn settings(
        &self,
        dir: &Path,
        ports: Ports,
        providers: &[(ProviderSystem, SocketAddr)],
        catalog: CatalogSettings,
    ) -> Result<Settings, StageError> {
        let own = self.pair(GATEWAY.0, GATEWAY.1)?;
        let mut hosts = HashMap::new();
        for (provider, socket) in providers {
            let address = provider.address();
            hosts.insert(Address::parse(&address).ok_or("a provider's address is none")?, *socket);
        }
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Settings {
            node: name("demo")?,
            trust_domain: TRUST_DOMAIN.into(),
            workers: 0,
            exchange: at(ports.exchange),
            administration: at(ports.administration),
            operations: at(ports.operations),
            tls: TlsFiles { certificate: own.cert.clone(), key: own.key.clone() },
            authorities: vec![AuthoritySettings {
                name: "demo".into(),
                certificates: self.ca.clone(),
                departments: None,
                kinds: vec![Kind::System, Kind::Person],
                revocation_list: None,
            }],
            catalog,
            log: LogSettings::new(dir.join("log"), dir.join("log-secrets")),
            bounds: Bounds::default(),
            upstream: UpstreamSettings { hosts, ..UpstreamSettings::default() },
            pseudonyms: Rotation::USUAL,
            limits: Limits::default(),
            witnesses: Vec::new(),
        })
    }
}

fn name(text: &str) -> Result<Name, StageError> {
    Ok(Name::parse(text)?)
}

//! A running gateway with its origins and its log.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use sluice::gateway::{Gateway, StartError};
use sluice::pki::Issued;
use sluice::settings::{
    AuthoritySettings, Bounds, CatalogSettings, Limits, LogSettings, Settings, TlsFiles,
    UpstreamSettings,
};
use sluice_core::domain::address::Address;
use sluice_core::domain::identity::Kind;
use sluice_core::domain::name::Name;
use sluice_core::redaction::pseudonym::Rotation;
use tempfile::TempDir;

use super::certificates::{self, DOMAIN};
use super::{Answer, Ask, Connection, Files, LogReader, Origin};

/// The address in the default catalog where public-security answers.
pub const PUBLIC_SECURITY: &str = "records.public-security.internal:9443";

/// The address in the default catalog where civil-affairs answers.
pub const CIVIL_AFFAIRS: &str = "records.civil-affairs.internal:9443";

/// How many systems of human-resources there are to spread refusals over.
const PROBES: usize = 20;

/// A running gateway. Dropping it stops it, and it must stop in good order.
pub struct World {
    /// Taken when it stops.
    gateway: Option<Gateway>,
    /// The settings it runs by.
    pub settings: Settings,
    dir: TempDir,
}

/// A gateway that is about to start.
pub struct Setup {
    settings: Settings,
    files: Files,
    dir: TempDir,
}

impl World {
    /// A gateway to set up: the default catalog, free ports, no origin.
    pub fn setup() -> Setup {
        let dir = tempfile::tempdir().unwrap();
        Setup { settings: settings(dir.path()), files: Files::default(), dir }
    }

    /// A gateway on the default catalog with origins at these of its addresses.
    pub fn with(origins: &[(&str, &Origin)]) -> World {
        let setup = World::setup();
        origins.iter().fold(setup, |setup, (address, origin)| setup.origin(address, origin)).start()
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    /// Where systems call.
    pub fn address(&self) -> SocketAddr {
        self.gateway().exchange
    }

    /// The records.
    pub fn log(&self) -> LogReader {
        LogReader::new(&self.settings.log.dir)
    }

    /// Its folder; a test may put more there.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A connection as the system `department/id`.
    pub fn connect(&self, system: &str) -> Connection {
        Connection::open(self.address(), Some(&certificates::system(system))).unwrap()
    }

    /// One request on a connection of its own, as the system `department/id`.
    pub fn call(&self, system: &str, ask: &Ask) -> Answer {
        self.connect(system).ask(ask)
    }

    /// One request on a connection of its own, with any certificate.
    pub fn call_with(&self, issued: &Issued, ask: &Ask) -> Answer {
        Connection::open(self.address(), Some(issued)).unwrap().ask(ask)
    }

    /// One request as one of the systems that tables of refusals are spread over.
    pub fn probe(&self, number: usize, ask: &Ask) -> Answer {
        self.call(&probe(number), ask)
    }

    /// Starts a gateway that was stopped again, on the default catalog.
    pub fn restart(&mut self) {
        self.gateway = Some(Gateway::start(&self.settings, Files::default().policy()).unwrap());
    }

    /// Starts a gateway that was stopped again, on the catalog of its settings.
    pub fn reopen(&mut self) {
        self.gateway = Some(Gateway::serve(&self.settings).unwrap());
    }

    /// Starts a gateway that was stopped again, which must not start; gives why.
    pub fn refuses_to_reopen(&self) -> String {
        match Gateway::serve(&self.settings) {
            Ok(_) => panic!("it starts"),
            Err(why) => why.to_string(),
        }
    }

    /// A settings file with what verifying releases offline needs.
    pub fn config(&self) -> PathBuf {
        let CatalogSettings::Releases(releases) = &self.settings.catalog else { panic!() };
        let text = format!(
            "node = \"test\"\ntrust_domain = \"{DOMAIN}\"\n\
             [tls]\ncertificate = \"gateway.pem\"\nkey = \"gateway.key\"\n\
             [[authority]]\nname = \"office\"\ncertificates = \"ca.pem\"\ndepartments = [\"*\"]\n\
             kinds = [\"system\", \"person\"]\n[log]\ndir = \"log\"\nsecrets = \"log-secrets\"\n\
             [catalog]\nstore = \"{}\"\ngenesis = \"{}\"\nstate = \"state\"\n",
            releases.store, releases.genesis
        );
        let file = self.dir().join("sluice.toml");
        fs::write(&file, text).unwrap();
        file
    }

    /// Stops the gateway and says whether it did in good order; the log stays readable.
    pub fn stop(&mut self) -> bool {
        self.gateway.take().unwrap().stop().is_ok()
    }
}

/// The name of a system that tables of refusals are spread over.
pub fn probe(number: usize) -> String {
    format!("human-resources/probe-{:02}", number % PROBES)
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(gateway) = self.gateway.take() else { return };
        let stopped = gateway.stop();
        if !std::thread::panicking() {
            stopped.unwrap();
        }
    }
}

impl Setup {
    /// Says that an address of the catalog is where this origin listens.
    pub fn origin(self, address: &str, origin: &Origin) -> Setup {
        self.host(address, origin.address)
    }

    /// Says that an address of the catalog is this socket address.
    pub fn host(mut self, address: &str, socket: SocketAddr) -> Setup {
        let address = Address::parse(address).unwrap();
        self.settings.upstream.hosts.insert(address, socket);
        self
    }

    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Setup {
        change(&mut self.settings);
        self
    }

    /// Changes the catalog.
    pub fn catalog(mut self, change: impl FnOnce(Files) -> Files) -> Setup {
        self.files = change(self.files);
        self
    }

    /// The folder of the gateway's files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The catalog.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Starts it on the catalog that its settings name: a folder with the files, unless a test says
    /// otherwise.
    pub fn start_serving(self) -> World {
        let Setup { settings, files, dir } = self;
        if let CatalogSettings::Folder(folder) = &settings.catalog {
            files.write(folder);
        }
        let gateway = Gateway::serve(&settings).unwrap();
        World { gateway: Some(gateway), settings, dir }
    }

    /// Starts it.
    pub fn start(self) -> World {
        self.try_start().unwrap()
    }

    pub fn try_start(self) -> Result<World, StartError> {
        let Setup { settings, files, dir } = self;
        let gateway = Gateway::start(&settings, files.policy())?;
        Ok(World { gateway: Some(gateway), settings, dir })
    }
}

/// The usual settings, with the files they name.
fn settings(dir: &Path) -> Settings {
    let own = certificates::system("exchange-office/gateway");
    let write = |name: &str, text: &str| {
        let file = dir.join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Settings {
        node: Name::parse("test").unwrap(),
        trust_domain: DOMAIN.into(),
        workers: 2,
        exchange: free,
        administration: free,
        operations: free,
        tls: TlsFiles {
            certificate: write("gateway.pem", &own.cert_pem),
            key: write("gateway.key", &own.key_pem),
        },
        authorities: vec![AuthoritySettings {
            name: "office".into(),
            certificates: write("ca.pem", certificates::office().cert_pem()),
            departments: None,
            kinds: vec![Kind::System, Kind::Person],
            revocation_list: None,
        }],
        catalog: CatalogSettings::Folder(dir.join("catalog")),
        log: LogSettings::new(dir.join("log"), dir.join("log-secrets")),
        bounds: Bounds::default(),
        upstream: UpstreamSettings::default(),
        pseudonyms: Rotation::USUAL,
        limits: Limits::default(),
        witnesses: Vec::new(),
    }
}

//! People who change the catalog: a gateway whose releases stand in a store, and the commands that
//! they call it with.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sluice::contract::about::StatusResponse;
use sluice::control::begin;
use sluice::settings::{CatalogSettings, ReleaseSettings};
use sluice::store;
use sluice_core::release::ContentDigest;

use super::operations::fetch;
use super::program::{Ended, Program, run, sluice};
use super::world::{PUBLIC_SECURITY, Setup, World};
use super::{Answer, Ask, Connection, Files, Origin, certificates, person};

/// Who does what in civil-affairs, and in the exchange office.
pub const MAINTAINER: &str = "civil-affairs/officer-0201";
pub const REVIEWER: &str = "civil-affairs/officer-0202";
pub const APPROVER: &str = "civil-affairs/officer-0203";
/// Has all three roles.
pub const EVERYTHING: &str = "civil-affairs/officer-0204";
pub const OFFICE_MAINTAINER: &str = "exchange-office/officer-0101";
pub const OFFICE_REVIEWER: &str = "exchange-office/officer-0102";
pub const OFFICE_APPROVER: &str = "exchange-office/officer-0103";
pub const OFFICE_AUDITOR: &str = "exchange-office/officer-0104";

/// An entry of level 1, open to all.
pub const DIVISIONS: &str = "civil-affairs/divisions.yaml";
/// An entry of level 3.
pub const MARRIAGE: &str = "civil-affairs/marriage.yaml";

/// The default catalog with those people in it.
pub fn staffed(files: Files) -> Files {
    files
        .edit(
            "departments.yaml",
            "      - { id: officer-0101, roles: [maintainer] }\n",
            "      - { id: officer-0101, roles: [maintainer] }\n      \
             - { id: officer-0102, roles: [reviewer] }\n      \
             - { id: officer-0103, roles: [approver] }\n      \
             - { id: officer-0104, roles: [auditor] }\n",
        )
        .edit(
            "departments.yaml",
            "      - id: records\n      - id: marriage-desk\n",
            "      - id: records\n      - id: marriage-desk\n    people:\n      \
             - { id: officer-0201, roles: [maintainer] }\n      \
             - { id: officer-0202, roles: [reviewer] }\n      \
             - { id: officer-0203, roles: [approver] }\n      \
             - { id: officer-0204, roles: [maintainer, reviewer, approver] }\n",
        )
}

/// A gateway to set up, with the staffed catalog as the first release of a store of its own.
pub fn releases() -> Setup {
    let setup = World::setup().catalog(staffed);
    let (store, genesis) = begun(setup.dir(), setup.files());
    let state = setup.dir().join("state");
    setup.settings(|settings| settings.catalog = released(store, genesis, state))
}

/// The settings of a catalog by releases. Grants go stale soon, so that a test need not wait.
pub fn released(store: String, genesis: ContentDigest, state: PathBuf) -> CatalogSettings {
    CatalogSettings::Releases(ReleaseSettings {
        store,
        genesis,
        state,
        max_age: Duration::from_secs(3_600),
        grant_max_age: Duration::from_secs(3),
    })
}

/// A store in that folder that begins with these files: its address, and their manifest's digest.
pub fn begun(dir: &Path, files: &Files) -> (String, ContentDigest) {
    let store = format!("sqlite:{}", dir.join("state.sqlite").display());
    let files = files.sources().to_vec();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = runtime.block_on(async {
        begin(&*store::at(&store).await.unwrap(), files, certificates::now_millis()).await
    });
    (store, begun.unwrap())
}

/// The people of a gateway, with their certificates in files.
pub struct Staff {
    dir: PathBuf,
    administration: SocketAddr,
}

/// A gateway whose releases stand in a store, in front of the population's provider; it passes an answer on
/// in windows of 16 KiB.
pub fn governed(origin: &Origin, files: impl FnOnce(Files) -> Files) -> World {
    let setup = World::setup().catalog(files).origin(PUBLIC_SECURITY, origin);
    let (store, genesis) = begun(setup.dir(), setup.files());
    let settings = released(store, genesis, setup.dir().join("state"));
    setup
        .settings(|all| {
            all.catalog = settings;
            all.bounds.buffer_bytes = 16 * 1024;
        })
        .start_serving()
}

impl Staff {
    /// Of that gateway.
    pub fn of(world: &World) -> Staff {
        Staff { dir: world.dir().to_owned(), administration: world.gateway().administration }
    }

    /// Of a gateway that is a process of its own, with `ca.pem` in that folder.
    pub fn at(dir: &Path, administration: SocketAddr) -> Staff {
        Staff { dir: dir.to_owned(), administration }
    }

    /// Runs `sluice catalog …` as a person.
    pub fn run(&self, who: &str, arguments: &[&str]) -> Ended {
        self.run_of("catalog", who, arguments)
    }

    /// Runs another command of that name as a person.
    pub fn run_of(&self, command: &str, who: &str, arguments: &[&str]) -> Ended {
        let profile = self.profile(who);
        run(&[&[command], arguments, &["--profile", profile.to_str().unwrap()]].concat())
    }

    /// Follows events as a person, until it is dropped.
    pub fn watches(&self, who: &str, arguments: &[&str]) -> Program {
        let profile = self.profile(who);
        let mut command = sluice();
        Program::start(command.arg("watch").arg("--profile").arg(profile).args(arguments))
    }

    /// The same, which must be done.
    pub fn does(&self, who: &str, arguments: &[&str]) -> String {
        let ended = self.run(who, arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended.out
    }

    /// Writes a draft of what these files say otherwise; gives its id.
    pub fn drafts(&self, who: &str, files: &Files) -> String {
        let ended = self.run(who, &self.draft_arguments(who, files));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        id_of(&ended.out)
    }

    /// The arguments of a draft of these files.
    pub fn draft_arguments(&self, who: &str, files: &Files) -> Vec<&'static str> {
        static TAKEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = TAKEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let dir = self.dir.join(format!("catalog-{number}"));
        files.write(&dir);
        let (department, _) = who.split_once('/').unwrap();
        // Tests need not give memory back.
        let dir: &'static str = Box::leak(dir.to_str().unwrap().to_owned().into_boxed_str());
        vec!["draft", dir, "--department", Box::leak(department.to_owned().into_boxed_str())]
    }

    /// Takes a draft through all its steps, by the usual people of the department.
    pub fn publishes(&self, id: &str) {
        self.does(MAINTAINER, &["submit", id]);
        self.does(REVIEWER, &["review", id]);
        self.does(APPROVER, &["approve", id]);
    }

    /// Calls the administrative interface.
    pub fn asks(&self, who: &str, ask: &Ask) -> Answer {
        Connection::open(self.administration, Some(&person(who))).unwrap().ask(ask)
    }

    /// What the administrative interface says at a path.
    pub fn reads<T: DeserializeOwned>(&self, who: &str, path: &str) -> T {
        self.asks(who, &Ask::get(path)).read()
    }

    /// The interface's status.
    pub fn status(&self) -> StatusResponse {
        self.reads(OFFICE_AUDITOR, "/api/v1/status")
    }

    fn profile(&self, who: &str) -> PathBuf {
        let stem = who.replace('/', "-");
        let file = self.dir.join(format!("{stem}.toml"));
        let issued = person(who);
        let write = |ending: &str, text: &str| {
            fs::write(self.dir.join(format!("{stem}.{ending}")), text).unwrap();
        };
        write("pem", &issued.cert_pem);
        write("key", &issued.key_pem);
        let port = self.administration.port();
        let text = format!(
            "api = \"https://127.0.0.1:{port}\"\nca = \"ca.pem\"\ncert = \"{stem}.pem\"\n\
             key = \"{stem}.key\"\n"
        );
        fs::write(&file, text).unwrap();
        file
    }
}

/// The id in what `draft` prints.
pub fn id_of(out: &str) -> String {
    let rest = out.lines().find_map(|line| line.strip_prefix("draft "));
    rest.unwrap_or_else(|| panic!("{out}")).split(' ').next().unwrap().to_owned()
}

/// The first release of [`releases`].
pub fn files() -> Files {
    staffed(Files::default())
}

/// The divisions called otherwise.
pub fn renamed(title: &str) -> Files {
    files().edit(DIVISIONS, "title: 行政区划代码", &format!("title: {title}"))
}

/// What the gateway says of itself.
pub fn readyz(world: &World) -> String {
    fetch(world.gateway().operations, "/readyz").unwrap().1
}

/// The catalog version in force.
pub fn version(world: &World) -> String {
    Staff::of(world).status().catalog_version
}

/// Whether a system may ask for divisions and for a person, and by which version it was decided.
pub fn decided(world: &World) -> Value {
    let body = json!({"method": "GET", "path": "/civil-affairs/divisions/330106"}).to_string();
    let answer = world.call("human-resources/pension-desk", &Ask::post("/-/decide", &body));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Changes a store behind everybody's back.
pub fn edit_store(world: &World, change: &'static str) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new();
    let options = options.filename(world.dir().join("state.sqlite"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut db = options.connect().await.unwrap();
        sqlx::raw_sql(change).execute(&mut db).await.unwrap();
    });
}

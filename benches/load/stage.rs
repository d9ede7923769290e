//! Certificates, TLS and the catalog. One process makes them in a folder, the others read them
//! there. All ends take their TLS from the gateway's own rooms, so that nobody has an advantage.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::{ClientConfig, ServerConfig};
use sluice::catalog::{self, SourceFile};
use sluice::pki::{Authority, CERTIFICATE_DAYS, Subject, Validity};
use sluice::tls::{
    self, Alpn, Authorities, ClientSettings, Departments, OwnCertificate, Pem, TrustedAuthority,
};
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;

use super::Wrong;

/// The trust domain of every identity of the bench.
pub(crate) const TRUST_DOMAIN: &str = "bench.internal";

/// The address of the provider in the catalog.
pub(crate) const PROVIDER_ADDRESS: &str = "records.people.internal:9443";

/// Who takes part: department and system.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// The gateway, and whoever stands in its place.
    Gateway,
    /// The provider's system.
    Provider,
    /// The consumer's system.
    Consumer,
}

/// The folder that all processes of one bench share.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    dir: PathBuf,
}

impl Part {
    fn identity(self) -> Result<Identity, Wrong> {
        let (department, system) = match self {
            Part::Gateway => ("exchange-office", "gateway"),
            Part::Provider => ("people", "records"),
            Part::Consumer => ("assistance", "desk"),
        };
        Ok(Identity {
            department: Name::parse(department)?,
            kind: Kind::System,
            id: Name::parse(system)?,
        })
    }

    fn stem(self) -> &'static str {
        match self {
            Part::Gateway => "gateway",
            Part::Provider => "provider",
            Part::Consumer => "consumer",
        }
    }
}

impl Stage {
    /// Makes an authority and everybody's certificates.
    pub(crate) fn make(dir: &Path) -> Result<Stage, Wrong> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as i64;
        let validity = Validity::days(now, CERTIFICATE_DAYS);
        let authority = Authority::create("Sluice bench", validity)?;
        fs::write(dir.join("ca.pem"), authority.cert_pem())?;
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        for part in [Part::Gateway, Part::Provider, Part::Consumer] {
            let subject = Subject::of(TRUST_DOMAIN, &part.identity()?, &hosts);
            authority.issue(&subject, validity)?.save(&dir.join(part.stem()))?;
        }
        Ok(Stage { dir: dir.to_owned() })
    }

    /// A stage that another process has made.
    pub(crate) fn at(dir: &Path) -> Stage {
        Stage { dir: dir.to_owned() }
    }

    /// A file or folder of the stage.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The certificate and key of a part.
    pub(crate) fn pair(&self, part: Part) -> (PathBuf, PathBuf) {
        let file = |ending: &str| self.path(&format!("{}.{ending}", part.stem()));
        (file("pem"), file("key"))
    }

    /// TLS for a listener of that part.
    pub(crate) fn server(&self, part: Part) -> Result<Arc<ServerConfig>, Wrong> {
        Ok(tls::server_config(self.authorities()?, &self.own(part)?, Alpn::Http1)?)
    }

    /// TLS for calls of one part to another.
    pub(crate) fn client(&self, part: Part, to: Part) -> Result<Arc<ClientConfig>, Wrong> {
        let department = to.identity()?.department;
        let settings = ClientSettings { department, allow_tls12: false };
        Ok(tls::client_config(self.authorities()?, &self.own(part)?, settings)?)
    }

    fn own(&self, part: Part) -> Result<OwnCertificate, Wrong> {
        let (certificate, key) = self.pair(part);
        Ok(OwnCertificate::load(TRUST_DOMAIN, &Pem::File(certificate), &Pem::File(key))?)
    }

    fn authorities(&self) -> Result<Arc<Authorities>, Wrong> {
        let authority = TrustedAuthority {
            name: "bench".into(),
            certificates: vec![Pem::File(self.path("ca.pem"))],
            departments: Departments::All,
            kinds: vec![Kind::System],
            revocations: None,
        };
        Ok(Arc::new(Authorities::load(TRUST_DOMAIN, &[authority])?))
    }
}

/// The catalog of the bench, read as any other.
pub(crate) fn policy() -> Result<Policy, Wrong> {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let sources = [
        file("departments.yaml", include_str!("catalog/departments.yaml")),
        file("people/register.yaml", include_str!("catalog/people/register.yaml")),
    ];
    Ok(catalog::read(&sources).map_err(|problems| problems.to_string())?.into_policy())
}

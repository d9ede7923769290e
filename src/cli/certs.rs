//! `sluice certs`: the development authority on the command line.
//!
//! Every command prints the files that it wrote and their purpose, since most people run it for the
//! first time.

#![allow(clippy::print_stdout, reason = "what a command has to say goes to standard output")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{ArgGroup, Args, Subcommand};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;

use crate::pki::{
    AUTHORITY_DAYS, Authority, CERTIFICATE_DAYS, Description, PkiError, REVOCATION_LIST_DAYS,
    Subject, Validity, describe, files, serial,
};
use crate::tls;

#[cfg(test)]
mod tests;

/// The default trust domain.
pub const DEFAULT_TRUST_DOMAIN: &str = "exchange.internal";

/// Longest trust domain in bytes (SPIFFE-ID, 2.1).
const MAX_TRUST_DOMAIN_BYTES: usize = 255;

/// Longest validity that can be asked for.
const MAX_DAYS: i64 = 36_500;

/// Make and revoke certificates for trials: a real exchange has authorities of its own.
#[derive(Debug, Args)]
pub struct CertsArgs {
    #[command(subcommand)]
    command: CertsCommand,

    /// Trust domain of the identities in certificates
    #[arg(long, global = true, default_value = DEFAULT_TRUST_DOMAIN, value_parser = trust_domain)]
    trust_domain: String,
}

#[derive(Debug, Subcommand)]
enum CertsCommand {
    /// Make an authority
    #[command(after_help = "Example:\n  sluice certs ca --dir certs --name 'Trial authority'")]
    Ca(CaArgs),

    /// Make the gateway's own certificate
    #[command(after_help = "Example:\n  sluice certs gateway --dir certs --department \
        exchange-office --id gateway --host localhost --host 127.0.0.1")]
    Gateway(GatewayArgs),

    /// Make the certificate of a system that calls the gateway, or is called by it
    #[command(after_help = "Example:\n  sluice certs system --dir certs --department health \
        --id records --host localhost")]
    System(SystemArgs),

    /// Make the certificate of a person
    #[command(after_help = "Example:\n  sluice certs person --dir certs --department health \
        --id officer-0611")]
    Person(PersonArgs),

    /// Revoke a certificate, or sign the revocation list anew
    #[command(after_help = "Examples:\n  sluice certs revoke --dir certs --cert \
        certs/health/records.pem\n  sluice certs revoke --dir certs --renew")]
    Revoke(RevokeArgs),

    /// Show the contents of a certificate
    #[command(after_help = "Example:\n  sluice certs show certs/health/records.pem")]
    Show {
        /// The certificate, PEM
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct CaArgs {
    /// Folder to make the authority in
    #[arg(long)]
    dir: PathBuf,
    /// Its name
    #[arg(long)]
    name: String,
    /// The time for which it is valid
    #[arg(long, default_value_t = AUTHORITY_DAYS, value_parser = days())]
    days: u32,
}

#[derive(Debug, Args)]
struct HolderArgs {
    /// Folder of the authority
    #[arg(long)]
    dir: PathBuf,
    /// Department the holder belongs to
    #[arg(long, value_parser = Name::parse)]
    department: Name,
    /// The holder's id within the department
    #[arg(long, value_parser = Name::parse)]
    id: Name,
    /// The time for which the certificate is valid
    #[arg(long, default_value_t = CERTIFICATE_DAYS, value_parser = days())]
    days: u32,
}

#[derive(Debug, Args)]
struct GatewayArgs {
    #[command(flatten)]
    holder: HolderArgs,
    /// DNS name or IP address that callers know the gateway by; may be repeated
    #[arg(long = "host", required = true, num_args = 1..)]
    hosts: Vec<String>,
}

#[derive(Debug, Args)]
struct SystemArgs {
    #[command(flatten)]
    holder: HolderArgs,
    /// DNS name or IP address of the system, where others than the gateway call it
    #[arg(long = "host", num_args = 1..)]
    hosts: Vec<String>,
}

#[derive(Debug, Args)]
struct PersonArgs {
    #[command(flatten)]
    holder: HolderArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
struct RevokeArgs {
    /// Folder of the authority
    #[arg(long)]
    dir: PathBuf,
    /// Serial number of the certificate, hexadecimal
    #[arg(long, group = "what", value_name = "HEX", value_parser = serial_number)]
    serial: Option<String>,
    /// The certificate itself
    #[arg(long, group = "what", value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Revoke nothing more, only sign the list anew
    #[arg(long, group = "what")]
    renew: bool,
    /// The time for which the list may be relied on
    #[arg(long, default_value_t = REVOCATION_LIST_DAYS, value_parser = days())]
    days: u32,
}

/// Runs the command, and reports on standard output.
///
/// # Errors
/// [`PkiError`], whose words are for the person at the terminal; nothing was written over.
pub fn run(args: CertsArgs) -> Result<(), PkiError> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = UnixMillis::try_from(since_1970.as_millis()).unwrap_or(UnixMillis::MAX);
    print!("{}", carry_out(args, now)?);
    Ok(())
}

fn carry_out(args: CertsArgs, now: UnixMillis) -> Result<String, PkiError> {
    let domain = args.trust_domain;
    match args.command {
        CertsCommand::Ca(args) => make_authority(&args, now),
        CertsCommand::Gateway(args) => {
            let identity = args.holder.identity(Kind::System);
            let subject = Subject::gateway(&domain, &identity, &args.hosts);
            let (cert, key, mut said) = issue(&args.holder, &subject, now)?;
            line(&mut said, "use", &format!("name {cert} and {key} in the gateway's settings"));
            Ok(said)
        }
        CertsCommand::System(args) => {
            let identity = args.holder.identity(Kind::System);
            let subject = Subject::system(&domain, &identity, &args.hosts);
            let (cert, key, mut said) = issue(&args.holder, &subject, now)?;
            line(
                &mut said,
                "use",
                &call(&args.holder.dir, &cert, &key, "8443/DEPARTMENT/ENTRY/PATH"),
            );
            Ok(said)
        }
        CertsCommand::Person(args) => {
            let subject = Subject::person(&domain, &args.holder.identity(Kind::Person));
            let (cert, key, mut said) = issue(&args.holder, &subject, now)?;
            line(&mut said, "use", &call(&args.holder.dir, &cert, &key, "8444/api/v1/status"));
            Ok(said)
        }
        CertsCommand::Revoke(args) => revoke(&args, now),
        CertsCommand::Show { file } => show(&file, &domain, now),
    }
}

fn make_authority(args: &CaArgs, now: UnixMillis) -> Result<String, PkiError> {
    let authority = Authority::create(&args.name, Validity::days(now, args.days))?;
    let (cert, key) = authority.save(&args.dir)?;
    let mut said = String::new();
    let trust = "the certificate: give it to whoever must trust this authority";
    line(&mut said, "wrote", &format!("{} ({trust})", cert.display()));
    let keep = "the key: keep it to yourself, whoever has it can be anybody";
    line(&mut said, "wrote", &format!("{} ({keep})", key.display()));
    line(&mut said, "valid", &format!("to {}", date(authority.not_after())));
    let next = format!(
        "sluice certs gateway --dir {} --department exchange-office --id gateway --host localhost",
        args.dir.display()
    );
    line(&mut said, "next", &next);
    Ok(said)
}

/// Issues and stores a certificate; returns both paths as text, and the text for the person.
fn issue(
    holder: &HolderArgs,
    subject: &Subject,
    now: UnixMillis,
) -> Result<(String, String, String), PkiError> {
    let authority = Authority::load(&holder.dir)?;
    let validity = Validity::days(now, holder.days);
    if validity.not_after > authority.not_after() {
        return Err(PkiError::OutlivesAuthority);
    }
    let issued = authority.issue(subject, validity)?;
    let stem = holder.dir.join(holder.department.as_str()).join(holder.id.as_str());
    let (cert, key) = issued.save(&stem)?;
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let mut said = String::new();
    line(&mut said, "wrote", &format!("{cert} (the certificate)"));
    line(&mut said, "wrote", &format!("{key} (its key: for the holder alone)"));
    line(&mut said, "identity", &subject.uris.join(", "));
    line(&mut said, "serial", &issued.serial);
    line(&mut said, "valid", &format!("to {}", date(validity.not_after)));
    Ok((cert, key, said))
}

fn revoke(args: &RevokeArgs, now: UnixMillis) -> Result<String, PkiError> {
    let authority = Authority::load(&args.dir)?;
    let serial = match &args.cert {
        Some(file) => Some(named(file, authority.serial_of(&files::read(file)?))?),
        None => args.serial.clone(),
    };
    let until = Validity::days(now, args.days).not_after;
    let list = authority.revoke(&args.dir, serial.as_deref(), now, until)?;
    let mut said = String::new();
    if let Some(serial) = serial {
        line(&mut said, "revoked", &serial);
    }
    line(&mut said, "wrote", &format!("{} (the revocation list)", list.display()));
    line(
        &mut said,
        "valid",
        &format!("to {}; whoever relies on it refuses all after", date(until)),
    );
    line(&mut said, "use", "name it beside the authority in the gateway's settings");
    let next = format!("sluice certs revoke --dir {} --renew, before then", args.dir.display());
    line(&mut said, "next", &next);
    Ok(said)
}

fn show(file: &Path, domain: &str, now: UnixMillis) -> Result<String, PkiError> {
    let text = files::read(file)?;
    let description = named(file, describe(&text))?;
    let mut said = String::new();
    line(&mut said, "subject", &description.subject);
    line(&mut said, "issuer", &description.issuer);
    if description.authority {
        line(&mut said, "authority", "yes: it may sign other certificates");
    } else {
        line(&mut said, "identity", &identity(&text, domain));
    }
    for uri in &description.uris {
        line(&mut said, "uri", uri);
    }
    for other in &description.others {
        line(&mut said, "name", other);
    }
    line(&mut said, "serial", &description.serial);
    line(&mut said, "valid", &validity(&description, now));
    Ok(said)
}

/// The identity for which the gateway would take the holder.
fn identity(cert_pem: &str, domain: &str) -> String {
    let Ok(der) = CertificateDer::from_pem_slice(cert_pem.as_bytes()) else {
        return "none".to_owned();
    };
    match tls::identity_of(&der, domain) {
        Ok(peer) => format!("{} ({})", peer.identity, peer.identity.kind.as_str()),
        Err(fault) => format!("none in {domain}: {fault}"),
    }
}

fn validity(description: &Description, now: UnixMillis) -> String {
    let state = if now < description.not_before {
        "not yet"
    } else if now > description.not_after {
        "ended"
    } else {
        "now"
    };
    format!("{} to {} ({state})", date(description.not_before), date(description.not_after))
}

fn call(dir: &Path, cert: &str, key: &str, rest: &str) -> String {
    let ca = dir.join(crate::pki::CA_CERTIFICATE_FILE);
    format!("curl --cacert {} --cert {cert} --key {key} https://localhost:{rest}", ca.display())
}

/// Puts the file's name where the room below only knows of a text.
fn named<T>(file: &Path, outcome: Result<T, PkiError>) -> Result<T, PkiError> {
    outcome.map_err(|error| match error {
        PkiError::Unreadable { source, cause } => {
            PkiError::Unreadable { source: format!("{}: {source}", file.display()), cause }
        }
        other => other,
    })
}

fn line(said: &mut String, word: &str, text: &str) {
    let _ = writeln!(said, "{word:<10}{text}");
}

/// The whole second, as certificates keep no more.
fn date(at: UnixMillis) -> String {
    let second = jiff::Timestamp::from_second(at.div_euclid(1000));
    second.map_or_else(|_| at.to_string(), |second| second.to_string())
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=MAX_DAYS)
}

fn serial_number(text: &str) -> Result<String, PkiError> {
    serial::parse(text).map(|bytes| serial::spell(&bytes))
}

fn trust_domain(text: &str) -> Result<String, String> {
    let known = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
    };
    if text.is_empty() || text.len() > MAX_TRUST_DOMAIN_BYTES || !text.bytes().all(known) {
        return Err(
            "a trust domain is lower-case letters, digits, dots, dashes and underscores".to_owned()
        );
    }
    Ok(text.to_owned())
}

impl HolderArgs {
    fn identity(&self, kind: Kind) -> Identity {
        Identity { department: self.department.clone(), kind, id: self.id.clone() }
    }
}

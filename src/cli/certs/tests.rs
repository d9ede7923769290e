use std::fs;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    certs: CertsArgs,
}

/// 2026-01-31T08:00:00.999Z.
const NOW: UnixMillis = 1_769_846_400_999;

/// Carries out a command line in which `DIR` stands for the folder.
fn certs(dir: &Path, command: &str) -> Result<String, String> {
    let dir = dir.display().to_string();
    let words = command.split(' ').map(|word| word.replace("DIR", &dir));
    let line = Line::try_parse_from(std::iter::once("certs".to_owned()).chain(words)).unwrap();
    carry_out(line.certs, NOW).map_err(|error| error.to_string())
}

fn usage_error(command: &str) -> ErrorKind {
    let words = std::iter::once("certs").chain(command.split(' '));
    Line::try_parse_from(words).unwrap_err().kind()
}

fn said(text: &str, word: &str) -> String {
    let found = text.lines().find_map(|line| line.strip_prefix(word));
    found.unwrap_or_else(|| panic!("no {word:?} in {text}")).trim().to_owned()
}

#[test]
fn from_authority_to_revocation() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let made = certs(dir, "ca --dir DIR --name Trial").unwrap();
    assert!(said(&made, "next").starts_with("sluice certs gateway --dir"), "{made}");

    let gateway = "gateway --dir DIR --department exchange-office --id gateway --host localhost \
                   --host 127.0.0.1";
    certs(dir, gateway).unwrap();
    let shown = certs(dir, "show DIR/exchange-office/gateway.pem").unwrap();
    assert_eq!(said(&shown, "identity"), "exchange-office/gateway (system)");
    assert_eq!(said(&shown, "valid"), "2026-01-31T07:55:00Z to 2027-01-31T08:00:00Z (now)");
    assert!(shown.contains("localhost") && shown.contains("127.0.0.1"), "{shown}");

    let made = certs(dir, "system --dir DIR --department health --id records --days 7").unwrap();
    assert_eq!(said(&made, "valid"), "to 2026-02-07T08:00:00Z");
    assert!(said(&made, "use").starts_with("curl --cacert "), "{made}");
    let serial = said(&made, "serial");

    certs(dir, "person --dir DIR --department health --id officer-0611").unwrap();
    let shown = certs(dir, "show DIR/health/officer-0611.pem").unwrap();
    assert_eq!(said(&shown, "identity"), "health/officer-0611 (person)");

    let done = certs(dir, "revoke --dir DIR --cert DIR/health/records.pem").unwrap();
    assert_eq!(said(&done, "revoked"), serial);
    assert!(fs::read_to_string(dir.join("crl.pem")).unwrap().contains("X509 CRL"));
    let again = certs(dir, &format!("revoke --dir DIR --serial {serial}")).unwrap_err();
    assert_eq!(again, format!("{serial} is revoked already"));
    certs(dir, "revoke --dir DIR --renew --days 3").unwrap();
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    certs(dir, "ca --dir DIR --name Trial").unwrap();
    let kept = fs::read(dir.join("ca.key")).unwrap();
    let refused = certs(dir, "ca --dir DIR --name Trial").unwrap_err();
    assert!(refused.contains("ca.pem is there already"), "{refused}");
    assert_eq!(fs::read(dir.join("ca.key")).unwrap(), kept);
    certs(dir, "system --dir DIR --department health --id records").unwrap();
    let refused = certs(dir, "person --dir DIR --department health --id records").unwrap_err();
    assert!(refused.contains("records.pem is there already"), "{refused}");
}

#[test]
fn refusals_name_the_file_or_the_fault() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let system = "system --dir DIR --department health --id records";
    let refused = certs(dir, system).unwrap_err();
    assert!(refused.contains("ca.pem could not be read"), "{refused}");
    certs(dir, "ca --dir DIR --name Trial --days 30").unwrap();
    let refused = certs(dir, system).unwrap_err();
    assert!(refused.contains("longer than the authority"), "{refused}");
    let refused = certs(dir, &format!("{system} --days 3 --host http://x")).unwrap_err();
    assert!(refused.contains("\"http://x\""), "{refused}");
    let refused = certs(dir, "show DIR/ca.key").unwrap_err();
    assert!(refused.contains("ca.key"), "{refused}");

    let other = tempfile::tempdir().unwrap();
    certs(other.path(), "ca --dir DIR --name Trial").unwrap();
    certs(other.path(), system).unwrap();
    let foreign = other.path().join("health/records.pem");
    let foreign = format!("revoke --dir DIR --cert {}", foreign.display());
    let refused = certs(dir, &foreign).unwrap_err();
    assert!(refused.contains("another authority"), "{refused}");
}

#[test]
fn the_trust_domain_is_said_and_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    certs(dir, "ca --dir DIR --name Trial").unwrap();
    assert!(said(&certs(dir, "show DIR/ca.pem").unwrap(), "authority").starts_with("yes"));
    certs(dir, "system --dir DIR --department health --id records --trust-domain a.test").unwrap();
    let shown = certs(dir, "show DIR/health/records.pem").unwrap();
    assert!(said(&shown, "identity").starts_with("none in exchange.internal: "), "{shown}");
    let shown = certs(dir, "--trust-domain a.test show DIR/health/records.pem").unwrap();
    assert_eq!(said(&shown, "identity"), "health/records (system)");
}

#[test]
fn ill_formed_arguments_are_a_matter_of_usage() {
    Line::command().debug_assert();
    let missing = ErrorKind::MissingRequiredArgument;
    let invalid = ErrorKind::ValueValidation;
    for (command, kind) in [
        ("ca --dir x", missing),
        ("ca --dir x --name y --days 0", invalid),
        ("gateway --dir x --department a --id b", missing),
        ("system --dir x --department Health --id b", invalid),
        ("system --dir x --department health --id b_c", invalid),
        ("revoke --dir x", missing),
        ("revoke --dir x --serial zz", invalid),
        ("revoke --dir x --serial 0a --renew", ErrorKind::ArgumentConflict),
        ("--trust-domain A show x", invalid),
    ] {
        assert_eq!(usage_error(command), kind, "{command}");
    }
}

#[test]
fn every_command_has_an_example() {
    for command in Line::command().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let example = format!("  sluice certs {} ", command.get_name());
        assert!(help.contains(&example), "{help}");
    }
}

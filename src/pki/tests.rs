use std::fs;
use std::os::unix::fs::PermissionsExt;

use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;

use super::*;

const DOMAIN: &str = "exchange.internal";
/// 2026-01-31T08:00:00Z.
const NOW: UnixMillis = 1_769_846_400_000;

fn identity(department: &str, kind: Kind, id: &str) -> Identity {
    let name = |text| Name::parse(text).unwrap();
    Identity { department: name(department), kind, id: name(id) }
}

fn authority() -> Authority {
    Authority::create("Trial", Validity::days(NOW, AUTHORITY_DAYS)).unwrap()
}

fn issue(authority: &Authority) -> Issued {
    let subject = Subject::system(
        DOMAIN,
        &identity("health", Kind::System, "records"),
        &["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()],
    );
    authority.issue(&subject, Validity::days(NOW, 30)).unwrap()
}

#[test]
fn a_system_certificate_says_what_was_asked() {
    let issued = issue(&authority());
    let said = describe(&issued.cert_pem).unwrap();
    assert_eq!(said.uris, ["spiffe://exchange.internal/department/health/system/records"]);
    assert_eq!(said.others, ["localhost", "127.0.0.1", "::1"]);
    assert_eq!(said.serial, issued.serial);
    assert_eq!(said.not_before, NOW - CLOCK_SKEW_MS);
    assert_eq!(said.not_after, NOW + 30 * DAY_MS);
    assert_eq!(said.subject, "CN=health/records");
    assert!(said.issuer.contains("CN=Trial"), "{}", said.issuer);
    assert!(!said.authority);
}

#[test]
fn the_authority_itself_is_one_and_signs_its_own() {
    let authority = authority();
    let said = describe(authority.cert_pem()).unwrap();
    assert!(said.authority);
    assert_eq!(said.subject, said.issuer);
    assert_eq!(said.not_after, NOW + 3650 * DAY_MS);
    assert_eq!(authority.not_after(), said.not_after);
}

#[test]
fn serials_differ_and_are_spelt_one_way() {
    let authority = authority();
    let (one, other) = (issue(&authority).serial, issue(&authority).serial);
    assert_ne!(one, other);
    assert_eq!(one.len(), 32);
    for same in ["0aff", "AFF", "a:ff", "00:0A:FF", " 0aff\n"] {
        assert_eq!(serial::spell(&serial::parse(same).unwrap()), "0aff", "{same:?}");
    }
    for wrong in ["", "0", "00:00", "0x1f", "g1", "-1", &"1".repeat(41), &"0".repeat(90)] {
        assert!(serial::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn hosts_that_are_none_are_refused() {
    for host in ["", "with space", "http://x", "名", "a..b"] {
        let hosts = [host.to_owned()];
        let subject = Subject::system(DOMAIN, &identity("a", Kind::System, "b"), &hosts);
        let refused = authority().issue(&subject, Validity::days(NOW, 1)).unwrap_err();
        assert!(matches!(refused, PkiError::Host(_)), "{host:?}: {refused}");
    }
}

#[test]
fn an_authority_comes_back_from_its_folder_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let made = authority();
    let (cert, key) = made.save(dir.path()).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let loaded = Authority::load(dir.path()).unwrap();
    assert_eq!(loaded.cert_pem(), made.cert_pem());
    assert_eq!(loaded.not_after(), made.not_after());
    let serial = issue(&loaded);
    assert_eq!(made.serial_of(&serial.cert_pem).unwrap(), serial.serial);

    let before = (fs::read(&cert).unwrap(), fs::read(&key).unwrap());
    let refused = authority().save(dir.path()).unwrap_err();
    assert!(matches!(refused, PkiError::Exists(_)), "{refused}");
    assert_eq!(before, (fs::read(&cert).unwrap(), fs::read(&key).unwrap()));
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Authority::load(dir.path()).unwrap_err().to_string();
    assert!(missing.contains("ca.pem"), "{missing}");
    let (_, key) = authority().save(dir.path()).unwrap();

    fs::write(&key, authority().key_pem()).unwrap();
    let foreign = Authority::load(dir.path()).unwrap_err().to_string();
    assert!(foreign.contains("ca.key") && foreign.contains("not that of ca.pem"), "{foreign}");

    fs::write(&key, "no key").unwrap();
    let broken = Authority::load(dir.path()).unwrap_err().to_string();
    assert!(broken.contains("key"), "{broken}");

    let leaf = issue(&authority());
    let not_one = Authority::from_pem(&leaf.cert_pem, &leaf.key_pem).unwrap_err().to_string();
    assert!(not_one.contains("may not sign"), "{not_one}");
}

#[test]
fn a_certificate_is_kept_with_its_key_and_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let issued = issue(&authority());
    let stem = dir.path().join("health/records");
    let (cert, key) = issued.save(&stem).unwrap();
    assert_eq!(fs::read_to_string(&cert).unwrap(), issued.cert_pem);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&key).unwrap();
    assert!(matches!(issued.save(&stem).unwrap_err(), PkiError::Exists(file) if file == cert));
    assert!(!key.exists(), "a refusal leaves no key behind");
}

#[test]
fn revoking_keeps_what_was_revoked_before() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority();
    authority.save(dir.path()).unwrap();
    let (one, other) = (issue(&authority).serial, issue(&authority).serial);
    let until = NOW + DAY_MS;
    authority.revoke(dir.path(), Some(&one), NOW, until).unwrap();
    let list = authority.revoke(dir.path(), Some(&other.to_uppercase()), NOW + 1000, until);
    let kept = fs::read_to_string(dir.path().join(REVOKED_FILE)).unwrap();
    assert_eq!(kept, format!("{one} 2026-01-31T08:00:00Z\n{other} 2026-01-31T08:00:01Z\n"));

    let pem = fs::read(list.unwrap()).unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).unwrap();
    let (_, parsed) = x509_parser::parse_x509_crl(&pem.contents).unwrap();
    let serials: Vec<_> =
        parsed.iter_revoked_certificates().map(|one| serial::spell(one.raw_serial())).collect();
    assert_eq!(serials, [one.clone(), other]);
    assert_eq!(parsed.next_update().unwrap().timestamp() * 1000, until);

    let again = authority.revoke(dir.path(), Some(&one), NOW, until).unwrap_err();
    assert!(matches!(again, PkiError::AlreadyRevoked(_)), "{again}");
    authority.revoke(dir.path(), None, NOW + 2000, until).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join(REVOKED_FILE)).unwrap(), kept);

    fs::write(dir.path().join(REVOKED_FILE), format!("{one} yesterday\n")).unwrap();
    let broken = authority.revoke(dir.path(), None, NOW, until).unwrap_err().to_string();
    assert!(broken.contains("revoked.txt, line 1"), "{broken}");
}

#[test]
fn only_the_issuer_knows_a_certificate_as_its_own() {
    // The same name on purpose: the signature tells them apart.
    let refused = authority().serial_of(&issue(&authority()).cert_pem).unwrap_err();
    assert!(matches!(refused, PkiError::NotOurs), "{refused}");
}

#[test]
fn keys_do_not_show_in_debug_output() {
    let authority = authority();
    let issued = issue(&authority);
    let shown = format!("{authority:?} {issued:?}");
    assert!(!shown.contains("PRIVATE"), "{shown}");
}

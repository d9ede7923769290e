//! Who may come in: certificates that fail the handshake, and good certificates of nobody whom the
//! registry lets call. Both are recorded.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};
use sluice::pki::{Authority, Issued, Revoked};
use sluice::settings::{AuthoritySettings, Settings};
use sluice_core::domain::identity::Kind;
use sluice_core::domain::name::Name;

use crate::support::certificates::{self, office, subject};
use crate::support::{
    Ask, Connection, DEADLINE, Subject, Validity, World, check, detail_of, http2, issue,
    new_authority, person, system,
};

const DESK: &str = "human-resources/pension-desk";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64
}

fn ask() -> Ask {
    Ask::post("/public-security/population/query", "{}")
}

/// Comes with a certificate and gets no answer; gives the record of the refusal.
fn refused(
    world: &World,
    certificate: Option<&Issued>,
    version: &'static SupportedProtocolVersion,
) -> Value {
    if let Ok(mut connection) = Connection::open_with(world.address(), certificate, version) {
        connection.send(&ask().bytes());
        let answer = connection.answer();
        assert!(answer.is_err(), "{answer:?}");
    }
    refusal(world)
}

/// The one refused handshake in the log.
fn refusal(world: &World) -> Value {
    let is_refusal = |record: &Value| record["event"] == "handshake-refused";
    let record = world.log().wait_for("a refused handshake", is_refusal);
    assert_eq!(record["kind"], "control");
    assert_eq!(record["address"], "127.0.0.1");
    let refusals = world.log().records().into_iter().filter(is_refusal).count();
    assert_eq!((refusals, world.log().kind("single").len()), (1, 0));
    record
}

fn with_validity(from_days: i64, to_days: i64) -> Issued {
    let (not_before, not_after) = (now() + from_days * DAY_MS, now() + to_days * DAY_MS);
    office().issue(&subject(DESK, Kind::System), Validity { not_before, not_after }).unwrap()
}

fn saying(change: impl FnOnce(&mut Subject)) -> Issued {
    let mut subject = subject(DESK, Kind::System);
    change(&mut subject);
    issue(office(), &subject)
}

#[test]
fn a_bad_certificate_fails_the_handshake_and_is_recorded() {
    let other = issue(&new_authority(), &subject(DESK, Kind::System));
    let foreign = "spiffe://elsewhere.test/department/human-resources/system/pension-desk";
    let cases = [
        ("no-certificate", None, None),
        ("unknown-authority", Some(other), Some(DESK)),
        ("expired", Some(with_validity(-3, -1)), Some(DESK)),
        ("not-yet-valid", Some(with_validity(1, 3)), Some(DESK)),
        ("wrong-usage", Some(saying(|subject| subject.client = false)), Some(DESK)),
        ("not-an-identity", Some(saying(|subject| subject.uris.clear())), None),
        ("not-an-identity", Some(saying(|subject| subject.uris = vec![foreign.into()])), None),
        (
            "not-an-identity",
            Some(saying(|subject| subject.uris.push("https://example.test".into()))),
            None,
        ),
    ];
    for (cause, certificate, claimed) in cases {
        let world = World::setup().start();
        let record = refused(&world, certificate.as_ref(), &TLS13);
        assert_eq!(record["cause"], cause);
        assert_eq!(record["claimed"].as_str(), claimed, "{cause}");
    }
}

#[test]
fn an_old_version_of_tls_is_refused() {
    let world = World::setup().start();
    let record = refused(&world, Some(&system(DESK)), &TLS12);
    assert_eq!(record["cause"], "protocol-version");
}

#[test]
fn what_is_no_handshake_is_refused_and_recorded() {
    let words: [(&str, &[u8]); 2] = [("not-tls", b"GET / HTTP/1.1\r\n\r\n"), ("closed", b"")];
    for (cause, sent) in words {
        let world = World::setup().start();
        let mut socket = TcpStream::connect(world.address()).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.write_all(sent).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // An alert at most; that nothing of HTTP comes back is what counts.
        let _ = socket.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
        assert_eq!(refusal(&world)["cause"], cause);
    }
    let shorten =
        |settings: &mut Settings| settings.bounds.handshake_timeout = Duration::from_millis(100);
    let world = World::setup().settings(shorten).start();
    let mut socket = TcpStream::connect(world.address()).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(socket.read(&mut [0]).unwrap(), 0, "the gateway hangs up");
    assert_eq!(refusal(&world)["cause"], "timeout");
}

#[test]
fn a_revoked_certificate_is_refused() {
    let revoked = issue(office(), &subject(DESK, Kind::System));
    let since = Revoked { serial: revoked.serial.clone(), at: now() - DAY_MS };
    let setup = World::setup();
    let file = setup.dir().join("crl.pem");
    let list = office().revocation_list(&[since], now() - DAY_MS, now() + DAY_MS).unwrap();
    fs::write(&file, list).unwrap();
    let with_list =
        |settings: &mut Settings| settings.authorities[0].revocation_list = Some(file.clone());
    let world = setup.settings(with_list).start();
    let answer = world.call(DESK, &ask());
    check(&world, &answer, 400, Some("parameter-missing"));
    let mut connection = Connection::open(world.address(), Some(&revoked)).unwrap();
    connection.send(&ask().bytes());
    assert!(connection.answer().is_err());
    let record = world.log().wait_for("the refusal", |record| record["cause"] == "revoked");
    assert_eq!(record["claimed"], DESK);
}

/// A gateway that also trusts another authority, for so much.
fn trusting(other: &Authority, departments: Option<&[&str]>, kinds: &[Kind]) -> World {
    let setup = World::setup();
    let file = setup.dir().join("other.pem");
    fs::write(&file, other.cert_pem()).unwrap();
    let names = |names: &[&str]| names.iter().map(|name| Name::parse(name).unwrap()).collect();
    let listed = AuthoritySettings {
        name: "other".into(),
        certificates: file,
        departments: departments.map(names),
        kinds: kinds.to_vec(),
        revocation_list: None,
    };
    setup.settings(|settings| settings.authorities.push(listed)).start()
}

#[test]
fn an_authority_vouches_for_its_own_departments_alone() {
    let other = new_authority();
    let health = issue(&other, &subject("health/clinic-desk", Kind::System));
    let world = trusting(&other, Some(&["health", "civil-affairs"]), &[Kind::System]);
    let answer = world.call_with(&health, &Ask::get("/public-security/population/people/P1"));
    let record = check(&world, &answer, 403, Some("not-authorised"));
    assert_eq!(record["consumer"]["department"], "health");
    assert_eq!(record["consumer"]["certificate"], health.serial.as_str());
    drop(world);

    let foreign = issue(&other, &subject(DESK, Kind::System));
    let world = trusting(&other, Some(&["health", "civil-affairs"]), &[Kind::System]);
    let record = refused(&world, Some(&foreign), &TLS13);
    assert_eq!((&record["cause"], &record["claimed"]), (&json!("not-vouched"), &json!(DESK)));
}

#[test]
fn an_authority_vouches_for_its_own_kinds_alone() {
    let other = new_authority();
    let human = issue(&other, &subject("health/officer-1", Kind::Person));
    let world = trusting(&other, None, &[Kind::System]);
    let record = refused(&world, Some(&human), &TLS13);
    assert_eq!(record["cause"], "not-vouched");
    // It may vouch for the system of the same name.
    let world = trusting(&other, None, &[Kind::System]);
    let machine = issue(&other, &subject("health/clinic-desk", Kind::System));
    check(&world, &world.call_with(&machine, &ask()), 400, Some("parameter-missing"));
}

#[test]
fn nobody_of_the_registry_learns_nothing_whatever_it_asks() {
    let peers = [
        (system("nobody/desk"), "unknown-peer", "department"),
        (system("human-resources/nobody"), "unknown-peer", "system"),
        (person("human-resources/officer-0017"), "unknown-peer", "person"),
        (person("nobody/officer-0017"), "unknown-peer", "person"),
        (system("human-resources/closed-desk"), "peer-suspended", "system"),
        (system("market-regulation/licence-desk"), "peer-suspended", "department"),
        (system("market-regulation/nobody"), "unknown-peer", "system"),
    ];
    let asks = [
        ask().purpose("social-assistance"),
        Ask::get("/civil-affairs/divisions/330100"),
        Ask::get("/public-security/open-cases"),
        Ask::get("/nothing/here"),
        Ask::get("/a/../b").header("Exchange-Purpose", "(").header("Exchange-Purpose", "("),
        Ask::post("/-/decide", r#"{"method":"GET","path":"/civil-affairs/divisions/330100"}"#),
    ];
    let world = World::setup().start();
    for (certificate, code, detail) in peers {
        let mut answers: Vec<_> =
            asks.iter().map(|ask| world.call_with(&certificate, ask)).collect();
        answers.extend(http2::ask_all(world.address(), &certificate, vec![asks[0].clone()]));
        for answer in answers {
            let record = check(&world, &answer, 403, Some(code));
            assert_eq!(detail_of(&record), detail);
            assert_eq!(record["consumer"]["certificate"], certificate.serial.as_str());
            let problem = answer.json();
            assert_eq!((problem.get("entry"), problem.get("nearest")), (None, None));
        }
    }
}

#[test]
fn a_person_is_not_let_in_even_by_the_name_of_a_system() {
    let world = World::setup().start();
    let certificate = issue(office(), &certificates::subject(DESK, Kind::Person));
    let answer = world.call_with(&certificate, &ask());
    let record = check(&world, &answer, 403, Some("unknown-peer"));
    assert_eq!(detail_of(&record), "person");
}

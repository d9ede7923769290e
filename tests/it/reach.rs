//! Whether the provider can be reached, and whether who answers is the provider: each way in
//! which it isn't, with what the caller, the log and the impostor get.

use crate::support::free_port;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection};
use serde_json::Value;
use sluice::pki::Issued;
use sluice::settings::{AuthoritySettings, Settings};
use sluice_core::domain::identity::Kind;
use sluice_core::domain::name::Name;

use crate::support::catalog::default_folder;
use crate::support::certificates::{self, subject};
use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{
    Ask, DEADLINE, Origin, Reply, Subject, Validity, World, check, detail_of, issue, json,
    new_authority, person, system,
};

const DESK: &str = "human-resources/pension-desk";
const POPULATION: &str = "public-security/population.yaml";
const RECORD: &str = r#"{"id_number":"330106199003070410","sex":"女"}"#;
const SEEN: &str = r#"{"id_number":"3***************10","sex":"女"}"#;

fn query() -> Ask {
    Ask::post("/public-security/population/query", r#"{"id_number":"330106199003070410"}"#)
        .purpose("social-assistance")
}

/// Asks once and wants that failure; gives the record.
fn fails(world: &World, status: u16, code: &str, detail: &str, error: &str) -> Value {
    let answer = world.call(DESK, &query());
    let record = check(world, &answer, status, Some(code));
    assert_eq!(detail_of(&record), detail, "{record}");
    assert_eq!(record["decision"], "permit", "{record}");
    assert!(record["upstream_us"].is_u64(), "{record}");
    let said = format!("sluice; error={error}");
    assert_eq!(answer.header("proxy-status"), Some(said.as_str()));
    record
}

fn unavailable(world: &World, detail: &str, error: &str) {
    fails(world, 502, "upstream-unavailable", detail, error);
}

/// A port of this machine on which nobody listens.
fn closed_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()))
}

#[test]
fn a_provider_that_is_down() {
    let world = World::setup().host(PUBLIC_SECURITY, closed_port()).start();
    unavailable(&world, "connection-refused", "connection_refused");
}

/// A label longer than 63 bytes is no name of DNS, so no server has to be asked.
#[test]
fn a_name_that_does_not_resolve() {
    let name = format!("{}.internal:9443", "records".repeat(10));
    let world = World::setup().catalog(|files| {
        files.edit(POPULATION, PUBLIC_SECURITY, &name).edit(
            "departments.yaml",
            PUBLIC_SECURITY,
            &name,
        )
    });
    unavailable(&world.start(), "unresolved", "dns_error");
}

/// Localhost is no address of the range that the registry gives the department.
#[test]
fn a_name_that_resolves_to_an_address_outside_the_departments_ranges() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let world = World::setup().origin(PUBLIC_SECURITY, &origin).catalog(|files| {
        let allowed = format!("\"{PUBLIC_SECURITY}\"");
        files.edit("departments.yaml", &allowed, &format!("{allowed}, 10.20.0.0/16, \"fd00::/8\""))
    });
    unavailable(&world.start(), "address-not-allowed", "destination_ip_prohibited");
    assert_eq!(origin.connections(), 0);

    let world = World::setup().origin(PUBLIC_SECURITY, &origin).catalog(|files| {
        let allowed = format!("\"{PUBLIC_SECURITY}\"");
        files.edit("departments.yaml", &allowed, &format!("{allowed}, 10.20.0.0/16, 127.0.0.0/8"))
    });
    let world = world.start();
    check(&world, &world.call(DESK, &query()), 200, None);
}

#[test]
fn the_gateway_itself_is_no_provider() {
    type Listener = fn(&mut Settings) -> &mut SocketAddr;
    let listeners: [Listener; 3] = [
        |settings| &mut settings.exchange,
        |settings| &mut settings.administration,
        |settings| &mut settings.operations,
    ];
    for listener in listeners {
        for address in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let port = closed_port().port();
            let world = World::setup()
                .host(PUBLIC_SECURITY, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
                .settings(|settings| *listener(settings) = SocketAddr::from((address, port)))
                .start();
            unavailable(&world, "address-not-allowed", "destination_ip_prohibited");
        }
    }
}

#[test]
fn a_second_address_is_tried_when_the_first_takes_nothing() {
    let origin = Origin::answering("public-security/records", json(200, RECORD));
    let second = "spare.public-security.internal:9443";
    let both = format!("{PUBLIC_SECURITY}\", \"{second}");
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let impostor = Origin::answering("civil-affairs/records", json(200, RECORD));
    for first in [closed_port(), silent.local_addr().unwrap(), impostor.address] {
        let world = World::setup()
            .host(PUBLIC_SECURITY, first)
            .origin(second, &origin)
            .settings(|settings| settings.upstream.connect_timeout = Duration::from_millis(200))
            .catalog(|files| {
                files.edit(POPULATION, PUBLIC_SECURITY, &both).edit(
                    "departments.yaml",
                    PUBLIC_SECURITY,
                    &both,
                )
            })
            .start();
        let answer = world.call(DESK, &query());
        check(&world, &answer, 200, None);
        assert_eq!((answer.text(), origin.take().len()), (SEEN, 1));
    }
    assert!(impostor.seen().is_empty());
}

/// The listener's queue takes the connection, but nobody answers the handshake.
#[test]
fn a_provider_that_never_shakes_hands() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let world = World::setup()
        .host(PUBLIC_SECURITY, silent.local_addr().unwrap())
        .settings(|settings| settings.upstream.connect_timeout = Duration::from_millis(200))
        .start();
    fails(&world, 504, "upstream-timeout", "connect", "connection_timeout");
}

#[test]
fn a_provider_that_speaks_no_tls() {
    let plain = Origin::without_tls(|mut socket| {
        let _ = socket.write_all(&json(200, RECORD));
        let _ = socket.read(&mut [0; 1024]);
    });
    let world = World::with(&[(PUBLIC_SECURITY, &plain)]);
    fails(&world, 502, "upstream-misbehaved", "protocol", "http_protocol_error");

    let leaving = Origin::without_tls(|mut socket: TcpStream| {
        let _ = socket.read(&mut [0; 1]);
        let _ = socket.shutdown(Shutdown::Both);
    });
    let world = World::with(&[(PUBLIC_SECURITY, &leaving)]);
    unavailable(&world, "connection-lost", "connection_terminated");
}

/// Each with the word that the record must have for it.
#[test]
fn an_impostor_is_not_told_what_is_asked() {
    let stranger = new_authority();
    let records = || subject("public-security/records", Kind::System);
    let officer = || subject("public-security/officer-0301", Kind::Person);
    let ended = Validity { not_before: 0, not_after: 86_400_000 };
    let coming = Validity { not_before: 4_000_000_000_000, not_after: 4_100_000_000_000 };
    let by_office = |validity| certificates::office().issue(&records(), validity).unwrap();
    let uris = [records().uris, officer().uris].concat();
    let elsewhere =
        vec!["spiffe://elsewhere.test/department/public-security/system/records".into()];
    let impostors: [(&str, Issued); 11] = [
        ("other-department", system("civil-affairs/records")),
        ("own-identity", system("exchange-office/gateway")),
        ("wrong-usage", person("public-security/officer-0301")),
        ("not-a-system", issue(certificates::office(), &Subject { server: true, ..officer() })),
        ("wrong-usage", issue(certificates::office(), &Subject { server: false, ..records() })),
        ("unknown-authority", issue(&stranger, &records())),
        ("expired", by_office(ended)),
        ("not-yet-valid", by_office(coming)),
        ("not-an-identity", issue(certificates::office(), &Subject { uris, ..records() })),
        (
            "not-an-identity",
            issue(certificates::office(), &Subject { uris: Vec::new(), ..records() }),
        ),
        (
            "not-an-identity",
            issue(certificates::office(), &Subject { uris: elsewhere, ..records() }),
        ),
    ];
    for (why, issued) in impostors {
        untrusted(World::setup(), &issued, why);
    }
}

#[test]
fn an_authority_vouches_for_providers_of_its_own_departments_alone() {
    let district = new_authority();
    let issued = issue(&district, &subject("public-security/records", Kind::System));
    let listed = |departments: &[&str], kinds: &[Kind]| {
        let setup = World::setup();
        let file = setup.dir().join("district.pem");
        std::fs::write(&file, district.cert_pem()).unwrap();
        let departments = departments.iter().map(|id| Name::parse(id).unwrap()).collect();
        let authority = AuthoritySettings {
            name: "district".into(),
            certificates: file,
            departments: Some(departments),
            kinds: kinds.to_vec(),
            revocation_list: None,
        };
        setup.settings(|settings| settings.authorities.push(authority))
    };
    untrusted(listed(&["civil-affairs", "health"], &[Kind::System]), &issued, "not-vouched");
    untrusted(listed(&["public-security"], &[Kind::Person]), &issued, "not-vouched");

    let origin = Origin::start_as(&issued, |_, reply| reply.send(&json(200, RECORD)));
    let world = listed(&["public-security"], &[Kind::System]).origin(PUBLIC_SECURITY, &origin);
    let world = world.start();
    check(&world, &world.call(DESK, &query()), 200, None);
}

fn untrusted(setup: Setup, issued: &Issued, why: &str) {
    let impostor = Origin::start_as(issued, |_, reply| reply.send(&json(200, RECORD)));
    let world = setup.origin(PUBLIC_SECURITY, &impostor).start();
    let detail = format!("upstream-untrusted cause={why}");
    fails(&world, 502, "upstream-untrusted", &detail, "tls_certificate_error");
    assert!(impostor.seen().is_empty(), "{why}: {:?}", impostor.seen());
}

/// An entry whose department is the gateway's own could name the gateway on a port that is no
/// listener of its settings, such as that of a second gateway or a forwarded one.
#[test]
fn the_gateways_certificate_is_no_providers() {
    let entry = std::fs::read_to_string(default_folder().join(POPULATION)).unwrap();
    let entry = entry.replace(PUBLIC_SECURITY, "gateway.internal:9443");
    let other = Origin::answering("exchange-office/gateway", json(200, RECORD));
    let world = World::setup()
        .host("gateway.internal:9443", other.address)
        .catalog(|files| {
            let systems = "title: 政务数据局\n";
            let allowed = format!("{systems}    upstream_addresses: [\"gateway.internal:9443\"]\n");
            files.with("exchange-office/population.yaml", &entry).edit(
                "departments.yaml",
                systems,
                &allowed,
            )
        })
        .start();
    let ask =
        Ask::post("/exchange-office/population/query", r#"{"id_number":"330106199003070410"}"#);
    let answer = world.call(DESK, &ask.purpose("social-assistance"));
    let record = check(&world, &answer, 502, Some("upstream-untrusted"));
    assert_eq!(detail_of(&record), "upstream-untrusted cause=own-identity");
    assert!(other.seen().is_empty());
}

/// A total of 300 ms for the whole answer, wherever in it the provider stops.
#[test]
fn a_provider_that_does_not_come_to_an_end() {
    let (tell, told) = mpsc::channel();
    let stops: [fn(&mut Reply<'_>); 4] = [
        |_| {},
        |reply| reply.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le"),
        |reply| {
            reply.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id_number\":\"330106199003070410\"")
        },
        |reply| {
            reply.send(b"HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        },
    ];
    for stop in stops {
        let tell = tell.clone();
        let origin = Origin::start("public-security/records", move |_, reply| {
            stop(reply);
            tell.send(reply.wait_until_left()).unwrap();
        });
        let world = World::setup()
            .origin(PUBLIC_SECURITY, &origin)
            .catalog(|files| files.edit(POPULATION, "timeout_ms: 5000", "timeout_ms: 300"))
            .start();
        let record = fails(&world, 504, "upstream-timeout", "answer", "http_response_timeout");
        let upstream_us = record["upstream_us"].as_u64().unwrap();
        assert!(upstream_us >= 300_000, "{record}");
        assert!(record["gateway_us"].as_u64().unwrap() < upstream_us, "{record}");
        assert_eq!(told.recv_timeout(DEADLINE), Ok(true), "the gateway left the provider");
    }
}

/// With TLS 1.3 the gateway learns of it only after it has sent its request.
#[test]
fn a_provider_that_refuses_the_gateways_certificate() {
    let issued = system("public-security/records");
    let mut strangers = rustls::RootCertStore::empty();
    let stranger = CertificateDer::from_pem_slice(new_authority().cert_pem().as_bytes()).unwrap();
    strangers.add(stranger).unwrap();
    let (chain, key) = certificates::chain_and_key(&issued);
    let cryptography = certificates::cryptography;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(strangers), cryptography()).build();
    let config = ServerConfig::builder_with_provider(cryptography())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(chain, key);
    let config = Arc::new(config.unwrap());
    let provider = Origin::without_tls(move |mut socket| {
        let mut connection = ServerConnection::new(config.clone()).unwrap();
        while connection.is_handshaking() && connection.complete_io(&mut socket).is_ok() {}
        let _ = connection.complete_io(&mut socket);
        assert!(connection.is_handshaking());
    });
    let world = World::with(&[(PUBLIC_SECURITY, &provider)]);
    unavailable(&world, "connection-lost", "connection_terminated");
}

/// Interim answers have a number; a provider could send them for ever.
#[test]
fn a_provider_that_only_says_that_it_is_at_work() {
    let (tell, told) = mpsc::channel();
    let origin = Origin::start("public-security/records", move |_, reply| {
        reply.send(&b"HTTP/1.1 102 Processing\r\nX-Record: 330106\r\n\r\n".repeat(101));
        tell.send(reply.wait_until_left()).unwrap();
    });
    let world = World::setup().origin(PUBLIC_SECURITY, &origin).start();
    fails(&world, 502, "upstream-misbehaved", "protocol", "http_protocol_error");
    assert_eq!(told.recv_timeout(DEADLINE), Ok(true), "the provider is left alone");
}

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, HandshakeKind, SignatureScheme, version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

struct Gateway {
    authority: pki::Authority,
    issued: Issued,
}

impl Gateway {
    fn new() -> Gateway {
        let authority = new_authority();
        let hosts = ["gateway.test".to_owned()];
        let subject = Subject::gateway(DOMAIN, &system("exchange-office", "gateway"), &hosts);
        Gateway { issued: issue_subject(&authority, &subject), authority }
    }

    fn config(&self, listed: &[TrustedAuthority]) -> Arc<ServerConfig> {
        server_config(authorities(listed), &own(&self.issued), Alpn::Http2AndHttp1).unwrap()
    }

    /// Connects a consumer with this certificate to a gateway with these authorities.
    async fn meets(
        &self,
        listed: &[TrustedAuthority],
        shown: Option<&Issued>,
    ) -> Result<PeerCertificate, HandshakeFailure> {
        let client = plain_client(&self.authority, shown, &version::TLS13);
        let (accepted, _client) = shake(self.config(listed), client).await;
        match accepted {
            Ok(stream) => Ok(peer_of(stream.get_ref().1, DOMAIN).unwrap()),
            Err(error) => Err(handshake_failure(&error)),
        }
    }

    /// Connects as [`Gateway::meets`], and expects a refusal: returns the cause, and the claimed
    /// identity.
    async fn refuses(
        &self,
        listed: &[TrustedAuthority],
        shown: &Issued,
    ) -> (Distrust, Option<String>) {
        let failure = self.meets(listed, Some(shown)).await.unwrap_err();
        let HandshakeCause::Distrusted(distrust) = failure.cause else {
            panic!("{failure:?}");
        };
        (distrust, failure.claimed.map(|claimed| claimed.identity.to_string()))
    }
}

fn claims(identity: &str) -> Option<String> {
    Some(identity.to_owned())
}

#[tokio::test]
async fn a_vouched_system_is_known_by_its_certificate() {
    let gateway = Gateway::new();
    let health = new_authority();
    let shown = issue(&health, &system("health", "records"));
    let peer = gateway.meets(&[listed("health", &health)], Some(&shown)).await.unwrap();
    assert_eq!(peer.identity, system("health", "records"));
    assert_eq!(peer.serial, shown.serial);
    assert_eq!(peer.not_after, pki::describe(&shown.cert_pem).unwrap().not_after);
}

#[tokio::test]
async fn a_vouched_person_is_known_too() {
    let gateway = Gateway::new();
    let shown = issue(&gateway.authority, &person("health", "officer-0611"));
    let peer = gateway.meets(&[listed("office", &gateway.authority)], Some(&shown)).await.unwrap();
    assert_eq!(peer.identity, person("health", "officer-0611"));
}

#[tokio::test]
async fn nothing_is_resumed_and_alpn_is_agreed() {
    let gateway = Gateway::new();
    let shown = issue(&gateway.authority, &system("health", "records"));
    let server = gateway.config(&[listed("office", &gateway.authority)]);
    // Either alone would keep tickets from being sent; both are meant.
    assert_eq!((server.send_tls13_tickets, server.session_storage.can_cache()), (0, false));
    let client = plain_client(&gateway.authority, Some(&shown), &version::TLS13);
    for _ in 0..2 {
        let (accepted, connected) = shake(server.clone(), client.clone()).await;
        let (mut accepted, mut connected) = (accepted.unwrap(), connected.unwrap());
        // A ticket, were there one, would reach the client with the first bytes.
        accepted.write_all(b"x").await.unwrap();
        accepted.flush().await.unwrap();
        connected.read_exact(&mut [0]).await.unwrap();
        assert_eq!(connected.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(connected.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        assert_eq!(connected.get_ref().1.tls13_tickets_received(), 0);
    }
}

#[tokio::test]
async fn without_a_certificate_there_is_no_connection() {
    let gateway = Gateway::new();
    let failure = gateway.meets(&[listed("office", &gateway.authority)], None).await.unwrap_err();
    let cause = HandshakeCause::NoCertificate;
    assert_eq!(failure, HandshakeFailure { cause, claimed: None });
}

#[tokio::test]
async fn an_unknown_authority_is_refused_whatever_it_calls_itself() {
    let gateway = Gateway::new();
    // All authorities here have the same name; only the signature differs.
    let shown = issue(&new_authority(), &system("health", "records"));
    let refused = gateway.refuses(&[listed("office", &gateway.authority)], &shown).await;
    assert_eq!(refused, (Distrust::UnknownAuthority, claims("health/records")));
}

#[tokio::test]
async fn dates_are_kept() {
    let gateway = Gateway::new();
    let listed = [listed("office", &gateway.authority)];
    let subject = Subject::system(DOMAIN, &system("health", "records"), &[]);
    let past = Validity { not_before: now() - 3 * DAY_MS, not_after: now() - 2 * DAY_MS };
    let future = Validity { not_before: now() + 2 * DAY_MS, not_after: now() + 3 * DAY_MS };

    let shown = gateway.authority.issue(&subject, past).unwrap();
    let refused = gateway.refuses(&listed, &shown).await;
    assert_eq!(refused, (Distrust::Expired, claims("health/records")));

    let shown = gateway.authority.issue(&subject, future).unwrap();
    let refused = gateway.refuses(&listed, &shown).await;
    assert_eq!(refused, (Distrust::NotYetValid, claims("health/records")));

    // What a stranger signed is a stranger's, even when it is out of date as well.
    for validity in [past, future] {
        let shown = new_authority().issue(&subject, validity).unwrap();
        assert_eq!(gateway.refuses(&listed, &shown).await.0, Distrust::UnknownAuthority);
    }
}

#[tokio::test]
async fn an_authority_that_has_ended_vouches_for_nobody() {
    let gateway = Gateway::new();
    let past = Validity { not_before: now() - 9 * DAY_MS, not_after: now() - DAY_MS };
    let ended = pki::Authority::create("Ended", past).unwrap();
    let shown = issue(&ended, &system("health", "records"));
    let refused = gateway.refuses(&[listed("ended", &ended)], &shown).await;
    assert_eq!(refused, (Distrust::Expired, claims("health/records")));
}

#[tokio::test]
async fn a_renewed_authority_may_stand_beside_its_ended_certificate() {
    let gateway = Gateway::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let dated = |from_days: i64, to_days: i64| {
        let at = |days| time::OffsetDateTime::now_utc() + time::Duration::days(days);
        let mut params = rcgen::CertificateParams::default();
        (params.not_before, params.not_after) = (at(from_days), at(to_days));
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&key).unwrap().pem()
    };
    let (ended, renewed) = (dated(-9, -1), dated(-2, 9));
    let authority = pki::Authority::from_pem(&renewed, &key.serialize_pem()).unwrap();
    let shown = issue(&authority, &system("health", "records"));
    let settings = TrustedAuthority {
        certificates: vec![Pem::Text(ended), Pem::Text(renewed)],
        ..listed("renewed", &authority)
    };
    assert!(gateway.meets(&[settings], Some(&shown)).await.is_ok());
}

fn with_list(authority: &pki::Authority, list: String) -> [TrustedAuthority; 1] {
    [TrustedAuthority { revocations: Some(Pem::Text(list)), ..listed("office", authority) }]
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_another_is_not() {
    let gateway = Gateway::new();
    let revoked = issue(&gateway.authority, &system("health", "records"));
    let other = issue(&gateway.authority, &system("health", "archive"));
    let entry = pki::Revoked { serial: revoked.serial.clone(), at: now() };
    let list = gateway.authority.revocation_list(&[entry], now(), now() + DAY_MS).unwrap();
    let listed = with_list(&gateway.authority, list);
    let refused = gateway.refuses(&listed, &revoked).await;
    assert_eq!(refused, (Distrust::Revoked, claims("health/records")));
    assert!(gateway.meets(&listed, Some(&other)).await.is_ok());
}

#[tokio::test]
async fn a_list_that_has_run_out_or_is_not_the_authoritys_lets_nobody_in() {
    let gateway = Gateway::new();
    let shown = issue(&gateway.authority, &system("health", "records"));
    let ran_out =
        gateway.authority.revocation_list(&[], now() - 9 * DAY_MS, now() - DAY_MS).unwrap();
    let foreign = new_authority().revocation_list(&[], now(), now() + DAY_MS).unwrap();
    for list in [ran_out, foreign] {
        let refused = gateway.refuses(&with_list(&gateway.authority, list), &shown).await;
        assert_eq!(refused, (Distrust::RevocationUnknown, claims("health/records")));
    }
}

#[tokio::test]
async fn a_new_list_holds_from_the_next_handshake() {
    let gateway = Gateway::new();
    let shown = issue(&gateway.authority, &system("health", "records"));
    let entry = pki::Revoked { serial: shown.serial.clone(), at: now() };
    let list = gateway.authority.revocation_list(&[entry], now(), now() + DAY_MS).unwrap();
    let tls = ServerTls::new(gateway.config(&[listed("office", &gateway.authority)]));
    let client = plain_client(&gateway.authority, Some(&shown), &version::TLS13);
    let (before, _client) = shake(tls.current(), client.clone()).await;
    assert!(before.is_ok());
    tls.replace(gateway.config(&with_list(&gateway.authority, list)));
    let (after, _client) = shake(tls.current(), client).await;
    let failure = handshake_failure(&after.unwrap_err());
    assert_eq!(failure.cause, HandshakeCause::Distrusted(Distrust::Revoked));
}

#[tokio::test]
async fn an_authority_vouches_only_for_its_departments() {
    let gateway = Gateway::new();
    let (health, police) = (new_authority(), new_authority());
    let narrowed = |name, authority, department: &str| TrustedAuthority {
        departments: Departments::Listed(vec![super::name(department)]),
        ..listed(name, authority)
    };
    let settings =
        [narrowed("health", &health, "health"), narrowed("police", &police, "public-security")];
    let own = issue(&police, &system("public-security", "registry"));
    assert!(gateway.meets(&settings, Some(&own)).await.is_ok());
    // The identity is one that another authority may vouch for; this one may not.
    let forged = issue(&health, &system("public-security", "registry"));
    let refused = gateway.refuses(&settings, &forged).await;
    assert_eq!(refused, (Distrust::NotVouched, claims("public-security/registry")));
}

#[tokio::test]
async fn an_authority_vouches_only_for_its_kinds() {
    let gateway = Gateway::new();
    let settings =
        TrustedAuthority { kinds: vec![Kind::System], ..listed("systems", &gateway.authority) };
    let shown = issue(&gateway.authority, &person("health", "officer-0611"));
    let refused = gateway.refuses(&[settings], &shown).await;
    assert_eq!(refused, (Distrust::NotVouched, claims("health/officer-0611")));
}

#[tokio::test]
async fn exactly_one_identity_is_asked_for() {
    let gateway = Gateway::new();
    let listed = [listed("office", &gateway.authority)];
    let good = system("health", "records").to_uri(DOMAIN);
    let cases: [&[String]; 7] = [
        &[],
        &[good.clone(), system("health", "archive").to_uri(DOMAIN)],
        &[good.clone(), good.clone()],
        &[good.clone(), "https://health.test/".to_owned()],
        &[system("health", "records").to_uri("elsewhere.internal")],
        &["spiffe://exchange.internal/department/health/service/records".to_owned()],
        &["spiffe://exchange.internal/department/health/system/Records".to_owned()],
    ];
    for uris in cases {
        let subject = Subject {
            uris: uris.to_vec(),
            hosts: vec!["records.health.test".to_owned(), "10.1.2.3".to_owned()],
            ..Subject::system(DOMAIN, &system("health", "records"), &[])
        };
        let shown = issue_subject(&gateway.authority, &subject);
        let refused = gateway.refuses(&listed, &shown).await;
        assert_eq!(refused, (Distrust::NotAnIdentity, None), "{uris:?}");
    }
}

#[tokio::test]
async fn a_certificate_for_servers_is_none_for_clients() {
    let gateway = Gateway::new();
    let subject =
        Subject { client: false, ..Subject::system(DOMAIN, &system("health", "records"), &[]) };
    let shown = issue_subject(&gateway.authority, &subject);
    let refused = gateway.refuses(&[listed("office", &gateway.authority)], &shown).await;
    assert_eq!(refused, (Distrust::WrongUsage, claims("health/records")));
}

#[tokio::test]
async fn an_authority_itself_is_no_peer() {
    let gateway = Gateway::new();
    let shown = Issued {
        cert_pem: gateway.authority.cert_pem().to_owned(),
        key_pem: gateway.authority.key_pem(),
        serial: String::new(),
    };
    let refused = gateway.refuses(&[listed("office", &gateway.authority)], &shown).await;
    assert_eq!(refused, (Distrust::BadCertificate, None));
}

/// Shows a certificate without having its key.
#[derive(Debug)]
struct Thief(Arc<CertifiedKey>);

impl ResolvesClientCert for Thief {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_certificate_without_its_key_is_worth_nothing() {
    let gateway = Gateway::new();
    let seen = issue(&gateway.authority, &system("health", "records"));
    let mine = issue(&gateway.authority, &system("health", "archive"));
    let key = provider().key_provider.load_private_key(key_of(&mine)).unwrap();
    let stolen = CertifiedKey::new(chain_of(&seen), key);
    let mut client = (*plain_client(&gateway.authority, None, &version::TLS13)).clone();
    client.client_auth_cert_resolver = Arc::new(Thief(Arc::new(stolen)));
    let server = gateway.config(&[listed("office", &gateway.authority)]);
    let (accepted, _client) = shake(server, Arc::new(client)).await;
    let failure = handshake_failure(&accepted.unwrap_err());
    assert_eq!(failure.cause, HandshakeCause::Distrusted(Distrust::BadCertificate));
}

#[tokio::test]
async fn tls_1_2_is_too_old() {
    let gateway = Gateway::new();
    let shown = issue(&gateway.authority, &system("health", "records"));
    let client = plain_client(&gateway.authority, Some(&shown), &version::TLS12);
    let server = gateway.config(&[listed("office", &gateway.authority)]);
    let (accepted, connected) = shake(server, client).await;
    assert_eq!(handshake_failure(&accepted.unwrap_err()).cause, HandshakeCause::ProtocolVersion);
    assert_eq!(handshake_failure(&connected.unwrap_err()).cause, HandshakeCause::ProtocolVersion);
}

#[tokio::test]
async fn what_is_no_tls_or_ends_too_early_is_told_apart() {
    let gateway = Gateway::new();
    let server = gateway.config(&[listed("office", &gateway.authority)]);
    let cases: [(&[u8], HandshakeCause); 3] = [
        (b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n", HandshakeCause::NotTls),
        (b"", HandshakeCause::Closed),
        (b"\x16\x03\x01\x02\x00\x01", HandshakeCause::Closed),
    ];
    for (sent, cause) in cases {
        let (near, mut far) = tokio::io::duplex(PIPE_BYTES);
        far.write_all(sent).await.unwrap();
        far.shutdown().await.unwrap();
        let refused = TlsAcceptor::from(server.clone()).accept(near).await.unwrap_err();
        assert_eq!(handshake_failure(&refused).cause, cause, "{sent:?}: {refused}");
    }
}

#[tokio::test]
async fn a_client_that_distrusts_the_gateway_is_told_apart() {
    let gateway = Gateway::new();
    let shown = issue(&gateway.authority, &system("health", "records"));
    let client = plain_client(&new_authority(), Some(&shown), &version::TLS13);
    let server = gateway.config(&[listed("office", &gateway.authority)]);
    let (accepted, _client) = shake(server, client).await;
    assert_eq!(handshake_failure(&accepted.unwrap_err()).cause, HandshakeCause::RefusedByPeer);
}

#[tokio::test]
async fn the_refused_peer_hears_no_more_than_that_its_certificate_was_not_acceptable() {
    let gateway = Gateway::new();
    let shown = issue(&new_authority(), &system("health", "records"));
    let client = plain_client(&gateway.authority, Some(&shown), &version::TLS13);
    let server = gateway.config(&[listed("office", &gateway.authority)]);
    let (_accepted, connected) = shake(server, client).await;
    // In TLS 1.3 the client is done before the server has looked at its certificate.
    let error = connected.unwrap().read(&mut [0]).await.unwrap_err();
    let heard = error.get_ref().unwrap().downcast_ref::<rustls::Error>().unwrap();
    let alert = rustls::Error::AlertReceived(AlertDescription::CertificateUnknown);
    assert_eq!(*heard, alert);
}

#[test]
fn every_cause_has_its_own_word() {
    let words: Vec<&str> = HandshakeCause::all().map(HandshakeCause::as_str).collect();
    let distinct: std::collections::HashSet<_> = words.iter().collect();
    assert_eq!(words.len(), distinct.len(), "{words:?}");
    assert!(words.iter().all(|word| Name::parse(word).is_ok()), "{words:?}");
}

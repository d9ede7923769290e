use rustls::version;

use super::*;

/// The department whose entry the gateway asks for.
const DEPARTMENT: &str = "health";

struct Exchange {
    authority: pki::Authority,
    gateway: Issued,
}

impl Exchange {
    fn new() -> Exchange {
        let authority = new_authority();
        let gateway = issue(&authority, &system("health", "gateway"));
        Exchange { authority, gateway }
    }

    fn everybody(&self) -> [TrustedAuthority; 1] {
        [listed("office", &self.authority)]
    }

    fn client(&self, listed: &[TrustedAuthority], allow_tls12: bool) -> Arc<ClientConfig> {
        let settings = ClientSettings { department: name(DEPARTMENT), allow_tls12 };
        client_config(authorities(listed), &own(&self.gateway), settings).unwrap()
    }

    /// Connects a gateway with these authorities to a provider with this certificate.
    async fn asks(&self, listed: &[TrustedAuthority], provider: &Issued) -> Result<(), Refusal> {
        let server =
            server_config(authorities(&self.everybody()), &own(provider), Alpn::Http1).unwrap();
        let (accepted, connected) = shake(server, self.client(listed, false)).await;
        match connected {
            Ok(_) => {
                let seen = peer_of(accepted.unwrap().get_ref().1, DOMAIN).unwrap();
                assert_eq!(seen.identity, system("health", "gateway"), "it shows its own");
                Ok(())
            }
            Err(error) => Err(untrusted(&error).unwrap_or_else(|| panic!("{error}"))),
        }
    }

    async fn refuses(&self, provider: &Issued) -> Distrust {
        self.asks(&self.everybody(), provider).await.unwrap_err().distrust
    }
}

#[tokio::test]
async fn a_system_of_the_department_is_asked_whatever_its_host_name() {
    let exchange = Exchange::new();
    let provider = issue(&exchange.authority, &system(DEPARTMENT, "records"));
    exchange.asks(&exchange.everybody(), &provider).await.unwrap();
}

#[tokio::test]
async fn another_department_is_not_asked() {
    let exchange = Exchange::new();
    let provider = issue(&exchange.authority, &system("civil-affairs", "records"));
    let refusal = exchange.asks(&exchange.everybody(), &provider).await.unwrap_err();
    assert_eq!(refusal.distrust, Distrust::OtherDepartment);
    assert_eq!(refusal.claimed.unwrap().identity, system("civil-affairs", "records"));
}

#[tokio::test]
async fn the_gateway_does_not_ask_itself() {
    let exchange = Exchange::new();
    assert_eq!(exchange.refuses(&exchange.gateway).await, Distrust::OwnIdentity);
    // Nor under a second certificate of the same identity.
    let second = issue(&exchange.authority, &system("health", "gateway"));
    assert_eq!(exchange.refuses(&second).await, Distrust::OwnIdentity);
}

#[tokio::test]
async fn a_person_is_no_provider() {
    let exchange = Exchange::new();
    let server =
        Subject { server: true, ..Subject::person(DOMAIN, &person(DEPARTMENT, "officer-0611")) };
    let provider = issue_subject(&exchange.authority, &server);
    assert_eq!(exchange.refuses(&provider).await, Distrust::NotASystem);
    let provider = issue(&exchange.authority, &person(DEPARTMENT, "officer-0611"));
    assert_eq!(exchange.refuses(&provider).await, Distrust::WrongUsage);
}

#[tokio::test]
async fn an_authority_that_may_not_vouch_for_the_department_does_not_help() {
    let exchange = Exchange::new();
    let foreign = new_authority();
    let settings = [
        exchange.everybody()[0].clone(),
        TrustedAuthority {
            departments: Departments::Listed(vec![name("civil-affairs")]),
            ..listed("civil", &foreign)
        },
    ];
    let provider = issue(&foreign, &system(DEPARTMENT, "records"));
    let refusal = exchange.asks(&settings, &provider).await.unwrap_err();
    assert_eq!(refusal.distrust, Distrust::NotVouched);
}

#[tokio::test]
async fn strangers_and_the_outdated_and_the_revoked_are_not_asked() {
    let exchange = Exchange::new();
    let stranger = issue(&new_authority(), &system(DEPARTMENT, "records"));
    assert_eq!(exchange.refuses(&stranger).await, Distrust::UnknownAuthority);

    let past = Validity { not_before: now() - 3 * DAY_MS, not_after: now() - 2 * DAY_MS };
    let subject = Subject::system(DOMAIN, &system(DEPARTMENT, "records"), &[]);
    let outdated = exchange.authority.issue(&subject, past).unwrap();
    assert_eq!(exchange.refuses(&outdated).await, Distrust::Expired);

    let revoked = issue(&exchange.authority, &system(DEPARTMENT, "records"));
    let entry = pki::Revoked { serial: revoked.serial.clone(), at: now() };
    let list = exchange.authority.revocation_list(&[entry], now(), now() + DAY_MS).unwrap();
    let settings = [TrustedAuthority {
        revocations: Some(Pem::Text(list)),
        ..listed("office", &exchange.authority)
    }];
    let refusal = exchange.asks(&settings, &revoked).await.unwrap_err();
    assert_eq!(refusal.distrust, Distrust::Revoked);
}

#[tokio::test]
async fn a_provider_with_two_uris_or_none_is_not_asked() {
    let exchange = Exchange::new();
    let one = system(DEPARTMENT, "records");
    let two = vec![one.to_uri(DOMAIN), system(DEPARTMENT, "archive").to_uri(DOMAIN)];
    for uris in [two, Vec::new(), vec![one.to_uri("elsewhere.internal")]] {
        let subject = Subject { uris, ..Subject::system(DOMAIN, &one, &[]) };
        let provider = issue_subject(&exchange.authority, &subject);
        let server = ServerConfig::builder_with_provider(super::super::provider())
            .with_protocol_versions(&[&version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain_of(&provider), key_of(&provider))
            .unwrap();
        let client = exchange.client(&exchange.everybody(), false);
        let (_accepted, connected) = shake(Arc::new(server), client).await;
        let refusal = untrusted(&connected.unwrap_err()).unwrap();
        assert_eq!(refusal.distrust, Distrust::NotAnIdentity);
    }
}

#[tokio::test]
async fn tls_1_2_is_spoken_only_where_allowed() {
    let exchange = Exchange::new();
    let provider = issue(&exchange.authority, &system(DEPARTMENT, "records"));
    let server = ServerConfig::builder_with_provider(super::super::provider())
        .with_protocol_versions(&[&version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain_of(&provider), key_of(&provider))
        .unwrap();
    let server = Arc::new(server);
    for allowed in [false, true] {
        let client = exchange.client(&exchange.everybody(), allowed);
        let (_accepted, connected) = shake(server.clone(), client).await;
        match connected {
            Ok(_) => assert!(allowed),
            Err(error) => {
                assert!(!allowed, "{error}");
                assert_eq!(handshake_failure(&error).cause, HandshakeCause::ProtocolVersion);
                assert_eq!(untrusted(&error), None);
            }
        }
    }
}

#[tokio::test]
async fn a_failing_network_is_not_distrust() {
    let exchange = Exchange::new();
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    drop(near);
    let host = ServerName::try_from("records.test").unwrap();
    let connector = TlsConnector::from(exchange.client(&exchange.everybody(), false));
    let error = connector.connect(host, far).await.unwrap_err();
    assert_eq!(untrusted(&error), None);
    assert_eq!(handshake_failure(&error).cause, HandshakeCause::Closed);
}

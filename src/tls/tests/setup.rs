use std::fs;

use super::*;

fn refused(settings: &[TrustedAuthority]) -> String {
    Authorities::load(DOMAIN, settings).unwrap_err().to_string()
}

fn check(settings: &[TrustedAuthority], wanted: &[&str]) {
    let message = refused(settings);
    for part in wanted {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn what_is_wrong_with_an_authority_is_said_with_its_name() {
    let authority = new_authority();
    let good = listed("office", &authority);
    check(&[], &["there is none"]);
    check(&[good.clone(), good.clone()], &["office", "two authorities"]);
    let nobody = Departments::Listed(Vec::new());
    check(&[TrustedAuthority { departments: nobody, ..good.clone() }], &["office", "at least one"]);
    check(&[TrustedAuthority { kinds: Vec::new(), ..good.clone() }], &["office", "at least one"]);
    let none = TrustedAuthority { certificates: Vec::new(), ..good };
    check(&[none], &["office", "holds no certificate"]);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let authority = new_authority();
    let leaf = issue(&authority, &system("health", "records"));
    let file = dir.path().join("authority.pem");
    let path = file.display().to_string();
    let from_file = [TrustedAuthority {
        certificates: vec![Pem::File(file.clone())],
        ..listed("x", &authority)
    }];
    check(&from_file, &[&path, "could not be read"]);
    for (text, wanted) in [
        ("", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "PEM section"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can't be read"),
        (&leaf.cert_pem, "may not sign others"),
    ] {
        fs::write(&file, text).unwrap();
        check(&from_file, &[&path, wanted]);
    }
    fs::write(&file, authority.cert_pem()).unwrap();
    assert!(Authorities::load(DOMAIN, &from_file).is_ok());

    let list = dir.path().join("crl.pem");
    let with_list = [TrustedAuthority {
        revocations: Some(Pem::File(list.clone())),
        ..listed("x", &authority)
    }];
    let path = list.display().to_string();
    check(&with_list, &[&path, "could not be read"]);
    fs::write(&list, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n").unwrap();
    check(&with_list, &[&path, "revocation list"]);
}

#[test]
fn what_is_wrong_with_the_own_certificate_is_said() {
    let authority = new_authority();
    let issued = issue(&authority, &system("exchange-office", "gateway"));
    let other = issue(&authority, &system("exchange-office", "gateway"));
    let text = |pem: &str| Pem::Text(pem.to_owned());
    let load = |cert: &str, key: &str| OwnCertificate::load(DOMAIN, &text(cert), &text(key));

    let error = load(&issued.key_pem, &issued.key_pem).unwrap_err().to_string();
    assert!(error.contains("holds no certificate"), "{error}");
    let error = load(&issued.cert_pem, &issued.cert_pem).unwrap_err().to_string();
    assert!(error.contains("holds no private key"), "{error}");
    let error = load(authority.cert_pem(), &authority.key_pem()).unwrap_err().to_string();
    assert!(error.contains("exactly one is needed"), "{error}");

    let mismatched = load(&issued.cert_pem, &other.key_pem).unwrap();
    let all = authorities(&[listed("office", &authority)]);
    let error = server_config(all, &mismatched, Alpn::Http1).unwrap_err().to_string();
    assert!(error.contains("can't be used together"), "{error}");
}

#[test]
fn keys_do_not_show_in_debug_output() {
    let issued = issue(&new_authority(), &system("exchange-office", "gateway"));
    let shown = format!("{:?} {:?}", own(&issued), Pem::Text(issued.key_pem.clone()));
    assert!(!shown.contains("PRIVATE") && !shown.contains("BEGIN"), "{shown}");
}

//! Any text, as a signature, and any changes to a signature that holds.
//!
//! Whatever it is: no panic; and nothing is signed but the text that was, by no signature but the
//! one that was made of it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluice::pki::signature::{Signer, verify};
use sluice::pki::{Authority, Subject, Validity};
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::name::Name;

const TEXT: &str = r#"{"object":"draft/d-1","step":"submit"}"#;

/// A signature of the text. Its key is made anew with each run, so that none lies about.
static SIGNATURE: LazyLock<String> = LazyLock::new(|| {
    let validity = Validity::days(1_769_846_400_000, 30);
    let authority = Authority::create("Trial", validity).expect("an authority");
    let name = |text| Name::parse(text).expect("a name");
    let identity = Identity { department: name("health"), kind: Kind::Person, id: name("a-1") };
    let subject = Subject::person("exchange.internal", &identity);
    let issued = authority.issue(&subject, validity).expect("a certificate");
    let signer = Signer::from_pem(&issued.cert_pem, &issued.key_pem).expect("a signer");
    signer.sign(TEXT).expect("a signature")
});

fuzz_target!(|input: (&str, Vec<(u16, u8)>, u8)| {
    let (text, changes, shift) = input;
    assert!(verify(&SIGNATURE, TEXT).is_ok());
    assert!(verify(text, TEXT).is_err(), "{text} is no signature of this key");
    assert!(verify(&SIGNATURE, text).is_err() || text == TEXT, "{text} was not signed");
    let mut changed = SIGNATURE.clone().into_bytes();
    for (at, byte) in changes {
        let at = usize::from(at) % changed.len();
        changed[at] = byte;
    }
    changed.rotate_left(usize::from(shift / 0x80));
    let changed = String::from_utf8_lossy(&changed);
    assert!(verify(&changed, TEXT).is_err() || changed == *SIGNATURE, "{changed}");
    // The same with a chain of which the text is a part.
    let header = format!("{}..{}", text, SIGNATURE.split_once("..").expect("two parts").1);
    assert!(verify(&header, TEXT).is_err() || header == *SIGNATURE);
});

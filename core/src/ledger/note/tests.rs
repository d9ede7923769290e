use super::*;
use proptest::prelude::*;

/// The example of Go's `golang.org/x/mod/sumdb/note` package.
const NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_SEED: &str = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const PROBLEM: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const SIGNED: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n\
    — EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

/// A witness of our own: the example of C2SP tlog-cosignature has no public key beside it.
fn witness() -> NoteSigner {
    NoteSigner::from_seed("witness.example/w1", KeyKind::Cosigner, &[7; 32]).unwrap()
}

fn seed(base64: &str) -> [u8; 32] {
    STANDARD.decode(base64).unwrap().try_into().unwrap()
}

#[test]
fn notes_of_go_are_read_and_verified() {
    let note = Note::parse(SIGNED.as_bytes()).unwrap();
    assert_eq!(note.text(), PROBLEM);
    assert_eq!(note.to_string(), SIGNED);
    for key in [NEUMANN, ENOCH] {
        let verifier: NoteVerifier = key.parse().unwrap();
        assert_eq!(verifier.to_string(), key);
        assert_eq!(verifier.check(&note), Checked::Signed { unix_seconds: None });
    }
}

#[test]
fn notes_are_signed_as_go_signs_them() {
    let signer = NoteSigner::from_seed("PeterNeumann", KeyKind::Log, &seed(NEUMANN_SEED)).unwrap();
    assert_eq!(signer.verifier().to_string(), NEUMANN);
    let mut note = Note::new(PROBLEM).unwrap();
    note.add(signer.sign(PROBLEM));
    let expected: String = SIGNED.split_inclusive('\n').take(4).collect();
    assert_eq!(note.to_string(), expected);
    note.add(signer.sign(PROBLEM));
    assert_eq!(note.to_string(), expected, "a key signs once");
}

#[test]
fn what_nobody_signed_is_told_from_what_is_forged() {
    let neumann: NoteVerifier = NEUMANN.parse().unwrap();
    let other = NoteSigner::from_seed("PeterNeumann", KeyKind::Log, &[1; 32]).unwrap();
    let changed = Note::parse(SIGNED.replace("problem is", "problem was").as_bytes()).unwrap();
    assert_eq!(neumann.check(&changed), Checked::Forged);
    let note = Note::parse(SIGNED.as_bytes()).unwrap();
    assert_eq!(other.verifier().check(&note), Checked::Absent);
}

#[test]
fn cosignatures_sign_a_time() {
    let witness = witness();
    let mut note = Note::parse(SIGNED.as_bytes()).unwrap();
    note.add(witness.cosign(PROBLEM, 1_679_315_147));
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    let checked = witness.verifier().check(&read);
    assert_eq!(checked, Checked::Signed { unix_seconds: Some(1_679_315_147) });
    // The signature covers the time as well as the text.
    let line = note.to_string().lines().last().unwrap().to_owned();
    let encoded = line.rsplit(' ').next().unwrap();
    let mut bytes = STANDARD.decode(encoded).unwrap();
    bytes[11] ^= 1;
    let forged = note.to_string().replace(encoded, &STANDARD.encode(bytes));
    let forged = Note::parse(forged.as_bytes()).unwrap();
    assert_eq!(witness.verifier().check(&forged), Checked::Forged);
}

#[test]
fn a_log_key_and_a_cosigner_key_are_two() {
    let log = NoteSigner::from_seed("witness.example/w1", KeyKind::Log, &[7; 32]).unwrap();
    let witness = witness();
    assert_ne!(log.verifier().to_string(), witness.verifier().to_string());
    let mut note = Note::new(PROBLEM).unwrap();
    note.add(log.sign(PROBLEM));
    assert_eq!(witness.verifier().check(&note), Checked::Absent);
    let read: NoteVerifier = witness.verifier().to_string().parse().unwrap();
    assert_eq!((read.kind(), read.name()), (KeyKind::Cosigner, "witness.example/w1"));
}

#[test]
fn what_is_no_note_is_refused() {
    let many: String = (0..=MAX_SIGNATURES).map(|ix| format!("— k{ix} AAAAAAAA\n")).collect();
    for (text, why) in [
        ("".to_owned(), NotANote::Signature),
        (PROBLEM.to_owned(), NotANote::Signature),
        (format!("{PROBLEM}\n"), NotANote::Signature),
        (SIGNED.replace("is the", "is\tthe"), NotANote::Text),
        (SIGNED.replace("is the", "is\rthe"), NotANote::Text),
        (SIGNED.trim_end().to_owned(), NotANote::Signature),
        (SIGNED.replace("— Enoch", "- Enoch"), NotANote::Signature),
        (SIGNED.replace("EnochRoot ", "Enoch+Root "), NotANote::Signature),
        (SIGNED.replace("+QQ=", "+QQ"), NotANote::Signature),
        (format!("{PROBLEM}\n— k AAAA\n"), NotANote::Signature),
        (format!("{PROBLEM}\n{many}"), NotANote::TooLong),
        (format!("{}\n\n— k AAAAAAAA\n", "x".repeat(MAX_NOTE_BYTES)), NotANote::TooLong),
    ] {
        assert_eq!(Note::parse(text.as_bytes()), Err(why), "{text}");
    }
    assert_eq!(Note::parse(b"\xff\n\n\xe2\x80\x94 k AAAAAAAA\n"), Err(NotANote::Text));
    // An empty line may stand within the text; the last one ends it.
    let note = Note::parse("a\n\nb\n\n— k AAAAAAAA\n".as_bytes()).unwrap();
    assert_eq!(note.text(), "a\n\nb\n");
}

#[test]
fn keys_are_read_strictly() {
    for wrong in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PaulNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
    ] {
        assert!(wrong.parse::<NoteVerifier>().is_err(), "{wrong}");
    }
    for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb", &"x".repeat(256)] {
        let made = NoteSigner::from_seed(name, KeyKind::Log, &[1; 32]);
        assert_eq!(made.err(), Some(NotANote::KeyName), "{name}");
    }
}

#[test]
fn private_keys_do_not_show_themselves() {
    let signer = NoteSigner::from_seed("PeterNeumann", KeyKind::Log, &seed(NEUMANN_SEED)).unwrap();
    assert_eq!(format!("{signer:?}"), format!("NoteSigner({NEUMANN})"));
}

proptest! {
    #[test]
    fn any_note_is_read_back(text in "[^\\x00-\\x1f]{0,60}(\n[^\\x00-\\x1f]{0,60}){0,4}", key in any::<[u8; 32]>()) {
        let text = text + "\n";
        let signer = NoteSigner::from_seed("a.example/log", KeyKind::Log, &key).unwrap();
        let mut note = Note::new(&text).unwrap();
        note.add(signer.sign(&text));
        let read = Note::parse(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &note);
        prop_assert_eq!(signer.verifier().check(&read), Checked::Signed { unix_seconds: None });
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(— |[ab+ =\n])*") {
        let _ = Note::parse(&bytes);
        let _ = Note::parse(text.as_bytes());
        let _ = parse_signatures(&text);
    }
}

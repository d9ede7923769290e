use super::*;
use crate::ledger::note::parse_signatures;

fn log() -> NoteSigner {
    NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[1; 32]).unwrap()
}

fn witness(byte: u8) -> NoteSigner {
    let name = format!("witness.example/{byte}");
    NoteSigner::from_seed(&name, KeyKind::Cosigner, &[byte; 32]).unwrap()
}

fn signed() -> SignedCheckpoint {
    Checkpoint::sign(3, Hash::empty(), &log())
}

#[test]
fn the_text_is_that_of_c2sp() {
    // The example of C2SP tlog-checkpoint.
    let text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(text).unwrap();
    assert_eq!(&*checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(checkpoint.text(), text);
}

#[test]
fn other_texts_are_refused() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for text in [
        String::new(),
        format!("a\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("a\n01\n{root}\n"),
        format!("a\n+1\n{root}\n"),
        format!("a\n\n{root}\n"),
        format!("a\n18446744073709551616\n{root}\n"),
        format!("a\n1\n{}\n", &root[4..]),
        format!("a\n1\n{root}\nextension\n"),
        format!("a\n1\n {root}\n"),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(NotACheckpoint::Text), "{text}");
    }
    assert!(Checkpoint::parse(&format!("a\n0\n{root}\n")).is_ok());
}

#[test]
fn a_checkpoint_is_its_logs() {
    let note = signed().to_string();
    let opened = SignedCheckpoint::open(note.as_bytes(), log().verifier()).unwrap();
    assert_eq!(opened, signed());
    assert_eq!((opened.size(), opened.root()), (3, Hash::empty()));

    let open = |note: &str, log: &NoteSigner| {
        SignedCheckpoint::open(note.as_bytes(), log.verifier()).unwrap_err()
    };
    let forged = note.replace("\n3\n", "\n2\n");
    assert_eq!(open(&forged, &log()), NotACheckpoint::Forged);
    let other_key = NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[2; 32]).unwrap();
    assert_eq!(open(&note, &other_key), NotACheckpoint::Unsigned);
    let other_log = NoteSigner::from_seed("sluice.example/gw-2", KeyKind::Log, &[1; 32]).unwrap();
    assert_eq!(open(&note, &other_log), NotACheckpoint::Origin);
    let cosigner =
        NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Cosigner, &[1; 32]).unwrap();
    assert_eq!(open(&note, &cosigner), NotACheckpoint::Origin);
    assert!(matches!(open("rubbish", &log()), NotACheckpoint::Note(_)));
}

#[test]
fn only_cosignatures_of_known_witnesses_are_taken() {
    let (known, unknown, liar) = (witness(5), witness(6), witness(7));
    let mut checkpoint = signed();
    let text = checkpoint.checkpoint().text();
    let mut answered = checkpoint.note().clone();
    let lines = [
        known.cosign(&text, 1_700_000_000),
        unknown.cosign(&text, 1_700_000_000),
        liar.cosign(&text.replace('3', "4"), 1_700_000_000),
    ]
    .map(|line| line.to_string())
    .concat();
    for signature in parse_signatures(&lines).unwrap() {
        answered.add(signature);
    }
    let witnesses = [known.verifier().clone(), liar.verifier().clone()];
    assert_eq!(checkpoint.take_cosignatures(&answered, &witnesses), 1);
    let by: Vec<_> = checkpoint.cosigned_by(&witnesses).map(NoteVerifier::name).collect();
    assert_eq!(by, ["witness.example/5"]);
    assert_eq!(checkpoint.note().signatures().len(), 2);
    // The published note still carries the log's signature, and can be read back with its
    // cosignature.
    let note = checkpoint.to_string();
    let opened = SignedCheckpoint::open(note.as_bytes(), log().verifier()).unwrap();
    assert_eq!(opened.cosigned_by(&witnesses).count(), 1);
}

use super::*;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{KeyKind, NoteSigner};

fn log() -> NoteSigner {
    NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[1; 32]).unwrap()
}

fn witness() -> NoteSigner {
    NoteSigner::from_seed("witness.example/w", KeyKind::Cosigner, &[2; 32]).unwrap()
}

const LINES: [&[u8]; 3] = [b"{\"a\":1}", b"{\"b\":2}", b"{\"c\":3}"];

/// The proof of the second of three lines.
fn proof() -> LogProof {
    let [a, b, c] = LINES.map(Hash::leaf);
    let root = Hash::node(&Hash::node(&a, &b), &c);
    let signed = Checkpoint::sign(3, root, &log());
    LogProof { extra: None, index: 1, hashes: vec![a, c], checkpoint: signed.note().clone() }
}

#[test]
fn the_text_is_that_of_c2sp() {
    let mut proof = proof();
    let [a, _, c] = LINES.map(Hash::leaf);
    let note = proof.checkpoint.to_string();
    let expected = format!("c2sp.org/tlog-proof@v1\nindex 1\n{a}\n{c}\n\n{note}");
    assert_eq!(proof.to_string(), expected);
    assert_eq!(LogProof::parse(&expected).unwrap(), proof);

    proof.extra = Some(Box::from(*b"more"));
    let with_extra = expected.replace("index", "extra bW9yZQ==\nindex");
    assert_eq!(proof.to_string(), with_extra);
    assert_eq!(LogProof::parse(&with_extra).unwrap(), proof);
}

#[test]
fn a_tree_of_one_leaf_needs_no_hashes() {
    let leaf = Hash::leaf(LINES[0]);
    let signed = Checkpoint::sign(1, leaf, &log());
    let checkpoint = signed.note().clone();
    let proof = LogProof { extra: None, index: 0, hashes: Vec::new(), checkpoint };
    let read = LogProof::parse(&proof.to_string()).unwrap();
    assert!(read.check(LINES[0], log().verifier(), &[], 0).is_ok());
}

#[test]
fn a_proof_holds_for_its_line_only() {
    let proof = LogProof::parse(&proof().to_string()).unwrap();
    let log = log();
    let signed = proof.check(LINES[1], log.verifier(), &[], 0).unwrap();
    assert_eq!(signed.size(), 3);
    let other = proof.check(LINES[2], log.verifier(), &[], 0);
    assert_eq!(other, Err(NotProved::Inclusion(Disproved::Root)));
    let stranger = NoteSigner::from_seed("sluice.example/gw-1", KeyKind::Log, &[9; 32]).unwrap();
    let unsigned = proof.check(LINES[1], stranger.verifier(), &[], 0);
    assert_eq!(unsigned, Err(NotProved::Checkpoint(NotACheckpoint::Unsigned)));
}

#[test]
fn witnesses_are_counted() {
    let (log, witness) = (log(), witness());
    let witnesses = [witness.verifier().clone()];
    let mut proof = proof();
    let unwitnessed = proof.check(LINES[1], log.verifier(), &witnesses, 1);
    assert_eq!(unwitnessed, Err(NotProved::Witnesses { cosigned: 0 }));
    let text = proof.checkpoint.text().to_owned();
    proof.checkpoint.add(witness.cosign(&text, 1_700_000_000));
    let proof = LogProof::parse(&proof.to_string()).unwrap();
    assert!(proof.check(LINES[1], log.verifier(), &witnesses, 1).is_ok());
}

#[test]
fn what_is_no_proof_is_refused() {
    let good = proof().to_string();
    let hash = Hash::empty().to_string();
    for text in [
        String::new(),
        good.replace("@v1", "@v2"),
        good.replace("index 1", "index 01"),
        good.replace("index 1", "index -1"),
        good.replace("index 1\n", ""),
        good.replace("index 1\n", "extra !\nindex 1\n"),
        good.replace("\n\n", "\n"),
        good.replacen('=', "", 1),
        good.replace("\n\n", &format!("\n{}\n", format!("{hash}\n").repeat(62))),
    ] {
        assert!(LogProof::parse(&text).is_err(), "{text}");
    }
}

//! Any text, as a signed note, a checkpoint, cosignatures, a key, a proof that stands by itself, or
//! a request to a witness.
//!
//! Whatever it is: no panic; what reads is written again as the same text; and nothing counts as
//! signed but what was signed. The key has signed one checkpoint, and a witness has cosigned it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluice_core::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use sluice_core::ledger::note::{
    Checked, KeyKind, MAX_SIGNATURES, Note, NoteSigner, NoteVerifier, parse_signatures,
};
use sluice_core::ledger::receipt::LogProof;
use sluice_core::ledger::tree::Hash;
use sluice_core::ledger::witness::AddCheckpoint;

/// The one line of the log, and the time of the cosignature.
const LINE: &[u8] = b"a line";
const SECONDS: u64 = 1_772_323_200;

struct Signed {
    log: NoteVerifier,
    witness: NoteVerifier,
    checkpoint: SignedCheckpoint,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let signer = |name, kind, seed| NoteSigner::from_seed(name, kind, &[seed; 32]).expect("a key");
    let log = signer("log.example", KeyKind::Log, 1);
    let witness = signer("witness.example", KeyKind::Cosigner, 2);
    let mut checkpoint = Checkpoint::sign(1, Hash::leaf(LINE), &log);
    let mut note = checkpoint.note().clone();
    note.add(witness.cosign(note.text(), SECONDS));
    let witness = witness.verifier().clone();
    assert_eq!(checkpoint.take_cosignatures(&note, std::slice::from_ref(&witness)), 1);
    Signed { log: log.verifier().clone(), witness, checkpoint }
});

fuzz_target!(|text: &str| {
    note(text);
    if let Ok(signatures) = parse_signatures(text) {
        assert!(signatures.len() <= MAX_SIGNATURES);
        assert_eq!(signatures.iter().map(ToString::to_string).collect::<String>(), text);
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.text(), text);
    }
    if let Ok(key) = text.parse::<NoteVerifier>() {
        assert_eq!(key.to_string(), text);
    }
    proof(text);
    if let Ok(request) = AddCheckpoint::parse(text) {
        assert_eq!(request.to_string(), text);
        if let Ok(opened) = request.judge(&SIGNED.log, None) {
            assert_eq!(opened.checkpoint(), SIGNED.checkpoint.checkpoint());
        }
    }
});

fn note(text: &str) {
    let Signed { log, witness, checkpoint } = &*SIGNED;
    if let Ok(note) = Note::parse(text.as_bytes()) {
        assert_eq!(note.to_string(), text);
        if let Checked::Signed { unix_seconds } = log.check(&note) {
            assert_eq!((note.text(), unix_seconds), (checkpoint.note().text(), None));
        }
        if let Checked::Signed { unix_seconds } = witness.check(&note) {
            assert_eq!((note.text(), unix_seconds), (checkpoint.note().text(), Some(SECONDS)));
        }
    }
    if let Ok(opened) = SignedCheckpoint::open(text.as_bytes(), log) {
        assert_eq!(opened.checkpoint(), checkpoint.checkpoint());
    }
}

fn proof(text: &str) {
    let Signed { log, witness, checkpoint } = &*SIGNED;
    let Ok(proof) = LogProof::parse(text) else { return };
    assert_eq!(proof.to_string(), text);
    for (line, quorum) in [(LINE, 0), (LINE, 1), (b"another line", 0)] {
        if let Ok(shown) = proof.check(line, log, std::slice::from_ref(witness), quorum) {
            assert_eq!((line, proof.index), (LINE, 0));
            assert_eq!(shown.checkpoint(), checkpoint.checkpoint());
        }
    }
}

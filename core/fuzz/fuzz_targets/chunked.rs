//! Any bytes at all, as a chunked body.
//!
//! The first two bytes say where it is cut. Whatever it is: no panic, the same bytes and the same
//! end wherever it is cut, and a body that was read to its end is read again from what is written
//! of it. The bytes themselves, sent in chunks, come out as they are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_core::message::BadMessage;
use sluice_core::message::chunked::Chunked;

fuzz_target!(|data: &[u8]| {
    let [first, step, body @ ..] = data else { return };
    let whole = read(&[body]);
    let step = usize::from(*step).max(1);
    let cut = usize::from(*first).min(body.len());
    let (before, after) = body.split_at(cut);
    assert_eq!(read(&[before, after]), whole, "cut at {cut}");
    assert_eq!(read(&body.chunks(step).collect::<Vec<_>>()), whole, "in pieces of {step}");
    assert_eq!(read(&body.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    if let Ok(Came { body: came, used, over: true }) = &whole {
        assert!(*used <= body.len() && came.len() < *used);
        let sent = sent(came, step);
        assert_eq!(read(&[&sent]), Ok(Came { body: came.clone(), used: sent.len(), over: true }));
    }
    let mut sent = sent(body, step);
    let used = sent.len();
    // What stands behind the end is the next message's.
    sent.extend_from_slice(body);
    assert_eq!(read(&[&sent]), Ok(Came { body: body.to_vec(), used, over: true }));
});

/// The result of reading a body.
#[derive(Debug, PartialEq)]
struct Came {
    body: Vec<u8>,
    used: usize,
    over: bool,
}

fn read(pieces: &[&[u8]]) -> Result<Came, BadMessage> {
    let mut chunked = Chunked::default();
    let (mut body, mut used) = (Vec::new(), 0);
    for piece in pieces {
        let taken = chunked.read(piece, &mut body)?;
        assert!(taken == piece.len() || chunked.is_over(), "{taken} of {}", piece.len());
        used += taken;
    }
    Ok(Came { body, used, over: chunked.is_over() })
}

/// A body in chunks of that size, as RFC 9112 writes it.
fn sent(body: &[u8], step: usize) -> Vec<u8> {
    let mut sent = Vec::new();
    for chunk in body.chunks(step) {
        sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    sent
}

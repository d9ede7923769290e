//! Any bytes at all, as the beginning of a connection, for a server and for a client.
//!
//! The first byte says how the rest arrives. Whatever it is: no panic, the same end of the head
//! wherever it is cut, and a head that reads, when it is written again, reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::{Fields, Section};
use sluice_core::message::head::{Framing, HeadScanner, Length, Request, Response};
use sluice_core::message::{MAX_ANSWER_HEAD_BYTES, MAX_REQUEST_HEAD_BYTES};

fuzz_target!(|data: &[u8]| {
    let [step, arrived @ ..] = data else { return };
    let whole = HeadScanner::default().end(arrived);
    assert_eq!(searched(arrived, usize::from(*step).max(1)), whole, "in pieces of {step}");
    assert_eq!(searched(arrived, 1), whole, "byte by byte");
    let Ok(Some(length)) = whole else { return };
    let head = &arrived[..length];
    assert!(head.ends_with(b"\r\n\r\n") || head == b"\r\n");
    if let Ok((request, framing)) = Request::read(head) {
        assert!(head.len() <= MAX_REQUEST_HEAD_BYTES);
        assert_ne!(framing.length, Length::UntilClosed, "a request ends before its connection");
        request_again(&request, framing);
    }
    for bodiless in [false, true] {
        if let Ok((answer, framing)) = Response::read(head, bodiless) {
            assert!(head.len() <= MAX_ANSWER_HEAD_BYTES && (100..=999).contains(&answer.status));
            assert!(!framing.persistent || framing.length != Length::UntilClosed);
            if bodiless {
                assert_eq!(framing.length, Length::Bytes(0));
            }
            answer_again(&answer, framing, bodiless);
        }
    }
});

/// The end of a head that arrives in pieces of that size, as a connection looks for it.
fn searched(
    arrived: &[u8],
    step: usize,
) -> Result<Option<usize>, sluice_core::message::BadMessage> {
    let mut search = HeadScanner::default();
    let mut end = 0;
    while end < arrived.len() {
        end = arrived.len().min(end + step);
        if let Some(length) = search.end(&arrived[..end])? {
            return Ok(Some(length));
        }
    }
    Ok(None)
}

/// The fields that are looked at, each as often as it stands there.
fn pairs(fields: &Fields) -> Vec<(&'static str, &[u8])> {
    let of = |field: HeaderField| {
        let value = fields.first(field).unwrap_or_default();
        std::iter::repeat_n((field.name(), value), fields.times(field))
    };
    HeaderField::ALL.into_iter().flat_map(of).collect()
}

fn write(section: &mut Section, fields: &Fields) {
    for (name, value) in pairs(fields) {
        section.add(name, value);
    }
    section.end();
}

fn request_again(request: &Request, framing: Framing) {
    let mut section = Section::of_request(request.method(), request.target(), 64);
    write(&mut section, &request.fields);
    // A field that stands often is written as often, with its first value.
    if section.as_bytes().len() > MAX_REQUEST_HEAD_BYTES {
        return;
    }
    let (again, same) = Request::read(section.as_bytes()).expect("what reads is written well");
    assert_eq!((again.method(), again.target()), (request.method(), request.target()));
    assert_eq!(pairs(&again.fields), pairs(&request.fields));
    // `close` may stand in any of several; the first alone is written.
    if request.fields.times(HeaderField::Connection) < 2 {
        assert_eq!(same, framing);
    }
    // Another engine hands over the same without the bytes.
    let named = pairs(&request.fields);
    let named = named.iter().map(|(name, value)| (name.as_bytes(), *value));
    let other = Request::of(request.method(), request.target(), named);
    assert_eq!((other.method(), other.target()), (request.method(), request.target()));
    assert_eq!(pairs(&other.fields), pairs(&request.fields));
}

fn answer_again(answer: &Response, framing: Framing, bodiless: bool) {
    let mut section = Section::default();
    write(&mut section, &answer.fields);
    let line = format!("HTTP/1.1 {} \r\n", answer.status);
    let head = [line.as_bytes(), section.as_bytes()].concat();
    if head.len() > MAX_ANSWER_HEAD_BYTES {
        return;
    }
    let (again, same) = Response::read(&head, bodiless).expect("what reads is written well");
    assert_eq!(again.status, answer.status);
    assert_eq!(pairs(&again.fields), pairs(&answer.fields));
    assert_eq!(same.length, framing.length);
}

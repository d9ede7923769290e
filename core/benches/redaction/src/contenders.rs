//! The contenders. Each takes the answer's bytes and writes the redacted ones, as well as its
//! library allows: with the same masks, and with what passes copied raw where it can be.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use sluice_core::domain::mask::Mask;
use sluice_core::domain::view::Shown;
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::format::{Charset, Format};
use sluice_core::redaction::mask::{Masking, write_text};
use sluice_core::redaction::plan::Plan;
use sluice_core::redaction::{AnswerContext, Limits, Redactor};

use crate::sample::{self, FIELDS};

/// Redacts an answer.
pub(crate) type Contender = fn(&[u8], &mut Vec<u8>);

/// All of them, ours first.
pub(crate) fn all() -> [(&'static str, Contender); 8] {
    [
        ("sluice", sluice),
        ("sluice-subjects", sluice_subjects),
        ("sluice-16KiB-pieces", sluice_pieces),
        ("serde_json-value", serde_json_value),
        ("serde_json-streaming", serde_json_streaming),
        ("simd-json-borrowed", simd_json_borrowed),
        ("sonic-rs-value", sonic_value),
        ("sonic-rs-lazy", sonic_lazy),
    ]
}

/// The output of a contender for an answer, compared without regard to order and spelling.
pub(crate) fn same(answer: &[u8], contender: Contender) -> serde_json::Value {
    let mut out = Vec::new();
    contender(answer, &mut out);
    serde_json::from_slice(&out).expect("JSON")
}

static KEY: LazyLock<SubjectKey> = LazyLock::new(|| SubjectKey::new(1, [7; 32]));
static PLAN: LazyLock<Arc<Plan>> = LazyLock::new(|| sample::plan(false));
static PLAN_WITH_SUBJECTS: LazyLock<Arc<Plan>> = LazyLock::new(|| sample::plan(true));

const LIMITS: Limits = Limits { max_records: u64::MAX, max_bytes: u64::MAX };

fn redactor(plan: &Arc<Plan>) -> Redactor {
    let occasion = AnswerContext {
        subjects: KEY.clone(),
        pseudonyms: None,
        now: 0,
        asked: Vec::new(),
        limits: LIMITS,
    };
    Redactor::new(plan, None, occasion, Format::Json, Charset::Utf8)
}

fn mask_text(mask: &Mask, text: &str, out: &mut Vec<u8>) {
    write_text(Masking { mask, pseudonyms: None }, text, out);
}

fn sluice(answer: &[u8], out: &mut Vec<u8>) {
    let mut redactor = redactor(&PLAN);
    redactor.push(answer, out).expect("JSON");
    redactor.finish(out).expect("JSON");
}

fn sluice_subjects(answer: &[u8], out: &mut Vec<u8>) {
    let mut redactor = redactor(&PLAN_WITH_SUBJECTS);
    redactor.push(answer, out).expect("JSON");
    redactor.finish(out).expect("JSON");
}

fn sluice_pieces(answer: &[u8], out: &mut Vec<u8>) {
    let mut redactor = redactor(&PLAN);
    for piece in answer.chunks(16 * 1024) {
        redactor.push(piece, out).expect("JSON");
    }
    redactor.finish(out).expect("JSON");
}

fn shown(name: &str) -> Option<Shown> {
    FIELDS.iter().find(|(field, ..)| *field == name).map(|(_, _, shown)| *shown)
}

fn serde_json_value(answer: &[u8], out: &mut Vec<u8>) {
    let mut value: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
    let mut masked = Vec::new();
    for record in value.as_array_mut().expect("an array") {
        let record = record.as_object_mut().expect("an object");
        record.retain(|name, _| shown(name).is_some_and(|shown| shown != Shown::Dropped));
        for (name, value) in record {
            if shown(name) == Some(Shown::Masked) {
                masked.clear();
                mask_text(&sample::mask(name), value.as_str().expect("text"), &mut masked);
                let text = std::str::from_utf8(&masked[1..masked.len() - 1]).expect("text");
                *value = serde_json::Value::String(text.to_owned());
            }
        }
    }
    serde_json::to_writer(out, &value).expect("memory");
}

fn serde_json_streaming(answer: &[u8], out: &mut Vec<u8>) {
    let mut deserializer = serde_json::Deserializer::from_slice(answer);
    deserializer.deserialize_seq(Records(out)).expect("JSON");
    deserializer.end().expect("JSON");
}

struct Records<'a>(&'a mut Vec<u8>);

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let start = self.0.len();
        while records.next_element_seed(Record(self.0, start))?.is_some() {}
        self.0.push(b']');
        Ok(())
    }
}

struct Record<'a>(&'a mut Vec<u8>, usize);

impl<'de> serde::de::DeserializeSeed<'de> for Record<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0.len() > self.1 {
            self.0.push(b',');
        }
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let out = self.0;
        out.push(b'{');
        let mut any = false;
        while let Some(name) = members.next_key::<Borrowed<'de>>()? {
            let name = &*name.0;
            let shown = shown(name).unwrap_or(Shown::Dropped);
            if shown == Shown::Dropped {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            begin_member(&mut any, name, out);
            if shown == Shown::Passed {
                out.extend_from_slice(members.next_value::<&RawValue>()?.get().as_bytes());
            } else {
                let value = members.next_value::<Borrowed<'de>>()?;
                mask_text(&sample::mask(name), &value.0, out);
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

fn begin_member(any: &mut bool, name: &str, out: &mut Vec<u8>) {
    if std::mem::replace(any, true) {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn simd_json_borrowed(answer: &[u8], out: &mut Vec<u8>) {
    use simd_json::prelude::*;
    let mut answer = answer.to_vec();
    let mut value = simd_json::to_borrowed_value(&mut answer).expect("JSON");
    let mut masked = Vec::new();
    for record in value.as_array_mut().expect("an array") {
        let record = record.as_object_mut().expect("an object");
        record.retain(|name, _| shown(name).is_some_and(|shown| shown != Shown::Dropped));
        for (name, value) in record.iter_mut() {
            if shown(name) == Some(Shown::Masked) {
                masked.clear();
                mask_text(&sample::mask(name), value.as_str().expect("text"), &mut masked);
                let text = std::str::from_utf8(&masked[1..masked.len() - 1]).expect("text");
                *value = simd_json::BorrowedValue::from(text.to_owned());
            }
        }
    }
    value.write(out).expect("memory");
}

fn sonic_value(answer: &[u8], out: &mut Vec<u8>) {
    use sonic_rs::{JsonValueMutTrait, JsonValueTrait};
    let mut value: sonic_rs::Value = sonic_rs::from_slice(answer).expect("JSON");
    let mut masked = Vec::new();
    for record in value.as_array_mut().expect("an array").iter_mut() {
        let record = record.as_object_mut().expect("an object");
        for (name, _, shown) in FIELDS {
            match shown {
                Shown::Passed => {}
                Shown::Dropped => drop(record.remove(&name)),
                Shown::Masked => {
                    let value = record.get_mut(&name).expect("a member");
                    masked.clear();
                    mask_text(&sample::mask(name), value.as_str().expect("text"), &mut masked);
                    let text = std::str::from_utf8(&masked[1..masked.len() - 1]).expect("text");
                    *value = sonic_rs::Value::copy_str(text);
                }
            }
        }
    }
    sonic_rs::to_writer(out, &value).expect("memory");
}

fn sonic_lazy(answer: &[u8], out: &mut Vec<u8>) {
    use sonic_rs::JsonValueTrait;
    out.push(b'[');
    let mut first = true;
    for record in sonic_rs::to_array_iter(answer) {
        let record = record.expect("JSON");
        if !std::mem::replace(&mut first, false) {
            out.push(b',');
        }
        out.push(b'{');
        let mut any = false;
        for member in sonic_rs::to_object_iter(record.as_raw_str()) {
            let (name, value) = member.expect("JSON");
            match shown(&name).unwrap_or(Shown::Dropped) {
                Shown::Dropped => {}
                Shown::Passed => {
                    begin_member(&mut any, &name, out);
                    out.extend_from_slice(value.as_raw_str().as_bytes());
                }
                Shown::Masked => {
                    begin_member(&mut any, &name, out);
                    mask_text(&sample::mask(&name), value.as_str().expect("text"), out);
                }
            }
        }
        out.push(b'}');
    }
    out.push(b']');
}

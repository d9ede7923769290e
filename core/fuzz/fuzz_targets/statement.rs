//! Any text, as what people sign: statements about drafts, grants, stops and notices, grants,
//! manifests, what is stopped, drafts.
//!
//! Whatever it is: no panic; what reads is written again as the same text, and that is canonical
//! JSON (RFC 8785) by another reckoning than ours; and two drafts never have the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::domain::stops::StopTarget;
use sluice_core::grant::Grant;
use sluice_core::ledger::time::{parse_rfc3339, rfc3339};
use sluice_core::release::statement::MAX_REASON_BYTES;
use sluice_core::release::step::StepName;
use sluice_core::release::{Change, ContentDigest, Draft, Manifest, Statement};
use sluice_core::{grant, notice, release, stop};

fuzz_target!(|text: &str| {
    statement::<release::DraftStep>(text);
    statement::<grant::GrantStep>(text);
    statement::<stop::StopStep>(text);
    statement::<notice::NoticeStep>(text);
    if let Ok(grant) = Grant::parse(text) {
        canonical(text);
        assert_eq!(grant.canonical(), text);
        let _ = (grant.number(), grant.provider(), grant.budget.budget());
    }
    if let Some(manifest) = Manifest::parse(text) {
        assert_eq!(manifest.to_string(), text);
    }
    if let Some(target) = StopTarget::parse(text) {
        assert_eq!(target.to_string(), text);
    }
    if let Some(time) = parse_rfc3339(text) {
        assert_eq!(rfc3339(time).as_str(), text);
    }
    stated(text);
    draft(text);
});

fn statement<S: StepName>(text: &str) {
    if let Ok(statement) = Statement::<S>::parse(text) {
        canonical(text);
        assert_eq!(statement.canonical(), text);
    }
}

/// Any text is signed as it is, as what a statement is about and as its reason.
fn stated(text: &str) {
    let said = Statement {
        step: release::DraftStep::Reject,
        object: text.into(),
        digest: ContentDigest([0xab; 32]),
        previous: None,
        role: Role::Reviewer,
        time: 1_772_323_200_000,
        approval: None,
        reason: Some(text.into()),
    };
    let signed = said.canonical();
    canonical(&signed);
    let is_reason = !text.trim().is_empty() && text.len() <= MAX_REASON_BYTES;
    assert_eq!(Statement::parse(&signed), if is_reason { Ok(said) } else { refused() });
}

fn refused<T>() -> Result<T, release::NotAStatement> {
    Err(release::NotAStatement::Member("reason"))
}

/// Requires that a text is the one that RFC 8785 gives for its content.
fn canonical(text: &str) {
    let value: Value = serde_json::from_str(text).expect("JSON");
    let mut again = String::new();
    write(&value, &mut again);
    assert_eq!(again, text);
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            out.push('{');
            for (ix, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if ix == 0 { "" } else { "," });
                write(&Value::from(name.as_str()), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (ix, item) in items.iter().enumerate() {
                out.push_str(if ix == 0 { "" } else { "," });
                write(item, out);
            }
            out.push(']');
        }
        Value::Number(number) => {
            let exact = number.as_u64().is_some_and(|number| number < 1 << 53);
            assert!(exact, "{number} is another number to who reads it as RFC 8785 does");
            out.push_str(&number.to_string());
        }
        Value::String(text) => {
            out.push('"');
            text.chars().for_each(|c| escape(c, out));
            out.push('"');
        }
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

/// RFC 8785, 3.2.2.2.
fn escape(c: char, out: &mut String) {
    match c {
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        '"' | '\\' => out.extend(['\\', c]),
        '\0'..'\u{20}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        _ => out.push(c),
    }
}

/// A draft whose changes are the lines of a text: where one begins with `-` or `+`, nothing was
/// there, or nothing shall be.
fn draft(text: &str) {
    let name = |text| Name::parse(text).expect("a name");
    let changes = text.split('\n').map(|line| {
        let digest = |bytes: &str| Some(ContentDigest::of(bytes.as_bytes()));
        let (before, after, path) = match (line.strip_prefix('-'), line.strip_prefix('+')) {
            (Some(path), _) => (None, digest(path), path),
            (_, Some(path)) => (digest(path), None, path),
            (None, None) => (digest(line), digest("after"), line),
        };
        Change { path: path.into(), before, after }
    });
    let draft = Draft {
        id: name("d-1"),
        department: name("office"),
        restores: Some(text.len() as u64),
        changes: changes.collect(),
    };
    if draft.check(&name("office")).is_ok() {
        assert_eq!(changes_of(&draft.to_string()).as_ref(), Some(&draft.changes));
    }
}

/// The changes that a draft's text tells.
fn changes_of(text: &str) -> Option<Vec<Change>> {
    let digest = |text: &str| match text {
        "-" => Some(None),
        _ => ContentDigest::parse(text).map(Some),
    };
    let change = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let (before, after, path) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Change { path: path.into(), before: digest(before)?, after: digest(after)? })
    };
    text.strip_suffix('\n')?.split('\n').skip(2).map(change).collect()
}

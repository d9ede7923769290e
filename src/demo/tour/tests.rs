use std::sync::Arc;

use serde_json::Value;
use sluice_core::domain::decide::{Permit, decide};
use sluice_core::domain::declared::DeclaredContext;
use sluice_core::domain::facts::Facts;
use sluice_core::domain::facts::NothingUsed;
use sluice_core::domain::grants::Grants;
use sluice_core::domain::identity::{Identity, Kind};
use sluice_core::domain::matching::{Matched, identify, locate, match_arguments};
use sluice_core::domain::name::Name;
use sluice_core::domain::policy::Policy;
use sluice_core::domain::rejection::Rejection;
use sluice_core::domain::target::Target;
use sluice_core::ledger::digest::SubjectKey;
use sluice_core::redaction::format::{Charset, Format};
use sluice_core::redaction::plan::Plan;
use sluice_core::redaction::{AnswerContext, Limits, Redactor};

use super::*;
use crate::demo::providers::{ProviderAnswer, ProviderRequest, ProviderSystem, answer};
use crate::demo::stage;

fn sample_policy() -> Policy {
    stage::catalog().unwrap_or_else(|problems| panic!("{problems}"))
}

fn caller(system: &str) -> Identity {
    let (department, id) = system.split_once('/').expect("department/system");
    let name = |text| Name::parse(text).unwrap();
    Identity { department: name(department), kind: Kind::System, id: name(id) }
}

fn declared(call: &Call) -> DeclaredContext<'_> {
    let of = |header: &str| {
        let found = call.headers.iter().find(|(name, _)| *name == header);
        found.map(|(_, value)| value.trim_matches('"').into())
    };
    DeclaredContext {
        purpose: of("Exchange-Purpose"),
        case: of("Exchange-Case"),
        consent: of("Exchange-Consent"),
        operator: of("Exchange-Operator"),
        ..DeclaredContext::default()
    }
}

/// Evaluates a call with the core alone, without network and limits.
fn judge(policy: &Policy, call: &Call) -> Result<(Matched, Permit), Rejection> {
    let identity = caller(call.system);
    let peer = identify(policy, &identity)?;
    let target = Target::parse(&call.target)?;
    let located = locate(policy, false, call.method, &target)?;
    let body = call.body.as_deref().unwrap_or_default();
    let matched = match_arguments(policy, located, body.as_bytes())?;
    let facts = Facts {
        peer,
        matched: &matched,
        declared: &declared(call),
        usage: &NothingUsed,
        grants: Grants::none(),
    };
    let permit = decide(policy, &facts, NOW)?;
    Ok((matched, permit))
}

/// 2026-11-22.
const NOW: i64 = 1_795_305_600_000;

fn forwarded(policy: &Policy, matched: &Matched) -> ProviderAnswer {
    let entry = policy.entry(matched.entry);
    let department = entry.id.department().as_str();
    let provider = ProviderSystem::ALL.into_iter().find(|known| known.department() == department);
    let base_path = entry.upstream.as_ref().map_or("", |upstream| &*upstream.base_path);
    let target = matched.target(policy, base_path);
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target.as_str(), None),
    };
    let body = matched.body(policy).unwrap_or_default();
    let method = matched.operation(policy).method.as_str();
    let request = ProviderRequest { method, path, query, body: &body };
    answer(provider.expect("a sample provider"), &request)
}

fn released(policy: &Policy, matched: &Matched, permit: &Permit, body: &[u8]) -> String {
    let entry = policy.entry(permit.entry);
    let operation = matched.operation(policy);
    let plan = Arc::new(Plan::compile(entry, operation, permit.view(policy)));
    let limits = Limits { max_records: operation.max_records.into(), max_bytes: body.len() as u64 };
    let subjects = SubjectKey::new(1, [7; 32]);
    let occasion = AnswerContext { subjects, pseudonyms: None, now: 0, asked: Vec::new(), limits };
    let narrowed = permit.narrowed.as_ref();
    let mut redactor = Redactor::new(&plan, narrowed, occasion, Format::Json, Charset::Utf8);
    let mut out = Vec::new();
    redactor.push(body, &mut out).unwrap();
    redactor.finish(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_core_gives_every_call_its_expected_end() {
    let policy = sample_policy();
    for call in calls() {
        let Call { title, expected, .. } = &call;
        // Limits and questions are the gateway's own; all else the core decides.
        let own = expected.status == 429 || call.target.starts_with("/-/");
        match judge(&policy, &call) {
            _ if own => {}
            Err(denial) => assert_eq!(Some(denial.code()), expected.code, "{title}"),
            Ok((matched, permit)) => {
                assert_eq!(expected.code, None, "{title}");
                let answered = forwarded(&policy, &matched);
                assert_eq!(answered.status, expected.status, "{title}");
                let body = released(&policy, &matched, &permit, &answered.body);
                for text in &expected.holds {
                    assert!(body.contains(text), "{title}: no {text} in {body}");
                }
                for text in &expected.lacks {
                    assert!(!body.contains(text), "{title}: {text} in {body}");
                }
            }
        }
    }
}

#[test]
fn the_burst_is_as_the_term_has_it() {
    let policy = sample_policy();
    let call = over_the_rate();
    let (_, permit) = judge(&policy, &call).unwrap();
    let burst = permit.term(&policy).rates[0].burst.expect("a burst");
    assert_eq!(call.times, burst.get() + 1);
}

#[test]
fn the_question_is_about_a_call_that_lacks_a_case() {
    let policy = sample_policy();
    let asked = asked_beforehand();
    let question: Value = serde_json::from_str(asked.body.as_deref().unwrap()).unwrap();
    let call = query("", question["path"].as_str().unwrap())
        .by(asked.system)
        .with(&ASSISTANCE[..1])
        .body(question["body"].to_string());
    assert_eq!(judge(&policy, &call).unwrap_err().code(), "case-missing");
}

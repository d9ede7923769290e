//! `docs/problem-codes.md` has every code with status, cause and remedy, in two languages.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;
use sluice::problem::{self, Context, Language};
use sluice_core::domain::budget::{BudgetWindow, Exhausted, Unit};
use sluice_core::domain::entry::Method;
use sluice_core::domain::parameter::Unfit;
use sluice_core::domain::rejection::*;
use sluice_core::domain::target::BadTarget;
use sluice_core::message::BadMessage;

use super::region::compare_region;
use crate::closed_list;

/// Whose doing a rejection is, in the order of the page.
const FAULTS: [(PartyAtFault, &str); 5] = [
    (PartyAtFault::Peer, "The caller's system"),
    (PartyAtFault::Request, "The request"),
    (PartyAtFault::Policy, "The policy: catalog, terms, grants, limits"),
    (PartyAtFault::Provider, "The provider"),
    (PartyAtFault::Gateway, "The gateway"),
];

#[test]
fn the_page_has_every_code() {
    let samples = samples();
    let mut made = String::new();
    for (fault, heading) in FAULTS {
        write!(made, "\n## {heading}\n").unwrap();
        let codes = samples.iter().filter(|sample| sample.fault() == fault);
        let mut seen = BTreeSet::new();
        for code in codes.map(Rejection::code).filter(|code| seen.insert(*code)) {
            made.push_str(&section(code, fault, &samples));
        }
    }
    made.push('\n');
    let told: BTreeSet<_> = samples.iter().map(|sample| sample.code().to_owned()).collect();
    let known: BTreeSet<_> = closed_list::listed().into_iter().map(|(_, code)| code).collect();
    assert_eq!(told, known, "the samples here lack a code, or have one too many");
    compare_region("docs/problem-codes.md", "codes", &made);
}

/// The section of one code: each cause in two rows, one a language.
fn section(code: &str, fault: PartyAtFault, samples: &[Rejection]) -> String {
    let mut said = format!("\n### {code}\n\n");
    let mut rows = BTreeSet::new();
    let samples = samples.iter().filter(|one| one.code() == code && one.fault() == fault);
    for (nth, sample) in samples.enumerate() {
        let (english, chinese) = (told(sample, Language::English), told(sample, Language::Chinese));
        let text = |from: &Value, key: &str| from[key].as_str().unwrap().to_owned();
        if nth == 0 {
            let (title, title_zh) = (text(&english, "title"), text(&chinese, "title"));
            write!(said, "{title} · {title_zh}\n\n| status | cause | remedy |\n|---|---|---|\n")
                .unwrap();
        }
        for told in [english, chinese] {
            let (cause, remedy) = (text(&told, "detail"), text(&told, "remedy"));
            let row = format!("| {} | {cause} | {remedy} |\n", told["status"]);
            if rows.insert(row.clone()) {
                said.push_str(&row);
            }
        }
    }
    said
}

/// The problem document of a rejection.
fn told(rejection: &Rejection, language: Language) -> Value {
    let context =
        Context { exchange: "", catalog_version: "", entry: None, contact: None, language };
    serde_json::from_slice(&problem::render(rejection, &context).body).unwrap()
}

/// At least one of every code, and one of every cause that is told apart in words.
fn samples() -> Vec<Rejection> {
    let mut all = of_peers_and_requests();
    all.extend(of_the_policy());
    all.extend(of_providers());
    all.extend([
        Rejection::LogUnavailable,
        Rejection::ReceiptPending,
        Rejection::PolicyChanged,
        Rejection::PolicyStale,
        Rejection::Draining,
        Rejection::Overloaded,
        Rejection::GatewayFault,
    ]);
    all
}

fn of_peers_and_requests() -> Vec<Rejection> {
    use Rejection::{ParameterInvalid, RequestMalformed, RequestTooLarge};
    let name = || "id_number".into();
    vec![
        Rejection::UnknownPeer(UnknownPeer::Department),
        Rejection::UnknownPeer(UnknownPeer::System),
        Rejection::UnknownPeer(UnknownPeer::Person),
        Rejection::PeerSuspended(Suspended::Department),
        Rejection::PeerSuspended(Suspended::System),
        RequestMalformed(Malformed::Target(BadTarget::DotSegment)),
        RequestMalformed(Malformed::Header("exchange-case")),
        RequestMalformed(Malformed::RepeatedHeader("exchange-case")),
        RequestMalformed(Malformed::Body),
        RequestMalformed(Malformed::UnexpectedBody),
        RequestMalformed(Malformed::PseudonymKey),
        RequestMalformed(Malformed::Authority),
        RequestMalformed(Malformed::Message(BadMessage::TwoLengths)),
        RequestMalformed(Malformed::Message(BadMessage::Expectation)),
        RequestMalformed(Malformed::Message(BadMessage::TransferCoding)),
        RequestMalformed(Malformed::Message(BadMessage::Version)),
        RequestMalformed(Malformed::Framing),
        RequestTooLarge(TooLarge::Target),
        RequestTooLarge(TooLarge::Head),
        RequestTooLarge(TooLarge::Body { limit_bytes: 65_536 }),
        Rejection::RequestTimeout,
        Rejection::MediaTypeUnsupported,
        Rejection::NotInCatalog(NotInCatalog::Entry),
        Rejection::NotInCatalog(NotInCatalog::Operation),
        Rejection::MethodNotAllowed { allow: vec![Method::Get] },
        Rejection::ParameterNotAllowed(Undeclared::Query(2)),
        Rejection::ParameterNotAllowed(Undeclared::Body(2)),
        Rejection::ParameterMissing { name: name() },
        ParameterInvalid { name: name(), why: Unfit::Pattern },
        Rejection::FieldUnknown { position: 2 },
        Rejection::GrantUnknown,
        Rejection::ReceiptUnknown,
    ]
}

fn of_the_policy() -> Vec<Rejection> {
    let limited = |of| RateLimited { of, requests: 20, window_seconds: 1, retry_after_ms: 1_000 };
    let exhausted =
        |window, refills| Exhausted { unit: Unit::Persons, window, limit: 300, left: 0, refills };
    let budget = |limit| Rejection::BudgetExhausted { basis: "term/example".into(), limit };
    let mut all = vec![
        Rejection::NonShared,
        Rejection::EntrySuspended,
        Rejection::ProviderSuspended,
        Rejection::OperatorSuspended,
        Rejection::NotAuthorised,
    ];
    all.extend(lacking().into_iter().map(|lack| {
        Rejection::Unmet(Nearest { basis: "term/example".into(), lacking: vec![lack] })
    }));
    all.extend([
        Rejection::GrantNotActive,
        Rejection::GrantNotCovering(Nearest {
            basis: "grant/g-12".into(),
            lacking: vec![Lacking::OperatorMissing],
        }),
        Rejection::GrantAmbiguous { grants: vec!["g-12".into(), "g-15".into()] },
        Rejection::ApprovalRequired,
        Rejection::RecordWithheld,
        budget(exhausted(BudgetWindow::Day, Some(0))),
        budget(exhausted(BudgetWindow::Total, None)),
        Rejection::TooManyAtOnce { most: 512 },
        Rejection::RateLimited(limited(RateScope::System)),
        Rejection::RateLimited(limited(RateScope::Operator)),
        Rejection::RateLimited(limited(RateScope::Provider)),
        Rejection::RateLimited(limited(RateScope::Refusals)),
    ]);
    all
}

fn lacking() -> Vec<Lacking> {
    let purposes = || vec!["social-assistance".into()];
    let scope = Lacking::PurposeScope { mode: "bulk", category: "trace", allowed: purposes() };
    vec![
        Lacking::System,
        Lacking::Period,
        Lacking::Mode { allowed: vec!["query"] },
        Lacking::Operation { allowed: vec!["query".into()] },
        Lacking::PurposeMissing { allowed: purposes() },
        Lacking::PurposeNotAllowed { allowed: purposes() },
        scope,
        Lacking::CaseMissing,
        Lacking::CaseInvalid,
        Lacking::ConsentMissing,
        Lacking::ConsentInvalid,
        Lacking::OperatorMissing,
        Lacking::OperatorNotAllowed,
        Lacking::Lookup { parameter: "id_number".into() },
        Lacking::Binding { parameter: "division".into() },
        Lacking::Subject,
    ]
}

fn of_providers() -> Vec<Rejection> {
    let unavailable = [
        Unavailable::NoUpstream,
        Unavailable::Unresolved,
        Unavailable::AddressNotAllowed,
        Unavailable::Refused,
        Unavailable::ConnectionLost,
        Unavailable::Busy,
    ];
    let misbehaved = [
        Misbehaved::Protocol,
        Misbehaved::Redirect,
        Misbehaved::Partial,
        Misbehaved::Challenge,
        Misbehaved::Status,
    ];
    let unreadable = [
        Unreadable::MediaType,
        Unreadable::ContentCoding,
        Unreadable::NotJson,
        Unreadable::NotCsv,
        Unreadable::Charset,
        Unreadable::Expansion,
        Unreadable::RecordTooLong,
        Unreadable::SecondSubject,
        Unreadable::Shape,
        Unreadable::TooDeep,
        Unreadable::Truncated,
    ];
    let mut all: Vec<Rejection> = unavailable.map(Rejection::UpstreamUnavailable).into();
    all.extend([Late::Connect, Late::Answer].map(Rejection::UpstreamTimeout));
    all.push(Rejection::UpstreamUntrusted { cause: "expired" });
    all.extend(misbehaved.map(Rejection::UpstreamMisbehaved));
    all.push(Rejection::UpstreamError { status: 500 });
    all.extend(unreadable.map(Rejection::AnswerUnreadable));
    all.extend([
        Rejection::AnswerTooLarge { limit_bytes: 4_294_967_296 },
        Rejection::AnswerUnrecordable,
        Rejection::AnswerMismatch(Mismatch::TooManyRecords),
        Rejection::AnswerMismatch(Mismatch::Subject),
        Rejection::OutcomeUnknown { cause: "upstream-timeout" },
    ]);
    all
}

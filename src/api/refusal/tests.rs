use axum::http::{HeaderMap, StatusCode};
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::release::{ContentDigest, Refusal};

use super::{ApiRefusal, filled};
use crate::api::answer::language;
use crate::control::ChangeError;
use crate::problem::Language;

/// A list of samples, each of a pattern; the patterns are all that there are, or this does not compile.
macro_rules! samples {
    ($($pattern:pat => $sample:expr,)*) => {{
        let all = vec![$($sample),*];
        all.iter().for_each(|one| match one { $($pattern => {})* });
        all
    }};
}

fn name(id: &str) -> Name {
    Name::parse(id).unwrap()
}

fn steps() -> Vec<Refusal> {
    samples! {
        Refusal::NotNow { .. } => Refusal::NotNow { step: "open", stage: "declined" },
        Refusal::UnknownPerson => Refusal::UnknownPerson,
        Refusal::NotTheRole { .. } => Refusal::NotTheRole { wanted: &[Role::Leader, Role::Approver] },
        Refusal::Suspended => Refusal::Suspended,
        Refusal::NobodyLifts => Refusal::NobodyLifts,
        Refusal::NotTheDepartment { .. } => Refusal::NotTheDepartment { wanted: name("health") },
        Refusal::SamePerson { .. } => Refusal::SamePerson { step: "submit" },
        Refusal::OtherObject => Refusal::OtherObject,
        Refusal::OtherPrevious => Refusal::OtherPrevious,
        Refusal::ReasonMissing => Refusal::ReasonMissing,
        Refusal::ApprovalMisplaced => Refusal::ApprovalMisplaced,
    }
}

fn changes() -> Vec<ChangeError> {
    let text = || "SAMPLE".to_owned();
    let mut all = samples! {
        ChangeError::NoDraft(_) => ChangeError::NoDraft(text()),
        ChangeError::NoRelease(_) => ChangeError::NoRelease(7),
        ChangeError::NoGrant(_) => ChangeError::NoGrant(text()),
        ChangeError::NoNotice(_) => ChangeError::NoNotice(text()),
        ChangeError::NoEntry(_) => ChangeError::NoEntry(text()),
        ChangeError::NoContents(_) => ChangeError::NoContents(ContentDigest::of(b"")),
        ChangeError::Malformed(_) => ChangeError::Malformed(text()),
        ChangeError::DepartmentMalformed(_) => ChangeError::DepartmentMalformed(text()),
        ChangeError::NoteTooLong(_) => ChangeError::NoteTooLong(7),
        ChangeError::FilesBesidesRestoring => ChangeError::FilesBesidesRestoring,
        ChangeError::OtherDepartment => ChangeError::OtherDepartment,
        ChangeError::OtherObject { .. } => ChangeError::OtherObject { named: text(), wanted: text() },
        ChangeError::NotSignedNow => ChangeError::NotSignedNow,
        ChangeError::NotTheSigner => ChangeError::NotTheSigner,
        ChangeError::NotItsMaintainer(_) => ChangeError::NotItsMaintainer(text()),
        ChangeError::NotAnApplicant => ChangeError::NotAnApplicant,
        ChangeError::StepRefused(_) => ChangeError::StepRefused(Refusal::OtherObject),
        ChangeError::Overtaken(_) => ChangeError::Overtaken(7),
        ChangeError::FileChanged(_) => ChangeError::FileChanged(text()),
        ChangeError::KeyReused => ChangeError::KeyReused,
        ChangeError::TooManyGrants { .. } => ChangeError::TooManyGrants { department: text(), limit: 7 },
        ChangeError::TooManyDrafts { .. } => ChangeError::TooManyDrafts { department: text(), limit: 7 },
        ChangeError::DraftSettled(_) => ChangeError::DraftSettled("published"),
        ChangeError::OthersFaster => ChangeError::OthersFaster,
        ChangeError::Changed => ChangeError::Changed,
        ChangeError::Unsound(_) => ChangeError::Unsound(text()),
        ChangeError::NoFirstRelease => ChangeError::NoFirstRelease,
        ChangeError::Unavailable(_) => ChangeError::Unavailable(text()),
        ChangeError::StopNotKept(_) => ChangeError::StopNotKept(text()),
        ChangeError::Broken(_) => ChangeError::Broken(text()),
    };
    all.extend(steps().into_iter().map(ChangeError::StepRefused));
    all
}

fn refusals() -> Vec<ApiRefusal> {
    let text = || "SAMPLE".to_owned();
    let unknown = |member: &str| ApiRefusal::MemberUnknown {
        member: member.to_owned(),
        known: vec!["department".into(), "note".into()],
    };
    let mut all = samples! {
        ApiRefusal::UnknownPerson => ApiRefusal::UnknownPerson,
        ApiRefusal::PersonSuspended => ApiRefusal::PersonSuspended,
        ApiRefusal::RoleMissing(_) => ApiRefusal::RoleMissing(&[Role::Auditor, Role::Leader]),
        ApiRefusal::NotAnAuditor(_) => ApiRefusal::NotAnAuditor(name("exchange-office")),
        ApiRefusal::NoRoute => ApiRefusal::NoRoute,
        ApiRefusal::MethodNotAllowed(_) => ApiRefusal::MethodNotAllowed(vec!["GET", "POST"]),
        ApiRefusal::Unreadable(_) => ApiRefusal::Unreadable(text()),
        ApiRefusal::MemberUnknown { .. } => unknown("deparment"),
        ApiRefusal::BodyTooLarge => ApiRefusal::BodyTooLarge,
        ApiRefusal::NotJson => ApiRefusal::NotJson,
        ApiRefusal::KeyMalformed { .. } => ApiRefusal::KeyMalformed { limit_bytes: 128 },
        ApiRefusal::TooManyFiles { .. } => ApiRefusal::TooManyFiles { limit: 7 },
        ApiRefusal::StateUnknown { .. } => ApiRefusal::StateUnknown { state: text(), known: text() },
        ApiRefusal::ConsumerMalformed => ApiRefusal::ConsumerMalformed,
        ApiRefusal::QueryUnreadable(_) => ApiRefusal::QueryUnreadable(text()),
        ApiRefusal::FilterUnknown { .. } => ApiRefusal::FilterUnknown { filter: text(), known: text() },
        ApiRefusal::TimeMalformed { .. } => ApiRefusal::TimeMalformed { filter: text(), why: text() },
        ApiRefusal::IndexMalformed => ApiRefusal::IndexMalformed,
        ApiRefusal::ExchangeMalformed => ApiRefusal::ExchangeMalformed,
        ApiRefusal::NoDepartment => ApiRefusal::NoDepartment,
        ApiRefusal::NoEntry => ApiRefusal::NoEntry,
        ApiRefusal::NoSystem => ApiRefusal::NoSystem,
        ApiRefusal::NoFileOfDraft => ApiRefusal::NoFileOfDraft,
        ApiRefusal::NoFileOfRelease => ApiRefusal::NoFileOfRelease,
        ApiRefusal::NoTile => ApiRefusal::NoTile,
        ApiRefusal::NotConfidential => ApiRefusal::NotConfidential,
        ApiRefusal::PreconditionMissing => ApiRefusal::PreconditionMissing,
        ApiRefusal::NotReleased => ApiRefusal::NotReleased,
        ApiRefusal::TooManyWatchers => ApiRefusal::TooManyWatchers,
        ApiRefusal::SearchesBusy => ApiRefusal::SearchesBusy,
        ApiRefusal::LogUnavailable => ApiRefusal::LogUnavailable,
        ApiRefusal::LogUnreadable => ApiRefusal::LogUnreadable,
        ApiRefusal::Fault(_) => ApiRefusal::Fault(text()),
        ApiRefusal::Change(_) => ApiRefusal::Change(ChangeError::Changed),
    };
    all.push(unknown("something"));
    all.extend(changes().into_iter().map(ApiRefusal::Change));
    all
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn every_refusal_is_told_whole_in_both_languages() {
    for refusal in refusals() {
        let (text, gaps) = refusal.told();
        for language in [Language::English, Language::Chinese] {
            let parts = [text.detail.of(language), text.remedy.of(language)].concat();
            for nth in 0..gaps.len() {
                assert!(parts.contains(&format!("{{{nth}}}")), "{refusal:?}: {parts} lacks {nth}");
            }
            assert_eq!(parts.matches('{').count(), parts.matches('}').count(), "{parts}");
            let document = refusal.document(language);
            let told = [&document.title, &document.detail, &document.remedy];
            for told in told {
                assert!(
                    !told.trim().is_empty() && !told.contains(['{', '}']),
                    "{refusal:?}: {told}"
                );
                assert_eq!(is_chinese(told), language == Language::Chinese, "{refusal:?}: {told}");
            }
            assert!(document.detail.ends_with(['.', '。', 'E']), "{}", document.detail);
            assert!(document.remedy.ends_with(['.', '。']), "{}", document.remedy);
            assert_eq!(document.r#type, format!("urn:sluice:problem:{}", refusal.code()));
            assert!(document.status >= 400 && document.status == refusal.status().as_u16());
        }
    }
}

#[test]
fn a_code_has_one_status_and_one_title() {
    let mut known = std::collections::BTreeMap::new();
    for refusal in refusals() {
        let kind = refusal.told().0.kind;
        let first = known.entry(kind.code).or_insert(kind);
        assert!(std::ptr::eq(*first, kind), "{}", kind.code);
        assert!(kind.code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", kind.code);
    }
}

#[test]
fn what_fills_a_gap_is_not_read_again() {
    let gaps = ["{1}".to_owned(), "two".to_owned()];
    assert_eq!(filled("a {0} b {1}.", &gaps), "a {1} b two.");
}

#[test]
fn a_member_that_is_not_known_is_named_with_the_nearest_known_one() {
    let text = "Failed to deserialize the JSON body into the target type: files[0]: unknown field `pth`, \
                expected `path` or `text` at line 1 column 9.";
    let refusal = ApiRefusal::of_framework(StatusCode::UNPROCESSABLE_ENTITY, text);
    let document = refusal.document(Language::English);
    assert_eq!(
        document.detail,
        "There is no member `pth`; did you mean `path`? There are: path, text."
    );
    let other = ApiRefusal::of_framework(StatusCode::BAD_REQUEST, "EOF while parsing.");
    assert_eq!(other, ApiRefusal::Unreadable("EOF while parsing.".into()));
}

#[test]
fn chinese_is_told_to_who_asks_for_it() {
    let mut headers = HeaderMap::new();
    assert_eq!(language(&headers), Language::English);
    headers.insert("accept-language", "zh-CN,en;q=0.5".parse().unwrap());
    let answer = ApiRefusal::NoRoute.answer(language(&headers));
    assert_eq!(answer.headers()["content-language"], "zh");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

//! From a rejection to an answer: RFC 9457 problem documents in two languages, `Proxy-Status`
//! (RFC 9209) and status codes. What is said of each rejection stands in [`rows`], one file
//! without a wildcard arm.

mod details;
mod limits;
mod own;
pub mod rows;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Serialize;
use sluice_core::domain::budget::Exhausted;
use sluice_core::domain::rejection::{Lacking, Rejection};
use sluice_core::ledger::time::rfc3339;
use sluice_core::message::field::HeaderField;
use sluice_core::message::fields::Fields;

pub use rows::{ProblemRow, Words, row};

use crate::contract::problem::{NearestTerm, ProblemDocument};

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A language the gateway speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// The tag for `Content-Language` (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// The better of the two for an `Accept-Language` header (RFC 9110, 12.5.4): English unless
    /// Chinese has the higher weight, or the same and stands first.
    /// A header that stands several times counts as it stands first.
    pub fn negotiate(fields: &Fields) -> Language {
        Language::preferred(fields.first(HeaderField::AcceptLanguage).unwrap_or_default())
    }

    /// The better of the two for the value of an `Accept-Language` header.
    pub fn preferred(ranges: &[u8]) -> Language {
        let mut best = (0.0f32, Language::English);
        for range in std::str::from_utf8(ranges).unwrap_or_default().split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .filter_map(|part| part.trim().strip_prefix("q="))
                .find_map(|weight| weight.trim().parse::<f32>().ok())
                .unwrap_or(1.0);
            let language = match tag.split('-').next().unwrap_or_default() {
                primary if primary.eq_ignore_ascii_case("zh") => Language::Chinese,
                primary if primary.eq_ignore_ascii_case("en") || primary == "*" => {
                    Language::English
                }
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// Where a rejection happened: what its document says beside the words.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The exchange id.
    pub exchange: &'a str,
    /// The catalog version by which it was decided.
    pub catalog_version: &'a str,
    /// `department/entry`, if the request came so far and the entry exists.
    pub entry: Option<&'a str>,
    /// Whom to ask about the entry.
    pub contact: Option<&'a str>,
    /// The language to say it in.
    pub language: Language,
}

/// A rejection ready to be answered.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The status.
    pub status: u16,
    /// The document.
    pub body: Vec<u8>,
    /// The gateway's member for `Proxy-Status`.
    pub proxy_status: String,
}

/// What is said of a rejection in one language, wherever it is told.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The stable code.
    pub code: &'static str,
    /// The kind of problem.
    pub title: Cow<'static, str>,
    /// This occurrence.
    pub detail: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
    /// The term that came nearest, where one is the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestTerm>,
}

/// What is said of a rejection that nobody is answered with: of a call that was not made.
pub fn tell(rejection: &Rejection, language: Language) -> Explanation {
    told(rejection, row(rejection), language)
}

fn told(rejection: &Rejection, row: ProblemRow, language: Language) -> Explanation {
    let Words { title, detail, remedy } = match language {
        Language::English => row.en,
        Language::Chinese => row.zh,
    };
    let nearest = match rejection {
        Rejection::Unmet(nearest) | Rejection::GrantNotCovering(nearest) => Some(NearestTerm {
            basis: nearest.basis.clone(),
            lacking: nearest.lacking.iter().map(lacking_to_json).collect(),
        }),
        _ => None,
    };
    Explanation { code: rejection.code(), title, detail, remedy, nearest }
}

/// Renders a rejection for its caller.
pub fn render(rejection: &Rejection, context: &Context<'_>) -> Problem {
    let row = row(rejection);
    let (status, proxy_status) = (row.status, proxy_status(&row));
    let Explanation { code, title, detail, remedy, nearest } =
        told(rejection, row, context.language);
    let document = ProblemDocument {
        r#type: format!("urn:sluice:problem:{code}").into(),
        title: title.as_ref().into(),
        status,
        detail: detail.as_ref().into(),
        instance: Some(format!("urn:uuid:{}", context.exchange).into()),
        code: code.into(),
        catalog_version: Some(context.catalog_version.into()),
        entry: context.entry.map(Into::into),
        remedy: remedy.as_ref().into(),
        contact: context.contact.map(Into::into),
        nearest,
        limit: rejection.exhausted().map(limit_to_json),
    };
    // Serialising strings and numbers into memory can't fail.
    let body = serde_json::to_vec(&document).unwrap_or_default();
    Problem { status, body, proxy_status }
}

/// What a lack is, for programs: its code and what would be allowed.
pub fn lacking_to_json(lacking: &Lacking) -> serde_json::Value {
    let mut object = serde_json::json!({ "code": lacking.code() });
    match lacking {
        Lacking::System => object["lacks"] = "system".into(),
        Lacking::Period => object["lacks"] = "period".into(),
        Lacking::Operation { allowed } => {
            let ids: Vec<&str> = allowed.iter().map(|id| &**id).collect();
            object["allowed"] = ids.into();
        }
        Lacking::Mode { allowed } => object["allowed"] = allowed.clone().into(),
        Lacking::PurposeMissing { allowed } | Lacking::PurposeNotAllowed { allowed } => {
            let codes: Vec<&str> = allowed.iter().map(|code| &**code).collect();
            object["allowed"] = codes.into();
        }
        Lacking::PurposeScope { mode, category, allowed } => {
            let codes: Vec<&str> = allowed.iter().map(|code| &**code).collect();
            object["lacks"] = "scope".into();
            object["mode"] = (*mode).into();
            object["category"] = (*category).into();
            object["allowed"] = codes.into();
        }
        Lacking::Lookup { parameter } | Lacking::Binding { parameter } => {
            object["parameter"] = (&**parameter).into();
        }
        Lacking::Budget(limit) => object["limit"] = limit_to_json(limit),
        Lacking::Subject
        | Lacking::CaseMissing
        | Lacking::CaseInvalid
        | Lacking::ConsentMissing
        | Lacking::ConsentInvalid
        | Lacking::OperatorMissing
        | Lacking::OperatorNotAllowed => {}
    }
    object
}

/// A limit of a budget, for programs.
fn limit_to_json(exhausted: &Exhausted) -> serde_json::Value {
    let Exhausted { unit, window, limit, left, refills } = exhausted;
    serde_json::json!({
        "unit": unit.as_str(),
        "window": window.as_str(),
        "limit": limit,
        "left": left,
        "refills": refills.map(|at| rfc3339(at).as_str().to_owned()),
    })
}

/// The gateway's own member of `Proxy-Status`, with `error` because it made the answer.
fn proxy_status(row: &ProblemRow) -> String {
    match row.received_status {
        None => format!("sluice; error={}", row.proxy_error),
        Some(status) => format!("sluice; error={}; received-status={status}", row.proxy_error),
    }
}

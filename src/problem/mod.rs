//! Answers to rejections: RFC 9457 problem documents in two languages, `Proxy-Status` (RFC 9209)
//! and status codes. The texts are data: a row of the [`table()`] for each reason, whose
//! placeholders are filled with the members of the rejection's detail. Texts tell only the facts
//! that this caller may know.
//!
//! | file | what it holds |
//! |------|---------------|
//! | `language` | the languages, and which of them a request asks for |
//! | `row` | the columns of a row |
//! | `table` | the rows, and the row of each rejection |
//! | `fill` | placeholders |

mod fill;
mod language;
mod row;
mod table;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Serialize;
use sluice_core::domain::budget::Exhausted;
use sluice_core::domain::rejection::{Lacking, Rejection};
use sluice_core::ledger::time::rfc3339;

pub use language::Language;
pub use row::{Bilingual, ProblemRow, ProblemStatus};
pub use table::table;

use fill::fill;

use crate::contract::problem::{NearestTerm, ProblemDocument};

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The place of a rejection: the members of its document beside the texts.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The exchange id.
    pub exchange: &'a str,
    /// The catalog version by which it was decided.
    pub catalog_version: &'a str,
    /// `department/entry`, if the request came so far and the entry exists.
    pub entry: Option<&'a str>,
    /// The contact for questions about the entry.
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

/// The texts of a rejection in one language.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The stable code.
    pub code: &'static str,
    /// The kind of problem.
    pub title: Cow<'static, str>,
    /// This occurrence.
    pub detail: Cow<'static, str>,
    /// The remedy: what the reader can do.
    pub remedy: Cow<'static, str>,
    /// The term that came nearest, where one is the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestTerm>,
}

/// The status that a rejection is answered with.
pub fn status(rejection: &Rejection) -> u16 {
    let detail = rejection.detail();
    status_of(rejection, table::row(rejection, detail.as_ref()))
}

fn status_of(rejection: &Rejection, row: &ProblemRow) -> u16 {
    match (row.status, received_status(rejection)) {
        (ProblemStatus::Fixed(status), _) | (ProblemStatus::Received, Some(status)) => status,
        // No row of another rejection is answered with the provider's status.
        (ProblemStatus::Received, None) => 502,
    }
}

/// The provider's status, where this answer replaces it.
fn received_status(rejection: &Rejection) -> Option<u16> {
    if let Rejection::UpstreamError { status } = rejection { Some(*status) } else { None }
}

/// Explains a rejection that is not an answer: of a call that was only evaluated.
pub fn tell(rejection: &Rejection, language: Language) -> Explanation {
    let detail = rejection.detail();
    let row = table::row(rejection, detail.as_ref());
    let say = |text| fill(text, detail.as_ref(), language);
    let nearest = rejection.nearest().map(|nearest| NearestTerm {
        basis: nearest.basis.clone(),
        lacking: nearest.lacking.iter().map(lacking_to_json).collect(),
    });
    Explanation {
        code: rejection.code(),
        title: say(row.title),
        detail: say(row.cause),
        remedy: say(row.remedy),
        nearest,
    }
}

/// Renders a rejection for its caller.
pub fn render(rejection: &Rejection, context: &Context<'_>) -> Problem {
    let row = table::row(rejection, rejection.detail().as_ref());
    let status = status_of(rejection, row);
    let Explanation { code, title, detail, remedy, nearest } = tell(rejection, context.language);
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
    Problem { status, body, proxy_status: proxy_status(row, received_status(rejection)) }
}

/// Renders a lack for programs: its code, and the values that would be allowed.
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
fn proxy_status(row: &ProblemRow, received_status: Option<u16>) -> String {
    match received_status {
        None => format!("sluice; error={}", row.proxy_error),
        Some(status) => format!("sluice; error={}; received-status={status}", row.proxy_error),
    }
}

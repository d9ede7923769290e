//! The detail of a rejection in its record, beyond the code: a reason, which is one of the stable
//! words of [`super::reasons`], and named members. Numbers have their unit in their name.

use super::{Lacking, Malformed, Nearest, RateLimited, Rejection, TooLarge, Undeclared};
use crate::domain::UnixMillis;
use crate::domain::budget::Exhausted;
use crate::domain::target::{BadTarget, MAX_PARTS, MAX_TARGET_BYTES};
use crate::message::{MAX_REQUEST_FIELDS, MAX_REQUEST_HEAD_BYTES};

/// The detail of a rejection. It holds declared names, bounds and counts only: nothing that came
/// from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail<'a> {
    /// The stable word for the reason, unique below its code. If a code has one reason only, the
    /// reason is the code's own word.
    pub reason: &'static str,
    /// Further members, in the order in which they are written.
    pub members: Vec<DetailMember<'a>>,
}

/// One member of a detail.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailMember<'a> {
    /// Its name, with the unit last where the value has one. All values under one name have one
    /// type.
    pub name: &'static str,
    /// Its value.
    pub value: DetailValue<'a>,
}

/// The value of a member.
#[derive(Clone, Debug, PartialEq)]
pub enum DetailValue<'a> {
    /// A declared name or a stable word.
    Text(&'a str),
    /// Several declared names or stable words.
    Texts(Vec<&'a str>),
    /// A count, size, place or bound.
    Number(u64),
    /// A time, written as RFC 3339.
    Time(UnixMillis),
}

impl<'a> Detail<'a> {
    /// Makes a detail that is a reason without members.
    pub fn plain(reason: &'static str) -> Detail<'a> {
        Detail { reason, members: Vec::new() }
    }

    /// Finds the value of a member.
    pub fn member(&self, name: &str) -> Option<&DetailValue<'a>> {
        let mut named = self.members.iter().filter(|member| member.name == name);
        named.next().map(|member| &member.value)
    }

    fn with(mut self, name: &'static str, value: DetailValue<'a>) -> Detail<'a> {
        self.members.push(DetailMember { name, value });
        self
    }

    fn text(self, name: &'static str, text: &'a str) -> Detail<'a> {
        self.with(name, DetailValue::Text(text))
    }

    fn texts(self, name: &'static str, texts: impl Iterator<Item = &'a str>) -> Detail<'a> {
        self.with(name, DetailValue::Texts(texts.collect()))
    }

    fn number(self, name: &'static str, number: u64) -> Detail<'a> {
        self.with(name, DetailValue::Number(number))
    }
}

impl Rejection {
    /// The detail; none where the code says everything.
    pub fn detail(&self) -> Option<Detail<'_>> {
        let alone = || Detail::plain(self.code());
        Some(match self {
            Rejection::UnknownPeer(who) => Detail::plain(who.word()),
            Rejection::PeerSuspended(who) => Detail::plain(who.word()),
            Rejection::RequestMalformed(what) => malformed(what),
            Rejection::RequestTooLarge(what) => too_large(what),
            Rejection::NotInCatalog(what) => Detail::plain(what.word()),
            Rejection::ParameterNotAllowed(what) => undeclared(what),
            Rejection::ParameterMissing { name } => alone().text("parameter", name),
            Rejection::ParameterInvalid { name, why } => {
                Detail::plain(why.word()).text("parameter", name)
            }
            Rejection::FieldUnknown { position } => alone().number("position", (*position).into()),
            Rejection::GrantAmbiguous { grants } => alone().texts("grants", texts(grants)),
            Rejection::Unmet(nearest) | Rejection::GrantNotCovering(nearest) => unmet(nearest),
            Rejection::RateLimited(limit) => rate_limited(limit),
            Rejection::BudgetExhausted { basis, limit } => exhausted(basis, limit),
            Rejection::TooManyAtOnce { most } => alone().number("limit_exchanges", (*most).into()),
            Rejection::UpstreamUnavailable(why) => Detail::plain(why.word()),
            Rejection::UpstreamTimeout(late) => Detail::plain(late.word()),
            Rejection::UpstreamUntrusted { cause } => alone().text("cause", cause),
            Rejection::UpstreamMisbehaved(what) => Detail::plain(what.word()),
            Rejection::UpstreamError { status } => {
                alone().number("received_status", (*status).into())
            }
            Rejection::AnswerUnreadable(why) => Detail::plain(why.word()),
            Rejection::AnswerTooLarge { limit_bytes } => {
                alone().number("limit_bytes", *limit_bytes)
            }
            Rejection::AnswerMismatch(what) => Detail::plain(what.word()),
            Rejection::OutcomeUnknown { cause } => alone().text("cause", cause),
            Rejection::RequestTimeout
            | Rejection::MediaTypeUnsupported
            | Rejection::MethodNotAllowed { .. }
            | Rejection::GrantUnknown
            | Rejection::GrantNotActive
            | Rejection::OperatorSuspended
            | Rejection::NonShared
            | Rejection::EntrySuspended
            | Rejection::ProviderSuspended
            | Rejection::NotAuthorised
            | Rejection::ApprovalRequired
            | Rejection::RecordWithheld
            | Rejection::AnswerUnrecordable
            | Rejection::LogUnavailable
            | Rejection::ReceiptUnknown
            | Rejection::ReceiptPending
            | Rejection::PolicyChanged
            | Rejection::PolicyStale
            | Rejection::Draining
            | Rejection::Overloaded
            | Rejection::GatewayFault => return None,
        })
    }
}

fn texts(list: &[Box<str>]) -> impl Iterator<Item = &str> {
    list.iter().map(|text| &**text)
}

fn malformed<'a>(what: &Malformed) -> Detail<'a> {
    let detail = Detail::plain(what.word());
    match what {
        Malformed::Header(name) | Malformed::RepeatedHeader(name) => detail.text("header", name),
        Malformed::Target(BadTarget::TooLong) => {
            detail.number("limit_bytes", MAX_TARGET_BYTES as u64)
        }
        Malformed::Target(BadTarget::TooManyParts) => {
            detail.number("limit_parts", MAX_PARTS as u64)
        }
        Malformed::Target(_)
        | Malformed::Body
        | Malformed::UnexpectedBody
        | Malformed::Authority
        | Malformed::Message(_)
        | Malformed::Framing
        | Malformed::PseudonymKey => detail,
    }
}

fn too_large<'a>(what: &TooLarge) -> Detail<'a> {
    let detail = Detail::plain(what.word());
    match what {
        TooLarge::Target => detail.number("limit_bytes", MAX_TARGET_BYTES as u64),
        TooLarge::Head => detail
            .number("limit_bytes", MAX_REQUEST_HEAD_BYTES as u64)
            .number("limit_fields", MAX_REQUEST_FIELDS as u64),
        TooLarge::Body { limit_bytes } => detail.number("limit_bytes", *limit_bytes),
    }
}

fn undeclared<'a>(what: &Undeclared) -> Detail<'a> {
    let (Undeclared::Query(position) | Undeclared::Body(position)) = what;
    Detail::plain(what.word()).number("position", (*position).into())
}

/// The lack of the nearest basis. The first lack is the reason, as it also gives the code.
fn unmet(nearest: &Nearest) -> Detail<'_> {
    let Nearest { basis, lacking } = nearest;
    if let Some(limit) = nearest.exhausted() {
        return exhausted(basis, limit);
    }
    // The list is never empty; if it were, the first kind of lack would stand for it.
    let first = lacking.first().unwrap_or(&Lacking::System);
    let detail = Detail::plain(first.word())
        .text("basis", basis)
        .texts("lacking", lacking.iter().map(|lack| lack.word()));
    match first {
        Lacking::Mode { allowed } => detail.texts("allowed", allowed.iter().copied()),
        Lacking::Operation { allowed }
        | Lacking::PurposeMissing { allowed }
        | Lacking::PurposeNotAllowed { allowed } => detail.texts("allowed", texts(allowed)),
        Lacking::PurposeScope { mode, category, allowed } => {
            let detail = detail.text("mode", mode).text("category", category);
            detail.texts("allowed", texts(allowed))
        }
        Lacking::Lookup { parameter } | Lacking::Binding { parameter } => {
            detail.text("parameter", parameter)
        }
        Lacking::System
        | Lacking::Period
        | Lacking::CaseMissing
        | Lacking::CaseInvalid
        | Lacking::ConsentMissing
        | Lacking::ConsentInvalid
        | Lacking::OperatorMissing
        | Lacking::OperatorNotAllowed
        | Lacking::Budget(_)
        | Lacking::Subject => detail,
    }
}

fn rate_limited<'a>(limit: &RateLimited) -> Detail<'a> {
    let RateLimited { of, requests, window_seconds, retry_after_ms } = limit;
    Detail::plain(of.reason())
        .number("limit_requests", (*requests).into())
        .number("window_seconds", (*window_seconds).into())
        .number("retry_after_seconds", retry_after_ms.div_ceil(1000).max(1))
}

fn exhausted<'a>(basis: &'a str, exhausted: &Exhausted) -> Detail<'a> {
    let Exhausted { unit, window, limit, left, refills } = exhausted;
    let detail = Detail::plain(window.reason())
        .text("basis", basis)
        .text("unit", unit.as_str())
        .number("limit", *limit)
        .number("left", *left);
    match refills {
        Some(at) => detail.with("refills_at", DetailValue::Time(*at)),
        None => detail,
    }
}

#[cfg(test)]
mod tests;

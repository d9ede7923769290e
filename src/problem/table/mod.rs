//! The table of problems: a row for every reason of every rejection.
//!
//! | file | rows |
//! |------|------|
//! | `malformed` | requests that can't be read in exactly one way |
//! | `request` | what the peer or its request is refused for |
//! | `policy` | what the policy denies, and limits that were reached |
//! | `unmet` | what a term or grant lacks to hold |
//! | `provider` | what providers do |
//! | `gateway` | what is the gateway's own doing |

mod gateway;
mod malformed;
mod policy;
mod provider;
mod request;
mod unmet;

use sluice_core::domain::rejection::{Detail, Malformed, Rejection};

use super::row::ProblemRow;

/// All rows, those of one code together.
pub fn table() -> impl Iterator<Item = &'static ProblemRow> {
    ALL.iter().copied().flatten()
}

/// Returns the row of a rejection with this detail. A test checks that each reason has one; a
/// missing row would be answered as a fault of the gateway.
pub(super) fn row(rejection: &Rejection, detail: Option<&Detail<'_>>) -> &'static ProblemRow {
    let reason = detail.map_or(rejection.code(), |detail| detail.reason);
    let mut rows = rows(rejection).iter();
    rows.find(|row| row.reason == reason).unwrap_or(&gateway::GATEWAY_FAULT[0])
}

/// The rows of a rejection, one of which has its reason.
fn rows(rejection: &Rejection) -> &'static [ProblemRow] {
    match rejection {
        Rejection::UnknownPeer(_) => &request::UNKNOWN_PEER,
        Rejection::PeerSuspended(_) => &request::PEER_SUSPENDED,
        Rejection::RequestMalformed(Malformed::Target(_)) => &malformed::TARGET,
        Rejection::RequestMalformed(Malformed::Message(_)) => &malformed::MESSAGE,
        Rejection::RequestMalformed(
            Malformed::Header(_)
            | Malformed::RepeatedHeader(_)
            | Malformed::Body
            | Malformed::UnexpectedBody
            | Malformed::Authority
            | Malformed::Framing
            | Malformed::PseudonymKey,
        ) => &malformed::MALFORMED,
        Rejection::RequestTooLarge(_) => &request::TOO_LARGE,
        Rejection::RequestTimeout => &request::REQUEST_TIMEOUT,
        Rejection::MediaTypeUnsupported => &request::MEDIA_TYPE_UNSUPPORTED,
        Rejection::NotInCatalog(_) => &request::NOT_IN_CATALOG,
        Rejection::MethodNotAllowed { .. } => &request::METHOD_NOT_ALLOWED,
        Rejection::ParameterNotAllowed(_) => &request::PARAMETER_NOT_ALLOWED,
        Rejection::ParameterMissing { .. } => &request::PARAMETER_MISSING,
        Rejection::ParameterInvalid { .. } => &request::PARAMETER_INVALID,
        Rejection::FieldUnknown { .. } => &request::FIELD_UNKNOWN,
        Rejection::GrantUnknown => &request::GRANT_UNKNOWN,
        Rejection::ReceiptUnknown => &request::RECEIPT_UNKNOWN,
        Rejection::NonShared => &policy::NON_SHARED,
        Rejection::EntrySuspended => &policy::ENTRY_SUSPENDED,
        Rejection::ProviderSuspended => &policy::PROVIDER_SUSPENDED,
        Rejection::OperatorSuspended => &policy::OPERATOR_SUSPENDED,
        Rejection::NotAuthorised => &policy::NOT_AUTHORISED,
        Rejection::Unmet(nearest) if nearest.exhausted().is_some() => &BUDGET,
        Rejection::Unmet(_) => &UNMET,
        Rejection::GrantNotActive => &policy::GRANT_NOT_ACTIVE,
        Rejection::GrantNotCovering(nearest) if nearest.exhausted().is_some() => {
            &unmet::NOT_COVERING_BUDGET
        }
        Rejection::GrantNotCovering(_) => &unmet::NOT_COVERING,
        Rejection::GrantAmbiguous { .. } => &policy::GRANT_AMBIGUOUS,
        Rejection::ApprovalRequired => &policy::APPROVAL_REQUIRED,
        Rejection::RecordWithheld => &policy::RECORD_WITHHELD,
        Rejection::PolicyChanged => &policy::POLICY_CHANGED,
        Rejection::RateLimited(_) => &policy::RATE,
        Rejection::TooManyAtOnce { .. } => &policy::TOO_MANY_AT_ONCE,
        Rejection::BudgetExhausted { .. } => &BUDGET,
        Rejection::UpstreamUnavailable(_) => &provider::UNAVAILABLE,
        Rejection::UpstreamTimeout(_) => &provider::LATE,
        Rejection::UpstreamUntrusted { .. } => &provider::UPSTREAM_UNTRUSTED,
        Rejection::UpstreamMisbehaved(_) => &provider::MISBEHAVED,
        Rejection::UpstreamError { .. } => &provider::UPSTREAM_ERROR,
        Rejection::AnswerUnreadable(_) => &provider::UNREADABLE,
        Rejection::AnswerTooLarge { .. } => &provider::ANSWER_TOO_LARGE,
        Rejection::AnswerUnrecordable => &provider::ANSWER_UNRECORDABLE,
        Rejection::AnswerMismatch(_) => &provider::MISMATCH,
        Rejection::OutcomeUnknown { .. } => &provider::OUTCOME_UNKNOWN,
        Rejection::LogUnavailable => &gateway::LOG_UNAVAILABLE,
        Rejection::PolicyStale => &gateway::POLICY_STALE,
        Rejection::ReceiptPending => &gateway::RECEIPT_PENDING,
        Rejection::Draining => &gateway::DRAINING,
        Rejection::Overloaded => &gateway::OVERLOADED,
        Rejection::GatewayFault => &gateway::GATEWAY_FAULT,
    }
}

static UNMET: [ProblemRow; 17] = unmet::UNMET;
static BUDGET: [ProblemRow; 2] = policy::BUDGET;

/// All rows, in the order in which a request meets them.
static ALL: [&[ProblemRow]; 48] = [
    &request::UNKNOWN_PEER,
    &request::PEER_SUSPENDED,
    &malformed::MALFORMED,
    &malformed::TARGET,
    &malformed::MESSAGE,
    &request::TOO_LARGE,
    &request::REQUEST_TIMEOUT,
    &request::MEDIA_TYPE_UNSUPPORTED,
    &request::NOT_IN_CATALOG,
    &request::METHOD_NOT_ALLOWED,
    &request::PARAMETER_NOT_ALLOWED,
    &request::PARAMETER_MISSING,
    &request::PARAMETER_INVALID,
    &request::FIELD_UNKNOWN,
    &request::GRANT_UNKNOWN,
    &request::RECEIPT_UNKNOWN,
    &policy::NON_SHARED,
    &policy::ENTRY_SUSPENDED,
    &policy::PROVIDER_SUSPENDED,
    &policy::OPERATOR_SUSPENDED,
    &policy::NOT_AUTHORISED,
    &UNMET,
    &policy::GRANT_NOT_ACTIVE,
    &unmet::NOT_COVERING,
    &unmet::NOT_COVERING_BUDGET,
    &policy::GRANT_AMBIGUOUS,
    &policy::APPROVAL_REQUIRED,
    &policy::RATE,
    &policy::TOO_MANY_AT_ONCE,
    &BUDGET,
    &provider::UNAVAILABLE,
    &provider::LATE,
    &provider::UPSTREAM_UNTRUSTED,
    &provider::MISBEHAVED,
    &provider::UPSTREAM_ERROR,
    &provider::UNREADABLE,
    &provider::ANSWER_TOO_LARGE,
    &provider::ANSWER_UNRECORDABLE,
    &provider::MISMATCH,
    &policy::RECORD_WITHHELD,
    &provider::OUTCOME_UNKNOWN,
    &gateway::LOG_UNAVAILABLE,
    &policy::POLICY_CHANGED,
    &gateway::POLICY_STALE,
    &gateway::RECEIPT_PENDING,
    &gateway::DRAINING,
    &gateway::OVERLOADED,
    &gateway::GATEWAY_FAULT,
];

//! What a record says of a rejection.

use sluice_core::domain::budget::Exhausted;
use sluice_core::domain::rejection::{
    Lacking, Late, NotInCatalog, PartyAtFault, Rejection, Unavailable, Undeclared,
};
use std::sync::atomic::Ordering;

use crate::exchange::context::ExchangeContext;
use crate::metrics::OutcomeLabel;

/// The code of an exchange whose client did not wait for the answer. No rejection, as nobody is
/// answered.
pub(in crate::exchange) const CLIENT_GONE: &str = "client-gone";

/// As what a rejected exchange is counted.
pub(in crate::exchange) fn counted(rejection: &Rejection) -> OutcomeLabel {
    match rejection.fault() {
        PartyAtFault::Peer | PartyAtFault::Request | PartyAtFault::Policy => OutcomeLabel::Refused,
        PartyAtFault::Provider | PartyAtFault::Gateway => OutcomeLabel::Failed,
    }
}

/// What a record says of a rejection beyond its code: names of declared things only.
pub(in crate::exchange) fn detail_of(rejection: &Rejection) -> Option<Box<str>> {
    let text = match rejection {
        Rejection::UnknownPeer(what) => format!("{what:?}"),
        Rejection::PeerSuspended(what) => format!("{what:?}"),
        Rejection::RequestMalformed(what) => format!("{what:?}"),
        Rejection::RequestTooLarge(what) => format!("{what:?}"),
        Rejection::NotInCatalog(NotInCatalog::Entry) => "entry".to_owned(),
        Rejection::NotInCatalog(NotInCatalog::Operation) => "operation".to_owned(),
        Rejection::ParameterNotAllowed(Undeclared::Query(position)) => format!("query {position}"),
        Rejection::ParameterNotAllowed(Undeclared::Body(position)) => format!("body {position}"),
        Rejection::ParameterMissing { name } => name.to_string(),
        Rejection::ParameterInvalid { name, why } => format!("{name} {why:?}"),
        Rejection::FieldUnknown { position } => format!("{position}"),
        Rejection::GrantAmbiguous { grants } => grants.join(", "),
        Rejection::Unmet(nearest) | Rejection::GrantNotCovering(nearest) => {
            let lacking: Vec<&str> = nearest.lacking.iter().map(Lacking::code).collect();
            format!("{}: {}", nearest.basis, lacking.join(", "))
        }
        Rejection::RateLimited(limit) => {
            format!("{}: {} in {} s", limit.of.as_str(), limit.requests, limit.window_seconds)
        }
        Rejection::BudgetExhausted { basis, limit } => {
            let Exhausted { unit, window, limit, left, .. } = limit;
            let (unit, window) = (unit.as_str(), window.as_str());
            format!("{basis}: {left} of {limit} {unit} left, {window}")
        }
        Rejection::TooManyAtOnce { most } => format!("{most}"),
        Rejection::UpstreamUnavailable(why) => format!("{why:?}"),
        Rejection::UpstreamTimeout(late) => format!("{late:?}"),
        Rejection::UpstreamUntrusted { cause } => (*cause).to_owned(),
        Rejection::UpstreamMisbehaved(what) => format!("{what:?}"),
        Rejection::UpstreamError { status } => format!("{status}"),
        Rejection::AnswerUnreadable(why) => format!("{why:?}"),
        Rejection::OutcomeUnknown { cause } => (*cause).to_owned(),
        Rejection::AnswerTooLarge { limit_bytes } => format!("{limit_bytes}"),
        Rejection::AnswerMismatch(what) => format!("{what:?}"),
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
    };
    Some(text.into())
}

/// The code of an exchange that nobody ends: dropped by a panic, by the gateway's stop, or because
/// its client is gone.
pub(in crate::exchange) fn code_of_abandoned(context: &ExchangeContext) -> &'static str {
    if std::thread::panicking() {
        Rejection::GatewayFault.code()
    } else if context.cutting.load(Ordering::Relaxed) {
        Rejection::Draining.code()
    } else {
        CLIENT_GONE
    }
}

/// What is said of a change of which nobody here may know more.
pub(in crate::exchange) fn unknown(why: &Rejection) -> Rejection {
    Rejection::OutcomeUnknown { cause: why.code() }
}

/// What is said of a change that was asked for and of which nobody knows whether it was made. An
/// error of the provider's is its word on that; what kept the request from leaving is ours.
pub(in crate::exchange) fn unknown_if_sent(rejection: Rejection) -> Rejection {
    let cause = rejection.code();
    match rejection {
        Rejection::UpstreamUnavailable(Unavailable::ConnectionLost)
        | Rejection::UpstreamTimeout(Late::Answer)
        | Rejection::UpstreamMisbehaved(_)
        | Rejection::AnswerUnreadable(_)
        | Rejection::AnswerTooLarge { .. }
        | Rejection::AnswerMismatch(_)
        | Rejection::AnswerUnrecordable
        | Rejection::RecordWithheld
        | Rejection::BudgetExhausted { .. }
        | Rejection::Overloaded => Rejection::OutcomeUnknown { cause },
        other => other,
    }
}

//! Codes and labels of exchanges that were rejected, or that nobody has ended.

use std::sync::atomic::Ordering;

use sluice_core::domain::rejection::{Late, PartyAtFault, Rejection, Unavailable};

use crate::exchange::context::ExchangeContext;
use crate::metrics::OutcomeLabel;

/// The code of an exchange whose client did not wait for the answer. No rejection, as nobody is
/// answered.
pub(in crate::exchange) const CLIENT_GONE: &str = "client-gone";

/// The label under which a rejected exchange is counted.
pub(in crate::exchange) fn outcome_label(rejection: &Rejection) -> OutcomeLabel {
    match rejection.fault() {
        PartyAtFault::Peer | PartyAtFault::Request | PartyAtFault::Policy => OutcomeLabel::Refused,
        PartyAtFault::Provider | PartyAtFault::Gateway => OutcomeLabel::Failed,
    }
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

/// The rejection of a change of which nobody here may know more.
pub(in crate::exchange) fn outcome_unknown(why: &Rejection) -> Rejection {
    Rejection::OutcomeUnknown { cause: why.code() }
}

/// The rejection of a change that was asked for and of which nobody knows whether it was made. An
/// error of the provider's is its word on that; what kept the request from leaving is ours.
pub(in crate::exchange) fn outcome_unknown_if_sent(rejection: Rejection) -> Rejection {
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

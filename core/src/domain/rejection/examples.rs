//! An example of each kind of rejection, so that tests and documents leave none out.

use super::{
    BadMessage, BadTarget, Lacking, Late, Malformed, Misbehaved, Mismatch, Nearest, NotInCatalog,
    RateLimited, RateScope, Rejection, Suspended, TooLarge, Unavailable, Undeclared, Unfit,
    UnknownPeer, Unreadable,
};
use crate::domain::budget::{BudgetWindow, Exhausted, Unit};
use crate::domain::entry::Method;

impl Rejection {
    /// An example of every rejection for every reason, with plausible members. A test compares it
    /// with the words of the reasons, and with the variants in the source.
    pub fn examples() -> Vec<Rejection> {
        [peer(), request(), policy(), provider(), gateway()].concat()
    }
}

impl Lacking {
    /// An example of everything that a basis may lack.
    pub fn examples() -> Vec<Lacking> {
        let allowed = || vec!["social-assistance".into(), "case-investigation".into()];
        vec![
            Lacking::System,
            Lacking::Period,
            Lacking::Mode { allowed: vec!["query", "search"] },
            Lacking::Operation { allowed: allowed() },
            Lacking::PurposeMissing { allowed: allowed() },
            Lacking::PurposeMissing { allowed: Vec::new() },
            Lacking::PurposeNotAllowed { allowed: allowed() },
            Lacking::PurposeNotAllowed { allowed: Vec::new() },
            Lacking::PurposeScope { mode: "bulk", category: "trace", allowed: allowed() },
            Lacking::PurposeScope { mode: "bulk", category: "trace", allowed: Vec::new() },
            Lacking::CaseMissing,
            Lacking::CaseInvalid,
            Lacking::ConsentMissing,
            Lacking::ConsentInvalid,
            Lacking::OperatorMissing,
            Lacking::OperatorNotAllowed,
            Lacking::Lookup { parameter: "name".into() },
            Lacking::Budget(exhausted(Unit::Records, BudgetWindow::Day)),
            Lacking::Budget(exhausted(Unit::Persons, BudgetWindow::Total)),
            Lacking::Subject,
            Lacking::Binding { parameter: "region".into() },
        ]
    }
}

fn peer() -> Vec<Rejection> {
    let unknown = UnknownPeer::ALL.map(Rejection::UnknownPeer);
    let suspended = Suspended::ALL.map(Rejection::PeerSuspended);
    unknown.into_iter().chain(suspended).collect()
}

fn request() -> Vec<Rejection> {
    let mut all = Vec::new();
    all.extend(BadTarget::ALL.map(|bad| Rejection::RequestMalformed(Malformed::Target(bad))));
    all.extend(BadMessage::ALL.map(|bad| Rejection::RequestMalformed(Malformed::Message(bad))));
    all.extend(
        [
            Malformed::Header("exchange-purpose"),
            Malformed::RepeatedHeader("exchange-purpose"),
            Malformed::Body,
            Malformed::UnexpectedBody,
            Malformed::Authority,
            Malformed::Framing,
            Malformed::PseudonymKey,
        ]
        .map(Rejection::RequestMalformed),
    );
    let large = [TooLarge::Target, TooLarge::Head, TooLarge::Body { limit_bytes: 1_048_576 }];
    all.extend(large.map(Rejection::RequestTooLarge));
    all.extend([Rejection::RequestTimeout, Rejection::MediaTypeUnsupported]);
    all.extend(NotInCatalog::ALL.map(Rejection::NotInCatalog));
    all.push(Rejection::MethodNotAllowed { allow: vec![Method::Get, Method::Post] });
    all.extend([Undeclared::Query(2), Undeclared::Body(3)].map(Rejection::ParameterNotAllowed));
    all.push(Rejection::ParameterMissing { name: "id_number".into() });
    let unfit = |why| Rejection::ParameterInvalid { name: "id_number".into(), why };
    all.extend(Unfit::ALL.map(unfit));
    all.extend([
        Rejection::FieldUnknown { position: 2 },
        Rejection::GrantUnknown,
        Rejection::ReceiptUnknown,
    ]);
    all
}

fn policy() -> Vec<Rejection> {
    let mut all = vec![
        Rejection::NonShared,
        Rejection::EntrySuspended,
        Rejection::ProviderSuspended,
        Rejection::OperatorSuspended,
        Rejection::NotAuthorised,
        Rejection::GrantNotActive,
        Rejection::GrantAmbiguous { grants: vec!["g-1".into(), "g-2".into()] },
        Rejection::ApprovalRequired,
        Rejection::TooManyAtOnce { most: 16 },
        Rejection::RecordWithheld,
    ];
    for lacking in Lacking::examples() {
        let nearest = |basis: &str, lacking| Nearest { basis: basis.into(), lacking };
        // Each lack stands once alone, and once with another one behind it.
        let two = vec![lacking.clone(), Lacking::CaseMissing];
        for lacking in [two, vec![lacking]] {
            all.push(Rejection::Unmet(nearest("term/own", lacking.clone())));
            all.push(Rejection::GrantNotCovering(nearest("grant/g-1", lacking)));
        }
    }
    all.extend(RateScope::ALL.map(|of| {
        Rejection::RateLimited(RateLimited {
            of,
            requests: 100,
            window_seconds: 60,
            retry_after_ms: 1_500,
        })
    }));
    for window in BudgetWindow::ALL {
        all.extend(Unit::ALL.map(|unit| Rejection::BudgetExhausted {
            basis: "term/own".into(),
            limit: exhausted(unit, window),
        }));
    }
    all
}

fn exhausted(unit: Unit, window: BudgetWindow) -> Exhausted {
    let refills = (window == BudgetWindow::Day).then_some(1_767_196_800_000);
    Exhausted { unit, window, limit: 500, left: 3, refills }
}

fn provider() -> Vec<Rejection> {
    let mut all = Vec::new();
    all.extend(Unavailable::ALL.map(Rejection::UpstreamUnavailable));
    all.extend(Late::ALL.map(Rejection::UpstreamTimeout));
    all.extend(Misbehaved::ALL.map(Rejection::UpstreamMisbehaved));
    all.extend(Unreadable::ALL.map(Rejection::AnswerUnreadable));
    all.extend(Mismatch::ALL.map(Rejection::AnswerMismatch));
    all.extend([
        Rejection::UpstreamUntrusted { cause: "other-department" },
        Rejection::UpstreamError { status: 404 },
        Rejection::AnswerTooLarge { limit_bytes: 1_048_576 },
        Rejection::AnswerUnrecordable,
        Rejection::OutcomeUnknown { cause: "upstream-timeout" },
    ]);
    all
}

fn gateway() -> Vec<Rejection> {
    vec![
        Rejection::LogUnavailable,
        Rejection::PolicyChanged,
        Rejection::PolicyStale,
        Rejection::ReceiptPending,
        Rejection::Draining,
        Rejection::Overloaded,
        Rejection::GatewayFault,
    ]
}

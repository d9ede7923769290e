//! The one closed list of the gateway's negative answers, each with the party at fault. The
//! `problem` room gives each its status, code and text.
//!
//! No variant carries a value that came from outside: a rejection is recorded and shown, and an
//! undeclared value could be anything.

mod detail;
mod examples;
mod provider;
mod reasons;

use super::budget::Exhausted;
use super::entry::Method;
pub use detail::{Detail, DetailMember, DetailValue};
pub use provider::{Late, Misbehaved, Mismatch, Unavailable, Unreadable};

use super::parameter::Unfit;
pub use super::rate_limited::{RateLimited, RateScope};
use super::target::BadTarget;
use crate::message::BadMessage;

/// The reason for which the caller gets no answer of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    // The peer is at fault.
    /// The certificate is valid, but the registry does not know its holder as a caller.
    UnknownPeer(UnknownPeer),
    /// The caller's department or system is not active.
    PeerSuspended(Suspended),

    // The request is at fault.
    /// The request is not one that can be read in exactly one way.
    RequestMalformed(Malformed),
    /// A part of the request is over its bound.
    RequestTooLarge(TooLarge),
    /// The request's body did not arrive in time.
    RequestTimeout,
    /// The body is not declared to be JSON.
    MediaTypeUnsupported,
    /// No such entry, or no such operation of the entry.
    NotInCatalog(NotInCatalog),
    /// The operation exists under other methods.
    MethodNotAllowed {
        /// The methods under which it exists.
        allow: Vec<Method>,
    },
    /// A parameter is given that the operation does not declare.
    ParameterNotAllowed(Undeclared),
    /// A required parameter is missing.
    ParameterMissing {
        /// Its declared name.
        name: Box<str>,
    },
    /// A parameter's value does not pass its rule.
    ParameterInvalid {
        /// Its declared name.
        name: Box<str>,
        /// The part of the rule that it fails.
        why: Unfit,
    },
    /// `Exchange-Fields` names something that the entry does not declare.
    FieldUnknown {
        /// Its place in the list, from 1.
        position: u16,
    },
    /// `Exchange-Grant` names a grant that this caller does not have for this entry.
    GrantUnknown,

    // The policy forbids it.
    /// The entry is not shared.
    NonShared,
    /// The entry is stopped.
    EntrySuspended,
    /// The provider department is not active.
    ProviderSuspended,
    /// The person on whose behalf the call is made is stopped.
    OperatorSuspended,
    /// No term is for this consumer.
    NotAuthorised,
    /// Terms are for this consumer, but none holds for this request.
    Unmet(Nearest),
    /// The grant that is named has not begun or has ended.
    GrantNotActive,
    /// The grant that is named does not cover the request.
    GrantNotCovering(Nearest),
    /// Several grants of the caller's hold; one must be named.
    GrantAmbiguous {
        /// Their ids.
        grants: Vec<Box<str>>,
    },
    /// The operation works under an approved grant only.
    ApprovalRequired,
    /// Too many requests.
    RateLimited(RateLimited),
    /// A budget leaves less than the answer holds.
    BudgetExhausted {
        /// The basis whose budget it is, as `term/<id>`; always one of the caller's own.
        basis: Box<str>,
        /// The limit.
        limit: Exhausted,
    },
    /// The system has as many exchanges under way as one may.
    TooManyAtOnce {
        /// The number that is allowed.
        most: u32,
    },

    // The provider is at fault.
    /// The provider can't be reached.
    UpstreamUnavailable(Unavailable),
    /// The provider did not answer in time.
    UpstreamTimeout(Late),
    /// The peer at the provider's address is not the provider.
    UpstreamUntrusted {
        /// The reason for which its certificate is not accepted, one of a fixed list of words.
        cause: &'static str,
    },
    /// The provider answered something that has no place in an exchange.
    UpstreamMisbehaved(Misbehaved),
    /// The provider answered with an error whose body can't be shown.
    UpstreamError {
        /// The provider's status, 400 to 599.
        status: u16,
    },
    /// The provider's answer can't be judged, so it is withheld.
    AnswerUnreadable(Unreadable),
    /// The provider's answer is over its bound.
    AnswerTooLarge {
        /// The bound in bytes.
        limit_bytes: u64,
    },
    /// The provider's answer names more persons than a record can hold.
    AnswerUnrecordable,
    /// The provider's answer is not what was asked for.
    AnswerMismatch(Mismatch),
    /// A condition withholds the one record of the answer.
    RecordWithheld,
    /// The provider was asked to change something, and whether it did is not known.
    OutcomeUnknown {
        /// The code of what went wrong.
        cause: &'static str,
    },

    // The gateway is at fault.
    /// The exchange can't be recorded.
    LogUnavailable,
    /// Another policy has come into force, which shows less of the rest of the answer.
    PolicyChanged,
    /// The policy is stale: the catalog's store was not heard of for so long that only what is open
    /// to all departments is permitted.
    PolicyStale,
    /// The log holds no such exchange of the caller.
    ReceiptUnknown,
    /// No checkpoint covers the record yet.
    ReceiptPending,
    /// The gateway is stopping.
    Draining,
    /// Answers to other requests use all the memory that there is for them.
    Overloaded,
    /// A step inside the gateway failed.
    GatewayFault,
}

/// The part of the peer's identity that the registry does not know as a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnknownPeer {
    Department,
    System,
    /// A person's certificate, on the listener for systems.
    Person,
}

/// The part of the caller that is not active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Suspended {
    Department,
    System,
}

/// The part of a request that can't be read in exactly one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Its path or query.
    Target(BadTarget),
    /// A header of the gateway's own that is not a structured field of its type (RFC 9651).
    Header(&'static str),
    /// A header of the gateway's own that stands more than once.
    RepeatedHeader(&'static str),
    /// The body is not one JSON object with distinct keys and scalar values.
    Body,
    /// A body is sent to an operation that has none.
    UnexpectedBody,
    /// The authority or form of the target is not one for this gateway.
    Authority,
    /// The bytes are no message of HTTP/1.1.
    Message(BadMessage),
    /// The bytes are not HTTP/2 according to RFC 9113.
    Framing,
    /// Pseudonyms are asked for of a key that is not yet, or no longer, in use.
    PseudonymKey,
}

/// The part of a request that is over its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// Path and query.
    Target,
    /// The head, by its bytes or its number of fields.
    Head,
    /// The body.
    Body {
        /// The bound in bytes.
        limit_bytes: u64,
    },
}

/// The part of a path that is not in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NotInCatalog {
    Entry,
    Operation,
}

/// A parameter that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undeclared {
    /// The parameter at this place in the query, from 1.
    Query(u16),
    /// The member at this place in the body, from 1.
    Body(u16),
}

/// The basis that came nearest to holding, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The basis, as `term/<id>` or `grant/<id>`; always one of the caller's own.
    pub basis: Box<str>,
    /// The lacks, in the order of the checks; never empty.
    pub lacking: Vec<Lacking>,
}

/// A condition of a basis that a request does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// The term is not for this system of the department.
    System,
    /// The term has not begun or has ended.
    Period,
    /// The term does not allow this way of use.
    Mode {
        /// The modes it allows.
        allowed: Vec<&'static str>,
    },
    /// The grant does not list this operation.
    Operation {
        /// The operations it lists.
        allowed: Vec<Box<str>>,
    },
    /// A purpose must be stated.
    PurposeMissing {
        /// The purposes the term allows; empty means any registered one.
        allowed: Vec<Box<str>>,
    },
    /// The purpose stated is not one the term allows.
    PurposeNotAllowed {
        /// The purposes the term allows; empty means any registered one.
        allowed: Vec<Box<str>>,
    },
    /// The purpose stated does not allow this way of use or this kind of data, whatever the term
    /// allows.
    PurposeScope {
        /// The operation's mode.
        mode: &'static str,
        /// The entry's category.
        category: &'static str,
        /// The term's purposes that do allow both.
        allowed: Vec<Box<str>>,
    },
    /// A case reference must be given.
    CaseMissing,
    /// The case reference does not have the form the term asks for.
    CaseInvalid,
    /// A consent reference must be given.
    ConsentMissing,
    /// The consent reference does not have the general form of references.
    ConsentInvalid,
    /// An operator must be named.
    OperatorMissing,
    /// The operator named is not one the term allows, or no active person of the consumer.
    OperatorNotAllowed,
    /// The consumer may not search by a field that its view does not show.
    Lookup {
        /// The parameter.
        parameter: Box<str>,
    },
    /// Nothing is left of a limit of its budget.
    Budget(Exhausted),
    /// The grant is for other persons than the ones asked about, or nobody is asked about.
    Subject,
    /// The term ties a parameter to another value than the one given.
    Binding {
        /// The parameter.
        parameter: Box<str>,
    },
}

/// The party at fault for a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum PartyAtFault {
    Peer,
    Request,
    Policy,
    Provider,
    Gateway,
}

impl Rejection {
    /// The budget limit that leaves too little, if that is the reason.
    pub fn exhausted(&self) -> Option<&Exhausted> {
        if let Rejection::BudgetExhausted { limit, .. } = self {
            Some(limit)
        } else if let Rejection::Unmet(nearest) = self {
            nearest.exhausted()
        } else {
            None
        }
    }

    /// The basis that came nearest, with its lacks, where one is the reason.
    pub fn nearest(&self) -> Option<&Nearest> {
        if let Rejection::Unmet(nearest) | Rejection::GrantNotCovering(nearest) = self {
            Some(nearest)
        } else {
            None
        }
    }

    /// The stable code, in problem documents, records and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::UnknownPeer(_) => "unknown-peer",
            Rejection::PeerSuspended(_) => "peer-suspended",
            Rejection::RequestMalformed(_) => "request-malformed",
            Rejection::RequestTooLarge(_) => "request-too-large",
            Rejection::RequestTimeout => "request-timeout",
            Rejection::MediaTypeUnsupported => "media-type-unsupported",
            Rejection::NotInCatalog(_) => "not-in-catalog",
            Rejection::MethodNotAllowed { .. } => "method-not-allowed",
            Rejection::ParameterNotAllowed(_) => "parameter-not-allowed",
            Rejection::ParameterMissing { .. } => "parameter-missing",
            Rejection::ParameterInvalid { .. } => "parameter-invalid",
            Rejection::FieldUnknown { .. } => "field-unknown",
            Rejection::GrantUnknown => "grant-unknown",
            Rejection::NonShared => "non-shared",
            Rejection::EntrySuspended => "entry-suspended",
            Rejection::ProviderSuspended => "provider-suspended",
            Rejection::OperatorSuspended => "operator-suspended",
            Rejection::NotAuthorised => "not-authorised",
            Rejection::Unmet(nearest) => nearest.code(),
            Rejection::GrantNotActive => "grant-not-active",
            Rejection::GrantNotCovering(_) => "grant-not-covering",
            Rejection::GrantAmbiguous { .. } => "grant-ambiguous",
            Rejection::ApprovalRequired => "approval-required",
            Rejection::RateLimited(_) => "rate-limited",
            Rejection::BudgetExhausted { .. } => "budget-exhausted",
            Rejection::TooManyAtOnce { .. } => "too-many-at-once",
            Rejection::UpstreamUnavailable(_) => "upstream-unavailable",
            Rejection::UpstreamTimeout(_) => "upstream-timeout",
            Rejection::UpstreamUntrusted { .. } => "upstream-untrusted",
            Rejection::UpstreamMisbehaved(_) => "upstream-misbehaved",
            Rejection::UpstreamError { .. } => "upstream-error",
            Rejection::AnswerUnreadable(_) => "answer-unreadable",
            Rejection::AnswerTooLarge { .. } => "answer-too-large",
            Rejection::AnswerUnrecordable => "answer-unrecordable",
            Rejection::AnswerMismatch(_) => "answer-mismatch",
            Rejection::RecordWithheld => "record-withheld",
            Rejection::OutcomeUnknown { .. } => "outcome-unknown",
            Rejection::LogUnavailable => "log-unavailable",
            Rejection::ReceiptUnknown => "receipt-unknown",
            Rejection::ReceiptPending => "receipt-pending",
            Rejection::PolicyChanged => "policy-changed",
            Rejection::PolicyStale => "policy-stale",
            Rejection::Draining => "draining",
            Rejection::Overloaded => "overloaded",
            Rejection::GatewayFault => "gateway-fault",
        }
    }

    /// The party at fault.
    pub fn fault(&self) -> PartyAtFault {
        match self {
            Rejection::UnknownPeer(_) | Rejection::PeerSuspended(_) => PartyAtFault::Peer,
            Rejection::RequestMalformed(_)
            | Rejection::RequestTooLarge(_)
            | Rejection::RequestTimeout
            | Rejection::MediaTypeUnsupported
            | Rejection::NotInCatalog(_)
            | Rejection::MethodNotAllowed { .. }
            | Rejection::ParameterNotAllowed(_)
            | Rejection::ParameterMissing { .. }
            | Rejection::ParameterInvalid { .. }
            | Rejection::FieldUnknown { .. }
            | Rejection::GrantUnknown
            | Rejection::ReceiptUnknown => PartyAtFault::Request,
            Rejection::NonShared
            | Rejection::EntrySuspended
            | Rejection::ProviderSuspended
            | Rejection::OperatorSuspended
            | Rejection::NotAuthorised
            | Rejection::Unmet(_)
            | Rejection::GrantNotActive
            | Rejection::GrantNotCovering(_)
            | Rejection::GrantAmbiguous { .. }
            | Rejection::ApprovalRequired
            | Rejection::RecordWithheld
            | Rejection::BudgetExhausted { .. }
            | Rejection::TooManyAtOnce { .. }
            | Rejection::RateLimited(_) => PartyAtFault::Policy,
            Rejection::UpstreamUnavailable(_)
            | Rejection::UpstreamTimeout(_)
            | Rejection::UpstreamUntrusted { .. }
            | Rejection::UpstreamMisbehaved(_)
            | Rejection::UpstreamError { .. }
            | Rejection::AnswerUnreadable(_)
            | Rejection::AnswerTooLarge { .. }
            | Rejection::AnswerUnrecordable
            | Rejection::OutcomeUnknown { .. }
            | Rejection::AnswerMismatch(_) => PartyAtFault::Provider,
            Rejection::LogUnavailable
            | Rejection::ReceiptPending
            | Rejection::PolicyChanged
            | Rejection::PolicyStale
            | Rejection::Draining
            | Rejection::Overloaded
            | Rejection::GatewayFault => PartyAtFault::Gateway,
        }
    }
}

impl Nearest {
    /// The budget limit that leaves too little, if that is all it lacks.
    pub fn exhausted(&self) -> Option<&Exhausted> {
        if let [Lacking::Budget(limit)] = &*self.lacking { Some(limit) } else { None }
    }

    /// The code of the first lack.
    pub fn code(&self) -> &'static str {
        self.lacking.first().map_or("not-authorised", Lacking::code)
    }
}

impl Lacking {
    /// The code of a denial for this lack alone.
    pub fn code(&self) -> &'static str {
        match self {
            Lacking::System | Lacking::Period => "not-authorised",
            Lacking::Mode { .. } => "mode-not-allowed",
            Lacking::Operation { .. } => "operation-not-allowed",
            Lacking::PurposeMissing { .. } => "purpose-missing",
            Lacking::PurposeNotAllowed { .. } => "purpose-not-allowed",
            Lacking::PurposeScope { .. } => "purpose-not-allowed",
            Lacking::CaseMissing => "case-missing",
            Lacking::CaseInvalid => "case-invalid",
            Lacking::ConsentMissing => "consent-missing",
            Lacking::ConsentInvalid => "consent-invalid",
            Lacking::OperatorMissing => "operator-missing",
            Lacking::OperatorNotAllowed => "operator-not-allowed",
            Lacking::Subject => "subject-not-allowed",
            Lacking::Budget(_) => "budget-exhausted",
            Lacking::Lookup { .. } | Lacking::Binding { .. } => "parameter-not-allowed",
        }
    }
}

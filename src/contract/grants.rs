//! Temporary grants and their uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sluice_core::grant::document::Volume;
use sluice_core::grant::{Grant, Subjects};
use utoipa::ToSchema;

use super::quotas::BudgetLeft;
use super::steps::StepResponse;

/// A grant that is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// The entry: `department/entry`.
    pub entry: String,
    /// The operations that shall be allowed.
    pub operations: Vec<String>,
    /// The fields that shall be seen, by paths; or else `clearance`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// All fields that have at most this level now shall be seen.
    #[schema(minimum = 1, maximum = 4)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<u8>,
    /// A registered purpose of the data.
    pub purpose: String,
    /// The case that will be stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The time from which it shall hold (RFC 3339).
    pub from: String,
    /// The time at which it shall end (RFC 3339).
    pub until: String,
    /// The law or decision that it rests on.
    pub legal_basis: String,
    /// The person who answers for it at the consumer, by their id.
    pub responsible: String,
    /// The person who answers for it at the provider.
    pub responsible_at_provider: String,
    /// The systems that it is for; all where none is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// The people on whose behalf they may call; anybody of the department where nobody is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<String>,
    /// Values that parameters are tied to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bindings: BTreeMap<String, String>,
    /// Requests a second, at most.
    #[schema(value_type = Option<u32>, minimum = 1)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<std::num::NonZeroU32>,
    /// Limits of use: `daily` and `total`, of requests, records, bytes, persons.
    #[schema(value_type = Object)]
    #[serde(default, skip_serializing_if = "Volume::is_empty")]
    pub budget: Volume,
    /// The conditions that the consumer will keep to, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// The time for which the data may be kept: an ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
    /// The dates of its reviews, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<String>,
    /// The data subjects that it covers: digests, and their key. Every person asked about must be
    /// one of them.
    #[schema(value_type = Option<Object>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Subjects>,
    /// The grant that it shall replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<String>,
}

/// A grant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantResponse {
    /// Its id.
    pub id: String,
    /// written, requested, agreed, approved, escalated, endorsed, reviewed, active, used-up, expired, lapsed
    /// (nobody has opened it in time), suspended, unreviewed, superseded, declined, withdrawn, revoked or returned.
    pub state: String,
    /// The grant in the canonical form that people sign.
    pub text: String,
    /// The same, to be read.
    pub grant: GrantContents,
    /// The digest that statements name.
    pub digest: String,
    /// The person who wrote it: department/id.
    pub by: String,
    /// The time at which it was written.
    pub time: String,
    /// The steps that were taken.
    pub steps: Vec<StepResponse>,
    /// The digest that the next statement names as `previous`.
    pub previous: Option<String>,
    /// The step that the grant waits for.
    pub waits_for: Option<AwaitedResponse>,
    /// The date of the review that is due: a person of the provider confirms the grant, or it is
    /// suspended.
    pub review_due: Option<String>,
    /// The grant that has replaced it.
    pub superseded: Option<String>,
    /// The rest of its budget.
    pub budget: Vec<BudgetLeft>,
}

/// The contents of a grant, to be read. Whoever signs reads `text` instead, which is refused if it says
/// anything that the reader does not know.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct GrantContents {
    /// The consumer department.
    pub consumer: String,
    /// The entry: `department/entry`.
    pub entry: String,
    /// The time from which it holds.
    pub from: String,
    /// The time at which it ends.
    pub until: String,
    /// The purpose of the data.
    pub purpose: String,
    /// All its other members, as `text` has them.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub others: Map<String, Value>,
}

impl GrantContents {
    /// Reads the members of a grant.
    pub fn of(grant: &Grant) -> GrantContents {
        // A grant is an object of texts, numbers and lists, with all these members: neither can fail.
        let members = serde_json::to_value(grant).unwrap_or_default();
        serde_json::from_value(members).unwrap_or_default()
    }
}

/// The step that a grant waits for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AwaitedResponse {
    /// The step that is waited for.
    pub step: String,
    /// The department of the person.
    pub department: String,
    /// The role in which the person takes the step.
    pub role: String,
    /// The deadline.
    pub due: Option<String>,
    /// True if the deadline has passed: the consumer may escalate the request.
    pub overdue: bool,
    /// True if the request went to the office above both parties because nobody had answered in
    /// time.
    pub escalated_by_itself: bool,
}

/// A page of uses.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantUses {
    /// The uses, in the order of the log.
    pub uses: Vec<GrantUse>,
    /// The index to go on from; none at the end of the log.
    pub next: Option<u64>,
}

/// A use of a grant: an exchange that was permitted under it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantUse {
    /// The index of the record in this gateway's log.
    pub index: u64,
    /// The time of the record.
    pub time: String,
    /// The exchange.
    pub exchange: String,
    /// The system that asked.
    pub system: String,
    /// The person on whose behalf it asked.
    pub operator: String,
    /// The operation.
    pub operation: String,
    /// The case that was stated.
    pub case: String,
    /// The number of records that were released.
    pub records: u64,
    /// The code of the problem, if there was one.
    pub code: Option<String>,
}

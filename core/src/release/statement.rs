//! Statements that people sign: canonical JSON (RFC 8785), so that signer and verifier hash the
//! same bytes.
//!
//! The texts are ids, digests, times and words of closed lists; the one free text is a reason. Keys
//! are ASCII and sorted, numbers are whole and below 2^53. Under these limits serde_json writes a
//! sorted map exactly as RFC 8785 demands.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::content::ContentDigest;
use super::step::{DraftStep, StepName};
use crate::domain::UnixMillis;
use crate::domain::registry::Role;
use crate::ledger::time::{parse_rfc3339, rfc3339};

/// Version of the form, the member `v`.
const VERSION: u64 = 1;

/// Longest reason in bytes.
pub const MAX_REASON_BYTES: usize = 1_024;

/// Largest whole number of a statement or a grant. RFC 8785 reads numbers as floating-point ones,
/// which can't tell larger ones apart.
pub const MAX_EXACT_INTEGER: u64 = (1 << 53) - 1;

/// A statement of one step, as a person signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<S: StepName = DraftStep> {
    /// The step.
    pub step: S,
    /// The object that it is about: `draft/<id>` or `grant/<id>`.
    pub object: Box<str>,
    /// The digest of that object.
    pub digest: ContentDigest,
    /// The digest of the statement before, as it was signed; none for the first.
    pub previous: Option<ContentDigest>,
    /// The role in which the person signs.
    pub role: Role,
    /// The time by the signer's clock.
    pub time: UnixMillis,
    /// The release that it publishes, if it is an approval.
    pub approval: Option<Approval>,
    /// The reason; a rejection has one.
    pub reason: Option<Box<str>>,
}

/// The release that an approval publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its number.
    pub release: u64,
    /// The digest of its manifest.
    pub manifest: ContentDigest,
    /// The digest of the manifest of the release before it.
    pub after: ContentDigest,
    /// The time at which it takes effect; none means at once.
    pub effective: Option<UnixMillis>,
}

/// The reason for which a text is no statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAStatement {
    /// The text is not one JSON object.
    NotJson,
    /// The text is not in the canonical form, or has members that no statement has.
    NotCanonical,
    /// This member is missing or has another form.
    Member(&'static str),
}

impl<S: StepName> Statement<S> {
    /// The bytes that are signed.
    pub fn canonical(&self) -> String {
        let text = |value: &dyn fmt::Display| Value::String(value.to_string());
        let time = |time: UnixMillis| text(&rfc3339(time));
        let mut members = BTreeMap::new();
        let mut put = |key: &'static str, value: Value| drop(members.insert(key, value));
        put("v", VERSION.into());
        put("step", text(&self.step.as_str()));
        put("object", text(&self.object));
        put("digest", text(&self.digest));
        put("role", text(&self.role.as_str()));
        put("time", time(self.time));
        if let Some(previous) = &self.previous {
            put("previous", text(previous));
        }
        if let Some(Approval { release, manifest, after, effective }) = &self.approval {
            put("release", (*release).into());
            put("manifest", text(manifest));
            put("after", text(after));
            if let Some(at) = effective {
                put("effective", time(*at));
            }
        }
        if let Some(reason) = &self.reason {
            put("reason", text(reason));
        }
        // A map of texts and numbers can always be written.
        serde_json::to_string(&members).unwrap_or_default()
    }

    /// Reads the form that [`Statement::canonical`] writes, and nothing else.
    ///
    /// # Errors
    /// [`NotAStatement`].
    pub fn parse(text: &str) -> Result<Statement<S>, NotAStatement> {
        let members: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| NotAStatement::NotJson)?;
        let said = Said(&members);
        let approval = match said.optional("release", as_exact)? {
            None => None,
            Some(release) => Some(Approval {
                release,
                manifest: said.digest("manifest")?,
                after: said.digest("after")?,
                effective: said.optional("effective", as_time)?,
            }),
        };
        let statement = Statement {
            step: said.read("step", |value| S::parse(value.as_str()?))?,
            object: said.read("object", |value| value.as_str().map(Box::from))?,
            digest: said.digest("digest")?,
            previous: said.optional("previous", as_digest)?,
            role: said.read("role", |value| role(value.as_str()?))?,
            time: said.read("time", as_time)?,
            approval,
            reason: said.optional("reason", as_reason)?,
        };
        // Members that were not read are missing when the statement is written again.
        if statement.canonical() == text { Ok(statement) } else { Err(NotAStatement::NotCanonical) }
    }
}

struct Said<'a>(&'a Map<String, Value>);

impl Said<'_> {
    fn optional<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, NotAStatement> {
        let value = self.0.get(key);
        value.map(|value| read(value).ok_or(NotAStatement::Member(key))).transpose()
    }

    fn read<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, NotAStatement> {
        self.optional(key, read)?.ok_or(NotAStatement::Member(key))
    }

    fn digest(&self, key: &'static str) -> Result<ContentDigest, NotAStatement> {
        self.read(key, as_digest)
    }
}

fn as_digest(value: &Value) -> Option<ContentDigest> {
    ContentDigest::parse(value.as_str()?)
}

fn as_time(value: &Value) -> Option<UnixMillis> {
    parse_rfc3339(value.as_str()?)
}

fn as_exact(value: &Value) -> Option<u64> {
    value.as_u64().filter(|number| *number <= MAX_EXACT_INTEGER)
}

fn as_reason(value: &Value) -> Option<Box<str>> {
    value
        .as_str()
        .filter(|text| !text.trim().is_empty() && text.len() <= MAX_REASON_BYTES)
        .map(Box::from)
}

fn role(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == word)
}

impl fmt::Display for NotAStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAStatement::NotJson => f.write_str("it is not one JSON object"),
            NotAStatement::NotCanonical => {
                f.write_str("it is not in canonical form (RFC 8785), or has members of its own")
            }
            NotAStatement::Member(key) => write!(f, "its member `{key}` is missing or malformed"),
        }
    }
}

impl std::error::Error for NotAStatement {}

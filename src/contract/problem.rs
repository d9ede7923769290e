//! Problem documents (RFC 9457): the exchange's and the administrative interface's.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A problem document. Its texts are in the language that its reader asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProblemDocument<'a> {
    /// `urn:sluice:problem:<code>`.
    pub r#type: Cow<'a, str>,
    /// The kind of problem; the same for every occurrence.
    pub title: Cow<'a, str>,
    /// The status.
    pub status: u16,
    /// This occurrence.
    pub detail: Cow<'a, str>,
    /// The exchange, as `urn:uuid:<id>`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<Cow<'a, str>>,
    /// The stable code.
    pub code: Cow<'a, str>,
    /// The catalog version by which an exchange was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_version: Option<Cow<'a, str>>,
    /// The entry that was asked, if the request came so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<Cow<'a, str>>,
    /// The remedy: what the caller can do.
    pub remedy: Cow<'a, str>,
    /// The contact for questions about the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Cow<'a, str>>,
    /// The term that came nearest, where one is the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestTerm>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub limit: Option<Value>,
}

/// A term for the caller, and the conditions that are not met.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NearestTerm {
    /// The term, as `term/<id>`.
    #[schema(value_type = String)]
    pub basis: Box<str>,
    /// The conditions that are not met: each with its `code`, and the values that would be allowed.
    #[schema(value_type = Vec<Object>)]
    pub lacking: Vec<Value>,
}

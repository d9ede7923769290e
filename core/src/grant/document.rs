//! The text of a grant as people sign it: canonical JSON (RFC 8785). Members are declared in the
//! order of their names, texts have no characters that JSON can write in two ways, and numbers are
//! whole.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::retention::retention_days;
use super::subjects::{MAX_SUBJECTS, Subjects};
use crate::domain::UnixMillis;
use crate::domain::budget::Budget;
use crate::domain::declared::{MAX_REFERENCE_CHARS, is_reference};
use crate::domain::name::Name;
use crate::release::ContentDigest;
use crate::release::statement::MAX_EXACT_INTEGER;

/// Longest text of a grant in bytes.
pub const MAX_TEXT_BYTES: usize = 2_000;

/// Most operations, fields, systems, people or bindings that one grant lists.
pub const MAX_LISTED_ITEMS: usize = 256;

/// A temporary grant. It pins what it was written for: the catalog version, and each field with its
/// level at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The values that parameters are tied to, by the parameters' names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", serialize_with = "by_utf16")]
    pub bindings: BTreeMap<Box<str>, Box<str>>,
    /// The amounts that may be used under it.
    #[serde(default, skip_serializing_if = "Volume::is_empty")]
    pub budget: Volume,
    /// The case that requests must state, if the grant is for one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Box<str>>,
    /// The catalog version for which it was written.
    pub catalog: Box<str>,
    /// The provider's conditions for the consumer, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Box<str>>,
    /// The consumer department.
    pub consumer: Name,
    /// The entry: `department/entry`.
    pub entry: Box<str>,
    /// The fields that the consumer may see, each with the level that is approved for it.
    #[serde(serialize_with = "by_utf16")]
    pub fields: BTreeMap<Box<str>, u8>,
    /// The time from which it holds.
    #[serde(with = "stamp")]
    pub from: UnixMillis,
    /// Its id.
    pub id: Name,
    /// The law or decision that it rests on.
    pub legal_basis: Box<str>,
    /// The operations that it lists.
    pub operations: Vec<Name>,
    /// The people of the consumer on whose behalf its systems may call. A request must name one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Name>,
    /// The purpose of the data.
    pub purpose: Name,
    /// Most requests a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<std::num::NonZeroU32>,
    /// The people who answer for it on both sides.
    pub responsible: Responsible,
    /// The time for which the data may be kept, as an ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Box<str>>,
    /// The dates on which it is to be reviewed.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "stamps")]
    pub reviews: Vec<UnixMillis>,
    /// The persons that requests may ask about. If the grant lists them, each request must ask
    /// about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Subjects>,
    /// The grant that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Name>,
    /// The systems of the consumer that it is for; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<Name>,
    /// The time from which it no longer holds.
    #[serde(with = "stamp")]
    pub until: UnixMillis,
}

/// The people who answer for a grant, by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responsible {
    /// The consumer's.
    pub consumer: Name,
    /// The provider's.
    pub provider: Name,
}

/// The amounts that may be used under a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The amounts of each day, from midnight to midnight.
    #[serde(default, skip_serializing_if = "Amounts::is_empty")]
    pub daily: Amounts,
    /// The amounts over all days together.
    #[serde(default, skip_serializing_if = "Amounts::is_empty")]
    pub total: Amounts,
}

/// The amounts that may be used in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<std::num::NonZeroU64>,
    /// Distinct persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persons: Option<std::num::NonZeroU64>,
    /// Records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<std::num::NonZeroU64>,
    /// Requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<std::num::NonZeroU64>,
}

/// The reason for which a text is no grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAGrant {
    /// The text is not JSON of this form; with the place.
    Json(String),
    /// The text is not in the canonical form.
    NotCanonical,
    /// A list is empty although it must not be, is too long, is not sorted, or has an item twice.
    List(&'static str),
    /// A text is empty, too long, or has control characters.
    Text(&'static str),
    /// The grant ends before it begins.
    Period,
    /// A number is larger than canonical JSON can express.
    Number,
    /// The case does not have the form of a reference.
    Case,
    /// The retention is no ISO 8601 duration.
    Retention,
    /// The persons are no list of digests.
    Subjects,
    /// The reviews are not within the period, or not in order.
    Reviews,
}

impl Grant {
    /// The text that is signed.
    pub fn canonical(&self) -> String {
        // Structs of texts, numbers and sorted maps can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The digest that people sign.
    pub fn digest(&self) -> ContentDigest {
        ContentDigest::of(self.canonical().as_bytes())
    }

    /// Reads the form that [`Grant::canonical`] writes, and nothing else.
    ///
    /// # Errors
    /// [`NotAGrant`].
    pub fn parse(text: &str) -> Result<Grant, NotAGrant> {
        let grant: Grant =
            serde_json::from_str(text).map_err(|why| NotAGrant::Json(why.to_string()))?;
        if grant.canonical() != text {
            return Err(NotAGrant::NotCanonical);
        }
        grant.check()?;
        Ok(grant)
    }

    /// Checks lists, texts and period, without the catalog.
    ///
    /// # Errors
    /// [`NotAGrant`].
    pub fn check(&self) -> Result<(), NotAGrant> {
        let sorted = |names: &[Name]| names.is_sorted_by(|a, b| a.as_str() < b.as_str());
        for (what, names, needed) in [
            ("operations", &self.operations, true),
            ("operators", &self.operators, false),
            ("systems", &self.systems, false),
        ] {
            if names.len() > MAX_LISTED_ITEMS || !sorted(names) || (needed && names.is_empty()) {
                return Err(NotAGrant::List(what));
            }
        }
        if self.fields.is_empty() || self.fields.len() > MAX_LISTED_ITEMS {
            return Err(NotAGrant::List("fields"));
        }
        if self.bindings.len() > MAX_LISTED_ITEMS {
            return Err(NotAGrant::List("bindings"));
        }
        for (what, text) in [
            ("legal_basis", Some(&*self.legal_basis)),
            ("case", self.case.as_deref()),
            ("conditions", self.conditions.as_deref()),
            ("retention", self.retention.as_deref()),
        ] {
            if !text.is_none_or(is_plain) {
                return Err(NotAGrant::Text(what));
            }
        }
        let bound = self.bindings.iter().flat_map(|(name, value)| [name, value]);
        if !bound.into_iter().all(|text| is_plain(text)) {
            return Err(NotAGrant::Text("bindings"));
        }
        if self.budget.largest() > MAX_EXACT_INTEGER {
            return Err(NotAGrant::Number);
        }
        if !self.case.as_deref().is_none_or(is_reference) {
            return Err(NotAGrant::Case);
        }
        if self.retention.as_deref().is_some_and(|text| retention_days(text).is_none()) {
            return Err(NotAGrant::Retention);
        }
        if !self.subjects.as_ref().is_none_or(Subjects::is_well_formed) {
            return Err(NotAGrant::Subjects);
        }
        let within = |at: &UnixMillis| self.from < *at && *at < self.until;
        let ascending = self.reviews.is_sorted_by(|a, b| a < b);
        if self.reviews.len() > MAX_LISTED_ITEMS || !ascending || !self.reviews.iter().all(within) {
            return Err(NotAGrant::Reviews);
        }
        if self.from >= self.until { Err(NotAGrant::Period) } else { Ok(()) }
    }

    /// The grant's number: that of the row which requests it.
    pub fn number(&self) -> u64 {
        self.id.as_str().strip_prefix("g-").and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }

    /// The department that provides the entry.
    pub fn provider(&self) -> &str {
        self.entry.split_once('/').map_or("", |(department, _)| department)
    }
}

/// Tells whether a text may stand in a grant, which people read before they sign.
fn is_plain(text: &str) -> bool {
    let plain = !text.contains(is_hidden) && !text.trim().is_empty();
    plain && text.len() <= MAX_TEXT_BYTES
}

/// Tells whether a character is invisible, or changes the order in which others are shown.
pub fn is_hidden(c: char) -> bool {
    let joins = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
    c.is_control() || joins || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl Volume {
    /// Tells whether nothing may be used up under it.
    pub fn is_empty(&self) -> bool {
        *self == Volume::default()
    }

    fn largest(&self) -> u64 {
        let numbers =
            [self.daily, self.total].map(|Amounts { bytes, persons, records, requests }| {
                [bytes, persons, records, requests]
            });
        numbers.as_flattened().iter().flatten().map(|number| number.get()).max().unwrap_or(0)
    }

    /// The budget in the form that decisions read; none if nothing is limited.
    pub fn budget(&self) -> Option<Box<Budget>> {
        let of = |amounts: &Amounts| crate::domain::budget::Allowance {
            requests: amounts.requests,
            records: amounts.records,
            bytes: amounts.bytes,
            persons: amounts.persons,
        };
        let budget = Budget { daily: of(&self.daily), total: of(&self.total) };
        (!self.is_empty()).then(|| Box::new(budget))
    }
}

impl Amounts {
    fn is_empty(&self) -> bool {
        *self == Amounts::default()
    }
}

/// Writes members in the order of RFC 8785: by the UTF-16 form of their names, in which characters
/// beyond the basic plane come before the last ones of that plane.
fn by_utf16<V: Serialize, S: Serializer>(
    map: &BTreeMap<Box<str>, V>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut members: Vec<(&Box<str>, &V)> = map.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    to.collect_map(members)
}

/// Writes a time as an RFC 3339 text.
mod stamp {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use crate::domain::UnixMillis;
    use crate::ledger::time::{parse_rfc3339, rfc3339};

    pub(super) fn serialize<S: Serializer>(time: &UnixMillis, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(rfc3339(*time).as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<UnixMillis, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || de::Error::custom(format!("{text:?} is no time: 2026-01-31T00:00:00.000Z"));
        parse_rfc3339(&text).ok_or_else(wrong)
    }

    /// A single time in a list.
    #[derive(Serialize, Deserialize)]
    pub(super) struct One(#[serde(with = "super::stamp")] pub(super) UnixMillis);
}

/// Writes a list of times as RFC 3339 texts.
mod stamps {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::stamp::One;
    use crate::domain::UnixMillis;

    pub(super) fn serialize<S: Serializer>(times: &[UnixMillis], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(times.iter().map(|time| One(*time)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<UnixMillis>, D::Error> {
        let times: Vec<One> = Vec::deserialize(from)?;
        Ok(times.into_iter().map(|One(time)| time).collect())
    }
}

impl fmt::Display for NotAGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAGrant::Json(why) => write!(f, "it is no grant: {why}"),
            NotAGrant::NotCanonical => f.write_str("it is not in canonical form (RFC 8785)"),
            NotAGrant::List(what) => write!(
                f,
                "`{what}` must be sorted, without repetition, at most {MAX_LISTED_ITEMS} long, and not empty \
                 where it is needed"
            ),
            NotAGrant::Text(what) => {
                write!(
                    f,
                    "`{what}` must be a text of one line without hidden characters, of at most \
                     {MAX_TEXT_BYTES} bytes"
                )
            }
            NotAGrant::Number => {
                write!(f, "a number of `budget` is larger than {MAX_EXACT_INTEGER}")
            }
            NotAGrant::Case => write!(
                f,
                "`case` must be a reference: letters, digits, brackets and dashes, at most {MAX_REFERENCE_CHARS}"
            ),
            NotAGrant::Retention => {
                f.write_str("`retention` must be an ISO 8601 duration: `P30D`, `P6M`, `P1Y`")
            }
            NotAGrant::Subjects => write!(
                f,
                "`subjects` must be 1 to {MAX_SUBJECTS} digests in order, and the key of 32 bytes, in hex"
            ),
            NotAGrant::Reviews => {
                f.write_str("`reviews` must be within its period, one after the other")
            }
            NotAGrant::Period => f.write_str("it ends before it begins"),
        }
    }
}

impl std::error::Error for NotAGrant {}

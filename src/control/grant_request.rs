//! What somebody asks for as a grant, and the grant that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sluice_core::domain::name::Name;
use sluice_core::grant::document::Volume;
use sluice_core::grant::{Grant, Responsible, Subjects};
use utoipa::ToSchema;

/// What somebody asks for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// The entry: `department/entry`.
    pub entry: String,
    /// The operations that shall be allowed.
    pub operations: Vec<String>,
    /// What shall be seen, by paths; or else `clearance`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// All fields that have at most this level now shall be seen.
    #[schema(minimum = 1, maximum = 4)]
    pub clearance: Option<u8>,
    /// What the data is for: a registered purpose.
    pub purpose: String,
    /// The case that will be stated.
    pub case: Option<String>,
    /// It shall hold from then on (RFC 3339).
    pub from: String,
    /// It shall no longer hold from then on.
    pub until: String,
    /// The law or decision that it rests on.
    pub legal_basis: String,
    /// Who answers for it at the consumer: a person's id.
    pub responsible: String,
    /// Who answers for it at the provider.
    pub responsible_at_provider: String,
    /// The systems that it is for; all where none is listed.
    #[serde(default)]
    pub systems: Vec<String>,
    /// The people on whose behalf they may call; anybody of the department where nobody is listed.
    #[serde(default)]
    pub operators: Vec<String>,
    /// Values that parameters are tied to.
    #[serde(default)]
    pub bindings: BTreeMap<String, String>,
    /// Requests a second, at most.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub rate: Option<std::num::NonZeroU32>,
    /// How much may be used: `daily` and `total`, of requests, records, bytes, persons.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub budget: Volume,
    /// What the consumer will keep to, in words.
    pub conditions: Option<String>,
    /// How long the data may be kept: an ISO 8601 duration.
    pub retention: Option<String>,
    /// When it is to be looked at again, in order.
    #[serde(default)]
    pub reviews: Vec<String>,
    /// The persons that it is for: digests, and their key. Whoever is asked about must be one of them.
    #[schema(value_type = Option<Object>)]
    pub subjects: Option<Subjects>,
    /// The grant in whose place it shall come.
    pub supersedes: Option<String>,
}

impl GrantRequest {
    /// What it comes to as a grant of that number, by a catalog version and the levels that the entry's
    /// fields have.
    ///
    /// # Errors
    /// What is not well-formed.
    pub fn grant(
        &self,
        number: u64,
        consumer: &Name,
        catalog: &str,
        levels: &BTreeMap<Box<str>, u8>,
    ) -> Result<Grant, String> {
        let name = |what: &str, id: &str| {
            Name::parse(id).map_err(|why| format!("{what}: {id:?} is no id: {why}"))
        };
        let names = |what: &str, ids: &[String]| -> Result<Vec<Name>, String> {
            let sorted: BTreeSet<&String> = ids.iter().collect();
            sorted.into_iter().map(|id| name(what, id)).collect()
        };
        let time = |what: &str, text: &str| {
            let wrong = |_| format!("{what}: {text:?} is no time: 2026-01-31T00:00:00Z");
            text.parse().map(|at: jiff::Timestamp| at.as_millisecond()).map_err(wrong)
        };
        let fields = self.pinned(levels)?;
        let boxed = |text: &Option<String>| text.as_deref().map(Box::from);
        let pair =
            |(name, value): (&String, &String)| (name.as_str().into(), value.as_str().into());
        let grant = Grant {
            bindings: self.bindings.iter().map(pair).collect(),
            budget: self.budget,
            case: boxed(&self.case),
            catalog: catalog.into(),
            conditions: boxed(&self.conditions),
            consumer: consumer.clone(),
            entry: self.entry.as_str().into(),
            fields,
            from: time("from", &self.from)?,
            id: name("id", &format!("g-{number}"))?,
            legal_basis: self.legal_basis.as_str().into(),
            operations: names("operations", &self.operations)?,
            operators: names("operators", &self.operators)?,
            purpose: name("purpose", &self.purpose)?,
            rate: self.rate,
            responsible: Responsible {
                consumer: name("responsible", &self.responsible)?,
                provider: name("responsible_at_provider", &self.responsible_at_provider)?,
            },
            retention: boxed(&self.retention),
            reviews: {
                let at = |text: &String| time("reviews", text);
                self.reviews.iter().map(at).collect::<Result<_, _>>()?
            },
            subjects: self.subjects.clone(),
            supersedes: match &self.supersedes {
                None => None,
                Some(id) => Some(name("supersedes", id)?),
            },
            systems: names("systems", &self.systems)?,
            until: time("until", &self.until)?,
        };
        grant.check().map_err(|why| why.to_string())?;
        Ok(grant)
    }

    /// The fields that it comes to: those that are listed, or all up to a level.
    fn pinned(&self, levels: &BTreeMap<Box<str>, u8>) -> Result<BTreeMap<Box<str>, u8>, String> {
        let known = |path: &String| match levels.get_key_value(path.as_str()) {
            Some((path, level)) => Ok((path.clone(), *level)),
            None => Err(format!("{} has no field {path:?}", self.entry)),
        };
        if self.clearance.is_some_and(|clearance| !(1..=4).contains(&clearance)) {
            return Err("`clearance` is a level from 1 to 4".into());
        }
        match (&*self.fields, self.clearance) {
            ([], Some(clearance)) => {
                let all = levels.iter().map(|(path, level)| (path.clone(), *level));
                Ok(all.filter(|(_, level)| *level <= clearance).collect())
            }
            ([_, ..], None) => self.fields.iter().map(known).collect(),
            _ => Err("say either `fields` or `clearance`".into()),
        }
    }
}

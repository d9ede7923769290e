//! The grant that a request asks for.

use std::collections::{BTreeMap, BTreeSet};

use sluice_core::domain::name::Name;
use sluice_core::grant::{Grant, Responsible};

use crate::contract::grants::GrantRequest;

impl GrantRequest {
    /// Makes the grant of this number from the request, with a catalog version and the levels of
    /// the entry's fields.
    ///
    /// # Errors
    /// The first part of the request that is not well-formed.
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

    /// Returns the fields of the grant: those that are listed, or all up to a level.
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

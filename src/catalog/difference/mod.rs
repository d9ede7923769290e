//! The changes between two versions of a catalog, in words, and the departments they concern.
//!
//! The meaning of the files is compared, not their text: for each entry and department the
//! operations, purposes and fields that all its terms together give, and then the terms' other
//! conditions and the entry itself.
//!
//! | file | what it compares |
//! |------|------------------|
//! | `access` | what one department may do with an entry and see of it |
//! | `conditions` | what an entry, its operations and terms say besides |
//! | `parties` | the registry |
//! | `procedure` | how the exchange office goes about grants and suspensions |

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sluice_core::domain::classification::Class;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::registry::Purpose;

use super::Catalog;

mod access;
mod conditions;
mod parties;
mod procedure;

/// The effect of a change: it gives or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Somebody may do or see less than before.
    Closes,
    /// Somebody may do or see more than before.
    Opens,
    /// Something is otherwise.
    Alters,
}

/// One thing that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The entry it is about, as `department/entry`; none for registry and procedure.
    pub entry: Option<String>,
    /// Its subject, in words: the entry, `the registry` or `the procedure`.
    pub heading: String,
    /// The effect: it gives or takes.
    pub effect: Effect,
    /// The change, in words.
    pub text: String,
}

/// Everything that changes, by entry, registry and procedure first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<Change>);

impl Effect {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Closes => "closes",
            Effect::Opens => "opens",
            Effect::Alters => "alters",
        }
    }

    fn sign(self) -> char {
        match self {
            Effect::Closes => '-',
            Effect::Opens => '+',
            Effect::Alters => '~',
        }
    }
}

/// Compares two catalogs.
pub fn between(old: &Catalog, new: &Catalog) -> Changes {
    let registry = parties::compare(&old.registry, &new.registry);
    let procedure = procedure::compare(&old.procedure, &new.procedure);
    let office = |heading: &'static str| {
        move |(effect, text)| Change { entry: None, heading: heading.to_owned(), effect, text }
    };
    let registry = registry.into_iter().map(office("the registry"));
    let procedure = procedure.into_iter().map(office("the procedure"));
    let mut changes: Vec<Change> = registry.chain(procedure).collect();
    let mut ids: BTreeMap<&str, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    for entry in &old.entries {
        ids.entry(entry.id.as_str()).or_default().0 = Some(entry);
    }
    for entry in &new.entries {
        ids.entry(entry.id.as_str()).or_default().1 = Some(entry);
    }
    for (id, (before, after)) in ids {
        let mut found = Vec::new();
        match (before, after) {
            (None, Some(_)) => found.push((Effect::Opens, "the entry is new".to_owned())),
            (Some(_), None) => found.push((Effect::Closes, "the entry is gone".to_owned())),
            _ => {}
        }
        found.extend(access::compare((old, before), (new, after)));
        if let (Some(before), Some(after)) = (before, after) {
            found.extend(conditions::compare(before, after));
        }
        found.sort_by_key(|(effect, _)| *effect);
        let about = |(effect, text)| {
            let (entry, heading) = (Some(id.to_owned()), id.to_owned());
            Change { entry, heading, effect, text }
        };
        changes.extend(found.into_iter().map(about));
    }
    Changes(changes)
}

/// The level from which a department may not widen access without the exchange office.
const OFFICE_LEVEL: u8 = 3;

/// Returns the changes [`between`] two catalogs that need the exchange office's approval, in words:
/// entries whose withholding from sharing begins or ends, and every change that is not plainly
/// narrower of an entry with data of level 3 and up.
pub fn beyond_the_department(old: &Catalog, new: &Catalog, changes: &Changes) -> Vec<String> {
    let mut versions: HashMap<&str, Vec<&Entry>> = HashMap::new();
    for entry in old.entries.iter().chain(&new.entries) {
        versions.entry(entry.id.as_str()).or_default().push(entry);
    }
    let withheld = |entry: &Entry| matches!(entry.class, Class::NonShared(_));
    let sensitive = |entry: &Entry| {
        let fields = entry.fields.iter().map(|field| field.level.number());
        fields.chain([entry.level.number()]).any(|level| level >= OFFICE_LEVEL)
    };
    let mut reasons = Vec::new();
    for change in &changes.0 {
        let Some(id) = &change.entry else { continue };
        let either = |is: &dyn Fn(&Entry) -> bool| versions[&**id].iter().any(|entry| is(entry));
        if either(&withheld) {
            reasons.push(format!("{id} is an entry that is not shared: {}", change.text));
        } else if change.effect != Effect::Closes && either(&sensitive) {
            reasons.push(format!("{id} has data of level {OFFICE_LEVEL} and up: {}", change.text));
        }
    }
    reasons
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last: Option<&str> = None;
        for Change { heading, effect, text, .. } in &self.0 {
            if last != Some(heading) {
                if last.is_some() {
                    writeln!(f)?;
                }
                writeln!(f, "{heading}")?;
                last = Some(heading);
            }
            writeln!(f, "  {} {text}", effect.sign())?;
        }
        Ok(())
    }
}

/// The scope of a purpose, in words.
pub(super) fn scope(purpose: &Purpose) -> String {
    let modes = quoted(purpose.modes.iter().map(|mode| mode.as_str()));
    let categories = quoted(purpose.categories.iter().map(|category| category.as_str()));
    match (modes.is_empty(), categories.is_empty()) {
        (true, true) => "for every use".to_owned(),
        (false, true) => format!("for {modes} of any data"),
        (true, false) => format!("for any use of {categories} data"),
        (false, false) => format!("for {modes} of {categories} data"),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

/// Words in back quotes, as [`list`] joins them.
fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    list(&words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>())
}

//! Terms: the conditions under which consumers may use an entry, and what they may see of it.

use serde::{Deserialize, Serialize};

use super::UnixMillis;
use super::budget::Budget;
use super::classification::Mode;
use super::index::DepartmentIx;
use super::name::Name;
use super::parameter::Pattern;
use super::rate::Rate;
use super::view::{Shown, View};

/// A term of an entry: the consumers, ways of use and purposes that the provider allows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Term {
    /// Its id within the entry, or the grant's, named in records and refusals.
    pub id: Box<str>,
    /// True if it expresses the conditions of a grant.
    pub granted: bool,
    /// The departments it is for.
    pub consumers: Consumers,
    /// The systems of those departments it is for; empty means all.
    pub systems: Vec<Name>,
    /// The ways of use it allows.
    pub modes: Vec<Mode>,
    /// The purposes it allows.
    pub purposes: Purposes,
    /// The rule for case references.
    pub case: CaseRule,
    /// True if a reference to the consent of the person concerned must be given.
    pub consent: bool,
    /// The rule for operators.
    pub operators: Operators,
    /// Parameters whose values it fixes.
    pub bindings: Vec<Binding>,
    /// Fields that may be searched by although the view masks or drops them.
    pub lookups: Vec<u16>,
    /// The consumer's view: an index into [`super::entry::Entry::views`].
    pub view: u16,
    /// The rates at which one consumer system may call the entry. All of them hold; ordered by
    /// [`in_order`](super::rate::in_order).
    pub rates: Vec<Rate>,
    /// The rates at which one operator may call the entry, through all systems together; ordered by
    /// [`in_order`](super::rate::in_order).
    pub operator_rates: Vec<Rate>,
    /// The most that each department may use under it, if that is limited.
    pub budget: Option<Box<Budget>>,
    /// The time from which it holds, if stated.
    pub from: Option<UnixMillis>,
    /// The time from which it no longer holds, if stated.
    pub until: Option<UnixMillis>,
    /// The time by which the provider is to review it.
    pub review: Option<UnixMillis>,
    /// True if the provider is told the case reference.
    pub tells_case: bool,
    /// True if the provider is told the consent reference.
    pub tells_consent: bool,
    /// True if the provider is told the operator.
    pub tells_operator: bool,
    /// True if exchanges under it are left out of the reports that persons get about themselves
    /// until an auditor discloses them, as for open cases.
    pub confidential: bool,
    /// The obligations of the consumer.
    pub obligations: Obligations,
}

/// The obligations that come with a permit: conditions the consumer must keep to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Obligations {
    /// The law or agreement the term rests on.
    pub legal_basis: Option<Box<str>>,
    /// Number of the agreement between the departments.
    pub agreement: Option<Box<str>>,
    /// The longest time for which the data may be kept, as an ISO 8601 duration.
    pub retention: Option<Box<str>>,
    /// True if the data may be passed on, which is rare.
    pub onward_transfer: bool,
}

/// The departments a term is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Consumers {
    /// Every active department, as for the class `unconditional`.
    Everyone,
    /// These departments, sorted.
    Departments(Vec<DepartmentIx>),
}

/// The purposes a term allows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Purposes {
    /// No purpose need be stated; one that is stated must be registered.
    Waived,
    /// A purpose must be stated; any registered one will do.
    AnyRegistered,
    /// One of these purposes must be stated.
    Listed(Vec<Name>),
}

/// The rule for case references.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CaseRule {
    /// A reference may be given; it is recorded if it has the general form.
    Optional,
    /// A reference must be given and match the pattern, if one is stated.
    Required(Option<Pattern>),
}

/// The rule for operators.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operators {
    /// An operator may be named, who must be an active person of the consumer.
    Optional,
    /// An active person of the consumer must be named.
    Required,
    /// One of these people of the consumer must be named.
    Listed(Vec<Name>),
}

/// A parameter that a term ties to a value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// The parameter; it must be given.
    pub parameter: Box<str>,
    /// The value it is tied to.
    pub to: Bound,
}

/// The value of a bound parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Bound {
    /// Exactly this.
    Exactly(Box<str>),
    /// A division code within the consumer's own region: it begins with the region's code without
    /// the pairs of zeros at that code's end (GB/T 2260 codes nest that way).
    OwnRegion,
}

impl Term {
    /// The words for the basis of a permit in records and answers: `term/<id>` or `grant/<id>`.
    pub fn basis(&self) -> String {
        let kind = if self.granted { "grant" } else { "term" };
        format!("{kind}/{}", self.id)
    }

    /// The consumer's view under this term.
    pub fn view_of<'a>(&self, views: &'a [View]) -> &'a View {
        &views[usize::from(self.view)]
    }

    /// Tells whether its consumers may search by the field of that index. Without a lookup they may
    /// only if their view shows the field unmasked, because its value could be found by asking.
    pub fn may_search(&self, view: &View, field: u16) -> bool {
        view.shown(field) == Shown::Passed || self.lookups.contains(&field)
    }
}

impl Consumers {
    /// Tells whether a department is one of the consumers.
    pub fn includes(&self, department: DepartmentIx) -> bool {
        match self {
            Consumers::Everyone => true,
            Consumers::Departments(sorted) => sorted.binary_search(&department).is_ok(),
        }
    }
}

/// Tells whether a division code lies within a region: it begins with the region's code without the
/// pairs of zeros at that code's end.
pub fn lies_within(code: &str, region: &str) -> bool {
    let mut prefix = region;
    while let Some(shorter) = prefix.strip_suffix("00") {
        prefix = shorter;
    }
    !prefix.is_empty() && code.len() >= region.len() && code.starts_with(prefix)
}

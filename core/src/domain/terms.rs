//! Terms: who may use an entry, how, for what, and what they may see of it.

use super::rate::Rate;
use serde::{Deserialize, Serialize};

use super::UnixMillis;
use super::budget::Budget;
use super::classification::Mode;
use super::index::DepartmentIx;
use super::name::Name;
use super::parameter::Pattern;
use super::view::{Shown, View};

/// Who may use an entry, how and for what. The provider's word: it stands in its entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Term {
    /// Its id within the entry, or the grant's, named in records and refusals.
    pub id: Box<str>,
    /// Whether it is what a grant says.
    pub granted: bool,
    /// The departments it is for.
    pub consumers: Consumers,
    /// The systems of those departments it is for; empty means all.
    pub systems: Vec<Name>,
    /// The ways of use it allows.
    pub modes: Vec<Mode>,
    /// The purposes it allows.
    pub purposes: Purposes,
    /// Whether a case reference is asked for.
    pub case: CaseRule,
    /// Whether a reference to the consent of the person concerned must be given.
    pub consent: bool,
    /// Whether an operator is asked for, and who.
    pub operators: Operators,
    /// Parameters whose value it fixes.
    pub bindings: Vec<Binding>,
    /// Fields that may be searched by although the view masks or drops them.
    pub lookups: Vec<u16>,
    /// What the consumer sees: an index into [`super::entry::Entry::views`].
    pub view: u16,
    /// How often one consumer system may call the entry. All of them hold, [`in_order`].
    pub rates: Vec<Rate>,
    /// How often one operator may, through whatever system; [`in_order`].
    pub operator_rates: Vec<Rate>,
    /// How much each department may use under it, if that is limited.
    pub budget: Option<Box<Budget>>,
    /// It holds from here on, if stated.
    pub from: Option<UnixMillis>,
    /// It no longer holds from here on, if stated.
    pub until: Option<UnixMillis>,
    /// When the provider is to look at it again.
    pub review: Option<UnixMillis>,
    /// Whether the provider is told the case reference.
    pub tells_case: bool,
    /// Whether the provider is told the consent reference.
    pub tells_consent: bool,
    /// Whether the provider is told the operator.
    pub tells_operator: bool,
    /// Whether exchanges under it are left out of the reports that persons get about themselves,
    /// until an auditor discloses them: open cases.
    pub confidential: bool,
    /// What the consumer must keep to.
    pub obligations: Obligations,
}

/// What goes with a permit: conditions the consumer must keep to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Obligations {
    /// The law or agreement the term rests on.
    pub legal_basis: Option<Box<str>>,
    /// Number of the agreement between the departments.
    pub agreement: Option<Box<str>>,
    /// How long the data may be kept, as an ISO 8601 duration.
    pub retention: Option<Box<str>>,
    /// Whether the data may be passed on. Nearly always not.
    pub onward_transfer: bool,
}

/// The departments a term is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Consumers {
    /// Every active department: what `unconditional` means.
    Everyone,
    /// These, sorted.
    Departments(Vec<DepartmentIx>),
}

/// The purposes a term allows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Purposes {
    /// None need be stated; what is stated must be registered.
    Waived,
    /// One must be stated; any registered one will do.
    AnyRegistered,
    /// One of these must be stated.
    Listed(Vec<Name>),
}

/// Whether a case reference is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CaseRule {
    /// It may be given; it is recorded if it has the general form.
    Optional,
    /// It must be given and match, if a pattern is stated.
    Required(Option<Pattern>),
}

/// Whether an operator must be named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operators {
    /// May be named; then it must be an active person of the consumer.
    Optional,
    /// Must be named: any active person of the consumer.
    Required,
    /// Must be one of these people of the consumer.
    Listed(Vec<Name>),
}

/// A parameter that a term ties to a value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// The parameter; it must be given.
    pub parameter: Box<str>,
    /// What it is tied to.
    pub to: Bound,
}

/// What a bound parameter may say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Bound {
    /// Exactly this.
    Exactly(Box<str>),
    /// A division code within the consumer's own region: the region's code without the zeros at
    /// its end, two by two, is its prefix (GB/T 2260 codes nest that way).
    OwnRegion,
}

impl Term {
    /// The words for the basis of a permit in records and answers: `term/<id>` or `grant/<id>`.
    pub fn basis(&self) -> String {
        let kind = if self.granted { "grant" } else { "term" };
        format!("{kind}/{}", self.id)
    }

    /// What the consumer sees under this term.
    pub fn view_of<'a>(&self, views: &'a [View]) -> &'a View {
        &views[usize::from(self.view)]
    }

    /// Whether its consumers may search by the field of that index. They may if this view of theirs shows
    /// it unmasked, else its value could be found by asking.
    pub fn may_search(&self, view: &View, field: u16) -> bool {
        view.shown(field) == Shown::Passed || self.lookups.contains(&field)
    }
}

impl Consumers {
    /// Whether the department is among them.
    pub fn includes(&self, department: DepartmentIx) -> bool {
        match self {
            Consumers::Everyone => true,
            Consumers::Departments(sorted) => sorted.binary_search(&department).is_ok(),
        }
    }
}

/// Whether a division code lies within a region: the region's code, without the pairs of zeros
/// at its end, is its prefix.
pub fn lies_within(code: &str, region: &str) -> bool {
    let mut prefix = region;
    while let Some(shorter) = prefix.strip_suffix("00") {
        prefix = shorter;
    }
    !prefix.is_empty() && code.len() >= region.len() && code.starts_with(prefix)
}

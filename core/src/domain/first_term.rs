//! The search for the first term that holds, over the [`Packed`] terms of an entry.
//!
//! An ordinary term is asked here exactly what [`Checks::lacking`] asks; a property test compares
//! the two. The reasons for which a term does not hold are found by [`Checks`] alone.

use super::UnixMillis;
use super::basis_checks::Checks;
use super::declared::is_reference;
use super::facts::Facts;
use super::index::DepartmentIx;
use super::packed::{
    Case, Packed, PackedOperation, PackedTerm, PurposeRule, WORD_BITS, mode_bit, within,
};
use super::policy::Policy;
use super::registry::{Department, Registry};

/// The facts of a request in the form in which all terms of an entry are compared with them.
struct RequestSummary<'a> {
    /// The index of the purpose stated. The inner option is none if it is not registered, or does
    /// not allow the operation's mode or the entry's category.
    purpose: Option<Option<usize>>,
    /// True if the consent reference has the general form; none if none is given.
    consent: Option<bool>,
    /// True if the operator named is an active person of the consumer; none if none is named.
    operator: Option<bool>,
    /// The parameters that are given, one bit each.
    given: u64,
    mode: u8,
    operation: u16,
    now: UnixMillis,
    facts: &'a Facts<'a>,
}

impl Packed {
    /// The first term of the entry that holds, by its index in the entry.
    pub(super) fn first_that_holds(
        &self,
        policy: &Policy,
        facts: &Facts<'_>,
        now: UnixMillis,
    ) -> Option<u16> {
        let entry = facts.matched.entry as usize;
        let (start, end) = (self.term_starts[entry] as usize, self.term_starts[entry + 1] as usize);
        let terms = &self.terms[start..end];
        let registry = policy.registry();
        let consumer = &registry.departments()[facts.peer.department as usize];
        let seen = self.seen(registry, consumer, facts, now);
        let holds = |(ix, term): (usize, &PackedTerm)| {
            if !self.is_for(term, facts.peer.department) {
                return false;
            }
            if term.extraordinary {
                return Checks::of(policy, facts, consumer, ix, now).lacking().is_empty();
            }
            self.holds(term, &seen) && !(term.budget && self.exhausted(policy, facts, ix))
        };
        terms.iter().enumerate().position(|(ix, term)| holds((ix, term))).map(|ix| ix as u16)
    }

    fn exhausted(&self, policy: &Policy, facts: &Facts<'_>, term: usize) -> bool {
        let entry = policy.entry(facts.matched.entry);
        facts.usage.exhausted(entry, &entry.terms[term]).is_some()
    }

    fn is_for(&self, term: &PackedTerm, department: DepartmentIx) -> bool {
        term.everyone || within(&self.consumers, term.consumers).binary_search(&department).is_ok()
    }

    /// Tells whether an ordinary term that is for the consumer holds. It asks exactly what
    /// [`Checks::lacking`] asks.
    fn holds(&self, term: &PackedTerm, seen: &RequestSummary<'_>) -> bool {
        let systems = within(&self.systems, term.systems);
        let purpose = match (term.purpose, seen.purpose) {
            (PurposeRule::Waived, None) => true,
            (PurposeRule::Any | PurposeRule::Listed, None) => false,
            (PurposeRule::Waived | PurposeRule::Any, Some(registered)) => registered.is_some(),
            (PurposeRule::Listed, Some(registered)) => {
                registered.is_some_and(|ix| ix < WORD_BITS && term.purposes >> ix & 1 == 1)
            }
        };
        let unsearchable =
            self.unsearchable[term.unsearchable as usize + usize::from(seen.operation)];
        (systems.is_empty() || systems.contains(&seen.facts.peer.system))
            && term.from <= seen.now
            && seen.now < term.until
            && term.modes & seen.mode != 0
            && purpose
            && self.case_holds(term.case, seen.facts.declared.case.as_deref())
            && seen.consent.unwrap_or(!term.consent)
            && seen.operator.unwrap_or(!term.operator)
            && seen.given & unsearchable == 0
    }

    fn case_holds(&self, rule: Case, case: Option<&str>) -> bool {
        match (rule, case) {
            (Case::Optional, None) => true,
            (Case::General | Case::Pattern(_), None) => false,
            (Case::Optional | Case::General, Some(case)) => is_reference(case),
            (Case::Pattern(pattern), Some(case)) => self.patterns[pattern as usize].matches(case),
        }
    }

    fn seen<'a>(
        &self,
        registry: &Registry,
        consumer: &Department,
        facts: &'a Facts<'a>,
        now: UnixMillis,
    ) -> RequestSummary<'a> {
        let PackedOperation { mode, asks, .. } =
            self.operation(facts.matched.entry, facts.matched.operation);
        let purpose = |code: &str| {
            registry.purpose_number(code).filter(|ix| self.purposes[*ix] & asks == asks)
        };
        let active = |id: &str| consumer.person(id).is_some_and(|person| person.active);
        let given = facts.matched.arguments.iter().fold(0u64, |given, argument| {
            given | 1u64.checked_shl(u32::from(argument.parameter)).unwrap_or(0)
        });
        RequestSummary {
            purpose: facts.declared.purpose.as_deref().map(purpose),
            consent: facts.declared.consent.as_deref().map(is_reference),
            operator: facts.declared.operator.as_deref().map(active),
            given,
            mode: mode_bit(mode),
            operation: facts.matched.operation,
            now,
            facts,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

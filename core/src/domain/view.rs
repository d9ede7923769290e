//! Views: the fields of an entry that one consumer may see.

use serde::{Deserialize, Serialize};

use super::classification::Level;
use super::condition::{Condition, ConditionEffect};
use super::field::Field;

/// The treatment of each declared field, by its index in the entry. An undeclared field is always
/// dropped; a view can't express anything else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct View {
    /// One treatment a field.
    pub fields: Box<[Shown]>,
    /// The treatments of records that fulfil conditions by which levels are raised. The conditions
    /// are numbered from 0; the bits of `n` are those fulfilled, and their treatments stand at `n -
    /// 1`.
    pub raised: Vec<Box<[Shown]>>,
}

/// The treatment of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shown {
    /// The field passes, byte for byte.
    Passed,
    /// The field's mask stands in its place.
    Masked,
    /// The field is left out.
    Dropped,
}

impl Shown {
    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Shown::Passed => "passed",
            Shown::Masked => "masked",
            Shown::Dropped => "dropped",
        }
    }
}

/// The clearance and fields that a term states, before a view is made of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ViewTerms {
    /// Fields up to this level pass.
    pub clearance: Level,
    /// Only these fields (indices into the entry's), or all.
    pub fields: Option<Vec<u16>>,
}

/// The effects by which levels are raised, in the order of their numbers.
fn raising(conditions: &[Condition]) -> impl Iterator<Item = &ConditionEffect> {
    let effects = conditions.iter().map(|condition| &condition.effect);
    effects.filter(|effect| matches!(effect, ConditionEffect::Raise { .. }))
}

/// The treatment of a field that is shown up to a level, or not at all.
fn shown(ix: u16, field: &Field, effects: &[&ConditionEffect], up_to: Option<Level>) -> Shown {
    let Some(clearance) = up_to else { return Shown::Dropped };
    let raised = effects.iter().filter_map(|effect| effect.level_of(ix)).max();
    let level = raised.map_or(field.level, |raised| raised.max(field.level));
    if level <= clearance {
        Shown::Passed
    } else if field.mask.is_some() {
        Shown::Masked
    } else {
        Shown::Dropped
    }
}

/// The number of fields in one answer under each treatment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; 4]);

impl Counts {
    /// Makes counts of passed, masked and dropped fields.
    pub const fn new(passed: u64, masked: u64, dropped: u64) -> Counts {
        Counts([passed, masked, dropped, 0])
    }

    /// The number of fields under this treatment.
    pub fn of(&self, shown: Shown) -> u64 {
        self.0[shown as usize]
    }

    /// Adds other counts.
    pub fn add_all(&mut self, more: Counts) {
        for (sum, count) in self.0.iter_mut().zip(more.0) {
            *sum += count;
        }
    }

    /// Counts one more field under this treatment.
    #[inline]
    pub fn add(&mut self, shown: Shown) {
        // The array has four places, a power of two, so that an index costs a shift and no check.
        self.0[shown as usize] += 1;
    }
}

impl View {
    /// Makes the view at a clearance. A field whose level is at most the clearance passes; above it
    /// the mask applies; without a mask it is dropped. A field that needs an approved grant is
    /// dropped, as terms don't reach it.
    pub fn at(fields: &[Field], conditions: &[Condition], sight: &ViewTerms) -> View {
        View::up_to(fields, conditions, |ix, field| {
            let listed = sight.fields.as_ref().is_none_or(|only| only.contains(&ix));
            (listed && !field.approval).then_some(sight.clearance)
        })
    }

    /// Makes the view in which each field, by its index, is shown up to a level of its own, or not
    /// at all.
    pub fn up_to(
        fields: &[Field],
        conditions: &[Condition],
        level_of: impl Fn(u16, &Field) -> Option<Level>,
    ) -> View {
        let raising: Vec<&ConditionEffect> = raising(conditions).collect();
        let shown_under = |fulfilled: usize| {
            let effects: Vec<&ConditionEffect> = raising
                .iter()
                .enumerate()
                .filter(|(ix, _)| fulfilled >> ix & 1 == 1)
                .map(|(_, effect)| *effect)
                .collect();
            let fields = fields.iter().enumerate();
            let one = |(ix, field)| shown(ix as u16, field, &effects, level_of(ix as u16, field));
            fields.map(one).collect()
        };
        View { fields: shown_under(0), raised: (1..1 << raising.len()).map(shown_under).collect() }
    }

    /// The treatment of each field in a record that fulfils that one condition of the entry; none
    /// if nothing of such a record is shown.
    pub fn under(&self, conditions: &[Condition], condition: usize) -> Option<&[Shown]> {
        if conditions[condition].effect == ConditionEffect::Withhold {
            return None;
        }
        let number = raising(&conditions[..condition]).count();
        Some(&self.raised[(1 << number) - 1])
    }

    /// The treatment of the field of that index.
    pub fn shown(&self, field: u16) -> Shown {
        self.fields[usize::from(field)]
    }
}

/// The fields that a consumer asked for with `Exchange-Fields`, one bit each.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FieldSet(Vec<u64>);

impl FieldSet {
    /// A set of these fields.
    pub fn of(fields: impl IntoIterator<Item = u16>) -> FieldSet {
        let mut bits = Vec::new();
        for field in fields {
            let word = usize::from(field) / 64;
            if bits.len() <= word {
                bits.resize(word + 1, 0u64);
            }
            bits[word] |= 1 << (field % 64);
        }
        FieldSet(bits)
    }

    /// Tells whether the set contains a field.
    pub fn contains(&self, field: u16) -> bool {
        let word = self.0.get(usize::from(field) / 64).copied().unwrap_or(0);
        word >> (field % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::classification::Level;
    use crate::domain::condition::Test;
    use crate::domain::field::FieldKind;
    use crate::domain::field_path::FieldPath;

    #[test]
    fn each_condition_alone_has_a_view_of_its_own() {
        let level = |level| Level::new(level).unwrap();
        let field = |path: &str| Field {
            path: FieldPath::parse(path).unwrap(),
            title: path.into(),
            kind: FieldKind::Text,
            level: level(1),
            mask: None,
            approval: false,
        };
        let condition = |effect| Condition { field: 0, test: Test::OneOf(Vec::new()), effect };
        let raise =
            |fields: &[u16]| ConditionEffect::Raise { fields: fields.to_vec(), level: level(3) };
        let conditions =
            [raise(&[1]), ConditionEffect::Withhold, raise(&[0]), raise(&[])].map(condition);
        let sight = ViewTerms { clearance: level(2), fields: None };
        let view = View::at(&[field("$.a"), field("$.b")], &conditions, &sight);
        let (passed, dropped) = (Shown::Passed, Shown::Dropped);
        let under = |ix| view.under(&conditions, ix);
        assert_eq!(under(0), Some(&[passed, dropped][..]));
        assert_eq!(under(1), None);
        assert_eq!(under(2), Some(&[dropped, passed][..]));
        assert_eq!(under(3), Some(&[dropped, dropped][..]));
    }
}

//! The persons found so far, each once.

use std::collections::HashSet;

use crate::ledger::digest::SubjectDigest;

/// Most persons that are compared one by one. More need a set, which has to be allocated.
const FEW: usize = 16;

/// Tells whether a person was found before.
#[derive(Debug, Default)]
pub(in crate::redaction) struct Seen {
    /// All persons, once there are more than a few.
    many: HashSet<SubjectDigest, foldhash::fast::FixedState>,
}

impl Seen {
    /// Adds a person to those found so far, unless it is among them.
    pub(in crate::redaction) fn note(
        &mut self,
        digest: SubjectDigest,
        found: &mut Vec<SubjectDigest>,
    ) {
        if found.len() < FEW {
            if !found.contains(&digest) {
                found.push(digest);
            }
            return;
        }
        if found.len() == FEW && self.many.is_empty() {
            self.many.extend(&*found);
        }
        if self.many.insert(digest) {
            found.push(digest);
        }
    }

    /// Forgets all persons, when they are taken.
    pub(in crate::redaction) fn forget(&mut self) {
        self.many.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_once_be_they_few_or_many() {
        let (mut seen, mut found) = (Seen::default(), Vec::new());
        let digest = |ix: u8| SubjectDigest([ix; 16]);
        for round in 0..2 {
            for ix in 0..=100 {
                seen.note(digest(ix), &mut found);
                seen.note(digest(ix / 2), &mut found);
            }
            let expected: Vec<_> = (0..=100).map(digest).collect();
            assert_eq!(found, expected, "round {round}");
            seen.forget();
            found.clear();
        }
    }
}

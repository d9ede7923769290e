//! The persons that a grant lists, without their names.
//!
//! A grant holds digests of persons, and beside them the key they were made with. This keeps
//! identity numbers out of the store and off screens. It does not hide them from somebody who tries
//! all numbers, and need not: the people who read a grant are those who agree about these persons.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::grants::SubjectList;
use crate::ledger::digest::{SubjectDigest, SubjectKey};

/// Most persons that one grant lists.
pub const MAX_SUBJECTS: usize = 1_000;

const KEY_BYTES: usize = 32;

/// The list of persons, as a grant holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subjects {
    /// The digests, sorted: the first half of the HMAC-SHA256 of each identifier in its canonical
    /// form.
    pub digests: Vec<Box<str>>,
    /// The key, 32 random bytes.
    pub key: Box<str>,
}

/// The list in the form that decisions ask.
#[derive(Debug)]
pub(super) struct Known {
    key: SubjectKey,
    digests: Vec<SubjectDigest>,
}

impl Subjects {
    /// Makes a list from the persons' identifiers; none if one of them is empty.
    pub fn of<'a>(
        key: &[u8; KEY_BYTES],
        identifiers: impl IntoIterator<Item = &'a str>,
    ) -> Option<Subjects> {
        let keyed = SubjectKey::new(0, *key);
        let digests =
            identifiers.into_iter().map(|one| Some(keyed.digest(one)?.to_string().into()));
        let digests: BTreeSet<Box<str>> = digests.collect::<Option<_>>()?;
        let key = key.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        Some(Subjects { digests: digests.into_iter().collect(), key })
    }

    /// Tells whether a person is listed.
    pub fn hold(&self, identifier: &str) -> bool {
        self.known().is_some_and(|known| known.holds(identifier))
    }

    /// Tells whether the list is well formed: not empty, not too long, sorted, each digest once.
    pub(super) fn is_well_formed(&self) -> bool {
        let some = !self.digests.is_empty() && self.digests.len() <= MAX_SUBJECTS;
        some && self.digests.is_sorted_by(|a, b| a < b) && self.known().is_some()
    }

    pub(super) fn known(&self) -> Option<Known> {
        let digests = self.digests.iter().map(|text| SubjectDigest::parse(text));
        Some(Known { key: key_of(&self.key)?, digests: digests.collect::<Option<_>>()? })
    }
}

fn key_of(text: &str) -> Option<SubjectKey> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !plain || text.len() != 2 * KEY_BYTES {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, at) in key.iter_mut().zip((0..text.len()).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(SubjectKey::new(0, key))
}

impl SubjectList for Known {
    fn holds(&self, identifier: &str) -> bool {
        let digest = self.key.digest(identifier);
        digest.is_some_and(|digest| self.digests.binary_search(&digest).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_listed_however_the_number_is_written() {
        let list = ["330106199003070410", "110105491231002", "11010519491231002x"];
        let subjects = Subjects::of(&[7; 32], list).unwrap();
        // The second identifier is the third one in the form used before 1999.
        assert_eq!(subjects.digests.len(), 2);
        assert!(subjects.is_well_formed());
        for (identifier, listed) in [
            ("330106199003070410", true),
            ("３３０１０６ 19900307 0410", true),
            ("11010519491231002X", true),
            ("110105194912310021", false),
            ("", false),
        ] {
            assert_eq!(subjects.hold(identifier), listed, "{identifier}");
        }
        // Another key gives another list.
        assert_ne!(Subjects::of(&[8; 32], list).unwrap().digests, subjects.digests);
        assert_eq!(Subjects::of(&[7; 32], [" "]), None);
    }

    #[test]
    fn what_is_no_list_is_none() {
        let good = Subjects::of(&[7; 32], ["a", "b"]).unwrap();
        let reversed = good.digests.iter().rev().cloned().collect();
        let many: Vec<String> = (0..=MAX_SUBJECTS).map(|id| id.to_string()).collect();
        let of = |count: usize| Subjects::of(&[7; 32], many[..count].iter().map(String::as_str));
        assert!(of(MAX_SUBJECTS).unwrap().is_well_formed());
        for wrong in [
            of(MAX_SUBJECTS + 1).unwrap(),
            Subjects { digests: Vec::new(), ..good.clone() },
            Subjects { digests: reversed, ..good.clone() },
            Subjects { digests: vec!["x".into()], ..good.clone() },
            Subjects { key: "7".into(), ..good.clone() },
            Subjects { key: "é".repeat(32).into(), ..good.clone() },
            Subjects { key: "+".repeat(64).into(), ..good },
        ] {
            assert!(!wrong.is_well_formed(), "{wrong:?}");
        }
    }
}

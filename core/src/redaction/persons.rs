//! The persons that a record names, compared with those that were asked for.

use super::{AnswerContext, Why};
use crate::ledger::digest::SubjectDigest;

/// The persons that the current record has named so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named {
    first: Option<SubjectDigest>,
    /// The bits of those among the asked persons that the record has named.
    asked: u64,
}

impl Named {
    /// Tells whether the record has named anybody.
    pub(super) fn any(&self) -> bool {
        self.first.is_some()
    }

    /// Adds a person. `names_one` is true if a record names one person only; then the rest of the
    /// record may be released once the person is known.
    pub(super) fn note(
        &mut self,
        person: SubjectDigest,
        names_one: bool,
        occasion: &AnswerContext,
    ) -> Result<(), Why> {
        let asked = occasion.asked.iter().take(u64::BITS as usize);
        match asked.enumerate().find(|(_, asked)| **asked == person) {
            Some((ix, _)) => self.asked |= 1 << ix,
            None if names_one && !occasion.asked.is_empty() => return Err(Why::OtherSubject),
            None => {}
        }
        if *self.first.get_or_insert(person) != person && names_one {
            return Err(Why::SecondSubject);
        }
        Ok(())
    }

    /// Checks a record at its end: it must name all persons that were asked for. A record that
    /// shows nothing and names nobody passes, since it is about nobody.
    pub(super) fn check(&self, occasion: &AnswerContext, shows: bool) -> Result<(), Why> {
        let nobody = !self.any() && !shows;
        if nobody || self.asked.count_ones() as usize == occasion.asked.len() {
            return Ok(());
        }
        Err(Why::OtherSubject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::tests::sample::occasion;

    fn person(ix: u8) -> SubjectDigest {
        SubjectDigest([ix; 16])
    }

    /// Tells whether a record that names the persons `named` passes if the persons `asked` were
    /// asked for.
    fn fits(names_one: bool, asked: &[u8], named: &[u8], shows: bool) -> Result<(), Why> {
        let asked = asked.iter().map(|ix| person(*ix)).collect();
        let occasion = AnswerContext { asked, ..occasion() };
        let mut found = Named::default();
        for ix in named {
            found.note(person(*ix), names_one, &occasion)?;
        }
        found.check(&occasion, shows)
    }

    #[test]
    fn a_record_is_about_those_who_were_asked_for() {
        let other = Err(Why::OtherSubject);
        for names_one in [true, false] {
            assert_eq!(fits(names_one, &[], &[], true), Ok(()));
            assert_eq!(fits(names_one, &[], &[1, 1], true), Ok(()));
            assert_eq!(fits(names_one, &[1], &[1, 1], true), Ok(()));
            assert_eq!(fits(names_one, &[1], &[2], true), other);
            assert_eq!(fits(names_one, &[1], &[], true), other);
            assert_eq!(fits(names_one, &[1], &[], false), Ok(()));
            assert_eq!(fits(names_one, &[1], &[2], false), other);
            assert_eq!(fits(names_one, &[1, 2], &[1], true), other);
        }
        assert_eq!(fits(false, &[], &[1, 2], true), Ok(()));
        assert_eq!(fits(false, &[1, 2], &[3, 2, 1], true), Ok(()));
        assert_eq!(fits(true, &[], &[1, 2], true), Err(Why::SecondSubject));
        assert_eq!(fits(true, &[1], &[1, 2], true), other);
        assert_eq!(fits(true, &[1, 2], &[1, 2], true), Err(Why::SecondSubject));
    }
}

//! Notices: demands on a department about data that it has received, and the department's
//! acknowledgement.
//!
//! A notice follows from signed steps and the clock; nobody writes one, so nobody can forget to. So
//! far only the end of a grant gives notice.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::domain::registry::Role;
use crate::ledger::time::rfc3339;
use crate::release::life::{Person, Refusal};
use crate::release::step::StepName;
use crate::release::{ContentDigest, SignedStep, Statement};

/// A notice. All of it follows from what people have signed, and from a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: Name,
    /// The department that it is for.
    pub to: Name,
    /// The demand.
    pub asks: NoticeDemand,
    /// The basis under which the department received the data: `grant/<id>`.
    pub about: Box<str>,
    /// The reason, such as `expired`.
    pub why: &'static str,
    /// The moment from which it is given.
    pub since: UnixMillis,
}

/// The demand of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeDemand {
    /// The data is to be deleted.
    Delete,
}

/// The answer of a department to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeStep {
    /// The demand is fulfilled.
    Acknowledge,
}

/// The roles that may acknowledge.
pub const ROLES: &[Role] = &[Role::Applicant, Role::SectionHead, Role::Leader, Role::Operator];

impl StepName for NoticeStep {
    fn as_str(self) -> &'static str {
        "acknowledge"
    }

    fn parse(word: &str) -> Option<NoticeStep> {
        (word == NoticeStep::Acknowledge.as_str()).then_some(NoticeStep::Acknowledge)
    }
}

impl NoticeDemand {
    /// The demand's word.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeDemand::Delete => "delete",
        }
    }
}

impl Notice {
    /// The digest that a statement names.
    pub fn digest(&self) -> ContentDigest {
        ContentDigest::of(self.to_string().as_bytes())
    }

    /// The name of the notice in statements.
    pub fn object(&self) -> String {
        format!("notice/{}", self.id)
    }
}

/// Written with every member on a line of its own.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Notice { id, to, asks, about, why, since } = self;
        let asks = asks.as_str();
        write!(f, "notice {id} to {to}\n{asks} {about}\n{why} {}\n", rfc3339(*since).as_str())
    }
}

/// Judges whether a person may take a step with a notice, after the steps taken.
///
/// # Errors
/// [`Refusal`] gives the reason.
pub fn admit(
    notice: &Notice,
    before: Option<&SignedStep<NoticeStep>>,
    statement: &Statement<NoticeStep>,
    by: &Person,
) -> Result<(), Refusal> {
    let step = statement.step.as_str();
    if before.is_some() {
        return Err(Refusal::NotNow { step, stage: "acknowledged" });
    }
    if statement.time < notice.since {
        return Err(Refusal::NotNow { step, stage: "not yet there" });
    }
    if *statement.object != *notice.object() || statement.digest != notice.digest() {
        return Err(Refusal::OtherObject);
    }
    if statement.previous.is_some() {
        return Err(Refusal::OtherPrevious);
    }
    let roles = by.roles.as_deref().ok_or(Refusal::UnknownPerson)?;
    if by.identity.department != notice.to {
        return Err(Refusal::NotTheDepartment { wanted: notice.to.clone() });
    }
    if !ROLES.contains(&statement.role) || !roles.contains(&statement.role) {
        return Err(Refusal::NotTheRole { wanted: ROLES });
    }
    // An acknowledgement must say how the demand was fulfilled, for the auditor.
    if statement.reason.is_none() {
        return Err(Refusal::ReasonMissing);
    }
    match statement.approval {
        None => Ok(()),
        Some(_) => Err(Refusal::ApprovalMisplaced),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{Identity, Kind};

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn notice() -> Notice {
        Notice {
            id: name("ended-g-7"),
            to: name("health"),
            asks: NoticeDemand::Delete,
            about: "grant/g-7".into(),
            why: "expired",
            since: 1_000,
        }
    }

    #[test]
    fn who_has_got_the_data_acknowledges_once() {
        let person = |id: &str, department: &str, roles: &[Role]| Person {
            key: ContentDigest::of(id.as_bytes()),
            identity: Identity { department: name(department), kind: Kind::Person, id: name(id) },
            roles: Some(roles.to_vec()),
        };
        let said = Statement {
            step: NoticeStep::Acknowledge,
            object: notice().object().into(),
            digest: notice().digest(),
            previous: None,
            role: Role::Applicant,
            time: 1_000,
            approval: None,
            reason: Some("deleted, minutes 12".into()),
        };
        let by = person("a", "health", &[Role::Applicant]);
        let ask = |said: &Statement<NoticeStep>, by: &Person| admit(&notice(), None, said, by);
        assert_eq!(ask(&said, &by), Ok(()));
        let wanted = name("health");
        let other = person("a", "police", &[Role::Applicant]);
        assert_eq!(ask(&said, &other), Err(Refusal::NotTheDepartment { wanted }));
        let auditor = person("a", "health", &[Role::Auditor]);
        assert_eq!(ask(&said, &auditor), Err(Refusal::NotTheRole { wanted: ROLES }));
        let early = Statement { time: 999, ..said.clone() };
        assert!(matches!(ask(&early, &by), Err(Refusal::NotNow { .. })));
        let silent = Statement { reason: None, ..said.clone() };
        assert_eq!(ask(&silent, &by), Err(Refusal::ReasonMissing));
        // A statement about one notice does not count for another.
        let other = Notice { why: "revoked", ..notice() };
        assert_eq!(admit(&other, None, &said, &by), Err(Refusal::OtherObject));
        let digest = ContentDigest::of(said.canonical().as_bytes());
        let taken =
            SignedStep { statement: said.clone(), by: by.identity.clone(), key: by.key, digest };
        let again = admit(&notice(), Some(&taken), &said, &by);
        assert!(matches!(again, Err(Refusal::NotNow { .. })));
    }
}

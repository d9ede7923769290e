//! Notices: what a department is asked to do with data that it has got, and its word that it is done.
//!
//! A notice follows from what has happened; nobody writes it, so nobody can forget to. Today it is the end of a
//! grant that asks for one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::domain::registry::Role;
use crate::ledger::time::rfc3339;
use crate::release::life::{Person, Refusal};
use crate::release::step::StepName;
use crate::release::{ContentDigest, SignedStep, Statement};

/// A notice. It is nothing but what can be read in what people have signed, and a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: Name,
    /// The department that it is for.
    pub to: Name,
    /// What it is to do.
    pub asks: NoticeDemand,
    /// With what it has got by this: `grant/<id>`.
    pub about: Box<str>,
    /// Why: `expired`, say.
    pub why: &'static str,
    /// Since when.
    pub since: UnixMillis,
}

/// What a department is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeDemand {
    /// To delete the data.
    Delete,
}

/// What a department says of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeStep {
    /// It is done.
    Acknowledge,
}

/// The roles that may say so.
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
    /// The word for it.
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

    /// What statements call it.
    pub fn object(&self) -> String {
        format!("notice/{}", self.id)
    }
}

/// Every member on a line of its own.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Notice { id, to, asks, about, why, since } = self;
        let asks = asks.as_str();
        write!(f, "notice {id} to {to}\n{asks} {about}\n{why} {}\n", rfc3339(*since).as_str())
    }
}

/// Whether a person may say something of a notice that nobody has acknowledged, or somebody has.
///
/// # Errors
/// [`Refusal`] says what is in the way.
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
    // How it was done is what an auditor looks for.
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
        // What was said of one notice says nothing of another.
        let other = Notice { why: "revoked", ..notice() };
        assert_eq!(admit(&other, None, &said, &by), Err(Refusal::OtherObject));
        let digest = ContentDigest::of(said.canonical().as_bytes());
        let taken =
            SignedStep { statement: said.clone(), by: by.identity.clone(), key: by.key, digest };
        let again = admit(&notice(), Some(&taken), &said, &by);
        assert!(matches!(again, Err(Refusal::NotNow { .. })));
    }
}

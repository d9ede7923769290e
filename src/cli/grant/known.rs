//! A grant as a gateway tells it, and the steps that a person takes with it.

use std::process::ExitCode;

use sluice_core::domain::registry::Role;
use sluice_core::grant::life::object_of;
use sluice_core::grant::{Grant, GrantStep};
use sluice_core::release::{ContentDigest, Statement};

use crate::cli::connection::{ConnectionArgs, Failed, Office, plain_id};
use crate::contract::grants::{GrantRequest, GrantResponse, GrantUse, GrantUses};

/// A grant that a person looks at, or is about to take a step with.
pub(super) struct ShownGrant {
    office: Office,
    /// The gateway's answer.
    pub(super) told: GrantResponse,
    /// The grant as people sign it.
    pub(super) grant: Grant,
}

impl ShownGrant {
    pub(super) fn ask(connection: &ConnectionArgs, id: &str) -> Result<ShownGrant, Failed> {
        let office = connection.open()?;
        let told = office.ask(&format!("/api/v1/grants/{}", plain_id("grant", id)?))?;
        let known = ShownGrant::read(office, told)?;
        if known.grant.id.as_str() == id {
            Ok(known)
        } else {
            Err(Failed::Refused(format!("the gateway has shown another grant than {id}")))
        }
    }

    pub(super) fn read(office: Office, told: GrantResponse) -> Result<ShownGrant, Failed> {
        let grant = Grant::parse(&told.text).map_err(|why| {
            Failed::Unreachable(format!(
                "the gateway's answer is not what a grant looks like: {why}"
            ))
        })?;
        Ok(ShownGrant { office, told, grant })
    }

    /// Its uses from a record on.
    pub(super) fn uses(&self, from: Option<u64>) -> Result<GrantUses, Failed> {
        let from = from.map(|from| format!("?from={from}")).unwrap_or_default();
        self.office.ask(&format!("/api/v1/grants/{}/uses{from}", self.grant.id))
    }

    /// Checks that the grant matches its file, so that nobody signs a grant that they did not ask
    /// for.
    pub(super) fn is_what_was_asked(&self, said: &GrantRequest) -> Result<(), Failed> {
        let Grant { consumer, catalog, fields, id, .. } = &self.grant;
        let wanted = said.grant(self.grant.number(), consumer, catalog, fields);
        match wanted.as_ref() {
            Ok(wanted) if *wanted == self.grant => Ok(()),
            _ => Err(Failed::Refused(format!(
                "the gateway has written another grant than the file asks for; nothing is signed: look at \
                 `sluice grant show {id}`"
            ))),
        }
    }

    pub(super) fn take(&self, step: GrantStep, reason: Option<&str>) -> Result<ExitCode, Failed> {
        let statement = Statement {
            step,
            object: object_of(&self.grant).into(),
            digest: self.grant.digest(),
            previous: self.told.previous.as_deref().and_then(ContentDigest::parse),
            role: self.role(step)?,
            time: jiff::Timestamp::now().as_millisecond(),
            approval: None,
            reason: reason.map(Into::into),
        };
        let path = format!("/api/v1/grants/{}/steps", self.grant.id);
        let told: GrantResponse = self.office.take(&path, &statement)?;
        say!("grant {} is {}{}", self.grant.id, told.state, waits(&told));
        Ok(ExitCode::SUCCESS)
    }

    /// The role in which the step is taken: the one that is waited for, or one that the person has.
    fn role(&self, step: GrantStep) -> Result<Role, Failed> {
        let awaited = self.told.waits_for.as_ref().map(|awaited| &*awaited.role);
        let named = |word: &str| Role::ALL.into_iter().find(|role| role.as_str() == word);
        match step {
            GrantStep::Request | GrantStep::Escalate | GrantStep::Withdraw | GrantStep::Return => {
                Ok(Role::Applicant)
            }
            GrantStep::Agree
            | GrantStep::Approve
            | GrantStep::Open
            | GrantStep::Endorse
            | GrantStep::Review
            | GrantStep::Decline => {
                // Where nobody is waited for, the gateway says so.
                Ok(awaited.and_then(named).unwrap_or(Role::Approver))
            }
            GrantStep::Revoke | GrantStep::Confirm => {
                self.office.role(&[Role::Approver, Role::SectionHead, Role::Leader])
            }
        }
    }
}

/// Names the next step, as a clause of a sentence.
pub(super) fn waits(told: &GrantResponse) -> String {
    let Some(awaited) = &told.waits_for else { return String::new() };
    let late = if awaited.overdue { ", overdue since" } else { " by" };
    let due = awaited.due.as_ref().map(|due| format!("{late} {due}")).unwrap_or_default();
    format!("; {} is for the {} of {}{due}", awaited.step, awaited.role, awaited.department)
}

/// A use of a grant, as a line.
pub(super) fn use_line(one: &GrantUse) -> String {
    let GrantUse { index, time, system, operator, operation, records, code, .. } = one;
    let code = code.as_ref().map(|code| format!(", {code}")).unwrap_or_default();
    let unit = if *records == 1 { "record" } else { "records" };
    format!("{index} {time} {operation} by {system} for {operator}, {records} {unit}{code}")
}

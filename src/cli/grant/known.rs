//! A grant as a gateway tells it, and the steps that a person takes with it.

use std::process::ExitCode;

use serde_json::Value;
use sluice_core::domain::registry::Role;
use sluice_core::grant::life::object_of;
use sluice_core::grant::{Grant, GrantStep};
use sluice_core::release::{ContentDigest, Statement};

use crate::cli::connection::{ConnectionArgs, Failed, Office};
use crate::control::GrantRequest;

/// A grant that a person looks at, or is about to take a step with.
pub(super) struct ShownGrant {
    office: Office,
    /// As the gateway tells it.
    pub(super) told: Value,
    /// What it says, as people sign it.
    pub(super) grant: Grant,
}

impl ShownGrant {
    pub(super) fn ask(connection: &ConnectionArgs, id: &str) -> Result<ShownGrant, Failed> {
        let office = connection.open()?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.chars().all(plain) {
            return Err(Failed::Usage(format!("{id:?} is no id of a grant")));
        }
        let told = office.ask(&format!("/api/v1/grants/{id}"))?;
        let known = ShownGrant::read(office, told)?;
        match known.grant.id.as_str() == id {
            true => Ok(known),
            false => Err(Failed::Refused(format!("the gateway has shown another grant than {id}"))),
        }
    }

    pub(super) fn read(office: Office, told: Value) -> Result<ShownGrant, Failed> {
        let grant = Grant::parse(text(&told["text"])).map_err(|why| {
            Failed::Unreachable(format!(
                "the gateway's answer is not what a grant looks like: {why}"
            ))
        })?;
        Ok(ShownGrant { office, told, grant })
    }

    /// Its uses from a record on, a line each, and where to go on.
    pub(super) fn uses(&self, from: Option<u64>) -> Result<(Vec<String>, Option<u64>), Failed> {
        let from = from.map(|from| format!("?from={from}")).unwrap_or_default();
        let page = self.office.ask(&format!("/api/v1/grants/{}/uses{from}", self.grant.id))?;
        let line = |one: &Value| {
            let said = |key: &str| text(&one[key]).to_owned();
            let code = one["code"].as_str().map(|code| format!(", {code}")).unwrap_or_default();
            let records = if one["records"] == 1 { "record" } else { "records" };
            format!(
                "{} {} {} by {} for {}, {} {records}{code}",
                one["index"],
                said("time"),
                said("operation"),
                said("system"),
                said("operator"),
                one["records"],
            )
        };
        let uses = page["uses"].as_array().into_iter().flatten().map(line);
        Ok((uses.collect(), page["next"].as_u64()))
    }

    /// That the grant says what its file does: nobody signs what he did not ask for.
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
            previous: self.told["previous"].as_str().and_then(ContentDigest::parse),
            role: self.role(step)?,
            time: jiff::Timestamp::now().as_millisecond(),
            approval: None,
            reason: reason.map(Into::into),
        };
        let path = format!("/api/v1/grants/{}/steps", self.grant.id);
        let told = self.office.take(&path, &statement)?;
        say!("grant {} is {}{}", self.grant.id, text(&told["state"]), waits(&told));
        Ok(ExitCode::SUCCESS)
    }

    /// In which role the step is taken: the one that is waited for, or one that the person has.
    fn role(&self, step: GrantStep) -> Result<Role, Failed> {
        let awaited = text(&self.told["waits_for"]["role"]).to_owned();
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
                Ok(named(&awaited).unwrap_or(Role::Approver))
            }
            GrantStep::Revoke | GrantStep::Confirm => {
                self.office.role(&[Role::Approver, Role::SectionHead, Role::Leader])
            }
        }
    }
}

/// Who must agree next, as an addition.
pub(super) fn waits(told: &Value) -> String {
    let awaited = &told["waits_for"];
    match awaited["step"].as_str() {
        None => String::new(),
        Some(step) => {
            let (department, role) = (text(&awaited["department"]), text(&awaited["role"]));
            let late = if awaited["overdue"] == true { ", overdue since" } else { " by" };
            let due = awaited["due"].as_str().map(|due| format!("{late} {due}"));
            format!("; {step} is for the {role} of {department}{}", due.unwrap_or_default())
        }
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! `sluice catalog submit`, `review`, `approve`, `reject` and `withdraw`: steps that a person signs.
//!
//! The statement to be signed is built here, from the draft and the last release: digests are
//! computed, not taken over, so that nobody signs a text that they were not shown.

use std::process::ExitCode;

use clap::Args;
use sluice_core::domain::UnixMillis;
use sluice_core::domain::name::Name;
use sluice_core::domain::registry::Role;
use sluice_core::release::life::object_of;
use sluice_core::release::{Approval, Change, ContentDigest, Draft, DraftStep, Statement};

use super::draft::last_release;
use crate::audit::find;
use crate::cli::connection::{ConnectionArgs, Failed, Office};
use crate::contract::drafts::{DraftResponse, FileChange};

/// The draft, and the person.
#[derive(Debug, Args)]
pub(super) struct StepArgs {
    /// The draft's id
    draft: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// The draft, the reason, and the person.
#[derive(Debug, Args)]
pub(super) struct ReasonedArgs {
    /// The draft's id
    draft: String,
    /// Reason
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// The draft, the time from which on it holds, and the person.
#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// The draft's id
    draft: String,
    /// Time at which it takes effect, instead of at once: 2026-11-26T08:30:00Z
    #[arg(long, value_name = "TIME")]
    effective: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub(super) fn submit(args: &StepArgs) -> Result<ExitCode, Failed> {
    let taken = Taken::by(&args.connection, &args.draft)?;
    taken.take(DraftStep::Submit, Role::Maintainer, None, None)
}

pub(super) fn review(args: &StepArgs) -> Result<ExitCode, Failed> {
    let taken = Taken::by(&args.connection, &args.draft)?;
    taken.take(DraftStep::Review, Role::Reviewer, None, None)
}

pub(super) fn withdraw(args: &StepArgs) -> Result<ExitCode, Failed> {
    let taken = Taken::by(&args.connection, &args.draft)?;
    taken.take(DraftStep::Withdraw, Role::Maintainer, None, None)
}

pub(super) fn reject(args: &ReasonedArgs) -> Result<ExitCode, Failed> {
    let taken = Taken::by(&args.connection, &args.draft)?;
    let role = match &*taken.told.stage {
        "submitted" => Role::Reviewer,
        _ => Role::Approver,
    };
    taken.take(DraftStep::Reject, role, None, Some(&args.reason))
}

pub(super) fn approve(args: &ApproveArgs) -> Result<ExitCode, Failed> {
    let effective = args.effective.as_deref().map(find::time).transpose();
    let effective = effective.map_err(|what| Failed::Usage(format!("--effective: {what}")))?;
    let taken = Taken::by(&args.connection, &args.draft)?;
    let stage = &taken.told.stage;
    if stage != "reviewed" {
        return Err(Failed::Refused(format!("draft {} is {stage}, not reviewed", args.draft)));
    }
    let approval = taken.approval(effective)?;
    taken.take(DraftStep::Approve, Role::Approver, Some(approval), None)
}

/// A draft that a person is about to take a step with.
struct Taken {
    office: Office,
    told: DraftResponse,
    draft: Draft,
}

impl Taken {
    fn by(connection: &ConnectionArgs, id: &str) -> Result<Taken, Failed> {
        let office = connection.open()?;
        let told = office.ask(&format!("/api/v1/drafts/{id}"))?;
        let draft = draft(&told).ok_or_else(|| {
            Failed::Unreachable("the gateway's answer is not what a draft looks like".into())
        })?;
        Ok(Taken { office, told, draft })
    }

    /// The release that approving publishes: the last one with the draft's changes.
    fn approval(&self, effective: Option<UnixMillis>) -> Result<Approval, Failed> {
        let (last, manifest) = last_release(&self.office)?;
        let next = manifest.apply(&self.draft).map_err(|conflict| {
            let path = conflict.path;
            Failed::Refused(format!(
                "`{path}` was changed since the draft was made; make the draft anew"
            ))
        })?;
        let (after, manifest) = (manifest.digest(), next.digest());
        Ok(Approval { release: last + 1, manifest, after, effective })
    }

    fn take(
        &self,
        step: DraftStep,
        role: Role,
        approval: Option<Approval>,
        reason: Option<&str>,
    ) -> Result<ExitCode, Failed> {
        let previous = self.told.previous.as_deref().and_then(ContentDigest::parse);
        let statement = Statement {
            step,
            object: object_of(&self.draft).into(),
            digest: self.draft.digest(),
            previous,
            role,
            time: jiff::Timestamp::now().as_millisecond(),
            approval,
            reason: reason.map(Into::into),
        };
        let path = format!("/api/v1/drafts/{}/steps", self.draft.id);
        let told: DraftResponse = self.office.take(&path, &statement)?;
        let DraftResponse { id, stage, .. } = &told;
        match &statement.approval {
            None => say!("draft {id} is {stage}"),
            Some(Approval { release, .. }) => say!("draft {id} is {stage}: release {release}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn draft(told: &DraftResponse) -> Option<Draft> {
    let digest = |text: &Option<String>| match text {
        None => Some(None),
        Some(text) => ContentDigest::parse(text).map(Some),
    };
    let change = |told: &FileChange| {
        let (before, after) = (digest(&told.before)?, digest(&told.after)?);
        Some(Change { path: told.path.as_str().into(), before, after })
    };
    Some(Draft {
        id: Name::parse(&told.id).ok()?,
        department: Name::parse(&told.department).ok()?,
        restores: told.restores,
        changes: told.changes.iter().map(change).collect::<Option<_>>()?,
    })
}

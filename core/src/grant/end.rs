//! The end of an open grant: its time, its reason, and the notice to the consumer.

use super::document::Grant;
use super::step::{GrantStage, GrantStep, stage};
use crate::domain::UnixMillis;
use crate::domain::name::Name;
use crate::notice::{Notice, NoticeDemand};
use crate::release::SignedStep;

/// The time and reason of the end of an open grant, if it has ended by a moment. `superseded` is
/// the time at which another grant replaced it.
pub fn ended(
    grant: &Grant,
    taken: &[SignedStep<GrantStep>],
    superseded: Option<UnixMillis>,
    now: UnixMillis,
) -> Option<(UnixMillis, &'static str)> {
    let ended_by = |step: GrantStep| {
        let last = taken.last().filter(|last| last.statement.step == step);
        last.map(|last| last.statement.time)
    };
    let by_people = match stage(taken) {
        GrantStage::Revoked => ended_by(GrantStep::Revoke).map(|at| (at, "revoked")),
        GrantStage::Returned => ended_by(GrantStep::Return).map(|at| (at, "returned")),
        GrantStage::Active => None,
        _ => return None,
    };
    let by_another = superseded.map(|at| (at, "superseded"));
    // The earliest end counts: a grant that has ended can't be ended again.
    let all = [Some((grant.until, "expired")), by_another, by_people];
    all.into_iter().flatten().min_by_key(|(at, _)| *at).filter(|(at, _)| *at <= now)
}

/// The notice to the consumer at the end of a grant. A grant that never began needs none, since no
/// data was obtained.
pub fn notice(grant: &Grant, since: UnixMillis, why: &'static str) -> Option<Notice> {
    if since <= grant.from {
        return None;
    }
    Some(Notice {
        id: Name::parse(&notice_id(&grant.id)).ok()?,
        to: grant.consumer.clone(),
        asks: NoticeDemand::Delete,
        about: format!("grant/{}", grant.id).into(),
        why,
        since,
    })
}

/// The id of the notice about a grant's end.
pub fn notice_id(grant: &Name) -> String {
    format!("{NOTICE_PREFIX}{grant}")
}

/// The grant that a notice of that id is about, if it is about the end of a grant.
pub fn grant_of(notice: &str) -> Option<Name> {
    Name::parse(notice.strip_prefix(NOTICE_PREFIX)?).ok()
}

const NOTICE_PREFIX: &str = "ended-";

//! Differences in the exchange office's procedure for grants and suspensions.

use std::fmt::Write as _;

use sluice_core::domain::classification::{Mode, Sharing};
use sluice_core::domain::registry::Role;
use sluice_core::grant::{Demand, Escalates, Procedure, Reviews};

use super::Effect;

/// Compares two procedures.
pub(super) fn compare(old: &Procedure, new: &Procedure) -> Vec<(Effect, String)> {
    let mut found = demands(old, new);
    if old.calendar != new.calendar {
        found.push((Effect::Alters, "the calendar of working days is another".into()));
    }
    if old.reviews != new.reviews {
        let reviews = new.reviews;
        let text = format!(
            "grants are reviewed every {} days, due {} days ahead, suspended {} days after",
            reviews.every_days, reviews.notice_days, reviews.grace_days
        );
        let longer = |of: fn(&Reviews) -> u32| of(&new.reviews) > of(&old.reviews);
        let opens = longer(|it| it.every_days) || longer(|it| it.grace_days);
        found.push((if opens { Effect::Opens } else { Effect::Alters }, text));
    }
    if old.acknowledge_days != new.acknowledge_days {
        let days = new.acknowledge_days;
        found
            .push((Effect::Alters, format!("notices are acknowledged within {days} working days")));
    }
    match (old.lifted_by_same, new.lifted_by_same) {
        (false, true) => {
            found.push((
                Effect::Opens,
                "the person who suspends something may also lift that".into(),
            ));
        }
        (true, false) => {
            found.push((Effect::Closes, "another person than who suspends must lift".into()));
        }
        _ => {}
    }
    found
}

/// The new demands, for each kind of grant whose demand differs.
fn demands(old: &Procedure, new: &Procedure) -> Vec<(Effect, String)> {
    let mut found = Vec::new();
    for (word, sharing) in [
        ("unconditional", Sharing::Unconditional),
        ("restricted", Sharing::Restricted),
        ("non-shared", Sharing::NonShared),
    ] {
        for mode in Mode::ALL {
            let of = |level| {
                let row = |procedure: &Procedure| procedure.table.row(sharing, mode, level);
                (row(old), row(new))
            };
            let mut from = 1;
            while from <= 4 {
                let pair = of(from);
                let to = (from..=4).take_while(|level| of(*level) == pair).last().unwrap_or(from);
                if pair.0 != pair.1 {
                    let levels =
                        if from == to { format!("{from}") } else { format!("{from} to {to}") };
                    let what = format!("{word}, {}, level {levels}", mode.as_str());
                    found.push((effect(&pair), format!("grants ({what}): {}", told(&pair.1))));
                }
                from = to + 1;
            }
        }
    }
    found
}

/// Fewer people, or a longer time, give more.
fn effect((old, new): &(Demand, Demand)) -> Effect {
    let by_itself = |of: &Demand| of.escalates == Escalates::WhenOverdue;
    let opens = !new.covers(old)
        || new.longest_days > old.longest_days
        || by_itself(new) && !by_itself(old);
    let closes = !old.covers(new) || new.longest_days < old.longest_days;
    match (opens, closes) {
        (true, _) => Effect::Opens,
        (false, true) => Effect::Closes,
        (false, false) => Effect::Alters,
    }
}

fn told(demand: &Demand) -> String {
    let mut text = format!("agreed to by the provider's {}", demand.agree.as_str());
    if let Some(role) = demand.approve.map(Role::as_str) {
        let _ = write!(text, " and {role}");
    }
    let Demand { open, longest_days, answer_days, escalates, .. } = demand;
    let by_itself = match escalates {
        Escalates::OnRequest => "",
        Escalates::WhenOverdue => ", then escalated by themselves",
    };
    let open = open.as_str();
    format!(
        "{text}, opened by the office's {open}, for {longest_days} days at most; each answers within \
         {answer_days} working days{by_itself}"
    )
}

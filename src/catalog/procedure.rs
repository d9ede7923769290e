//! The meaning of `procedure.yaml`: how the exchange office goes about grants and suspensions.

use sluice_core::domain::classification::{Mode, Sharing};
use sluice_core::domain::registry::Role;
use sluice_core::grant::{
    Calendar, Demand, Escalates, Procedure, ProcedureRow, ProcedureTable, Reviews,
};
use sluice_core::usage::Days;

use super::choices::ModeSpec;
use super::files::{CalendarSaid, ChainSaid, ProcedureFile, ReviewsSaid};
use super::operation;
use super::rule::Rule;
use super::shape::{Report, Spanned};
use super::yaml::Position;

/// Longest period of anything here, in days.
const MAX_DAYS: u32 = 3_660;

/// Longest time to answer in working days.
const MAX_ANSWER_DAYS: u32 = 250;

/// Reads it.
pub(crate) fn procedure(file: &ProcedureFile, report: &mut Report<'_>) -> Procedure {
    let read = file.chains.iter().map(|said| Some((said, row(said, report)?)));
    let rows: Vec<(&Spanned<ChainSaid>, ProcedureRow)> =
        read.collect::<Vec<_>>().into_iter().flatten().collect();
    // One that can't be read would seem to be missing.
    if rows.len() == file.chains.len() {
        enough(&rows, report);
    }
    Procedure {
        table: ProcedureTable(rows.into_iter().map(|(_, row)| row).collect()),
        calendar: calendar(&file.calendar, report),
        reviews: reviews(&file.reviews, report),
        acknowledge_days: {
            let said = file.acknowledge_working_days.as_ref();
            let read = said.and_then(|said| report.number(said, 1, MAX_ANSWER_DAYS));
            read.unwrap_or(Procedure::default().acknowledge_days)
        },
        lifted_by_same: file.lifted_by_same.unwrap_or(false),
    }
}

fn row(said: &Spanned<ChainSaid>, report: &mut Report<'_>) -> Option<ProcedureRow> {
    let ChainSaid { classes, modes, level, agree, approve, open, .. } = &said.value;
    let modes = modes
        .0
        .iter()
        .flatten()
        .filter_map(|mode: &Spanned<ModeSpec>| operation::mode(mode, report));
    let modes: Vec<Mode> = modes.collect();
    let level = match level {
        None => None,
        Some(level) => Some(report.level(level)?),
    };
    let classes = classes.0.clone().unwrap_or_default();
    // What of it holds of every row without a word of its own.
    let usual = Demand::least(Sharing::Restricted, Mode::Query, 1);
    let days = |said: &Option<Spanned<i64>>, most: u32, report: &mut Report<'_>| match said {
        None => Some(None),
        Some(said) => report.number(said, 1, most).map(Some),
    };
    let longest_days = days(&said.value.longest_days, MAX_DAYS, report)?;
    let answer_days = days(&said.value.answer_working_days, MAX_ANSWER_DAYS, report)?;
    let demand = Demand {
        agree: role(agree, &[Role::Approver, Role::SectionHead, Role::Leader], report)?,
        approve: match approve {
            None => None,
            Some(approve) => Some(role(approve, &[Role::SectionHead, Role::Leader], report)?),
        },
        open: role(open, &[Role::Approver, Role::Leader], report)?,
        answer_days: answer_days.unwrap_or(usual.answer_days),
        escalates: said.value.escalates.unwrap_or(usual.escalates),
        ..usual
    };
    Some(ProcedureRow { classes, modes, level, demand, longest_days })
}

/// Reports rows that demand less than the least for some grant; takes the rows that were read.
fn enough(rows: &[(&Spanned<ChainSaid>, ProcedureRow)], report: &mut Report<'_>) {
    let mut told = Vec::new();
    for sharing in [Sharing::Unconditional, Sharing::Restricted, Sharing::NonShared] {
        for (mode, level) in Mode::ALL.into_iter().flat_map(|mode| (1..=4).map(move |l| (mode, l)))
        {
            let least = Demand::least(sharing, mode, level);
            let first = rows.iter().find(|(_, row)| row.fits(sharing, mode, level));
            let Some((said, row)) = first.filter(|(said, _)| !told.contains(&said.place)) else {
                continue;
            };
            let by_itself = least.weighs() && row.demand.escalates == Escalates::WhenOverdue;
            if row.demand.covers(&least) && !by_itself {
                continue;
            }
            told.push(said.place);
            let (message, advice) = match sharing {
                _ if row.demand.covers(&least) => (
                    "by this row what weighs would be escalated without anybody's word",
                    "write `escalates: on-request`, or put a row for what weighs before it",
                ),
                Sharing::NonShared => (
                    "by this row too few must agree to grants for what is not shared",
                    "put a row for `classes: [non-shared]` before it, with `agree: section-head`, \
                     `approve: leader` and `open: leader`",
                ),
                _ => (
                    "by this row too few must agree to bulk export, or to data of level 4",
                    "put rows for `modes: [bulk]` and for `level: 4` before it, with \
                     `agree: section-head` and `approve: leader`",
                ),
            };
            report.add(said.place, Rule::ChainTooWeak, message, advice);
        }
    }
}

fn role(said: &Spanned<Role>, fit: &[Role], report: &mut Report<'_>) -> Option<Role> {
    if fit.contains(&said.value) {
        return Some(said.value);
    }
    let words: Vec<String> = fit.iter().map(|role| format!("`{}`", role.as_str())).collect();
    let message = format!("`{}` is no role for this step", said.value.as_str());
    report.add(said.place, Rule::UnknownWord, message, format!("write {}", words.join(" or ")));
    None
}

fn calendar(said: &Option<CalendarSaid>, report: &mut Report<'_>) -> Calendar {
    let Some(CalendarSaid { holidays, workdays }) = said else { return Calendar::default() };
    let mut dates =
        |said: &[Spanned<String>]| said.iter().filter_map(|it| report.date(it)).collect::<Vec<_>>();
    let (holidays, workdays) = (dates(holidays), dates(workdays));
    // Dates in a catalog begin where its days do.
    Calendar::of(Days::CHINA, holidays, workdays)
}

fn reviews(said: &Option<ReviewsSaid>, report: &mut Report<'_>) -> Reviews {
    let usual = Reviews::default();
    let Some(said) = said else { return usual };
    let mut days = |said: &Option<Spanned<i64>>, usual: u32| {
        said.as_ref().and_then(|said| report.number(said, 1, MAX_DAYS)).unwrap_or(usual)
    };
    let reviews = Reviews {
        every_days: days(&said.every_days, usual.every_days),
        notice_days: days(&said.notice_days, usual.notice_days),
        grace_days: days(&said.grace_days, usual.grace_days),
    };
    for (key, one, number) in [
        ("notice_days", &said.notice_days, reviews.notice_days),
        ("grace_days", &said.grace_days, reviews.grace_days),
    ] {
        if number >= reviews.every_days {
            let every = reviews.every_days;
            let place = one.as_ref().or(said.every_days.as_ref()).map(|said| said.place);
            let message = format!("`{key}` is {number}, with reviews every {every} days");
            let advice = "make it less than `every_days`: each review is for one date";
            report.add(place.unwrap_or(Position::START), Rule::BadNumber, message, advice);
        }
    }
    reviews
}

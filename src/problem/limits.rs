//! What is said of limits that were reached, in English and Chinese.

use sluice_core::domain::budget::{BudgetWindow, Exhausted, Unit};
use sluice_core::domain::rejection::{RateLimited, RateOf};
use sluice_core::ledger::time::rfc3339;

use super::rows::{DENIED, ProblemRow, said, words};

const TOO_MANY: u16 = 429;
const FORBIDDEN: u16 = 403;

pub(super) fn rate_limited(limit: &RateLimited) -> ProblemRow {
    let RateLimited { of, requests, window_seconds, retry_after_ms } = limit;
    let seconds = retry_after_ms.div_ceil(1000).max(1);
    let (whose, whose_zh) = match of {
        RateOf::System => ("requests to this entry", "该系统对该条目的请求"),
        RateOf::Operator => {
            ("requests to this entry on behalf of this operator", "该经办人对该条目的请求")
        }
        RateOf::Provider => {
            ("requests to this provider by all departments", "各部门对该提供部门的请求")
        }
        RateOf::Refusals => {
            ("requests of the system here that were refused", "该系统在此被拒绝的请求")
        }
    };
    let remedy = match of {
        RateOf::Refusals => {
            ("See what the refusals before this one said; wait", "请查看此前的拒绝原因，并等待")
        }
        RateOf::System | RateOf::Operator | RateOf::Provider => ("Wait", "请等待"),
    };
    said(
        TOO_MANY,
        DENIED,
        words(
            "Too many requests",
            format!("More than {requests} {whose} in {window_seconds} s."),
            format!("{} {seconds} s.", remedy.0),
        ),
        words(
            "请求过于频繁",
            format!("{whose_zh}超过每 {window_seconds} 秒 {requests} 次。"),
            format!("{} {seconds} 秒。", remedy.1),
        ),
    )
}

/// A budget that is used up, or leaves less than the answer holds. What refills is a matter of waiting.
pub(super) fn budget_exhausted(basis: &str, exhausted: &Exhausted) -> ProblemRow {
    let Exhausted { unit, window, limit, left, refills } = exhausted;
    let unit_zh = match unit {
        Unit::Requests => "次请求",
        Unit::Records => "条记录",
        Unit::Bytes => "字节",
        Unit::Persons => "人",
    };
    let (per, per_zh) = match window {
        BudgetWindow::Day => ("a day", "每日"),
        BudgetWindow::Total => ("in all", "总计"),
    };
    let unit = unit.as_str();
    let (remedy, remedy_zh) = match refills {
        Some(at) => {
            let at = rfc3339(*at);
            (
                format!("It is whole again at {}; ask the contact if more is needed.", at.as_str()),
                format!("额度于 {} 恢复；如需更多，请联系提供部门。", at.as_str()),
            )
        }
        None => (
            "It does not refill; ask the contact for more.".to_owned(),
            "该额度不会恢复；如需更多，请联系提供部门。".to_owned(),
        ),
    };
    let (status, title, title_zh) = match refills {
        Some(_) => (TOO_MANY, "Budget used up", "额度已用完"),
        None => (FORBIDDEN, "Budget used up", "额度已用完"),
    };
    said(
        status,
        DENIED,
        words(
            title,
            format!(
                "Under {basis} a department may use {limit} {unit} {per}; {left} are left, and that \
                 is too little."
            ),
            remedy,
        ),
        words(
            title_zh,
            format!("条款 {basis} 下本部门{per_zh}可用 {limit} {unit_zh}，剩余 {left}，不足。"),
            remedy_zh,
        ),
    )
}

//! Conditions of a term or grant that a request does not meet. The text states the one that is
//! checked first; the document lists all.

use super::policy::BUDGET;
use crate::problem::row::{Bilingual, DENIED, ProblemKind, ProblemRow, both};

const fn lacks(code: &'static str, title: Bilingual) -> ProblemKind {
    ProblemKind {
        code,
        status: 403,
        proxy_error: DENIED,
        title,
        remedy: both(
            "Meet what {basis} asks, or ask the contact for another term.",
            "请满足条款 {basis} 的要求，或向联系部门申请其他条款。",
        ),
    }
}

const NOT_AUTHORISED: ProblemKind = lacks("not-authorised", both("Not authorised", "未获授权"));
const PURPOSE_NOT_ALLOWED: ProblemKind =
    lacks("purpose-not-allowed", both("Purpose not allowed", "用途不允许"));
const PARAMETER_NOT_ALLOWED: ProblemKind =
    lacks("parameter-not-allowed", both("Parameter not allowed", "参数不允许"));

pub(super) const UNMET: [ProblemRow; 17] = [
    NOT_AUTHORISED.row(
        "system",
        "{basis} is not for this system of the department.",
        "{basis} 不适用于本部门的此系统。",
    ),
    NOT_AUTHORISED.row(
        "period",
        "{basis} has not begun or has ended.",
        "{basis} 尚未生效或已到期。",
    ),
    lacks("mode-not-allowed", both("Mode not allowed", "使用方式不允许")).row(
        "mode",
        "{basis} allows: {allowed}.",
        "{basis} 允许的方式：{allowed}。",
    ),
    lacks("operation-not-allowed", both("Operation not allowed", "操作不允许")).row(
        "operation",
        "The grant allows: {allowed}.",
        "该授权允许的操作：{allowed}。",
    ),
    lacks("purpose-missing", both("Purpose missing", "缺少用途")).row(
        "purpose-missing",
        "Exchange-Purpose must be stated: {allowed|any registered}.",
        "须以 Exchange-Purpose 声明用途：{allowed|任一已登记用途}。",
    ),
    PURPOSE_NOT_ALLOWED.row(
        "purpose",
        "{basis} allows these purposes: {allowed|any registered}.",
        "{basis} 允许的用途：{allowed|任一已登记用途}。",
    ),
    PURPOSE_NOT_ALLOWED.row(
        "purpose-scope",
        "The purpose does not allow {mode} of {category} data. Of those of {basis}, these do: \
         {allowed|none}.",
        "该用途不允许以 {mode} 方式使用 {category} 类数据。{basis} 的用途中允许的有：{allowed|无}。",
    ),
    lacks("case-missing", both("Case missing", "缺少案件编号")).row(
        "case-missing",
        "Exchange-Case must give the case or file reference.",
        "须以 Exchange-Case 提供案件或卷宗编号。",
    ),
    lacks("case-invalid", both("Case invalid", "案件编号无效")).row(
        "case-invalid",
        "The case reference does not have the form that {basis} asks for.",
        "案件编号不符合 {basis} 要求的格式。",
    ),
    lacks("consent-missing", both("Consent missing", "缺少同意凭据")).row(
        "consent-missing",
        "Exchange-Consent must give the reference of the person's consent.",
        "须以 Exchange-Consent 提供个人同意的凭据编号。",
    ),
    lacks("consent-invalid", both("Consent invalid", "同意凭据无效")).row(
        "consent-invalid",
        "The consent reference does not have the form of a reference.",
        "同意凭据编号的格式不正确。",
    ),
    lacks("operator-missing", both("Operator missing", "缺少操作人")).row(
        "operator-missing",
        "Exchange-Operator must name the person on whose behalf the system calls.",
        "须以 Exchange-Operator 指明系统所代表的操作人。",
    ),
    lacks("operator-not-allowed", both("Operator not allowed", "操作人不允许")).row(
        "operator",
        "The operator is not one that {basis} allows, or no active person of the caller.",
        "该操作人不在 {basis} 允许之列，或不是调用方部门的在册人员。",
    ),
    PARAMETER_NOT_ALLOWED.row(
        "lookup",
        "{parameter} searches by a field that the caller's view does not show.",
        "{parameter} 所检索的字段对调用方不可见。",
    ),
    lacks("budget-exhausted", both("Budget used up", "额度已用完")).row(
        "budget",
        "The budget of {basis} is used up.",
        "{basis} 的额度已用完。",
    ),
    lacks("subject-not-allowed", both("Subject not allowed", "查询对象不允许")).row(
        "subject",
        "The grant is for certain persons; the request must be about one of them.",
        "该授权仅限特定对象，请求须针对其中之一。",
    ),
    PARAMETER_NOT_ALLOWED.row(
        "binding",
        "{basis} ties {parameter} to another value.",
        "{basis} 限定了 {parameter} 的取值。",
    ),
];

/// The same conditions, if a grant was named: the grant does not cover the request.
pub(super) static NOT_COVERING: [ProblemRow; 17] = not_covering(UNMET);

/// The same where only the budget of the grant that was named leaves too little.
pub(super) static NOT_COVERING_BUDGET: [ProblemRow; 2] = not_covering(BUDGET);

const fn not_covering<const N: usize>(mut rows: [ProblemRow; N]) -> [ProblemRow; N] {
    let mut ix = 0;
    while ix < N {
        rows[ix].code = "grant-not-covering";
        rows[ix].title = both("Grant not covering", "授权未涵盖");
        ix += 1;
    }
    rows
}

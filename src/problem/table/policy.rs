//! Denials by the policy, and limits that were reached.

use crate::problem::row::{Bilingual, DENIED, ProblemKind, ProblemRow, both};

const fn denied(code: &'static str, title: Bilingual, remedy: Bilingual) -> ProblemKind {
    ProblemKind { code, status: 403, proxy_error: DENIED, title, remedy }
}

pub(super) static NON_SHARED: [ProblemRow; 1] = denied(
    "non-shared",
    both("Not shared", "不予共享"),
    both(
        "Ask the contact for the reason; an approved grant would be needed.",
        "请向联系部门了解理由；如确需使用须经批准授权。",
    ),
)
.alone(
    "The entry stands on the negative list: it is not shared.",
    "该条目列入负面清单，不予共享。",
);

pub(super) static ENTRY_SUSPENDED: [ProblemRow; 1] = denied(
    "entry-suspended",
    both("Entry suspended", "条目已暂停"),
    both("Ask the contact when it opens again.", "请向联系部门了解恢复时间。"),
)
.alone("The entry is stopped.", "该条目已停止共享。");

pub(super) static PROVIDER_SUSPENDED: [ProblemRow; 1] = denied(
    "provider-suspended",
    both("Provider suspended", "提供方已暂停"),
    both("Ask the exchange office when it provides again.", "请向数据交换主管部门了解恢复时间。"),
)
.alone("The department that provides the entry is suspended.", "提供该条目的部门已被暂停。");

pub(super) static OPERATOR_SUSPENDED: [ProblemRow; 1] = denied(
    "operator-suspended",
    both("Operator suspended", "操作人已停用"),
    both("Ask the exchange office.", "请联系数据交换主管部门。"),
)
.alone("The person on whose behalf the call is made is suspended.", "所代表的操作人已被停用。");

pub(super) static NOT_AUTHORISED: [ProblemRow; 1] = denied(
    "not-authorised",
    both("Not authorised", "未获授权"),
    both("Ask the contact for a term, or apply for a grant.", "请向联系部门申请条款或临时授权。"),
)
.alone(
    "No term of the entry is for the caller's department.",
    "该条目没有适用于调用方部门的共享条款。",
);

pub(super) static GRANT_NOT_ACTIVE: [ProblemRow; 1] = denied(
    "grant-not-active",
    both("Grant not active", "授权不在有效期"),
    both(
        "Look up its period with GET /-/grants, or ask for a new one.",
        "请通过 GET /-/grants 查看有效期，或申请新的授权。",
    ),
)
.alone(
    "The grant that is named has not begun, has ended, or waits for its review.",
    "所指定的临时授权尚未生效、已到期或待复核。",
);

pub(super) static GRANT_AMBIGUOUS: [ProblemRow; 1] = denied(
    "grant-ambiguous",
    both("Grant ambiguous", "授权不唯一"),
    both("Name the one to use in Exchange-Grant.", "请以 Exchange-Grant 指定所用的授权。"),
)
.alone("Several grants hold: {grants}.", "有多项临时授权适用：{grants}。");

pub(super) static APPROVAL_REQUIRED: [ProblemRow; 1] = denied(
    "approval-required",
    both("Approval required", "须经批准"),
    both("Apply to the provider for a grant.", "请向提供部门申请授权。"),
)
.alone("The operation works under an approved grant only.", "该操作须持有经批准的授权。");

pub(super) static RECORD_WITHHELD: [ProblemRow; 1] = denied(
    "record-withheld",
    both("Record withheld", "记录不予提供"),
    both("Ask the contact, with the exchange id.", "请将交换编号告知联系部门。"),
)
.alone(
    "The record says of itself that nothing of it may be shown to the caller.",
    "该记录自身的标记表明其内容不得向调用方提供。",
);

pub(super) static POLICY_CHANGED: [ProblemRow; 1] = denied(
    "policy-changed",
    both("Policy changed", "策略变更"),
    both("Ask again.", "请重新请求。"),
)
.alone(
    "Another catalog version has come into force, by which the rest of the answer would \
             show less.",
    "新的目录版本已生效，应答其余部分可见内容减少。",
);

const RATE_LIMITED: ProblemKind = ProblemKind {
    code: "rate-limited",
    status: 429,
    proxy_error: DENIED,
    title: both("Too many requests", "请求过于频繁"),
    remedy: both("Wait {retry_after_seconds} s.", "请等待 {retry_after_seconds} 秒。"),
};

pub(super) static RATE: [ProblemRow; 4] = [
    RATE_LIMITED.row(
        "system-rate",
        "More than {limit_requests} requests to this entry in {window_seconds} s.",
        "该系统对该条目的请求超过每 {window_seconds} 秒 {limit_requests} 次。",
    ),
    RATE_LIMITED.row(
        "operator-rate",
        "More than {limit_requests} requests to this entry on behalf of this operator in \
         {window_seconds} s.",
        "该操作人对该条目的请求超过每 {window_seconds} 秒 {limit_requests} 次。",
    ),
    RATE_LIMITED.row(
        "provider-rate",
        "More than {limit_requests} requests to this provider by all departments in \
         {window_seconds} s.",
        "各部门对该提供部门的请求超过每 {window_seconds} 秒 {limit_requests} 次。",
    ),
    ProblemKind {
        remedy: both(
            "See what the refusals before this one said; wait {retry_after_seconds} s.",
            "请查看此前的拒绝原因，并等待 {retry_after_seconds} 秒。",
        ),
        ..RATE_LIMITED
    }
    .row(
        "refusals-rate",
        "More than {limit_requests} requests of the system here that were refused in \
         {window_seconds} s.",
        "该系统在此被拒绝的请求超过每 {window_seconds} 秒 {limit_requests} 次。",
    ),
];

pub(super) static TOO_MANY_AT_ONCE: [ProblemRow; 1] = ProblemKind {
    code: "too-many-at-once",
    status: 429,
    proxy_error: DENIED,
    title: both("Too many at once", "并发过多"),
    remedy: both(
        "Wait for answers before asking more; send fewer at a time.",
        "请等待应答后再请求，并减少并发。",
    ),
}
.alone(
    "The system has {limit_exchanges} exchanges under way, as many as one may.",
    "该系统同时进行的交换已达上限 {limit_exchanges} 个。",
);

/// Budgets that are used up, or leave less than the answer holds. What refills is a matter of waiting.
pub(super) const BUDGET: [ProblemRow; 2] = [
    ProblemKind {
        code: "budget-exhausted",
        status: 429,
        proxy_error: DENIED,
        title: both("Budget used up", "额度已用完"),
        remedy: both(
            "It is whole again at {refills_at}; ask the contact if more is needed.",
            "额度于 {refills_at} 恢复；如需更多，请联系提供部门。",
        ),
    }
    .row(
        "daily-limit",
        "Under {basis} a department may use {limit} {unit} a day; {left} are left, and that is too \
         little.",
        "条款 {basis} 下本部门每日可用 {limit} {unit}，剩余 {left}，不足。",
    ),
    ProblemKind {
        code: "budget-exhausted",
        status: 403,
        proxy_error: DENIED,
        title: both("Budget used up", "额度已用完"),
        remedy: both(
            "It does not refill; ask the contact for more.",
            "该额度不会恢复；如需更多，请联系提供部门。",
        ),
    }
    .row(
        "total-limit",
        "Under {basis} a department may use {limit} {unit} in all; {left} are left, and that is too \
         little.",
        "条款 {basis} 下本部门总计可用 {limit} {unit}，剩余 {left}，不足。",
    ),
];

//! What is said where it is the gateway's own doing, or about its log.

use super::rows::{DENIED, ProblemRow, said, words};

pub(super) fn log_unavailable() -> ProblemRow {
    said(
        503,
        "proxy_internal_error",
        words(
            "Log unavailable",
            "The exchange can't be recorded, so it does not take place.",
            "Try again later; the gateway's operators have been alerted by its metrics.",
        ),
        words("日志不可用", "交换无法留痕，因此不予进行。", "请稍后重试；网关指标已反映该故障。"),
    )
}

pub(super) fn policy_changed() -> ProblemRow {
    said(
        403,
        DENIED,
        words(
            "Policy changed",
            "Another catalog version has come into force, by which the rest of the answer would show \
             less.",
            "Ask again.",
        ),
        words("策略变更", "新的目录版本已生效，应答其余部分可见内容减少。", "请重新请求。"),
    )
}

pub(super) fn policy_stale() -> ProblemRow {
    said(
        503,
        "proxy_internal_error",
        words(
            "Policy stale",
            "The gateway has not heard of its catalog for too long to know whether this is still \
             permitted; only entries that are open to every department are answered.",
            "Try again later; the gateway's operators have been alerted by its metrics.",
        ),
        words(
            "策略过期",
            "网关过久未能确认目录是否仍然有效，目前只答复对所有部门无条件共享的条目。",
            "请稍后重试；网关指标已反映该故障。",
        ),
    )
}

pub(super) fn draining() -> ProblemRow {
    said(
        503,
        "proxy_internal_response",
        words("Stopping", "The gateway is stopping.", "Connect again."),
        words("正在停止", "网关正在停止。", "请重新连接。"),
    )
}

pub(super) fn overloaded() -> ProblemRow {
    said(
        503,
        "connection_limit_reached",
        words(
            "Overloaded",
            "Too many long answers, or searches of the log, are under way at once.",
            "Try again later, with fewer calls at a time.",
        ),
        words("过载", "同时传送的长应答或日志检索过多。", "请减少并发，稍后重试。"),
    )
}

pub(super) fn gateway_fault() -> ProblemRow {
    said(
        500,
        "proxy_internal_error",
        words(
            "Gateway fault",
            "A step inside the gateway failed; the answer is withheld.",
            "Tell the exchange office, with the exchange id.",
        ),
        words("网关故障", "网关内部处理失败，应答已扣留。", "请将交换编号告知数据交换主管部门。"),
    )
}

pub(super) fn receipt_unknown() -> ProblemRow {
    said(
        404,
        DENIED,
        words(
            "Unknown exchange",
            "The log has no exchange of that id in which the caller's department asked.",
            "Name an exchange of your own, by the id in Exchange-Id.",
        ),
        words(
            "未知的交换",
            "日志中没有调用方部门以该编号发起的交换。",
            "请使用本部门交换的 Exchange-Id。",
        ),
    )
}

pub(super) fn receipt_pending() -> ProblemRow {
    said(
        503,
        "proxy_internal_response",
        words("Receipt pending", "No checkpoint covers it yet.", "Ask again in a second."),
        words("回执待生成", "尚无检查点覆盖该记录。", "请一秒后重试。"),
    )
}

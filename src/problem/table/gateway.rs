//! Faults and limits of the gateway itself.

use crate::problem::row::{ProblemKind, ProblemRow, both};

pub(super) static LOG_UNAVAILABLE: [ProblemRow; 1] = ProblemKind {
    code: "log-unavailable",
    status: 503,
    proxy_error: "proxy_internal_error",
    title: both("Log unavailable", "日志不可用"),
    remedy: both(
        "Try again later; the gateway's operators have been alerted by its metrics.",
        "请稍后重试；网关指标已反映该故障。",
    ),
}
.alone(
    "The exchange can't be recorded, so it does not take place.",
    "交换无法留痕，因此不予进行。",
);

pub(super) static POLICY_STALE: [ProblemRow; 1] = ProblemKind {
    code: "policy-stale",
    status: 503,
    proxy_error: "proxy_internal_error",
    title: both("Policy stale", "策略过期"),
    remedy: both(
        "Try again later; the gateway's operators have been alerted by its metrics.",
        "请稍后重试；网关指标已反映该故障。",
    ),
}
.alone(
    "The gateway has not heard of its catalog for too long to know whether this is still permitted; \
     only entries that are open to every department are answered.",
    "网关过久未能确认目录是否仍然有效，目前只答复对所有部门无条件共享的条目。",
);

pub(super) static RECEIPT_PENDING: [ProblemRow; 1] = ProblemKind {
    code: "receipt-pending",
    status: 503,
    proxy_error: "proxy_internal_response",
    title: both("Receipt pending", "回执待生成"),
    remedy: both("Ask again in a second.", "请一秒后重试。"),
}
.alone("No checkpoint covers the record yet.", "尚无检查点覆盖该记录。");

pub(super) static DRAINING: [ProblemRow; 1] = ProblemKind {
    code: "draining",
    status: 503,
    proxy_error: "proxy_internal_response",
    title: both("Stopping", "正在停止"),
    remedy: both("Connect again.", "请重新连接。"),
}
.alone("The gateway is stopping.", "网关正在停止。");

pub(super) static OVERLOADED: [ProblemRow; 1] = ProblemKind {
    code: "overloaded",
    status: 503,
    proxy_error: "connection_limit_reached",
    title: both("Overloaded", "过载"),
    remedy: both("Try again later, with fewer calls at a time.", "请减少并发，稍后重试。"),
}
.alone(
    "Too many long answers, or searches of the log, are under way at once.",
    "同时传送的长应答或日志检索过多。",
);

pub(super) static GATEWAY_FAULT: [ProblemRow; 1] = ProblemKind {
    code: "gateway-fault",
    status: 500,
    proxy_error: "proxy_internal_error",
    title: both("Gateway fault", "网关故障"),
    remedy: both(
        "Tell the exchange office, with the exchange id.",
        "请将交换编号告知数据交换主管部门。",
    ),
}
.alone(
    "A step inside the gateway failed; the answer is withheld.",
    "网关内部处理失败，应答已扣留。",
);

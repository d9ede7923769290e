//! Faults of providers, for which their answer can't be released.

use crate::problem::row::{ProblemKind, ProblemRow, ProblemStatus, both};

const PROTOCOL_ERROR: &str = "http_protocol_error";
const BODY_SIZE: &str = "http_response_body_size";

const UPSTREAM_UNAVAILABLE: ProblemKind = ProblemKind {
    code: "upstream-unavailable",
    status: 502,
    proxy_error: "connection_refused",
    title: both("Provider unavailable", "提供方不可用"),
    remedy: both(
        "Try again later; tell the contact if it lasts.",
        "请稍后重试；持续出现请告知联系部门。",
    ),
};

pub(super) static UNAVAILABLE: [ProblemRow; 6] = [
    UPSTREAM_UNAVAILABLE
        .row("no-upstream", "The entry has no provider system.", "该条目没有提供方系统。")
        .status(503)
        .error("proxy_configuration_error"),
    UPSTREAM_UNAVAILABLE
        .row("unresolved", "The provider's name does not resolve.", "提供方主机名无法解析。")
        .error("dns_error"),
    UPSTREAM_UNAVAILABLE
        .row(
            "address-not-allowed",
            "The provider's name resolves to an address that the registry does not allow.",
            "提供方主机名解析到名录不允许的地址。",
        )
        .error("destination_ip_prohibited"),
    UPSTREAM_UNAVAILABLE.row(
        "connection-refused",
        "The provider can't be reached.",
        "无法连接提供方。",
    ),
    UPSTREAM_UNAVAILABLE
        .row("connection-lost", "The connection to the provider broke.", "与提供方的连接中断。")
        .error("connection_terminated"),
    UPSTREAM_UNAVAILABLE
        .row("busy", "All connections to the provider are in use.", "与提供方的连接已占满。")
        .status(503)
        .error("connection_limit_reached"),
];

const UPSTREAM_TIMEOUT: ProblemKind = ProblemKind {
    code: "upstream-timeout",
    status: 504,
    proxy_error: "http_response_timeout",
    title: both("Provider timeout", "提供方超时"),
    remedy: UPSTREAM_UNAVAILABLE.remedy,
};

pub(super) static LATE: [ProblemRow; 2] = [
    UPSTREAM_TIMEOUT
        .row("connect", "Connecting to the provider took too long.", "连接提供方超时。")
        .error("connection_timeout"),
    UPSTREAM_TIMEOUT.row(
        "answer",
        "The provider did not answer in time.",
        "提供方未在时限内应答。",
    ),
];

pub(super) static UPSTREAM_UNTRUSTED: [ProblemRow; 1] = ProblemKind {
    code: "upstream-untrusted",
    status: 502,
    proxy_error: "tls_certificate_error",
    title: both("Provider not trusted", "提供方不可信"),
    remedy: both(
        "Tell the contact: the provider's certificate or address is wrong.",
        "请告知联系部门：提供方的证书或地址有误。",
    ),
}
.alone(
    "Who answers at the provider's address did not prove to be the provider.",
    "提供方地址上的应答者未能证明其身份。",
);

pub(super) static MISBEHAVED: [ProblemRow; 5] = ProblemKind {
    code: "upstream-misbehaved",
    status: 502,
    proxy_error: PROTOCOL_ERROR,
    title: both("Provider misbehaved", "提供方应答异常"),
    remedy: both("Tell the contact, with the exchange id.", "请将交换编号告知联系部门。"),
}
.each([
    ("protocol", "The provider's answer is not valid HTTP.", "提供方应答不是有效的 HTTP。"),
    ("redirect", "The provider answered with a redirect.", "提供方返回了重定向。"),
    ("partial-content", "The provider answered with a part only.", "提供方只返回了部分内容。"),
    ("challenge", "The provider asked for credentials.", "提供方要求提供凭据。"),
    ("status", "The provider's status has no place here.", "提供方返回了不应出现的状态码。"),
]);

pub(super) static UPSTREAM_ERROR: [ProblemRow; 1] = [ProblemRow {
    code: "upstream-error",
    reason: "upstream-error",
    status: ProblemStatus::Received,
    proxy_error: PROTOCOL_ERROR,
    title: both("Provider error", "提供方返回错误"),
    cause: both(
        "The provider answered {received_status}; its text is not shown.",
        "提供方返回 {received_status}；其内容不予显示。",
    ),
    remedy: both(
        "Check the request; else tell the contact, with the exchange id.",
        "请检查请求；否则请将交换编号告知联系部门。",
    ),
}];

const ANSWER_UNREADABLE: ProblemKind = ProblemKind {
    code: "answer-unreadable",
    status: 502,
    proxy_error: PROTOCOL_ERROR,
    title: both("Answer unreadable", "应答无法审查"),
    remedy: both("Tell the contact, with the exchange id.", "请将交换编号告知联系部门。"),
};

pub(super) static UNREADABLE: [ProblemRow; 11] = [
    ANSWER_UNREADABLE.row(
        "media-type",
        "The provider's answer is of a media type that can't be judged; it is withheld.",
        "提供方应答的媒体类型无法按字段审查，已扣留。",
    ),
    ANSWER_UNREADABLE
        .row(
            "content-coding",
            "The provider's answer is compressed in a way that can't be read; it is withheld.",
            "提供方应答的压缩方式无法读取，已扣留。",
        )
        .error("http_response_content_coding"),
    ANSWER_UNREADABLE.row(
        "not-json",
        "The provider's answer is not valid JSON; it is withheld.",
        "提供方应答不是有效的 JSON，已扣留。",
    ),
    ANSWER_UNREADABLE.row(
        "not-csv",
        "The provider's answer is not a valid CSV table with a header; it is withheld.",
        "提供方应答不是带表头的有效 CSV 表格，已扣留。",
    ),
    ANSWER_UNREADABLE.row(
        "charset",
        "The provider's answer is not in the charset it states, or in one that is not read; it is \
         withheld.",
        "提供方应答的字符编码与声明不符或不受支持，已扣留。",
    ),
    ANSWER_UNREADABLE
        .row(
            "expansion",
            "The provider's answer is compressed and expands too far; it is withheld.",
            "提供方应答解压后过大，已扣留。",
        )
        .error("http_response_content_coding"),
    ANSWER_UNREADABLE
        .row(
            "record-too-long",
            "A record of the provider's answer is too long to be judged; the answer is withheld.",
            "提供方应答中的单条记录过长，无法审查，已扣留。",
        )
        .error(BODY_SIZE),
    ANSWER_UNREADABLE.row(
        "second-subject",
        "A record of the provider's answer names two persons where the catalog says one; the \
         answer is withheld.",
        "提供方应答中有记录涉及两人，而目录声明为一人，已扣留。",
    ),
    ANSWER_UNREADABLE.row(
        "shape",
        "The provider's answer does not have the declared shape; it is withheld.",
        "提供方应答的结构与声明不符，已扣留。",
    ),
    ANSWER_UNREADABLE.row(
        "too-deep",
        "The provider's answer nests too deep; it is withheld.",
        "提供方应答嵌套过深，已扣留。",
    ),
    ANSWER_UNREADABLE
        .row(
            "truncated",
            "The provider's answer ended before its end; it is withheld.",
            "提供方应答不完整，已扣留。",
        )
        .error("http_response_incomplete"),
];

pub(super) static ANSWER_TOO_LARGE: [ProblemRow; 1] = ProblemKind {
    code: "answer-too-large",
    status: 502,
    proxy_error: BODY_SIZE,
    title: both("Answer too large", "应答过大"),
    remedy: both("Ask for less at a time.", "请缩小查询范围。"),
}
.alone(
    "The provider's answer is larger than {limit_bytes} bytes; it is withheld.",
    "提供方应答超过 {limit_bytes} 字节，已扣留。",
);

pub(super) static ANSWER_UNRECORDABLE: [ProblemRow; 1] = ProblemKind {
    code: "answer-unrecordable",
    status: 502,
    proxy_error: BODY_SIZE,
    title: both("Answer unrecordable", "应答无法留痕"),
    remedy: both("Ask for less at a time.", "请缩小查询范围。"),
}
.alone(
    "The answer names more persons than one record can; it is withheld.",
    "应答涉及的人员超过一条记录的容量，已扣留。",
);

pub(super) static MISMATCH: [ProblemRow; 2] = ProblemKind {
    code: "answer-mismatch",
    status: 502,
    proxy_error: PROTOCOL_ERROR,
    title: both("Answer mismatch", "应答不符"),
    remedy: both("Narrow the query, or tell the contact.", "请缩小查询范围，或告知联系部门。"),
}
.each([
    (
        "too-many-records",
        "The answer has more records than the operation may give; it is withheld.",
        "应答的记录数超过该操作的上限，已扣留。",
    ),
    (
        "subject",
        "The answer is about another person than the one asked for; it is withheld.",
        "应答涉及的对象与所查询的不一致，已扣留。",
    ),
]);

pub(super) static OUTCOME_UNKNOWN: [ProblemRow; 1] = ProblemKind {
    code: "outcome-unknown",
    status: 502,
    proxy_error: PROTOCOL_ERROR,
    title: both("Outcome unknown", "结果未知"),
    remedy: both(
        "Ask the provider what became of it before sending it again.",
        "请先向提供方核实结果，再决定是否重发。",
    ),
}
.alone(
    "The provider may have made the change or not: its answer does not tell, or can't be recorded.",
    "提供方可能已执行也可能未执行该操作，其应答未能说明或无法留痕。",
);

//! Faults of the peer or its request, whatever the policy says.

use crate::problem::row::{BAD_REQUEST, DENIED, ProblemKind, ProblemRow, both};

pub(super) static UNKNOWN_PEER: [ProblemRow; 3] = ProblemKind {
    code: "unknown-peer",
    status: 403,
    proxy_error: DENIED,
    title: both("Unknown peer", "未登记的调用方"),
    remedy: both(
        "Ask the exchange office to register the caller.",
        "请联系数据交换主管部门登记该调用方。",
    ),
}
.each([
    (
        "department",
        "The certificate is valid, but its department is not in the registry.",
        "证书有效，但其部门未在名录中登记。",
    ),
    (
        "system",
        "The certificate is valid, but its system is not registered for the department.",
        "证书有效，但其系统未在该部门名下登记。",
    ),
    (
        "person",
        "The certificate is a person's; this listener is for systems.",
        "该证书属于个人；此端口仅供系统调用。",
    ),
]);

pub(super) static PEER_SUSPENDED: [ProblemRow; 2] = ProblemKind {
    code: "peer-suspended",
    status: 403,
    proxy_error: DENIED,
    title: both("Peer suspended", "调用方已暂停"),
    remedy: both(
        "Ask the exchange office why, and when it is lifted.",
        "请向数据交换主管部门了解原因和恢复时间。",
    ),
}
.each([
    ("department", "The caller's department is suspended.", "调用方所属部门已被暂停。"),
    ("system", "The calling system is suspended.", "调用系统已被暂停。"),
]);

const REQUEST_TOO_LARGE: ProblemKind = ProblemKind {
    code: "request-too-large",
    status: 413,
    proxy_error: BAD_REQUEST,
    title: both("Request too large", "请求过大"),
    remedy: both("Send a smaller body.", "请减小请求体。"),
};

pub(super) static TOO_LARGE: [ProblemRow; 3] = [
    ProblemKind {
        status: 414,
        remedy: both(
            "Shorten them, or put the values into the body of a query.",
            "请缩短，或把参数放入请求体。",
        ),
        ..REQUEST_TOO_LARGE
    }
    .row(
        "target",
        "Path and query are longer than {limit_bytes} bytes.",
        "路径和查询串超过 {limit_bytes} 字节。",
    ),
    ProblemKind {
        status: 431,
        remedy: both(
            "Send fewer and shorter headers; put the values into the body of a query.",
            "请减少或缩短请求头，或把参数放入请求体。",
        ),
        ..REQUEST_TOO_LARGE
    }
    .row(
        "head",
        "The head is larger than {limit_bytes} bytes or has more than {limit_fields} fields.",
        "请求头超过 {limit_bytes} 字节或 {limit_fields} 个字段。",
    ),
    REQUEST_TOO_LARGE.row(
        "body",
        "The body is larger than {limit_bytes} bytes.",
        "请求体超过 {limit_bytes} 字节。",
    ),
];

pub(super) static REQUEST_TIMEOUT: [ProblemRow; 1] = ProblemKind {
    code: "request-timeout",
    status: 408,
    proxy_error: BAD_REQUEST,
    title: both("Request timeout", "请求超时"),
    remedy: both(
        "Send head and body without pause; check the connection.",
        "请连续发送请求头和请求体，并检查网络。",
    ),
}
.alone("The request's body did not arrive in time.", "请求体未在时限内到达。");

pub(super) static MEDIA_TYPE_UNSUPPORTED: [ProblemRow; 1] = ProblemKind {
    code: "media-type-unsupported",
    status: 415,
    proxy_error: BAD_REQUEST,
    title: both("Unsupported media type", "不支持的媒体类型"),
    remedy: both(
        "Send Content-Type: application/json, and no Content-Encoding.",
        "请使用 Content-Type: application/json，不要使用 Content-Encoding。",
    ),
}
.alone(
    "The body is not declared to be JSON, or it is compressed.",
    "请求体未声明为 JSON，或经过压缩。",
);

pub(super) static NOT_IN_CATALOG: [ProblemRow; 2] = ProblemKind {
    code: "not-in-catalog",
    status: 404,
    proxy_error: DENIED,
    title: both("Not in the catalog", "目录中不存在"),
    remedy: both("Look the entry up in the published catalog.", "请查阅已发布的共享目录。"),
}
.each([
    ("entry", "The catalog has no such entry.", "目录中没有该条目。"),
    ("operation", "The entry has no operation at this path.", "该条目在此路径下没有操作。"),
]);

pub(super) static METHOD_NOT_ALLOWED: [ProblemRow; 1] = ProblemKind {
    code: "method-not-allowed",
    status: 405,
    proxy_error: DENIED,
    title: both("Method not allowed", "方法不允许"),
    remedy: both("Use a method that the Allow header names.", "请使用 Allow 头中列出的方法。"),
}
.alone("The operation does not exist under this method.", "该操作不支持此方法。");

pub(super) static PARAMETER_NOT_ALLOWED: [ProblemRow; 2] = ProblemKind {
    code: "parameter-not-allowed",
    status: 400,
    proxy_error: DENIED,
    title: both("Parameter not allowed", "参数不允许"),
    remedy: both("Send declared parameters only.", "请只发送已声明的参数。"),
}
.each([
    (
        "query-parameter",
        "Query parameter no. {position} is not declared by the operation.",
        "第 {position} 个查询参数未在该操作中声明。",
    ),
    (
        "body-member",
        "Body member no. {position} is not declared by the operation.",
        "请求体中第 {position} 个成员未在该操作中声明。",
    ),
]);

pub(super) static PARAMETER_MISSING: [ProblemRow; 1] = ProblemKind {
    code: "parameter-missing",
    status: 400,
    proxy_error: DENIED,
    title: both("Parameter missing", "缺少参数"),
    remedy: both("Send {parameter}.", "请提供 {parameter}。"),
}
.alone("The parameter {parameter} is required.", "参数 {parameter} 为必填。");

pub(super) static PARAMETER_INVALID: [ProblemRow; 7] = ProblemKind {
    code: "parameter-invalid",
    status: 400,
    proxy_error: DENIED,
    title: both("Parameter invalid", "参数无效"),
    remedy: both(
        "Look up what the catalog declares for {parameter}.",
        "请查阅目录中 {parameter} 的格式和范围。",
    ),
}
.each([
    (
        "repeated",
        "The value of {parameter} does not pass: it stands more than once.",
        "参数 {parameter} 的值不符合要求：该参数重复出现。",
    ),
    (
        "pattern",
        "The value of {parameter} does not pass: it does not match the declared pattern.",
        "参数 {parameter} 的值不符合要求：与目录声明的格式不符。",
    ),
    (
        "too-long",
        "The value of {parameter} does not pass: it is longer than declared.",
        "参数 {parameter} 的值不符合要求：超过目录声明的长度。",
    ),
    (
        "wildcard",
        "The value of {parameter} does not pass: it holds *, % or a control character.",
        "参数 {parameter} 的值不符合要求：含有 *、% 或控制字符。",
    ),
    (
        "type",
        "The value of {parameter} does not pass: it is not of the declared type.",
        "参数 {parameter} 的值不符合要求：与目录声明的类型不符。",
    ),
    (
        "bounds",
        "The value of {parameter} does not pass: it is outside the declared bounds.",
        "参数 {parameter} 的值不符合要求：超出目录声明的范围。",
    ),
    (
        "nobody",
        "The value of {parameter} does not pass: no letter or digit is in it that could identify \
         a person.",
        "参数 {parameter} 的值不符合要求：其中没有可用于识别个人的字母或数字。",
    ),
]);

pub(super) static FIELD_UNKNOWN: [ProblemRow; 1] = ProblemKind {
    code: "field-unknown",
    status: 400,
    proxy_error: DENIED,
    title: both("Unknown field", "未知字段"),
    remedy: both(
        "Name fields by the paths that the catalog declares.",
        "请使用目录中声明的字段路径。",
    ),
}
.alone(
    "Item no. {position} of Exchange-Fields is not a field of the entry.",
    "Exchange-Fields 的第 {position} 项不是该条目的字段。",
);

pub(super) static GRANT_UNKNOWN: [ProblemRow; 1] = ProblemKind {
    code: "grant-unknown",
    status: 403,
    proxy_error: DENIED,
    title: both("Unknown grant", "未知授权"),
    remedy: both(
        "See GET /-/grants; people ask whether it was ended or suspended: sluice grant show.",
        "请以 GET /-/grants 查询；是否已终止或暂停，由人员以 sluice grant show 查询。",
    ),
}
.alone(
    "The grant named in Exchange-Grant is none of the caller's that is open.",
    "Exchange-Grant 指定的授权不是该调用方的有效授权。",
);

pub(super) static RECEIPT_UNKNOWN: [ProblemRow; 1] = ProblemKind {
    code: "receipt-unknown",
    status: 404,
    proxy_error: DENIED,
    title: both("Unknown exchange", "未知的交换"),
    remedy: both(
        "Name an exchange of your own, by the id in Exchange-Id.",
        "请使用本部门交换的 Exchange-Id。",
    ),
}
.alone(
    "The log has no exchange of that id in which the caller's department asked.",
    "日志中没有调用方部门以该编号发起的交换。",
);

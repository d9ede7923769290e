//! Requests that can't be read in exactly one way.

use crate::problem::row::{BAD_REQUEST, ProblemKind, ProblemRow, both};

const MALFORMED_REQUEST: ProblemKind = ProblemKind {
    code: "request-malformed",
    status: 400,
    proxy_error: BAD_REQUEST,
    title: both("Malformed request", "请求格式错误"),
    remedy: both("Correct the request; sending it again won't help.", "请更正请求；原样重发无效。"),
};

pub(super) static MALFORMED: [ProblemRow; 7] = [
    MALFORMED_REQUEST.row(
        "header-malformed",
        "The header {header} is not a structured field of its type (RFC 9651).",
        "请求头 {header} 不是符合 RFC 9651 的结构化字段。",
    ),
    MALFORMED_REQUEST.row(
        "header-repeated",
        "The header {header} stands more than once.",
        "请求头 {header} 重复出现。",
    ),
    MALFORMED_REQUEST.row(
        "body-malformed",
        "The body is not one JSON object with distinct members.",
        "请求体不是成员互不重复的 JSON 对象。",
    ),
    MALFORMED_REQUEST.row(
        "body-unexpected",
        "The operation takes no body.",
        "该操作不接受请求体。",
    ),
    MALFORMED_REQUEST
        .row(
            "authority-unknown",
            "The request is not for this gateway.",
            "该请求的目标不是本网关。",
        )
        .status(421),
    MALFORMED_REQUEST.row(
        "http2-malformed",
        "The request is not valid HTTP/2.",
        "请求不是有效的 HTTP/2。",
    ),
    MALFORMED_REQUEST.row(
        "pseudonym-key-unknown",
        "The key in Exchange-Pseudonym-Key is not, or no longer, in use for the caller.",
        "请求头 Exchange-Pseudonym-Key 指定的假名密钥对调用方无效或已停用。",
    ),
];

pub(super) static TARGET: [ProblemRow; 13] = MALFORMED_REQUEST.each([
    (
        "target-too-long",
        "The request's target is refused: the path with its query is longer than {limit_bytes} \
         bytes.",
        "请求目标被拒绝：路径和查询串超过 {limit_bytes} 字节。",
    ),
    (
        "target-too-many-parts",
        "The request's target is refused: the path or query has more than {limit_parts} parts.",
        "请求目标被拒绝：路径或查询串超过 {limit_parts} 个部分。",
    ),
    (
        "target-not-absolute",
        "The request's target is refused: the path does not start with /.",
        "请求目标被拒绝：路径未以 / 开头。",
    ),
    (
        "target-empty-segment",
        "The request's target is refused: the path has an empty segment (// or a / at its end).",
        "请求目标被拒绝：路径含有空段（// 或以 / 结尾）。",
    ),
    (
        "target-dot-segment",
        "The request's target is refused: the path has a . or .. segment.",
        "请求目标被拒绝：路径含有 . 或 .. 段。",
    ),
    (
        "target-encoded-separator",
        "The request's target is refused: the path holds an encoded /, % or a backslash.",
        "请求目标被拒绝：路径含有编码的 /、% 或反斜杠。",
    ),
    (
        "target-semicolon",
        "The request's target is refused: ; is not allowed in path or query.",
        "请求目标被拒绝：路径和查询串中不允许分号。",
    ),
    (
        "target-control-character",
        "The request's target is refused: path or query holds a control character.",
        "请求目标被拒绝：路径或查询串含有控制字符。",
    ),
    (
        "target-bad-escape",
        "The request's target is refused: a % is not followed by two hexadecimal digits.",
        "请求目标被拒绝：% 之后不是两位十六进制数字。",
    ),
    (
        "target-not-utf8",
        "The request's target is refused: path or query is not UTF-8 when decoded.",
        "请求目标被拒绝：路径或查询串解码后不是 UTF-8。",
    ),
    (
        "target-raw-byte",
        "The request's target is refused: path or query holds a byte that must be percent-encoded.",
        "请求目标被拒绝：路径或查询串含有须经百分号编码的字节。",
    ),
    (
        "target-bad-query",
        "The request's target is refused: a query part is not name=value.",
        "请求目标被拒绝：查询串中有不是“名称=值”的部分。",
    ),
    (
        "target-fragment",
        "The request's target is refused: the target holds a #.",
        "请求目标被拒绝：请求目标含有 #。",
    ),
]);

pub(super) static MESSAGE: [ProblemRow; 14] = [
    MALFORMED_REQUEST.row(
        "message-request-line",
        "The request is no message of HTTP/1.1: its first line is not METHOD target HTTP/1.1.",
        "请求不是有效的 HTTP/1.1 报文：首行不是“方法 目标 HTTP/1.1”。",
    ),
    MALFORMED_REQUEST.row(
        "message-status-line",
        "The request is no message of HTTP/1.1: its first line is not HTTP/1.1 status reason.",
        "请求不是有效的 HTTP/1.1 报文：首行不是“HTTP/1.1 状态码 说明”。",
    ),
    MALFORMED_REQUEST
        .row(
            "message-version",
            "The request is no message of HTTP/1.1: it is not HTTP/1.1.",
            "请求不是有效的 HTTP/1.1 报文：协议版本不是 HTTP/1.1。",
        )
        .status(505),
    MALFORMED_REQUEST.row(
        "message-line-end",
        "The request is no message of HTTP/1.1: a line does not end in CRLF, or holds a CR or LF.",
        "请求不是有效的 HTTP/1.1 报文：有一行未以 CRLF 结尾，或行内含有 CR 或 LF。",
    ),
    MALFORMED_REQUEST.row(
        "message-field-name",
        "The request is no message of HTTP/1.1: the name of a header field is no token.",
        "请求不是有效的 HTTP/1.1 报文：有请求头的名称不合规范。",
    ),
    MALFORMED_REQUEST.row(
        "message-field-value",
        "The request is no message of HTTP/1.1: the value of a header field holds a control \
         character.",
        "请求不是有效的 HTTP/1.1 报文：有请求头的值含有控制字符。",
    ),
    MALFORMED_REQUEST.row(
        "message-folded-field",
        "The request is no message of HTTP/1.1: a header field goes on in the next line.",
        "请求不是有效的 HTTP/1.1 报文：有请求头跨行书写。",
    ),
    MALFORMED_REQUEST.row(
        "message-head-size",
        "The request is no message of HTTP/1.1: its head is too large.",
        "请求不是有效的 HTTP/1.1 报文：请求头过大。",
    ),
    MALFORMED_REQUEST.row(
        "message-field-count",
        "The request is no message of HTTP/1.1: it has too many header fields.",
        "请求不是有效的 HTTP/1.1 报文：请求头字段过多。",
    ),
    MALFORMED_REQUEST.row(
        "message-content-length",
        "The request is no message of HTTP/1.1: Content-Length stands twice or is no number.",
        "请求不是有效的 HTTP/1.1 报文：Content-Length 重复出现或不是数字。",
    ),
    MALFORMED_REQUEST
        .row(
            "message-transfer-coding",
            "The request is no message of HTTP/1.1: Transfer-Encoding is not chunked, once.",
            "请求不是有效的 HTTP/1.1 报文：Transfer-Encoding 只能是 chunked，且只出现一次。",
        )
        .status(501),
    MALFORMED_REQUEST.row(
        "message-two-lengths",
        "The request is no message of HTTP/1.1: both Content-Length and Transfer-Encoding are \
         given.",
        "请求不是有效的 HTTP/1.1 报文：同时给出了 Content-Length 和 Transfer-Encoding。",
    ),
    MALFORMED_REQUEST.row(
        "message-chunk",
        "The request is no message of HTTP/1.1: a chunk or trailer is not as RFC 9112 has it.",
        "请求不是有效的 HTTP/1.1 报文：分块或尾部字段不符合 RFC 9112。",
    ),
    MALFORMED_REQUEST
        .row(
            "message-expectation",
            "The request is no message of HTTP/1.1: Expect asks for something else than \
             100-continue.",
            "请求不是有效的 HTTP/1.1 报文：Expect 只能是 100-continue。",
        )
        .status(417),
];

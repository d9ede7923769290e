//! What is said of the causes within a rejection, in English and Chinese.

use sluice_core::domain::rejection::*;
use sluice_core::message::{MAX_REQUEST_FIELDS, MAX_REQUEST_HEAD_BYTES};

use super::limits::budget_exhausted;
use super::rows::{BAD_REQUEST, DENIED, ProblemRow, Text, said, words};

pub(super) fn unknown_peer(what: UnknownPeer) -> (&'static str, &'static str) {
    match what {
        UnknownPeer::Department => (
            "The certificate is valid, but its department is not in the registry.",
            "证书有效，但其部门未在名录中登记。",
        ),
        UnknownPeer::System => (
            "The certificate is valid, but its system is not registered for the department.",
            "证书有效，但其系统未在该部门名下登记。",
        ),
        UnknownPeer::Person => (
            "The certificate is a person's; this listener is for systems.",
            "该证书属于个人；此端口仅供系统调用。",
        ),
    }
}

pub(super) fn malformed(what: Malformed) -> (Text, Text) {
    match what {
        Malformed::Target(bad) => (
            format!("The request's target is refused: {bad}.").into(),
            "请求路径或查询串含有不允许的写法(如空段、点段、编码的斜杠、分号或控制字符)。".into(),
        ),
        Malformed::Header(name) => (
            format!("The header {name} is not a structured field of its type (RFC 9651).").into(),
            format!("请求头 {name} 不是符合 RFC 9651 的结构化字段。").into(),
        ),
        Malformed::RepeatedHeader(name) => (
            format!("The header {name} stands more than once.").into(),
            format!("请求头 {name} 重复出现。").into(),
        ),
        Malformed::Body => (
            "The body is not one JSON object with distinct members.".into(),
            "请求体不是成员互不重复的 JSON 对象。".into(),
        ),
        Malformed::UnexpectedBody => {
            ("The operation takes no body.".into(), "该操作不接受请求体。".into())
        }
        Malformed::Message(bad) => (
            format!("The request is no message of HTTP/1.1: {bad}.").into(),
            "请求不是有效的 HTTP/1.1 报文(请求行、请求头、长度或分块有误)。".into(),
        ),
        Malformed::Framing => {
            ("The request is not valid HTTP/2.".into(), "请求不是有效的 HTTP/2。".into())
        }
        Malformed::PseudonymKey => (
            "The key in Exchange-Pseudonym-Key is not, or no longer, in use for the caller.".into(),
            "请求头 Exchange-Pseudonym-Key 指定的假名密钥对调用方无效或已停用。".into(),
        ),
        Malformed::Authority => {
            ("The request is not for this gateway.".into(), "该请求的目标不是本网关。".into())
        }
    }
}

pub(super) fn unmet(nearest: &Nearest) -> ProblemRow {
    let basis = &nearest.basis;
    if let Some(limit) = nearest.exhausted() {
        return budget_exhausted(basis, limit);
    }
    let lacking = nearest.lacking.first();
    let (title_en, en, title_zh, zh): (_, Text, _, Text) = match lacking {
        None | Some(Lacking::System) => (
            "Not authorised",
            "The term is not for this system of the department.".into(),
            "未获授权",
            "该条款不适用于本部门的此系统。".into(),
        ),
        Some(Lacking::Period) => (
            "Not authorised",
            "The term has not begun or has ended.".into(),
            "未获授权",
            "该条款尚未生效或已到期。".into(),
        ),
        Some(Lacking::Subject) => (
            "Subject not allowed",
            "The grant is for certain persons; the request must be about one of them.".into(),
            "查询对象不允许",
            "该授权仅限特定对象，请求须针对其中之一。".into(),
        ),
        Some(Lacking::Mode { allowed }) => (
            "Mode not allowed",
            format!("The term allows: {}.", allowed.join(", ")).into(),
            "使用方式不允许",
            format!("该条款允许的方式：{}。", allowed.join("、")).into(),
        ),
        Some(Lacking::Operation { allowed }) => (
            "Operation not allowed",
            format!("The grant allows: {}.", allowed.join(", ")).into(),
            "操作不允许",
            format!("该授权允许的操作：{}。", allowed.join("、")).into(),
        ),
        Some(Lacking::PurposeMissing { allowed }) => (
            "Purpose missing",
            format!("Exchange-Purpose must be stated: {}.", listed(allowed, "any registered"))
                .into(),
            "缺少用途",
            format!("须以 Exchange-Purpose 声明用途：{}。", listed(allowed, "任一已登记用途"))
                .into(),
        ),
        Some(Lacking::PurposeNotAllowed { allowed }) => (
            "Purpose not allowed",
            format!("The term allows these purposes: {}.", listed(allowed, "any registered"))
                .into(),
            "用途不允许",
            format!("该条款允许的用途：{}。", listed(allowed, "任一已登记用途")).into(),
        ),
        Some(Lacking::PurposeScope { mode, category, allowed }) => (
            "Purpose not allowed",
            format!(
                "The purpose does not allow {mode} of {category} data. Of the term's, these do: {}.",
                listed(allowed, "none")
            )
            .into(),
            "用途不允许",
            format!(
                "该用途不允许以 {mode} 方式使用 {category} 类数据。该条款中允许的用途：{}。",
                listed(allowed, "无")
            )
            .into(),
        ),
        Some(Lacking::CaseMissing) => (
            "Case missing",
            "Exchange-Case must give the case or file reference.".into(),
            "缺少案件编号",
            "须以 Exchange-Case 提供案件或卷宗编号。".into(),
        ),
        Some(Lacking::CaseInvalid) => (
            "Case invalid",
            "The case reference does not have the form the term asks for.".into(),
            "案件编号无效",
            "案件编号不符合该条款要求的格式。".into(),
        ),
        Some(Lacking::ConsentMissing) => (
            "Consent missing",
            "Exchange-Consent must give the reference of the person's consent.".into(),
            "缺少同意凭据",
            "须以 Exchange-Consent 提供个人同意的凭据编号。".into(),
        ),
        Some(Lacking::ConsentInvalid) => (
            "Consent invalid",
            "The consent reference does not have the form of a reference.".into(),
            "同意凭据无效",
            "同意凭据编号的格式不正确。".into(),
        ),
        Some(Lacking::OperatorMissing) => (
            "Operator missing",
            "Exchange-Operator must name the person on whose behalf the system calls.".into(),
            "缺少操作人",
            "须以 Exchange-Operator 指明系统所代表的操作人。".into(),
        ),
        Some(Lacking::OperatorNotAllowed) => (
            "Operator not allowed",
            "The operator is not one the term allows, or no active person of the caller.".into(),
            "操作人不允许",
            "该操作人不在条款允许之列，或不是调用方部门的在册人员。".into(),
        ),
        Some(Lacking::Lookup { parameter }) => (
            "Parameter not allowed",
            format!("{parameter} searches by a field that the caller's view does not show.").into(),
            "参数不允许",
            format!("{parameter} 所检索的字段对调用方不可见。").into(),
        ),
        Some(Lacking::Budget(_)) => (
            "Budget used up",
            "The budget of the term is used up.".into(),
            "额度已用完",
            "该条款的额度已用完。".into(),
        ),
        Some(Lacking::Binding { parameter }) => (
            "Parameter not allowed",
            format!("The term ties {parameter} to another value.").into(),
            "参数不允许",
            format!("该条款限定了 {parameter} 的取值。").into(),
        ),
    };
    said(
        403,
        DENIED,
        words(
            title_en,
            en,
            format!("Meet what {basis} asks, or ask the contact for another term."),
        ),
        words(title_zh, zh, format!("请满足条款 {basis} 的要求，或向联系部门申请其他条款。")),
    )
}

fn listed(codes: &[Box<str>], any: &str) -> String {
    if codes.is_empty() { any.to_owned() } else { codes.join(", ") }
}

pub(super) fn unavailable(why: Unavailable) -> ProblemRow {
    let (status, error, en, zh) = match why {
        Unavailable::NoUpstream => (
            503,
            "proxy_configuration_error",
            "The entry has no provider system.",
            "该条目没有提供方系统。",
        ),
        Unavailable::Unresolved => {
            (502, "dns_error", "The provider's name does not resolve.", "提供方主机名无法解析。")
        }
        Unavailable::AddressNotAllowed => (
            502,
            "destination_ip_prohibited",
            "The provider's name resolves to an address that the registry does not allow.",
            "提供方主机名解析到名录不允许的地址。",
        ),
        Unavailable::Refused => {
            (502, "connection_refused", "The provider can't be reached.", "无法连接提供方。")
        }
        Unavailable::ConnectionLost => (
            502,
            "connection_terminated",
            "The connection to the provider broke.",
            "与提供方的连接中断。",
        ),
        Unavailable::Busy => (
            503,
            "connection_limit_reached",
            "All connections to the provider are in use.",
            "与提供方的连接已占满。",
        ),
    };
    said(
        status,
        error,
        words("Provider unavailable", en, "Try again later; tell the contact if it lasts."),
        words("提供方不可用", zh, "请稍后重试；持续出现请告知联系部门。"),
    )
}

pub(super) fn misbehaved(what: Misbehaved) -> (&'static str, &'static str) {
    match what {
        Misbehaved::Protocol => {
            ("The provider's answer is not valid HTTP.", "提供方应答不是有效的 HTTP。")
        }
        Misbehaved::Redirect => ("The provider answered with a redirect.", "提供方返回了重定向。"),
        Misbehaved::Partial => {
            ("The provider answered with a part only.", "提供方只返回了部分内容。")
        }
        Misbehaved::Challenge => ("The provider asked for credentials.", "提供方要求提供凭据。"),
        Misbehaved::Status => {
            ("The provider's status has no place here.", "提供方返回了不应出现的状态码。")
        }
    }
}

pub(super) fn unreadable(why: Unreadable) -> (&'static str, &'static str, &'static str) {
    match why {
        Unreadable::MediaType => (
            "http_protocol_error",
            "The provider's answer is of a media type that can't be judged; it is withheld.",
            "提供方应答的媒体类型无法按字段审查，已扣留。",
        ),
        Unreadable::ContentCoding => (
            "http_response_content_coding",
            "The provider's answer is compressed in a way that can't be read; it is withheld.",
            "提供方应答的压缩方式无法读取，已扣留。",
        ),
        Unreadable::NotJson => (
            "http_protocol_error",
            "The provider's answer is not valid JSON; it is withheld.",
            "提供方应答不是有效的 JSON,已扣留。",
        ),
        Unreadable::NotCsv => (
            "http_protocol_error",
            "The provider's answer is not a valid CSV table with a header; it is withheld.",
            "提供方应答不是带表头的有效 CSV 表格，已扣留。",
        ),
        Unreadable::Charset => (
            "http_protocol_error",
            "The provider's answer is not in the charset it states, or in one that is not read; it \
             is withheld.",
            "提供方应答的字符编码与声明不符或不受支持，已扣留。",
        ),
        Unreadable::Expansion => (
            "http_response_content_coding",
            "The provider's answer is compressed and expands too far; it is withheld.",
            "提供方应答解压后过大，已扣留。",
        ),
        Unreadable::RecordTooLong => (
            "http_response_body_size",
            "A record of the provider's answer is too long to be judged; the answer is withheld.",
            "提供方应答中的单条记录过长，无法审查，已扣留。",
        ),
        Unreadable::SecondSubject => (
            "http_protocol_error",
            "A record of the provider's answer names two persons where the catalog says one; the \
             answer is withheld.",
            "提供方应答中有记录涉及两人，而目录声明为一人，已扣留。",
        ),
        Unreadable::Shape => (
            "http_protocol_error",
            "The provider's answer does not have the declared shape; it is withheld.",
            "提供方应答的结构与声明不符，已扣留。",
        ),
        Unreadable::TooDeep => (
            "http_protocol_error",
            "The provider's answer nests too deep; it is withheld.",
            "提供方应答嵌套过深，已扣留。",
        ),
        Unreadable::Truncated => (
            "http_response_incomplete",
            "The provider's answer ended before its end; it is withheld.",
            "提供方应答不完整，已扣留。",
        ),
    }
}

pub(super) fn too_large(what: TooLarge) -> ProblemRow {
    match what {
        TooLarge::Target => said(
            414,
            BAD_REQUEST,
            words(
                "Request too large",
                "Path and query are longer than 4096 bytes.",
                "Shorten them, or put the values into the body of a query.",
            ),
            words("请求过大", "路径和查询串超过 4096 字节。", "请缩短，或把参数放入请求体。"),
        ),
        TooLarge::Head => said(
            431,
            BAD_REQUEST,
            words(
                "Request too large",
                format!(
                    "The head is larger than {MAX_REQUEST_HEAD_BYTES} bytes or has more than \
                     {MAX_REQUEST_FIELDS} fields."
                ),
                "Send fewer and shorter headers; put the values into the body of a query.",
            ),
            words(
                "请求过大",
                format!("请求头超过 {MAX_REQUEST_HEAD_BYTES} 字节或 {MAX_REQUEST_FIELDS} 个字段。"),
                "请减少或缩短请求头，或把参数放入请求体。",
            ),
        ),
        TooLarge::Body { limit_bytes } => said(
            413,
            BAD_REQUEST,
            words(
                "Request too large",
                format!("The body is larger than {limit_bytes} bytes."),
                "Send a smaller body.",
            ),
            words("请求过大", format!("请求体超过 {limit_bytes} 字节。"), "请减小请求体。"),
        ),
    }
}

//! One row a rejection: status, `Proxy-Status` error, and what it says in two languages. Texts
//! tell only what this caller may know.

use std::borrow::Cow;

use sluice_core::domain::rejection::*;
use sluice_core::message::BadMessage;

use super::details::{
    malformed, misbehaved, too_large, unavailable, unknown_peer, unmet, unreadable,
};
use super::limits::{budget_exhausted, rate_limited};
use super::own;

/// What is said of a rejection.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    /// The status (RFC 9110).
    pub status: u16,
    /// The error type (RFC 9209, section 2.3).
    pub proxy_error: &'static str,
    /// The provider's status, where this answer replaces it.
    pub received_status: Option<u16>,
    /// In English.
    pub en: Words,
    /// In Chinese.
    pub zh: Words,
}

/// What is said of a rejection in one language.
#[derive(Clone, Debug)]
pub struct Words {
    /// The kind of problem; the same for every occurrence.
    pub title: Cow<'static, str>,
    /// This occurrence.
    pub detail: Cow<'static, str>,
    /// What to do about it.
    pub remedy: Cow<'static, str>,
}

pub(super) type Text = Cow<'static, str>;

pub(super) const DENIED: &str = "http_request_denied";
pub(super) const BAD_REQUEST: &str = "http_request_error";

pub(super) fn words(
    title: &'static str,
    detail: impl Into<Text>,
    remedy: impl Into<Text>,
) -> Words {
    Words { title: title.into(), detail: detail.into(), remedy: remedy.into() }
}

pub(super) fn said(status: u16, proxy_error: &'static str, en: Words, zh: Words) -> ProblemRow {
    ProblemRow { status, proxy_error, received_status: None, en, zh }
}

/// What is said of a rejection.
pub fn row(rejection: &Rejection) -> ProblemRow {
    match rejection {
        Rejection::UnknownPeer(what) => {
            let (en, zh) = unknown_peer(*what);
            said(
                403,
                DENIED,
                words("Unknown peer", en, "Ask the exchange office to register the caller."),
                words("未登记的调用方", zh, "请联系数据交换主管部门登记该调用方。"),
            )
        }
        Rejection::PeerSuspended(what) => {
            let (en, zh) = match what {
                Suspended::Department => {
                    ("The caller's department is suspended.", "调用方所属部门已被暂停。")
                }
                Suspended::System => ("The calling system is suspended.", "调用系统已被暂停。"),
            };
            said(
                403,
                DENIED,
                words("Peer suspended", en, "Ask the exchange office why, and when it is lifted."),
                words("调用方已暂停", zh, "请向数据交换主管部门了解原因和恢复时间。"),
            )
        }
        Rejection::RequestMalformed(what) => {
            let (en, zh) = malformed(*what);
            let status = match what {
                Malformed::Authority => 421,
                Malformed::Message(BadMessage::Version) => 505,
                Malformed::Message(BadMessage::TransferCoding) => 501,
                Malformed::Message(BadMessage::Expectation) => 417,
                _ => 400,
            };
            said(
                status,
                BAD_REQUEST,
                words("Malformed request", en, "Correct the request; sending it again won't help."),
                words("请求格式错误", zh, "请更正请求；原样重发无效。"),
            )
        }
        Rejection::RequestTooLarge(what) => too_large(*what),
        Rejection::RequestTimeout => said(
            408,
            BAD_REQUEST,
            words(
                "Request timeout",
                "The request's body did not arrive in time.",
                "Send head and body without pause; check the connection.",
            ),
            words("请求超时", "请求体未在时限内到达。", "请连续发送请求头和请求体，并检查网络。"),
        ),
        Rejection::MediaTypeUnsupported => said(
            415,
            BAD_REQUEST,
            words(
                "Unsupported media type",
                "The body is not declared to be JSON, or it is compressed.",
                "Send Content-Type: application/json, and no Content-Encoding.",
            ),
            words(
                "不支持的媒体类型",
                "请求体未声明为 JSON,或经过压缩。",
                "请使用 Content-Type: application/json,不要使用 Content-Encoding。",
            ),
        ),
        Rejection::NotInCatalog(what) => {
            let (en, zh) = match what {
                NotInCatalog::Entry => ("The catalog has no such entry.", "目录中没有该条目。"),
                NotInCatalog::Operation => {
                    ("The entry has no operation at this path.", "该条目在此路径下没有操作。")
                }
            };
            said(
                404,
                DENIED,
                words("Not in the catalog", en, "Look the entry up in the published catalog."),
                words("目录中不存在", zh, "请查阅已发布的共享目录。"),
            )
        }
        Rejection::MethodNotAllowed { .. } => said(
            405,
            DENIED,
            words(
                "Method not allowed",
                "The operation does not exist under this method.",
                "Use a method that the Allow header names.",
            ),
            words("方法不允许", "该操作不支持此方法。", "请使用 Allow 头中列出的方法。"),
        ),
        Rejection::ParameterNotAllowed(what) => {
            let (en, zh) = match what {
                Undeclared::Query(position) => (
                    format!("Query parameter no. {position} is not declared by the operation."),
                    format!("第 {position} 个查询参数未在该操作中声明。"),
                ),
                Undeclared::Body(position) => (
                    format!("Body member no. {position} is not declared by the operation."),
                    format!("请求体中第 {position} 个成员未在该操作中声明。"),
                ),
            };
            said(
                400,
                DENIED,
                words("Parameter not allowed", en, "Send declared parameters only."),
                words("参数不允许", zh, "请只发送已声明的参数。"),
            )
        }
        Rejection::ParameterMissing { name } => said(
            400,
            DENIED,
            words(
                "Parameter missing",
                format!("The parameter {name} is required."),
                format!("Send {name}."),
            ),
            words("缺少参数", format!("参数 {name} 为必填。"), format!("请提供 {name}。")),
        ),
        Rejection::ParameterInvalid { name, why } => said(
            400,
            DENIED,
            words(
                "Parameter invalid",
                format!("The value of {name} does not pass: {why}."),
                format!("Look up what the catalog declares for {name}."),
            ),
            words(
                "参数无效",
                format!("参数 {name} 的值不符合目录中的声明。"),
                format!("请查阅目录中 {name} 的格式和范围。"),
            ),
        ),
        Rejection::FieldUnknown { position } => said(
            400,
            DENIED,
            words(
                "Unknown field",
                format!("Item no. {position} of Exchange-Fields is not a field of the entry."),
                "Name fields by the paths that the catalog declares.",
            ),
            words(
                "未知字段",
                format!("Exchange-Fields 的第 {position} 项不是该条目的字段。"),
                "请使用目录中声明的字段路径。",
            ),
        ),
        Rejection::GrantUnknown => said(
            403,
            DENIED,
            words(
                "Unknown grant",
                "The grant named in Exchange-Grant is none of the caller's that is open.",
                "See GET /-/grants; people ask whether it was ended or suspended: sluice grant show.",
            ),
            words(
                "未知授权",
                "Exchange-Grant 指定的授权不是该调用方的有效授权。",
                "请以 GET /-/grants 查询；是否已终止或暂停，由人员以 sluice grant show 查询。",
            ),
        ),
        Rejection::NonShared => said(
            403,
            DENIED,
            words(
                "Not shared",
                "The entry stands on the negative list: it is not shared.",
                "Ask the contact for the reason; an approved grant would be needed.",
            ),
            words(
                "不予共享",
                "该条目列入负面清单，不予共享。",
                "请向联系部门了解理由；如确需使用须经批准授权。",
            ),
        ),
        Rejection::EntrySuspended => said(
            403,
            DENIED,
            words(
                "Entry suspended",
                "The entry is stopped.",
                "Ask the contact when it opens again.",
            ),
            words("条目已暂停", "该条目已停止共享。", "请向联系部门了解恢复时间。"),
        ),
        Rejection::ProviderSuspended => said(
            403,
            DENIED,
            words(
                "Provider suspended",
                "The department that provides the entry is suspended.",
                "Ask the exchange office when it provides again.",
            ),
            words(
                "提供方已暂停",
                "提供该条目的部门已被暂停。",
                "请向数据交换主管部门了解恢复时间。",
            ),
        ),
        Rejection::NotAuthorised => said(
            403,
            DENIED,
            words(
                "Not authorised",
                "No term of the entry is for the caller's department.",
                "Ask the contact for a term, or apply for a grant.",
            ),
            words(
                "未获授权",
                "该条目没有适用于调用方部门的共享条款。",
                "请向联系部门申请条款或临时授权。",
            ),
        ),
        Rejection::Unmet(nearest) => unmet(nearest),
        Rejection::OperatorSuspended => said(
            403,
            DENIED,
            words(
                "Operator suspended",
                "The person on whose behalf the call is made is suspended.",
                "Ask the exchange office.",
            ),
            words("操作人已停用", "所代表的操作人已被停用。", "请联系数据交换主管部门。"),
        ),
        Rejection::GrantNotActive => said(
            403,
            DENIED,
            words(
                "Grant not active",
                "The grant that is named has not begun, has ended, or waits for its review.",
                "Look up its period with GET /-/grants, or ask for a new one.",
            ),
            words(
                "授权不在有效期",
                "所指定的临时授权尚未生效、已到期或待复核。",
                "请通过 GET /-/grants 查看有效期，或申请新的授权。",
            ),
        ),
        Rejection::GrantNotCovering(nearest) => {
            let row = unmet(nearest);
            let title = |words: Words, title: &'static str| Words { title: title.into(), ..words };
            ProblemRow {
                en: title(row.en, "Grant not covering"),
                zh: title(row.zh, "授权未涵盖"),
                ..row
            }
        }
        Rejection::GrantAmbiguous { grants } => said(
            403,
            DENIED,
            words(
                "Grant ambiguous",
                format!("Several grants hold: {}.", grants.join(", ")),
                "Name the one to use in Exchange-Grant.",
            ),
            words(
                "授权不唯一",
                format!("有多项临时授权适用：{}。", grants.join("、")),
                "请以 Exchange-Grant 指定所用的授权。",
            ),
        ),
        Rejection::ApprovalRequired => said(
            403,
            DENIED,
            words(
                "Approval required",
                "The operation works under an approved grant only.",
                "Apply to the provider for a grant.",
            ),
            words("须经批准", "该操作须持有经批准的授权。", "请向提供部门申请授权。"),
        ),
        Rejection::RateLimited(limit) => rate_limited(limit),
        Rejection::BudgetExhausted { basis, limit } => budget_exhausted(basis, limit),
        Rejection::TooManyAtOnce { most } => said(
            429,
            DENIED,
            words(
                "Too many at once",
                format!("The system has {most} exchanges under way, as many as one may."),
                "Wait for answers before asking more; send fewer at a time.",
            ),
            words(
                "并发过多",
                format!("该系统同时进行的交换已达上限 {most} 个。"),
                "请等待应答后再请求，并减少并发。",
            ),
        ),
        Rejection::UpstreamUnavailable(why) => unavailable(*why),
        Rejection::UpstreamTimeout(late) => {
            let (error, en, zh) = match late {
                Late::Connect => (
                    "connection_timeout",
                    "Connecting to the provider took too long.",
                    "连接提供方超时。",
                ),
                Late::Answer => (
                    "http_response_timeout",
                    "The provider did not answer in time.",
                    "提供方未在时限内应答。",
                ),
            };
            said(
                504,
                error,
                words("Provider timeout", en, "Try again later; tell the contact if it lasts."),
                words("提供方超时", zh, "请稍后重试；持续出现请告知联系部门。"),
            )
        }
        Rejection::UpstreamUntrusted { .. } => said(
            502,
            "tls_certificate_error",
            words(
                "Provider not trusted",
                "Who answers at the provider's address did not prove to be the provider.",
                "Tell the contact: the provider's certificate or address is wrong.",
            ),
            words(
                "提供方不可信",
                "提供方地址上的应答者未能证明其身份。",
                "请告知联系部门：提供方的证书或地址有误。",
            ),
        ),
        Rejection::UpstreamMisbehaved(what) => {
            let (en, zh) = misbehaved(*what);
            said(
                502,
                "http_protocol_error",
                words("Provider misbehaved", en, "Tell the contact, with the exchange id."),
                words("提供方应答异常", zh, "请将交换编号告知联系部门。"),
            )
        }
        Rejection::UpstreamError { status } => ProblemRow {
            status: *status,
            proxy_error: "http_protocol_error",
            received_status: Some(*status),
            en: words(
                "Provider error",
                format!("The provider answered {status}; its text is not shown."),
                "Check the request; else tell the contact, with the exchange id.",
            ),
            zh: words(
                "提供方返回错误",
                format!("提供方返回 {status};其内容不予显示。"),
                "请检查请求；否则请将交换编号告知联系部门。",
            ),
        },
        Rejection::AnswerUnreadable(why) => {
            let (error, en, zh) = unreadable(*why);
            said(
                502,
                error,
                words("Answer unreadable", en, "Tell the contact, with the exchange id."),
                words("应答无法审查", zh, "请将交换编号告知联系部门。"),
            )
        }
        Rejection::RecordWithheld => said(
            403,
            DENIED,
            words(
                "Record withheld",
                "The record says of itself that nothing of it may be shown to the caller.",
                "Ask the contact, with the exchange id.",
            ),
            words(
                "记录不予提供",
                "该记录自身的标记表明其内容不得向调用方提供。",
                "请将交换编号告知联系部门。",
            ),
        ),
        Rejection::OutcomeUnknown { .. } => said(
            502,
            "http_protocol_error",
            words(
                "Outcome unknown",
                "The provider may have made the change or not: its answer does not tell, or can't \
                 be recorded.",
                "Ask the provider what became of it before sending it again.",
            ),
            words(
                "结果未知",
                "提供方可能已执行也可能未执行该操作，其应答未能说明或无法留痕。",
                "请先向提供方核实结果，再决定是否重发。",
            ),
        ),
        Rejection::AnswerTooLarge { limit_bytes } => said(
            502,
            "http_response_body_size",
            words(
                "Answer too large",
                format!(
                    "The provider's answer is larger than {limit_bytes} bytes; it is withheld."
                ),
                "Ask for less at a time.",
            ),
            words(
                "应答过大",
                format!("提供方应答超过 {limit_bytes} 字节，已扣留。"),
                "请缩小查询范围。",
            ),
        ),
        Rejection::AnswerUnrecordable => said(
            502,
            "http_response_body_size",
            words(
                "Answer unrecordable",
                "The answer names more persons than one record can; it is withheld.",
                "Ask for less at a time.",
            ),
            words("应答无法留痕", "应答涉及的人员超过一条记录的容量，已扣留。", "请缩小查询范围。"),
        ),
        Rejection::AnswerMismatch(what) => {
            let (en, zh) = match what {
                Mismatch::TooManyRecords => (
                    "The answer has more records than the operation may give; it is withheld.",
                    "应答的记录数超过该操作的上限，已扣留。",
                ),
                Mismatch::Subject => (
                    "The answer is about another person than the one asked for; it is withheld.",
                    "应答涉及的对象与所查询的不一致，已扣留。",
                ),
            };
            said(
                502,
                "http_protocol_error",
                words("Answer mismatch", en, "Narrow the query, or tell the contact."),
                words("应答不符", zh, "请缩小查询范围，或告知联系部门。"),
            )
        }
        Rejection::ReceiptUnknown => own::receipt_unknown(),
        Rejection::ReceiptPending => own::receipt_pending(),
        Rejection::LogUnavailable => own::log_unavailable(),
        Rejection::PolicyChanged => own::policy_changed(),
        Rejection::PolicyStale => own::policy_stale(),
        Rejection::Draining => own::draining(),
        Rejection::Overloaded => own::overloaded(),
        Rejection::GatewayFault => own::gateway_fault(),
    }
}

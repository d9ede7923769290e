//! Texts of each refusal of the administrative interface, in English and Chinese: data alone.
//! Gaps are written `{0}`, `{1}`.

mod changes;

pub(in crate::api) use changes::*;

use crate::problem::Bilingual;

/// A kind of refusal, as programs distinguish them by code.
#[derive(Debug)]
pub(in crate::api) struct RefusalKind {
    pub(in crate::api) code: &'static str,
    pub(in crate::api) status: u16,
    pub(in crate::api) title: Bilingual,
}

/// The texts of a refusal.
#[derive(Debug)]
pub(in crate::api) struct RefusalText {
    pub(in crate::api) kind: &'static RefusalKind,
    pub(in crate::api) detail: Bilingual,
    pub(in crate::api) remedy: Bilingual,
}

const fn both(en: &'static str, zh: &'static str) -> Bilingual {
    Bilingual { en, zh }
}

const fn kind(code: &'static str, status: u16, en: &'static str, zh: &'static str) -> RefusalKind {
    RefusalKind { code, status, title: both(en, zh) }
}

const fn text(kind: &'static RefusalKind, detail: Bilingual, remedy: Bilingual) -> RefusalText {
    RefusalText { kind, detail, remedy }
}

static UNKNOWN_PEER: RefusalKind = kind("unknown-peer", 403, "Unknown person", "未登记的人员");
static PEER_SUSPENDED: RefusalKind = kind("peer-suspended", 403, "Suspended", "已暂停");
static NOT_AUTHORISED: RefusalKind = kind("not-authorised", 403, "Not authorised", "未获授权");
static NOT_FOUND: RefusalKind = kind("not-found", 404, "Not found", "未找到");
static METHOD: RefusalKind = kind("method-not-allowed", 405, "Method not allowed", "方法不允许");
static REQUEST_MALFORMED: RefusalKind =
    kind("request-malformed", 400, "Malformed request", "请求格式错误");
static REQUEST_TOO_LARGE: RefusalKind =
    kind("request-too-large", 413, "Request too large", "请求过大");
static MEDIA_TYPE: RefusalKind =
    kind("media-type-unsupported", 415, "Unsupported media type", "不支持的媒体类型");
static PRECONDITION: RefusalKind =
    kind("precondition-missing", 428, "Precondition missing", "缺少前提条件");
static CHANGED_MEANWHILE: RefusalKind =
    kind("changed-meanwhile", 412, "Changed meanwhile", "期间已变更");
static FOLDER: RefusalKind = kind("not-released", 409, "No releases here", "本网关无发布版本");
static CONFLICT: RefusalKind = kind("conflict", 409, "Conflict", "冲突");
static CATALOG_UNSOUND: RefusalKind = kind("catalog-unsound", 422, "Unsound catalog", "目录有误");
static STORE: RefusalKind = kind("store-unavailable", 503, "Store unavailable", "存储不可用");
static TOO_MANY: RefusalKind = kind("too-many-at-once", 429, "Too many at once", "同时请求过多");
static OVERLOADED: RefusalKind = kind("overloaded", 503, "Overloaded", "过载");
static RECEIPT_UNKNOWN: RefusalKind =
    kind("receipt-unknown", 404, "Unknown exchange", "未知的交换");
static LOG: RefusalKind = kind("log-unavailable", 503, "Log unavailable", "日志不可用");
static GATEWAY_FAULT: RefusalKind = kind("gateway-fault", 500, "Gateway fault", "网关故障");

const CORRECT_IT: Bilingual = both(
    "Correct the request; /api/v1/openapi.json describes it.",
    "请更正请求；格式见 /api/v1/openapi.json。",
);
const SEE_THE_LIST: Bilingual =
    both("Ask for the list of what there is.", "请查询列表，确认现有对象。");
const ASK_WHOSE_STEP: Bilingual = both(
    "Ask a person whose step it is; roles stand in the registry.",
    "请由有权办理该步骤的人员办理；角色见名录。",
);
const LOOK_AGAIN: Bilingual = both("Look at it again, then decide.", "请重新查看后再决定。");
const TRY_LATER: Bilingual = both(
    "Try again later; the gateway's operators see in its metrics what is wrong.",
    "请稍后重试；网关运维人员可从指标中看到原因。",
);
const TELL_OPERATORS: Bilingual = both(
    "Tell the gateway's operators: its own log says more.",
    "请告知网关运维人员：网关自身日志有更多信息。",
);

pub(in crate::api) static UNKNOWN_PERSON: RefusalText = text(
    &UNKNOWN_PEER,
    both(
        "The certificate is valid, but not of an active person in the registry; this listener is for people.",
        "证书有效，但不属于名录中的在册人员；此端口仅供人员使用。",
    ),
    both("Ask the exchange office to register the person.", "请联系数据交换主管部门登记该人员。"),
);
pub(in crate::api) static PERSON_SUSPENDED: RefusalText = text(
    &PEER_SUSPENDED,
    both("You, or your department, are suspended.", "您或您所在的部门已被暂停。"),
    both("Ask the exchange office.", "请联系数据交换主管部门。"),
);
pub(in crate::api) static ROLE_MISSING: RefusalText = text(
    &NOT_AUTHORISED,
    both("This is for a person with the role {0}.", "此操作须由具有以下角色之一的人员办理：{0}。"),
    both(
        "Ask the exchange office for the role in its registry.",
        "请联系数据交换主管部门在名录中授予该角色。",
    ),
);
pub(in crate::api) static NOT_AN_AUDITOR: RefusalText = text(
    &NOT_AUTHORISED,
    both("The log is for auditors of {0}.", "日志仅供 {0} 的审计人员查阅。"),
    both(
        "Ask the exchange office for the role of an auditor in its registry.",
        "请联系数据交换主管部门在名录中授予审计角色。",
    ),
);
pub(in crate::api) static NO_ROUTE: RefusalText = text(
    &NOT_FOUND,
    both("There is no such route.", "没有该路径。"),
    both("See /api/v1/openapi.json for those that there are.", "现有路径见 /api/v1/openapi.json。"),
);
pub(in crate::api) static METHOD_NOT_ALLOWED: RefusalText = text(
    &METHOD,
    both("The route has {0} only.", "该路径只接受 {0}。"),
    both("See /api/v1/openapi.json.", "请见 /api/v1/openapi.json。"),
);
pub(in crate::api) static UNREADABLE: RefusalText =
    text(&REQUEST_MALFORMED, both("{0}", "请求无法读取：{0}"), CORRECT_IT);
pub(in crate::api) static MEMBER_UNKNOWN: RefusalText = text(
    &REQUEST_MALFORMED,
    both("There is no member `{0}`; there are: {1}.", "没有成员 `{0}`；现有成员：{1}。"),
    CORRECT_IT,
);
pub(in crate::api) static MEMBER_MISSPELT: RefusalText = text(
    &REQUEST_MALFORMED,
    both(
        "There is no member `{0}`; did you mean `{2}`? There are: {1}.",
        "没有成员 `{0}`；是否指 `{2}`？现有成员：{1}。",
    ),
    CORRECT_IT,
);
pub(in crate::api) static BODY_TOO_LARGE: RefusalText = text(
    &REQUEST_TOO_LARGE,
    both("The body is longer than {0} MiB.", "请求体超过 {0} MiB。"),
    both("Send at most {0} MiB at once.", "每次最多发送 {0} MiB。"),
);
pub(in crate::api) static NOT_JSON: RefusalText = text(
    &MEDIA_TYPE,
    both("The body is not declared as application/json.", "请求体未声明为 application/json。"),
    both(
        "Send JSON, and say so: Content-Type: application/json.",
        "请发送 JSON，并声明 Content-Type: application/json。",
    ),
);
pub(in crate::api) static KEY_MALFORMED: RefusalText = text(
    &REQUEST_MALFORMED,
    both(
        "Idempotency-Key is 1 to {0} ASCII characters.",
        "Idempotency-Key 须为 1 至 {0} 个 ASCII 字符。",
    ),
    CORRECT_IT,
);
pub(in crate::api) static TOO_MANY_FILES: RefusalText = text(
    &REQUEST_MALFORMED,
    both("At most {0} files are checked at once.", "每次最多检查 {0} 个文件。"),
    both("Send fewer files.", "请减少文件数量。"),
);
pub(in crate::api) static STATE_UNKNOWN: RefusalText = text(
    &REQUEST_MALFORMED,
    both("There is no state `{0}`; there are {1}.", "没有状态 `{0}`；现有状态：{1}。"),
    CORRECT_IT,
);
pub(in crate::api) static CONSUMER_MALFORMED: RefusalText = text(
    &REQUEST_MALFORMED,
    both("`consumer` is department/system.", "`consumer` 的写法为 部门/系统。"),
    CORRECT_IT,
);
pub(in crate::api) static QUERY_UNREADABLE: RefusalText = text(
    &REQUEST_MALFORMED,
    both("The query can't be read: {0}.", "查询串无法读取：{0}。"),
    both("Correct the query.", "请更正查询串。"),
);
pub(in crate::api) static FILTER_UNKNOWN: RefusalText = text(
    &REQUEST_MALFORMED,
    both("There is no filter `{0}`; there are {1}.", "没有过滤条件 `{0}`；现有条件：{1}。"),
    both("Correct the query.", "请更正查询串。"),
);
pub(in crate::api) static TIME_MALFORMED: RefusalText = text(
    &REQUEST_MALFORMED,
    both("`{0}` is a time: {1}.", "`{0}` 须为时间：{1}。"),
    both("Write a date, or a time of RFC 3339.", "请填写日期，或 RFC 3339 格式的时间。"),
);
pub(in crate::api) static INDEX_MALFORMED: RefusalText = text(
    &REQUEST_MALFORMED,
    both("`from` is the index of a record.", "`from` 须为记录的序号。"),
    both("Take it from `next` of the page before.", "请使用上一页的 `next`。"),
);
pub(in crate::api) static EXCHANGE_MALFORMED: RefusalText = text(
    &REQUEST_MALFORMED,
    both("The body's `exchange` is no exchange id.", "请求体中的 `exchange` 不是交换编号。"),
    both("Write the id that the record states.", "请填写记录中的交换编号。"),
);
pub(in crate::api) static NO_DEPARTMENT: RefusalText =
    text(&NOT_FOUND, both("There is no such department.", "没有该部门。"), SEE_THE_LIST);
pub(in crate::api) static NO_ENTRY: RefusalText =
    text(&NOT_FOUND, both("There is no such entry.", "没有该条目。"), SEE_THE_LIST);
pub(in crate::api) static NO_SYSTEM: RefusalText = text(
    &NOT_FOUND,
    both("There is no such system that may call.", "没有该系统，或该系统不得调用。"),
    SEE_THE_LIST,
);
pub(in crate::api) static NO_FILE_OF_DRAFT: RefusalText =
    text(&NOT_FOUND, both("The draft has no such file.", "该草案没有此文件。"), SEE_THE_LIST);
pub(in crate::api) static NO_FILE_OF_RELEASE: RefusalText =
    text(&NOT_FOUND, both("The release has no such file.", "该版本没有此文件。"), SEE_THE_LIST);
pub(in crate::api) static NO_TILE: RefusalText = text(
    &NOT_FOUND,
    both(
        "The log has no such tile, or its entries are past their retention.",
        "日志没有该分块，或其条目已过保存期限。",
    ),
    both(
        "See the size that /api/v1/log/checkpoint states, and C2SP tlog-tiles.",
        "请见 /api/v1/log/checkpoint 所载的大小，以及 C2SP tlog-tiles。",
    ),
);
pub(in crate::api) static NOT_CONFIDENTIAL: RefusalText = text(
    &RECEIPT_UNKNOWN,
    both("The log has no confidential exchange of this id.", "日志中没有该编号的保密交换。"),
    both(
        "Others need no disclosure. See sluice audit trace --for auditor.",
        "其他交换无需披露。请见 sluice audit trace --for auditor。",
    ),
);
pub(in crate::api) static PRECONDITION_MISSING: RefusalText = text(
    &PRECONDITION,
    both("If-Match is missing.", "缺少 If-Match。"),
    both("State the ETag of what you have looked at.", "请填写您所查看版本的 ETag。"),
);
pub(in crate::api) static NOT_RELEASED: RefusalText = text(
    &FOLDER,
    both(
        "This gateway publishes a folder as it is; there are no drafts and releases.",
        "本网关直接发布文件夹，没有草案和发布版本。",
    ),
    both(
        "Change the folder; or give it a store, see catalog.store in the settings.",
        "请直接修改文件夹；或配置存储，见设置项 catalog.store。",
    ),
);
pub(in crate::api) static TOO_MANY_WATCHERS: RefusalText = text(
    &TOO_MANY,
    both(
        "Too many people are watching, or you from too many places.",
        "正在关注的人员过多，或您从过多的终端关注。",
    ),
    both("Close what you don't read, or try again later.", "请关闭不用的连接，或稍后重试。"),
);
pub(in crate::api) static SEARCHES_BUSY: RefusalText = text(
    &OVERLOADED,
    both("Others are having the log searched.", "其他人员正在检索日志。"),
    both("Try again later.", "请稍后重试。"),
);
pub(in crate::api) static LOG_UNAVAILABLE: RefusalText = text(
    &LOG,
    both(
        "What was asked for can't be recorded, so it is not done.",
        "该请求无法留痕，因此不予办理。",
    ),
    TRY_LATER,
);
pub(in crate::api) static LOG_UNREADABLE: RefusalText = text(
    &GATEWAY_FAULT,
    both("The log's files can't be read.", "日志文件无法读取。"),
    both("Verify the log: sluice audit verify.", "请核验日志：sluice audit verify。"),
);
pub(in crate::api) static FAULT: RefusalText =
    text(&GATEWAY_FAULT, both("{0}", "网关处理失败：{0}"), TELL_OPERATORS);

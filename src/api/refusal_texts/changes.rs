//! Texts of changes that are not made, and of steps that may not be taken.

use super::*;

pub(in crate::api) static NO_DRAFT: RefusalText =
    text(&NOT_FOUND, both("There is no draft {0}.", "没有草案 {0}。"), SEE_THE_LIST);
pub(in crate::api) static NO_RELEASE: RefusalText =
    text(&NOT_FOUND, both("There is no release {0}.", "没有发布版本 {0}。"), SEE_THE_LIST);
pub(in crate::api) static NO_GRANT: RefusalText =
    text(&NOT_FOUND, both("There is no grant {0}.", "没有授权 {0}。"), SEE_THE_LIST);
pub(in crate::api) static NO_NOTICE: RefusalText =
    text(&NOT_FOUND, both("There is no notice {0}.", "没有通知 {0}。"), SEE_THE_LIST);
pub(in crate::api) static NO_CONTENTS: RefusalText =
    text(&NOT_FOUND, both("There are no contents {0}.", "没有内容 {0}。"), SEE_THE_LIST);
pub(in crate::api) static NO_ENTRY_TO_ASK_FOR: RefusalText =
    text(&REQUEST_MALFORMED, both("There is no entry `{0}`.", "没有条目 `{0}`。"), CORRECT_IT);
pub(in crate::api) static MALFORMED: RefusalText =
    text(&REQUEST_MALFORMED, both("{0}", "请求或所签署的内容不符合要求：{0}"), CORRECT_IT);
pub(in crate::api) static DEPARTMENT_MALFORMED: RefusalText =
    text(&REQUEST_MALFORMED, both("The department's id: {0}.", "部门编号有误：{0}。"), CORRECT_IT);
pub(in crate::api) static NOTE_TOO_LONG: RefusalText = text(
    &REQUEST_MALFORMED,
    both("The note is longer than {0} bytes.", "说明超过 {0} 字节。"),
    both("Write a shorter note.", "请缩短说明。"),
);
pub(in crate::api) static FILES_BESIDES_RESTORING: RefusalText = text(
    &REQUEST_MALFORMED,
    both("A draft that restores a release says no files.", "恢复版本的草案不得再列文件。"),
    CORRECT_IT,
);
pub(in crate::api) static OTHER_DEPARTMENT: RefusalText = text(
    &REQUEST_MALFORMED,
    both("A draft stays its department's.", "草案所属部门不得变更。"),
    both("Write another draft for the other department.", "请为另一部门另写草案。"),
);
pub(in crate::api) static OTHER_OBJECT: RefusalText = text(
    &REQUEST_MALFORMED,
    both("The statement is about {0}, not {1}.", "所签声明针对 {0}，而不是 {1}。"),
    both("Sign a statement about {1}.", "请签署针对 {1} 的声明。"),
);
pub(in crate::api) static NOT_SIGNED_NOW: RefusalText = text(
    &REQUEST_MALFORMED,
    both("The statement's time is not now.", "所签声明的时间不是当前时间。"),
    both("Sign it anew, by a clock that is right.", "请校准时钟后重新签署。"),
);
pub(in crate::api) static NOT_THE_SIGNER: RefusalText = text(
    &NOT_AUTHORISED,
    both("Who signed it is not who sends it.", "签署人与发送人不是同一人。"),
    both("Each person takes their own steps.", "各步骤须由本人签署并发送。"),
);
pub(in crate::api) static NOT_ITS_MAINTAINER: RefusalText = text(
    &NOT_AUTHORISED,
    both("Drafts of {0} are for its own maintainers.", "{0} 的草案仅由该部门的维护人员编写。"),
    ASK_WHOSE_STEP,
);
pub(in crate::api) static NOT_AN_APPLICANT: RefusalText = text(
    &NOT_AUTHORISED,
    both("Grants are asked for by a department's applicants.", "授权须由部门的申请人员申请。"),
    ASK_WHOSE_STEP,
);
pub(in crate::api) static OVERTAKEN: RefusalText = text(
    &CONFLICT,
    both("Release {0} was published in the meantime.", "期间已发布版本 {0}。"),
    both("Look at the draft against it, and approve again.", "请对照该版本查看草案后重新批准。"),
);
pub(in crate::api) static FILE_CHANGED: RefusalText = text(
    &CONFLICT,
    both("`{0}` was changed since the draft was made.", "草案编写后，`{0}` 已被修改。"),
    both("Withdraw it, and make the draft anew.", "请撤回后重新编写草案。"),
);
pub(in crate::api) static KEY_REUSED: RefusalText = text(
    &CONFLICT,
    both(
        "This Idempotency-Key was used for another request.",
        "该 Idempotency-Key 已用于另一请求。",
    ),
    both("Take a new one.", "请换用新的编号。"),
);
pub(in crate::api) static TOO_MANY_GRANTS: RefusalText = text(
    &CONFLICT,
    both("{0} has {1} grants under way.", "{0} 已有 {1} 项授权正在办理。"),
    both("End some first.", "请先办结其中一些。"),
);
pub(in crate::api) static TOO_MANY_DRAFTS: RefusalText = text(
    &CONFLICT,
    both("{0} has {1} drafts under way.", "{0} 已有 {1} 份草案正在办理。"),
    both("End some first.", "请先办结其中一些。"),
);
pub(in crate::api) static DRAFT_SETTLED: RefusalText = text(
    &CONFLICT,
    both("The draft is {0}: it does not change any more.", "草案已处于 {0} 阶段，不能再修改。"),
    both("Write another draft.", "请另写草案。"),
);
pub(in crate::api) static OTHERS_FASTER: RefusalText = text(
    &CONFLICT,
    both("Others were faster each time.", "每次均有他人抢先变更。"),
    both("Try again.", "请重试。"),
);
pub(in crate::api) static CHANGED: RefusalText = text(
    &CHANGED_MEANWHILE,
    both("It was changed since it was looked at.", "自查看之后已被修改。"),
    both(
        "Look at it again, and state its ETag in If-Match.",
        "请重新查看，并在 If-Match 中填写其 ETag。",
    ),
);
pub(in crate::api) static UNSOUND: RefusalText = text(
    &CATALOG_UNSOUND,
    both("The catalog would have problems:\n{0}", "目录将存在以下问题：\n{0}"),
    both(
        "Correct the files; sluice catalog check shows the same.",
        "请更正文件；sluice catalog check 可显示相同问题。",
    ),
);
pub(in crate::api) static NO_FIRST_RELEASE: RefusalText =
    text(&STORE, both("There is no release yet.", "尚无发布版本。"), TRY_LATER);
pub(in crate::api) static UNAVAILABLE: RefusalText =
    text(&STORE, both("{0}", "存储或日志不可用：{0}"), TRY_LATER);
pub(in crate::api) static STOP_NOT_KEPT: RefusalText = text(
    &STORE,
    both(
        "It is in force here until a restart: the state folder can't be written: {0}.",
        "已在本网关生效，但仅到重启为止：状态文件夹无法写入：{0}。",
    ),
    TRY_LATER,
);

pub(in crate::api) static STEP_NOT_NOW: RefusalText = text(
    &CONFLICT,
    both("It is {0}: {1} can't follow that.", "当前状态为 {0}，不能办理 {1}。"),
    LOOK_AGAIN,
);
pub(in crate::api) static STEP_UNKNOWN_PERSON: RefusalText = text(
    &NOT_AUTHORISED,
    both("The person is no active one of the registry.", "签署人不是名录中的在册人员。"),
    ASK_WHOSE_STEP,
);
pub(in crate::api) static STEP_NOT_THE_ROLE: RefusalText = text(
    &NOT_AUTHORISED,
    both(
        "The step is for a person with the role {0}.",
        "该步骤须由具有以下角色之一的人员办理：{0}。",
    ),
    ASK_WHOSE_STEP,
);
pub(in crate::api) static STEP_SUSPENDED: RefusalText = text(
    &NOT_AUTHORISED,
    both("The person, or the department, is suspended.", "签署人或其部门已被暂停。"),
    ASK_WHOSE_STEP,
);
pub(in crate::api) static STEP_NOBODY_LIFTS: RefusalText = text(
    &REQUEST_MALFORMED,
    both(
        "Nobody of the exchange office would be left to lift it but who suspends it.",
        "暂停后，除暂停人外主管部门将无人可以恢复。",
    ),
    both("Give another person the role first.", "请先为另一人授予该角色。"),
);
pub(in crate::api) static STEP_NOT_THE_DEPARTMENT: RefusalText = text(
    &NOT_AUTHORISED,
    both("The step is for a person of {0}.", "该步骤须由 {0} 的人员办理。"),
    ASK_WHOSE_STEP,
);
pub(in crate::api) static STEP_SAME_PERSON: RefusalText = text(
    &NOT_AUTHORISED,
    both("The same person has taken the step {0} before.", "同一人已办理过步骤 {0}。"),
    both("Ask another person whose step it is.", "请由另一有权人员办理。"),
);
pub(in crate::api) static STEP_OTHER_OBJECT: RefusalText = text(
    &REQUEST_MALFORMED,
    both(
        "What was signed is about another one, or another state of it.",
        "所签内容针对另一对象，或该对象的另一状态。",
    ),
    both("Look at it again, and sign anew.", "请重新查看后再签署。"),
);
pub(in crate::api) static STEP_OTHER_PREVIOUS: RefusalText = text(
    &CONFLICT,
    both("What was signed does not name the step before it.", "所签内容未指明前一步骤。"),
    LOOK_AGAIN,
);
pub(in crate::api) static STEP_REASON_MISSING: RefusalText = text(
    &REQUEST_MALFORMED,
    both("The step needs a reason.", "该步骤须说明理由。"),
    both("Sign a statement with a reason.", "请在声明中写明理由后签署。"),
);
pub(in crate::api) static STEP_APPROVAL_MISPLACED: RefusalText = text(
    &REQUEST_MALFORMED,
    both(
        "An approval says which release it publishes, and nothing else does.",
        "只有批准步骤须且可指明所发布的版本。",
    ),
    CORRECT_IT,
);

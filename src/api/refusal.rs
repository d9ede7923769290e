//! The refusals of the administrative interface: a closed list, each with its text
//! (`refusal_texts`) and the values of that text's placeholders. There is no wildcard arm: a
//! refusal without a text does not compile.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sluice_core::domain::name::Name;
use sluice_core::domain::nearest;
use sluice_core::domain::registry::Role;
use sluice_core::release::Refusal;

use super::MAX_BODY_BYTES;
use super::refusal_texts::{self as texts, RefusalText};
use crate::contract::problem::ProblemDocument;
use crate::control::ChangeError;
use crate::problem::{Language, PROBLEM_JSON};

/// The reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiRefusal {
    /// The certificate is not of an active person in the registry.
    UnknownPerson,
    /// The person, or the department, is suspended.
    PersonSuspended,
    /// The person has none of the roles that may call.
    RoleMissing(&'static [Role]),
    /// The log is for auditors of that department.
    NotAnAuditor(Name),
    /// There is no such route.
    NoRoute,
    /// The route is there, with these methods only.
    MethodNotAllowed(Vec<&'static str>),
    /// Path, query or body can't be read.
    Unreadable(String),
    /// Query or body have a member that is not known.
    MemberUnknown {
        /// The unknown member.
        member: String,
        /// The known members.
        known: Vec<String>,
    },
    /// The body is too large.
    BodyTooLarge,
    /// The body's media type is not JSON.
    NotJson,
    /// `Idempotency-Key` is empty, too long or no ASCII.
    KeyMalformed {
        /// The largest length in bytes.
        limit_bytes: usize,
    },
    /// More files are to be checked than may be at once.
    TooManyFiles {
        /// The largest number of files.
        limit: usize,
    },
    /// There is no such state of a grant.
    StateUnknown {
        /// The state that was asked for.
        state: String,
        /// The known states.
        known: String,
    },
    /// A consumer is not named as department/system.
    ConsumerMalformed,
    /// The query of the log can't be read.
    QueryUnreadable(String),
    /// The log has no such filter.
    FilterUnknown {
        /// The filter that was asked for.
        filter: String,
        /// The known filters.
        known: String,
    },
    /// A filter of the log is no time.
    TimeMalformed {
        /// The filter.
        filter: String,
        /// The reason.
        why: String,
    },
    /// `from` is no index of a record.
    IndexMalformed,
    /// The id of a disclosure is no exchange id.
    ExchangeMalformed,
    /// There is no such department.
    NoDepartment,
    /// There is no such entry.
    NoEntry,
    /// There is no such system that may call.
    NoSystem,
    /// The draft has no such file.
    NoFileOfDraft,
    /// The release has no such file.
    NoFileOfRelease,
    /// The log has no such tile.
    NoTile,
    /// The log has no confidential exchange of that id.
    NotConfidential,
    /// `If-Match` is missing.
    PreconditionMissing,
    /// The gateway publishes a folder.
    NotReleased,
    /// Too many people watch.
    TooManyWatchers,
    /// Too many searches of the log are running.
    SearchesBusy,
    /// The request can't be recorded in the log.
    LogUnavailable,
    /// The log's files can't be read.
    LogUnreadable,
    /// The gateway failed at the request.
    Fault(String),
    /// A change is not made.
    Change(ChangeError),
}

/// A text, with the values of its placeholders.
type Told = (&'static RefusalText, Vec<String>);

impl ApiRefusal {
    /// Reads the framework's own refusal of a path, query or body.
    pub(super) fn of_framework(status: StatusCode, text: &str) -> ApiRefusal {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            ApiRefusal::BodyTooLarge
        } else if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            ApiRefusal::NotJson
        } else if status.is_server_error() {
            ApiRefusal::Fault(text.to_owned())
        } else {
            let unknown = unknown_member(text);
            unknown.unwrap_or_else(|| ApiRefusal::Unreadable(text.to_owned()))
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.told().0.kind.code
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.told().0.kind.status).unwrap_or(StatusCode::BAD_REQUEST)
    }

    /// The problem document in a language.
    pub fn document(&self, language: Language) -> ProblemDocument<'static> {
        let (text, gaps) = self.told();
        let kind = text.kind;
        ProblemDocument {
            r#type: format!("urn:sluice:problem:{}", kind.code).into(),
            title: kind.title.of(language).into(),
            status: kind.status,
            detail: filled(text.detail.of(language), &gaps).into(),
            code: kind.code.into(),
            remedy: filled(text.remedy.of(language), &gaps).into(),
            ..ProblemDocument::default()
        }
    }

    /// The answer in a language.
    pub(super) fn answer(&self, language: Language) -> Response {
        // Serialising texts into memory can't fail.
        let body = serde_json::to_vec(&self.document(language)).unwrap_or_default();
        let headers =
            [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CONTENT_LANGUAGE, language.tag())];
        let mut answer = (self.status(), headers, body).into_response();
        if let ApiRefusal::MethodNotAllowed(methods) = self
            && let Ok(allow) = HeaderValue::from_str(&methods.join(", "))
        {
            answer.headers_mut().insert(header::ALLOW, allow);
        }
        answer
    }

    fn told(&self) -> Told {
        match self {
            ApiRefusal::UnknownPerson => (&texts::UNKNOWN_PERSON, vec![]),
            ApiRefusal::PersonSuspended => (&texts::PERSON_SUSPENDED, vec![]),
            ApiRefusal::RoleMissing(wanted) => (&texts::ROLE_MISSING, vec![listed(wanted)]),
            ApiRefusal::NotAnAuditor(office) => (&texts::NOT_AN_AUDITOR, vec![office.to_string()]),
            ApiRefusal::NoRoute => (&texts::NO_ROUTE, vec![]),
            ApiRefusal::MethodNotAllowed(methods) => {
                (&texts::METHOD_NOT_ALLOWED, vec![methods.join(", ")])
            }
            ApiRefusal::Unreadable(why) => (&texts::UNREADABLE, vec![why.clone()]),
            ApiRefusal::MemberUnknown { member, known } => {
                let gaps = vec![member.clone(), known.join(", ")];
                match nearest(member, known.iter().map(String::as_str)) {
                    Some(near) => (&texts::MEMBER_MISSPELT, [gaps, vec![near.to_owned()]].concat()),
                    None => (&texts::MEMBER_UNKNOWN, gaps),
                }
            }
            ApiRefusal::BodyTooLarge => {
                (&texts::BODY_TOO_LARGE, vec![(MAX_BODY_BYTES / 1024 / 1024).to_string()])
            }
            ApiRefusal::NotJson => (&texts::NOT_JSON, vec![]),
            ApiRefusal::KeyMalformed { limit_bytes } => {
                (&texts::KEY_MALFORMED, vec![limit_bytes.to_string()])
            }
            ApiRefusal::TooManyFiles { limit } => (&texts::TOO_MANY_FILES, vec![limit.to_string()]),
            ApiRefusal::StateUnknown { state, known } => {
                (&texts::STATE_UNKNOWN, vec![state.clone(), known.clone()])
            }
            ApiRefusal::ConsumerMalformed => (&texts::CONSUMER_MALFORMED, vec![]),
            ApiRefusal::QueryUnreadable(why) => (&texts::QUERY_UNREADABLE, vec![why.clone()]),
            ApiRefusal::FilterUnknown { filter, known } => {
                (&texts::FILTER_UNKNOWN, vec![filter.clone(), known.clone()])
            }
            ApiRefusal::TimeMalformed { filter, why } => {
                (&texts::TIME_MALFORMED, vec![filter.clone(), why.clone()])
            }
            ApiRefusal::IndexMalformed => (&texts::INDEX_MALFORMED, vec![]),
            ApiRefusal::ExchangeMalformed => (&texts::EXCHANGE_MALFORMED, vec![]),
            ApiRefusal::NoDepartment => (&texts::NO_DEPARTMENT, vec![]),
            ApiRefusal::NoEntry => (&texts::NO_ENTRY, vec![]),
            ApiRefusal::NoSystem => (&texts::NO_SYSTEM, vec![]),
            ApiRefusal::NoFileOfDraft => (&texts::NO_FILE_OF_DRAFT, vec![]),
            ApiRefusal::NoFileOfRelease => (&texts::NO_FILE_OF_RELEASE, vec![]),
            ApiRefusal::NoTile => (&texts::NO_TILE, vec![]),
            ApiRefusal::NotConfidential => (&texts::NOT_CONFIDENTIAL, vec![]),
            ApiRefusal::PreconditionMissing => (&texts::PRECONDITION_MISSING, vec![]),
            ApiRefusal::NotReleased => (&texts::NOT_RELEASED, vec![]),
            ApiRefusal::TooManyWatchers => (&texts::TOO_MANY_WATCHERS, vec![]),
            ApiRefusal::SearchesBusy => (&texts::SEARCHES_BUSY, vec![]),
            ApiRefusal::LogUnavailable => (&texts::LOG_UNAVAILABLE, vec![]),
            ApiRefusal::LogUnreadable => (&texts::LOG_UNREADABLE, vec![]),
            ApiRefusal::Fault(why) => (&texts::FAULT, vec![why.clone()]),
            ApiRefusal::Change(why) => change(why),
        }
    }
}

fn change(why: &ChangeError) -> Told {
    match why {
        ChangeError::NoDraft(id) => (&texts::NO_DRAFT, vec![id.clone()]),
        ChangeError::NoRelease(number) => (&texts::NO_RELEASE, vec![number.to_string()]),
        ChangeError::NoGrant(id) => (&texts::NO_GRANT, vec![id.clone()]),
        ChangeError::NoNotice(id) => (&texts::NO_NOTICE, vec![id.clone()]),
        ChangeError::NoEntry(id) => (&texts::NO_ENTRY_TO_ASK_FOR, vec![id.clone()]),
        ChangeError::NoContents(digest) => (&texts::NO_CONTENTS, vec![digest.to_string()]),
        ChangeError::Malformed(why) => (&texts::MALFORMED, vec![why.clone()]),
        ChangeError::DepartmentMalformed(why) => (&texts::DEPARTMENT_MALFORMED, vec![why.clone()]),
        ChangeError::NoteTooLong(limit) => (&texts::NOTE_TOO_LONG, vec![limit.to_string()]),
        ChangeError::FilesBesidesRestoring => (&texts::FILES_BESIDES_RESTORING, vec![]),
        ChangeError::OtherDepartment => (&texts::OTHER_DEPARTMENT, vec![]),
        ChangeError::OtherObject { named, wanted } => {
            (&texts::OTHER_OBJECT, vec![named.clone(), wanted.clone()])
        }
        ChangeError::NotSignedNow => (&texts::NOT_SIGNED_NOW, vec![]),
        ChangeError::NotTheSigner => (&texts::NOT_THE_SIGNER, vec![]),
        ChangeError::NotItsMaintainer(of) => (&texts::NOT_ITS_MAINTAINER, vec![of.clone()]),
        ChangeError::NotAnApplicant => (&texts::NOT_AN_APPLICANT, vec![]),
        ChangeError::StepRefused(refusal) => step(refusal),
        ChangeError::Overtaken(release) => (&texts::OVERTAKEN, vec![release.to_string()]),
        ChangeError::FileChanged(path) => (&texts::FILE_CHANGED, vec![path.clone()]),
        ChangeError::KeyReused => (&texts::KEY_REUSED, vec![]),
        ChangeError::TooManyGrants { department, limit } => {
            (&texts::TOO_MANY_GRANTS, vec![department.clone(), limit.to_string()])
        }
        ChangeError::TooManyDrafts { department, limit } => {
            (&texts::TOO_MANY_DRAFTS, vec![department.clone(), limit.to_string()])
        }
        ChangeError::DraftSettled(stage) => (&texts::DRAFT_SETTLED, vec![(*stage).to_owned()]),
        ChangeError::OthersFaster => (&texts::OTHERS_FASTER, vec![]),
        ChangeError::Changed => (&texts::CHANGED, vec![]),
        ChangeError::Unsound(problems) => (&texts::UNSOUND, vec![problems.clone()]),
        ChangeError::NoFirstRelease => (&texts::NO_FIRST_RELEASE, vec![]),
        ChangeError::Unavailable(why) => (&texts::UNAVAILABLE, vec![why.clone()]),
        ChangeError::StopNotKept(why) => (&texts::STOP_NOT_KEPT, vec![why.clone()]),
        ChangeError::Broken(why) => (&texts::FAULT, vec![why.clone()]),
    }
}

fn step(refusal: &Refusal) -> Told {
    match refusal {
        Refusal::NotNow { step, stage } => {
            (&texts::STEP_NOT_NOW, vec![(*stage).to_owned(), (*step).to_owned()])
        }
        Refusal::UnknownPerson => (&texts::STEP_UNKNOWN_PERSON, vec![]),
        Refusal::NotTheRole { wanted } => (&texts::STEP_NOT_THE_ROLE, vec![listed(wanted)]),
        Refusal::Suspended => (&texts::STEP_SUSPENDED, vec![]),
        Refusal::NobodyLifts => (&texts::STEP_NOBODY_LIFTS, vec![]),
        Refusal::NotTheDepartment { wanted } => {
            (&texts::STEP_NOT_THE_DEPARTMENT, vec![wanted.to_string()])
        }
        Refusal::SamePerson { step } => (&texts::STEP_SAME_PERSON, vec![(*step).to_owned()]),
        Refusal::OtherObject => (&texts::STEP_OTHER_OBJECT, vec![]),
        Refusal::OtherPrevious => (&texts::STEP_OTHER_PREVIOUS, vec![]),
        Refusal::ReasonMissing => (&texts::STEP_REASON_MISSING, vec![]),
        Refusal::ApprovalMisplaced => (&texts::STEP_APPROVAL_MISPLACED, vec![]),
    }
}

fn listed(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" / ")
}

/// A text with its gaps `{0}`, `{1}` … filled. What fills one is not read for gaps again.
fn filled(text: &str, gaps: &[String]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        whole.push_str(before);
        let (nth, behind) = behind.split_once('}').unwrap_or((behind, ""));
        let gap = nth.parse::<usize>().ok().and_then(|nth| gaps.get(nth));
        whole.push_str(gap.map_or("", String::as_str));
        rest = behind;
    }
    whole.push_str(rest);
    whole
}

/// The member that serde does not know, by its "unknown field `x`, expected one of `a`, `b`".
fn unknown_member(text: &str) -> Option<ApiRefusal> {
    let (_, said) = text.split_once("unknown field `")?;
    let (member, rest) = said.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some(ApiRefusal::MemberUnknown { member: member.to_owned(), known: known.collect() })
}

impl From<ChangeError> for ApiRefusal {
    fn from(not_done: ChangeError) -> ApiRefusal {
        ApiRefusal::Change(not_done)
    }
}

/// The language is the request's, which is known where all answers pass: until then the refusal is carried.
impl IntoResponse for ApiRefusal {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

#[cfg(test)]
mod tests;

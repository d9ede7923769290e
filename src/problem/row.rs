//! The row of the table of problems, and the ways to build rows.

use super::language::Language;
use std::fmt;

/// The error type of a denial by policy (RFC 9209, section 2.3).
pub(super) const DENIED: &str = "http_request_denied";

/// The error type of a fault of the request.
pub(super) const BAD_REQUEST: &str = "http_request_error";

/// The texts of a rejection for one reason. They have placeholders, such as `{limit_bytes}`, which
/// are filled with the members of the rejection's detail; in `{allowed|none}`, the word after the
/// bar replaces an empty list.
#[derive(Clone, Copy, Debug)]
pub struct ProblemRow {
    /// The stable code.
    pub code: &'static str,
    /// The reason in the record's detail; the code itself where it has one reason only.
    pub reason: &'static str,
    /// The status.
    pub status: ProblemStatus,
    /// The error type for `Proxy-Status` (RFC 9209, section 2.3).
    pub proxy_error: &'static str,
    /// The kind of problem, without placeholders.
    pub title: Bilingual,
    /// The cause.
    pub cause: Bilingual,
    /// The remedy: whose turn it is, and what to do.
    pub remedy: Bilingual,
}

/// The status of the answer (RFC 9110).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemStatus {
    /// Always this one.
    Fixed(u16),
    /// The provider's own, 400 to 599.
    Received,
}

/// A text in the languages the gateway speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bilingual {
    /// The English text.
    pub en: &'static str,
    /// The Chinese text.
    pub zh: &'static str,
}

impl Bilingual {
    /// The text in a language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Chinese => self.zh,
        }
    }
}

/// The columns that all rows of one code share.
#[derive(Clone, Copy)]
pub(super) struct ProblemKind {
    pub(super) code: &'static str,
    pub(super) status: u16,
    pub(super) proxy_error: &'static str,
    pub(super) title: Bilingual,
    pub(super) remedy: Bilingual,
}

/// A text in both languages.
pub(super) const fn both(en: &'static str, zh: &'static str) -> Bilingual {
    Bilingual { en, zh }
}

impl ProblemKind {
    /// The row of a code that has one reason only.
    pub(super) const fn alone(self, en: &'static str, zh: &'static str) -> [ProblemRow; 1] {
        [self.row(self.code, en, zh)]
    }

    /// A row for each reason: its word, and the cause in English and in Chinese.
    pub(super) const fn each<const N: usize>(
        self,
        causes: [(&'static str, &'static str, &'static str); N],
    ) -> [ProblemRow; N] {
        let mut rows = [self.row("", "", ""); N];
        let mut ix = 0;
        while ix < N {
            let (reason, en, zh) = causes[ix];
            rows[ix] = self.row(reason, en, zh);
            ix += 1;
        }
        rows
    }

    /// The row of one reason.
    pub(super) const fn row(
        self,
        reason: &'static str,
        en: &'static str,
        zh: &'static str,
    ) -> ProblemRow {
        ProblemRow {
            code: self.code,
            reason,
            status: ProblemStatus::Fixed(self.status),
            proxy_error: self.proxy_error,
            title: self.title,
            cause: both(en, zh),
            remedy: self.remedy,
        }
    }
}

impl ProblemRow {
    /// The same with another status.
    pub(super) const fn status(self, status: u16) -> ProblemRow {
        ProblemRow { status: ProblemStatus::Fixed(status), ..self }
    }

    /// The same with another error type.
    pub(super) const fn error(self, proxy_error: &'static str) -> ProblemRow {
        ProblemRow { proxy_error, ..self }
    }
}

impl fmt::Display for ProblemStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProblemStatus::Fixed(status) => status.fmt(f),
            ProblemStatus::Received => f.write_str("400–599"),
        }
    }
}

//! The table `[grants]`: by when people must answer.

use std::path::PathBuf;

use serde::Deserialize;

use super::file::{Range, Said};
use super::{GrantSettings, SettingsError};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantsFile {
    answer_working_days: Option<u64>,
    calendar: Option<PathBuf>,
}

const ANSWER_DAYS: Range = Range("grants.answer_working_days", 1, 100, 10);

/// What is usual.
pub(super) fn defaults() -> GrantSettings {
    GrantSettings { answer_working_days: ANSWER_DAYS.default() as u32, calendar: None }
}

impl Said<'_> {
    pub(super) fn grants(&self, file: GrantsFile) -> Result<GrantSettings, SettingsError> {
        let days = self.number(file.answer_working_days, &ANSWER_DAYS)?;
        let calendar = file.calendar.map(|calendar| self.base.join(calendar));
        Ok(GrantSettings { answer_working_days: days as u32, calendar })
    }
}

//! Single values of a settings file: bounded numbers, ids, and the error that names the key.

use std::path::Path;
use std::time::Duration;

use sluice_core::domain::name::Name;

use super::SettingsError;

/// A bounded number: its name, least, greatest and default value.
pub(super) struct Range(pub(super) &'static str, pub(super) u64, pub(super) u64, pub(super) u64);

impl Range {
    pub(super) const fn default(&self) -> u64 {
        self.3
    }

    pub(super) const fn default_millis(&self) -> Duration {
        Duration::from_millis(self.3)
    }
}

/// Reads the values of one file; `base` is the folder that relative paths start from.
pub(super) struct SettingsValue<'a> {
    pub(super) path: &'a Path,
    pub(super) base: &'a Path,
}

impl SettingsValue<'_> {
    pub(super) fn error(&self, key: &str, what: impl Into<String>) -> SettingsError {
        SettingsError {
            file: self.path.to_owned(),
            place: None,
            key: Some(key.to_owned()),
            what: what.into(),
        }
    }

    pub(super) fn name(&self, key: &str, text: &str) -> Result<Name, SettingsError> {
        Name::parse(text).map_err(|why| self.error(key, format!("{text:?} is no id: {why}")))
    }

    pub(super) fn number(&self, value: Option<u64>, range: &Range) -> Result<u64, SettingsError> {
        let Range(key, least, greatest, default) = *range;
        let value = value.unwrap_or(default);
        if (least..=greatest).contains(&value) {
            Ok(value)
        } else {
            Err(self.error(key, format!("{value} is not within {least} to {greatest}")))
        }
    }

    pub(super) fn millis(
        &self,
        value: Option<u64>,
        range: &Range,
    ) -> Result<Duration, SettingsError> {
        self.number(value, range).map(Duration::from_millis)
    }
}

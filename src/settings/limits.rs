//! The table `[limits]`: limits beside those of the catalog.

use serde::Deserialize;
use sluice_core::domain::rate::{MAX_RATES, Rate, in_order};
use sluice_core::usage::Days;

use super::value::{Range, SettingsValue};
use super::{Limits, SettingsError};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsFile {
    utc_offset: Option<String>,
    refusals: Option<Vec<String>>,
    accounts: Option<u64>,
}

/// Rates at which a system may be refused at one entry unless the settings say otherwise.
const REFUSALS: [&str; 2] = ["100/s", "10000/h"];

const ACCOUNTS: Range = Range("limits.accounts", 1, 10_000_000, 100_000);

/// The usual limits.
pub(super) fn defaults() -> Limits {
    Limits {
        days: Days::CHINA,
        refusals: in_order(REFUSALS.iter().filter_map(|text| Rate::parse(text)).collect()),
        accounts: ACCOUNTS.default() as usize,
    }
}

impl SettingsValue<'_> {
    pub(super) fn limits(&self, file: LimitsFile) -> Result<Limits, SettingsError> {
        let days = match file.utc_offset {
            None => Days::CHINA,
            Some(text) => Days::parse(&text).ok_or_else(|| {
                let what = format!("{text:?} is no offset: write hours and minutes, \"+08:00\"");
                self.error("limits.utc_offset", what)
            })?,
        };
        let refusals = match file.refusals {
            None => defaults().refusals,
            Some(texts) => in_order(self.refusals(&texts)?),
        };
        Ok(Limits { days, refusals, accounts: self.number(file.accounts, &ACCOUNTS)? as usize })
    }

    fn refusals(&self, texts: &[String]) -> Result<Vec<Rate>, SettingsError> {
        if texts.is_empty() || texts.len() > MAX_RATES {
            let what = format!("lists one to {MAX_RATES} rates");
            return Err(self.error("limits.refusals", what));
        }
        let read = |text: &String| {
            Rate::parse(text).ok_or_else(|| {
                let what = format!("{text:?} is no rate: write \"20/s\", \"100/m\", \"1000/h\"");
                self.error("limits.refusals", what)
            })
        };
        texts.iter().map(read).collect()
    }
}

//! The detail of a rejection in a line: one object, `reason` first, then its members.

use super::{MAX_TEXT_BYTES, cut};
use crate::domain::rejection::{Detail, DetailValue};
use crate::ledger::json::{ObjectWriter, string};
use crate::ledger::time::rfc3339;

/// Writes the detail, if there is one. Lists end after [`MAX_TEXT_BYTES`] of text; `omitted` then
/// counts what is left out.
pub(super) fn write_detail(line: &mut ObjectWriter<'_>, detail: Option<&Detail<'_>>) {
    let Some(Detail { reason, members }) = detail else { return };
    line.object("detail", |object| {
        object.text("reason", reason);
        let mut omitted = 0;
        for member in members {
            match &member.value {
                DetailValue::Text(text) => object.text(member.name, &cut(text)),
                DetailValue::Number(number) => object.number(member.name, *number),
                DetailValue::Time(time) => object.text(member.name, rfc3339(*time).as_str()),
                DetailValue::Texts(texts) => {
                    let told = told(texts);
                    omitted += texts.len() - told.len();
                    object.array(member.name, told, |out, text| string(out, text));
                }
            }
        }
        if omitted > 0 {
            object.number("omitted", omitted as u64);
        }
    });
}

/// The first texts of a list, as many as there is room for.
fn told<'t, 'a>(texts: &'t [&'a str]) -> &'t [&'a str] {
    let mut bytes = 0;
    let fitting = texts.iter().take_while(|text| {
        bytes += text.len();
        bytes <= MAX_TEXT_BYTES
    });
    &texts[..fitting.count()]
}

#[cfg(test)]
mod tests;

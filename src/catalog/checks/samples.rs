//! Recognises samples of a field's values by their form alone: a name can mislead, and an identity
//! number under `note` is one all the same.

use sluice_core::domain::check_digit::{is_card_number, is_identity_number};

use super::holds::Holds;

/// First characters of number plates: the provinces, and those of embassies and consulates
/// (GA 36).
const PLATE_HEADS: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";

/// Last characters in place of a digit: learners, police, Hong Kong, Macao, trailers, consulates,
/// embassies.
const PLATE_TAILS: &str = "学警港澳挂领使";

/// The kind of a sample, if its form tells.
pub(super) fn recognised(sample: &str) -> Option<Holds> {
    let bare: String = sample.chars().filter(|c| !matches!(c, ' ' | '-' | '·')).collect();
    let bare = bare.to_ascii_uppercase();
    if is_identity_number(&bare) && has_birth_date(&bare) {
        Some(Holds::IdNumber)
    } else if is_mobile(&bare) {
        Some(Holds::Mobile)
    } else if is_card_number(&bare) {
        Some(Holds::BankAccount)
    } else if is_plate(&bare) {
        Some(Holds::Plate)
    } else if is_email(sample.trim()) {
        Some(Holds::Email)
    } else {
        None
    }
}

/// Tells whether a number of 18 digits has a date of birth in it. The check digit alone is not
/// enough: one in eleven random numbers has it.
fn has_birth_date(number: &str) -> bool {
    let part = |from: usize, to: usize| number[from..to].parse::<u32>().unwrap_or(0);
    (1800..2200).contains(&part(6, 10))
        && (1..=12).contains(&part(10, 12))
        && (1..=31).contains(&part(12, 14))
}

/// A mobile number of mainland China, perhaps behind the country's code.
fn is_mobile(bare: &str) -> bool {
    let number = ["+86", "0086", "86"].iter().find_map(|code| bare.strip_prefix(code));
    let number = number.filter(|rest| rest.len() == 11).unwrap_or(bare).as_bytes();
    number.len() == 11
        && number.iter().all(u8::is_ascii_digit)
        && number[0] == b'1'
        && number[1] >= b'3'
}

/// A head, a letter for the authority, and five places, six for vehicles of new energy.
fn is_plate(bare: &str) -> bool {
    let chars: Vec<char> = bare.chars().collect();
    let [head, authority, body @ .., last] = &*chars else { return false };
    let plain = |c: &char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"IO".contains(*c));
    PLATE_HEADS.contains(*head)
        && authority.is_ascii_uppercase()
        && (4..=5).contains(&body.len())
        && body.iter().all(plain)
        && (plain(last) || PLATE_TAILS.contains(*last))
}

/// A local part and a domain of several labels; no mail system's whole grammar.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    !local.is_empty()
        && local.chars().all(plain)
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_known_by_their_form() {
        let table = [
            // The examples that GB 11643-1999 itself prints.
            ("11010519491231002X", Some(Holds::IdNumber)),
            ("440524-18800101 0014", Some(Holds::IdNumber)),
            ("11010519491231002x", Some(Holds::IdNumber)),
            ("440524188001010015", None),
            // The check digit is right, and there is no date.
            ("440524188099010011", None),
            ("13800001999", Some(Holds::Mobile)),
            ("+86 138-0000-1999", Some(Holds::Mobile)),
            ("008613800001999", Some(Holds::Mobile)),
            ("12800001999", None),
            ("1380000199", None),
            ("6222020000000000007", None),
            ("6222 0200 0000 0000 000", Some(Holds::BankAccount)),
            ("苏D40000", Some(Holds::Plate)),
            ("浙A·D00000", Some(Holds::Plate)),
            ("京A0000警", Some(Holds::Plate)),
            ("苏D4000", None),
            ("天D40000", None),
            ("苏DI0000", None),
            ("dunhuang@example.com.cn", Some(Holds::Email)),
            ("a@b", None),
            ("a b@example.cn", None),
            ("@example.cn", None),
            ("a@.cn", None),
            ("婚姻登记", None),
            ("", None),
        ];
        for (sample, holds) in table {
            assert_eq!(recognised(sample), holds, "{sample}");
        }
    }
}

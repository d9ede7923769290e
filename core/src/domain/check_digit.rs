//! Numbers that end in a check character: identity numbers, unified social credit codes, bank
//! cards. A number that passes its check is hardly ever something else.

/// The alphabet of credit codes; the place of a character is its value (GB 32100).
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Fewest and most digits of a bank card number in use (ISO/IEC 7812-1 allows 8 to 19; the cards
/// of China have 16 to 19).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 16..=19;

/// The check character of an identity number, from its first 17 digits (GB 11643, which is
/// ISO 7064 MOD 11-2).
pub fn identity_check(digits: &[u8]) -> char {
    let mut rest = 0u32;
    for digit in digits {
        rest = (rest + u32::from(digit.wrapping_sub(b'0'))) * 2 % 11;
    }
    match (12 - rest) % 11 {
        10 => 'X',
        digit => char::from(b'0' + digit as u8),
    }
}

/// Tells whether a text is an identity number of 18 characters with its right check character.
pub fn is_identity_number(text: &str) -> bool {
    let first = text.as_bytes().get(..17).unwrap_or_default();
    text.len() == 18 && is_digits(first) && text.ends_with(identity_check(first))
}

/// Tells whether a text is a unified social credit code (GB 32100): 18 characters, the division in
/// the third to eighth, an organisation code with its own check character behind that (GB 11714),
/// and the check character of the whole at the end.
pub fn is_credit_code(text: &str) -> bool {
    text.len() == 18
        && text.chars().all(|c| CREDIT_ALPHABET.contains(c))
        && is_digits(&text.as_bytes()[2..8])
        && text[16..17].starts_with(organisation_check(&text[8..16]))
        && text.ends_with(credit_check(&text[..17]))
}

/// The check character of an organisation code, from its first 8 characters (GB 11714).
pub fn organisation_check(body: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(36).unwrap_or(0) * w).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    }
}

/// The check character of a credit code, from its first 17 characters.
pub fn credit_check(first: &str) -> char {
    let value = |c: char| CREDIT_ALPHABET.find(c).unwrap_or(0);
    let mut weight = 1;
    let mut sum = 0;
    for c in first.chars() {
        sum += value(c) * weight;
        weight = weight * 3 % 31;
    }
    char::from(CREDIT_ALPHABET.as_bytes()[(31 - sum % 31) % 31])
}

/// The check digit of a bank card number, from the digits before it (ISO/IEC 7812, Luhn).
pub fn luhn_check(digits: &str) -> char {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let value = |(place, c): (usize, char)| {
        let digit = c.to_digit(10).unwrap_or(0);
        if place % 2 == 0 { doubled(digit) } else { digit }
    };
    let sum: u32 = digits.chars().rev().enumerate().map(value).sum();
    char::from(b'0' + ((10 - sum % 10) % 10) as u8)
}

/// Tells whether a text is a bank card number: an issuer of travel, banking or merchandising (first
/// digit 3 to 6, ISO/IEC 7812-1) and the right check digit.
pub fn is_card_number(text: &str) -> bool {
    CARD_DIGITS.contains(&text.len())
        && is_digits(text.as_bytes())
        && matches!(text.as_bytes()[0], b'3'..=b'6')
        && text.ends_with(luhn_check(&text[..text.len() - 1]))
}

fn is_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_are_those_of_the_standards() {
        // The two examples that GB 11643-1999 itself prints.
        assert!(is_identity_number("11010519491231002X"));
        assert!(is_identity_number("440524188001010014"));
        assert!(!is_identity_number("110105194912310021"));
        assert!(!is_identity_number("1101051949123100二"));
        assert!(!is_identity_number("1101051949123100二1"));
        // Luhn's example in ISO/IEC 7812-1.
        assert_eq!(luhn_check("7992739871"), '3');
    }

    #[test]
    fn a_credit_code_carries_both_checks() {
        let whole = |first: &str| format!("{first}{}", credit_check(first));
        let code = whole(&format!("1133010000000001{}", organisation_check("00000001")));
        assert!(is_credit_code(&code), "{code}");
        // The check of the whole is right, that of the organisation is not, and the other way round.
        assert!(!is_credit_code(&whole("11330100000000010")));
        assert!(!is_credit_code(&format!("{}Y", &code[..17])));
        assert!(!is_credit_code(&code.to_lowercase().replace('0', "o")));
        let lettered = whole(&format!("11A3010000000001{}", organisation_check("00000001")));
        assert!(!is_credit_code(&lettered));
    }

    #[test]
    fn a_card_has_an_issuer_and_a_check_digit() {
        let card = |first: &str| format!("{first}{}", luhn_check(first));
        assert!(is_card_number(&card("622202000000000000")));
        assert!(is_card_number(&card("400000000000000")));
        assert!(!is_card_number(&card("122202000000000000")), "no issuer of cards");
        assert!(!is_card_number(&card("62220200000000")), "too short");
        let mut wrong = card("622202000000000000");
        wrong.replace_range(5..6, "3");
        assert!(!is_card_number(&wrong));
    }
}

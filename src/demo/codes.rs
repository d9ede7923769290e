//! Check digits, so that synthetic numbers pass every check that real ones pass.

/// The check character of an identity number, from its first 17 digits (GB 11643, which is
/// ISO 7064 MOD 11-2).
pub fn identity_check(digits: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(10).unwrap_or(0) * w).sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

/// Whether a text is an identity number of 18 characters with its right check character.
pub fn is_identity_number(text: &str) -> bool {
    text.len() == 18
        && text.is_ascii()
        && text[..17].bytes().all(|byte| byte.is_ascii_digit())
        && text.ends_with(identity_check(&text[..17]))
}

/// What the digits and letters of a credit code count, by their place (GB 32100).
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A unified social credit code (GB 32100) of a company: registered by market regulation,
/// in a division, with the 8 characters of its organisation code.
pub fn credit_code(division: &str, organisation: &str) -> String {
    let mut code = format!("91{division}{organisation}{}", organisation_check(organisation));
    code.push(credit_check(&code));
    code
}

/// Whether a text is a unified social credit code whose two check characters are right.
pub fn is_credit_code(text: &str) -> bool {
    text.len() == 18
        && text.chars().all(|c| CREDIT_ALPHABET.contains(c))
        && text[16..17].starts_with(organisation_check(&text[8..16]))
        && text.ends_with(credit_check(&text[..17]))
}

/// The check character of an organisation code, from its first 8 characters (GB 11714).
fn organisation_check(body: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(36).unwrap_or(0) * w).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    }
}

/// The check character of a credit code, from its first 17 characters.
fn credit_check(first: &str) -> char {
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
        // Luhn's example in ISO/IEC 7812-1.
        assert_eq!(luhn_check("7992739871"), '3');
    }

    #[test]
    fn credit_codes_carry_both_checks() {
        let code = credit_code("330106", "00000001");
        assert!(is_credit_code(&code), "{code}");
        let mut wrong = code.clone();
        wrong.replace_range(9..10, "7");
        assert!(!is_credit_code(&wrong), "{wrong}");
    }
}

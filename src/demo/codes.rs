//! Numbers of synthetic organisations, which pass every check that real ones pass.

use sluice_core::domain::check_digit::{credit_check, organisation_check};

/// A unified social credit code (GB 32100) of a company: registered by market regulation,
/// in a division, with the 8 characters of its organisation code.
pub fn credit_code(division: &str, organisation: &str) -> String {
    let mut code = format!("91{division}{organisation}{}", organisation_check(organisation));
    code.push(credit_check(&code));
    code
}

#[cfg(test)]
mod tests {
    use sluice_core::domain::check_digit::is_credit_code;

    use super::*;

    #[test]
    fn credit_codes_carry_both_checks() {
        let code = credit_code("330106", "00000001");
        assert!(is_credit_code(&code), "{code}");
        let mut wrong = code.clone();
        wrong.replace_range(9..10, "7");
        assert!(!is_credit_code(&wrong), "{wrong}");
    }
}

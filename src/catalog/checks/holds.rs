//! The sensitive kinds of values: their names, their need of protection, and the most that a mask
//! may show.

/// The kind of value that a field holds, as far as protection asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Holds {
    IdNumber,
    Biometric,
    BankAccount,
    Communication,
    Property,
    Transaction,
    Child,
    /// Not of the kinds that the law calls sensitive, but persons are found by it.
    Mobile,
    Email,
    Plate,
    /// Personal, and of no use alone.
    Name,
    BirthDate,
}

/// Says whether it needs a level above the least, and a mask.
pub(super) fn is_protected(holds: Holds) -> bool {
    match holds {
        Holds::IdNumber
        | Holds::Biometric
        | Holds::BankAccount
        | Holds::Communication
        | Holds::Property
        | Holds::Transaction
        | Holds::Child
        | Holds::Mobile
        | Holds::Email
        | Holds::Plate => true,
        Holds::Name | Holds::BirthDate => false,
    }
}

/// Most characters that a mask may show, where there is a limit.
pub(super) fn most_shown(holds: Holds) -> Option<u32> {
    match holds {
        Holds::IdNumber | Holds::BankAccount => Some(10),
        Holds::Mobile => Some(7),
        Holds::Plate => Some(4),
        Holds::Name | Holds::Email => Some(1),
        Holds::Biometric | Holds::Property | Holds::Transaction | Holds::Communication => Some(0),
        Holds::Child | Holds::BirthDate => None,
    }
}

/// The name in messages.
pub(super) fn words(holds: Holds) -> &'static str {
    match holds {
        Holds::IdNumber => "an identity number",
        Holds::Biometric => "biometrics",
        Holds::BankAccount => "a bank account",
        Holds::Communication => "communications",
        Holds::Property => "property",
        Holds::Transaction => "transactions",
        Holds::Child => "data of a child",
        Holds::Mobile => "a mobile number",
        Holds::Email => "an e-mail address",
        Holds::Plate => "a number plate",
        Holds::Name => "a person's name",
        Holds::BirthDate => "a birth date",
    }
}

pub(super) fn preset(holds: Holds) -> Option<&'static str> {
    match holds {
        Holds::IdNumber => Some("id-number"),
        Holds::BankAccount => Some("bank-card"),
        Holds::Mobile => Some("mobile"),
        Holds::Email => Some("email"),
        Holds::Plate => Some("plate"),
        Holds::Name => Some("name"),
        Holds::Biometric
        | Holds::Communication
        | Holds::Property
        | Holds::Transaction
        | Holds::Child
        | Holds::BirthDate => None,
    }
}

//! Sensitive kinds of fields, recognised by the file's statement, else by samples of values, path,
//! title and standard data element.

use sluice_core::domain::classification::Level;
use sluice_core::domain::entry::Entry;
use sluice_core::domain::field::Field;
use sluice_core::domain::field_path::PathStep;
use sluice_core::domain::mask::Mask;

use super::holds::{Holds, is_protected, most_shown, preset, words};
use super::samples::recognised;
use crate::catalog::choices::SensitiveSpec;
use crate::catalog::files::{EntryFile, FieldSaid};
use crate::catalog::rule::Rule;
use crate::catalog::shape::Report;

/// Ends of member names (without `_` and `-`, in lower case) and parts of titles by which a kind
/// is known. The first line that fits decides.
const SIGNS: &[(Holds, &[&str], &[&str])] = &[
    (
        Holds::IdNumber,
        &[
            "idnumber",
            "idno",
            "idcard",
            "idcardno",
            "identitynumber",
            "identityno",
            "citizenid",
            "passportnumber",
            "passportno",
            "sfzh",
            "sfzhm",
            "gmsfhm",
            "zjhm",
        ],
        &["身份号码", "身份证", "证件号", "护照号", "identity number", "id number"],
    ),
    (
        Holds::Biometric,
        &[
            "portrait",
            "photo",
            "faceimage",
            "fingerprint",
            "fingerprints",
            "iris",
            "voiceprint",
            "dna",
            "facefeature",
        ],
        &["人像", "人脸", "指纹", "虹膜", "声纹", "掌纹", "基因", "DNA", "fingerprint"],
    ),
    (
        Holds::BankAccount,
        &["bankcard", "bankaccount", "bankcardno", "bankcardnumber", "bankaccountnumber"],
        &["银行卡", "银行账号", "银行账户", "发放账号", "bank account", "bank card"],
    ),
    (
        Holds::Communication,
        &["callrecords", "callrecord", "messagetext", "chatrecords"],
        &["通话", "通信记录", "通信内容", "短信", "聊天"],
    ),
    (Holds::BirthDate, &["birthdate", "birthday", "dateofbirth", "csrq"], &["出生日期", "生日"]),
    (Holds::Child, &[], &["儿童", "婴幼儿", "未成年"]),
    (
        Holds::Property,
        &["realestate", "deposits", "salary", "income"],
        &["房产", "不动产", "存款", "工资", "收入"],
    ),
    (Holds::Transaction, &["transactions", "transaction"], &["交易", "流水"]),
    (Holds::Mobile, &["mobile", "mobilenumber", "mobilephone", "cellphone"], &["手机"]),
    (Holds::Email, &["email", "emailaddress"], &["邮箱", "电子邮件", "e-mail"]),
    (
        Holds::Plate,
        &["platenumber", "plateno", "licenseplate", "licenceplate", "hphm"],
        &["号牌", "车牌"],
    ),
    (Holds::Name, &["personname", "fullname"], &["姓名"]),
];

/// Parts of titles that speak about such a thing rather than name it: “type of identity document”.
const ABOUT: &[&str] =
    &["类型", "类别", "种类", "是否", "签发", "有效期", "状态", "次数", "数量", "颜色"];

/// Checks an entry's fields.
pub(super) fn check(file: &EntryFile, entry: &Entry, report: &mut Report<'_>) {
    for (said, field) in file.fields.iter().zip(&entry.fields) {
        let Some(holds) = holds(said, field, entry.personal) else { continue };
        if is_protected(holds) {
            protect(said, field, holds, report);
        }
        let (Some(mask), Some(place)) = (&field.mask, &said.mask.0) else { continue };
        let (front, end) = shown_ends(mask);
        let Some(most) = most_shown(holds).filter(|most| front + end > *most) else { continue };
        let message = format!(
            "this mask shows {} characters of {}, at most {most} may be shown",
            front + end,
            words(holds)
        );
        let advice = match preset(holds) {
            Some(preset) => format!("use `mask: {preset}`, or keep fewer characters"),
            None => "use `mask: null` or a constant".to_owned(),
        };
        report.add(place.place, Rule::MaskShowsMuch, message, advice);
    }
}

fn protect(said: &FieldSaid, field: &Field, holds: Holds, report: &mut Report<'_>) {
    if field.level == Level::LEAST {
        let message =
            format!("`{}` holds {} and is open to every department", field.path, words(holds));
        let advice = "give it level 2 to 4; if it holds no such thing, say `sensitive: none`";
        report.add(said.level.place, Rule::SensitiveOpen, message, advice);
    }
    if field.mask.is_none() && !field.approval {
        let message = format!("`{}` holds {} and has no mask", field.path, words(holds));
        let mask = preset(holds).unwrap_or("null");
        let advice =
            format!("add `mask: {mask}`; if it holds no such thing, say `sensitive: none`");
        report.add(said.path.place, Rule::SensitiveUnmasked, message, advice);
    }
}

/// The kind of value that a field holds: the stated one, else the gravest that its samples and its names
/// tell. By name, kinds that only matter of persons are looked for in their records only.
pub(super) fn holds(said: &FieldSaid, field: &Field, personal: bool) -> Option<Holds> {
    if let Some(stated) = said.sensitive {
        return match stated {
            SensitiveSpec::IdNumber => Some(Holds::IdNumber),
            SensitiveSpec::Biometric => Some(Holds::Biometric),
            SensitiveSpec::BankAccount => Some(Holds::BankAccount),
            SensitiveSpec::Communication => Some(Holds::Communication),
            SensitiveSpec::Property => Some(Holds::Property),
            SensitiveSpec::Transaction => Some(Holds::Transaction),
            SensitiveSpec::Child => Some(Holds::Child),
            SensitiveSpec::None => None,
        };
    }
    let shown = said.samples.iter().filter_map(|sample| recognised(&sample.value));
    shown.chain(named(said, field, personal)).min()
}

/// The kind that its names tell: path, title and standard data element.
fn named(said: &FieldSaid, field: &Field, personal: bool) -> Option<Holds> {
    let element = said.element.as_ref().map_or("", |element| element.value.as_str());
    let title = format!("{} {element}", field.title).to_lowercase();
    if ABOUT.iter().any(|word| title.contains(word)) {
        return None;
    }
    let name = member_name(field);
    let known = |(_, names, titles): &&(Holds, &[&str], &[&str])| {
        names.iter().any(|end| name.ends_with(end))
            || titles.iter().any(|part| title.contains(&part.to_lowercase()))
    };
    let found = SIGNS.iter().find(known).map(|(holds, ..)| *holds)?;
    let always = matches!(found, Holds::IdNumber | Holds::Biometric | Holds::BankAccount);
    (always || personal).then_some(found)
}

/// Returns the last name of a field's path, without the separators of its words.
fn member_name(field: &Field) -> String {
    let names = field.path.0.iter().rev().find_map(|step| match step {
        PathStep::Member(name) => Some(name),
        PathStep::Each => None,
    });
    let plain = |c: &char| !matches!(c, '_' | '-');
    names
        .map(|name| name.chars().filter(plain).collect::<String>())
        .unwrap_or_default()
        .to_lowercase()
}

/// The numbers of characters that a mask shows at the front and at the end of a value.
pub(super) fn shown_ends(mask: &Mask) -> (u32, u32) {
    match mask {
        Mask::Keep { front, end, .. } => (u32::from(*front), u32::from(*end)),
        Mask::Name | Mask::Email => (1, 0),
        Mask::IdNumber => (1, 2),
        Mask::Mobile => (3, 4),
        Mask::Landline => (4, 2),
        Mask::Address => (7, 0),
        Mask::Plate => (3, 1),
        Mask::BankCard => (4, 4),
        // Of anything but a date these show nothing.
        Mask::Year | Mask::Month | Mask::Constant(_) | Mask::Null => (0, 0),
        // Not of the value itself.
        Mask::Range(_) | Mask::Pseudonym => (0, 0),
    }
}

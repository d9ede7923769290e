use sluice_core::message::fields::Fields;

use super::Language;

#[test]
fn chinese_is_chosen_when_it_is_wanted_more() {
    let cases = [
        ("", Language::English),
        ("zh", Language::Chinese),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
        ("en-GB,zh;q=0.9", Language::English),
        ("fr, zh-Hans;q=0.2", Language::Chinese),
        ("fr", Language::English),
        ("*", Language::English),
        ("en;q=0.1, zh;q=0.2", Language::Chinese),
        ("zh;q=x", Language::Chinese),
    ];
    for (said, wanted) in cases {
        let fields = Fields::of([(&b"accept-language"[..], said.as_bytes())]);
        assert_eq!(Language::negotiate(&fields), wanted, "{said:?}");
    }
    assert_eq!(Language::negotiate(&Fields::default()), Language::English);
}

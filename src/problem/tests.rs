use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, HeaderValue};

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
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(said));
        assert_eq!(Language::negotiate(&headers), wanted, "{said:?}");
    }
    assert_eq!(Language::negotiate(&HeaderMap::new()), Language::English);
}

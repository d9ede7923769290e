//! Documents for the laws: close to what the sample plans declare, with everything that could
//! confuse the state machine.

use proptest::collection::vec;
use proptest::prelude::*;

/// A marker in every value that no view shows; no other value has it.
pub(super) const MARKER: &str = "机密";

/// A document, and the places at which it is cut into pieces.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) text: Vec<u8>,
    pub(super) cuts: Vec<usize>,
}

impl Cut {
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.cuts.iter().copied().chain([self.text.len()]);
        ends.scan(0, |from, to| {
            let piece = &self.text[*from..to];
            *from = to;
            Some(piece)
        })
    }
}

/// Cuts a text at any places.
pub(super) fn cut(text: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Cut> {
    text.prop_flat_map(|text| {
        let length = text.len();
        let few = vec(0..=length, 0..4);
        let many = (1usize..9).prop_map(move |step| (step..length).step_by(step).collect());
        let cuts = prop_oneof![few, many];
        (Just(text), cuts).prop_map(|(text, mut cuts)| {
            cuts.sort_unstable();
            Cut { text, cuts }
        })
    })
}

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => Just(String::new()),
        2 => Just(" ".to_owned()),
        1 => "[ \t\n\r]{0,70}",
    ]
}

/// Names, declared and undeclared, some of them with escapes.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(vec![
            "name", "id_number", "age", "married", "address", "city", "street", "children",
            "tags", "health", "blood", "total", "items", "data", "owner", "id", "ids",
        ])
        .prop_map(str::to_owned),
        3 => prop::sample::select(vec![
            "n\\u0061me", "\\u0061ge", "it\\u0065ms", "tag\\u0073", "Name", "nam", "names",
            "\\ud800", "\\ud83d\\ude00", "\\\"name", "name\\\\", "", "age\\u0000", "姓名",
            "a_name_that_is_longer_than_sixteen_bytes",
        ])
        .prop_map(str::to_owned),
        1 => string(),
    ]
}

/// The inside of a string.
fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9]{0,12}",
        3 => "[\u{4e00}-\u{4e40}]{0,40}",
        1 => "[a-z]{0,200}",
        3 => vec(
            prop::sample::select(vec![
                "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u4e2d",
                "\\ud83d\\ude00", "\\ud800", "\\udc00", "é", "e\u{301}", "𠮷", "😀", "\u{7f}",
                "\u{2028}", "{", "}", "[", "]", ",", ":", " ", "'", "110105491231002",
            ]),
            0..20,
        )
        .prop_map(|parts| parts.concat()),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => string().prop_map(|text| format!("\"{text}\"")),
        1 => Just(format!("\"{MARKER}\"")),
        2 => prop::sample::select(vec![
            "0", "-0", "7", "110105194912310020", "1.50", "-1e10", "1E+2", "0.1e-7",
            "123456789012345678901234567890123456789012345678901234567890123456789012345678",
        ])
        .prop_map(str::to_owned),
        2 => prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ]
}

/// Any value.
fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(6, 60, 8, |inner| {
        let inner = inner.boxed();
        prop_oneof![2 => array(inner.clone()), 5 => object(inner)]
    })
}

fn array(value: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let element = (blank(), value, blank())
        .prop_map(|(before, value, after)| format!("{before}{value}{after}"));
    (vec(element, 0..6), blank()).prop_map(|(items, blank)| format!("[{}]", join(items, blank)))
}

fn object(value: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let member = (blank(), name(), blank(), blank(), value, blank())
        .prop_map(|(a, name, b, c, value, d)| format!("{a}\"{name}\"{b}:{c}{value}{d}"));
    (vec(member, 0..10), blank()).prop_map(|(items, blank)| format!("{{{}}}", join(items, blank)))
}

fn join(items: Vec<String>, blank: String) -> String {
    if items.is_empty() { blank } else { items.join(",") }
}

/// A whole document, mostly with records at the places that the sample plans declare.
pub(super) fn document() -> impl Strategy<Value = Vec<u8>> {
    let outermost = prop_oneof![
        3 => object(value().boxed()),
        2 => array(object(value().boxed()).boxed()),
        2 => person(),
        2 => records(),
        3 => records().prop_map(|records| format!("{{\"total\":1,\"items\" : {records}}}")),
        3 => records().prop_map(|records| format!("{{\"data\":{{\"items\":{records} }} }}")),
        1 => value(),
    ];
    (blank(), outermost, blank())
        .prop_map(|(before, value, after)| (before + &value + &after).into())
}

fn records() -> impl Strategy<Value = String> {
    let record = prop_oneof![3 => person(), 1 => object(value().boxed())];
    array(record.boxed())
}

/// A record of the sample person, its members in any order, some of them missing or repeated.
fn person() -> impl Strategy<Value = String> {
    let text = || string().prop_map(|text| format!("\"{text}\""));
    let number = prop::sample::select(vec!["7", "-1.5e3", "0", "123456789012345678901", "null"]);
    let member = prop_oneof![
        text().prop_map(|text| format!("\"name\":{text}")),
        "[1-9][0-9]{16}[0-9X]".prop_map(|id| format!("\"id_number\" : \"{id}\"")),
        number.prop_map(|number| format!("\"age\": {number}")),
        any::<bool>().prop_map(|married| format!("\"married\":{married}")),
        (text(), text()).prop_map(|(a, b)| format!("\"address\":{{\"city\":{a},\"street\":{b}}}")),
        (text(), text())
            .prop_map(|(a, b)| format!("\"children\":[{{\"name\":{a}}},{{\"name\":{b}}}]")),
        vec(text(), 0..4).prop_map(|tags| format!("\"tags\":[{}]", tags.join(", "))),
        text().prop_map(|text| format!("\"health\":{{\"blood\":{text}}}")),
        (name(), scalar()).prop_map(|(name, value)| format!("\"{name}\":{value}")),
    ];
    (vec(member, 0..12), blank())
        .prop_map(|(items, blank)| format!("{{{blank}{}{blank}}}", items.join(",")))
}

/// A document with a few bytes changed, removed or inserted.
pub(super) fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        3 => prop::sample::select(b"{}[]:,\"\\ \n0-.eutfn\x00\x0c\x1a\x1f".to_vec()),
        1 => any::<u8>(),
    ];
    let change = (any::<prop::sample::Index>(), 0..3u8, bytes);
    (document(), vec(change, 1..4)).prop_map(|(mut text, changes)| {
        for (at, how, byte) in changes {
            let at = at.index(text.len());
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ if text.len() > 1 => drop(text.remove(at)),
                _ => {}
            }
        }
        text
    })
}

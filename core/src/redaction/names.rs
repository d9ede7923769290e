//! The declared members of an object, found by name with one probe into a table that is made with
//! the snapshot.

use super::node_index::NodeIx;

/// Multipliers tried until no two names share a slot. Names that share all that is hashed end up
/// side by side, so look-ups are right in any case.
const ATTEMPTS: u64 = 64;

/// The declared members of an object.
#[derive(Debug, Default)]
pub(super) struct MemberNames {
    names: Vec<(Box<str>, NodeIx)>,
    /// The hash table. Its length is a power of two, at least twice the number of names; it is
    /// empty if there are none.
    slots: Box<[Slot]>,
    multiplier: u64,
    shift: u32,
}

/// The part of a name that is compared first: its length and both its ends. For names up to 16
/// bytes it is the whole name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    length: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    ends: Ends,
    /// One more than the index into the names; 0 for an empty slot.
    name: u32,
    node: NodeIx,
}

/// A name in its most common spelling in front of a value, with quotes and colon, ready to be
/// compared in three words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    /// The first, second and last eight bytes, and masks of the bits that count.
    words: [u64; 3],
    masks: [u64; 3],
    last_at: usize,
}

/// Bytes that are read to compare a label.
pub(super) const LABEL_BYTES: usize = 24;

impl Label {
    /// A label that never matches: it demands a zero byte, which no text has.
    pub(super) const NEVER: Label = Label { words: [0; 3], masks: [u64::MAX; 3], last_at: 0 };

    /// The label of a name; one that never matches if the name is too long.
    pub(super) fn of(name: &str) -> Label {
        let label = format!("\"{name}\":");
        let length = label.len();
        // A quote within a name would be escaped in the answer; unescaped it ends another name.
        if length > LABEL_BYTES || name.contains(['"', '\\']) {
            return Label::NEVER;
        }
        let mut bytes = [0; LABEL_BYTES];
        bytes[..length].copy_from_slice(label.as_bytes());
        let last_at = length.saturating_sub(8);
        let some = |yes: bool| if yes { u64::MAX } else { 0 };
        let first = if length < 8 { (1 << (8 * length)) - 1 } else { u64::MAX };
        let words = Label::words(&bytes, last_at);
        Label { words, masks: [first, some(length > 16), some(length >= 8)], last_at }
    }

    /// Tells whether the text begins with the label.
    #[inline]
    pub(super) fn begins(&self, text: &[u8; LABEL_BYTES]) -> bool {
        let words = Label::words(text, self.last_at);
        let differs = |ix: usize| (words[ix] ^ self.words[ix]) & self.masks[ix];
        differs(0) | differs(1) | differs(2) == 0
    }

    #[inline]
    fn words(text: &[u8; LABEL_BYTES], last_at: usize) -> [u64; 3] {
        [0, 8, last_at.min(LABEL_BYTES - 8)].map(|at| {
            let mut word = [0; 8];
            word.copy_from_slice(&text[at..at + 8]);
            u64::from_le_bytes(word)
        })
    }
}

impl MemberNames {
    /// Finds the member whose name stands in `text` from `from` up to `to`.
    #[inline]
    pub(super) fn find_in(&self, text: &[u8], from: usize, to: usize) -> Option<NodeIx> {
        self.probe(Ends::within(text, from, to), &text[from..to])
    }

    /// Finds the member of a decoded name.
    pub(super) fn find(&self, name: &[u8]) -> Option<NodeIx> {
        self.probe(Ends::of(name), name)
    }

    /// The nodes of all members.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeIx> {
        self.names.iter().map(|(_, node)| *node)
    }

    /// Finds the member of that name, or adds it with the node `fresh`.
    pub(super) fn declare(&mut self, name: &str, fresh: NodeIx) -> NodeIx {
        let known = self.names.iter().find(|(known, _)| **known == *name);
        if let Some((_, node)) = known {
            return *node;
        }
        self.names.push((name.into(), fresh));
        fresh
    }

    /// Builds the table, after all names are declared.
    pub(super) fn index(&mut self) {
        if self.names.is_empty() {
            return;
        }
        let size = (2 * self.names.len()).next_power_of_two();
        let tables = (0..ATTEMPTS).map(|attempt| self.table(size, attempt));
        let best = tables.min_by_key(|(_, displaced)| *displaced);
        if let Some((table, _)) = best {
            *self = MemberNames { names: std::mem::take(&mut self.names), ..table };
        }
    }

    /// Builds a table, and counts the names that are not in the slot that is probed first.
    fn table(&self, size: usize, attempt: u64) -> (MemberNames, usize) {
        let mut table = MemberNames {
            names: Vec::new(),
            slots: vec![Slot::default(); size].into(),
            multiplier: (attempt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            shift: 64 - size.trailing_zeros(),
        };
        let mut displaced = 0;
        for (ix, (name, node)) in self.names.iter().enumerate() {
            let ends = Ends::of(name.as_bytes());
            let mut at = table.home(ends);
            while table.slots[at].name != 0 {
                displaced += 1;
                at = (at + 1) & (size - 1);
            }
            table.slots[at] = Slot { ends, name: ix as u32 + 1, node: *node };
        }
        (table, displaced)
    }

    #[inline]
    fn probe(&self, ends: Ends, name: &[u8]) -> Option<NodeIx> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.home(ends);
        loop {
            let slot = &self.slots[at];
            if slot.name == 0 {
                return None;
            }
            let whole = || *self.names[slot.name as usize - 1].0.as_bytes() == *name;
            if slot.ends == ends && (ends.length <= 16 || whole()) {
                return Some(slot.node);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn home(&self, ends: Ends) -> usize {
        let mixed = (ends.first ^ ends.last.rotate_left(29)).wrapping_add(ends.length as u64);
        (mixed.wrapping_mul(self.multiplier) >> self.shift) as usize
    }
}

impl Ends {
    fn of(name: &[u8]) -> Ends {
        let short = name.len().min(8);
        let word = |part: &[u8]| {
            let mut bytes = [0; 8];
            bytes[..short].copy_from_slice(part);
            u64::from_le_bytes(bytes)
        };
        Ends {
            first: word(&name[..short]),
            last: word(&name[name.len() - short..]),
            length: name.len(),
        }
    }

    /// Reads the ends of a name without a branch on its length. Eight bytes must be readable on
    /// both sides.
    #[inline]
    fn within(text: &[u8], from: usize, to: usize) -> Ends {
        let length = to - from;
        let ahead = text.get(from..).and_then(|rest| rest.first_chunk::<8>());
        let behind = text.get(..to).and_then(|rest| rest.last_chunk::<8>());
        let (Some(ahead), Some(behind), 1..) = (ahead, behind, length) else {
            return Ends::of(&text[from..to]);
        };
        let unused = 64 - 8 * length.min(8) as u32;
        Ends {
            first: u64::from_le_bytes(*ahead) << unused >> unused,
            last: u64::from_le_bytes(*behind) >> unused,
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_they_stand() {
        let names = [
            "a",
            "ab",
            "abcdefg",
            "abcdefgh",
            "abcdefghi",
            "姓名",
            "身份证号码",
            "登记 号",
            "a name of more than sixteen bytes",
            "a name of MORE than sixteen bytes",
            "",
        ];
        let mut members = MemberNames::default();
        for (ix, name) in names.iter().enumerate() {
            assert_eq!(members.declare(name, ix as NodeIx), ix as NodeIx);
        }
        members.index();
        for (ix, name) in names.iter().enumerate() {
            assert_eq!(members.find(name.as_bytes()), Some(ix as NodeIx), "{name}");
            for (before, after) in [("", ""), ("{\"", "\":1}"), ("0123456789", "0123456789")] {
                let text = format!("{before}{name}{after}");
                let (from, to) = (before.len(), before.len() + name.len());
                assert_eq!(members.find_in(text.as_bytes(), from, to), Some(ix as NodeIx));
            }
        }
        for other in ["b", "abcdefgi", "a name of mOre than sixteen bytes", "姓", "\0", "a\0"] {
            assert_eq!(members.find(other.as_bytes()), None, "{other}");
        }
        assert_eq!(MemberNames::default().find(b"a"), None);
    }

    #[test]
    fn labels_match_their_names_only() {
        let names = [
            "a",
            "abcd",
            "abcde",
            "abcdef",
            "abcdefghijklm",
            "abcdefghijklmn",
            "姓名",
            "abcdefghijklmnopqrstu",
        ];
        for name in names {
            let mut text = format!("\"{name}\": ").into_bytes();
            text.resize(LABEL_BYTES, b'x');
            let label = Label::of(name);
            for at in 0..name.len() + 3 {
                let mut text: [u8; LABEL_BYTES] = text.clone().try_into().unwrap();
                assert!(label.begins(&text), "{name}");
                text[at] ^= 1;
                assert!(!label.begins(&text), "{name}");
            }
        }
        let mut text = [b'x'; LABEL_BYTES];
        text[0] = b'"';
        assert!(!Label::of("abcdefghijklmnopqrstuv").begins(&text));
    }

    #[test]
    fn many_names_are_found() {
        let mut members = MemberNames::default();
        for ix in 0..1024 {
            members.declare(&format!("field-{ix}"), ix);
        }
        members.index();
        for ix in 0..1024 {
            assert_eq!(members.find(format!("field-{ix}").as_bytes()), Some(ix));
        }
    }
}

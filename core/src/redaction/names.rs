//! The declared members of an object, found by name: one probe into a table made when the
//! snapshot is built.

use super::plan::NodeIx;

/// Multipliers tried until no two names share a slot. Names that share all of what is hashed end
/// up side by side, so finding one is right in any case.
const ATTEMPTS: u64 = 64;

/// The declared members of an object.
#[derive(Debug, Default)]
pub(super) struct Members {
    names: Vec<(Box<str>, NodeIx)>,
    /// A power of two, at least twice as many as there are names; empty if there are none.
    slots: Box<[Slot]>,
    multiplier: u64,
    shift: u32,
}

/// What of a name is compared first: its length and both its ends, which for names up to 16 bytes
/// is all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    length: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    ends: Ends,
    /// One more than an index into the names; 0 for an empty slot.
    name: u32,
    node: NodeIx,
}

impl Members {
    /// The member of that name, which stands in `text` from `from` up to `to`.
    #[inline]
    pub(super) fn find_in(&self, text: &[u8], from: usize, to: usize) -> Option<NodeIx> {
        self.probe(Ends::within(text, from, to), &text[from..to])
    }

    /// The member of that decoded name.
    pub(super) fn find(&self, name: &[u8]) -> Option<NodeIx> {
        self.probe(Ends::of(name), name)
    }

    /// All members' nodes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeIx> {
        self.names.iter().map(|(_, node)| *node)
    }

    /// The member of that name, which becomes `fresh` if there was none.
    pub(super) fn declare(&mut self, name: &str, fresh: NodeIx) -> NodeIx {
        let known = self.names.iter().find(|(known, _)| **known == *name);
        if let Some((_, node)) = known {
            return *node;
        }
        self.names.push((name.into(), fresh));
        fresh
    }

    /// Builds the table; to be called when all names are declared.
    pub(super) fn index(&mut self) {
        if self.names.is_empty() {
            return;
        }
        let size = (2 * self.names.len()).next_power_of_two();
        let tables = (0..ATTEMPTS).map(|attempt| self.table(size, attempt));
        let best = tables.min_by_key(|(_, displaced)| *displaced);
        if let Some((table, _)) = best {
            *self = Members { names: std::mem::take(&mut self.names), ..table };
        }
    }

    /// A table, and how many names are not where they would be looked for first.
    fn table(&self, size: usize, attempt: u64) -> (Members, usize) {
        let mut table = Members {
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

    /// The same, without a branch on the length where eight bytes can be read on both sides.
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
        let mut members = Members::default();
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
        assert_eq!(Members::default().find(b"a"), None);
    }

    #[test]
    fn many_names_are_found() {
        let mut members = Members::default();
        for ix in 0..1024 {
            members.declare(&format!("field-{ix}"), ix);
        }
        members.index();
        for ix in 0..1024 {
            assert_eq!(members.find(format!("field-{ix}").as_bytes()), Some(ix));
        }
    }
}

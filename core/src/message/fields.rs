//! Header sections: the values in a message that was read, and a section being written.

use std::fmt::{self, Write as _};

use super::bytes::{is_sf_plain, is_value};
use super::field::HeaderField;

/// The fields of a message that the gateway reads: for each the first value, and how often the
/// field stands in the message.
#[derive(Clone, Default)]
pub struct Fields {
    text: Vec<u8>,
    slots: [Slot; HeaderField::COUNT],
}

/// The place of a field's value, and the number of times that the field stands in the message.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot {
    pub(super) value: Span,
    /// The number of times that the field stands in the message.
    pub(super) times: u16,
}

/// A stretch of a head, which has at most 65,535 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    from: u16,
    to: u16,
}

impl Span {
    pub(super) fn new(from: usize, to: usize) -> Span {
        debug_assert!(from <= to && to <= usize::from(u16::MAX));
        Span { from: from as u16, to: to as u16 }
    }

    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        &text[usize::from(self.from)..usize::from(self.to)]
    }
}

impl Fields {
    pub(super) fn new(text: Vec<u8>, slots: [Slot; HeaderField::COUNT]) -> Fields {
        Fields { text, slots }
    }

    /// Takes names and values that another engine has read. Fields that are not looked at are left
    /// out. A value beyond 64 KiB of them all is not kept, and its field counts as repeated.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Fields {
        Fields::after(Vec::new(), pairs)
    }

    /// Does the same as [`Fields::of`], with a text stored before the values.
    pub(super) fn after<'a>(
        mut text: Vec<u8>,
        pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Fields {
        let mut slots = [Slot::default(); HeaderField::COUNT];
        for (name, value) in pairs {
            let Some(field) = HeaderField::find(name) else { continue };
            let slot = &mut slots[field as usize];
            slot.times = slot.times.saturating_add(1);
            let end = text.len() + value.len();
            if end > usize::from(u16::MAX) {
                // What is not kept must not look like a value that says nothing.
                slot.times = slot.times.max(2);
            } else if slot.times == 1 {
                slot.value = Span::new(text.len(), end);
                text.extend_from_slice(value);
            }
        }
        Fields { text, slots }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The first value of a field.
    pub fn first(&self, field: HeaderField) -> Option<&[u8]> {
        let slot = self.slots[field as usize];
        (slot.times > 0).then(|| slot.value.of(&self.text))
    }

    /// The value of a field that stands exactly once.
    pub fn only(&self, field: HeaderField) -> Option<&[u8]> {
        self.first(field).filter(|_| self.times(field) == 1)
    }

    /// The value of a field that stands exactly once, as text; none if it is not UTF-8.
    pub fn only_text(&self, field: HeaderField) -> Option<&str> {
        std::str::from_utf8(self.only(field)?).ok()
    }

    /// The number of times that a field stands in the message.
    pub fn times(&self, field: HeaderField) -> usize {
        usize::from(self.slots[field as usize].times)
    }
}

/// Shows names and lengths only, since values may name persons.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for field in HeaderField::ALL {
            if let Some(value) = self.first(field) {
                map.entry(&field.name(), &format_args!("{} bytes", value.len()));
            }
        }
        map.finish()
    }
}

/// A header section being written, in its wire form: a line `name: value` with CRLF for each field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section(Vec<u8>);

impl Section {
    /// Makes an empty section, with room for so many bytes.
    pub fn with_room(bytes: usize) -> Section {
        Section(Vec::with_capacity(bytes))
    }

    /// Begins with a request line. Method and target are rendered, not taken from outside.
    pub fn of_request(method: &str, target: &str, room: usize) -> Section {
        let mut text = Vec::with_capacity(room + target.len());
        for part in [method, " ", target, " HTTP/1.1\r\n"] {
            text.extend_from_slice(part.as_bytes());
        }
        Section(text)
    }

    /// Ends a head: an empty line follows the fields.
    pub fn end(&mut self) {
        self.0.extend_from_slice(b"\r\n");
    }

    /// Adds a field. The name is a fixed one, in lower case. If the value holds a control
    /// character, which no line may hold, the field is left out.
    pub fn add(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        if is_value(value) {
            self.begin(name);
            self.0.extend_from_slice(value);
            self.0.extend_from_slice(b"\r\n");
        }
    }

    /// Adds a field whose value is formatted, like [`Section::add`].
    pub fn add_args(&mut self, name: &'static str, value: fmt::Arguments<'_>) {
        let start = self.0.len();
        self.begin(name);
        let from = self.0.len();
        // Writing into memory can't fail.
        let _ = Text(&mut self.0).write_fmt(value);
        if is_value(&self.0[from..]) {
            self.0.extend_from_slice(b"\r\n");
        } else {
            self.0.truncate(start);
        }
    }

    /// Adds a field whose value is a quoted string of RFC 9651 without anything to escape in it.
    pub fn add_quoted(&mut self, name: &'static str, value: &str) {
        if is_sf_plain(value.as_bytes()) {
            self.begin(name);
            self.0.push(b'"');
            self.0.extend_from_slice(value.as_bytes());
            self.0.extend_from_slice(b"\"\r\n");
        }
    }

    fn begin(&mut self, name: &'static str) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
    }

    /// The bytes, without the empty line that ends a head.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The fields, for engines that have them one by one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.0.split_inclusive(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let line = line.strip_suffix(b"\r\n")?;
            let colon = line.iter().position(|byte| *byte == b':')?;
            // The names are fixed ones, in ASCII.
            Some((std::str::from_utf8(&line[..colon]).ok()?, line.get(colon + 2..)?))
        })
    }
}

/// Formats into bytes.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

//! Validates UTF-8 across windows of any size.

/// The last bytes of the text so far, in which a character may have begun.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    tail: [u8; 3],
}

impl Utf8 {
    /// Checks the next window byte for byte. Gives the beginning of the first invalid character,
    /// which may be before the window.
    pub(super) fn portable(&mut self, window: &[u8]) -> Option<isize> {
        let fault = self.locate(window);
        self.advance(window);
        fault
    }

    /// The last bytes before the window.
    pub(super) fn tail(&self) -> [u8; 3] {
        self.tail
    }

    /// Remembers the last bytes of a window that was checked.
    pub(super) fn advance(&mut self, window: &[u8]) {
        match window {
            [.., a, b, c] => self.tail = [*a, *b, *c],
            [a, b] => self.tail = [self.tail[2], *a, *b],
            [a] => self.tail = [self.tail[1], self.tail[2], *a],
            [] => {}
        }
    }

    /// The place of the first fault; does not remember the window.
    pub(super) fn locate(&self, window: &[u8]) -> Option<isize> {
        let begun = self.begun();
        let mut rest = window;
        if begun > 0 {
            let mut character = [0; 4];
            let length = length_of(self.tail[3 - begun]);
            let there = (length - begun).min(window.len());
            character[..begun].copy_from_slice(&self.tail[3 - begun..]);
            character[begun..begun + there].copy_from_slice(&window[..there]);
            if fault_in(&character[..begun + there]).is_some() {
                return Some(-(begun as isize));
            }
            rest = &window[there..];
        }
        fault_in(rest).map(|at| (window.len() - rest.len() + at) as isize)
    }

    /// Counts the bytes of an unfinished character at the end.
    fn begun(&self) -> usize {
        let lead = (1..=3).find(|back| self.tail[3 - back] & 0xc0 != 0x80);
        lead.filter(|back| length_of(self.tail[3 - back]) > *back).unwrap_or(0)
    }
}

/// The length in bytes of the character that begins with this byte.
fn length_of(lead: u8) -> usize {
    match lead {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// The place where the text stops being UTF-8; an unfinished character at its end is no fault.
fn fault_in(text: &[u8]) -> Option<usize> {
    let error = std::str::from_utf8(text).err()?;
    error.error_len().map(|_| error.valid_up_to())
}

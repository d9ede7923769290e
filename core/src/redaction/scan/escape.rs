//! Escapes in strings: a backslash and one of eight letters, or `u` and four hexadecimal digits.

/// The part of an escape that is still to come in the next window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Escape {
    /// No escape is open.
    #[default]
    None,
    /// The backslash was the last byte.
    Letter,
    /// This many hexadecimal digits are missing.
    Hex(u8),
}

impl Escape {
    pub(super) fn is_pending(self) -> bool {
        self != Escape::None
    }

    pub(super) fn is_pending_slash(self) -> bool {
        self == Escape::Letter
    }

    /// Continues an open escape in a new window.
    pub(super) fn resume(&mut self, window: &[u8]) -> Result<(), usize> {
        match *self {
            Escape::None => Ok(()),
            Escape::Letter => self.begin(window, 0),
            Escape::Hex(digits) => self.hex(window, 0, digits),
        }
    }

    /// Checks the bytes behind a backslash; gives the position of the byte that is wrong.
    pub(super) fn begin(&mut self, window: &[u8], at: usize) -> Result<(), usize> {
        *self = Escape::None;
        match window.get(at) {
            None => *self = Escape::Letter,
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
            Some(b'u') => return self.hex(window, at + 1, 4),
            Some(_) => return Err(at),
        }
        Ok(())
    }

    fn hex(&mut self, window: &[u8], at: usize, digits: u8) -> Result<(), usize> {
        *self = Escape::None;
        for done in 0..digits {
            match window.get(at + usize::from(done)) {
                None => {
                    *self = Escape::Hex(digits - done);
                    return Ok(());
                }
                Some(byte) if byte.is_ascii_hexdigit() => {}
                Some(_) => return Err(at + usize::from(done)),
            }
        }
        Ok(())
    }
}

//! The chunked transfer coding (RFC 9112, 7.1), resumable at any byte. Chunk extensions and the
//! trailer section are skipped, within bounds.

use super::BadMessage;

/// Longest line of a chunk's size with its extensions, in bytes.
pub const MAX_SIZE_LINE_BYTES: u32 = 256;

/// Largest trailer section in bytes.
pub const MAX_TRAILER_BYTES: u32 = 8 * 1024;

/// A chunked body being read.
#[derive(Clone, Debug, Default)]
pub struct Chunked {
    state: State,
    /// Bytes left of the chunk; its size so far while the size line is read.
    left: u64,
    /// Bytes of the size line or of the trailer section so far.
    overhead: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the first digit of a size.
    #[default]
    Size,
    /// After a digit.
    Digits,
    /// Behind the size, within the chunk's extensions, up to the end of the line.
    Extension,
    /// Between the CR and the LF of the size line.
    SizeLine,
    Data,
    /// Before the CR behind a chunk's data.
    DataCr,
    DataLf,
    /// Before the first byte of a line of the trailer section.
    Trailer,
    /// Within a line of the trailer section.
    TrailerLine,
    /// Between the CR and the LF of a line of the trailer section.
    TrailerLf,
    /// Between the CR and the LF that end the body.
    EndLf,
    End,
}

impl Chunked {
    /// Tells whether the body was read to its end.
    pub fn is_over(&self) -> bool {
        self.state == State::End
    }

    /// Reads on and appends the body's bytes to `out`. Returns how many input bytes were used: all
    /// of them, unless the body ends before.
    ///
    /// # Errors
    /// [`BadMessage::Chunk`] if the coding is not according to RFC 9112.
    pub fn read(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, BadMessage> {
        let mut at = 0;
        while at < input.len() && self.state != State::End {
            if self.state == State::Data {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX);
                let taken = most.min(input.len() - at);
                out.extend_from_slice(&input[at..at + taken]);
                at += taken;
                self.left -= taken as u64;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
                continue;
            }
            self.state = self.step(input[at])?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<State, BadMessage> {
        match (self.state, byte) {
            (State::Size | State::Digits, digit) if digit.is_ascii_hexdigit() => self.digit(digit),
            (State::Digits | State::Extension, b'\r') => Ok(State::SizeLine),
            (State::Digits, b';' | b' ' | b'\t') => self.counted(State::Extension),
            (State::Extension, byte) if !byte.is_ascii_control() || byte == b'\t' => {
                self.counted(State::Extension)
            }
            (State::SizeLine, b'\n') => {
                self.overhead = 0;
                Ok(if self.left == 0 { State::Trailer } else { State::Data })
            }
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size),
            (State::Trailer, b'\r') => Ok(State::EndLf),
            (State::EndLf, b'\n') => Ok(State::End),
            (State::TrailerLine, b'\r') => Ok(State::TrailerLf),
            (State::TrailerLf, b'\n') => Ok(State::Trailer),
            // A line of the trailer section must begin with a name.
            (State::Trailer, b' ' | b'\t') => Err(BadMessage::Chunk),
            (State::Trailer | State::TrailerLine, byte)
                if !byte.is_ascii_control() || byte == b'\t' =>
            {
                self.counted(State::TrailerLine)
            }
            _ => Err(BadMessage::Chunk),
        }
    }

    fn digit(&mut self, digit: u8) -> Result<State, BadMessage> {
        let value = char::from(digit).to_digit(16).ok_or(BadMessage::Chunk)?;
        let size = self.left.checked_mul(16).ok_or(BadMessage::Chunk)?;
        self.left = size + u64::from(value);
        self.counted(State::Digits)
    }

    /// Counts a byte of the size line or trailer section, which must not grow too long.
    fn counted(&mut self, next: State) -> Result<State, BadMessage> {
        self.overhead += 1;
        let most = match next {
            State::TrailerLine => MAX_TRAILER_BYTES,
            _ => MAX_SIZE_LINE_BYTES,
        };
        if self.overhead > most { Err(BadMessage::Chunk) } else { Ok(next) }
    }
}

//! Several JSON texts in one answer: one a line, or a sequence with record separators (RFC 7464).
//! Each text is a record.

use super::Format;
use crate::redaction::stream::Stream;
use crate::redaction::{BadAnswer, Tally, Why};

/// The record separator (RFC 7464, 2.2).
const RECORD_SEPARATOR: u8 = 0x1e;
const LINE_FEED: u8 = b'\n';

/// An answer of several texts on its way through.
#[derive(Debug)]
pub(in crate::redaction) struct Texts {
    stream: Stream,
    separator: u8,
    /// True if a separator has been read and not written. It is written before the first byte of
    /// its text that is shown, so a text of which nothing is shown leaves no trace.
    owed: bool,
    /// True if a text has begun: behind a separator, or, if texts are lines, anywhere.
    begun: bool,
}

impl Texts {
    /// Makes the redaction of several texts. `stream` redacts each text by itself.
    pub(in crate::redaction) fn new(stream: Stream, format: Format) -> Texts {
        let lines = format != Format::JsonSequence;
        let separator = if lines { LINE_FEED } else { RECORD_SEPARATOR };
        Texts { stream, separator, owed: false, begun: lines }
    }

    pub(in crate::redaction) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    pub(in crate::redaction) fn records(&self) -> u64 {
        self.stream.records()
    }

    pub(in crate::redaction) fn unnamed_records(&self) -> u64 {
        self.stream.unnamed_records()
    }

    pub(in crate::redaction) fn unsettled(&self) -> usize {
        self.stream.unsettled()
    }

    pub(in crate::redaction) fn push(
        &mut self,
        mut piece: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BadAnswer> {
        while let Some(at) = memchr::memchr(self.separator, piece) {
            self.text(&piece[..at], out)?;
            self.separate(out)?;
            piece = &piece[at + 1..];
        }
        self.text(piece, out)
    }

    pub(in crate::redaction) fn finish(mut self, out: &mut Vec<u8>) -> Result<Tally, BadAnswer> {
        if !self.stream.is_before_text() {
            self.end(out)?;
        } else if self.owed {
            return Err(self.bad(Why::Truncated));
        }
        self.stream.finish_texts()
    }

    /// Takes a stretch within one text. White space before a text is skipped, since a text of which
    /// nothing is shown must leave no trace.
    fn text(&mut self, mut stretch: &[u8], out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        if self.stream.is_before_text() {
            let white = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let spaces = stretch.iter().take_while(white).count();
            self.stream.pass_over(spaces as u64)?;
            stretch = &stretch[spaces..];
        }
        if stretch.is_empty() {
            return Ok(());
        }
        if !self.begun {
            return Err(self.bad(Why::NotJson));
        }
        let before = out.len();
        if self.owed {
            out.push(RECORD_SEPARATOR);
        }
        self.stream.push(stretch, out)?;
        if self.owed {
            if out.len() == before + 1 {
                out.truncate(before);
            } else {
                self.owed = false;
            }
        }
        Ok(())
    }

    /// Takes a separator: the end of a line, or the beginning of a text.
    fn separate(&mut self, out: &mut Vec<u8>) -> Result<(), BadAnswer> {
        // The separator is counted among the answer's bytes.
        let lines = self.separator == LINE_FEED;
        if self.stream.is_before_text() {
            if self.owed {
                return Err(self.bad(Why::NotJson));
            }
            if lines {
                out.push(LINE_FEED);
            }
        } else if self.end(out)? && lines {
            out.push(LINE_FEED);
        }
        self.stream.pass_over(1)?;
        if !lines {
            (self.owed, self.begun) = (true, true);
        }
        Ok(())
    }

    /// Ends a text. Returns whether anything of it is shown.
    fn end(&mut self, out: &mut Vec<u8>) -> Result<bool, BadAnswer> {
        let before = out.len();
        if self.owed {
            out.push(RECORD_SEPARATOR);
        }
        let shown = self.stream.end_text(out)?;
        if self.owed && !shown {
            out.truncate(before);
        }
        self.owed = false;
        Ok(shown)
    }

    fn bad(&self, why: Why) -> BadAnswer {
        BadAnswer { at: self.stream.taken(), why }
    }
}

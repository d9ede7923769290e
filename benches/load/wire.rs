//! HTTP/1.1 as far as both ends of this bench speak it: messages with a Content-Length or in chunks
//! over a connection that stays open. Cheap rather than careful, as both ends are ours; what is odd
//! ends the bench.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Largest head in bytes, and the size of one read.
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads one message after the other from a connection.
pub(crate) struct Messages {
    buffer: Box<[u8]>,
    /// What was read and not yet taken.
    from: usize,
    to: usize,
}

/// The head of a message, up to and with its empty line.
pub(crate) struct Head {
    text: String,
}

impl Messages {
    /// Nothing read yet.
    pub(crate) fn new() -> Messages {
        Messages { buffer: vec![0; BUFFER_BYTES].into(), from: 0, to: 0 }
    }

    /// Reads a whole message and gives its body to `body` piece by piece. Nothing at the end of
    /// the connection.
    pub(crate) async fn next<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        mut body: impl FnMut(&[u8]),
    ) -> Result<Option<Head>> {
        let Some(text) = self.through(stream, b"\r\n\r\n").await? else { return Ok(None) };
        let head = Head { text };
        match head.value("content-length") {
            Some(length) => {
                let length = length.parse().map_err(Error::other)?;
                self.take(stream, length, &mut body).await?;
            }
            None if head.value("transfer-encoding") == Some("chunked") => {
                self.chunks(stream, &mut body).await?;
            }
            None => {}
        }
        Ok(Some(head))
    }

    async fn chunks<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        body: &mut impl FnMut(&[u8]),
    ) -> Result<()> {
        loop {
            let line = self.through(stream, b"\r\n").await?.ok_or_else(incomplete)?;
            let length = usize::from_str_radix(line.trim_end(), 16).map_err(Error::other)?;
            self.take(stream, length, body).await?;
            self.take(stream, b"\r\n".len(), &mut |_| ()).await?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    async fn take<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        mut missing: usize,
        body: &mut impl FnMut(&[u8]),
    ) -> Result<()> {
        loop {
            let piece = missing.min(self.to - self.from);
            body(&self.buffer[self.from..self.from + piece]);
            self.from += piece;
            missing -= piece;
            if missing == 0 {
                return Ok(());
            }
            if !self.read(stream).await? {
                return Err(incomplete());
            }
        }
    }

    /// Takes text up to and with an ending; nothing at the end of the connection.
    async fn through<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        ending: &[u8],
    ) -> Result<Option<String>> {
        loop {
            let unread = &self.buffer[self.from..self.to];
            if let Some(at) = unread.windows(ending.len()).position(|window| window == ending) {
                let end = at + ending.len();
                let text = std::str::from_utf8(&unread[..end]).map_err(Error::other)?.to_owned();
                self.from += end;
                return Ok(Some(text));
            }
            if !self.read(stream).await? {
                return if self.from == self.to { Ok(None) } else { Err(incomplete()) };
            }
        }
    }

    /// Reads more; false at the end of the connection.
    async fn read<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<bool> {
        self.buffer.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        if self.to == self.buffer.len() {
            return Err(Error::other("a head longer than the buffer"));
        }
        let read = stream.read(&mut self.buffer[self.to..]).await?;
        self.to += read;
        Ok(read > 0)
    }
}

impl Head {
    /// The first line.
    pub(crate) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The value of a header.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let named = |line: &str| {
            line.len() > name.len()
                && line.as_bytes()[name.len()] == b':'
                && line.as_bytes()[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        };
        let line = self.text.lines().find(|line| named(line))?;
        Some(line[name.len() + 1..].trim())
    }
}

fn incomplete() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the connection ended within a message")
}

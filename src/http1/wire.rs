//! A stream with a read buffer.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use sluice_core::message::BadMessage;
use sluice_core::message::head::HeadScanner;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::MessageFault;

/// First size of the buffer; it grows if a head needs more.
const FIRST_BYTES: usize = 2 * 1024;

/// One end of a connection that carries messages of HTTP/1.1, one after the other.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    buffer: Box<[u8]>,
    /// The range of the buffer that was received and not consumed.
    unread: std::ops::Range<usize>,
    search: HeadScanner,
    heads: Heads,
}

/// The limits of the heads on a wire.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// The largest size of a head.
    pub most_bytes: usize,
    /// The bytes with which each head must begin; anything else is refused at once.
    pub begin: &'static [u8],
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Begins on a stream.
    pub fn new(stream: S, heads: Heads) -> Wire<S> {
        let buffer = vec![0; FIRST_BYTES.min(heads.most_bytes)].into();
        Wire { stream, buffer, unread: 0..0, search: HeadScanner::default(), heads }
    }

    /// Waits for a whole head and returns its length; the head is then the beginning of
    /// [`Wire::unread`]. Returns none if the other end closed the connection before a head began.
    /// Cancel-safe: may be dropped and called again.
    ///
    /// # Errors
    /// The bytes are no head, or the connection ends within one.
    pub async fn head(&mut self) -> Result<Option<usize>, MessageFault> {
        poll_fn(|context| self.poll_head(context)).await
    }

    /// Polls for a head, as [`Wire::head`].
    ///
    /// # Errors
    /// The same as of [`Wire::head`].
    pub fn poll_head(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<usize>, MessageFault>> {
        loop {
            let arrived = &self.buffer[self.unread.clone()];
            if let Some(length) = self.search.end(arrived)? {
                return Poll::Ready(Ok(Some(length)));
            }
            let Heads { most_bytes, begin } = self.heads;
            let compared = begin.len().min(arrived.len());
            if arrived[..compared] != begin[..compared] {
                return Poll::Ready(Err(BadMessage::StatusLine.into()));
            }
            if arrived.len() >= most_bytes {
                return Poll::Ready(Err(BadMessage::HeadTooLarge.into()));
            }
            match ready!(self.poll_fill(context)) {
                Ok(0) if self.unread.is_empty() => return Poll::Ready(Ok(None)),
                Ok(0) | Err(_) => return Poll::Ready(Err(MessageFault::Broken)),
                Ok(_) => {}
            }
        }
    }

    /// Returns the bytes that were received and not consumed.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    /// Consumes this many bytes.
    pub fn consume(&mut self, bytes: usize) {
        self.unread.start += bytes;
        self.search = HeadScanner::default();
        if self.unread.is_empty() {
            self.unread = 0..0;
        }
    }

    /// Reads more, up to the largest size of a head; returns the number of bytes, which is 0 at the
    /// end.
    ///
    /// # Errors
    /// When the stream breaks.
    pub async fn fill(&mut self) -> io::Result<usize> {
        poll_fn(|context| self.poll_fill(context)).await
    }

    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.make_room();
        let mut room = ReadBuf::new(&mut self.buffer[self.unread.end..]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut room))?;
        let came = room.filled().len();
        self.unread.end += came;
        Poll::Ready(Ok(came))
    }

    /// Makes room in the buffer, unless it has its largest size.
    fn make_room(&mut self) {
        if self.unread.end < self.buffer.len() {
            return;
        }
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        } else if self.buffer.len() < self.heads.most_bytes {
            let larger = (2 * self.buffer.len()).min(self.heads.most_bytes);
            let mut buffer = vec![0; larger];
            buffer[..self.buffer.len()].copy_from_slice(&self.buffer);
            self.buffer = buffer.into();
        }
    }

    /// Completes when the other end closes the connection. Bytes that it sends meanwhile are
    /// buffered, up to the size of a head; beyond that, closing is not noticed.
    pub fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.unread.len() < self.heads.most_bytes {
            match ready!(self.poll_fill(context)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
        Poll::Pending
    }

    /// Tells whether the connection can be reused: the other end has neither closed it nor sent
    /// anything.
    pub fn is_quiet(&mut self) -> bool {
        self.unread.is_empty()
            && self.poll_fill(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    /// Writes two slices as one, and flushes.
    ///
    /// # Errors
    /// When the stream breaks.
    pub async fn write(&mut self, mut first: &[u8], mut second: &[u8]) -> io::Result<()> {
        while !first.is_empty() || !second.is_empty() {
            let both = [io::IoSlice::new(first), io::IoSlice::new(second)];
            let given = if first.is_empty() { &both[1..] } else { &both[..] };
            let written =
                poll_fn(|context| Pin::new(&mut self.stream).poll_write_vectored(context, given));
            let written = written.await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            let of_first = written.min(first.len());
            first = &first[of_first..];
            second = &second[written - of_first..];
        }
        self.stream.flush().await
    }

    /// Closes the writing side.
    ///
    /// # Errors
    /// When the stream breaks.
    pub async fn shut_down(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// The stream, for reading past the buffer once that is used up.
    pub(super) fn stream(&mut self) -> &mut S {
        debug_assert!(self.unread.is_empty());
        &mut self.stream
    }
}

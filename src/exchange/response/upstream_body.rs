//! A provider's answer as it comes in, decoded if it is coded.

use sluice_core::domain::rejection::{Late, Rejection, Unreadable};
use sluice_core::message::field::HeaderField;
use tokio::time::Instant;

use super::content_coding::{ContentCoding, Decoder};
use crate::upstream::{Failure, UpstreamResponse};

/// A provider's answer, its body still to come.
pub struct UpstreamBody {
    answer: UpstreamResponse,
    decoding: Option<Box<Decoding>>,
}

struct Decoding {
    coding: ContentCoding,
    decoder: Decoder,
    /// The bytes that came; from `at` on they are not decoded yet.
    input: Vec<u8>,
    at: usize,
    over: bool,
}

impl UpstreamBody {
    /// Takes an answer.
    ///
    /// # Errors
    /// When it is coded in a way that is not read.
    pub fn of(answer: UpstreamResponse) -> Result<UpstreamBody, Rejection> {
        let name = match answer.fields.times(HeaderField::ContentEncoding) {
            0 => return Ok(UpstreamBody { answer, decoding: None }),
            _ => answer.fields.only(HeaderField::ContentEncoding),
        };
        let unreadable = Rejection::AnswerUnreadable(Unreadable::ContentCoding);
        let name = name.ok_or(unreadable.clone())?.trim_ascii();
        if name.eq_ignore_ascii_case(b"identity") {
            return Ok(UpstreamBody { answer, decoding: None });
        }
        let coding = ContentCoding::of(name).ok_or(unreadable)?;
        let decoder = Decoder::new(coding).map_err(Rejection::AnswerUnreadable)?;
        let decoding = Decoding { coding, decoder, input: Vec::new(), at: 0, over: false };
        Ok(UpstreamBody { answer, decoding: Some(Box::new(decoding)) })
    }

    /// The memory that decoding takes, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.decoding.as_ref().map_or(0, |decoding| decoding.coding.memory_bytes())
    }

    /// The moment at which the whole answer must be there.
    pub fn deadline(&self) -> Instant {
        self.answer.deadline()
    }

    /// Tells whether the body was read to its end.
    pub fn is_over(&self) -> bool {
        self.decoding.as_ref().map_or(self.answer.is_over(), |decoding| decoding.over)
    }

    /// Least number of bytes that are still to come, as far as is known.
    pub fn least_bytes(&self) -> u64 {
        if self.decoding.is_some() { 0 } else { self.answer.least_bytes() }
    }

    /// Reads on and appends to `out` what came: something, unless the body is over then.
    ///
    /// # Errors
    /// When the deadline passes, the body breaks off, or can't be decoded.
    pub async fn read(&mut self, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let UpstreamBody { answer, decoding } = self;
        let Some(decoding) = decoding else {
            return answer.read(out).await.map_err(Failure::rejection);
        };
        let before = out.len();
        while out.len() == before && !decoding.over {
            if decoding.is_waiting() && !answer.is_over() {
                decoding.input.clear();
                decoding.at = 0;
                answer.read(&mut decoding.input).await.map_err(Failure::rejection)?;
            }
            decoding.decode(out, answer.is_over()).map_err(Rejection::AnswerUnreadable)?;
            // What is long to decode holds up neither its deadline nor the other exchanges.
            if Instant::now() >= answer.deadline() {
                return Err(Rejection::UpstreamTimeout(Late::Answer));
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

impl Decoding {
    /// Tells whether all that came is decoded.
    fn is_waiting(&self) -> bool {
        self.at == self.input.len() && !self.decoder.owes()
    }

    fn decode(&mut self, out: &mut Vec<u8>, last: bool) -> Result<(), Unreadable> {
        self.at += self.decoder.decode(&self.input[self.at..], out)?;
        if last && self.is_waiting() {
            self.decoder.finish()?;
            self.over = true;
        }
        Ok(())
    }
}

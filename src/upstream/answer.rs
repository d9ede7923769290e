//! A provider's answer, its body still to come.

use sluice_core::domain::rejection::Late;
use sluice_core::message::fields::Fields;
use sluice_core::message::head;
use tokio::time::Instant;

use super::Failure;
use super::connection::Connection;
use super::pool::Lease;
use crate::http1::body::Body;

/// A provider's answer. Dropped before its end, the connection is closed.
pub struct UpstreamResponse {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub fields: Fields,
    body: Body,
    persistent: bool,
    /// Given back at the body's end, after which the connection serves again.
    lease: Option<Lease>,
    deadline: Instant,
}

impl UpstreamResponse {
    pub(super) fn new(
        (answer, framing): (head::Response, head::Framing),
        lease: Lease,
        deadline: Instant,
    ) -> UpstreamResponse {
        let body = Body::from(framing.length);
        let persistent = framing.persistent;
        let head::Response { status, fields } = answer;
        let mut answer =
            UpstreamResponse { status, fields, body, persistent, lease: Some(lease), deadline };
        answer.give_back_if_over();
        answer
    }

    /// The time at which the whole answer must be there.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Says whether the body was read to its end.
    pub fn is_over(&self) -> bool {
        self.body.is_over()
    }

    /// Returns the least number of bytes of the body that are still to come, by its head.
    pub fn least_bytes(&self) -> u64 {
        self.body.least_bytes()
    }

    /// Reads more and appends it to `out`: at least one byte, unless the body ends.
    ///
    /// # Errors
    /// When the deadline passes or the body breaks off.
    pub async fn read(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some(lease) = &mut self.lease else { return Ok(()) };
        let Connection { wire, deadline } = lease.connection();
        let read = deadline.within(self.deadline, self.body.read(wire, out)).await;
        read.map_err(|_| Failure::Late(Late::Answer))?.map_err(|_| Failure::Truncated)?;
        self.give_back_if_over();
        Ok(())
    }

    fn give_back_if_over(&mut self) {
        if self.body.is_over()
            && let Some(lease) = self.lease.take()
            && self.persistent
        {
            lease.give_back();
        }
    }
}

//! Connections to one address of one department, from one worker.
//!
//! A request takes a place first, then an idle connection, and connects only if there is none: so
//! there are never more connections than places, and a burst of requests makes no more of them
//! than it has to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use sluice_core::domain::entry::Address;
use sluice_core::domain::rejection::{Late, Unavailable};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::connect::connect;
use super::{Answer, Destination, Failure, Reach, Request};

pub(super) type Sender = SendRequest<Full<Bytes>>;

pub(super) struct Pool {
    reach: Arc<Reach>,
    address: Address,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    idle: Mutex<VecDeque<Idle>>,
    /// Whether a task is under way that closes what has idled too long.
    reaping: AtomicBool,
}

struct Idle {
    sender: Sender,
    since: Instant,
}

/// A connection in use, with the place it takes.
pub(super) struct Lease {
    pool: Arc<Pool>,
    sender: Sender,
    _place: OwnedSemaphorePermit,
}

/// A failure, with the request if no byte of it had left.
type Unsent = (Failure, Option<Request>);

impl Pool {
    pub(super) fn new(reach: Arc<Reach>, address: Address) -> Pool {
        let places = Arc::new(Semaphore::new(reach.connections));
        Pool {
            reach,
            address,
            places,
            waiting: AtomicUsize::new(0),
            idle: Mutex::default(),
            reaping: AtomicBool::new(false),
        }
    }

    pub(super) async fn send(
        self: &Arc<Pool>,
        to: &Destination<'_>,
        mut request: Request,
    ) -> Result<Answer, Unsent> {
        let place = match self.place(to.deadline).await {
            Ok(place) => place,
            Err(failure) => return Err((failure, Some(request))),
        };
        // A connection that idled may be closed by now; then the request comes back untouched.
        while let Some(mut sender) = self.take_idle() {
            match timeout_at(to.deadline, sender.ready()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => continue,
                // It has still a request to write that nobody reads.
                Err(_) => return Err((Failure::Late(Late::Connect), Some(request))),
            }
            match self.send_on(sender, request, to.deadline).await {
                Ok((head, sender)) => return Ok(self.answer(head, sender, place, to.deadline)),
                Err((_, Some(unsent))) => request = unsent,
                Err((failure, None)) => return Err((failure, None)),
            }
        }
        let sender = match connect(&self.reach, to.department, &self.address, to.deadline).await {
            Ok(sender) => sender,
            Err(failure) => return Err((failure, Some(request))),
        };
        let (head, sender) = self.send_on(sender, request, to.deadline).await?;
        Ok(self.answer(head, sender, place, to.deadline))
    }

    async fn place(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Failure> {
        let busy = Failure::Unavailable(Unavailable::Busy);
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        let waiting = Waiting::join(&self.waiting);
        if waiting.ahead >= self.reach.queue {
            return Err(busy);
        }
        let place = timeout_at(deadline, self.places.clone().acquire_owned()).await;
        place.map_err(|_| busy)?.map_err(|_| busy)
    }

    fn take_idle(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh =
            |one: &Idle| !one.sender.is_closed() && one.since.elapsed() < self.reach.idle_timeout;
        // The latest used first, so that the others can go out of use and be closed.
        while let Some(one) = idle.pop_back() {
            if fresh(&one) {
                return Some(one.sender);
            }
        }
        None
    }

    async fn send_on(
        &self,
        mut sender: Sender,
        request: Request,
        deadline: Instant,
    ) -> Result<(http::Response<hyper::body::Incoming>, Sender), Unsent> {
        match timeout_at(deadline, sender.try_send_request(request)).await {
            Err(_) => Err((Failure::Late(Late::Answer), None)),
            Ok(Ok(head)) => Ok((head, sender)),
            Ok(Err(mut error)) => {
                let unsent = error.take_message();
                let why = error.into_error();
                let failure = if why.is_parse() {
                    Failure::Protocol
                } else {
                    Failure::Unavailable(Unavailable::ConnectionLost)
                };
                Err((failure, unsent))
            }
        }
    }

    fn answer(
        self: &Arc<Pool>,
        head: http::Response<hyper::body::Incoming>,
        sender: Sender,
        place: OwnedSemaphorePermit,
        deadline: Instant,
    ) -> Answer {
        let (parts, body) = head.into_parts();
        let lease = Lease { pool: self.clone(), sender, _place: place };
        let (status, headers) = (parts.status, parts.headers);
        Answer { status, headers, body, lease: Some(lease), deadline }
    }
}

impl Lease {
    /// Puts the connection back for the next request.
    pub(super) fn give_back(self) {
        let Lease { pool, sender, _place } = self;
        if sender.is_closed() {
            return;
        }
        let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_back(Idle { sender, since: Instant::now() });
        drop(idle);
        if !pool.reaping.swap(true, Ordering::Relaxed) {
            tokio::spawn(reap(Arc::downgrade(&pool)));
        }
    }
}

/// Closes connections that have idled too long, until none is left.
async fn reap(pool: Weak<Pool>) {
    let mut next = Instant::now();
    loop {
        tokio::time::sleep_until(next).await;
        let Some(pool) = pool.upgrade() else { return };
        let timeout = pool.reach.idle_timeout;
        let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| !one.sender.is_closed() && one.since.elapsed() < timeout);
        match idle.iter().map(|one| one.since).min() {
            Some(oldest) => next = oldest + timeout,
            None => {
                // Under the lock: who gives one back from now on begins anew.
                pool.reaping.store(false, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// Counts a waiting request for as long as it waits, however it ends.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    ahead: usize,
}

impl Waiting<'_> {
    fn join(count: &AtomicUsize) -> Waiting<'_> {
        Waiting { count, ahead: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

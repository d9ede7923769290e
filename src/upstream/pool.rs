//! Connections to one address of one department, from one worker.
//!
//! A request takes a place first, then an idle connection, and connects only if there is none: so
//! there are never more connections than places, and a burst of requests makes no more of them
//! than it has to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sluice_core::domain::address::Address;
use sluice_core::domain::rejection::Unavailable;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::connect::connect;
use super::connection::Connection;
use super::{Destination, Failure, Reach};

pub(super) struct Pool {
    reach: Arc<Reach>,
    address: Address,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    idle: Mutex<VecDeque<Idle>>,
    /// True while a task runs that closes idle connections.
    reaping: AtomicBool,
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
}

/// A connection in use, with the place it takes.
pub(super) struct Lease {
    pool: Arc<Pool>,
    connection: Box<Connection>,
    _place: OwnedSemaphorePermit,
}

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

    /// Takes a place, and with it an idle connection or a new one.
    pub(super) async fn lease(self: &Arc<Pool>, to: &Destination<'_>) -> Result<Lease, Failure> {
        let place = self.place(to.deadline).await?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => {
                let (reach, department) = (&self.reach, to.department);
                Box::new(connect(reach, department, &self.address, to.deadline).await?)
            }
        };
        Ok(Lease { pool: self.clone(), connection, _place: place })
    }

    async fn place(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Failure> {
        let busy = Failure::Unavailable(Unavailable::Busy);
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        let waiting = Waiting::join(&self.waiting);
        if waiting.ahead >= self.reach.queued_requests {
            return Err(busy);
        }
        let place = timeout_at(deadline, self.places.clone().acquire_owned()).await;
        place.map_err(|_| busy)?.map_err(|_| busy)
    }

    /// A connection that waits for a request. One that the provider has closed meanwhile shows it
    /// here, where the request can still go another way.
    fn take_idle(&self) -> Option<Box<Connection>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The latest used first, so that the others can go out of use and be closed.
        while let Some(mut one) = idle.pop_back() {
            if one.since.elapsed() < self.reach.idle_timeout && one.connection.is_quiet() {
                return Some(one.connection);
            }
        }
        None
    }
}

impl Lease {
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Puts the connection back for the next request.
    pub(super) fn give_back(self) {
        let Lease { pool, connection, _place } = self;
        let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_back(Idle { connection, since: Instant::now() });
        drop(idle);
        if !pool.reaping.swap(true, Ordering::Relaxed) {
            tokio::spawn(reap(Arc::downgrade(&pool)));
        }
    }
}

/// Closes connections that are idle too long, until no connection is left.
async fn reap(pool: Weak<Pool>) {
    let mut next = Instant::now();
    loop {
        tokio::time::sleep_until(next).await;
        let Some(pool) = pool.upgrade() else { return };
        let timeout = pool.reach.idle_timeout;
        let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain_mut(|one| one.since.elapsed() < timeout && one.connection.is_quiet());
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

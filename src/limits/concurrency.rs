//! Limits on the concurrent exchanges of each system. A request beyond the limit waits a little in
//! a short queue, so that a system with a thousand connections takes no more of the gateway than
//! one with ten.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use sluice_core::domain::identity::Identity;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The slots of all systems, shared by all workers. There is one queue for each system of the
/// registry that was ever permitted, so their number is bounded.
pub struct ConcurrencyLimits {
    most: usize,
    waiting: usize,
    patience: Duration,
    lines: RwLock<HashMap<Box<str>, Arc<Line>, RandomState>>,
}

struct Line {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A slot that is taken until this is dropped.
#[derive(Debug)]
pub struct ConcurrencySlot(
    #[allow(dead_code, reason = "it is kept, not looked at")] OwnedSemaphorePermit,
);

/// All slots are taken, and the queue is full or no slot became free in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSlot {
    /// The number of concurrent exchanges that the system may have.
    pub most: usize,
}

/// A queued request; leaves the queue when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConcurrencyLimits {
    /// Allows each system `most` concurrent exchanges and `waiting` queued ones, which wait for at
    /// most `patience`.
    pub fn new(most: usize, waiting: usize, patience: Duration) -> ConcurrencyLimits {
        ConcurrencyLimits { most, waiting, patience, lines: RwLock::default() }
    }

    /// Takes a slot of a system; waits if none is free.
    ///
    /// # Errors
    /// [`NoSlot`].
    pub async fn take(&self, system: &Identity) -> Result<ConcurrencySlot, NoSlot> {
        let none = NoSlot { most: self.most };
        let line = self.line(system);
        if let Ok(place) = line.places.clone().try_acquire_owned() {
            return Ok(ConcurrencySlot(place));
        }
        let before = line.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&line.waiting);
        if before >= self.waiting {
            return Err(none);
        }
        let came = timeout(self.patience, line.places.clone().acquire_owned()).await;
        came.ok().and_then(Result::ok).map(ConcurrencySlot).ok_or(none)
    }

    fn line(&self, system: &Identity) -> Arc<Line> {
        // Ids have no space.
        let key = format!("{} {}", system.department, system.id);
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(key.as_str()) {
            return line.clone();
        }
        drop(lines);
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let places = Arc::new(Semaphore::new(self.most));
            Arc::new(Line { places, waiting: AtomicUsize::new(0) })
        };
        lines.entry(key.into()).or_insert_with(fresh).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_core::domain::identity::Kind;
    use sluice_core::domain::name::Name;

    fn system(id: &str) -> Identity {
        let name = |text: &str| Name::parse(text).unwrap();
        Identity { department: name("health"), kind: Kind::System, id: name(id) }
    }

    #[tokio::test]
    async fn each_system_has_its_places_and_a_short_queue() {
        let places = Arc::new(ConcurrencyLimits::new(2, 1, Duration::from_secs(20)));
        let desk = system("desk");
        let (one, two) = (places.take(&desk).await.unwrap(), places.take(&desk).await.unwrap());
        // One waits; the next is told at once.
        let waiting = tokio::spawn({
            let places = places.clone();
            async move { places.take(&system("desk")).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(places.take(&desk).await.unwrap_err(), NoSlot { most: 2 });
        // Others are not concerned.
        assert!(places.take(&system("other")).await.is_ok());
        drop(one);
        let three = waiting.await.unwrap().unwrap();
        drop((two, three));
        assert!(places.take(&desk).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_the_patience() {
        let places = ConcurrencyLimits::new(1, 1, Duration::from_millis(1));
        let desk = system("desk");
        let one = places.take(&desk).await.unwrap();
        assert_eq!(places.take(&desk).await.unwrap_err(), NoSlot { most: 1 });
        // Who has left the queue does not stand in it any more.
        assert!(places.take(&desk).await.is_err());
        drop(one);
        assert!(places.take(&desk).await.is_ok());
    }
}

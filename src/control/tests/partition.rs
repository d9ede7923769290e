//! A gateway that is cut off from its store while other gateways append to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sluice_core::domain::registry::Role;
use sluice_core::grant::GrantStep;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use sluice_core::release::ContentDigest;
use tokio::sync::watch;

use super::deadlines::Case;
use super::{NOW, name, secrets};
use crate::audit::{Log, LogConfig};
use crate::control::local_state::LocalState;
use crate::control::publisher::Ages;
use crate::control::{Control, Publisher, Start};
use crate::snapshot::{PolicyHandle, Release};
use crate::store::{NewRow, Store, StoreError, StoreFuture, StoredRow};

/// A way to a store that can be cut.
struct Way {
    store: Arc<dyn Store>,
    cut: Arc<AtomicBool>,
}

impl Way {
    fn is_cut(&self) -> Result<(), StoreError> {
        let cut = self.cut.load(Ordering::Relaxed);
        if cut { Err(StoreError::Unavailable("it is cut off".into())) } else { Ok(()) }
    }
}

impl Store for Way {
    fn rows(&self, after: u64) -> StoreFuture<'_, Vec<StoredRow>> {
        match self.is_cut() {
            Ok(()) => self.store.rows(after),
            Err(why) => Box::pin(async { Err(why) }),
        }
    }

    fn append(&self, last: u64, rows: Vec<NewRow>, contents: Vec<Vec<u8>>) -> StoreFuture<'_, u64> {
        match self.is_cut() {
            Ok(()) => self.store.append(last, rows, contents),
            Err(why) => Box::pin(async { Err(why) }),
        }
    }

    fn contents(
        &self,
        digests: Vec<ContentDigest>,
    ) -> StoreFuture<'_, Vec<(ContentDigest, Vec<u8>)>> {
        match self.is_cut() {
            Ok(()) => self.store.contents(digests),
            Err(why) => Box::pin(async { Err(why) }),
        }
    }
}

/// Waits until something is so.
async fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_is_revoked_elsewhere_is_not_relied_on_for_long_and_ends_when_the_store_is_back() {
    let mut case = Case::of("lifted_by_same: false\n").await;
    for (who, step, role) in [
        ("health/asks", GrantStep::Request, Role::Applicant),
        ("police/agrees", GrantStep::Agree, Role::Approver),
        ("office/opens", GrantStep::Open, Role::Approver),
    ] {
        assert!(case.takes(who, step, role, NOW).await);
    }
    let dir = tempfile::tempdir().unwrap();
    let cut = Arc::new(AtomicBool::new(false));
    let way = Arc::new(Way { store: case.store.clone(), cut: cut.clone() });
    let kept = LocalState::open(&dir.path().join("state"), &[1; 32]).unwrap();
    let start = Start::read(way, case.judging_context.clone(), kept).await.unwrap();
    let secrets = secrets();
    let policy = start.version.catalog.clone().into_policy();
    let current = Arc::new(PolicyHandle::new(Release::build(policy, &secrets)));
    let ages = Ages { release_ms: 60_000, grants_ms: 1_500 };
    let publisher = Publisher::new(current.clone(), secrets, &start, ages);
    let signer = NoteSigner::from_seed("test/log", KeyKind::Log, &[3; 32]).unwrap();
    let settings = LogConfig::new(dir.path().join("log"), name("test"), signer);
    let (log, _) = Log::open(settings, || NOW, |_| ()).unwrap();
    let control = Control::resume(start, Arc::new(log), Arc::new(publisher));
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(control.run(stopping));
    let held = || current.load().grants.len();
    until("the grant", || held() == 1 && !current.grants_are_stale()).await;
    // While it is cut off, it can't know later changes, but it knows that it is cut off.
    cut.store(true, Ordering::Relaxed);
    assert!(case.takes("police/agrees", GrantStep::Revoke, Role::Approver, NOW + 1).await);
    until("that it is not relied on", || current.grants_are_stale()).await;
    assert_eq!(held(), 1);
    cut.store(false, Ordering::Relaxed);
    until("the end", || held() == 0 && !current.grants_are_stale()).await;
    stop.send(true).unwrap();
    running.await.unwrap();
}

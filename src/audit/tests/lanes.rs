use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use sluice_core::ledger::line::Line;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::*;

#[derive(Default)]
struct CountingWaker(AtomicUsize);

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl CountingWaker {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll<F: Future>(future: Pin<&mut F>, waker: &Arc<CountingWaker>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(waker.clone())))
}

/// Lanes on runtimes of their own, tasks on each that append and wait, some that don't wait, some
/// that are gone while they wait.
#[test]
fn many_lanes_share_one_log() {
    const LANES: usize = 4;
    const TASKS: usize = 8;
    const ROUNDS: usize = 60;
    let dir = temporary();
    let path = dir.path();
    let (log, _) = open(LogConfig { segment_bytes: 50_000, ..settings(path) });
    let indices: HashMap<u64, String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..LANES)
            .map(|lane_id| {
                let lane = log.lane();
                scope.spawn(move || run_lane(&lane, lane_id, TASKS, ROUNDS, path))
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    log.close().unwrap();
    assert_eq!(indices.len(), LANES * TASKS * ROUNDS, "no index is given twice");
    let lines = lines(path);
    let lists = segments(path).len() - 1;
    assert!(lists > 2);
    assert_eq!(lines.len(), LANES * TASKS * ROUNDS + lists + 1);
    for (index, exchange) in indices {
        assert_eq!(lines[index as usize], line(index, &exchange));
    }
}

fn run_lane(
    lane: &Lane,
    lane_id: usize,
    tasks: usize,
    rounds: usize,
    dir: &Path,
) -> Vec<(u64, String)> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::spawn(lane.pump());
        let mut set = JoinSet::new();
        for task in 0..tasks {
            let (lane, dir) = (lane.clone(), dir.to_owned());
            set.spawn(async move {
                let mut appended = Vec::new();
                for round in 0..rounds {
                    let id = format!("{lane_id}-{task}-{round}");
                    let open = lane.begin();
                    tokio::task::yield_now().await;
                    let pending = open.append(&record(&id)).unwrap();
                    appended.push((pending.index(), id.clone()));
                    match round % 10 {
                        0 => drop(pending),
                        1 => give_up_waiting(pending).await,
                        _ => wait(pending, &id, round % 20 == 2, &dir).await,
                    }
                }
                appended
            });
        }
        set.join_all().await.into_iter().flatten().collect()
    })
}

async fn give_up_waiting(pending: PendingRecord) {
    let mut durable = pin!(pending.durable());
    tokio::select! {
        biased;
        _ = &mut durable => {}
        () = tokio::task::yield_now() => {}
    }
}

async fn wait(pending: PendingRecord, id: &str, look: bool, dir: &Path) {
    let index = pending.index();
    let committed = tokio::time::timeout(DEADLINE, pending.durable()).await;
    assert_eq!(committed.expect("the wait ends").unwrap().index, index);
    if look {
        assert!(lines(dir).contains(&line(index, id)), "{index} is not on disk");
    }
}

#[test]
fn a_commit_wakes_a_lane_once() {
    let dir = temporary();
    let (log, _) = open(LogConfig { commit_window: NEVER, ..settings(dir.path()) });
    let lane = log.lane();
    let pump_waker = Arc::new(CountingWaker::default());
    let mut pump = Box::pin(lane.pump());
    assert!(poll(pump.as_mut(), &pump_waker).is_pending());
    let last = lane.begin();
    let exchanges: Vec<_> = (0..10).map(|_| lane.begin()).collect();
    let waker = Arc::new(CountingWaker::default());
    let mut waits: Vec<_> = exchanges
        .into_iter()
        .map(|open| Box::pin(open.append(&record("a")).unwrap().durable()))
        .collect();
    for wait in &mut waits {
        assert!(poll(wait.as_mut(), &waker).is_pending());
    }
    // The waits are polled again, as a select would, without being listed twice.
    for wait in &mut waits {
        assert!(poll(wait.as_mut(), &waker).is_pending());
    }
    drop(last.append(&record("b")).unwrap());
    until("the pump is woken", || pump_waker.count() == 1);
    assert!(poll(pump.as_mut(), &pump_waker).is_pending());
    assert_eq!((pump_waker.count(), waker.count()), (1, 10));
    for wait in &mut waits {
        assert!(poll(wait.as_mut(), &waker).is_ready());
    }
    assert_eq!(log.status().commits, 1);
    log.close().unwrap();
    assert!(poll(pump.as_mut(), &pump_waker).is_ready());
}

#[test]
fn a_lane_whose_pump_is_gone_still_wakes() {
    let dir = temporary();
    let (log, _) = open(LogConfig { commit_window: NEVER, ..settings(dir.path()) });
    let lane = log.lane();
    let pump_waker = Arc::new(CountingWaker::default());
    let mut pump = Box::pin(lane.pump());
    assert!(poll(pump.as_mut(), &pump_waker).is_pending());
    let (first, second) = (lane.begin(), lane.begin());
    let waker = Arc::new(CountingWaker::default());
    let mut wait = Box::pin(first.append(&record("a")).unwrap().durable());
    assert!(poll(wait.as_mut(), &waker).is_pending());
    drop(second);
    until("the pump is woken", || pump_waker.count() == 1);
    assert_eq!(waker.count(), 0);
    drop(pump);
    assert_eq!(waker.count(), 1, "the pump hands on what it was woken for");
    let second = lane.begin();
    let mut wait = Box::pin(lane.begin().append(&record("b")).unwrap().durable());
    assert!(poll(wait.as_mut(), &waker).is_pending());
    drop(second);
    until("the writer wakes the waiter itself", || waker.count() == 2);
}

#[test]
fn waits_may_begin_out_of_order() {
    let dir = temporary();
    let (log, _) = open(LogConfig { commit_window: NEVER, ..settings(dir.path()) });
    let lane = log.lane();
    let held = lane.begin();
    let pending: Vec<_> = (0..5).map(|_| lane.append(&record("a")).unwrap()).collect();
    let wakers: Vec<_> = (0..5).map(|_| Arc::new(CountingWaker::default())).collect();
    let mut waits: Vec<_> = pending.into_iter().map(|p| Box::pin(p.durable())).collect();
    for ix in [3, 0, 4, 2, 1] {
        assert!(poll(waits[ix].as_mut(), &wakers[ix]).is_pending());
    }
    drop(waits.remove(2));
    drop(held);
    until("all are woken", || wakers.iter().all(|waker| waker.count() == 1));
    for (wait, waker) in waits.iter_mut().zip(&wakers) {
        assert!(poll(wait.as_mut(), waker).is_ready());
    }
}

#[test]
fn indices_follow_the_order_of_appending() {
    let dir = temporary();
    let (log, _) = open(settings(dir.path()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let lane = log.lane();
            scope.spawn(move || {
                let indices = (0..500).map(|_| lane.append(&record("a")).unwrap().index());
                assert!(indices.is_sorted_by(|a, b| a < b));
            });
        }
    });
    log.close().unwrap();
    let indices =
        lines(dir.path()).into_iter().map(|line| Line::index_of(line.as_bytes()).unwrap());
    assert!(indices.eq(0..2_001));
}

//! Periodic tasks of a gateway, on its control thread.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::unix_millis;
use crate::audit::{Log, RefusalGate};
use crate::budgets::Budgets;
use crate::control::Control;
use crate::control::duties::{CountedAt, Duties};
use crate::limits::Limiters;
use crate::metrics::Metrics;
use crate::snapshot::PolicyHandle;

/// Interval at which aggregated refusals are checked for recording.
const REFUSALS_TICK: Duration = Duration::from_secs(1);

/// Interval at which the open duties of people are counted.
const DUTIES_TICK: Duration = Duration::from_secs(5);

/// Interval at which the wall clock is compared with the monotonic clock.
const CLOCK_TICK: Duration = Duration::from_secs(1);

/// The most by which the wall clock may be behind the latest record.
const BEHIND_MS: i64 = 60_000;

/// Interval at which idle rate states are dropped.
const IDLE_TICK: Duration = Duration::from_secs(60);

/// Interval at which the log is pruned of records past their retention.
const PRUNE_TICK: Duration = Duration::from_secs(3_600);

/// Drops idle rate states periodically, and publishes the number of those left and of accounts.
pub(super) async fn forget_idle(
    limiters: Arc<Limiters>,
    budgets: Arc<Budgets>,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(IDLE_TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        limiters.forget_idle();
        metrics.show_limits(limiters.states(), budgets.accounts());
    }
}

/// Publishes the counts of open duties periodically.
pub(super) async fn show_duties(
    control: Arc<Control>,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(DUTIES_TICK);
    let mut counted = CountedAt::default();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        let Some(duties) = control.duties_since(&mut counted).await else { continue };
        let Duties { active, pending, overdue, .. } = duties;
        let Duties { reviews_due, reviews_overdue, notices_open, notices_overdue, .. } = duties;
        metrics.show_duties([
            active,
            pending,
            overdue,
            reviews_due,
            reviews_overdue,
            notices_open,
            notices_overdue,
        ]);
    }
}

/// Compares the wall clock with the monotonic clock, so that a leap is known before the next
/// request.
pub(super) async fn watch_clock(
    current: Arc<PolicyHandle>,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(CLOCK_TICK);
    let mut leapt = false;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        let now = unix_millis();
        // Set ahead it is not believed; set back, what has ended by it stays so.
        let wrong = current.not_leapt(now) != now || current.not_before(now) > now + BEHIND_MS;
        let before = std::mem::replace(&mut leapt, wrong);
        metrics.show_leap(leapt);
        if leapt && !before {
            tracing::warn!(
                "the system's clock has leapt: ahead, then no grant begins until it is right again, or the \
                 gateway is started anew; or back behind what is recorded, then what had ended stays so"
            );
        }
    }
}

/// Prunes the log of records past their retention, about once an hour.
pub(super) async fn prune(days: Option<u32>, log: Arc<Log>, mut stopping: watch::Receiver<bool>) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let Some(days) = days else { return };
    let mut tick = tokio::time::interval(PRUNE_TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        match log.prune(unix_millis() - i64::from(days) * DAY_MS).await {
            Ok(None) => {}
            Ok(Some(pruned)) => tracing::info!(?pruned, "removed what is past its retention"),
            Err(error) => tracing::warn!(%error, "removing what is past its retention failed"),
        }
    }
}

/// Records the counts of refusals that did not get a line each, about once a minute.
pub(super) async fn record_refusals(
    refusals: Arc<RefusalGate>,
    log: Arc<Log>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(REFUSALS_TICK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopping.changed() => return,
        }
        if let Some(record) = refusals.due(unix_millis()) {
            // A log that fails shows in readyz and metrics.
            let _ = log.append(&record);
        }
    }
}

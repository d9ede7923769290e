//! The names of the metrics, their descriptions and labels.

use prometheus::Opts;

/// A metric by its name, with its help text and the names of its labels.
#[derive(Clone, Copy)]
pub(super) struct MetricName {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) labels: &'static [&'static str],
}

impl MetricName {
    pub(super) fn options(self) -> Opts {
        Opts::new(self.name, self.help)
    }
}

const fn plain(name: &'static str, help: &'static str) -> MetricName {
    MetricName { name, help, labels: &[] }
}

const fn labelled(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
) -> MetricName {
    MetricName { name, help, labels }
}

pub(super) const EXCHANGES: MetricName = labelled(
    "sluice_exchanges_total",
    "Exchanges by entry (department/entry) and outcome.",
    &["entry", "outcome"],
);

pub(super) const REJECTIONS: MetricName =
    labelled("sluice_rejections_total", "Answers made by the gateway, by code.", &["code"]);

pub(super) const HANDSHAKES: MetricName = labelled(
    "sluice_handshakes_total",
    "TLS handshakes of the exchange listener: accepted, or the cause of refusal.",
    &["outcome"],
);

pub(super) const EXCHANGE_SECONDS: MetricName =
    plain("sluice_exchange_seconds", "From the end of a request's head to the durable record.");

pub(super) const GATEWAY_SECONDS: MetricName = plain(
    "sluice_gateway_seconds",
    "The part of sluice_exchange_seconds that the provider did not take.",
);

pub(super) const RELEASED_BYTES: MetricName =
    plain("sluice_released_bytes_total", "Bytes of released answers.");

pub(super) const RELEASED_RECORDS: MetricName =
    plain("sluice_released_records_total", "Records in released answers.");

pub(super) const CONNECTIONS: MetricName =
    plain("sluice_connections", "Open connections of the exchange listener.");

pub(super) const IN_FLIGHT: MetricName =
    plain("sluice_exchanges_in_flight", "Exchanges under way.");

pub(super) const CONNECTIONS_REFUSED: MetricName =
    plain("sluice_connections_refused_total", "Connections closed because there were too many.");

pub(super) const REFUSALS_AGGREGATED: MetricName =
    plain("sluice_refusals_aggregated_total", "Refusals recorded as counts instead of one by one.");

pub(super) const LOG_RECORDS: MetricName = plain("sluice_log_records_total", "Records in the log.");

pub(super) const LOG_COMMITS: MetricName = plain("sluice_log_commits_total", "Commits of the log.");

pub(super) const LOG_BYTES: MetricName =
    plain("sluice_log_bytes_total", "Bytes written to the log.");

pub(super) const CLOCK_JUMPS: MetricName = plain(
    "sluice_clock_jumps_total",
    "Jumps of the system's clock against the monotonic one, each in the log.",
);

pub(super) const CLOCK_LEAPT: MetricName = plain(
    "sluice_clock_leapt",
    "Whether the system's clock has leapt ahead, or back behind what is recorded: grants suffer.",
);

pub(super) const LOG_HEALTHY: MetricName =
    plain("sluice_log_healthy", "1 while the log can be written.");

pub(super) const DISK_FREE: MetricName =
    plain("sluice_log_disk_free_bytes", "Bytes that can still be written to the log's disk.");

pub(super) const DISK_RESERVE: MetricName =
    plain("sluice_log_disk_reserve_bytes", "Operators are warned below so many free bytes.");

pub(super) const WITNESSED: MetricName = labelled(
    "sluice_log_witnessed_records",
    "Records of the tree that a witness cosigned last.",
    &["witness"],
);

pub(super) const WITNESS_UP: MetricName = labelled(
    "sluice_log_witness_up",
    "1 if a witness cosigned when it was last asked.",
    &["witness"],
);

pub(super) const CATALOG: MetricName =
    labelled("sluice_catalog_entries", "Entries of the catalog version in force.", &["version"]);

pub(super) const CATALOG_REVIEWED: MetricName =
    plain("sluice_catalog_reviewed", "1 if people have reviewed and approved what is in force.");

pub(super) const CATALOG_CURRENT: MetricName =
    plain("sluice_catalog_current", "1 while what is in force is known to be what is published.");

pub(super) const CATALOG_CONFIRMED: MetricName = plain(
    "sluice_catalog_confirmed_timestamp_seconds",
    "When the catalog's store was last heard of and found right.",
);

pub(super) const RATE_STATES: MetricName = plain(
    "sluice_rate_states",
    "States of rates in memory: one for each rate and who is held against it.",
);

pub(super) const BUDGET_ACCOUNTS: MetricName = plain(
    "sluice_budget_accounts",
    "Accounts of budgets: one for each term and department that has used it.",
);

/// Open duties of people, and open grants.
pub(super) const DUTIES: [MetricName; 7] = [
    plain("sluice_grants_active", "Temporary grants that are open: neither ended nor suspended."),
    plain("sluice_grants_pending", "Requests for grants that somebody is to answer."),
    plain(
        "sluice_grants_overdue",
        "Requests for grants that somebody should have answered by now.",
    ),
    plain("sluice_reviews_due", "Grants and terms that are to be looked at again."),
    plain("sluice_reviews_overdue", "Grants and terms whose date to be looked at again is over."),
    plain("sluice_notices_open", "Notices that nobody has acknowledged."),
    plain("sluice_notices_overdue", "Notices that somebody should have acknowledged by now."),
];

//! The record of a usual exchange, for the benches of the log.

use std::sync::LazyLock;

use sluice_core::domain::view::Counts;
use sluice_core::ledger::digest::{BodyDigest, SubjectDigest};
use sluice_core::ledger::record::{
    BasisName, Consumer, Exchange, FieldCounts, Outcome, Record, Released,
};

/// The time of the record.
pub(crate) const NOW: i64 = 1_772_323_200_000;

static CONSUMER: LazyLock<Consumer> = LazyLock::new(|| Consumer {
    department: Some("civil-affairs".into()),
    system: Some("marriage-desk".into()),
    certificate: Some("0a1b2c3d4e5f60718293".into()),
    address: Some("10.1.2.3".into()),
});

static PATHS: LazyLock<[Box<str>; 3]> =
    LazyLock::new(|| ["$.name", "$.phone", "$.address"].map(Box::from));

/// As long as the record of a usual exchange: one person, two masked fields, one dropped.
pub(crate) fn record() -> Record<'static> {
    const COUNTS: &[Counts] = &[Counts::new(0, 1, 0), Counts::new(0, 1, 0), Counts::new(0, 0, 1)];
    Record::Single(Exchange {
        exchange: "01953a2e-7d00-7000-8000-000000000001",
        time: NOW,
        consumer: &CONSUMER,
        operator: Some("zhang-wei"),
        purpose: Some("marriage-registration"),
        case: Some("京民〔2026〕12号"),
        consent: None,
        entry: Some("public-security/persons"),
        operation: Some("query"),
        mode: Some("query"),
        catalog_version: "2026-02-27.1",
        outcome: Outcome {
            permitted: true,
            basis: Some(BasisName::Term("marriage")),
            status: Some(200),
            ..Outcome::default()
        },
        request_digest: Some(BodyDigest([0x5f; 32])),
        released: Some(Released {
            bytes: 312,
            digest: BodyDigest([0x5f; 32]),
            records: 1,
            fields: FieldCounts { paths: &*PATHS, counts: COUNTS },
            undeclared: 0,
            mismatched: 0,
            withheld: 0,
            unnamed: 0,
            subjects: &[SubjectDigest([0x5f; 16])],
        }),
        debit: None,
        gateway_us: 840,
        upstream_us: Some(610),
    })
}

//! Opens the resources of the machine: sockets, and the log with its witnesses.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use sluice_core::domain::UnixMillis;
use sluice_core::ledger::note::{NoteSigner, NoteVerifier};
use sluice_core::ledger::record::{Control, Event, Record};

use super::trust::exchange_secret;
use super::{StartError, failed, unix_millis};
use crate::audit::{self, Archive, Log};
use crate::budgets::{BudgetFile, Budgets};
use crate::server;
use crate::settings::Settings;
use crate::witness::witnesses::{Witness, Witnesses};

pub(super) struct Listeners {
    pub(super) exchange: TcpListener,
    pub(super) administration: TcpListener,
    pub(super) operations: TcpListener,
    pub(super) addresses: [SocketAddr; 3],
}

impl Listeners {
    pub(super) fn open(settings: &Settings) -> Result<Listeners, StartError> {
        let open = |key: &str, address: SocketAddr| {
            let wrong = |error| StartError(format!("listen.{key}: {address}: {error}"));
            let listener = server::listen(address).map_err(wrong)?;
            let address = listener.local_addr().map_err(wrong)?;
            Ok::<_, StartError>((listener, address))
        };
        let (exchange, first) = open("exchange", settings.exchange)?;
        let (administration, second) = open("administration", settings.administration)?;
        let (operations, third) = open("operations", settings.operations)?;
        let addresses = [first, second, third];
        Ok(Listeners { exchange, administration, operations, addresses })
    }
}

/// Opens the log; gives when its last record was made.
pub(super) fn open_log(
    settings: &Settings,
    signer: NoteSigner,
    catalog_version: Box<str>,
) -> Result<(Log, Option<UnixMillis>), StartError> {
    let mut wanted = audit::LogConfig::new(&settings.log.dir, settings.node.clone(), signer);
    wanted.segment_bytes = settings.log.segment_bytes;
    wanted.commit_window = settings.log.commit_window;
    if let Some(file) = &settings.log.continues {
        let cited = audit::predecessor(file, wanted.signer.verifier().name());
        wanted.continues = Some(cited.map_err(failed("log.continues"))?);
    }
    let (log, opened) = Log::open(wanted, unix_millis, |_| ()).map_err(failed("log"))?;
    if let Some(cut) = &opened.cut {
        tracing::warn!(segment = %cut.segment, bytes = cut.bytes, "cut an incomplete last line");
    }
    if !opened.closed_in_order {
        tracing::warn!("the last run did not stop in good order");
    }
    let event = Event::Started { program: env!("CARGO_PKG_VERSION").into(), catalog_version };
    let started = Record::Control(Control { time: unix_millis(), event });
    let durable = log.append(&started).and_then(audit::PendingRecord::wait);
    durable.map_err(|why| StartError(format!("log: {}: {why}", settings.log.dir.display())))?;
    Ok((log, opened.last_time))
}

/// The log's witnesses.
pub(super) fn attendance(
    settings: &Settings,
    log: &Arc<Log>,
    key: &NoteVerifier,
) -> Result<Witnesses, StartError> {
    let witnesses = settings.witnesses.iter();
    let witnesses =
        witnesses.map(|said| Witness { url: said.url.clone(), key: said.key.clone() }).collect();
    let opened = Witnesses::open(log.clone(), &settings.log.dir, key, witnesses);
    opened.map_err(failed("log"))
}

/// Restores the use of budgets, from the saved file and the log.
pub(super) fn open_budgets(
    settings: &Settings,
    archive: &Archive,
) -> Result<(Arc<Budgets>, Arc<BudgetFile>), StartError> {
    let kept = BudgetFile::beside(&settings.log.dir, &exchange_secret(settings)?);
    let budgets = Budgets::new(settings.limits.days, settings.limits.accounts);
    kept.resume(&budgets, archive).map_err(failed("budgets"))?;
    Ok((Arc::new(budgets), Arc::new(kept)))
}

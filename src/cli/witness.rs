//! `sluice witness`: a witness that a department can run.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use sluice_core::ledger::note::{KeyKind, NoteSigner, NoteVerifier};
use tokio::net::TcpListener;

use super::{EXIT_CONFIG, EXIT_SOFTWARE, StopSignals, complain, start_tracing};
use crate::settings::secret;
use crate::witness::memory::Memory;
use crate::witness::server;

/// Run a witness: cosign checkpoints of logs as long as they only grow (C2SP tlog-witness).
///
/// Prints its verifier key, which gateways name in their settings, and then `ready`. Only a witness
/// outside the exchange office can hold the office itself to the log.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice witness --config witness.toml\n\n\
    witness.toml:\n  \
    name = \"witness.audit.example/1\"        # unique among witnesses\n  \
    listen = \"0.0.0.0:8450\"\n  \
    dir = \"witness\"                         # its key and what it has cosigned; made at first start\n  \
    logs = [\"exchange.internal/gw-1+…\"]     # log.vkey of each log")]
pub struct WitnessArgs {
    /// The settings file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessFile {
    name: String,
    listen: SocketAddr,
    dir: PathBuf,
    logs: Vec<String>,
}

/// Runs the witness.
pub fn run(args: &WitnessArgs) -> ExitCode {
    start_tracing();
    let (listen, memory) = match open(&args.config) {
        Ok(opened) => opened,
        Err(why) => return complain("witness", EXIT_CONFIG, &why),
    };
    let stop = match StopSignals::catch() {
        Ok(stop) => stop,
        Err(error) => return complain("witness", EXIT_SOFTWARE, &error),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let started = runtime.and_then(|runtime| {
        let listener = runtime.block_on(TcpListener::bind(listen))?;
        Ok((listener.local_addr()?, listener, runtime))
    });
    let (at, listener, runtime) = match started {
        Ok(started) => started,
        Err(error) => return complain("witness", EXIT_CONFIG, &format!("{listen}: {error}")),
    };
    say!("witness  {}", memory.verifier());
    say!("url      http://{at}");
    runtime.spawn(server::serve(listener, memory));
    say!("ready");
    stop.wait();
    ExitCode::SUCCESS
}

fn open(config: &Path) -> Result<(SocketAddr, Memory), String> {
    let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", config.display());
    let text = std::fs::read_to_string(config).map_err(|error| wrong(&error))?;
    let WitnessFile { name, listen, dir, logs } =
        toml::from_str(&text).map_err(|error| wrong(&error))?;
    let dir = config.parent().unwrap_or(Path::new(".")).join(dir);
    let key = |text: &String| {
        let key: Result<NoteVerifier, _> = text.trim().parse();
        let key = key.map_err(|why| wrong(&format!("logs: {text:?}: {why}")))?;
        match key.kind() {
            KeyKind::Log => Ok(key),
            KeyKind::Cosigner => Err(wrong(&format!("logs: {text:?} is the key of a witness"))),
        }
    };
    let logs: Vec<NoteVerifier> = logs.iter().map(key).collect::<Result<_, _>>()?;
    std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let seed = secret(&dir.join("witness.key"))?;
    let signer = NoteSigner::from_seed(&name, KeyKind::Cosigner, &seed);
    let signer = signer.map_err(|why| wrong(&format!("name: {why}")))?;
    let memory = Memory::open(&dir, signer, &logs);
    let memory = memory.map_err(|error| format!("{}: {error}", dir.display()))?;
    Ok((listen, memory))
}

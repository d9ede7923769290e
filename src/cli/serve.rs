//! `sluice serve`: the gateway.
#![allow(clippy::print_stdout, reason = "a command talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{EXIT_CONFIG, EXIT_SOFTWARE, StopSignals, complain, start_tracing};
use crate::gateway::Gateway;
use crate::settings::Settings;

/// Run the gateway until SIGINT or SIGTERM.
///
/// Prints one line `ready` on standard output when calls will succeed.
#[derive(Args)]
#[command(after_help = "Example:\n  sluice serve --config /etc/sluice/sluice.toml\n\n\
    sluice.example.toml in the repository documents every key.")]
pub struct ServeArgs {
    /// The settings file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs the gateway.
pub fn run(args: &ServeArgs) -> ExitCode {
    start_tracing();
    let settings = match Settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => return complain("serve", EXIT_CONFIG, &error),
    };
    let stop = match StopSignals::catch() {
        Ok(stop) => stop,
        Err(error) => return complain("serve", EXIT_SOFTWARE, &error),
    };
    let gateway = match Gateway::serve(&settings) {
        Ok(gateway) => gateway,
        Err(error) => return complain("serve", EXIT_CONFIG, &error),
    };
    tracing::info!(
        exchange = %gateway.exchange,
        administration = %gateway.administration,
        operations = %gateway.operations,
        "serving"
    );
    say!("ready");
    stop.wait();
    tracing::info!("stopping");
    match gateway.stop() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain("serve", EXIT_SOFTWARE, &error),
    }
}

//! CPU per request of the gateway with everything on, against a plain proxy, both with mutual TLS
//! on both sides. benches/README.md says how to read what it prints.

// A bench is a program for a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod load;

use std::io::{Read, Seek, SeekFrom};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use load::callers::Callers;
use load::flags::{Bound, Flags, Role};
use load::process::{Pinning, Proxy, pin, run_as_proxy};
use load::records::{Size, hidden};
use load::report::{self, Run};
use load::stage::{Part, Stage};
use load::{Wrong, gateway, origin};

/// The gateway's own allocator, for every process of the bench.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the gateway may cost at the smallest size, as a multiple of the plain proxy.
const BAR: f64 = 1.5;

/// What the plain proxy may cost with a log, as a multiple of itself without.
const LOG_BAR: f64 = 1.25;

/// How much later its answers may come with a log, in microseconds, by their medians.
const LOG_LATER_US: f64 = 500.0;

/// How much of the end of a segment is searched for a record: more than two lines can have.
const LOG_END_BYTES: u64 = 256 * 1024;

fn main() -> ExitCode {
    let ended = run_as_proxy().unwrap_or_else(|| measure(&Flags::parse()));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("end_to_end: {why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(flags: &Flags) -> Result<(), Wrong> {
    let pinning = pin();
    if pinning == Pinning::Free {
        eprintln!("no second core or no taskset: the sides share cores, and figures mean less");
    }
    // Beside what cargo builds and not in the system's temporary folder, which may be no disk.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let stage = Stage::make(dir.path())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let at = listener.local_addr()?;
    let start = |role| Proxy::start(role, dir.path(), at, pinning, &flags.under());
    let proxies = flags.roles().into_iter().map(start).collect::<Result<Vec<_>, _>>()?;
    runtime.block_on(async {
        let tls = TlsAcceptor::from(stage.server(Part::Provider)?);
        tokio::spawn(origin::serve(listener, tls));
        tokio::spawn(stay_awake());
        for proxy in &proxies {
            println!("{} runs as process {}", proxy.role.word(), proxy.id());
        }
        println!("{}", report::head());
        for size in flags.sizes() {
            compare(flags, &stage, &proxies, size).await?;
        }
        Ok(())
    })
}

/// Keeps the core of load and origin from sleeping. Waking it would be an interrupt from core to
/// core at the sender's expense, dear on a virtual machine, and the more often the slower the proxy
/// is; where consumers and providers are other machines there is none.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// Measures all proxies at one size, run by run in turns, so that what slows the machine down for
/// a while slows all of them.
async fn compare(flags: &Flags, stage: &Stage, proxies: &[Proxy], size: Size) -> Result<(), Wrong> {
    let mut sides = Vec::new();
    for proxy in proxies {
        let tls = stage.client(Part::Consumer, Part::Gateway)?;
        let mut callers = Callers::connect(proxy.address, tls, flags.connections).await?;
        check(proxy.role, &mut callers, &stage.path(gateway::LOG), size).await?;
        sides.push((proxy, callers, Vec::new()));
    }
    let bound = flags.bound(size);
    let warming = Bound { time: bound.time / 4, ..bound };
    for (_, callers, _) in &mut sides {
        callers.run(size, warming).await?;
    }
    for pair in 0..flags.pairs() {
        let mut turn = async |side: usize| {
            let (proxy, callers, runs) = &mut sides[side];
            let before = proxy.cpu()?;
            let outcome = callers.run(size, bound).await?;
            runs.push(Run::new(&outcome, proxy.cpu()? - before));
            Ok::<_, Wrong>(())
        };
        // Who comes first changes, so that it is nobody's advantage.
        let last = proxies.len() - 1;
        for place in 0..=last {
            turn(if pair % 2 == 0 { place } else { last - place }).await?;
        }
    }
    for (proxy, _, runs) in &sides {
        println!("{}", report::row(size, proxy.role, runs));
    }
    let Some(((_, _, yardstick), others)) = sides.split_first() else { return Ok(()) };
    for (proxy, _, runs) in others {
        let (ratio, text) = report::ratios(yardstick, runs);
        let later_us = report::later_us(yardstick, runs);
        let held = |held: bool| if held { "held" } else { "missed" };
        let bar = match (size, proxy.role) {
            (Size::One, Role::Sluice) => format!("; the bar of {BAR} is {}", held(ratio <= BAR)),
            (Size::One, Role::Logged) => format!(
                "; the bars of {LOG_BAR} and of {LOG_LATER_US} µs are {} and {}",
                held(ratio <= LOG_BAR),
                held(later_us <= LOG_LATER_US)
            ),
            (Size::Page | Size::Bulk, _) | (_, Role::Plain) => String::new(),
        };
        let word = proxy.role.word();
        println!("       {word:<7} {text}, median latency {later_us:+.0} µs{bar}");
    }
    Ok(())
}

/// Sees that a proxy does what it is measured for: the plain one passes the answer as it is, the
/// gateway redacts it and has its record on disk by the time the answer is here.
async fn check(role: Role, callers: &mut Callers, log: &Path, size: Size) -> Result<(), Wrong> {
    let answer = callers.ask(size).await?;
    let status = answer.head.first_line().to_owned();
    let text = String::from_utf8(answer.body)?;
    if !status.starts_with("HTTP/1.1 200 ") {
        return Err(format!("{}: {status}: {text}", role.word()).into());
    }
    let seen = match role {
        Role::Plain | Role::Logged => text == size.answer(),
        Role::Sluice => {
            let exchange = answer.head.value("exchange-id").unwrap_or_default();
            let exchange = exchange.trim_matches('"');
            answer.head.value("ratelimit").is_some()
                && !text.contains(&hidden())
                && !text.contains("汉族")
                && text.contains("段例0")
                && !exchange.is_empty()
                && is_recorded(log, exchange)?
        }
    };
    if seen { Ok(()) } else { Err(format!("{} does not do its work: {text}", role.word()).into()) }
}

/// Whether the end of the log names an exchange. Only the end, as a log grows large in a bench.
fn is_recorded(log: &Path, exchange: &str) -> Result<bool, Wrong> {
    for file in std::fs::read_dir(log)? {
        let path = file?.path();
        if !path.is_file() {
            continue;
        }
        let mut file = std::fs::File::open(path)?;
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(end.saturating_sub(LOG_END_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if bytes.windows(exchange.len()).any(|window| window == exchange.as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

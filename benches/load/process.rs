//! A proxy as a process of its own, so that its CPU time can be told from the load's.
//!
//! The process is this very program with other arguments. It ends when its standard input does,
//! so none is left behind even if the bench is killed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use sluice::audit::{Log, LogConfig};
use sluice_core::domain::name::Name;
use sluice_core::ledger::note::{KeyKind, NoteSigner};
use tokio_rustls::TlsAcceptor;

use super::flags::Role;
use super::stage::{Part, Stage};
use super::{Wrong, gateway, plain};

/// The argument by which this program runs as a proxy; the role, folder and origin follow it.
const AS_PROXY: &str = "__proxy";

/// The core of the proxies, and the core of load and origin.
const CORES: [usize; 2] = [0, 1];

/// How long a proxy may take to end by itself before it is killed.
const END_TIMEOUT: Duration = Duration::from_secs(20);

/// A running proxy.
pub(crate) struct Proxy {
    /// Which one.
    pub(crate) role: Role,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    child: Child,
}

/// Where processes can be tied to cores: two cores and the `taskset` program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pinning {
    /// Each side has its core.
    Apart,
    /// Wherever the scheduler puts them.
    Free,
}

/// Ties this process, load and origin, to its core; what cannot be tied runs free.
pub(crate) fn pin() -> Pinning {
    let two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
    let (own, core) = (std::process::id().to_string(), CORES[1].to_string());
    let mut taskset = Command::new("taskset");
    taskset.args(["-a", "-p", "-c", &core, &own]).stdout(Stdio::null()).stderr(Stdio::null());
    let tied = two && taskset.status().is_ok_and(|status| status.success());
    if tied { Pinning::Apart } else { Pinning::Free }
}

impl Proxy {
    /// Starts a proxy and waits until it listens.
    pub(crate) fn start(
        role: Role,
        dir: &Path,
        origin: SocketAddr,
        pinning: Pinning,
        under: &[String],
    ) -> Result<Proxy, Wrong> {
        let mut words = Vec::new();
        if pinning == Pinning::Apart {
            words.extend(["taskset".to_owned(), "-c".to_owned(), CORES[0].to_string()]);
        }
        words.extend_from_slice(under);
        words.push(path_text(std::env::current_exe()?)?);
        words.extend([AS_PROXY.to_owned(), role.word().to_owned()]);
        words.extend([path_text(dir.to_owned())?, origin.to_string()]);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut proxy = Proxy { role, address: origin, child: command.spawn()? };
        proxy.address = proxy.listening()?;
        Ok(proxy)
    }

    fn listening(&mut self) -> Result<SocketAddr, Wrong> {
        let mut line = String::new();
        let said = self.child.stdout.take().ok_or("no standard output")?;
        BufReader::new(said).read_line(&mut line)?;
        Ok(line.trim().parse().map_err(|_| format!("{} did not start", self.role.word()))?)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU time of all its threads so far. Its threads live as long as it does, so the sum never
    /// loses one. The scheduler counts in nanoseconds, where `/proc/<pid>/stat` has only ticks.
    pub(crate) fn cpu(&self) -> Result<Duration, Wrong> {
        let mut nanos = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let running = text.split_whitespace().next().ok_or("an empty schedstat")?;
            nanos += running.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }
}

/// Lets it end by itself, then makes it. Runs on a panic, too.
impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + END_TIMEOUT;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        // It may have ended this moment; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs as a proxy if the arguments say so.
pub(crate) fn run_as_proxy() -> Option<Result<(), Wrong>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, role, dir, origin] if word == AS_PROXY => {
            Some(proxy(role, &Stage::at(Path::new(dir)), origin))
        }
        _ => None,
    }
}

fn proxy(role: &str, stage: &Stage, origin: &str) -> Result<(), Wrong> {
    let origin = origin.parse()?;
    if role == Role::Sluice.word() {
        let gateway = gateway::start(stage, origin)?;
        until_told(gateway.exchange)?;
        return Ok(gateway.stop()?);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let tls = TlsAcceptor::from(stage.server(Part::Gateway)?);
    let upstream_tls = stage.client(Part::Gateway, Part::Provider)?;
    let log = (role == Role::Logged.word()).then(|| plain_log(stage)).transpose()?;
    std::thread::spawn(move || plain::serve(listener, tls, origin, upstream_tls, log));
    until_told(address)
}

/// The log of the proxy that does nothing but log.
fn plain_log(stage: &Stage) -> Result<Log, Wrong> {
    let signer = NoteSigner::from_seed("bench.internal/logged", KeyKind::Log, &[1; 32])?;
    let settings = LogConfig::new(stage.path("plain-log"), Name::parse("logged")?, signer);
    Ok(Log::open(settings, unix_millis, |_| ())?.0)
}

fn unix_millis() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as i64
}

/// Says where it listens, and waits for the end of standard input.
fn until_told(address: SocketAddr) -> Result<(), Wrong> {
    let mut out = std::io::stdout();
    writeln!(out, "{address}")?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn path_text(path: PathBuf) -> Result<String, Wrong> {
    path.into_os_string().into_string().map_err(|_| "a path is not UTF-8".into())
}

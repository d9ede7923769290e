//! One answer of a gigabyte in JSON Lines, each line about another person: what the gateway takes
//! of memory for it beyond what it has when idle. benches/README.md says how to read what it
//! prints.

// A bench is a program for a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code, reason = "made for the end-to-end bench; this one takes its part of it")]
mod load;

use std::fs;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use load::Wrong;
use load::callers::Callers;
use load::flags::Role;
use load::process::{Proxy, pin, run_as_proxy};
use load::records::{Size, record};
use load::stage::{Part, Stage};
use load::wire::Messages;

/// The gateway's own allocator, for every process of the bench.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the answer may take of memory, in MiB.
const BAR_MIB: u64 = 64;

/// Bytes that the origin writes at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// Memory that the gateway takes for one long answer.
#[derive(Parser)]
struct Flags {
    /// Length of the answer in MiB.
    #[arg(long, default_value_t = 1024)]
    mib: u64,
    /// Cargo passes it to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run_as_proxy().unwrap_or_else(|| measure(&Flags::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("volume: {why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(flags: &Flags) -> Result<(), Wrong> {
    let pinning = pin();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let stage = Stage::make(dir.path())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let proxy = Proxy::start(Role::Sluice, dir.path(), listener.local_addr()?, pinning, &[])?;
    runtime.block_on(async {
        let tls = TlsAcceptor::from(stage.server(Part::Provider)?);
        tokio::spawn(serve(listener, tls, flags.mib << 20));
        let tls = stage.client(Part::Consumer, Part::Gateway)?;
        let mut callers = Callers::connect(proxy.address, tls, 1).await?;
        // What a first exchange takes is not the long answer's.
        callers.ask(Size::One).await?;
        let idle = Memory::of(&proxy)?.now_kib;
        let (mut bytes, mut lines) = (0, 0);
        let start = Instant::now();
        let head = callers
            .follow(Size::Bulk, |piece| {
                bytes += piece.len() as u64;
                lines += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            })
            .await?;
        let took = start.elapsed().as_secs_f64();
        if !head.first_line().starts_with("HTTP/1.1 200 ") {
            return Err(format!("not answered: {}", head.first_line()).into());
        }
        let peak = Memory::of(&proxy)?.peak_kib;
        let grown = (peak.saturating_sub(idle)).div_ceil(1024);
        println!(
            "answer    {} MiB of the provider, {lines} records; {} MiB seen",
            flags.mib,
            bytes >> 20
        );
        println!("took      {took:.1} s, {:.0} MB/s", (flags.mib << 20) as f64 / took / 1e6);
        println!("idle      {} MiB", idle / 1024);
        println!("peak      {} MiB", peak / 1024);
        let held = if grown <= BAR_MIB { "held" } else { "missed" };
        println!("beyond    {grown} MiB; the bar of {BAR_MIB} MiB is {held}");
        Ok(())
    })
}

/// What a process holds of memory.
struct Memory {
    now_kib: u64,
    peak_kib: u64,
}

impl Memory {
    fn of(proxy: &Proxy) -> Result<Memory, Wrong> {
        let status = fs::read_to_string(format!("/proc/{}/status", proxy.id()))?;
        let kib = |name: &str| -> Result<u64, Wrong> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.ok_or("no such line in /proc")?.parse()?)
        };
        Ok(Memory { now_kib: kib("VmRSS:")?, peak_kib: kib("VmHWM:")? })
    }
}

/// The provider's system: a record, or lines of them.
async fn serve(listener: TcpListener, tls: TlsAcceptor, length: u64) {
    while let Ok((socket, _)) = listener.accept().await {
        // A connection that breaks off is for the proxy to notice.
        tokio::spawn(converse(socket, tls.clone(), length));
    }
}

async fn converse(socket: TcpStream, tls: TlsAcceptor, length: u64) -> std::io::Result<()> {
    let mut stream = tls.accept(socket).await?;
    let mut messages = Messages::new();
    while let Some(head) = messages.next(&mut stream, |_| ()).await? {
        if head.first_line().contains("/one ") {
            let body = record(0);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await?;
        } else {
            lines(&mut stream, length).await?;
        }
        stream.flush().await?;
    }
    Ok(())
}

/// A record about a person that no other is about.
fn line(number: usize) -> String {
    let record = record(number);
    let (name, rest) = record.split_at(r#"{"id_number":""#.len());
    format!("{name}{:018}{}\n", number + 1, &rest[18..])
}

async fn lines(out: &mut (impl AsyncWriteExt + Unpin), length: u64) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\
                transfer-encoding: chunked\r\n\r\n";
    out.write_all(head.as_bytes()).await?;
    let (mut number, mut written) = (0, 0);
    let mut block = String::with_capacity(BLOCK_BYTES + 1024);
    while written < length {
        block.clear();
        while block.len() < BLOCK_BYTES {
            block.push_str(&line(number));
            number += 1;
        }
        out.write_all(format!("{:x}\r\n", block.len()).as_bytes()).await?;
        out.write_all(block.as_bytes()).await?;
        out.write_all(b"\r\n").await?;
        written += block.len() as u64;
    }
    out.write_all(b"0\r\n\r\n").await
}

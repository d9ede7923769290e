//! How fast a grant that is revoked ends, under load: answers and streams that rest on it. The figures are
//! printed: `cargo test --release --test it -- --ignored --nocapture revoking_under_load`.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::grants::{CLINIC, PROVIDER_APPROVER, asked, does, opened, people, query};
use crate::support::office::{Staff, governed};
use crate::support::{Ask, Connection, Origin, json};
use crate::windows::{PROVIDER, many, record};

const CONNECTIONS: usize = 32;
const STREAMS: usize = 2;

/// Records that come as fast as they are taken, for longer than the test needs.
fn endless(reply: &mut crate::support::Reply<'_>) {
    reply.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    reply.send(chunk(r#"{"total":1,"items":["#).as_bytes());
    for piece in 0..4_000 {
        let records: Vec<String> = (0..20).map(|nth| record(piece * 20 + nth)).collect();
        reply.send(chunk(&format!("{},", records.join(","))).as_bytes());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The last moment at which a connection got an answer under the grant, and how many it got.
fn called(connection: &mut Connection, over: &AtomicBool) -> (Option<Instant>, u64) {
    let (mut last, mut answers) = (None, 0);
    while !over.load(Ordering::Relaxed) {
        if connection.ask(&query()).status == 200 {
            (last, answers) = (Some(Instant::now()), answers + 1);
        }
    }
    (last, answers)
}

/// The last moment at which something came of a stream, how much in all, and whether it came to its end.
fn streamed(connection: &mut Connection) -> (Instant, usize, bool) {
    let search = Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#)
        .purpose("case-investigation")
        .header("Exchange-Operator", "officer-0602");
    connection.send(&search.header("Connection", "close").bytes());
    let (mut last, mut bytes, mut piece) = (Instant::now(), Vec::new(), [0; 16 * 1024]);
    while let Ok(count @ 1..) = connection.read(&mut piece) {
        last = Instant::now();
        bytes.extend_from_slice(&piece[..count]);
    }
    (last, bytes.len(), bytes.ends_with(b"0\r\n\r\n"))
}

#[test]
#[ignore = "long: measures revoking under load"]
fn revoking_under_load_ends_answers_and_streams_within_a_second() {
    let body = r#"{"name":"赵晓明","id_number":"330106199003070410","sex":"女"}"#;
    let origin = Origin::start(PROVIDER, move |asked, reply| {
        if asked.head.line.contains("/search ") {
            endless(reply)
        } else {
            reply.send(&json(200, body))
        }
    });
    let world = governed(&origin, |files| many(people(files)));
    let staff = Staff::of(&world);
    let id = opened(&world, &staff, &asked("rate = 100000\n"));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (world, over) = (&world, &over);
        let calling: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(move || called(&mut world.connect(CLINIC), over)))
            .collect();
        let streaming: Vec<_> = (0..STREAMS)
            .map(|_| scope.spawn(move || streamed(&mut world.connect(CLINIC))))
            .collect();
        std::thread::sleep(Duration::from_millis(1_500));
        let began = Instant::now();
        does(&staff, PROVIDER_APPROVER, &["revoke", &id, "--reason", "measured"]);
        let revoked = Instant::now();
        println!("revoking took {:?}, the command's start included", revoked - began);
        std::thread::sleep(Duration::from_millis(1_500));
        over.store(true, Ordering::Relaxed);
        let after = |last: Instant| last.saturating_duration_since(revoked);
        let mut latest = Duration::ZERO;
        let mut answers = 0;
        for one in calling {
            let (last, count) = one.join().unwrap();
            latest = latest.max(after(last.expect("no answer under the grant")));
            answers += count;
        }
        println!("{answers} answers; the last {latest:?} after the revoke was answered");
        for one in streaming {
            let (last, bytes, complete) = one.join().unwrap();
            let cut = after(last);
            println!("a stream of {bytes} bytes; the last of it {cut:?} after");
            assert!(bytes > 100_000 && !complete, "{bytes} bytes, complete: {complete}");
            latest = latest.max(cut);
        }
        assert!(latest < Duration::from_secs(1), "{latest:?}");
    });
}

//! Answers that are not plain JSON: lines, sequences, tables, other charsets, codings, files. What
//! can be judged goes through the same view; what can't is withheld.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::Value;

use crate::support::check::CLEAR;
use crate::support::world::{PUBLIC_SECURITY, Setup};
use crate::support::{Answer, Ask, Asked, Files, Origin, World, check, detail_of};

const DESK: &str = "human-resources/pension-desk";
const PROVIDER: &str = "public-security/records";
const POPULATION: &str = "public-security/population.yaml";
const IDENTIFIER: &str = "330106199003070410";

/// A record, and what the assistance term shows of it.
const RECORD: &str =
    r#"{"id_number":"330106199003070410","name":"赵晓明","sex":"女","secret":"P0017"}"#;
const SHOWN: &str = r#"{"id_number":"3***************10","name":"赵**","sex":"女"}"#;

fn query() -> Ask {
    let body = format!("{{\"id_number\":\"{IDENTIFIER}\"}}");
    Ask::post("/public-security/population/query", &body).purpose("social-assistance")
}

fn search() -> Ask {
    Ask::post("/public-security/population/search", r#"{"name":"赵晓明"}"#)
        .purpose("social-assistance")
}

/// A provider's answer of this type and coding.
fn answer(media_type: &str, coding: &str, body: &[u8]) -> Vec<u8> {
    let coding = match coding {
        "" => String::new(),
        coding => format!("Content-Encoding: {coding}\r\n"),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n{coding}Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The default catalog with searches whose answers are themselves the records: lines, rows.
fn by_line(files: Files) -> Files {
    files.edit(POPULATION, "    records: $.items[*]\n    envelope: [$.total]\n", "")
}

/// Asks a provider for each of its answers in turn, and gives them with their records.
fn each(setup: Setup, ask: Ask, sent: Vec<Vec<u8>>) -> Vec<(Answer, Value)> {
    let count = sent.len();
    let origin = Origin::start(PROVIDER, {
        let left = std::sync::Mutex::new(sent.into_iter());
        move |_: &Asked, reply| reply.send(&left.lock().unwrap().next().unwrap())
    });
    let world = setup.origin(PUBLIC_SECURITY, &origin).start();
    let mut connection = world.connect(DESK);
    let mut answered = Vec::new();
    for _ in 0..count {
        let answer = connection.ask(&ask);
        let record = check(&world, &answer, answer.status, answer.code().as_deref());
        if answer.code().is_some() {
            let text = format!("{:?} {}", answer.head.headers, answer.text());
            let leaked = CLEAR.into_iter().find(|clear| text.contains(clear));
            assert_eq!(leaked, None, "{answer:?}");
        }
        answered.push((answer, record));
    }
    answered
}

#[test]
fn lines_sequences_and_tables_go_through_the_same_view() {
    let lines = format!("{RECORD}\n\n{RECORD}\r\n{RECORD}");
    let shown_lines = format!("{SHOWN}\n\n{SHOWN}\r\n{SHOWN}");
    let sequence = format!("\u{1e}{RECORD}\n\u{1e}{RECORD}\n");
    let shown_sequence = format!("\u{1e}{SHOWN}\n\u{1e}{SHOWN}\n");
    let table = format!(
        "secret,id_number,name,sex\r\nP0017,{IDENTIFIER},赵晓明,女\r\n\
         P0017,{IDENTIFIER},\"赵晓明\",\"女,\"\"x\"\"\"\r\n"
    );
    let shown_table = "id_number,name,sex\r\n3***************10,赵**,女\r\n\
                       3***************10,赵**,\"女,\"\"x\"\"\"\r\n";
    let twice = format!("name,id_number,name\n赵晓明,{IDENTIFIER},赵晓明\n");
    let shown_twice = "name,id_number,name\n赵**,3***************10,赵**\n";
    let cases = [
        ("Text/CSV", "text/csv", &*twice, shown_twice, 1),
        ("application/x-ndjson", "application/x-ndjson", &*lines, &*shown_lines, 3),
        ("application/jsonl", "application/x-ndjson", &*lines, &*shown_lines, 3),
        ("application/json-seq", "application/json-seq", &*sequence, &*shown_sequence, 2),
        ("text/csv; charset=utf-8; header=present", "text/csv", &*table, shown_table, 2),
        ("application/vnd.records+json; v=2", "application/json", RECORD, SHOWN, 1),
    ];
    let sent = cases.iter().map(|(said, _, body, ..)| answer(said, "", body.as_bytes())).collect();
    for (case, (answer, record)) in
        cases.iter().zip(each(World::setup().catalog(by_line), search(), sent))
    {
        let (said, media_type, _, shown, records) = case;
        assert_eq!(answer.text(), *shown, "{said}");
        let answered = answer.header("content-type").unwrap();
        assert!(answered.starts_with(media_type), "{said}: {answered}");
        assert!(!answered.contains("v=2"), "{answered}");
        assert_eq!(record["released"]["records"], *records, "{said}");
        assert_eq!(record["released"]["masked"]["$.id_number"], *records, "{said}");
        assert_eq!(record["released"]["subjects"].as_array().unwrap().len(), 1, "{said}");
    }
}

#[test]
fn a_fault_anywhere_withholds_the_whole() {
    let broken_line = format!("{RECORD}\n{{\"id_number\":\n{RECORD}\n");
    let cut_sequence = format!("\u{1e}{RECORD}\n\u{1e}{{\"sex\":\"女");
    let four = format!("{RECORD}\n").repeat(4);
    let quote = format!("id_number,name\n{IDENTIFIER},赵\"晓明\n");
    let short = format!("id_number,name\n{IDENTIFIER},赵晓明\n{IDENTIFIER}\n");
    let cases = [
        ("application/x-ndjson", &*broken_line, "answer-unreadable", "truncated"),
        ("application/json-seq", &*cut_sequence, "answer-unreadable", "truncated"),
        ("application/json-seq", RECORD, "answer-unreadable", "not-json"),
        ("application/x-ndjson", &*four, "answer-mismatch", "too-many-records"),
        ("text/csv", &*quote, "answer-unreadable", "not-csv"),
        ("text/csv", &*short, "answer-unreadable", "shape"),
        ("text/csv; header=absent", &*short, "answer-unreadable", "media-type"),
        ("application/xml", RECORD, "answer-unreadable", "media-type"),
        ("multipart/mixed; boundary=x", RECORD, "answer-unreadable", "media-type"),
        ("application/x-ndjson; charset=latin1", RECORD, "answer-unreadable", "charset"),
    ];
    let sent = cases.iter().map(|(said, body, ..)| answer(said, "", body.as_bytes())).collect();
    for (case, (answer, record)) in
        cases.iter().zip(each(World::setup().catalog(by_line), search(), sent))
    {
        let (said, _, code, detail) = case;
        assert_eq!((answer.status, answer.code().as_deref()), (502, Some(*code)), "{said}");
        assert_eq!(detail_of(&record), *detail, "{said}");
    }
}

#[test]
fn chinese_charsets_become_utf_8() {
    // 赵晓明 and 女 in GBK, which GB 18030 contains; and a character that only the latter has, in
    // four bytes.
    let gbk = |name: &[u8]| {
        let parts: [&[u8]; 5] = [
            br#"{"id_number":"330106199003070410","name":""#,
            name,
            br#"","sex":""#,
            &[0xc5, 0xae],
            br#"","secret":"P0017"}"#,
        ];
        parts.concat()
    };
    let name = [0xd5, 0xd4, 0xcf, 0xfe, 0xc3, 0xf7];
    let rare = [0x95, 0x34, 0xb2, 0x35, 0xc3, 0xf7];
    let sent = vec![
        answer("application/json; charset=GBK", "", &gbk(&name)),
        answer("application/json; charset=\"gb18030\"", "", &gbk(&name)),
        answer("application/json; charset=gb18030", "", &gbk(&rare)),
        answer("application/json; charset=gbk", "", &gbk(&name[..5])),
        answer("application/json", "", &gbk(&name)),
    ];
    let answered = each(World::setup(), query(), sent);
    for (answer, _) in &answered[..2] {
        assert_eq!(answer.text(), SHOWN);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(answered[2].0.text(), SHOWN.replace("赵**", "\u{20bb7}*"));
    assert_eq!(answered[3].1["code"], "answer-unreadable");
    assert_eq!(detail_of(&answered[4].1), "not-json");
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// One uncompressed block of brotli (RFC 7932, 9.2), for bodies of less than 64 KiB: window bits
/// 16 (`0`), not last (`0`), four nibbles of length (`00`), the length less one, uncompressed
/// (`1`); then the last and empty block (`11`).
fn brotli(body: &[u8]) -> Vec<u8> {
    let length = (body.len() - 1) as u32;
    let header = (length << 4 | 1 << 20).to_le_bytes();
    [&header[..3], body, &[3]].concat()
}

#[test]
fn what_comes_compressed_all_the_same_is_decoded() {
    let record = RECORD.as_bytes();
    let zstd = zstd::bulk::compress(record, 3).unwrap();
    let bomb = gzip(format!("{}{RECORD}", " ".repeat(3 << 20)).as_bytes());
    let mut cut = gzip(record);
    cut.truncate(cut.len() - 4);
    let sent = vec![
        answer("application/json", "gzip", &gzip(record)),
        answer("application/json", "X-GZIP", &gzip(record)),
        answer("application/json", "deflate", &deflate(record)),
        answer("application/json", "br", &brotli(record)),
        answer("application/json", "zstd", &zstd),
        answer("application/json", "gzip", &bomb),
        answer("application/json", "gzip", &cut),
        answer("application/json", "gzip, gzip", &gzip(&gzip(record))),
        answer("application/json", "compress", record),
        answer("application/json", "br", &gzip(record)),
    ];
    // Room for the whole: what is too long for it leaves before the bound on expansion is met.
    let setup = World::setup().settings(|settings| settings.bounds.buffer_bytes = 4 << 20);
    let answered = each(setup, query(), sent);
    for (answer, record) in &answered[..5] {
        assert_eq!(answer.text(), SHOWN, "{record}");
        assert_eq!(answer.header("content-encoding"), None);
    }
    assert_eq!(detail_of(&answered[5].1), "expansion");
    assert_eq!(detail_of(&answered[6].1), "truncated");
    for (answer, record) in &answered[7..] {
        assert_eq!(answer.code().as_deref(), Some("answer-unreadable"), "{record}");
        assert_eq!(detail_of(record), "content-coding");
    }
}

#[test]
fn a_provider_is_asked_for_what_can_be_judged() {
    let asked = |accept: Option<&str>| {
        let origin = Origin::answering(PROVIDER, answer("application/json", "", RECORD.as_bytes()));
        let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
        let ask = query().header("Accept-Encoding", "gzip, br").header("Range", "bytes=0-9");
        let ask = accept.map_or(ask.clone(), |accept| ask.header("Accept", accept));
        let ask = ask.header("If-Range", "\"1\"").header("If-None-Match", "\"1\"");
        check(&world, &world.call(DESK, &ask), 200, None);
        let head = origin.only().head;
        for name in ["range", "if-range", "if-none-match"] {
            assert_eq!(head.header(name), None, "{name}");
        }
        assert_eq!(head.header("accept-encoding"), Some("identity"));
        head.header("accept").map(str::to_owned)
    };
    assert_eq!(asked(None).as_deref(), Some("application/json"));
    assert_eq!(asked(Some("text/csv")).as_deref(), Some("text/csv"));
    let some = "text/html, application/x-ndjson;q=0.9, text/csv;q=0.5;x=330106199003070410";
    assert_eq!(asked(Some(some)).as_deref(), Some("application/x-ndjson;q=0.9, text/csv;q=0.5"));
    assert_eq!(asked(Some("application/pdf")).as_deref(), Some("application/json"));
}

/// An entry of files.
pub const SCANS: &str = "title: 户口簿影像
contact: 公安局
class: restricted
category: business
level: 3
personal: true
opaque: [application/pdf, image/tiff]
upstream: {addresses: [\"records.public-security.internal:9443\"]}
operations:
  - id: one
    method: POST
    path: /scan
    mode: query
    parameters:
      - { name: id_number, in: body, pattern: '[0-9]{17}[0-9X]', subject: true }
terms:
  - id: assistance
    consumers: [human-resources]
    purposes: [social-assistance]
    clearance: 3
";

#[test]
fn a_declared_file_passes_whole_and_nothing_else_does() {
    let body = format!("{{\"id_number\":\"{IDENTIFIER}\"}}");
    let ask = Ask::post("/public-security/scans/scan", &body).purpose("social-assistance");
    let file = b"%PDF-1.7\n\xff\x00 any bytes";
    let error = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/pdf\r\n\
                  Content-Length: 18\r\n\r\n330106199003070410";
    let sent = vec![
        answer("application/pdf; name=330106199003070410", "", file),
        answer("Image/TIFF", "gzip", &gzip(file)),
        answer("application/json", "", RECORD.as_bytes()),
        answer("text/html", "", RECORD.as_bytes()),
        error.to_vec(),
    ];
    let scans = |files: Files| files.with("public-security/scans.yaml", SCANS);
    let answered = each(World::setup().catalog(scans), ask, sent);
    for ((answer, record), media_type) in answered.iter().zip(["application/pdf", "image/tiff"]) {
        assert_eq!(answer.body, file);
        assert_eq!(answer.header("content-type"), Some(media_type));
        assert_eq!(record["released"]["records"], 1, "{record}");
        assert_eq!(record["released"]["subjects"].as_array().unwrap().len(), 1);
    }
    for (answer, record) in &answered[2..4] {
        assert_eq!(answer.code().as_deref(), Some("answer-unreadable"));
        assert_eq!(detail_of(record), "media-type");
    }
    let (answer, _) = &answered[4];
    assert_eq!((answer.status, answer.code().as_deref()), (404, Some("upstream-error")));
}

#[test]
fn an_answer_of_no_content_is_one() {
    let empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    let none = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec();
    for (answer, record) in each(World::setup(), query(), vec![empty, none, chunked]) {
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("content-type"), None);
        assert_eq!(record["released"]["bytes"], 0, "{record}");
    }
}

use proptest::prelude::*;

use super::chunked::{Chunked, MAX_SIZE_LINE_BYTES, MAX_TRAILER_BYTES};
use super::field::HeaderField;
use super::fields::{Fields, Section};
use super::head::{Framing, HeadScanner, Length, Request, Response};
use super::{BadMessage, MAX_REQUEST_FIELDS, MAX_REQUEST_HEAD_BYTES};

fn request(head: &str) -> Result<(Request, Framing), BadMessage> {
    Request::read(head.as_bytes())
}

fn with_fields(lines: &str) -> Result<(Request, Framing), BadMessage> {
    request(&format!("POST /a HTTP/1.1\r\nHost: h\r\n{lines}\r\n"))
}

#[test]
fn a_head_gives_its_line_and_the_fields_that_are_looked_at() {
    let head = "POST /a/b?c=d HTTP/1.1\r\nhOST:  gateway \t\r\nX-Other: 1\r\n\
                Exchange-Purpose: first\r\nExchange-Purpose:second\r\nExchange-Case:\r\n\r\n";
    let (request, framing) = request(head).unwrap();
    assert_eq!((request.method(), request.target()), ("POST", "/a/b?c=d"));
    assert_eq!(request.fields.only(HeaderField::Host), Some(&b"gateway"[..]));
    assert_eq!(request.fields.only_text(HeaderField::ExchangeCase), Some(""));
    assert_eq!(request.fields.first(HeaderField::ExchangePurpose), Some(&b"first"[..]));
    assert_eq!(request.fields.only(HeaderField::ExchangePurpose), None);
    assert_eq!(request.fields.times(HeaderField::ExchangePurpose), 2);
    assert_eq!(request.fields.first(HeaderField::Expect), None);
    let nothing = Framing { length: Length::Bytes(0), persistent: true, expects_continue: false };
    assert_eq!(framing, nothing);
    assert!(!format!("{request:?}").contains("first"), "values don't show themselves");
}

#[test]
fn a_value_that_is_not_kept_is_no_value() {
    let long = vec![b'a'; usize::from(u16::MAX) + 1];
    let fields = Fields::of([
        (&b"exchange-case"[..], &b"C-1"[..]),
        (&b"exchange-fields"[..], &long[..]),
        (&b"exchange-purpose"[..], &b"p"[..]),
    ]);
    assert_eq!(fields.only(HeaderField::ExchangeFields), None);
    assert!(fields.times(HeaderField::ExchangeFields) > 1);
    assert_eq!(fields.only_text(HeaderField::ExchangeCase), Some("C-1"));
    assert_eq!(fields.only_text(HeaderField::ExchangePurpose), Some("p"));
}

#[test]
fn every_field_is_found_by_its_name_and_stands_at_its_index() {
    for (ix, field) in HeaderField::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, ix);
        assert_eq!(HeaderField::find(field.name().to_uppercase().as_bytes()), Some(field));
        assert_eq!(field.name(), field.name().to_lowercase());
    }
    for name in ["", "hos", "hostx", "x-exchange-id", "exchange_id"] {
        assert_eq!(HeaderField::find(name.as_bytes()), None);
    }
}

#[test]
fn a_request_line_is_read_to_the_letter() {
    use BadMessage::{RequestLine, Version};
    let table = [
        ("GET  / HTTP/1.1", RequestLine),
        ("GET /  HTTP/1.1", RequestLine),
        (" GET / HTTP/1.1", RequestLine),
        ("GET\t/ HTTP/1.1", RequestLine),
        ("GET / HTTP/1.1 ", RequestLine),
        ("GET /", RequestLine),
        ("GET", RequestLine),
        ("", RequestLine),
        ("GET / http/1.1", RequestLine),
        ("GET / HTTP/1.1x", RequestLine),
        ("GET / HTTP/11", RequestLine),
        ("G\u{e9}T / HTTP/1.1", RequestLine),
        ("G(T / HTTP/1.1", RequestLine),
        ("GET /\u{1} HTTP/1.1", RequestLine),
        ("GET /\u{7f} HTTP/1.1", RequestLine),
        ("GET / HTTP/1.0", Version),
        ("GET / HTTP/1.2", Version),
        ("GET / HTTP/0.9", Version),
        ("PRI * HTTP/2.0", Version),
    ];
    for (line, why) in table {
        assert_eq!(request(&format!("{line}\r\n\r\n")).unwrap_err(), why, "{line:?}");
    }
    assert_eq!(Request::read(b"GET /\xff HTTP/1.1\r\n\r\n").unwrap_err(), RequestLine);
    for line in ["GET * HTTP/1.1", "M-SEARCH /杭 HTTP/1.1", "GET https://a/ HTTP/1.1"] {
        assert!(request(&format!("{line}\r\n\r\n")).is_ok(), "{line:?}");
    }
}

#[test]
fn lines_that_are_no_fields_are_refused() {
    use BadMessage::{FieldName, FieldValue, Folded, LineEnd};
    let table = [
        ("X : a\r\n", FieldName),
        (": a\r\n", FieldName),
        ("X\u{e9}: a\r\n", FieldName),
        ("X Y: a\r\n", FieldName),
        ("nothing\r\n", FieldName),
        ("\u{0}\r\n", FieldName),
        (" X: a\r\n", Folded),
        ("X: a\r\n b\r\n", Folded),
        ("X: a\r\n\tb\r\n", Folded),
        ("X: a\u{0}b\r\n", FieldValue),
        ("X: a\u{b}b\r\n", FieldValue),
        ("X: a\u{7f}b\r\n", FieldValue),
        ("X: a\rY: b\r\n", LineEnd),
        ("X: a\nY: b\r\n", LineEnd),
        ("X: a\r\r\n", LineEnd),
    ];
    for (lines, why) in table {
        assert_eq!(with_fields(lines).unwrap_err(), why, "{lines:?}");
    }
    for lines in ["X:\r\n", "X: a\tb\r\n", "X: 杭州\r\n", "!#$%&'*+-.^_`|~1a: b\r\n"] {
        assert!(with_fields(lines).is_ok(), "{lines:?}");
    }
    for head in ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: a\r\n", "", "\r\n", "\n\n"] {
        assert!(request(head).is_err(), "{head:?}");
    }
}

#[test]
fn a_body_ends_in_one_place_or_there_is_no_request() {
    use BadMessage::{Length as BadLength, TransferCoding, TwoLengths};
    let table = [
        ("", Ok(Length::Bytes(0))),
        ("Content-Length: 0\r\n", Ok(Length::Bytes(0))),
        ("content-length:  34\t\r\n", Ok(Length::Bytes(34))),
        ("Content-Length: 18446744073709551615\r\n", Ok(Length::Bytes(u64::MAX))),
        ("Transfer-Encoding: chunked\r\n", Ok(Length::Chunked)),
        ("Transfer-Encoding: CHUNKED\r\n", Ok(Length::Chunked)),
        ("Content-Length: 18446744073709551616\r\n", Err(BadLength)),
        ("Content-Length: 34\r\nContent-Length: 34\r\n", Err(BadLength)),
        ("Content-Length: 34, 34\r\n", Err(BadLength)),
        ("Content-Length: \r\n", Err(BadLength)),
        ("Content-Length: +34\r\n", Err(BadLength)),
        ("Content-Length: -34\r\n", Err(BadLength)),
        ("Content-Length: 3 4\r\n", Err(BadLength)),
        ("Content-Length: 0x22\r\n", Err(BadLength)),
        ("Transfer-Encoding: \r\n", Err(TransferCoding)),
        ("Transfer-Encoding: gzip, chunked\r\n", Err(TransferCoding)),
        ("Transfer-Encoding: chunked, chunked\r\n", Err(TransferCoding)),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Err(TransferCoding)),
        ("Transfer-Encoding: identity\r\n", Err(TransferCoding)),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", Err(TwoLengths)),
        ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", Err(TwoLengths)),
    ];
    for (lines, length) in table {
        let read = with_fields(lines).map(|(_, framing)| framing.length);
        assert_eq!(read, length, "{lines:?}");
    }
}

#[test]
fn a_connection_goes_on_unless_one_end_says_otherwise() {
    let table = [
        ("", true),
        ("Connection: keep-alive\r\n", true),
        ("Connection: close\r\n", false),
        ("Connection: upgrade , CLOSE\r\n", false),
        ("Connection: upgrade\r\nConnection: close\r\n", false),
        ("Connection: closed\r\n", true),
    ];
    for (lines, persistent) in table {
        assert_eq!(with_fields(lines).unwrap().1.persistent, persistent, "{lines:?}");
    }
    assert!(with_fields("Expect: 100-Continue\r\n").unwrap().1.expects_continue);
    assert_eq!(with_fields("Expect: 200-ok\r\n").unwrap_err(), BadMessage::Expectation);
}

#[test]
fn a_head_has_a_size_and_a_number_of_fields() {
    let fields = |count: usize| "X: a\r\n".repeat(count);
    assert!(with_fields(&fields(MAX_REQUEST_FIELDS - 1)).is_ok());
    assert_eq!(with_fields(&fields(MAX_REQUEST_FIELDS)).unwrap_err(), BadMessage::TooManyFields);
    let rest = "POST /a HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n".len();
    let long = |bytes: usize| format!("X: {}\r\n", "a".repeat(bytes - rest));
    assert!(with_fields(&long(MAX_REQUEST_HEAD_BYTES)).is_ok());
    let longer = with_fields(&long(MAX_REQUEST_HEAD_BYTES + 1));
    assert_eq!(longer.unwrap_err(), BadMessage::HeadTooLarge);
}

#[test]
fn an_answer_has_a_status_and_a_length() {
    let read = |head: &str| {
        let read = Response::read(head.as_bytes(), false);
        read.map(|(answer, framing)| (answer.status, framing.length, framing.persistent))
    };
    let until_closed = Ok((200, Length::UntilClosed, false));
    let table = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((200, Length::Bytes(5), true))),
        ("HTTP/1.1 404\r\nContent-Length: 5\r\n\r\n", Ok((404, Length::Bytes(5), true))),
        ("HTTP/1.1 599 \r\nTransfer-Encoding: chunked\r\n\r\n", Ok((599, Length::Chunked, true))),
        ("HTTP/1.1 200 没有\r\n\r\n", until_closed),
        ("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", Ok((204, Length::Bytes(0), true))),
        ("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", Ok((304, Length::Bytes(0), true))),
        ("HTTP/1.1 100 Continue\r\n\r\n", Ok((100, Length::Bytes(0), true))),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
            Ok((200, Length::Bytes(5), false)),
        ),
        ("HTTP/1.1 OK\r\n\r\n", Err(BadMessage::StatusLine)),
        ("HTTP/1.1 20\r\n\r\n", Err(BadMessage::StatusLine)),
        ("HTTP/1.1 2000\r\n\r\n", Err(BadMessage::StatusLine)),
        ("HTTP/1.1 020 OK\r\n\r\n", Err(BadMessage::StatusLine)),
        ("HTTP/1.1  200 OK\r\n\r\n", Err(BadMessage::StatusLine)),
        ("ICY 200 OK\r\n\r\n", Err(BadMessage::StatusLine)),
        ("HTTP/1.1 200 O\u{0}K\r\n\r\n", Err(BadMessage::StatusLine)),
        ("HTTP/1.0 200 OK\r\n\r\n", until_closed),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((200, Length::Bytes(5), false))),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Err(BadMessage::TransferCoding)),
        ("HTTP/1.2 200 OK\r\n\r\n", Err(BadMessage::Version)),
        ("HTTP/2.0 200 OK\r\n\r\n", Err(BadMessage::Version)),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n",
            Err(BadMessage::Length),
        ),
    ];
    for (head, expected) in table {
        assert_eq!(read(head), expected, "{head:?}");
    }
    let bodiless = Response::read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true);
    assert_eq!(bodiless.unwrap().1.length, Length::Bytes(0));
}

#[test]
fn what_another_engine_has_read_says_the_same() {
    let pairs: [(&[u8], &[u8]); 4] = [
        (b"host", b"h"),
        (b"x-other", b"1"),
        (b"exchange-purpose", b"a"),
        (b"exchange-purpose", b"b"),
    ];
    let request = Request::of("GET", "/a?b", pairs);
    assert_eq!((request.method(), request.target()), ("GET", "/a?b"));
    assert_eq!(request.fields.only_text(HeaderField::Host), Some("h"));
    assert_eq!(request.fields.first(HeaderField::ExchangePurpose), Some(&b"a"[..]));
    assert_eq!(request.fields.times(HeaderField::ExchangePurpose), 2);
    let long = "a".repeat(MAX_REQUEST_HEAD_BYTES);
    assert_eq!(Request::of("GET", &long, []).target(), "");
    let pairs: [(&[u8], &[u8]); 1] = [(b"host", &[b'a'; 70_000])];
    assert_eq!(Request::of("GET", "/", pairs).fields.first(HeaderField::Host), Some(&b""[..]));
}

#[test]
fn a_section_holds_what_a_line_can_hold() {
    let mut section = Section::with_room(64);
    section.add("a", "1");
    section.add("b", "2\r\nx: y");
    section.add_args("c", format_args!("q={};w={}", 1, 2));
    section.add_args("d", format_args!("\n"));
    section.add_quoted("e", "0199-ab");
    section.add_quoted("f", "\"");
    assert_eq!(section.as_bytes(), b"a: 1\r\nc: q=1;w=2\r\ne: \"0199-ab\"\r\n");
    let fields: Vec<_> = section.iter().collect();
    let expected: [(&str, &[u8]); 3] = [("a", b"1"), ("c", b"q=1;w=2"), ("e", b"\"0199-ab\"")];
    assert_eq!(fields, expected);
}

fn unchunk(body: &[u8]) -> Result<(Vec<u8>, usize, bool), BadMessage> {
    let (mut chunked, mut out) = (Chunked::default(), Vec::new());
    let used = chunked.read(body, &mut out)?;
    Ok((out, used, chunked.is_over()))
}

#[test]
fn chunks_are_read_to_the_letter() {
    let good: [(&str, &str); 6] = [
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("2\r\nhe\r\n3;a=\"b c\"\r\nllo\r\n000\r\n\r\n", "hello"),
        ("A\r\n0123456789\r\n0\r\nX: a\r\nY: b\r\n\r\n", "0123456789"),
        ("0\r\n\r\n", ""),
        ("1 \r\na\r\n0\r\n\r\n", "a"),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
    ];
    for (body, text) in good {
        let more = format!("{body}GET / HTTP/1.1\r\n");
        let read = unchunk(more.as_bytes()).unwrap();
        assert_eq!(read, (text.as_bytes().to_vec(), body.len(), true), "{body:?}");
    }
    let bad = [
        "\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhellox\r\n0\r\n\r\n",
        "5;\n\r\nhello\r\n0\r\n\r\n",
        "5;\u{0}\r\nhello\r\n0\r\n\r\n",
        "g\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: a\n\r\n",
        "0\r\n X: a\r\n\r\n",
        "0\r\n\rX",
    ];
    for body in bad {
        assert_eq!(unchunk(body.as_bytes()), Err(BadMessage::Chunk), "{body:?}");
    }
    for body in ["", "5", "5\r\nhel", "5\r\nhello\r\n", "0\r\n", "0\r\n\r"] {
        assert!(!unchunk(body.as_bytes()).unwrap().2, "{body:?}");
    }
}

#[test]
fn what_stands_beside_the_chunks_has_bounds() {
    let extended = |bytes: u32| format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(bytes as usize - 2));
    assert!(unchunk(extended(MAX_SIZE_LINE_BYTES).as_bytes()).is_ok());
    assert!(unchunk(extended(MAX_SIZE_LINE_BYTES + 1).as_bytes()).is_err());
    let trailed = |bytes: u32| format!("0\r\n{}\r\n\r\n", "x".repeat(bytes as usize));
    assert!(unchunk(trailed(MAX_TRAILER_BYTES).as_bytes()).is_ok());
    assert!(unchunk(trailed(MAX_TRAILER_BYTES + 1).as_bytes()).is_err());
    assert!(unchunk(format!("0\r\n{}\r\n", "x\r\n".repeat(9_000)).as_bytes()).is_err());
}

proptest! {
    #[test]
    fn chunks_read_alike_however_they_arrive(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..5),
        steps in proptest::collection::vec(1usize..9, 1..8),
    ) {
        let mut body = Vec::new();
        for chunk in &chunks {
            body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            body.extend_from_slice(chunk);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\nX: a\r\n\r\n");
        let (mut chunked, mut out) = (Chunked::default(), Vec::new());
        let (mut at, mut turn) = (0, steps.iter().cycle());
        while at < body.len() {
            let end = (at + turn.next().unwrap()).min(body.len());
            prop_assert_eq!(chunked.read(&body[at..end], &mut out), Ok(end - at));
            at = end;
        }
        prop_assert!(chunked.is_over());
        prop_assert_eq!(out, chunks.concat());
    }

    #[test]
    fn the_end_of_a_head_is_found_however_it_arrives(
        lines in proptest::collection::vec("[ -~]{1,20}", 0..6),
        step in 1usize..9,
    ) {
        let mut head: Vec<u8> = lines.iter().flat_map(|line| line.bytes().chain(*b"\r\n")).collect();
        head.extend_from_slice(b"\r\n");
        let length = head.len();
        head.extend_from_slice(b"body\r\n\r\n");
        let mut search = HeadScanner::default();
        let mut arrived = 0;
        let end = loop {
            arrived = (arrived + step).min(head.len());
            if let Some(end) = search.end(&head[..arrived]).unwrap() {
                break end;
            }
        };
        prop_assert_eq!(end, length);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Request::read(&bytes);
        let _ = Response::read(&bytes, false);
        let _ = unchunk(&bytes);
        let _ = HeadScanner::default().end(&bytes);
        let head = [b"GET / HTTP/1.1\r\n", &bytes[..], b"\r\n\r\n"].concat();
        let _ = Request::read(&head);
    }
}

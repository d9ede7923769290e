use proptest::collection::vec;
use proptest::prelude::*;

use super::{Events, Kernel, ScanFault, Scanner};

/// The events and the first fault of a text that comes in windows, counted from its start.
fn index(kernel: Kernel, windows: &[&[u8]]) -> (Vec<u32>, Option<ScanFault>) {
    let mut scanner = Scanner::new(kernel);
    let (mut found, mut events, mut base) = (Vec::new(), Events::default(), 0);
    for window in windows {
        let fault = scanner.index(window, base, &mut events);
        found.extend_from_slice(events.positions());
        if let Some(fault) = fault {
            return (found, Some(ScanFault { at: base as isize + fault.at, ..fault }));
        }
        base += window.len() as u32;
    }
    (found, None)
}

/// The index by its definition, one byte after the other. Escapes are not checked.
fn plainly(text: &[u8]) -> Vec<u32> {
    let (mut found, mut quoted, mut escaped, mut scalar) = (Vec::new(), false, false, false);
    for (at, byte) in text.iter().enumerate() {
        let quote = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        let structural = b"{}[]:,".contains(byte);
        let blank = b" \t\n\r".contains(byte);
        let in_scalar = !quoted && !quote && !structural && !blank;
        if quote || (!quoted && structural) || (in_scalar && !scalar) {
            found.push(at as u32);
        }
        scalar = in_scalar;
        quoted ^= quote;
    }
    found
}

fn windows<'a>(text: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = text;
    let mut windows = Vec::new();
    for size in sizes {
        let (window, after) = rest.split_at(rest.len().min(*size));
        windows.push(window);
        rest = after;
    }
    windows.push(rest);
    windows
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        8 => prop::sample::select(b"{}[]:,\"\\ \n\ta0-nu".to_vec()),
        1 => any::<u8>(),
    ];
    let part = prop_oneof![
        6 => byte.prop_map(|byte| vec![byte]),
        2 => "[ -~\u{e9}\u{4e00}-\u{4e09}\u{1f600}]{0,9}".prop_map(String::into_bytes),
        1 => (0usize..70).prop_map(|count| vec![b'\\'; count]),
        1 => (0usize..140).prop_map(|count| vec![b'x'; count]),
    ];
    vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn cases() -> ProptestConfig {
    let cases = if cfg!(miri) { 4 } else { 1_000 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    /// The law: both kernels give the same for any bytes in any windows, and up to the first fault
    /// the index is the defined one.
    #[test]
    fn kernels_agree(text in bytes(), sizes in vec(0usize..200, 0..8)) {
        let (events, fault) = index(Kernel::Portable, &[&text]);
        for kernel in [Kernel::Portable, Kernel::best()] {
            prop_assert_eq!(index(kernel, &windows(&text, &sizes)), (events.clone(), fault));
        }
        let sound = &text[..fault.map_or(text.len(), |fault| fault.at as usize)];
        prop_assert_eq!(events, plainly(sound));
    }
}

#[test]
fn utf8_is_judged_as_std_judges_it() {
    let leads: &[u8] = &[
        0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
        0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ];
    let few: &[u8] = &[0x41, 0x80, 0xbf, 0xe1];
    for (ix, first) in leads.iter().enumerate() {
        for (second, third, fourth) in leads
            .iter()
            .flat_map(|b| few.iter().flat_map(move |c| few.iter().map(move |d| (b, c, d))))
        {
            let mut text = vec![b'a'; 100];
            text[0] = b'"';
            let at = [20, 29, 30, 31, 61, 62, 63, 96][(ix + usize::from(*second)) % 8];
            text[at..at + 4].copy_from_slice(&[*first, *second, *third, *fourth]);
            let text: Vec<u8> = text.into_iter().map(|byte| byte.max(0x20)).collect();
            let error = std::str::from_utf8(&text).err();
            // An unfinished character at the end is no fault yet.
            let error = error.filter(|error| error.error_len().is_some());
            let fault = error.map(|e| ScanFault { at: e.valid_up_to() as isize, encoding: true });
            for kernel in [Kernel::Portable, Kernel::best()] {
                assert_eq!(index(kernel, &[&text]).1, fault, "{text:x?}");
                let (head, tail) = text.split_at(at + 2);
                assert_eq!(index(kernel, &[head, tail]).1, fault, "{text:x?}");
            }
        }
        if cfg!(miri) && ix > 2 {
            break;
        }
    }
}

#[test]
fn a_byte_that_begins_no_character_is_a_fault_at_once() {
    for wrong in [0xc0, 0xc1, 0xf5, 0xff] {
        for kernel in [Kernel::Portable, Kernel::best()] {
            let text = [b'"', b'a', wrong];
            let fault = Some(ScanFault { at: 2, encoding: true });
            assert_eq!(index(kernel, &[&text]).1, fault, "{wrong:x}");
        }
    }
}

#[test]
fn every_byte_is_classified_alike() {
    for byte in 0..=255u8 {
        let text = [b' ', byte, b' '];
        let expected = index(Kernel::Portable, &[&text]);
        assert_eq!(index(Kernel::best(), &[&text]), expected, "{byte:#x}");
    }
}

#[test]
fn escapes_may_be_cut_anywhere() {
    let text = br#""\"\\\u00e9\\\\\"" "\u12G4""#;
    for kernel in [Kernel::Portable, Kernel::best()] {
        for cut in 0..text.len() {
            let (head, tail) = text.split_at(cut);
            let (events, fault) = index(kernel, &[head, tail]);
            assert_eq!(events, [0, 17, 19]);
            assert_eq!(fault, Some(ScanFault { at: 24, encoding: false }));
        }
    }
}

//! Signed notes (C2SP signed-note) with Ed25519, and cosignatures on them (C2SP tlog-cosignature).
//!
//! A note is text with signatures below it. Keys come in as values: storage and randomness are the
//! caller's.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Longest note in bytes that is read.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// Most signatures of a note that is read; C2SP asks for at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// Longest name of a key in bytes.
pub const MAX_KEY_NAME_BYTES: usize = 255;

const SIGNATURE_BYTES: usize = 64;

/// The message that a key signs. The kind is a part of the key's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The key of a log, which signs the note's text.
    Log,
    /// The key of a witness, which cosigns the note's text with a time.
    Cosigner,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            KeyKind::Log => 1,
            KeyKind::Cosigner => 4,
        }
    }

    fn of_byte(byte: u8) -> Option<KeyKind> {
        match byte {
            1 => Some(KeyKind::Log),
            4 => Some(KeyKind::Cosigner),
            _ => None,
        }
    }
}

/// A public key under its name.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: Box<str>,
    kind: KeyKind,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A private key under its name.
#[derive(Clone)]
pub struct NoteSigner {
    verifier: NoteVerifier,
    key: SigningKey,
}

/// A signature line of a note, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: Box<str>,
    id: [u8; 4],
    bytes: Box<[u8]>,
}

/// A note as it was read: its text, and signatures that are not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: Box<str>,
    signatures: Vec<NoteSignature>,
}

/// The result of checking a note against a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The key signed the note. A cosignature states its time, in seconds since 1970.
    Signed {
        /// The time that a cosignature states.
        unix_seconds: Option<u64>,
    },
    /// The note has no signature of the key.
    Absent,
    /// The note has a signature that claims to be the key's and is not.
    Forged,
}

/// The reason for which something is no note, key or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANote {
    /// The note is longer, or has more signatures, than is read.
    TooLong,
    /// The text has control characters, or does not end in a newline.
    Text,
    /// A line below the text is no signature.
    Signature,
    /// A key's name is empty, too long, or has a space or plus in it.
    KeyName,
    /// A key is not written as `<name>+<id>+<base64>`, its id is not that of its name and bytes, or
    /// its bytes are no Ed25519 key.
    Key,
}

impl NoteSigner {
    /// Makes the key of that seed. A log's and a cosigner's key may share name and seed; their ids
    /// differ.
    ///
    /// # Errors
    /// [`NotANote::KeyName`].
    pub fn from_seed(name: &str, kind: KeyKind, seed: &[u8; 32]) -> Result<NoteSigner, NotANote> {
        let key = SigningKey::from_bytes(seed);
        let verifier = NoteVerifier::new(name, kind, key.verifying_key())?;
        Ok(NoteSigner { verifier, key })
    }

    /// The public key.
    pub fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// Signs a text as a log does.
    pub fn sign(&self, text: &str) -> NoteSignature {
        self.signature(self.key.sign(text.as_bytes()).to_bytes().into())
    }

    /// Cosigns a text as a witness does, at that time.
    pub fn cosign(&self, text: &str, unix_seconds: u64) -> NoteSignature {
        let message = cosigned_message(text, unix_seconds);
        let signature = self.key.sign(message.as_bytes()).to_bytes();
        self.signature([unix_seconds.to_be_bytes().as_slice(), &signature].concat().into())
    }

    fn signature(&self, bytes: Box<[u8]>) -> NoteSignature {
        NoteSignature { name: self.verifier.name.clone(), id: self.verifier.id, bytes }
    }
}

impl NoteVerifier {
    fn new(name: &str, kind: KeyKind, key: VerifyingKey) -> Result<NoteVerifier, NotANote> {
        if !is_key_name(name) {
            return Err(NotANote::KeyName);
        }
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', kind.byte()])
            .chain_update(key.as_bytes())
            .finalize();
        let id = [hash[0], hash[1], hash[2], hash[3]];
        Ok(NoteVerifier { name: name.into(), kind, id, key })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of message that it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Checks a note against this key. Of several signatures that claim to be the key's, the first
    /// counts.
    pub fn check(&self, note: &Note) -> Checked {
        let Some(claim) = note.signature_of(self) else { return Checked::Absent };
        let signed = match self.kind {
            KeyKind::Log => self.verifies(&note.text, &claim.bytes).then_some(None),
            KeyKind::Cosigner => claim.bytes.split_first_chunk().and_then(|(time, signature)| {
                let time = u64::from_be_bytes(*time);
                self.verifies(&cosigned_message(&note.text, time), signature).then_some(Some(time))
            }),
        };
        signed.map_or(Checked::Forged, |unix_seconds| Checked::Signed { unix_seconds })
    }

    fn verifies(&self, message: &str, signature: &[u8]) -> bool {
        let Ok(signature) = <&[u8; SIGNATURE_BYTES]>::try_from(signature) else { return false };
        // The strict check refuses keys of small order, and accepts one form of a signature only.
        self.key.verify_strict(message.as_bytes(), &Signature::from_bytes(signature)).is_ok()
    }
}

impl Note {
    /// Makes a note without signatures. The text must end in a newline.
    ///
    /// # Errors
    /// [`NotANote::Text`] or [`NotANote::TooLong`].
    pub fn new(text: &str) -> Result<Note, NotANote> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NotANote::TooLong);
        }
        let control = |c: char| c < ' ' && c != '\n';
        if !text.ends_with('\n') || text.contains(control) {
            return Err(NotANote::Text);
        }
        Ok(Note { text: text.into(), signatures: Vec::new() })
    }

    /// Reads a note with its signatures.
    ///
    /// # Errors
    /// [`NotANote`] names the fault.
    pub fn parse(bytes: &[u8]) -> Result<Note, NotANote> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NotANote::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NotANote::Text)?;
        let gap = whole.rfind("\n\n").ok_or(NotANote::Signature)?;
        let mut note = Note::new(&whole[..=gap])?;
        note.signatures = parse_signatures(&whole[gap + 2..])?;
        if note.signatures.is_empty() { Err(NotANote::Signature) } else { Ok(note) }
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The signature that claims to be of a key, checked or not.
    pub(super) fn signature_of(&self, key: &NoteVerifier) -> Option<&NoteSignature> {
        self.signatures.iter().find(|s| s.name == key.name && s.id == key.id)
    }

    /// Adds a signature, in place of one of the same key if there is one.
    pub fn add(&mut self, signature: NoteSignature) {
        self.signatures.retain(|s| (&s.name, s.id) != (&signature.name, signature.id));
        self.signatures.push(signature);
    }
}

/// Reads signature lines without a text, as a witness answers them.
///
/// # Errors
/// [`NotANote`] names the fault.
pub fn parse_signatures(lines: &str) -> Result<Vec<NoteSignature>, NotANote> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let lines = lines.strip_suffix('\n').ok_or(NotANote::Signature)?;
    let signatures: Vec<_> = lines
        .split('\n')
        .take(MAX_SIGNATURES + 1)
        .map(parse_signature)
        .collect::<Result<_, _>>()?;
    if signatures.len() > MAX_SIGNATURES { Err(NotANote::TooLong) } else { Ok(signatures) }
}

fn parse_signature(line: &str) -> Result<NoteSignature, NotANote> {
    let (name, encoded) =
        line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(NotANote::Signature)?;
    let decoded = STANDARD.decode(encoded).map_err(|_| NotANote::Signature)?;
    let (id, bytes) = decoded.split_first_chunk().ok_or(NotANote::Signature)?;
    if !is_key_name(name) || bytes.is_empty() {
        return Err(NotANote::Signature);
    }
    Ok(NoteSignature { name: name.into(), id: *id, bytes: bytes.into() })
}

fn cosigned_message(text: &str, unix_seconds: u64) -> String {
    format!("cosignature/v1\ntime {unix_seconds}\n{text}")
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_KEY_NAME_BYTES
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// Written as `<name>+<id in hexadecimal>+<base64 of kind and key>`, as Go's `note` package and
/// C2SP write it.
impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind.byte()], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{:08x}+", self.name, u32::from_be_bytes(self.id))?;
        f.write_str(&STANDARD.encode(bytes))
    }
}

/// Reads the form that `Display` writes.
impl FromStr for NoteVerifier {
    type Err = NotANote;

    fn from_str(text: &str) -> Result<NoteVerifier, NotANote> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotANote::Key);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NotANote::Key)?;
        let (kind, key) = bytes.split_first().ok_or(NotANote::Key)?;
        let kind = KeyKind::of_byte(*kind).ok_or(NotANote::Key)?;
        let key = key.try_into().map_err(|_| NotANote::Key)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NotANote::Key)?;
        let verifier = NoteVerifier::new(name, kind, key)?;
        let written = format!("{:08x}", u32::from_be_bytes(verifier.id));
        if written == id { Ok(verifier) } else { Err(NotANote::Key) }
    }
}

impl fmt::Debug for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Keeps the key out of debug output, so that no program log and no panic shows it.
impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier)
    }
}

/// A signature line, with its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_slice(), &self.bytes].concat();
        writeln!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Written as the note is published.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| write!(f, "{signature}"))
    }
}

impl fmt::Display for NotANote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotANote::TooLong => "it is longer than any note that is read",
            NotANote::Text => "its text has control characters or does not end in a newline",
            NotANote::Signature => "it has no signature, or a line that should be one is not",
            NotANote::KeyName => "a key's name is empty, too long, or has a space or plus in it",
            NotANote::Key => "the key is not written as <name>+<id>+<base64>, or its id is another",
        })
    }
}

impl std::error::Error for NotANote {}

#[cfg(test)]
mod tests;

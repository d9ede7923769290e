//! The gateway's own state folder, from which it starts without its store: the version that was in
//! force, the row up to which the store was found right, and the time of the last contact with the
//! store.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_core::domain::UnixMillis;
use sluice_core::domain::stops::{StopTarget, Stops};
use sluice_core::release::{ContentDigest, Manifest};

use super::rows::SignedRow;
use super::version::CatalogVersion;
use crate::audit::durable;
use crate::catalog::compiled;

const VERSION_FILE: &str = "version.json";
const COMPILED_FILE: &str = "version.bin";
const ROWS_FILE: &str = "rows.json";
const CONFIRMED_FILE: &str = "confirmed.json";
const STOPS_FILE: &str = "stops.json";
const PENDING_FILE: &str = "stops-pending.json";
const MODE: u32 = 0o600;

/// Length of the seal at the beginning of a compiled version.
const SEAL_BYTES: usize = 32;

/// A gateway's own folder.
#[derive(Clone)]
pub struct LocalState {
    dir: PathBuf,
    /// Key of the seal (a MAC) on the files: without the store, they can't be compared with the
    /// signatures.
    seal: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct CompiledFile<'a> {
    release: u64,
    manifest: std::borrow::Cow<'a, str>,
    catalog: std::borrow::Cow<'a, [u8]>,
}

#[derive(Serialize, Deserialize)]
struct VersionFile {
    release: u64,
    manifest: String,
    texts: BTreeMap<Box<str>, String>,
}

#[derive(Serialize, Deserialize)]
struct RowsFile {
    last: u64,
    chain: String,
}

impl LocalState {
    /// Opens the folder, and makes it if need be. The seal's key comes from a secret that is kept
    /// elsewhere.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn open(dir: &Path, secret: &[u8; 32]) -> io::Result<LocalState> {
        fs::create_dir_all(dir)?;
        let seal = blake3::derive_key("sluice 2026-11 seal of kept versions", secret);
        Ok(LocalState { dir: dir.to_owned(), seal })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The version that was in force.
    ///
    /// # Errors
    /// The file exists and is damaged; the text says how.
    pub fn version(&self) -> Result<Option<CatalogVersion>, String> {
        // A compiled version that can't be read is rebuilt from the texts.
        if let Some(compiled) = self.compiled() {
            return Ok(Some(compiled));
        }
        let Some(VersionFile { release, manifest, texts }) = self.read(VERSION_FILE)? else {
            return Ok(None);
        };
        let digests =
            texts.iter().map(|(path, text)| (path.clone(), ContentDigest::of(text.as_bytes())));
        let found = Manifest::of(digests);
        if found.digest().to_string() != manifest {
            return Err(self.wrong(VERSION_FILE, "its texts are not those of its manifest"));
        }
        let texts = texts.into_iter().map(|(path, text)| (path, text.into())).collect();
        let version = CatalogVersion::read(release, found, texts);
        version.map(Some).map_err(|wrong| self.wrong(VERSION_FILE, &wrong))
    }

    /// Loads the compiled form of the version that was in force, without its texts; none if it was
    /// made by another program version, or was changed by somebody else.
    pub fn compiled(&self) -> Option<CatalogVersion> {
        let bytes = fs::read(self.dir.join(COMPILED_FILE)).ok()?;
        let (seal, bytes) = bytes.split_at_checked(SEAL_BYTES)?;
        if blake3::keyed_hash(&self.seal, bytes) != *<&[u8; SEAL_BYTES]>::try_from(seal).ok()? {
            return None;
        }
        let CompiledFile { release, manifest, catalog } = postcard::from_bytes(bytes).ok()?;
        let manifest = Manifest::parse(&manifest)?;
        let catalog = compiled::load(&catalog)?;
        Some(CatalogVersion { number: release, manifest, texts: BTreeMap::new(), catalog })
    }

    /// Returns the number of the last row that was found right, and the digest of the rows up to
    /// it.
    ///
    /// # Errors
    /// The file exists and is damaged; the text says how.
    pub fn rows(&self) -> Result<Option<(u64, ContentDigest)>, String> {
        let Some(RowsFile { last, chain }) = self.read(ROWS_FILE)? else { return Ok(None) };
        let chain = ContentDigest::parse(&chain);
        let chain = chain.ok_or_else(|| self.wrong(ROWS_FILE, "it has no digest"))?;
        Ok(Some((last, chain)))
    }

    /// Returns the time of the last contact with the store.
    pub fn confirmed(&self) -> Option<UnixMillis> {
        self.read(CONFIRMED_FILE).ok().flatten()
    }

    /// Returns the stops that were signed while the store was away, in order.
    ///
    /// # Errors
    /// The file exists and is damaged; the text says how.
    pub(super) fn pending_stops(&self) -> Result<Vec<SignedRow>, String> {
        Ok(self.read(PENDING_FILE)?.unwrap_or_default())
    }

    pub(super) fn keep_pending_stops<'a>(
        &self,
        steps: impl Iterator<Item = &'a SignedRow>,
    ) -> io::Result<()> {
        self.write(PENDING_FILE, &steps.collect::<Vec<_>>())
    }

    /// Returns the targets that were stopped at the last save, for a start without the store.
    ///
    /// # Errors
    /// The file exists and is damaged; the text says how.
    pub(super) fn stops(&self) -> Result<Stops, String> {
        let texts: Vec<String> = self.read(STOPS_FILE)?.unwrap_or_default();
        let target = |text: &String| {
            StopTarget::parse(text)
                .ok_or_else(|| self.wrong(STOPS_FILE, format!("{text:?} is no target")))
        };
        Ok(Stops::of(texts.iter().map(target).collect::<Result<Vec<_>, _>>()?))
    }

    pub(super) fn keep_stops(&self, stops: &Stops) -> io::Result<()> {
        let texts: Vec<String> = stops.iter().map(ToString::to_string).collect();
        self.write(STOPS_FILE, &texts)
    }

    pub(super) fn keep_version(&self, version: &CatalogVersion) -> io::Result<()> {
        let CatalogVersion { number, manifest, texts, catalog } = version;
        // A version without texts was loaded from this folder, so it is already here.
        if texts.len() < manifest.files().len() {
            return Ok(());
        }
        let compiled = CompiledFile {
            release: *number,
            manifest: manifest.to_string().into(),
            catalog: compiled::compile(catalog).map_err(io::Error::other)?.into(),
        };
        let bytes = postcard::to_stdvec(&compiled).map_err(io::Error::other)?;
        let mut sealed = blake3::keyed_hash(&self.seal, &bytes).as_bytes().to_vec();
        sealed.extend(bytes);
        durable::replace(&self.dir.join(COMPILED_FILE), &sealed, MODE)?;
        let manifest = manifest.digest().to_string();
        let texts = texts.iter().map(|(path, text)| (path.clone(), text.to_string())).collect();
        let file = VersionFile { release: *number, manifest, texts };
        self.write(VERSION_FILE, &file)
    }

    pub(super) fn keep_rows(&self, last: u64, chain: ContentDigest) -> io::Result<()> {
        self.write(ROWS_FILE, &RowsFile { last, chain: chain.to_string() })
    }

    pub(super) fn keep_confirmed(&self, at: UnixMillis) -> io::Result<()> {
        self.write(CONFIRMED_FILE, &at)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        match fs::read(self.dir.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.wrong(name, &error)),
            Ok(bytes) => {
                let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.split_once('\n'));
                let sealed = text.filter(|(seal, json)| {
                    blake3::Hash::from_hex(seal).is_ok_and(|seal| seal == self.seal_of(name, json))
                });
                let (_, json) =
                    sealed.ok_or_else(|| self.wrong(name, "it is not as it was written"))?;
                serde_json::from_str(json).map(Some).map_err(|error| self.wrong(name, &error))
            }
        }
    }

    /// Writes a line with the seal, then the value.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        let json = serde_json::to_string(value)?;
        let sealed = format!("{}\n{json}", self.seal_of(name, &json).to_hex());
        durable::replace(&self.dir.join(name), sealed.as_bytes(), MODE)
    }

    /// Computes the seal of a file. It covers the file's name, so that no file can replace another.
    fn seal_of(&self, name: &str, json: &str) -> blake3::Hash {
        blake3::keyed_hash(&self.seal, format!("{name}\n{json}").as_bytes())
    }

    fn wrong(&self, name: &str, what: impl std::fmt::Display) -> String {
        format!("{}: {what}; remove it to begin from the store", self.dir.join(name).display())
    }
}

//! The compiled form of a catalog, which loads fast: the meaning of its files, without their texts.
//! Only the program version that wrote it can read it; any other reads the files again.

use serde::{Deserialize, Serialize};
use sluice_core::domain::entry::{Entry, Operation};
use sluice_core::domain::parameter::{Patterns, Rule};
use sluice_core::domain::registry::Registry;
use sluice_core::domain::terms::{CaseRule, Term};
use sluice_core::grant::Procedure;

use super::Catalog;

/// The version of the form, raised with any change of the catalog's types.
const FORM: &str = concat!(env!("CARGO_PKG_VERSION"), " 2");

#[derive(Serialize)]
struct Written<'a> {
    form: &'a str,
    version: &'a str,
    registry: &'a Registry,
    procedure: &'a Procedure,
    entries: &'a [Entry],
}

#[derive(Deserialize)]
struct Read {
    version: String,
    registry: Registry,
    procedure: Procedure,
    entries: Vec<Entry>,
}

/// The compiled form.
///
/// # Errors
/// A part of the catalog has no compiled form, which is a mistake in this program.
pub fn compile(catalog: &Catalog) -> Result<Vec<u8>, String> {
    let Catalog { registry, procedure, entries, version } = catalog;
    postcard::to_stdvec(&Written { form: FORM, version, registry, procedure, entries })
        .map_err(|error| error.to_string())
}

/// Loads a catalog from its compiled form; none if that is of another program version, or damaged.
/// The caller decides whether to trust it.
pub fn load(bytes: &[u8]) -> Option<Catalog> {
    let (form, rest): (&str, _) = postcard::take_from_bytes(bytes).ok()?;
    if form != FORM {
        return None;
    }
    let Read { version, registry, procedure, mut entries } = postcard::from_bytes(rest).ok()?;
    share_patterns(&mut entries);
    Some(Catalog { registry, procedure, entries, version })
}

/// Patterns of one text become one, compiled once: catalogs repeat the same few.
pub(super) fn share_patterns(entries: &mut [Entry]) {
    let mut patterns = Patterns::default();
    for entry in entries {
        for Operation { parameters, .. } in &mut entry.operations {
            for parameter in parameters {
                if let Rule::Text { pattern, .. } = &mut parameter.rule {
                    *pattern = patterns.shared(pattern);
                }
            }
        }
        for Term { case, .. } in &mut entry.terms {
            if let CaseRule::Required(Some(pattern)) = case {
                *pattern = patterns.shared(pattern);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{folder, read};
    use std::path::Path;

    #[test]
    fn what_is_compiled_loads_as_what_the_files_mean() {
        for dir in ["catalog", "tests/cases/catalog-rules"] {
            let (sources, _) = folder::sources(Path::new(dir));
            let catalog = read(&sources).unwrap();
            let bytes = compile(&catalog).unwrap();
            let loaded = load(&bytes).unwrap();
            // Every part of a catalog shows in this form.
            assert_eq!(format!("{:?}", loaded.entries), format!("{:?}", catalog.entries));
            let departments = |catalog: &Catalog| format!("{:?}", catalog.registry.departments());
            assert_eq!(departments(&loaded), departments(&catalog));
            let purposes = |catalog: &Catalog| format!("{:?}", catalog.registry.purposes());
            assert_eq!(purposes(&loaded), purposes(&catalog));
            assert_eq!(loaded.procedure, catalog.procedure);
            assert_eq!(loaded.version, catalog.version);
            assert!(load(&bytes[..bytes.len() / 2]).is_none());
            let mut other = bytes.clone();
            other[3] ^= 1;
            assert!(load(&other).is_none());
        }
    }
}

//! The domain: the types of the exchange (entries, terms, grants, requests, rejections), and the
//! decision.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`classification`] | level, sharing class, category, openness, origin, mode |
//! | [`index`] | indices into one catalog version |
//! | [`address`], [`rate`], [`field`] | addresses of providers, request rates, declared fields |
//! | [`budget`] | limits of what may be used on one basis, a day and in all |
//! | [`check_digit`] | numbers that end in a check character |
//! | [`name`] | ids of departments, entries, systems, people |
//! | [`identity`] | the system or person that a certificate names |
//! | [`registry`] | departments with their systems and people, purposes, groups |
//! | [`entry`] | a catalog entry: operations, fields, upstream |
//! | [`terms`] | the conditions under which consumers may use an entry |
//! | [`parameter`] | the declared parameters of a request: types, patterns, bounds |
//! | [`stops`] | entries, departments, systems, people, grants that are stopped at once |
//! | [`target`] | the one normalisation of a request's path and query |
//! | [`condition`] | values within a record that change what a consumer may see of it |
//! | [`field_path`] | the subset of JSONPath that names a field |
//! | [`mask`] | the ways to show a part of a value (redaction applies them) |
//! | [`view`] | the fields that one consumer may see of an entry |
//! | `packed` | the terms of a whole catalog, compact in memory for the search of the first term |
//! | [`policy`] | a whole catalog version with its indices: what `decide` reads |
//! | [`matching`] | from method, path, query and body to an operation and its arguments |
//! | [`declared`] | the declared context of a request |
//! | [`facts`] | the facts of one decision |
//! | `basis_checks` | the checks of one basis against one request |
//! | `first_term` | the first term that holds |
//! | [`decide`] | permit or denial, with the reasoning |
//! | [`grants`] | temporary grants as decisions read them |
//! | [`view_change`] | the comparison of two versions: does the newer one show less? |
//! | [`offer`] | the operations that one consumer may call, known before a call |
//! | `rate_limited` | the rate limit that a request reached |
//! | [`rejection`] | the one closed list of the gateway's negative answers |

pub mod address;
mod basis_checks;
pub mod budget;
pub mod check_digit;
pub mod classification;
pub mod condition;
pub mod decide;
pub mod declared;
pub mod entry;
pub mod facts;
pub mod field;
pub mod field_path;
pub(crate) mod first_term;
pub mod grants;
pub mod identity;
pub mod index;
pub mod mask;
pub mod matching;
pub mod name;
pub mod offer;
pub(crate) mod packed;
pub mod parameter;
pub mod policy;
pub mod rate;
mod rate_limited;
pub mod registry;
pub mod rejection;
pub mod stops;
pub mod target;
pub mod terms;
pub mod view;
pub mod view_change;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
pub type UnixMillis = i64;

/// Finds the known word nearest to a mistyped one, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let worst = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= worst)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

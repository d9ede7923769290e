//! The filter of a page of entries: the query of `GET /-/catalog`, read as strictly as that of any
//! operation.

use sluice_core::domain::classification::{Category, Class, Mode, Open};
use sluice_core::domain::name::is_name;
use sluice_core::domain::parameter::Unfit;
use sluice_core::domain::rejection::{Rejection, Undeclared};
use sluice_core::domain::target::QueryPart;

use crate::snapshot::directory::fold_into;

/// Entries of a page where the query does not say.
pub const DEFAULT_PAGE_ENTRIES: usize = 50;

/// Most entries of a page.
pub const MAX_PAGE_ENTRIES: usize = 200;

/// Longest search text in characters.
pub const MAX_SEARCH_CHARS: usize = 64;

/// The filter of entries. A part that is not stated limits nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogFilter {
    /// `q`: words in lower case, all of which must stand in what readers see of an entry.
    pub words: Vec<String>,
    /// `class`.
    pub class: Option<&'static str>,
    /// `department`: the provider.
    pub department: Option<Box<str>>,
    /// `mode`: some operation is of it; with `callable`, some that may be called.
    pub mode: Option<Mode>,
    /// `category`.
    pub category: Option<Category>,
    /// `open`.
    pub open: Option<Open>,
    /// `callable`.
    pub callable: Option<bool>,
    /// `after`: the id of the entry behind which the page begins.
    pub after: Box<str>,
    /// `limit`: most entries of the page.
    pub limit: usize,
}

impl Default for CatalogFilter {
    fn default() -> CatalogFilter {
        CatalogFilter {
            words: Vec::new(),
            class: None,
            department: None,
            mode: None,
            category: None,
            open: None,
            callable: None,
            after: "".into(),
            limit: DEFAULT_PAGE_ENTRIES,
        }
    }
}

impl CatalogFilter {
    /// Reads a query.
    ///
    /// # Errors
    /// When it holds a parameter that there is not, one that stands twice, or a value that says
    /// nothing here.
    pub fn read(query: &[QueryPart<'_>]) -> Result<CatalogFilter, Rejection> {
        let mut filter = CatalogFilter::default();
        for (ix, (name, value)) in query.iter().enumerate() {
            let taken = match &**name {
                "q" => words(value).map(|words| filter.words = words),
                "class" => {
                    one_of(Class::WORDS, |word| word, value).map(|class| filter.class = Some(class))
                }
                "department" => named(value, is_name(value)).map(|id| filter.department = Some(id)),
                "mode" => {
                    one_of(Mode::ALL, Mode::as_str, value).map(|mode| filter.mode = Some(mode))
                }
                "category" => one_of(Category::ALL, Category::as_str, value)
                    .map(|category| filter.category = Some(category)),
                "open" => {
                    one_of(Open::ALL, Open::as_str, value).map(|open| filter.open = Some(open))
                }
                "callable" => one_of([true, false], boolean, value)
                    .map(|callable| filter.callable = Some(callable)),
                "after" => named(value, is_entry(value)).map(|id| filter.after = id),
                "limit" => limit(value).map(|limit| filter.limit = limit),
                _ => {
                    let position = ix as u16 + 1;
                    return Err(Rejection::ParameterNotAllowed(Undeclared::Query(position)));
                }
            };
            let twice = query[..ix].iter().any(|(before, _)| before == name);
            let taken = if twice { Err(Unfit::Repeated) } else { taken };
            taken.map_err(|why| Rejection::ParameterInvalid { name: (&**name).into(), why })?;
        }
        Ok(filter)
    }
}

fn words(value: &str) -> Result<Vec<String>, Unfit> {
    if value.chars().count() > MAX_SEARCH_CHARS {
        return Err(Unfit::TooLong);
    }
    let fold = |word: &str| {
        let mut folded = String::with_capacity(word.len());
        fold_into(word, &mut folded);
        folded
    };
    let words: Vec<String> = value.split_whitespace().map(fold).collect();
    // A search for nothing is more likely a mistake than a wish for everything.
    if words.is_empty() { Err(Unfit::Pattern) } else { Ok(words) }
}

fn one_of<T: Copy, const N: usize>(
    words: [T; N],
    word: impl Fn(T) -> &'static str,
    value: &str,
) -> Result<T, Unfit> {
    words.into_iter().find(|one| word(*one) == value).ok_or(Unfit::Pattern)
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn named(value: &str, is_one: bool) -> Result<Box<str>, Unfit> {
    if is_one { Ok(value.into()) } else { Err(Unfit::Pattern) }
}

fn is_entry(value: &str) -> bool {
    value.split_once('/').is_some_and(|(department, entry)| is_name(department) && is_name(entry))
}

fn limit(value: &str) -> Result<usize, Unfit> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    let number = value.parse().ok().filter(|_| digits).ok_or(Unfit::Type)?;
    if (1..=MAX_PAGE_ENTRIES).contains(&number) { Ok(number) } else { Err(Unfit::Bounds) }
}

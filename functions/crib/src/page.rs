//! Parts of lists: at most so many behind the first so many.

use darkroom_http::{HttpError, HttpResult};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many entries a part has where nothing is said, and how many it may have.
const LIMIT: usize = 20;
const MOST: usize = 100;

/// Which part of a list a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// The fields of a query that asks for a part of a list. They are texts, so that the one at fault can be named.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    pub(crate) limit: Option<String>,
    pub(crate) offset: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) q: Option<String>,
}

impl ListQuery {
    /// Which part it asks for.
    pub(crate) fn page(&self) -> HttpResult<PageRequest> {
        PageRequest::of(self.limit.as_deref(), self.offset.as_deref())
    }
}

impl PageRequest {
    /// The part that these two ask for: `limit` from 1 to 100, or 20; `offset` from 0, or 0.
    pub(crate) fn of(limit: Option<&str>, offset: Option<&str>) -> HttpResult<Self> {
        let limit = match limit.map(str::parse) {
            None => LIMIT,
            Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
            Some(_) => {
                return Err(HttpError::validation(
                    &["query", "limit"],
                    format!("must be a whole number from 1 to {MOST}"),
                ));
            }
        };
        let offset = match offset.map(str::parse::<u32>) {
            None => 0,
            Some(Ok(offset)) => usize::try_from(offset).unwrap_or(usize::MAX),
            Some(Err(_)) => {
                return Err(HttpError::validation(
                    &["query", "offset"],
                    "must be a whole number from 0",
                ));
            }
        };
        Ok(Self { limit, offset })
    }

    /// Where the part ends in the list.
    pub(crate) const fn end(self) -> usize {
        self.offset.saturating_add(self.limit)
    }

    /// The part of a whole list.
    pub(crate) fn of_list<T>(self, list: Vec<T>) -> Page<T> {
        let total = list.len();
        self.of_beginning(list, total)
    }

    /// The part of a list of `total` entries, of which at least those before [`Self::end`] are here.
    pub(crate) fn of_beginning<T>(self, list: Vec<T>, total: usize) -> Page<T> {
        Page {
            limit: self.limit,
            offset: self.offset,
            total,
            items: list.into_iter().skip(self.offset).take(self.limit).collect(),
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// How many entries were asked for.
    limit: usize,
    /// How many entries of the list come before.
    offset: usize,
    /// How many entries the list has.
    total: usize,
    items: Vec<T>,
}

impl<T> Page<T> {
    /// The same part with each entry as it is told.
    pub(crate) fn told<V: From<T>>(self) -> Page<V> {
        Page {
            limit: self.limit,
            offset: self.offset,
            total: self.total,
            items: self.items.into_iter().map(V::from).collect(),
        }
    }
}

/// Whether one of the texts has `sought` in it, whatever the case of the letters, of any script.
pub(crate) fn mentions(sought: &str, texts: &[&str]) -> bool {
    let sought = folded(sought);
    texts.iter().any(|text| folded(text).contains(&sought))
}

/// Letter by letter, for a whole word's lower case depends on what follows.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_lies_between() {
        let list: Vec<u32> = (0..30).collect();
        let page = |limit, offset| PageRequest::of(limit, offset).unwrap().of_list(list.clone());
        assert_eq!(page(None, None).items, (0..20).collect::<Vec<_>>());
        assert_eq!(page(Some("100"), Some("28")).items, [28, 29]);
        let behind = page(Some("1"), Some("4294967295"));
        assert_eq!((behind.items.len(), behind.total), (0, 30));
    }

    #[test]
    fn what_is_out_of_range_is_refused_by_its_name() {
        for limit in ["0", "101", "-1", "x", "", "1.5", "99999999999999999999"] {
            let error = PageRequest::of(Some(limit), None).unwrap_err();
            assert!(format!("{error:?}").contains("\"limit\""), "{limit}");
        }
        for offset in ["-1", "x", "", "4294967296"] {
            let error = PageRequest::of(None, Some(offset)).unwrap_err();
            assert!(format!("{error:?}").contains("\"offset\""), "{offset}");
        }
    }

    #[test]
    fn letters_of_any_script_are_found_in_any_case() {
        assert!(mentions("ОТВЕРТКА", &["Отвертка «-»", "TOOL-001"]));
        assert!(mentions("tool-00", &["Отвертка «-»", "TOOL-001"]));
        assert!(mentions("шэР", &["Шэрница"]));
        assert!(mentions("ΟΔΟΣ", &["οδοσ"]));
        assert!(!mentions("%", &["Отвертка"]), "no pattern");
        assert!(!mentions("отвертка т", &["Отвертка", "TOOL"]), "each text alone");
    }
}

//! Parts of lists: at most so many behind the first so many, and no more than an answer holds.

use darkroom_http::{HttpError, HttpResult};
use serde::{Deserialize, Serialize};

/// What entries of one part may have together, in bytes of JSON: an answer of Lambda has 6 MiB, escaped.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Which part of a list a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// The fields of a query that asks for a part of a list. They are texts, so that the one at fault can be named.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct PartQuery {
    pub(crate) limit: Option<String>,
    pub(crate) offset: Option<String>,
}

impl PartQuery {
    /// Which part it asks for, of at most `most` entries; of as many where it does not say.
    pub(crate) fn part(&self, most: usize) -> HttpResult<Part> {
        Part::of(self.limit.as_deref(), self.offset.as_deref(), most)
    }
}

impl Part {
    /// The beginning of a list.
    pub(crate) const fn first(limit: usize) -> Self {
        Self { limit, offset: 0 }
    }

    /// The part that these two ask for, of at most `most` entries; of as many where they do not say.
    pub(crate) fn of(limit: Option<&str>, offset: Option<&str>, most: usize) -> HttpResult<Self> {
        let limit = match limit.map(str::parse) {
            None => most,
            Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
            Some(_) => {
                return Err(HttpError::validation(
                    &["query", "limit"],
                    format!("must be a whole number from 1 to {most}"),
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

    /// The part of a list; no longer than an answer may be. An entry that `told` says nothing of is left out.
    pub(crate) fn cut<T, V: Serialize>(self, list: &[T], told: impl Fn(&T) -> Option<V>) -> Cut<V> {
        let (mut items, mut bytes, mut next) = (Vec::new(), 0_usize, self.offset);
        for entry in list.iter().skip(self.offset).take(self.limit) {
            if let Some(item) = told(entry) {
                let size = serde_json::to_vec(&item).map_or(MAX_BYTES, |json| json.len());
                bytes = bytes.saturating_add(size);
                if bytes > MAX_BYTES && !items.is_empty() {
                    break;
                }
                items.push(item);
            }
            next = next.saturating_add(1);
        }
        Cut {
            items,
            next_offset: (next < list.len()).then_some(next),
        }
    }
}

/// What an answer holds of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut<V> {
    pub(crate) items: Vec<V>,
    /// Where the list goes on, if it does.
    pub(crate) next_offset: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_without_gaps() {
        let list: Vec<u32> = (0..25).collect();
        let (mut seen, mut offset) = (Vec::new(), Some(0));
        while let Some(at) = offset {
            let cut = Part {
                limit: 10,
                offset: at,
            }
            .cut(&list, |number| (number % 3 > 0).then_some(*number));
            seen.extend(cut.items);
            offset = cut.next_offset;
        }
        let expected: Vec<u32> = list.into_iter().filter(|number| number % 3 > 0).collect();
        assert_eq!(seen, expected);
        let behind = Part {
            limit: 10,
            offset: 4_000_000_000,
        };
        assert_eq!(behind.cut(&[1], |one| Some(*one)).next_offset, None);
    }

    #[test]
    fn an_answer_ends_before_it_is_too_long() {
        let list = vec!["x".repeat(MAX_BYTES / 4); 10];
        let cut = Part::first(10).cut(&list, |text| Some(text.clone()));
        assert_eq!((cut.items.len(), cut.next_offset), (3, Some(3)));
        let giant = vec!["x".repeat(MAX_BYTES * 2); 2];
        let cut = Part::first(10).cut(&giant, |text| Some(text.clone()));
        assert_eq!((cut.items.len(), cut.next_offset), (1, Some(1)), "it gets on");
    }

    #[test]
    fn what_is_out_of_range_is_refused_by_its_name() {
        assert_eq!(Part::of(None, None, 100).unwrap(), Part::first(100));
        for limit in ["0", "101", "-1", "x", "", "1.5", "99999999999999999999"] {
            let error = Part::of(Some(limit), None, 100).unwrap_err();
            assert!(format!("{error:?}").contains("\"limit\""), "{limit}");
        }
        for offset in ["-1", "x", "", "4294967296"] {
            let error = Part::of(None, Some(offset), 100).unwrap_err();
            assert!(format!("{error:?}").contains("\"offset\""), "{offset}");
        }
    }
}

//! Parts of lists, as these routes ask for them: from `start` to before `end`.

use std::cmp::Ordering;

use darkroom_http::{HttpError, HttpResult};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most entries of one part: it must fit into an answer.
const MAX_ENTRIES: u64 = 500;

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SortOrder {
    /// The least first.
    Asc,
    /// The greatest first.
    Desc,
}

impl SortOrder {
    pub(crate) const fn of(self, ordering: Ordering) -> Ordering {
        match self {
            Self::Asc => ordering,
            Self::Desc => ordering.reverse(),
        }
    }
}

/// The part of `list` from `start` to before `end`.
pub(crate) fn part_of<T>(list: Vec<T>, start: u64, end: u64) -> HttpResult<Vec<T>> {
    if end <= start {
        return Err(HttpError::validation(
            &["body", "end"],
            "end must be greater than start",
        ));
    }
    if end - start > MAX_ENTRIES {
        return Err(HttpError::validation(
            &["body", "end"],
            format!("end may be at most {MAX_ENTRIES} above start"),
        ));
    }
    let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(list
        .into_iter()
        .skip(index(start))
        .take(index(end - start))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_its_ends_and_its_most() {
        let list: Vec<u32> = (0..5).collect();
        assert_eq!(part_of(list.clone(), 0, 2).unwrap(), [0, 1]);
        assert_eq!(part_of(list.clone(), 4, 9).unwrap(), [4]);
        assert_eq!(part_of(list.clone(), 9, 10).unwrap(), [0; 0]);
        assert!(part_of(list.clone(), 2, 2).is_err());
        assert!(part_of(list.clone(), 3, 2).is_err());
        assert!(part_of(list.clone(), 0, 500).is_ok());
        assert!(part_of(list, u64::MAX - 501, u64::MAX).is_err());
    }
}

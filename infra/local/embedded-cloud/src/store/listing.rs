//! Listing keys in order: prefix, delimiter, and where to go on.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::record::ObjectRecord;

/// What to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListQuery {
    /// Only keys that begin so.
    pub(crate) prefix: String,
    /// Keys that contain this behind the prefix are rolled up to it. Empty is none.
    pub(crate) delimiter: String,
    /// Where the previous page ended.
    pub(crate) after: After,
    /// At most so many keys and rolled up prefixes together.
    pub(crate) limit: usize,
}

/// A place between two entries of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum After {
    /// Before the first entry.
    #[default]
    Start,
    /// Behind this key.
    Key(String),
    /// Behind all keys that begin so.
    Prefix(String),
}

/// One page of a listing, each list in the order of the bytes of the keys.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Arc<ObjectRecord>>,
    pub(crate) common_prefixes: Vec<String>,
    /// Set if there is more.
    pub(crate) next: Option<After>,
}

/// The entries of `objects` that `query` asks for.
pub(crate) fn list(objects: &BTreeMap<String, Arc<ObjectRecord>>, query: &ListQuery) -> Page {
    let start = match &query.after {
        After::Start => Bound::Included(query.prefix.as_str()),
        After::Key(key) if *key >= query.prefix => Bound::Excluded(key.as_str()),
        After::Prefix(prefix) if *prefix >= query.prefix => Bound::Included(prefix.as_str()),
        After::Key(_) | After::Prefix(_) => Bound::Included(query.prefix.as_str()),
    };
    let skipped = match &query.after {
        After::Prefix(prefix) => Some(prefix.as_str()),
        After::Start | After::Key(_) => None,
    };
    let mut page = Page::default();
    let mut last = After::Start;
    for (key, record) in objects.range::<str, _>((start, Bound::Unbounded)) {
        if !key.starts_with(&query.prefix) {
            break;
        }
        if skipped.is_some_and(|skipped| key.starts_with(skipped)) {
            continue;
        }
        let common = common_prefix(key, &query.prefix, &query.delimiter);
        if common.is_some() && page.common_prefixes.last().map(String::as_str) == common {
            continue;
        }
        if page.objects.len().saturating_add(page.common_prefixes.len()) >= query.limit {
            page.next = (query.limit > 0).then_some(last);
            break;
        }
        if let Some(common) = common {
            page.common_prefixes.push(common.to_owned());
            last = After::Prefix(common.to_owned());
        } else {
            page.objects.push(Arc::clone(record));
            last = After::Key(key.clone());
        }
    }
    page
}

/// What `key` is rolled up to: everything up to and with the first delimiter behind the prefix.
pub(crate) fn common_prefix<'key>(key: &'key str, prefix: &str, delimiter: &str) -> Option<&'key str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = key.strip_prefix(prefix)?.find(delimiter)?;
    key.get(..prefix.len().saturating_add(at).saturating_add(delimiter.len()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::store::record::{Checksums, Description};

    fn objects(keys: &BTreeSet<String>) -> BTreeMap<String, Arc<ObjectRecord>> {
        let record = |key: &String| ObjectRecord {
            key: key.clone(),
            size: 0,
            etag: String::new(),
            sequence: 0,
            modified: time::OffsetDateTime::UNIX_EPOCH,
            description: Description::default(),
            checksums: Checksums::default(),
        };
        keys.iter()
            .map(|key| (key.clone(), Arc::new(record(key))))
            .collect()
    }

    /// The listing by its definition: group all keys, then sort.
    fn model(keys: &BTreeSet<String>, prefix: &str, delimiter: &str) -> BTreeSet<String> {
        keys.iter()
            .filter_map(|key| {
                let rest = key.strip_prefix(prefix)?;
                match rest.split_once(delimiter).filter(|_| !delimiter.is_empty()) {
                    Some((group, _)) => Some(format!("group {prefix}{group}{delimiter}")),
                    None => Some(format!("key {key}")),
                }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn pages_together_are_the_whole_listing_once_and_in_order(
            keys in proptest::collection::btree_set("[ab/é]{1,5}", 0..40),
            prefix in "[ab/]{0,2}",
            delimiter in prop_oneof!["", "/", "b/"],
            limit in 1_usize..7,
        ) {
            let objects = objects(&keys);
            let mut query = ListQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), after: After::Start, limit };
            let mut found = Vec::new();
            loop {
                let page = list(&objects, &query);
                let count = page.objects.len() + page.common_prefixes.len();
                prop_assert!(count <= limit);
                prop_assert!(page.next.is_none() || count == limit, "a page is short though there is more");
                prop_assert!(page.objects.is_sorted_by(|a, b| a.key < b.key));
                prop_assert!(page.common_prefixes.is_sorted());
                found.extend(page.objects.iter().map(|record| format!("key {}", record.key)));
                found.extend(page.common_prefixes.iter().map(|prefix| format!("group {prefix}")));
                let Some(next) = page.next else { break };
                query.after = next;
            }
            let unique: BTreeSet<_> = found.iter().cloned().collect();
            prop_assert_eq!(unique.len(), found.len(), "an entry came twice");
            prop_assert_eq!(unique, model(&keys, &prefix, &delimiter));
        }

        #[test]
        fn listing_after_a_key_gives_exactly_the_greater_ones(
            keys in proptest::collection::btree_set("[ab/]{1,4}", 0..30),
            after in "[ab/]{1,4}",
        ) {
            let query = ListQuery { after: After::Key(after.clone()), limit: 100, ..ListQuery::default() };
            let found: Vec<_> = list(&objects(&keys), &query).objects.iter().map(|record| record.key.clone()).collect();
            let expected: Vec<_> = keys.iter().filter(|key| **key > after).cloned().collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_limit_of_zero_is_an_empty_last_page() {
        let keys = BTreeSet::from(["a".to_owned()]);
        let page = list(
            &objects(&keys),
            &ListQuery {
                limit: 0,
                ..ListQuery::default()
            },
        );
        assert!(page.objects.is_empty() && page.next.is_none());
    }
}

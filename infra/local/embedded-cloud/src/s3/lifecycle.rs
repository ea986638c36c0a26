//! Expiring objects and abandoned uploads as the rules of a bucket say.

use s3s::dto::{ExpirationStatus, LifecycleRule, Tag};
use time::{Date, Duration, OffsetDateTime};

use crate::store::listing::{After, ListQuery};
use crate::store::record::ObjectRecord;
use crate::store::{Store, StoreError};

/// What a sweep has removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) objects: usize,
    pub(crate) uploads: usize,
}

/// Applies the enabled rules of all buckets as they stand at `now`.
pub(crate) fn sweep(store: &Store, now: OffsetDateTime) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for (bucket, configuration) in store.buckets() {
        let rules: Vec<_> = configuration
            .lifecycle
            .iter()
            .flatten()
            .filter(|rule| rule.status.as_str() == ExpirationStatus::ENABLED)
            .collect();
        if rules.is_empty() {
            continue;
        }
        let mut query = ListQuery {
            limit: 1000,
            ..ListQuery::default()
        };
        loop {
            let page = store.list(&bucket, &query)?;
            for object in page.objects {
                if rules.iter().any(|rule| has_expired(rule, &object, now)) {
                    store.expire_object(&bucket, &object.key, object.sequence)?;
                    swept.objects = swept.objects.saturating_add(1);
                }
            }
            query.after = page.next.unwrap_or(After::Start);
            if query.after == After::Start {
                break;
            }
        }
        for upload in store.uploads(&bucket)? {
            if rules
                .iter()
                .any(|rule| is_abandoned(rule, &upload.record.key, upload.record.initiated, now))
            {
                store.abort_upload(&bucket, &upload.record.key, &upload.id)?;
                swept.uploads = swept.uploads.saturating_add(1);
            }
        }
    }
    Ok(swept)
}

fn has_expired(rule: &LifecycleRule, object: &ObjectRecord, now: OffsetDateTime) -> bool {
    let Some(expiration) = &rule.expiration else {
        return false;
    };
    let due = match (expiration.days, &expiration.date) {
        (Some(days), _) => due(object.modified, days),
        (None, Some(date)) => Some(OffsetDateTime::from(date.clone())),
        (None, None) => None,
    };
    due.is_some_and(|due| due <= now) && applies_to_object(rule, object)
}

fn is_abandoned(rule: &LifecycleRule, key: &str, initiated: OffsetDateTime, now: OffsetDateTime) -> bool {
    let days = rule
        .abort_incomplete_multipart_upload
        .as_ref()
        .and_then(|abort| abort.days_after_initiation);
    days.and_then(|days| due(initiated, days))
        .is_some_and(|due| due <= now)
        && key.starts_with(prefix(rule))
}

/// S3 adds the days and goes on to the next midnight UTC.
fn due(from: OffsetDateTime, days: i32) -> Option<OffsetDateTime> {
    let end = from
        .to_offset(time::UtcOffset::UTC)
        .checked_add(Duration::days(i64::from(days)))?;
    if end.time() == time::Time::MIDNIGHT {
        return Some(end);
    }
    end.date()
        .next_day()
        .map(Date::midnight)
        .map(time::PrimitiveDateTime::assume_utc)
}

fn prefix(rule: &LifecycleRule) -> &str {
    let filter = rule.filter.as_ref();
    filter
        .and_then(|filter| {
            filter
                .prefix
                .as_deref()
                .or_else(|| filter.and.as_ref()?.prefix.as_deref())
        })
        .or(rule.prefix.as_deref())
        .unwrap_or_default()
}

fn applies_to_object(rule: &LifecycleRule, object: &ObjectRecord) -> bool {
    let has_tag = |tag: &Tag| {
        let (key, value) = (
            tag.key.as_deref().unwrap_or_default(),
            tag.value.as_deref().unwrap_or_default(),
        );
        object
            .description
            .tags
            .iter()
            .any(|(have_key, have_value)| have_key == key && have_value == value)
    };
    let size = i64::try_from(object.size).unwrap_or(i64::MAX);
    let fits = |greater: Option<i64>, less: Option<i64>| {
        greater.is_none_or(|greater| size > greater) && less.is_none_or(|less| size < less)
    };
    let filter_applies = rule.filter.as_ref().is_none_or(|filter| {
        filter.tag.iter().all(has_tag)
            && fits(filter.object_size_greater_than, filter.object_size_less_than)
            && filter.and.as_ref().is_none_or(|and| {
                and.tags.iter().flatten().all(has_tag)
                    && fits(and.object_size_greater_than, and.object_size_less_than)
            })
    });
    filter_applies && object.key.starts_with(prefix(rule))
}

#[cfg(test)]
mod tests {
    use s3s::dto::{AbortIncompleteMultipartUpload, LifecycleExpiration, LifecycleRuleFilter};
    use time::macros::datetime;

    use super::*;
    use crate::clock;
    use crate::store::durable::Durability;
    use crate::store::receive::HashingWriter;
    use crate::store::record::{Description, UploadRecord};
    use crate::store::{Draft, StoreError};

    fn rule(prefix: &str, days: i32) -> LifecycleRule {
        LifecycleRule {
            abort_incomplete_multipart_upload: Some(AbortIncompleteMultipartUpload {
                days_after_initiation: Some(days),
            }),
            expiration: Some(LifecycleExpiration {
                days: Some(days),
                ..LifecycleExpiration::default()
            }),
            filter: Some(LifecycleRuleFilter {
                prefix: Some(prefix.to_owned()),
                ..LifecycleRuleFilter::default()
            }),
            id: None,
            noncurrent_version_expiration: None,
            noncurrent_version_transitions: None,
            prefix: None,
            status: ExpirationStatus::from_static(ExpirationStatus::ENABLED),
            transitions: None,
        }
    }

    #[test]
    fn days_end_at_midnight() {
        assert_eq!(
            due(datetime!(2025-01-01 10:00 UTC), 1),
            Some(datetime!(2025-01-03 00:00 UTC))
        );
        assert_eq!(
            due(datetime!(2025-01-01 00:00 UTC), 1),
            Some(datetime!(2025-01-02 00:00 UTC))
        );
    }

    #[test]
    fn only_what_is_due_under_an_enabled_rule_goes() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Durability::Relaxed).unwrap();
        store.create_bucket("photos").unwrap();
        for key in ["in/a", "out/a"] {
            let received = HashingWriter::create(store.temporary(), &[]).unwrap().finish();
            store
                .commit(
                    "photos",
                    Draft {
                        key: key.to_owned(),
                        ..Draft::default()
                    },
                    received,
                )
                .unwrap();
            let upload = UploadRecord {
                key: key.to_owned(),
                initiated: clock::now(),
                description: Description::default(),
                algorithm: None,
                full_object: false,
            };
            store.create_upload("photos", upload).unwrap();
        }
        let set = |rule| {
            store
                .configure("photos", |configuration| {
                    configuration.lifecycle = Some(vec![rule])
                })
                .unwrap()
        };
        let now = clock::now();
        let later = now + Duration::days(3);

        let disabled = LifecycleRule {
            status: ExpirationStatus::from_static(ExpirationStatus::DISABLED),
            ..rule("in/", 1)
        };
        set(disabled);
        assert_eq!(sweep(&store, later).unwrap(), Swept::default());
        set(rule("in/", 1));
        assert_eq!(sweep(&store, now).unwrap(), Swept::default());
        assert_eq!(
            sweep(&store, later).unwrap(),
            Swept {
                objects: 1,
                uploads: 1
            }
        );
        assert!(matches!(
            store.object("photos", "in/a"),
            Err(StoreError::NoSuchKey)
        ));
        assert!(store.object("photos", "out/a").is_ok());
        assert_eq!(store.uploads("photos").unwrap().len(), 1);
    }
}

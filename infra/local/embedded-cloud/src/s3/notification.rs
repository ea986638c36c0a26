//! Telling queues about new objects, in the records that S3 writes.

use s3s::dto::{NotificationConfiguration, QueueConfiguration};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::ObjectStorage;
use super::convert::encode_key;
use crate::store::record::ObjectRecord;

/// How an object came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectCreated {
    Put,
    Post,
    Copy,
    CompleteMultipartUpload,
}

impl ObjectCreated {
    /// The name of the event, without `s3:`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::Post => "ObjectCreated:Post",
            Self::Copy => "ObjectCreated:Copy",
            Self::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
        }
    }
}

/// RFC 3339 with milliseconds, as event times are written.
const EVENT_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Where the records say they come from.
#[derive(Debug, Clone)]
pub(crate) struct EventSource {
    pub(crate) region: String,
    pub(crate) account: String,
}

impl ObjectStorage {
    /// Sends the record of a new object to every queue whose configuration asks for it. A queue that is not there
    /// is logged, as S3 would drop the event.
    pub(super) async fn object_created(&self, bucket: &str, record: &ObjectRecord, event: ObjectCreated) {
        let Ok(configuration) = self.store.configuration(bucket) else {
            return;
        };
        let queues = configuration
            .notification
            .as_ref()
            .and_then(|notification| notification.queue_configurations.as_ref());
        for queue in queues
            .into_iter()
            .flatten()
            .filter(|queue| matches(queue, event, &record.key))
        {
            let id = queue.id.as_deref().unwrap_or_default();
            let message = event_message(&self.source, bucket, id, record, event);
            if let Err(error) = self.queues.send(&queue.queue_arn, message).await {
                tracing::warn!(bucket, key = record.key, queue = queue.queue_arn, %error, "an event cannot be delivered");
            }
        }
    }

    /// Sends the message by which S3 tests the queues of a new configuration; fails with the queue that is not
    /// there.
    pub(super) async fn test_queues(
        &self,
        bucket: &str,
        configuration: &NotificationConfiguration,
        now: OffsetDateTime,
    ) -> Result<(), String> {
        let number = self.store.next_sequence().map_err(|error| error.to_string())?;
        for queue in configuration.queue_configurations.iter().flatten() {
            let message = test_message(bucket, now, number);
            self.queues
                .send(&queue.queue_arn, message)
                .await
                .map_err(|error| format!("{}: {error}", queue.queue_arn))?;
        }
        Ok(())
    }
}

/// Whether a configuration asks for this event of this key.
pub(crate) fn matches(queue: &QueueConfiguration, event: ObjectCreated, key: &str) -> bool {
    let wanted = queue.events.iter().any(|pattern| {
        let pattern = pattern.as_ref().trim_start_matches("s3:");
        match pattern.strip_suffix('*') {
            Some(start) => event.name().starts_with(start),
            None => event.name() == pattern,
        }
    });
    let rules = queue
        .filter
        .iter()
        .filter_map(|filter| filter.key.as_ref()?.filter_rules.as_ref())
        .flatten();
    wanted
        && rules.into_iter().all(|rule| {
            let value = rule.value.as_deref().unwrap_or_default();
            match rule
                .name
                .as_ref()
                .map(|name| name.as_str().to_ascii_lowercase())
                .as_deref()
            {
                Some("prefix") => key.starts_with(value),
                Some("suffix") => key.ends_with(value),
                _ => true,
            }
        })
}

/// The message about one new object, version 2.1 of the record structure.
pub(crate) fn event_message(
    source: &EventSource,
    bucket: &str,
    configuration_id: &str,
    record: &ObjectRecord,
    event: ObjectCreated,
) -> String {
    let sequencer = format!("{:018X}", record.sequence);
    let message = json!({
        "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": source.region,
            "eventTime": event_time(record.modified),
            "eventName": event.name(),
            "userIdentity": { "principalId": format!("AWS:{}", source.account) },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": {
                "x-amz-request-id": sequencer,
                "x-amz-id-2": sequencer,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": {
                    "name": bucket,
                    "ownerIdentity": { "principalId": source.account },
                    "arn": format!("arn:aws:s3:::{bucket}"),
                },
                "object": {
                    "key": encode_key(&record.key),
                    "size": record.size,
                    "eTag": record.etag,
                    "sequencer": sequencer,
                },
            },
        }],
    });
    message.to_string()
}

fn test_message(bucket: &str, now: OffsetDateTime, number: u64) -> String {
    let id = format!("{number:018X}");
    let message = json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": event_time(now),
        "Bucket": bucket,
        "RequestId": id,
        "HostId": id,
    });
    message.to_string()
}

fn event_time(time: OffsetDateTime) -> String {
    // Formatting fails only for years that no clock shows.
    time.to_offset(time::UtcOffset::UTC)
        .format(EVENT_TIME)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use s3s::dto::{Event, FilterRule, FilterRuleName, NotificationConfigurationFilter, S3KeyFilter};
    use time::macros::datetime;

    use super::*;
    use crate::store::record::{Checksums, Description};

    fn queue(event: &str, filters: &[(&str, &str)]) -> QueueConfiguration {
        let rule = |(name, value): &(&str, &str)| FilterRule {
            name: Some(FilterRuleName::from((*name).to_owned())),
            value: Some((*value).to_owned()),
        };
        let key = S3KeyFilter {
            filter_rules: Some(filters.iter().map(rule).collect()),
        };
        QueueConfiguration {
            events: vec![Event::from(event.to_owned())],
            filter: Some(NotificationConfigurationFilter { key: Some(key) }),
            id: Some("id".to_owned()),
            queue_arn: "arn:aws:sqs:us-east-1:000000000000:q".to_owned(),
        }
    }

    #[test]
    fn patterns_and_filters_choose_the_events() {
        use ObjectCreated::{Copy, Put};
        let all = queue("s3:ObjectCreated:*", &[("prefix", "in/"), ("Suffix", ".png")]);
        assert!(matches(&all, Put, "in/a.png"));
        assert!(matches(&all, Copy, "in/.png"));
        assert!(!matches(&all, Put, "out/a.png"));
        assert!(!matches(&all, Put, "in/a.jpg"));
        let put = queue("s3:ObjectCreated:Put", &[]);
        assert!(matches(&put, Put, "anything"));
        assert!(!matches(&put, Copy, "anything"));
        assert!(!matches(&queue("s3:ObjectRemoved:*", &[]), Put, "anything"));
    }

    #[test]
    fn the_record_has_the_shape_that_s3_writes() {
        let record = ObjectRecord {
            key: "in/a b+1.png".to_owned(),
            size: 5,
            etag: "0123".to_owned(),
            sequence: 0x1f,
            modified: datetime!(2025-01-02 03:04:05.006_7 UTC),
            description: Description::default(),
            checksums: Checksums::default(),
        };
        let source = EventSource {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
        };
        let message = event_message(&source, "photos", "id", &record, ObjectCreated::Post);
        let expected = json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2025-01-02T03:04:05.006Z",
            "eventName": "ObjectCreated:Post",
            "userIdentity": { "principalId": "AWS:000000000000" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": { "x-amz-request-id": "00000000000000001F", "x-amz-id-2": "00000000000000001F" },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "id",
                "bucket": {
                    "name": "photos",
                    "ownerIdentity": { "principalId": "000000000000" },
                    "arn": "arn:aws:s3:::photos",
                },
                "object": {
                    "key": "in/a+b%2B1.png",
                    "size": 5,
                    "eTag": "0123",
                    "sequencer": "00000000000000001F",
                },
            },
        }]});
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&message).unwrap(),
            expected
        );
    }

    #[test]
    fn sequencers_sort_as_text_in_the_order_of_the_writes() {
        let text = |number: u64| format!("{number:018X}");
        assert!(text(9) < text(0x10) && text(u64::MAX - 1) < text(u64::MAX));
    }
}

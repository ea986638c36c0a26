//! What S3 tells of its objects, as it stands in the body of an SQS message.

use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// An object that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedObject {
    /// Its key, decoded.
    pub key: String,
    /// Orders the events of one key.
    pub sequencer: Option<String>,
}

/// The objects that one body tells of: none for the event that S3 sends to try out a new notification, and for events
/// of other kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedObjects(pub Vec<CreatedObject>);

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "Event")]
    test: Option<String>,
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    sequencer: Option<String>,
}

/// A body that S3 did not write.
#[derive(Debug, thiserror::Error)]
pub enum NotAnS3Event {
    /// It is not of its shape.
    #[error("unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It has neither records nor is it a test.
    #[error("no records")]
    NoRecords,
    /// A key is not UTF-8.
    #[error("a key that is no text")]
    Key,
}

impl FromStr for CreatedObjects {
    type Err = NotAnS3Event;

    fn from_str(body: &str) -> Result<Self, NotAnS3Event> {
        let body: Body = serde_json::from_str(body)?;
        if body.test.as_deref() == Some("s3:TestEvent") {
            return Ok(Self(Vec::new()));
        }
        let records = body.records.ok_or(NotAnS3Event::NoRecords)?;
        let created = |name: &str| name.trim_start_matches("s3:").starts_with("ObjectCreated:");
        records
            .into_iter()
            .filter(|record| created(&record.event_name))
            .map(|record| {
                let object = record.s3.object;
                Ok(CreatedObject {
                    key: decoded(&object.key)?,
                    sequencer: object.sequencer,
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Keys are written as in a form: a plus sign is a space.
fn decoded(key: &str) -> Result<String, NotAnS3Event> {
    let spaces = key.replace('+', " ");
    let text = percent_decode_str(&spaces)
        .decode_utf8()
        .map_err(|_| NotAnS3Event::Key)?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, key: &str) -> String {
        format!(
            r#"{{"Records":[{{"eventVersion":"2.1","eventName":"{name}","s3":{{"bucket":{{"name":"b"}},
                "object":{{"key":"{key}","size":1,"sequencer":"0055AED6DCD90281E5"}}}}}}]}}"#
        )
    }

    #[test]
    fn keys_come_decoded() {
        for (written, key) in [
            ("uploads/default/x", "uploads/default/x"),
            ("uploads/a+b%2Bc", "uploads/a b+c"),
            ("uploads/auth0%257C7/x", "uploads/auth0%7C7/x"),
            ("uploads/%C3%A9%25.jpg", "uploads/é%.jpg"),
        ] {
            let events: CreatedObjects = event("ObjectCreated:Put", written).parse().unwrap();
            assert_eq!(events.0[0].key, key);
            assert_eq!(events.0[0].sequencer.as_deref(), Some("0055AED6DCD90281E5"));
        }
        assert!(matches!(
            event("ObjectCreated:Put", "%FF").parse::<CreatedObjects>(),
            Err(NotAnS3Event::Key)
        ));
    }

    #[test]
    fn tests_and_other_events_tell_of_nothing() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"t","Bucket":"b"}"#;
        assert_eq!(test.parse::<CreatedObjects>().unwrap().0, []);
        assert_eq!(
            event("ObjectRemoved:Delete", "x")
                .parse::<CreatedObjects>()
                .unwrap()
                .0,
            []
        );
        assert_eq!(r#"{"Records":[]}"#.parse::<CreatedObjects>().unwrap().0, []);
        assert!(matches!(
            "{}".parse::<CreatedObjects>(),
            Err(NotAnS3Event::NoRecords)
        ));
        assert!("hello".parse::<CreatedObjects>().is_err());
    }
}

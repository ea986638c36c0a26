//! What a message says has arrived.

use darkroom_domain::{FileKey, IngestMessage, TenantId, UploadId};
use darkroom_lambda::{CreatedObjects, s3_event::NotAnS3Event};

/// An upload that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) tenant: TenantId,
    pub(crate) upload: UploadId,
    /// S3's, if it was S3 who told.
    pub(crate) sequencer: Option<String>,
}

/// The arrivals that the body of a message tells of: by S3, or by the janitor, who noticed that S3's word was lost.
/// Objects under keys of no upload are none.
pub(crate) fn arrivals(body: &str) -> Result<Vec<Arrival>, NotAnS3Event> {
    if let Ok(message) = body.parse::<IngestMessage>() {
        return Ok(vec![Arrival {
            tenant: message.tenant,
            upload: message.upload_id,
            sequencer: None,
        }]);
    }
    let CreatedObjects(objects) = body.parse()?;
    let arrivals = objects.into_iter().filter_map(|object| match object.key.parse() {
        Ok(FileKey::Upload { tenant, upload }) => Some(Arrival {
            tenant,
            upload,
            sequencer: object.sequencer,
        }),
        _ => {
            tracing::warn!("an object under a key of no upload");
            None
        }
    });
    Ok(arrivals.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: &str) -> String {
        format!(
            r#"{{"Records":[{{"eventName":"ObjectCreated:Put","s3":{{"object":{{"key":"{key}","sequencer":"1"}}}}}}]}}"#
        )
    }

    #[test]
    fn only_keys_of_uploads_are_arrivals() {
        let key = "uploads/auth0%257C7/0192f0c1-2345-7abc-8def-0123456789ab";
        let arrivals_of = |key| arrivals(&event(key)).unwrap();
        assert_eq!(arrivals_of(key)[0].tenant, "auth0|7".parse().unwrap());
        for other in [
            "uploads/default/a+b%2B%25%C3%A9.jpg",
            "originals/default/0192f0c1-2345-7abc-8def-0123456789ab",
            "derived/default/0192f0c1-2345-7abc-8def-0123456789ab/thumbnails/v1/100x100.jpg",
            "x",
        ] {
            assert_eq!(arrivals_of(other), [], "{other}");
        }
    }

    #[test]
    fn the_janitor_is_heard_and_noise_is_not() {
        let body =
            r#"{"schema_version":1,"tenant":"default","upload_id":"0192f0c1-2345-7abc-8def-0123456789ab"}"#;
        assert_eq!(arrivals(body).unwrap()[0].sequencer, None);
        assert!(arrivals("not json").is_err());
        assert!(arrivals(&body.replace(":1,", ":9,")).is_err());
    }
}

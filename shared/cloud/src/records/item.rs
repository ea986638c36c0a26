//! How entities lie in the table: their fields, and the keys that follow from them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use darkroom_domain::{
    ArchivedPicture, Dataset, DatasetImage, Failure, Image, ImageId, Job, Listing, PictureArchive, RecordKey,
    SegmentationStatistics, Subject, Tally, TenantId, Timestamp, Upload, record_key::due_partition,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::fault::unreadable;

/// One item of the table.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An entity that is kept in the table.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// Where it lies.
    fn key(&self) -> RecordKey;

    /// The list it stands in, and the text it is sorted by there.
    fn listed(&self) -> Option<(String, String)> {
        None
    }

    /// When it should be looked at, as long as it is unfinished, and the id that tells which partition it is in.
    fn due(&self) -> Option<(Timestamp, Uuid)> {
        None
    }

    /// When it may be forgotten.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    /// The item it is kept as.
    fn to_item(&self) -> Result<Item, Failure> {
        let mut item: Item = serde_dynamo::to_item(self).map_err(|error| unreadable("record", error))?;
        item.extend(key_of(&self.key()));
        if let Some((partition, sort)) = self.listed() {
            item.insert("GSI1PK".to_owned(), string(partition));
            item.insert("GSI1SK".to_owned(), string(sort));
        }
        if let Some((at, id)) = self.due() {
            item.insert("GSI2PK".to_owned(), string(due_partition(&id)));
            item.insert("GSI2SK".to_owned(), string(format!("{at}#{id}")));
        }
        if let Some(at) = self.expires_at() {
            item.insert(
                "expires_at".to_owned(),
                AttributeValue::N(at.unix_seconds().to_string()),
            );
        }
        Ok(item)
    }
}

/// The entity that an item keeps.
pub(super) fn from_item<T: Record>(item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(|error| unreadable("record", error))
}

/// A key as the table wants it.
pub(super) fn key_of(key: &RecordKey) -> Item {
    HashMap::from([
        ("PK".to_owned(), string(key.partition())),
        ("SK".to_owned(), string(key.sort())),
    ])
}

/// A text as the table wants it.
pub(super) fn string(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

impl Record for Upload {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Upload(self.id))
    }

    fn due(&self) -> Option<(Timestamp, Uuid)> {
        self.due_at.map(|at| (at, *self.id.as_uuid()))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(Self::expires_at(self))
    }
}

impl Record for Image {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Image(self.id))
    }

    fn listed(&self) -> Option<(String, String)> {
        let in_library = self.dataset_id.is_none();
        in_library.then(|| (Listing::Images.partition(&self.tenant), self.id.to_string()))
    }
}

impl Record for Job {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Job(self.id))
    }

    fn listed(&self) -> Option<(String, String)> {
        self.is_listed()
            .then(|| (Listing::Jobs.partition(&self.tenant), self.id.to_string()))
    }

    fn due(&self) -> Option<(Timestamp, Uuid)> {
        self.due_at.map(|at| (at, *self.id.as_uuid()))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Self::expires_at(self)
    }
}

impl Record for Dataset {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Dataset(self.id))
    }

    fn due(&self) -> Option<(Timestamp, Uuid)> {
        self.due_at.map(|at| (at, *self.id.as_uuid()))
    }
}

impl Record for DatasetImage {
    fn key(&self) -> RecordKey {
        RecordKey::new(
            self.tenant.clone(),
            Subject::DatasetImage(self.dataset_id, self.image_id),
        )
    }
}

impl Record for PictureArchive {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Archive(self.id))
    }

    fn due(&self) -> Option<(Timestamp, Uuid)> {
        self.due_at.map(|at| (at, self.id.to_uuid()))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forgotten_at())
    }
}

impl Record for ArchivedPicture {
    fn key(&self) -> RecordKey {
        RecordKey::new(
            self.tenant.clone(),
            Subject::ArchivedPicture(self.archive_id, self.number),
        )
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forgotten_at)
    }
}

impl Record for Tally {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Tally(self.archive_id))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forgotten_at)
    }
}

impl Record for SegmentationStatistics {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::SegmentationStatistics)
    }
}

/// Which picture has these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DigestRecord {
    tenant: TenantId,
    sha256: String,
    pub(super) image_id: ImageId,
}

impl DigestRecord {
    pub(super) fn of(image: &Image) -> Self {
        Self {
            tenant: image.tenant.clone(),
            sha256: image.sha256.clone(),
            image_id: image.id,
        }
    }
}

impl Record for DigestRecord {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Digest(self.sha256.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{JobId, Task};

    #[test]
    fn only_unfinished_work_stands_in_the_index_of_due_work() {
        let now = Timestamp::from_unix_milliseconds(0).unwrap();
        let id: ImageId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        let job = Job::queued(
            JobId::from_uuid(*id.as_uuid()),
            TenantId::single(),
            Task::Thumbnail { image_id: id },
            now,
        );
        let item = job.to_item().unwrap();
        assert!(
            item["GSI2SK"]
                .as_s()
                .unwrap()
                .starts_with("1970-01-01T00:15:00.000Z#")
        );
        assert_eq!(item["GSI1PK"].as_s().unwrap(), "TENANT#default|JOBS");
        assert_eq!(from_item::<Job>(item).unwrap(), job);
        let done = job.claimed(now, now).unwrap().done(Vec::new(), now).unwrap();
        let item = done.to_item().unwrap();
        assert!(!item.contains_key("GSI2PK") && !item.contains_key("GSI2SK"));
    }
}

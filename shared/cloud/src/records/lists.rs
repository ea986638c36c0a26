//! Lists: pictures of a tenant, unfinished work.

use darkroom_domain::{
    Batch, Dataset, Failure, Image, ImageId, Job, Listing, PictureArchive, RecordKey, Subject, TenantId,
    Timestamp, Upload,
    record_key::{DUE_SHARDS, due_partition_of_shard},
};

use super::{
    Records,
    item::{Item, from_item, key_of, string},
};
use crate::fault::{fault, unreadable};

/// Unfinished work that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueWork {
    /// An upload that stands still.
    Upload(Box<Upload>),
    /// A job that stands still.
    Job(Box<Job>),
    /// A dataset that is not whole, or not quite gone.
    Dataset(Box<Dataset>),
    /// A batch that is not quite gone.
    Batch(Box<Batch>),
    /// An archive of pictures whose time is over.
    Archive(Box<PictureArchive>),
}

/// Some of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// Whether there are more behind the last of them.
    pub has_more: bool,
}

impl Records {
    /// Pictures of a tenant, newest first, behind the one with the id `after`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn images(
        &self,
        tenant: &TenantId,
        after: Option<ImageId>,
        limit: u32,
    ) -> Result<Page<Image>, Failure> {
        let partition = Listing::Images.partition(tenant);
        let start = after.map(|id| {
            let mut key = key_of(&RecordKey::new(tenant.clone(), Subject::Image(id)));
            key.insert("GSI1PK".to_owned(), string(&partition));
            key.insert("GSI1SK".to_owned(), string(id));
            key
        });
        let result = self
            .clients
            .dynamodb()
            .query()
            .table_name(&self.table)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :partition")
            .expression_attribute_values(":partition", string(&partition))
            .scan_index_forward(false)
            // One more than is wanted: DynamoDB does not know whether anything follows what it stopped at.
            .limit(i32::try_from(limit.saturating_add(1)).map_err(|error| unreadable("limit", error))?)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| fault("Query", error))?;
        let found = result.items.unwrap_or_default();
        let wanted = usize::try_from(limit).map_err(|error| unreadable("limit", error))?;
        let has_more = found.len() > wanted || result.last_evaluated_key.is_some();
        let items = found
            .into_iter()
            .take(wanted)
            .map(from_item)
            .collect::<Result<Vec<Image>, _>>()?;
        Ok(Page { items, has_more })
    }

    /// At most `limit` pieces of unfinished work that were due at `until`, oldest first within each partition of the
    /// index. The index lags behind the table: read again before deciding on anything.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<DueWork>, Failure> {
        let mut due = Vec::new();
        // Each round begins with another shard: no work waits behind the same other work for ever.
        let first =
            u8::try_from(until.unix_seconds().div_euclid(300).rem_euclid(DUE_SHARDS.into())).unwrap_or(0);
        for shard in (0..DUE_SHARDS).map(|shard| shard.wrapping_add(first) % DUE_SHARDS) {
            let mut start = None;
            loop {
                let result = self
                    .clients
                    .dynamodb()
                    .query()
                    .table_name(&self.table)
                    .index_name("GSI2")
                    .key_condition_expression("GSI2PK = :partition AND GSI2SK < :until")
                    .expression_attribute_values(":partition", string(due_partition_of_shard(shard)))
                    // Behind the time stands the id: a tilde sorts behind every id.
                    .expression_attribute_values(":until", string(format!("{until}~")))
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .map_err(|error| fault("Query", error))?;
                for item in result.items.unwrap_or_default() {
                    if due.len() >= limit {
                        return Ok(due);
                    }
                    due.push(due_work(item)?);
                }
                start = result.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(due)
    }
}

fn due_work(item: Item) -> Result<DueWork, Failure> {
    let sort = item
        .get("SK")
        .and_then(|value| value.as_s().ok())
        .cloned()
        .unwrap_or_default();
    match sort.split('#').next() {
        Some("UPLOAD") => Ok(DueWork::Upload(Box::new(from_item(item)?))),
        Some("JOB") => Ok(DueWork::Job(Box::new(from_item(item)?))),
        Some("DATASET") => Ok(DueWork::Dataset(Box::new(from_item(item)?))),
        Some("BATCH") => Ok(DueWork::Batch(Box::new(from_item(item)?))),
        Some("ARCHIVE") => Ok(DueWork::Archive(Box::new(from_item(item)?))),
        _ => Err(unreadable("due work", sort)),
    }
}

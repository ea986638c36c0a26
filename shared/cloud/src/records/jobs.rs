//! Jobs: by their ids, as a list, and counted.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use darkroom_domain::{
    DatasetId, Failure, ImageId, Job, JobId, JobKind, JobState, Listing, RecordKey, Subject, TenantId,
};

use super::{
    Records,
    item::{Item, from_item, key_of, string},
};
use crate::fault::{fault, unreadable};

/// Which jobs of a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Those in this state.
    pub state: Option<JobState>,
    /// Those of this kind.
    pub kind: Option<JobKind>,
    /// Those on this picture.
    pub image_id: Option<ImageId>,
    /// Those on this dataset.
    pub dataset_id: Option<DatasetId>,
}

/// Some jobs, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPage {
    /// What is on the page.
    pub items: Vec<Job>,
    /// The job behind which the next page begins, if there is one.
    pub next: Option<JobId>,
}

/// How many jobs are in each state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// By state.
    pub by_state: HashMap<JobState, u64>,
    /// Whether all jobs were counted, or only the newest.
    pub is_complete: bool,
}

/// How many jobs are looked at for one answer. Behind that the next page, or nothing, must do.
const AT_ONCE: usize = 10_000;

impl JobFilter {
    /// The filter as DynamoDB wants it: an expression, its names and its values.
    fn expression(&self) -> Result<Option<(String, Names, Item)>, Failure> {
        let kind = self
            .kind
            .map(|kind| serde_json::to_value(kind).map_err(|error| unreadable("kind", error)))
            .transpose()?;
        let wanted = [
            ("state", self.state.map(|state| state.name().to_owned())),
            ("kind", kind.and_then(|kind| kind.as_str().map(str::to_owned))),
            ("image_id", self.image_id.map(|id| id.to_string())),
            ("dataset_id", self.dataset_id.map(|id| id.to_string())),
        ];
        let (mut conditions, mut names, mut values) = (Vec::new(), Names::new(), Item::new());
        for (name, value) in wanted {
            if let Some(value) = value {
                conditions.push(format!("#{name} = :{name}"));
                names.insert(format!("#{name}"), name.to_owned());
                values.insert(format!(":{name}"), string(value));
            }
        }
        Ok((!conditions.is_empty()).then(|| (conditions.join(" AND "), names, values)))
    }
}

type Names = HashMap<String, String>;

impl Records {
    /// Writes a job that is new.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_job(&self, job: &Job) -> Result<(), Failure> {
        self.put_new(job).await
    }

    /// Those of these jobs that there are, in no order.
    ///
    /// # Errors
    /// `unavailable` when not all could be read; `internal`.
    pub async fn jobs(&self, tenant: &TenantId, ids: &[JobId]) -> Result<Vec<Job>, Failure> {
        let keys = ids
            .iter()
            .map(|id| RecordKey::new(tenant.clone(), Subject::Job(*id)));
        self.many(keys).await
    }

    /// Jobs of a tenant, newest first, behind the one with the id `after`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn job_page(
        &self,
        tenant: &TenantId,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<JobPage, Failure> {
        let mut items = Vec::new();
        let mut looked_at = 0_usize;
        let mut start = after.map(|id| list_key(tenant, id));
        loop {
            let (page, last, scanned) = self.query_jobs(tenant, filter, start).await?;
            looked_at = looked_at.saturating_add(scanned);
            for item in page {
                let job: Job = from_item(item)?;
                if items.len() == limit {
                    let next = items.last().map(|job: &Job| job.id);
                    return Ok(JobPage { items, next });
                }
                items.push(job);
            }
            let Some(last) = last else {
                return Ok(JobPage { items, next: None });
            };
            if looked_at >= AT_ONCE {
                let next = last
                    .get("GSI1SK")
                    .and_then(|id| id.as_s().ok())
                    .and_then(|id| id.parse().ok());
                return Ok(JobPage { items, next });
            }
            start = Some(last);
        }
    }

    /// How many of a tenant's jobs are in which state: of all, or of the newest ten thousand.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn count_jobs(&self, tenant: &TenantId) -> Result<JobCounts, Failure> {
        let mut counts = JobCounts::default();
        let mut looked_at = 0_usize;
        let mut start = None;
        loop {
            let (page, last, scanned) = self.query_jobs(tenant, &JobFilter::default(), start).await?;
            looked_at = looked_at.saturating_add(scanned);
            for item in page {
                let job: Job = from_item(item)?;
                let count = counts.by_state.entry(job.state).or_default();
                *count = count.saturating_add(1);
            }
            counts.is_complete = last.is_none();
            if last.is_none() || looked_at >= AT_ONCE {
                return Ok(counts);
            }
            start = last;
        }
    }

    /// One page of DynamoDB's: what fits the filter, where it stopped, and how many it looked at.
    async fn query_jobs(
        &self,
        tenant: &TenantId,
        filter: &JobFilter,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>, usize), Failure> {
        let (expression, names, values) = filter.expression()?.map_or((None, None, Item::new()), |parts| {
            (Some(parts.0), Some(parts.1), parts.2)
        });
        let result = self
            .clients
            .dynamodb()
            .query()
            .table_name(&self.table)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :partition")
            .set_filter_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":partition", AttributeValue::S(Listing::Jobs.partition(tenant)))
            .scan_index_forward(false)
            .limit(500)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| fault("Query", error))?;
        let scanned = usize::try_from(result.scanned_count).unwrap_or_default();
        Ok((
            result.items.unwrap_or_default(),
            result.last_evaluated_key,
            scanned,
        ))
    }
}

/// Where a job stands in the list.
fn list_key(tenant: &TenantId, id: JobId) -> Item {
    let mut key = key_of(&RecordKey::new(tenant.clone(), Subject::Job(id)));
    key.insert("GSI1PK".to_owned(), string(Listing::Jobs.partition(tenant)));
    key.insert("GSI1SK".to_owned(), string(id));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_what_it_compares() {
        assert!(JobFilter::default().expression().unwrap().is_none());
        let filter = JobFilter {
            state: Some(JobState::Done),
            kind: Some(JobKind::DatasetExport),
            ..JobFilter::default()
        };
        let (expression, names, values) = filter.expression().unwrap().unwrap();
        assert_eq!(expression, "#state = :state AND #kind = :kind");
        assert_eq!(names["#state"], "state");
        assert_eq!(values[":kind"].as_s().unwrap(), "dataset_export");
    }
}

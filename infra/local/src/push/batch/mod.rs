//! Folders of photographs on their way into a batch, and the groups they fall into on the way back.

mod analysis;
mod api;
mod copies;
mod report;
mod sending;

use std::{
    collections::HashSet,
    path::PathBuf,
    time::{Duration, Instant},
};

use darkroom_cloud::clock::RandomIds;
use darkroom_domain::sorter::GroupingMetric;
use serde::Serialize;

pub use report::{
    BatchGroup, BatchReport, BestPhotograph, Described, GroupsReport, NearDuplicates, PhotographReport,
    PhotographResult,
};

use super::{
    api::Api,
    discovery,
    error::PushError,
    progress::Progress,
    report::{FileError, printable},
};
use analysis::Analysis;
use sending::Sending;

/// How the photographs of a batch are grouped. What is not said is the API's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroupingRequest {
    /// How many photographs make a group, at the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cluster_size: Option<u32>,
    /// How many neighbours a photograph must have close by to be in the midst of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u32>,
    /// How far two photographs are from each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<GroupingMetric>,
}

/// Which photographs to send into which batch, where, and how.
#[derive(Clone)]
pub struct BatchOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// What the batch is called; one is made if there is none of that name.
    pub name: String,
    /// How its photographs are grouped; none to leave that for later.
    pub grouping: Option<GroupingRequest>,
    /// Where the API answers.
    pub url: String,
    /// The bearer token, where the API asks for one.
    pub token: Option<String>,
    /// How many files are sent at once; at least one is.
    pub concurrency: usize,
    /// How long each stage is waited for while nothing of it moves.
    pub timeout: Duration,
    /// Whether standard output is kept free for a report in JSON.
    pub json: bool,
}

impl std::fmt::Debug for BatchOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            paths,
            name,
            grouping,
            url,
            concurrency,
            timeout,
            json,
            token: _,
        } = self;
        formatter
            .debug_struct("BatchOptions")
            .field("paths", paths)
            .field("name", name)
            .field("grouping", grouping)
            .field("url", url)
            .field("concurrency", concurrency)
            .field("timeout", timeout)
            .field("json", json)
            .finish_non_exhaustive()
    }
}

/// Sends photographs into a batch, waits until they are described, has them grouped, and tells what came of all. What
/// goes wrong with one file ends nothing but that file.
///
/// # Errors
/// When it cannot begin: paths or options are wrong, nothing answers, or the batch can be neither found nor made; and
/// when the batch is removed while files are sent into it.
pub async fn push_batch(options: &BatchOptions) -> Result<BatchReport, PushError> {
    let began = Instant::now();
    let api = Api::new(&options.url, options.token.as_deref())?;
    let files = discovery::discover(&options.paths, None)?;
    api.probe().await?;
    let batch = api
        .open_batch(&options.name)
        .await
        .map_err(|fault| PushError::BatchNotOpened {
            name: options.name.clone(),
            reason: printable(&format!("{}: {fault}", fault.code())),
        })?;
    let progress = Progress::new(files.len(), options.json);
    if batch.is_new {
        progress.say(&format!("batch {}: created", batch.id));
    }
    // Of one that is new nobody needs to be asked; elsewhere it only tells more exactly when all have joined.
    let before = match batch.is_new {
        true => 0,
        false => api
            .readiness(batch.id)
            .await
            .map_or(0, |readiness| readiness.total),
    };
    let sending = Sending::new(&api, &RandomIds, &progress, batch.id, options);
    let photographs = sending.send(files).await.inspect_err(|_| progress.close())?;
    let mut report = BatchReport::new(&options.name, batch, api.base(), photographs);
    report.bytes_sent = sending.bytes_sent();

    let analysis = Analysis {
        api: &api,
        batch: batch.id,
        progress: &progress,
        timeout: options.timeout,
    };
    let files = report.files();
    let new: HashSet<&str> = report
        .photographs
        .iter()
        .filter(|photograph| photograph.result == PhotographResult::New)
        .filter_map(|photograph| photograph.image_id.as_deref())
        .collect();
    let after = before.saturating_add(count(new.len()));
    let outcome = analysis
        .run(options.grouping, after.max(count(files.len())), &files)
        .await;
    progress.close();
    report.described = outcome.described;
    match outcome.groups {
        Ok(groups) => report.groups = groups,
        Err(fault) => report.error = Some(FileError::from(&fault)),
    }
    report.took(began.elapsed());
    Ok(report)
}

/// A number of things in memory as it stands in answers.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

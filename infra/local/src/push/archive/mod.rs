//! Zip archives on their way to the API, and their segmented pictures on the way back.

mod api;
mod journey;
mod naming;
mod parts;
mod report;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use darkroom_cloud::clock::RandomIds;
use darkroom_domain::ArchiveOutput;
use futures::StreamExt;
use serde::Serialize;
use tokio::sync::Semaphore;

pub use report::{ArchiveReport, ArchiveResult, PictureFailure, PicturesReport, SegmentReport};

use super::{api::Api, error::PushError, progress::Progress};
use journey::{Journey, Source};

/// How the pictures of archives are segmented. What is not said is the model's own, or the API's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SegmentationRequest {
    /// The model's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the model must be sure of, 0..1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Only these classes, by their labels; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// What comes back of each picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<ArchiveOutput>,
}

/// Which archives to send, where, and how.
#[derive(Clone)]
pub struct SegmentOptions {
    /// Zip files.
    pub archives: Vec<PathBuf>,
    /// What is done with their pictures.
    pub request: SegmentationRequest,
    /// Where the API answers.
    pub url: String,
    /// The bearer token, where the API asks for one.
    pub token: Option<String>,
    /// Whether to wait for the results and fetch them.
    pub wait: bool,
    /// The folder that results are written to, or the file for the one that there is; who names one waits. The working
    /// directory where nothing is said.
    pub out: Option<PathBuf>,
    /// How many archives, and how many transfers to storage, are under way at once; at least one is.
    pub concurrency: usize,
    /// How long an archive is waited for while nothing of it moves.
    pub timeout: Duration,
    /// Whether standard output is kept free for a report in JSON.
    pub json: bool,
}

impl std::fmt::Debug for SegmentOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            archives,
            request,
            url,
            wait,
            out,
            concurrency,
            timeout,
            json,
            token: _,
        } = self;
        formatter
            .debug_struct("SegmentOptions")
            .field("archives", archives)
            .field("request", request)
            .field("url", url)
            .field("wait", wait)
            .field("out", out)
            .field("concurrency", concurrency)
            .field("timeout", timeout)
            .field("json", json)
            .finish_non_exhaustive()
    }
}

/// Sends archives of pictures to be segmented, and tells what became of each. What goes wrong with one ends nothing but
/// that one.
///
/// # Errors
/// When it cannot begin: paths or options are wrong, or nothing answers.
pub async fn segment(options: &SegmentOptions) -> Result<SegmentReport, PushError> {
    let began = Instant::now();
    let api = Api::new(&options.url, options.token.as_deref())?;
    let archives = each_once(&options.archives)?;
    let wait = options.wait || options.out.is_some();
    let targets = if wait {
        let targets = naming::targets(&archives, options.out.as_deref())?;
        targets.into_iter().map(Some).collect()
    } else {
        vec![None; archives.len()]
    };
    api.probe().await?;

    let sources: Vec<Source> = archives
        .into_iter()
        .zip(targets)
        .map(|(path, target)| Source { path, target })
        .collect();
    let progress = Progress::new(sources.len(), options.json);
    let concurrency = options.concurrency.max(1);
    let journey = Journey {
        api: &api,
        ids: &RandomIds,
        progress: &progress,
        request: &options.request,
        transfers: &Semaphore::new(concurrency),
        concurrency,
        timeout: options.timeout,
    };
    let mut reports: Vec<(usize, ArchiveReport)> = futures::stream::iter(sources.iter().enumerate())
        .map(async |(position, source)| (position, journey.make(source).await))
        .buffer_unordered(concurrency)
        .collect()
        .await;
    progress.close();
    reports.sort_by_key(|(position, _)| *position);
    let reports = reports.into_iter().map(|(_, report)| report).collect();
    Ok(SegmentReport::new(reports, began.elapsed()))
}

/// The archives in the order given, each once.
fn each_once(paths: &[PathBuf]) -> Result<Vec<PathBuf>, PushError> {
    let mut seen = HashSet::new();
    let mut archives = Vec::with_capacity(paths.len());
    for path in paths {
        let canonical = readable(path)?;
        if seen.insert(canonical) {
            archives.push(path.clone());
        }
    }
    Ok(archives)
}

fn readable(path: &Path) -> Result<PathBuf, PushError> {
    let unreadable = |source| PushError::Unreadable {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Err(PushError::FolderForArchive(path.to_owned()));
    }
    path.canonicalize().map_err(unreadable)
}

//! Files and folders of images, archives of them, and photographs for batches, on their way to the API, several at once.

mod api;
mod archive;
mod batch;
mod dataset;
mod discovery;
mod error;
mod fingerprint;
mod http_client;
mod naming;
mod progress;
mod report;
mod retry;
mod streaming;
#[cfg(test)]
mod tests;
mod transfer;
mod waiting;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use darkroom_cloud::clock::RandomIds;
use futures::{StreamExt, TryStreamExt};

pub use archive::{
    ArchiveReport, ArchiveResult, PictureFailure, PicturesReport, SegmentOptions, SegmentReport,
    SegmentationRequest, segment,
};
pub use batch::{
    BatchGroup, BatchOptions, BatchReport, BestPhotograph, Described, GroupingRequest, GroupsReport,
    NearDuplicates, PhotographReport, PhotographResult, push_batch,
};
pub use dataset::Destination;
pub use error::PushError;
pub use report::{FileError, FileReport, FileResult, PushReport};

use api::Api;
use progress::Progress;
use transfer::{Source, Transfer};

/// What to push, where, and how.
#[derive(Clone)]
pub struct PushOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Where the pictures go.
    pub destination: Destination,
    /// Where the API answers.
    pub url: String,
    /// The bearer token, where the API asks for one.
    pub token: Option<String>,
    /// Whether to wait for what becomes of the images.
    pub wait: bool,
    /// The folder that thumbnails are written to; who names one waits.
    pub out: Option<PathBuf>,
    /// How many files are under way at once; at least one is.
    pub concurrency: usize,
    /// How long each file is waited for.
    pub timeout: Duration,
    /// Whether standard output is kept free for a report in JSON.
    pub json: bool,
}

impl std::fmt::Debug for PushOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            paths,
            destination,
            url,
            wait,
            out,
            concurrency,
            timeout,
            json,
            token: _,
        } = self;
        formatter
            .debug_struct("PushOptions")
            .field("paths", paths)
            .field("destination", destination)
            .field("url", url)
            .field("wait", wait)
            .field("out", out)
            .field("concurrency", concurrency)
            .field("timeout", timeout)
            .field("json", json)
            .finish_non_exhaustive()
    }
}

/// Pushes, and tells what became of every file. What goes wrong with one file ends nothing but that file.
///
/// # Errors
/// When the push cannot begin: paths or options are wrong, nothing answers, or there is no such dataset; and when the
/// dataset is removed while files are sent into it, and those that were sent with it.
pub async fn push(options: &PushOptions) -> Result<PushReport, PushError> {
    let began = Instant::now();
    let out = options.out.as_deref();
    let api = Api::new(&options.url, options.token.as_deref())?;
    if let Some(folder) = out {
        refuse_pushed(&options.paths, folder)?;
    }
    let files = discovery::discover(&options.paths, out)?;
    if let Some(folder) = out {
        std::fs::create_dir_all(folder).map_err(|source| PushError::Unwritable {
            path: folder.to_owned(),
            source,
        })?;
    }
    api.probe().await?;

    let stems: Vec<Option<String>> = match out {
        Some(folder) => naming::stems(&files, folder).into_iter().map(Some).collect(),
        None => vec![None; files.len()],
    };
    let sources: Vec<Source> = files
        .into_iter()
        .zip(stems)
        .map(|(path, stem)| Source { path, stem })
        .collect();
    let progress = Progress::new(sources.len(), options.json);
    let dataset = options
        .destination
        .prepare(&api, &progress)
        .await
        .inspect_err(|_| progress.close())?;
    let transfer = Transfer {
        api: &api,
        ids: &RandomIds,
        progress: &progress,
        dataset,
        out,
        wait: options.wait || out.is_some(),
        timeout: options.timeout,
        first: RefCell::default(),
        bytes_sent: Cell::default(),
    };
    let reports: Result<Vec<(usize, FileReport)>, PushError> =
        futures::stream::iter(sources.iter().enumerate())
            .map(async |(position, source)| Ok((position, transfer.push(source).await?)))
            .buffer_unordered(options.concurrency.max(1))
            .try_collect()
            .await;
    let mut reports = reports.inspect_err(|_| progress.close())?;
    reports.sort_by_key(|(position, _)| *position);
    let mut reports: Vec<FileReport> = reports.into_iter().map(|(_, report)| report).collect();
    let sent: HashMap<PathBuf, FileReport> = reports
        .iter()
        .filter(|report| report.same_as.is_none())
        .map(|report| (report.path.clone(), report.clone()))
        .collect();
    for (report, source) in reports.iter_mut().zip(&sources) {
        let first = report.same_as.as_ref().and_then(|path| sent.get(path));
        if let Some(first) = first {
            transfer.resolve(source, report, first).await;
        }
    }
    progress.close();
    Ok(PushReport::new(
        dataset,
        reports,
        transfer.bytes_sent.get(),
        began.elapsed(),
    ))
}

/// Thumbnails do not go where the next push would find them.
fn refuse_pushed(paths: &[PathBuf], folder: &Path) -> Result<(), PushError> {
    let Ok(canonical) = folder.canonicalize() else {
        return Ok(());
    };
    if paths
        .iter()
        .any(|path| path.is_dir() && path.canonicalize().is_ok_and(|path| path == canonical))
    {
        return Err(PushError::OutIsPushed(folder.to_owned()));
    }
    Ok(())
}

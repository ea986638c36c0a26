//! The way of one archive.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use darkroom_cloud::Ids;
use tokio::sync::Semaphore;

use super::{
    SegmentationRequest,
    api::{ArchiveStatus, Delivery, Segmented, download_path},
    parts::InParts,
    report::{ArchiveReport, ArchiveResult},
};
use crate::push::{
    api::Api,
    error::Fault,
    progress::{FileProgress, Progress},
    retry,
    streaming::Span,
    transfer::fingerprint,
    waiting::{self, Step},
};

/// The most bytes of an archive that is read once before it is sent, for storage to check what arrives. To read a larger
/// one twice costs more than that is worth.
const DIGESTED_BYTES: u64 = 256 * 1024 * 1024;

/// How long an archive is waited for that nobody waits for: until it has a job to ask for.
const JOB_PATIENCE: Duration = Duration::from_secs(15);

/// One archive to send.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Where its result is written, where it is waited for.
    pub(super) target: Option<PathBuf>,
}

/// What the archives of one push share.
pub(super) struct Journey<'a> {
    pub(super) api: &'a Api,
    pub(super) ids: &'a dyn Ids,
    pub(super) progress: &'a Progress,
    pub(super) request: &'a SegmentationRequest,
    /// One permit for each transfer to storage.
    pub(super) transfers: &'a Semaphore,
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
}

impl Journey<'_> {
    /// Sends one archive, and fetches its result if it has a target.
    pub(super) async fn make(&self, source: &Source) -> ArchiveReport {
        let progress = self.progress.file(&source.path);
        let mut report = ArchiveReport::new(&source.path);
        let result = self.try_make(source, &progress, &mut report).await;
        progress.close();
        if let Err(fault) = result {
            report.fail(&fault);
        }
        self.progress.finish(&report.line());
        report
    }

    async fn try_make(
        &self,
        source: &Source,
        progress: &FileProgress,
        report: &mut ArchiveReport,
    ) -> Result<(), Fault> {
        let upload_id = self.send(&source.path, progress, report).await?;
        report.result = ArchiveResult::Sent;
        let Some(target) = &source.target else {
            return match self.job(&upload_id, self.timeout.min(JOB_PATIENCE)).await {
                Ok(job_id) => {
                    report.job_id = Some(job_id);
                    Ok(())
                }
                // It will have one; nobody waits.
                Err(Fault::Unfinished(_)) => Ok(()),
                Err(fault) => Err(fault),
            };
        };
        progress.doing("waiting for acceptance");
        let job_id = self.job(&upload_id, self.timeout).await?;
        report.job_id = Some(job_id.clone());
        progress.doing("unpacking");
        report.tell(self.segmented(&job_id, progress).await?);
        progress.doing("fetching the result");
        if let Some(user_hash) = &report.user_hash {
            self.api.download(&download_path(user_hash), target).await?;
        }
        report.written = Some(target.clone());
        report.result = ArchiveResult::Segmented;
        Ok(())
    }

    /// Sends the archive to storage; the id of its upload.
    async fn send(
        &self,
        path: &Path,
        progress: &FileProgress,
        report: &mut ArchiveReport,
    ) -> Result<String, Fault> {
        let metadata = tokio::fs::metadata(path).await;
        let size = metadata
            .map_err(|source| Fault::File {
                path: path.to_owned(),
                source,
            })?
            .len();
        let (size, sha256) = if size <= DIGESTED_BYTES {
            let fingerprint = fingerprint(path, progress).await?;
            (fingerprint.size, Some(fingerprint.sha256))
        } else {
            (size, None)
        };
        progress.doing("asking");
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let key = self.ids.next().to_string();
        let promise = self
            .api
            .promise_archive(&name, (size, sha256.as_deref()), self.request, &key)
            .await?;
        report.upload_id = Some(promise.upload_id.clone());
        progress.doing_bytes("sending", size);
        match promise.delivery {
            Delivery::Put { url, headers } => {
                let permit = self.transfers.acquire().await;
                let _permit = permit.map_err(|error| Fault::Connection(error.to_string()))?;
                let on_bytes = {
                    let progress = progress.clone();
                    move |bytes| progress.at(bytes)
                };
                self.api
                    .put(path, Span::whole(size), ("PUT", &url), &headers, on_bytes)
                    .await?;
            }
            Delivery::Multipart(parts) => {
                let in_parts = InParts {
                    api: self.api,
                    path,
                    size,
                    upload_id: &promise.upload_id,
                    transfers: self.transfers,
                    concurrency: self.concurrency,
                    progress,
                };
                in_parts.send(parts).await?;
            }
        }
        report.bytes_sent = size;
        // Only now will there be a result.
        report.user_hash = Some(promise.user_hash);
        Ok(promise.upload_id)
    }

    /// The job of an upload, once that is accepted.
    async fn job(&self, upload_id: &str, patience: Duration) -> Result<String, Fault> {
        waiting::wait(patience, async || {
            let upload = match self.api.upload(upload_id).await {
                Ok(upload) => upload,
                Err(fault) => return unknown(fault),
            };
            match (upload.state.as_str(), upload.job_id) {
                ("accepted", Some(job_id)) => Ok(Step::Done(job_id)),
                ("accepted", None) => Err(Fault::Unintelligible("accepted, but no job".to_owned())),
                (state @ ("rejected" | "expired"), _) => Err(upload
                    .error
                    .map_or_else(|| Fault::from_state("upload", state), Fault::from)),
                (state, _) => Ok(Step::Moving(state.to_owned())),
            }
        })
        .await
    }

    /// What has come of an archive, once nothing more is done about it. Every picture that is through is a movement.
    async fn segmented(&self, job_id: &str, progress: &FileProgress) -> Result<Segmented, Fault> {
        waiting::wait(self.timeout, async || {
            let status = match self.api.archive_status(job_id).await {
                Ok(status) => status,
                Err(fault) => return unknown(fault),
            };
            let ArchiveStatus {
                status,
                progress: pictures,
                result,
                error,
            } = status;
            match (status.as_str(), result) {
                ("SUCCESS", Some(segmented)) => Ok(Step::Done(segmented)),
                ("PENDING" | "STARTED" | "RETRY", _) => {
                    match pictures {
                        Some(pictures) if pictures.done < pictures.total => {
                            progress.doing_pictures("segmenting", pictures.done, pictures.total);
                        }
                        Some(_) => progress.doing("packing"),
                        None => {}
                    }
                    Ok(Step::Moving((status, pictures)))
                }
                ("FAILURE" | "REVOKED", _) => Err(error.map_or_else(
                    || Fault::from_state("archive", &status.to_lowercase()),
                    Fault::from,
                )),
                _ => Err(Fault::Unintelligible(format!("an archive that is {status:?}"))),
            }
        })
        .await
    }
}

/// What may pass is no reason to leave an archive alone that is worked on for long.
fn unknown<T, M>(fault: Fault) -> Result<Step<T, M>, Fault> {
    if retry::may_pass(&fault) {
        Ok(Step::Unknown(fault))
    } else {
        Err(fault)
    }
}

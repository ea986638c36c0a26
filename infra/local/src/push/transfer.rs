//! The way of one file.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use darkroom_cloud::Ids;
use darkroom_domain::DatasetId;

use super::{
    api::{Api, Promise},
    error::{Fault, PushError},
    fingerprint::Fingerprint,
    naming,
    progress::{FileProgress, Progress},
    report::{FileReport, FileResult},
    streaming::Span,
    waiting::{self, Step},
};

/// One file to push.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// What its thumbnails are called, where they are wanted.
    pub(super) stem: Option<String>,
}

/// What the files of one push share.
pub(super) struct Transfer<'a> {
    pub(super) api: &'a Api,
    pub(super) ids: &'a dyn Ids,
    pub(super) progress: &'a Progress,
    /// Where the files go, if they do not stand on their own.
    pub(super) dataset: Option<DatasetId>,
    /// Where thumbnails go.
    pub(super) out: Option<&'a Path>,
    pub(super) wait: bool,
    pub(super) timeout: Duration,
    /// By digest, which file is sent for all that are the same.
    pub(super) first: RefCell<HashMap<String, PathBuf>>,
    pub(super) bytes_sent: Cell<u64>,
}

impl Transfer<'_> {
    /// Sends one file. A file whose content another of this push has is left alone, but in a dataset, where each has
    /// its place: see [`Transfer::resolve`].
    ///
    /// # Errors
    /// When there is no such dataset any more: no other file will fare better.
    pub(super) async fn push(&self, source: &Source) -> Result<FileReport, PushError> {
        let progress = self.progress.file(&source.path);
        let mut report = FileReport::new(&source.path);
        let result = self.try_push(source, &progress, &mut report).await;
        progress.close();
        match result {
            Ok(()) => {}
            Err(Fault::NoDataset(dataset)) => return Err(self.api.no_dataset(dataset)),
            Err(fault) => report.fail(&fault),
        }
        if report.same_as.is_none() {
            self.progress.finish(&report.line());
        }
        Ok(report)
    }

    async fn try_push(
        &self,
        source: &Source,
        progress: &FileProgress,
        report: &mut FileReport,
    ) -> Result<(), Fault> {
        let path = &source.path;
        let fingerprint = fingerprint(path, progress).await?;
        if self.dataset.is_none() {
            let before = self.first.borrow().get(&fingerprint.sha256).cloned();
            if before.is_some() {
                report.same_as = before;
                return Ok(());
            }
            self.first
                .borrow_mut()
                .insert(fingerprint.sha256.clone(), path.clone());
        }
        progress.doing("asking");
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let key = self.ids.next().to_string();
        let promise = self
            .api
            .create_upload(&name, &fingerprint, self.dataset, &key)
            .await?;
        match promise {
            Promise::Duplicate { duplicate_of } => {
                self.expect_duplicates()?;
                report.image_id = Some(duplicate_of);
                report.result = FileResult::Duplicate;
            }
            Promise::Upload {
                upload_id,
                method,
                url,
                headers,
            } => {
                report.upload_id = Some(upload_id.clone());
                progress.doing_bytes("sending", fingerprint.size);
                let on_bytes = {
                    let progress = progress.clone();
                    move |bytes| progress.at(bytes)
                };
                self.api
                    .put(
                        path,
                        Span::whole(fingerprint.size),
                        (&method, &url),
                        &headers,
                        on_bytes,
                    )
                    .await?;
                self.bytes_sent
                    .set(self.bytes_sent.get().saturating_add(fingerprint.size));
                report.result = FileResult::Sent;
                if self.wait {
                    progress.doing("waiting for acceptance");
                    let (image_id, is_duplicate) = accepted(self.api, &upload_id, self.timeout).await?;
                    if is_duplicate {
                        self.expect_duplicates()?;
                        report.result = FileResult::Duplicate;
                    }
                    report.image_id = Some(image_id);
                }
            }
        }
        self.finish(source, progress, report).await
    }

    /// A dataset takes every file: a picture that was there before is not one of it.
    fn expect_duplicates(&self) -> Result<(), Fault> {
        if self.dataset.is_some() {
            let message = "a duplicate, where a dataset has none";
            return Err(Fault::Unintelligible(message.to_owned()));
        }
        Ok(())
    }

    /// Tells of a file with the content of another what became of that one.
    pub(super) async fn resolve(&self, source: &Source, report: &mut FileReport, first: &FileReport) {
        let progress = self.progress.file(&source.path);
        report.image_id.clone_from(&first.image_id);
        report.upload_id.clone_from(&first.upload_id);
        report.error.clone_from(&first.error);
        report.result = if first.result == FileResult::Failed {
            FileResult::Failed
        } else {
            FileResult::Duplicate
        };
        if report.error.is_none()
            && let Err(fault) = self.finish(source, &progress, report).await
        {
            report.fail(&fault);
        }
        progress.close();
        self.progress.finish(&report.line());
    }

    /// Waits for the image, and fetches its thumbnails, as far as that is wanted.
    async fn finish(
        &self,
        source: &Source,
        progress: &FileProgress,
        report: &mut FileReport,
    ) -> Result<(), Fault> {
        let Some(image_id) = report.image_id.clone().filter(|_| self.wait) else {
            return Ok(());
        };
        progress.doing("waiting for thumbnails");
        let thumbnails = self.developed(&image_id).await?;
        if report.result == FileResult::Sent {
            report.result = FileResult::Done;
        }
        let (Some(folder), Some(stem)) = (self.out, &source.stem) else {
            return Ok(());
        };
        progress.doing("fetching thumbnails");
        for (preset, location) in thumbnails {
            let name = naming::file_name(stem, &preset)
                .ok_or_else(|| Fault::Unintelligible(format!("a thumbnail called {preset:?}")))?;
            let file = folder.join(name);
            self.api.download(&location, &file).await?;
            report.thumbnails.push(file);
        }
        Ok(())
    }

    /// The thumbnails of an image once they are made: preset and location.
    async fn developed(&self, image_id: &str) -> Result<Vec<(String, String)>, Fault> {
        poll(self.timeout, async || {
            let image = self.api.image(image_id).await?;
            match image.status.as_str() {
                "DONE" => Ok(Some(image.thumbnails.unwrap_or_default().into_iter().collect())),
                "ERROR" => Err(image
                    .error
                    .map_or_else(|| Fault::from_state("image", "error"), Fault::from)),
                _ => Ok(None),
            }
        })
        .await
    }
}

/// The image that an upload has become, and whether that was there before.
pub(super) async fn accepted(
    api: &Api,
    upload_id: &str,
    patience: Duration,
) -> Result<(String, bool), Fault> {
    poll(patience, async || {
        let upload = api.upload(upload_id).await?;
        match (upload.state.as_str(), upload.image_id) {
            ("accepted", Some(image_id)) => Ok(Some((image_id, upload.duplicate))),
            ("accepted", None) => Err(Fault::Unintelligible("accepted, but no image".to_owned())),
            (state @ ("rejected" | "expired"), _) => Err(upload
                .error
                .map_or_else(|| Fault::from_state("upload", state), Fault::from)),
            _ => Ok(None),
        }
    })
    .await
}

/// Asks, less and less often, until there is an answer or the time is up.
async fn poll<T>(patience: Duration, ask: impl AsyncFn() -> Result<Option<T>, Fault>) -> Result<T, Fault> {
    waiting::wait(patience, async || {
        Ok(match ask().await? {
            Some(answer) => Step::Done(answer),
            None => Step::Moving(()),
        })
    })
    .await
}

impl Fault {
    /// The API has ended something without a word why.
    pub(super) fn from_state(what: &str, state: &str) -> Self {
        Self::Rejected {
            code: format!("{what}_{state}"),
            detail: format!("the {what} ended as {state:?}"),
        }
    }
}

/// What is told of the file at `path`, which `progress` follows.
pub(super) async fn fingerprint(path: &Path, progress: &FileProgress) -> Result<Fingerprint, Fault> {
    let fault = |source| Fault::File {
        path: path.to_owned(),
        source,
    };
    let metadata = tokio::fs::metadata(path).await.map_err(fault)?;
    progress.doing_bytes("reading", metadata.len());
    let (owned, progress) = (path.to_owned(), progress.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let mut read = 0_u64;
        Fingerprint::of(&owned, |bytes| {
            read = read.saturating_add(bytes);
            progress.at(read);
        })
    });
    reading
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(fault)
}

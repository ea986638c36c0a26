//! What can go wrong: with the whole push, and with one file of it.

use std::{io, path::PathBuf, time::Duration};

use darkroom_domain::{BatchId, DatasetId};
use http::StatusCode;

/// Why a push does not begin, or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// A path that was named cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The folders that were named hold no images.
    #[error("there is nothing to push: no file in these folders has the extension of an image")]
    NothingToPush,
    /// The address of the API is none.
    #[error("{0:?} is not the address of an API: it looks like http://127.0.0.1:8333")]
    InvalidUrl(String),
    /// The token could not stand in a header.
    #[error("the token must consist of visible ASCII characters")]
    InvalidToken,
    /// Thumbnails would lie among what is pushed, and be pushed the next time.
    #[error("{} is pushed itself: let --out name another folder", .0.display())]
    OutIsPushed(PathBuf),
    /// An archive is one file, and this is a folder.
    #[error("{} is a folder: --segment takes zip archives", .0.display())]
    FolderForArchive(PathBuf),
    /// The result of an archive would take the place of one that is sent.
    #[error("{} is sent itself: let --out name another file", .0.display())]
    OutIsSent(PathBuf),
    /// Several results do not go into one file.
    #[error("--out {} takes the result of one archive: for several name a folder, and end it with a slash", .0.display())]
    OutTakesOne(PathBuf),
    /// The folder for results cannot be made, or is not there.
    #[error("cannot write to {}: {source}", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Nothing answers at the address.
    #[error("nothing answers at {url}: {reason} (is `darkroom serve` running?)")]
    Unreachable {
        /// The address.
        url: String,
        /// What happened instead.
        reason: String,
    },
    /// The API has no such dataset, or no longer.
    #[error("there is no dataset {dataset_id} at {url}")]
    NoDataset {
        /// The dataset that was asked for.
        dataset_id: DatasetId,
        /// The address of the API.
        url: String,
    },
    /// The API does not say whether there is such a dataset.
    #[error("cannot look for the dataset {dataset_id}: {reason}")]
    DatasetNotConfirmed {
        /// The dataset that was asked for.
        dataset_id: DatasetId,
        /// What it says instead: a code, and a text for a person.
        reason: String,
    },
    /// The API does not make the dataset, or does not say that it has.
    #[error("cannot create the dataset: {0}")]
    DatasetNotCreated(String),
    /// The batch is neither found nor made.
    #[error("cannot open the batch {name:?}: {reason}")]
    BatchNotOpened {
        /// What it is called.
        name: String,
        /// What the API says instead: a code, and a text for a person.
        reason: String,
    },
    /// The batch went away while files were sent into it.
    #[error("the batch {name:?} ({batch_id}) was removed meanwhile")]
    BatchRemoved {
        /// What it was called.
        name: String,
        /// The batch.
        batch_id: BatchId,
    },
    /// The report cannot be written.
    #[error("cannot write the report: {0}")]
    Report(io::Error),
}

/// Why one file did not get through.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Connection(String),
    /// The connection was made, but no answer came in time.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// An answer that says no.
    #[error("{detail}")]
    Refused {
        status: StatusCode,
        /// The API's stable code, where it gave one.
        code: Option<String>,
        detail: String,
        retry_after: Option<Duration>,
    },
    /// The API has no such dataset: nothing can be sent into it.
    #[error("there is no dataset {0}")]
    NoDataset(DatasetId),
    /// An answer that is not what the API promises.
    #[error("the answer is not understood: {0}")]
    Unintelligible(String),
    /// The API has looked at the file and decided against it.
    #[error("{detail}")]
    Rejected { code: String, detail: String },
    /// The API is still at work after the time that one is willing to wait.
    #[error("not finished after {} s; it goes on by itself", .0.as_secs())]
    Unfinished(Duration),
    /// The file cannot be read, or a result not be written.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Fault {
    /// The same for another file that was in the same question.
    pub(super) fn for_another(&self) -> Self {
        match self {
            Self::Connection(text) => Self::Connection(text.clone()),
            Self::NoAnswer(patience) => Self::NoAnswer(*patience),
            Self::Refused {
                status,
                code,
                detail,
                retry_after,
            } => Self::Refused {
                status: *status,
                code: code.clone(),
                detail: detail.clone(),
                retry_after: *retry_after,
            },
            Self::NoDataset(id) => Self::NoDataset(*id),
            Self::Unintelligible(text) => Self::Unintelligible(text.clone()),
            Self::Rejected { code, detail } => Self::Rejected {
                code: code.clone(),
                detail: detail.clone(),
            },
            Self::Unfinished(patience) => Self::Unfinished(*patience),
            Self::File { path, source } => Self::File {
                path: path.clone(),
                source: source.kind().into(),
            },
        }
    }

    /// A stable code: the API's own where it gave one.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Connection(_) => "connection_failed".to_owned(),
            Self::NoAnswer(_) => "no_answer".to_owned(),
            Self::Refused { code: Some(code), .. } | Self::Rejected { code, .. } => code.clone(),
            Self::Refused {
                status, code: None, ..
            } => format!("http_{}", status.as_u16()),
            Self::NoDataset(_) => "not_found".to_owned(),
            Self::Unintelligible(_) => "invalid_answer".to_owned(),
            Self::Unfinished(_) => "not_finished".to_owned(),
            Self::File { .. } => "file_error".to_owned(),
        }
    }
}

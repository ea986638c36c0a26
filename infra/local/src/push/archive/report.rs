//! What became of every archive, as text and as JSON.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use super::api::{Segmented, download_path};
use crate::push::{
    error::Fault,
    report::{FileError, printable},
};

/// The most pictures of one archive that are named to a person.
const NAMED: usize = 10;

/// What became of one archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ArchiveResult {
    /// Sent; nobody has waited for what the API makes of it.
    Sent,
    /// Its result is written. Some of its pictures may have failed.
    Segmented,
    /// It did not get through, or its result is not here.
    Failed,
}

impl ArchiveResult {
    const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Segmented => "segmented",
            Self::Failed => "failed",
        }
    }
}

/// What became of one archive, and how to find it again.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ArchiveReport {
    /// The archive.
    pub path: PathBuf,
    /// What became of it.
    pub result: ArchiveResult,
    /// The upload, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// The job that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// The key of its result, unless it is known that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_hash: Option<String>,
    /// Its pictures, once all are through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pictures: Option<PicturesReport>,
    /// Where the result was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<PathBuf>,
    /// Bytes sent to storage.
    pub bytes_sent: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
}

/// What became of the pictures of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PicturesReport {
    /// How many were segmented.
    pub segmented: usize,
    /// How many were not.
    pub failed: usize,
    /// These.
    pub failures: Vec<PictureFailure>,
}

/// A picture that could not be segmented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PictureFailure {
    /// Its name in the archive.
    pub file: String,
    /// The API's stable code.
    pub code: String,
    /// Why, for a person.
    pub detail: String,
}

impl ArchiveReport {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            result: ArchiveResult::Failed,
            upload_id: None,
            job_id: None,
            user_hash: None,
            pictures: None,
            written: None,
            bytes_sent: 0,
            error: None,
        }
    }

    pub(super) fn fail(&mut self, fault: &Fault) {
        self.result = ArchiveResult::Failed;
        if matches!(fault, Fault::Rejected { .. }) {
            // The API has given up: there will be no result.
            self.user_hash = None;
        }
        self.error = Some(FileError {
            code: fault.code(),
            detail: fault.to_string(),
        });
    }

    pub(super) fn tell(&mut self, segmented: Segmented) {
        let Segmented {
            processed_files,
            errors,
        } = segmented;
        let failures: Vec<PictureFailure> = errors
            .into_iter()
            .map(|error| PictureFailure {
                file: error.file,
                code: error.code,
                detail: error.error,
            })
            .collect();
        self.pictures = Some(PicturesReport {
            segmented: processed_files.len(),
            failed: failures.len(),
            failures,
        });
    }

    /// The line that stands for the archive while others are under way.
    pub(super) fn line(&self) -> String {
        let remarks = [self.count(), self.remark()];
        let remarks: Vec<String> = remarks.into_iter().filter(|remark| !remark.is_empty()).collect();
        format!(
            "{}: {} {}",
            printable(&self.path.to_string_lossy()),
            self.result.word(),
            remarks.join(", ")
        )
        .trim_end()
        .to_owned()
    }

    fn count(&self) -> String {
        match &self.pictures {
            None => String::new(),
            Some(pictures) if pictures.failed == 0 => format!("{} pictures", pictures.segmented),
            Some(pictures) => {
                let all = pictures.segmented.saturating_add(pictures.failed);
                format!("{} of {all} pictures", pictures.segmented)
            }
        }
    }

    fn remark(&self) -> String {
        let remark = match (&self.error, &self.written, &self.job_id, &self.upload_id) {
            (Some(error), ..) => format!("{}: {}", error.code, error.detail),
            (None, Some(file), ..) => file.to_string_lossy().into_owned(),
            (None, None, Some(job), _) => format!("job {job}"),
            (None, None, None, Some(upload)) => format!("upload {upload}"),
            (None, None, None, None) => String::new(),
        };
        printable(&remark)
    }

    /// What there is to say beneath the archive's own line.
    fn details(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(pictures) = &self.pictures {
            for failure in pictures.failures.iter().take(NAMED) {
                lines.push(format!("{}: {}: {}", failure.file, failure.code, failure.detail));
            }
            let unnamed = pictures.failures.len().saturating_sub(NAMED);
            if unnamed > 0 {
                lines.push(format!("and {unnamed} more: errors.json in the result has all"));
            }
        }
        if let (Some(user_hash), None) = (&self.user_hash, &self.written) {
            if let (Some(job_id), Some(_)) = (&self.job_id, &self.error) {
                lines.push(format!("job {job_id}"));
            }
            lines.push(format!("user hash {user_hash}"));
            lines.push(format!(
                "GET {} has the result for 10 minutes once it is done",
                download_path(user_hash)
            ));
        }
        lines.iter().map(|line| printable(line)).collect()
    }
}

/// What became of all archives.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SegmentReport {
    /// In the order in which they were named.
    pub archives: Vec<ArchiveReport>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl SegmentReport {
    pub(super) fn new(archives: Vec<ArchiveReport>, elapsed: Duration) -> Self {
        let milliseconds = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        Self {
            archives,
            seconds: f64::from(milliseconds) / 1_000.0,
        }
    }

    /// Whether every archive got through, whatever became of single pictures.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.count(ArchiveResult::Failed) == 0
    }

    fn count(&self, result: ArchiveResult) -> usize {
        self.archives
            .iter()
            .filter(|archive| archive.result == result)
            .count()
    }

    fn bytes_sent(&self) -> u64 {
        self.archives
            .iter()
            .fold(0, |sum, archive| sum.saturating_add(archive.bytes_sent))
    }

    /// The table for a person: a line for each archive, beneath it what failed of its pictures, and a line for all. At most
    /// 10 pictures of an archive are named.
    #[must_use]
    pub fn table(&self) -> String {
        let rows: Vec<[String; 4]> = self
            .archives
            .iter()
            .map(|archive| {
                [
                    printable(&archive.path.to_string_lossy()),
                    archive.result.word().to_owned(),
                    archive.count(),
                    archive.remark(),
                ]
            })
            .collect();
        let width = |column: usize, least: usize| {
            let widths = rows
                .iter()
                .filter_map(|row| row.get(column).map(|cell| cell.chars().count()));
            widths.max().unwrap_or_default().clamp(least, 60)
        };
        let (name, count) = (width(0, 7), width(2, 8));
        let mut table = format!(
            "{:name$}  {:9}  {:count$}  WRITTEN TO, JOB OR ERROR\n",
            "ARCHIVE", "RESULT", "PICTURES"
        );
        for (archive, [path, result, pictures, remark]) in self.archives.iter().zip(&rows) {
            let line = format!("{path:name$}  {result:9}  {pictures:count$}  {remark}");
            table.push_str(line.trim_end());
            table.push('\n');
            for line in archive.details() {
                // Writing to a string does not fail.
                let _ = writeln!(table, "    {line}");
            }
        }
        let counts: Vec<String> = [
            ArchiveResult::Segmented,
            ArchiveResult::Sent,
            ArchiveResult::Failed,
        ]
        .into_iter()
        .map(|result| (self.count(result), result.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let archives = if self.archives.len() == 1 {
            "archive"
        } else {
            "archives"
        };
        let _ = writeln!(
            table,
            "\n{} {archives}: {} ({} sent in {:.1} s)",
            self.archives.len(),
            counts.join(", "),
            indicatif::BinaryBytes(self.bytes_sent()),
            self.seconds
        );
        table
    }

    /// The same as JSON, for a program: with every picture that failed.
    #[must_use]
    pub fn json(&self) -> String {
        let mut value = serde_json::json!({
            "archives": self.archives.iter().map(ArchiveReport::to_value).collect::<Vec<_>>(),
            "summary": {
                "segmented": self.count(ArchiveResult::Segmented),
                "sent": self.count(ArchiveResult::Sent),
                "failed": self.count(ArchiveResult::Failed),
                "bytes_sent": self.bytes_sent(),
                "seconds": self.seconds,
            },
        });
        value.sort_all_objects();
        format!("{value:#}\n")
    }
}

impl ArchiveReport {
    fn to_value(&self) -> serde_json::Value {
        // Paths that are no text are the only thing that JSON could not hold; they are written as well as can be.
        let lossy = |path: &PathBuf| PathBuf::from(path.to_string_lossy().into_owned());
        let mut report = self.clone();
        report.path = lossy(&report.path);
        report.written = report.written.as_ref().map(lossy);
        let mut value = serde_json::to_value(report).unwrap_or_default();
        if let (Some(user_hash), None, Some(fields)) = (&self.user_hash, &self.written, value.as_object_mut())
        {
            fields.insert("download".to_owned(), download_path(user_hash).into());
        }
        value
    }
}

#[cfg(test)]
mod tests;

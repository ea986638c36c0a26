//! What became of every file, as a table and as JSON.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use darkroom_domain::DatasetId;
use serde::Serialize;

use super::error::Fault;

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileResult {
    /// Sent; nobody has waited for what the API makes of it.
    Sent,
    /// Sent, accepted, and its thumbnails are made.
    Done,
    /// The same content was known before: this is its image. Mostly that shows before anything is sent.
    Duplicate,
    /// It did not get through.
    Failed,
}

impl FileResult {
    const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        }
    }
}

/// What became of one file, and how to find it again.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// What became of it.
    pub result: FileResult,
    /// The image, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// The upload, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// The pushed file with the same content that was sent in its stead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<PathBuf>,
    /// Thumbnails written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thumbnails: Vec<PathBuf>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
}

/// Why one file failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileError {
    /// The API's stable code, or one of the client's own.
    pub code: String,
    /// What happened, for a person.
    pub detail: String,
}

impl From<&Fault> for FileError {
    fn from(fault: &Fault) -> Self {
        Self {
            code: fault.code(),
            detail: fault.to_string(),
        }
    }
}

impl FileReport {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            result: FileResult::Failed,
            image_id: None,
            upload_id: None,
            same_as: None,
            thumbnails: Vec::new(),
            error: None,
        }
    }

    pub(super) fn fail(&mut self, fault: &Fault) {
        self.result = FileResult::Failed;
        self.error = Some(FileError::from(fault));
    }

    /// The line that stands for the file where there is no room for a table.
    pub(super) fn line(&self) -> String {
        format!(
            "{}: {} {}",
            printable(&self.path.to_string_lossy()),
            self.result.word(),
            self.remark()
        )
    }

    fn remark(&self) -> String {
        let remark = match (&self.error, &self.image_id, &self.upload_id) {
            (Some(error), _, _) => format!("{}: {}", error.code, error.detail),
            (None, Some(image), _) => image.clone(),
            (None, None, Some(upload)) => format!("upload {upload}"),
            (None, None, None) => String::new(),
        };
        let same_as = self
            .same_as
            .as_ref()
            .map(|path| format!(" (same content as {})", path.to_string_lossy()));
        printable(&(remark + &same_as.unwrap_or_default()))
    }
}

/// What became of all files.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PushReport {
    /// The dataset that the files were sent into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_id: Option<DatasetId>,
    /// In the order in which they were found.
    pub files: Vec<FileReport>,
    /// Bytes sent to storage.
    pub bytes_sent: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl PushReport {
    pub(super) fn new(
        dataset_id: Option<DatasetId>,
        files: Vec<FileReport>,
        bytes_sent: u64,
        elapsed: Duration,
    ) -> Self {
        let milliseconds = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        Self {
            dataset_id,
            files,
            bytes_sent,
            seconds: f64::from(milliseconds) / 1_000.0,
        }
    }

    /// Whether every file got through.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.count(FileResult::Failed) == 0
    }

    fn count(&self, result: FileResult) -> usize {
        self.files.iter().filter(|file| file.result == result).count()
    }

    /// The table for a person, one line for each file and one for all.
    #[must_use]
    pub fn table(&self) -> String {
        let names: Vec<String> = self
            .files
            .iter()
            .map(|file| printable(&file.path.to_string_lossy()))
            .collect();
        let width = names
            .iter()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or_default()
            .clamp(4, 60);
        let mut table = format!("{:width$}  {:9}  IMAGE OR ERROR\n", "FILE", "RESULT");
        for (file, name) in self.files.iter().zip(&names) {
            let line = format!("{name:width$}  {:9}  {}", file.result.word(), file.remark());
            table.push_str(line.trim_end());
            table.push('\n');
        }
        let counts: Vec<String> = [
            FileResult::Done,
            FileResult::Sent,
            FileResult::Duplicate,
            FileResult::Failed,
        ]
        .into_iter()
        .map(|result| (self.count(result), result.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let files = if self.files.len() == 1 { "file" } else { "files" };
        let sent = indicatif::BinaryBytes(self.bytes_sent);
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "\n{} {files}: {} ({sent} sent in {:.1} s)",
            self.files.len(),
            counts.join(", "),
            self.seconds
        );
        if let Some(id) = self.dataset_id {
            let _ = writeln!(table, "dataset {id}");
        }
        table
    }

    /// The same as JSON, for a program.
    #[must_use]
    pub fn json(&self) -> String {
        // Paths that are no text are the only thing that JSON could not hold; they are written as well as can be.
        let mut value = serde_json::json!({
            "files": self.files.iter().map(FileReport::to_value).collect::<Vec<_>>(),
            "summary": {
                "done": self.count(FileResult::Done),
                "sent": self.count(FileResult::Sent),
                "duplicate": self.count(FileResult::Duplicate),
                "failed": self.count(FileResult::Failed),
                "bytes_sent": self.bytes_sent,
                "seconds": self.seconds,
            },
        });
        if let (Some(id), Some(report)) = (self.dataset_id, value.as_object_mut()) {
            report.insert("dataset_id".to_owned(), id.to_string().into());
        }
        value.sort_all_objects();
        format!("{value:#}\n")
    }
}

impl FileReport {
    fn to_value(&self) -> serde_json::Value {
        let lossy = |path: &PathBuf| PathBuf::from(path.to_string_lossy().into_owned());
        let mut report = self.clone();
        report.path = lossy(&report.path);
        report.same_as = report.same_as.as_ref().map(lossy);
        report.thumbnails = report.thumbnails.iter().map(lossy).collect();
        serde_json::to_value(report).unwrap_or_default()
    }
}

/// Names and texts of others may not move the cursor.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> PushReport {
        let mut done = FileReport::new(Path::new("photos/cat.png"));
        done.result = FileResult::Done;
        done.image_id = Some("0193".to_owned());
        let mut copy = FileReport::new(Path::new("copy.png"));
        copy.result = FileResult::Duplicate;
        copy.image_id = Some("0193".to_owned());
        copy.same_as = Some(PathBuf::from("photos/cat.png"));
        let mut failed = FileReport::new(Path::new("evil\u{1b}[2J.txt"));
        let detail = "Not an\u{7} image".to_owned();
        failed.fail(&Fault::Rejected {
            code: "unsupported_format".to_owned(),
            detail,
        });
        PushReport::new(
            None,
            vec![done, copy, failed],
            2_048,
            Duration::from_millis(1_250),
        )
    }

    #[test]
    fn the_table_tells_every_file_and_the_sum() {
        let expected = "\
FILE            RESULT     IMAGE OR ERROR
photos/cat.png  done       0193
copy.png        duplicate  0193 (same content as photos/cat.png)
evil\u{fffd}[2J.txt    failed     unsupported_format: Not an\u{fffd} image

3 files: 1 done, 1 duplicate, 1 failed (2.00 KiB sent in 1.2 s)
";
        assert_eq!(report().table(), expected);
        assert!(!report().is_success());
    }

    #[test]
    fn json_holds_the_same() {
        let json: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
        assert_eq!(json["files"][0]["result"], "done");
        assert_eq!(json["files"][1]["same_as"], "photos/cat.png");
        assert_eq!(json["files"][2]["error"]["code"], "unsupported_format");
        assert_eq!(json["files"][2]["image_id"], serde_json::Value::Null);
        assert_eq!(json["summary"]["failed"], 1);
        assert_eq!(json["summary"]["bytes_sent"], 2_048);
    }
}

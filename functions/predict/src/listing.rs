//! What became of many pictures as JSON: an answer as long as it is small, else a file.

use bytes::Bytes;
use darkroom_cloud::{FileWriter, Files};
use darkroom_domain::{Failure, FileKey};
use darkroom_prediction::BatchItem;
use serde_json::json;

/// The most bytes that are answered at once, 4 MiB. Lambda passes on 6 MB, in which an answer is a string of JSON: each of its
/// quotes takes up two bytes there.
pub(crate) const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// A `BatchAnswer` that is written item by item, so that no more than a part of it is held.
#[derive(Debug)]
pub(crate) struct Listing {
    files: Files,
    key: FileKey,
    text: Text,
    file: Option<FileWriter>,
}

/// Where a list lies.
#[derive(Debug)]
pub(crate) enum Written {
    /// Here: JSON.
    Text(Bytes),
    /// In its file.
    File,
}

impl Listing {
    /// A list of nothing yet, which goes to the file `key` where it is large.
    pub(crate) const fn new(files: Files, key: FileKey) -> Self {
        Self {
            files,
            key,
            text: Text::new(),
            file: None,
        }
    }

    /// Adds what became of the next picture.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn push(&mut self, item: &BatchItem) -> Result<(), Failure> {
        self.text.push(item)?;
        if self.file.is_none() && self.text.bytes.len() > ANSWER_BYTES {
            self.file = Some(self.files.writer(&self.key, "application/json").await?);
        }
        self.flush().await
    }

    /// Ends the list.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn finish(mut self) -> Result<Written, Failure> {
        self.text.finish()?;
        self.flush().await?;
        match self.file {
            Some(file) => {
                file.finish().await?;
                Ok(Written::File)
            }
            None => Ok(Written::Text(self.text.bytes.into())),
        }
    }

    /// Leaves nothing behind.
    pub(crate) async fn give_up(self) {
        if let Some(file) = self.file
            && let Err(failure) = file.abort().await
        {
            tracing::warn!(code = %failure.code, "left to the bucket: {failure}");
        }
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.file {
            Some(file) => file.push(&std::mem::take(&mut self.text.bytes)).await,
            None => Ok(()),
        }
    }
}

/// The JSON that was not written elsewhere yet.
#[derive(Debug)]
struct Text {
    bytes: Vec<u8>,
    successful: u64,
    failed: u64,
}

impl Text {
    const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            successful: 0,
            failed: 0,
        }
    }

    fn push(&mut self, item: &BatchItem) -> Result<(), Failure> {
        let opening: &[u8] = if self.successful == 0 && self.failed == 0 {
            b"{\"results\":["
        } else {
            b","
        };
        self.bytes.extend_from_slice(opening);
        serde_json::to_writer(&mut self.bytes, item).map_err(Failure::unknown)?;
        let count = if item.success {
            &mut self.successful
        } else {
            &mut self.failed
        };
        *count = count.saturating_add(1);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if self.successful == 0 && self.failed == 0 {
            return Err(Failure::unknown("a list of no pictures"));
        }
        let counts = json!({ "successful_images": self.successful, "failed_images": self.failed });
        self.bytes.extend_from_slice(b"],");
        // Without its opening brace: the list's own is open.
        let counts = counts.to_string();
        self.bytes
            .extend_from_slice(counts.trim_start_matches('{').as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::Code;
    use darkroom_prediction::BatchAnswer;

    #[test]
    fn item_by_item_it_is_the_same_answer() {
        let items = ["1.jpg", "with \"quotes\".jpg", "море.png"]
            .map(|name| BatchItem::failed(name.to_owned(), Code::CorruptImage, "Damaged.".to_owned()));
        let mut text = Text::new();
        for item in &items {
            text.push(item).unwrap();
        }
        text.finish().unwrap();
        let expected: BatchAnswer = items.into_iter().collect();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&text.bytes).unwrap(),
            serde_json::to_value(expected).unwrap()
        );
        assert!(Text::new().finish().is_err());
    }
}

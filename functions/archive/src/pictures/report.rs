//! What a result says of itself: `manifest.json` and `errors.json`, written picture by picture.

use std::io::Write;

use darkroom_domain::{
    ArchivedPicture, Failure, FailureReport, PictureArchive, PictureOutcome, archive::PictureFindings,
};
use serde::Serialize;
use serde_json::{Value, json};

/// A picture that was segmented.
#[derive(Serialize)]
struct Entry<'picture> {
    /// Its name in the archive that came in.
    name: &'picture str,
    /// Its name in this one.
    file: &'picture str,
    #[serde(flatten)]
    findings: &'picture PictureFindings,
}

/// A picture that was not.
#[derive(Serialize)]
struct Fault<'picture> {
    file: &'picture str,
    code: darkroom_domain::Code,
    error: &'picture str,
}

/// An array of JSON that is written item by item, within an object.
pub(super) struct Items<W> {
    writer: W,
    is_first: bool,
}

impl<W: Write> Items<W> {
    /// The list of what was found.
    pub(super) fn of_findings(mut writer: W, archive: &PictureArchive) -> Result<Self, Failure> {
        let about = json!({
            "archive": archive.filename,
            "user_hash": archive.id,
            "created_at": archive.created_at,
            "order": archive.order.segmentation()?,
        });
        let mut text = about.to_string();
        // Reopened, for the pictures to be in it.
        text.truncate(text.len().saturating_sub(1));
        text.push_str(",\"pictures\":[\n");
        writer.write_all(text.as_bytes()).map_err(Failure::unknown)?;
        Ok(Self {
            writer,
            is_first: true,
        })
    }

    pub(super) fn push(&mut self, item: &Value) -> Result<(), Failure> {
        let separator = if std::mem::take(&mut self.is_first) {
            ""
        } else {
            ",\n"
        };
        self.writer
            .write_all(separator.as_bytes())
            .and_then(|()| self.writer.write_all(item.to_string().as_bytes()))
            .map_err(Failure::unknown)
    }

    /// Ends the list and gives the writer back.
    pub(super) fn finish(mut self) -> Result<W, Failure> {
        self.writer.write_all(b"\n]}\n").map_err(Failure::unknown)?;
        Ok(self.writer)
    }
}

/// What the manifest says of a picture, if it was segmented.
pub(super) fn finding(picture: &ArchivedPicture) -> Result<Option<Value>, Failure> {
    let PictureOutcome::Segmented { findings, .. } = &picture.outcome else {
        return Ok(None);
    };
    let entry = Entry {
        name: &picture.name,
        file: &picture.result_name,
        findings,
    };
    serde_json::to_value(entry).map(Some).map_err(Failure::unknown)
}

/// What the list of errors says of a picture, if it was not.
pub(super) fn fault<'picture>(
    picture: &'picture ArchivedPicture,
    failure: &'picture FailureReport,
) -> Result<Value, Failure> {
    let fault = Fault {
        file: &picture.name,
        code: failure.code,
        error: &failure.detail,
    };
    serde_json::to_value(fault).map_err(Failure::unknown)
}

//! Forms: `multipart/form-data` with one file, and fields of text beside it.

use std::collections::BTreeMap;

use axum::extract::{
    FromRequest, Multipart, Request,
    multipart::{Field, MultipartError},
};
use darkroom_domain::{Code, Failure};

use crate::problem::{HttpError, HttpResult};

/// The most bytes that a file may have to come through the API itself: a Lambda event holds 6 MB of which base64 takes a
/// third, and the rest of the event wants room too.
pub const DIRECT_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of a field of text, and the most such fields.
const TEXT_BYTES: usize = 64 * 1024;
const TEXT_FIELDS: usize = 16;

/// A file as a form brings it.
#[derive(Clone, Debug)]
pub struct FormFile {
    /// The client's name for it; safe to be shown, not to be a path.
    pub filename: String,
    /// What the client says that it is.
    pub content_type: Option<String>,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A form that was read: the file `file`, if there is one, and the texts by their names.
#[derive(Clone, Debug, Default)]
pub struct Form {
    file: Option<FormFile>,
    texts: BTreeMap<String, String>,
}

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// 413 `use_presigned_upload` for a file above [`DIRECT_BYTES`]; 400 for what cannot be read; `filename_missing`.
    pub async fn read(request: Request) -> HttpResult<Self> {
        // What is no form at all has no fields either.
        let Ok(mut parts) = Multipart::from_request(request, &()).await else {
            return Ok(Self::default());
        };
        let mut form = Self::default();
        while let Some(field) = parts.next_field().await.map_err(|error| malformed(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                let filename = checked_filename(field.file_name().unwrap_or_default().to_owned())?;
                let content_type = field.content_type().map(str::to_owned);
                let bytes = bytes_of(field, DIRECT_BYTES, too_large).await?;
                form.file = Some(FormFile {
                    filename,
                    content_type,
                    bytes,
                });
            } else if form.texts.len() < TEXT_FIELDS {
                let bytes = bytes_of(field, TEXT_BYTES, unreadable).await?;
                let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
                form.texts.insert(name, text);
            }
        }
        Ok(form)
    }

    /// The file.
    ///
    /// # Errors
    /// 422 where there is none.
    pub fn file(&mut self) -> HttpResult<FormFile> {
        self.file.take().ok_or_else(|| missing("file"))
    }

    /// The text of a field.
    ///
    /// # Errors
    /// 422 where there is none.
    pub fn text(&mut self, name: &str) -> HttpResult<String> {
        self.texts.remove(name).ok_or_else(|| missing(name))
    }
}

/// A file name as it may be kept: shown later, so nothing in it may act.
///
/// # Errors
/// `filename_missing` for an empty one; 422 above 255 bytes and with control characters.
pub fn checked_filename(filename: String) -> HttpResult<String> {
    if filename.trim().is_empty() {
        return Err(Failure::permanent(Code::FilenameMissing, "No filename provided").into());
    }
    if filename.len() > 255 || filename.chars().any(char::is_control) {
        return Err(HttpError::validation(
            &["body", "filename"],
            "must have at most 255 bytes and no control characters",
        ));
    }
    Ok(filename)
}

async fn bytes_of(
    mut field: Field<'_>,
    limit: usize,
    above: impl FnOnce() -> HttpError,
) -> HttpResult<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| malformed(&error))? {
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(above());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn missing(field: &str) -> HttpError {
    HttpError::validation(&["body", field], "Field required")
}

fn too_large() -> HttpError {
    Failure::permanent(
        Code::UsePresignedUpload,
        format!(
            "A file of more than {DIRECT_BYTES} bytes goes straight to the bucket: POST /uploads promises a URL for it."
        ),
    )
    .into()
}

fn unreadable() -> HttpError {
    Failure::permanent(Code::InvalidRequest, "The form cannot be read.").into()
}

fn malformed(error: &MultipartError) -> HttpError {
    Failure::permanent(Code::InvalidRequest, "The form cannot be read.")
        .because(error.body_text())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_kept_as_they_are_or_not_at_all() {
        assert_eq!(
            checked_filename("../été \"1\".jpg".to_owned()).unwrap(),
            "../été \"1\".jpg"
        );
        assert!(checked_filename("  ".to_owned()).is_err());
        assert!(checked_filename("a\nb.jpg".to_owned()).is_err());
        assert!(checked_filename("x".repeat(255)).is_ok());
        assert!(checked_filename("x".repeat(256)).is_err());
    }
}

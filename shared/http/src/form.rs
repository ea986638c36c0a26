//! Forms: `multipart/form-data` with files, and fields of text beside them.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{
    FromRequest, Multipart, Request,
    multipart::{Field, MultipartError},
};
use darkroom_domain::{Code, Failure};

use crate::problem::{HttpError, HttpResult};

/// The most bytes that the files of a form may have to come through the API itself: a Lambda event holds 6 MB of which base64 takes a
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

/// A form that was read: its files, and the texts by their names.
#[derive(Clone, Debug, Default)]
pub struct Form {
    files: Vec<(String, FormFile)>,
    /// Fields of files that came without a file's name, which are no files.
    nameless: BTreeSet<String>,
    texts: BTreeMap<String, String>,
}

impl Form {
    /// Reads a form whose file is `file`.
    ///
    /// # Errors
    /// Those of [`Self::with_files`].
    pub async fn read(request: Request) -> HttpResult<Self> {
        Self::with_files(request, &["file"]).await
    }

    /// Reads a form whose fields of these names hold files, each of them any number.
    ///
    /// # Errors
    /// 413 `use_presigned_upload` for files of more than [`DIRECT_BYTES`] together; 400 for what cannot be read;
    /// `filename_missing`.
    pub async fn with_files(request: Request, names: &[&str]) -> HttpResult<Self> {
        // What is no form at all has no fields either.
        let Ok(mut parts) = Multipart::from_request(request, &()).await else {
            return Ok(Self::default());
        };
        let mut form = Self::default();
        let mut left = DIRECT_BYTES;
        while let Some(field) = parts.next_field().await.map_err(|error| malformed(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            if names.contains(&name.as_str()) {
                let Some(filename) = field.file_name().map(str::to_owned) else {
                    form.nameless.insert(name);
                    continue;
                };
                let filename = checked_filename(filename)?;
                let content_type = field.content_type().map(str::to_owned);
                let bytes = bytes_of(field, left, too_large).await?;
                left = left.saturating_sub(bytes.len());
                let file = FormFile {
                    filename,
                    content_type,
                    bytes,
                };
                form.files.push((name, file));
            } else if form.texts.len() < TEXT_FIELDS {
                let is_file = field.file_name().is_some();
                match text_of(field).await {
                    Ok(text) => {
                        form.texts.insert(name, text);
                    }
                    // A file that nobody asked for: what is missing is told under its name.
                    Err(_) if is_file => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(form)
    }

    /// The file `file`; of several the last.
    ///
    /// # Errors
    /// 422 where there is none; 400 `filename_missing` where it has no name.
    pub fn file(&mut self) -> HttpResult<FormFile> {
        match self.files("file") {
            Err(_) if self.nameless.contains("file") => Err(filename_missing()),
            files => files?.pop().ok_or_else(|| missing("file")),
        }
    }

    /// The files of a field, in their order; at least one.
    ///
    /// # Errors
    /// 422 where there is none, and where the field holds something else.
    pub fn files(&mut self, name: &str) -> HttpResult<Vec<FormFile>> {
        if self.nameless.contains(name) {
            return Err(HttpError::validation(&["body", name], "must be a file"));
        }
        let (asked, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.files)
            .into_iter()
            .partition(|(field, _)| field == name);
        self.files = others;
        if asked.is_empty() {
            return Err(missing(name));
        }
        Ok(asked.into_iter().map(|(_, file)| file).collect())
    }

    /// The text of a field.
    ///
    /// # Errors
    /// 422 where there is none.
    pub fn text(&mut self, name: &str) -> HttpResult<String> {
        self.texts.remove(name).ok_or_else(|| missing(name))
    }

    /// The text of a field that may be left out, or be left empty.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        self.texts.remove(name).filter(|text| !text.is_empty())
    }
}

/// A file name as it may be kept: shown later, so nothing in it may act.
///
/// # Errors
/// `filename_missing` for an empty one; 422 above 255 bytes and with control characters.
pub fn checked_filename(filename: String) -> HttpResult<String> {
    if filename.trim().is_empty() {
        return Err(filename_missing());
    }
    if filename.len() > 255 || filename.chars().any(char::is_control) {
        return Err(HttpError::validation(
            &["body", "filename"],
            "must have at most 255 bytes and no control characters",
        ));
    }
    Ok(filename)
}

async fn text_of(field: Field<'_>) -> HttpResult<String> {
    let bytes = bytes_of(field, TEXT_BYTES, unreadable).await?;
    String::from_utf8(bytes).map_err(|_| unreadable())
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

fn filename_missing() -> HttpError {
    Failure::permanent(Code::FilenameMissing, "No filename provided").into()
}

fn too_large() -> HttpError {
    Failure::permanent(
        Code::UsePresignedUpload,
        format!(
            "What has more than {DIRECT_BYTES} bytes goes straight to the bucket: POST /uploads promises a URL for it."
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
    use axum::extract::DefaultBodyLimit;

    use super::*;

    /// A form of these parts: what stands behind the name, and the content.
    fn request(parts: &[(&str, &[u8])]) -> Request {
        let mut body = Vec::new();
        for (disposition, content) in parts {
            body.extend(format!("--x\r\nContent-Disposition: form-data; name={disposition}\r\n\r\n").bytes());
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--x--\r\n");
        let mut request = Request::post("/")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(body.into())
            .unwrap();
        // As every function has it.
        DefaultBodyLimit::disable().apply(&mut request);
        request
    }

    fn code(error: HttpError) -> (u16, Code) {
        let (status, problem, _) = error.into_problem("");
        (status.as_u16(), problem.code)
    }

    #[tokio::test]
    async fn files_of_a_name_come_in_their_order() {
        let parts: [(&str, &[u8]); 5] = [
            ("\"images\"; filename=\"b.jpg\"", b"1"),
            ("\"toolkit_id\"", b"7"),
            ("\"images\"; filename=\"a.jpg\"", b"22"),
            ("\"other\"; filename=\"c.jpg\"", b"3"),
            ("\"model\"", b""),
        ];
        let mut form = Form::with_files(request(&parts), &["images", "other"])
            .await
            .unwrap();
        let files = form.files("images").unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|file| (file.filename.as_str(), file.bytes.len()))
            .collect();
        assert_eq!(names, [("b.jpg", 1), ("a.jpg", 2)]);
        assert_eq!(form.files("other").unwrap().len(), 1);
        assert_eq!(form.text("toolkit_id").unwrap(), "7");
        assert_eq!(form.optional_text("model"), None);
        assert_eq!(
            code(form.files("images").unwrap_err()),
            (422, Code::ValidationFailed)
        );
        assert_eq!(code(form.text("toolkit_id").unwrap_err()).0, 422);
    }

    #[tokio::test]
    async fn files_together_have_their_limit() {
        let (most, half) = (vec![0; DIRECT_BYTES], vec![0; DIRECT_BYTES / 2]);
        let (one, other) = ("\"file\"; filename=\"a\"", "\"more\"; filename=\"b\"");
        let names = ["file", "more"];
        let read = async |parts: &[(&str, &[u8])]| Form::with_files(request(parts), &names).await;
        assert_eq!(
            read(&[(one, &most)]).await.unwrap().file().unwrap().bytes.len(),
            DIRECT_BYTES
        );
        assert!(read(&[(one, &half), (other, &half)]).await.is_ok());
        let above = read(&[(one, &half), (other, &half), (one, b"1")])
            .await
            .unwrap_err();
        assert_eq!(code(above), (413, Code::UsePresignedUpload));
    }

    #[tokio::test]
    async fn what_has_no_name_is_no_file() {
        let nameless: [(&str, &[u8]); 2] = [("\"file\"", b"\xff"), ("\"image\"", b"text")];
        let mut form = Form::with_files(request(&nameless), &["file", "image"])
            .await
            .unwrap();
        assert_eq!(code(form.file().unwrap_err()), (400, Code::FilenameMissing));
        assert_eq!(
            code(form.files("image").unwrap_err()),
            (422, Code::ValidationFailed)
        );
        let empty = request(&[("\"file\"; filename=\"\"", b"1")]);
        assert_eq!(
            code(Form::read(empty).await.unwrap_err()),
            (400, Code::FilenameMissing)
        );
        let none = Form::read(Request::default()).await;
        assert_eq!(
            code(none.unwrap().file().unwrap_err()),
            (422, Code::ValidationFailed)
        );
    }

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

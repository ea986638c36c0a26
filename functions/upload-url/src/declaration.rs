//! What a client says of a file before it sends it, held against what is allowed.

use darkroom_domain::{Code, Failure, ImageFormat, Purpose, upload::Declaration};
use darkroom_http::{HttpError, HttpResult};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Service;

/// What is going to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadRequest {
    /// The file's name, up to 255 bytes. It is shown, never used as a path.
    #[schema(example = "photo.jpg")]
    filename: String,
    /// One of the accepted formats.
    #[schema(example = "image/jpeg")]
    content_type: String,
    /// Bytes, exactly; the most there may be with `method=post`.
    #[schema(example = 347_327)]
    size: u64,
    /// SHA-256 of the file in hexadecimal. A file that is known is not sent again, and S3 checks what arrives.
    sha256: Option<String>,
    /// What the file is for.
    #[serde(default = "image")]
    purpose: Purpose,
}

const fn image() -> Purpose {
    Purpose::Image
}

impl Service {
    /// The declaration that a request makes, held against the limits.
    pub(crate) fn declaration(&self, request: UploadRequest) -> HttpResult<Declaration> {
        let filename = checked_filename(request.filename)?;
        let format = ImageFormat::from_media_type(&request.content_type).ok_or_else(|| {
            Failure::permanent(
                Code::UnsupportedFormat,
                format!(
                    "{} is not accepted. Accepted: {}.",
                    request.content_type,
                    accepted_types()
                ),
            )
        })?;
        self.limits.check_bytes(request.size)?;
        let sha256 = request.sha256.map(|digest| digest.to_ascii_lowercase());
        let is_sha256 =
            |digest: &str| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if sha256.as_deref().is_some_and(|digest| !is_sha256(digest)) {
            return Err(HttpError::validation(
                &["body", "sha256"],
                "must be 64 hexadecimal digits",
            ));
        }
        Ok(Declaration {
            purpose: request.purpose,
            filename,
            content_type: format.media_type().to_owned(),
            size: request.size,
            sha256,
        })
    }
}

/// A file name as it may be kept: shown later, so nothing in it may act.
pub(crate) fn checked_filename(filename: String) -> HttpResult<String> {
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

fn accepted_types() -> String {
    ImageFormat::ALL.map(ImageFormat::media_type).join(", ")
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

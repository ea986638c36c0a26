//! The way to a file: bytes come from the bucket, by links that do not live long.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use darkroom_cloud::{Files, Presentation};
use darkroom_domain::FileKey;
use http::{StatusCode, header};

use crate::{disposition::Disposition, problem::HttpResult};

/// How long a redirect leads somewhere, where nothing else is said.
pub const LINK: Duration = Duration::from_secs(5 * 60);

/// A redirect to a file.
#[derive(Clone, Copy, Debug)]
pub struct FileRedirect<'a> {
    /// Which file.
    pub key: &'a FileKey,
    /// What it is shown as.
    pub content_type: &'a str,
    /// How it is shown.
    pub disposition: Disposition,
    /// What it is called.
    pub filename: &'a str,
    /// 302, or 303 where a POST is answered.
    pub status: StatusCode,
    /// How long it leads somewhere.
    pub lifetime: Duration,
}

impl<'a> FileRedirect<'a> {
    /// A 302 that holds for [`LINK`].
    #[must_use]
    pub const fn found(
        key: &'a FileKey,
        content_type: &'a str,
        disposition: Disposition,
        filename: &'a str,
    ) -> Self {
        Self {
            key,
            content_type,
            disposition,
            filename,
            status: StatusCode::FOUND,
            lifetime: LINK,
        }
    }

    /// The answer.
    ///
    /// # Errors
    /// `internal` when the link cannot be signed.
    pub async fn answer(self, files: &Files) -> HttpResult<Response> {
        let disposition = self.disposition.header(self.filename);
        let presentation = Presentation {
            content_type: self.content_type,
            disposition: &disposition,
            cache_control: None,
        };
        let url = files.presign_get(self.key, presentation, self.lifetime).await?;
        Ok((self.status, [(header::LOCATION, url)]).into_response())
    }
}

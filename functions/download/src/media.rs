//! `GET /media/{filename}`: the picture that shows a prediction.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use darkroom_domain::{Code, Prediction, prediction::of_media_filename};
use darkroom_http::{Disposition, FileRedirect, HttpError, HttpResult, Language, Phrase, Problem, Tenant};

use crate::Service;

const NOT_FOUND: Phrase = Phrase::new("Image not found", "Изображение не найдено");
const FORBIDDEN: Phrase = Phrase::new("Access denied", "Доступ запрещен");

/// The picture that shows a prediction
///
/// With a box round each thing that was found, at full resolution. It is kept as long as the prediction.
#[utoipa::path(get, path = "/media/{filename}", tag = "predictions",
    params(("filename" = String, Path, example = "processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg")), responses(
    (status = 302, description = "To the JPEG, for five minutes"),
    (status = 403, description = "The name is a path to somewhere", body = Problem),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn get_media(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    filename: Result<Path<String>, PathRejection>,
) -> HttpResult<Response> {
    let not_found = || NOT_FOUND.failure(Code::NotFound, language);
    let Path(filename) = filename.map_err(|_| not_found())?;
    if is_path(&filename) {
        return Err(FORBIDDEN.failure(Code::Forbidden, language).into());
    }
    let id = of_media_filename(&filename).map_err(|_| not_found())?;
    let now = service.ground.clock.now();
    let prediction = service
        .records
        .prediction(&tenant, id)
        .await?
        .filter(|prediction| prediction.is_kept(now))
        .ok_or_else(not_found)?;
    let key = prediction.picture_key();
    FileRedirect::found(&key, Prediction::MEDIA_TYPE, Disposition::Inline, &filename)
        .answer(&service.files)
        .await
}

/// Answers whoever asks for a name with a slash in it, as the gateway decodes it.
pub(crate) async fn refuse_path(Tenant(_): Tenant, language: Language) -> HttpError {
    FORBIDDEN.failure(Code::Forbidden, language).into()
}

/// Whether a name leads elsewhere, also where it was encoded twice. It leads nowhere here, but whoever asks so is told.
fn is_path(filename: &str) -> bool {
    let filename = filename.to_ascii_lowercase();
    ["/", "\\", "..", ":", "\0", "%2f", "%5c", "%2e", "%3a", "%00"]
        .iter()
        .any(|part| filename.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_routes_go_together() {
        let document = crate::api();
        assert!(document.paths.paths.contains_key("/media/{filename}"));
    }

    #[test]
    fn paths_are_told_from_names() {
        for path in [
            "../secret.jpg",
            "..",
            "/etc/passwd",
            "a\\b.jpg",
            "C:boot.ini",
            "%2e%2e%2fsecret.jpg",
            "a%5Cb.jpg",
            "processed_\0.jpg",
        ] {
            assert!(is_path(path), "{path}");
        }
        for name in [
            "processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg",
            "temp_1.png",
            "море.jpg",
            "",
        ] {
            assert!(!is_path(name), "{name}");
        }
    }
}

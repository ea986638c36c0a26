//! What is answered to files that were sent: of each, what became of it.

use darkroom_domain::{Code, Failure, FailureReport, ImageId};
use darkroom_http::{FieldError, HttpError, HttpResult, PhotographView};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadedPhotograph {
    /// The photograph; null where the file is none.
    id: Option<ImageId>,
    /// The name that it is kept under.
    #[schema(example = "0192f0c1-2345-7abc-8def-0123456789ab.jpg")]
    filename: Option<String>,
    /// The file's name as it was sent.
    #[schema(example = "IMG_0001.JPG")]
    original_filename: String,
    /// Where the file is: a path of this API.
    #[schema(example = "/images/0192f0c1-2345-7abc-8def-0123456789ab/original")]
    file_path: Option<String>,
    /// Whether `/images/thumbnail/{id}` leads somewhere.
    has_thumbnail: bool,
    /// Whether the file was known before.
    is_duplicate: bool,
    /// `Duplicate of existing image ID: …`, or why the file is none.
    message: Option<String>,
    /// Null: it was not measured yet, or nothing is said of it.
    quality_score: Option<f64>,
    /// Null, as the score.
    quality_metric: Option<&'static str>,
    /// Why the file is no photograph.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureReport>,
}

impl From<PhotographView> for UploadedPhotograph {
    fn from(view: PhotographView) -> Self {
        Self {
            id: Some(view.id),
            filename: Some(view.filename),
            original_filename: view.original_filename,
            file_path: Some(view.file_path),
            has_thumbnail: view.has_thumbnail,
            is_duplicate: view.is_duplicate,
            message: view.message,
            quality_score: view.quality_score,
            quality_metric: view.quality_metric,
            error: None,
        }
    }
}

impl UploadedPhotograph {
    fn refused(filename: String, failure: &Failure) -> Self {
        let error = failure.to_report();
        Self {
            id: None,
            filename: None,
            original_filename: filename,
            file_path: None,
            has_thumbnail: false,
            is_duplicate: false,
            message: Some(error.detail.clone()),
            quality_score: None,
            quality_metric: None,
            error: Some(error),
        }
    }
}

/// The answer to files: what became of each, unless nothing became of any.
pub(super) fn answer_of(
    outcomes: Vec<(String, Result<PhotographView, Failure>)>,
) -> HttpResult<Vec<UploadedPhotograph>> {
    if outcomes.iter().any(|(_, outcome)| outcome.is_ok()) {
        return Ok(outcomes
            .into_iter()
            .map(|(filename, outcome)| match outcome {
                Ok(view) => view.into(),
                Err(failure) => UploadedPhotograph::refused(filename, &failure),
            })
            .collect());
    }
    let failures: Vec<(String, Failure)> = outcomes
        .into_iter()
        .filter_map(|(filename, outcome)| Some((filename, outcome.err()?)))
        .collect();
    // What is no fault of the files is told as it is: sending them again may help.
    if let Some((_, failure)) = failures.iter().find(|(_, failure)| failure.is_retryable()) {
        return Err(failure.clone().into());
    }
    let errors = failures
        .iter()
        .enumerate()
        .map(|(place, (filename, failure))| FieldError {
            loc: vec!["body".to_owned(), "files".to_owned(), place.to_string()],
            msg: format!("{filename}: {}", failure.to_report().detail),
        })
        .collect();
    let detail = "No images were processed successfully.";
    Err(HttpError::from(Failure::permanent(Code::InvalidRequest, detail))
        .with_status(StatusCode::BAD_REQUEST)
        .with_errors(errors))
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{Image, ImageFormat, JobId, TenantId, Timestamp};

    use super::*;

    fn view() -> PhotographView {
        let id = ImageId::from_uuid(darkroom_cloud::Ground::default().ids.next());
        let image = Image {
            id,
            tenant: TenantId::single(),
            filename: "a.jpeg".to_owned(),
            format: ImageFormat::Jpeg,
            size: 9,
            width: 3,
            height: 2,
            orientation: 1,
            sha256: String::new(),
            created_at: Timestamp::from_unix_milliseconds(1_700_000_000_000).unwrap(),
            thumbnail_job: JobId::from_uuid(*id.as_uuid()),
            dataset_id: None,
            metadata: None,
        };
        PhotographView::duplicate(&image, None, "b.jpg".to_owned())
    }

    #[test]
    fn a_file_that_is_none_stands_beside_those_that_are() {
        let failure = Failure::permanent(Code::UnsupportedFormat, "The file is no picture.");
        let outcomes = vec![
            ("notes.txt".to_owned(), Err(failure)),
            ("b.jpg".to_owned(), Ok(view())),
        ];
        let answer = answer_of(outcomes).unwrap();
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json[0]["id"], serde_json::Value::Null);
        assert_eq!(json[0]["original_filename"], "notes.txt");
        assert_eq!(json[0]["error"]["code"], "unsupported_format");
        let id = json[1]["id"].as_str().unwrap();
        assert_eq!(json[1]["filename"], format!("{id}.jpeg"));
        assert_eq!(json[1]["original_filename"], "b.jpg");
        assert_eq!(json[1]["file_path"], format!("/images/{id}/original"));
        assert_eq!(json[1]["is_duplicate"], true);
        assert_eq!(
            json[1]["message"],
            format!("Duplicate of existing image ID: {id}")
        );
        assert!(json[1].get("error").is_none());
    }

    #[test]
    fn nothing_at_all_is_an_error() {
        let failed = |failure: Failure| answer_of(vec![("a".to_owned(), Err(failure))]).unwrap_err();
        let refused = failed(Failure::permanent(Code::EmptyFile, "The file is empty."));
        assert_eq!(
            refused.to_report().detail,
            "No images were processed successfully."
        );
        let passing = failed(Failure::temporary(Code::Unavailable, "Later."));
        assert_eq!(passing.to_report().code, Code::Unavailable);
    }
}

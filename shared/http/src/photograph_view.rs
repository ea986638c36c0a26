//! A photograph as the photo sorter's routes tell of it.

use darkroom_domain::{Description, Image, ImageId, Job, JobResult, QualityMetric, ThumbnailPreset};
use serde::Serialize;
use utoipa::ToSchema;

use crate::image_view::original_path;

/// A photograph.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PhotographView {
    /// Its id.
    pub id: ImageId,
    /// The name that it is kept under: its id, with an extension.
    #[schema(example = "0192f0c1-2345-7abc-8def-0123456789ab.jpg")]
    pub filename: String,
    /// The client's name for the file.
    #[schema(example = "IMG_0001.JPG")]
    pub original_filename: String,
    /// Where the file is: a path of this API.
    #[schema(example = "/images/0192f0c1-2345-7abc-8def-0123456789ab/original")]
    pub file_path: String,
    /// Whether `/images/thumbnail/{id}` leads somewhere.
    pub has_thumbnail: bool,
    /// Whether the file was known before it was sent; false but in the answer to an upload.
    pub is_duplicate: bool,
    /// What is to be said of it, in the answer to an upload.
    pub message: Option<String>,
    /// How good it is by `quality_metric`, once it was measured.
    #[schema(example = 21.7)]
    pub quality_score: Option<f64>,
    /// By what measure: BRISQUE, of which less is better.
    #[schema(example = "brisque")]
    pub quality_metric: Option<&'static str>,
}

impl PhotographView {
    /// The view of a picture whose thumbnail job is `job`, and of which `description` is known.
    #[must_use]
    pub fn of(image: &Image, job: Option<&Job>, description: Option<&Description>) -> Self {
        let score = description
            .and_then(|description| description.score(QualityMetric::Brisque))
            .and_then(|measured| measured.score);
        Self {
            id: image.id,
            filename: image.stored_filename(),
            original_filename: image.filename.clone(),
            file_path: original_path(image.id),
            has_thumbnail: job.is_some_and(has_sorter_thumbnail),
            is_duplicate: false,
            message: None,
            quality_score: score,
            quality_metric: score.map(|_| QualityMetric::Brisque.name()),
        }
    }

    /// The view of a picture that was sent again, as `filename`: nothing is said of its quality.
    #[must_use]
    pub fn duplicate(image: &Image, job: Option<&Job>, filename: String) -> Self {
        Self {
            original_filename: filename,
            is_duplicate: true,
            message: Some(format!("Duplicate of existing image ID: {}", image.id)),
            ..Self::of(image, job, None)
        }
    }
}

/// Whether a thumbnail job made the photo sorter's thumbnail: those of older pictures did not.
fn has_sorter_thumbnail(job: &Job) -> bool {
    job.results.iter().any(|result| {
        matches!(
            result,
            JobResult::Thumbnail {
                preset: ThumbnailPreset::Sorter,
                ..
            }
        )
    })
}

#[cfg(test)]
mod tests {
    use darkroom_cloud::Ground;
    use darkroom_domain::{ImageFormat, JobId, Task, TenantId, Timestamp, sorter::QualityScore};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_milliseconds(1_700_000_000_000).unwrap()
    }

    fn image() -> Image {
        let id = Ground::default().ids.next();
        Image {
            id: ImageId::from_uuid(id),
            tenant: TenantId::single(),
            filename: "Beach.JPG".to_owned(),
            format: ImageFormat::Jpeg,
            size: 9,
            width: 3,
            height: 2,
            orientation: 1,
            sha256: String::new(),
            created_at: now(),
            thumbnail_job: JobId::from_uuid(id),
            dataset_id: None,
            metadata: None,
        }
    }

    fn job(image: &Image, presets: &[ThumbnailPreset]) -> Job {
        let task = Task::Thumbnail { image_id: image.id };
        Job {
            results: presets
                .iter()
                .map(|preset| JobResult::Thumbnail {
                    preset: *preset,
                    bytes: 1,
                })
                .collect(),
            ..Job::queued(image.thumbnail_job, image.tenant.clone(), task, now())
        }
    }

    #[test]
    fn a_thumbnail_is_told_of_once_there_is_the_sorters() {
        let image = image();
        let has = |presets: &[ThumbnailPreset]| {
            PhotographView::of(&image, Some(&job(&image, presets)), None).has_thumbnail
        };
        assert!(!has(&[]) && !has(&ThumbnailPreset::SQUARES) && has(&ThumbnailPreset::ALL));
        assert!(!PhotographView::of(&image, None, None).has_thumbnail);
    }

    #[test]
    fn the_quality_is_brisques_or_none() {
        let image = image();
        let mut description = Description::unknown(image.tenant.clone(), image.id, now());
        let mut measured = |metric: QualityMetric, score| {
            let version = "1".to_owned();
            let score = QualityScore {
                score,
                version,
                analyzed_at: now(),
            };
            description.scores.insert(metric.name().to_owned(), score);
            let view = PhotographView::of(&image, None, Some(&description));
            (view.quality_score, view.quality_metric)
        };
        assert_eq!(measured(QualityMetric::Niqe, Some(3.0)), (None, None));
        assert_eq!(measured(QualityMetric::Brisque, None), (None, None));
        assert_eq!(
            measured(QualityMetric::Brisque, Some(21.5)),
            (Some(21.5), Some("brisque"))
        );
    }

    #[test]
    fn a_duplicate_has_the_name_that_it_came_under() {
        let image = image();
        let view = PhotographView::duplicate(&image, None, "Again.jpg".to_owned());
        assert_eq!(view.filename, format!("{}.JPG", image.id));
        assert_eq!(view.original_filename, "Again.jpg");
        assert!(view.is_duplicate && view.message.unwrap().ends_with(&image.id.to_string()));
    }
}

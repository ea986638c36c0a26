//! What a client says of a file before it sends it, held against what is allowed.

use darkroom_domain::{
    ArchiveId, ArchiveOrder, ArchiveOutput, BatchId, Code, DatasetId, Failure, ImageFormat, Purpose,
    TenantId, ToolkitId, upload::Declaration,
};
use darkroom_http::{HttpError, HttpResult, Language, checked_filename, not_found};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Service,
    order::{PictureOptions, Treatment},
};

/// The media type of archives.
pub(crate) const ARCHIVE_TYPE: &str = "application/zip";

/// What is going to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadRequest {
    /// The file's name, up to 255 bytes. It is shown, never used as a path.
    #[schema(example = "photo.jpg")]
    filename: String,
    /// One of the accepted formats; `application/zip` for an archive.
    #[schema(example = "image/jpeg")]
    content_type: String,
    /// Bytes, exactly; the most there may be with `method=post`.
    #[schema(example = 347_327)]
    size: u64,
    /// SHA-256 of the file in hexadecimal. A file that is known is not sent again, and S3 checks what arrives.
    sha256: Option<String>,
    /// What the file is for.
    #[serde(default)]
    purpose: RequestedPurpose,
    /// The dataset that the picture is for (`dataset_image`).
    dataset_id: Option<DatasetId>,
    /// The batch that the photograph joins (`photograph`).
    batch_id: Option<BatchId>,
    /// The kit whose tools should be there (`prediction`).
    toolkit_id: Option<ToolkitId>,
    /// The model that segments the pictures (`archive`) or looks for tools (`prediction`); the default one where none is
    /// named.
    model: Option<String>,
    /// What the model must be sure of (`archive`, `prediction`): from 0 to 1, or between them.
    confidence: Option<f32>,
    /// Above which overlap two things of a class are one, 0..1 (`prediction`).
    iou: Option<f32>,
    /// How many of the strongest things are kept, 1 to 300 (`prediction`).
    max_det: Option<u32>,
    /// Only these classes, by the model's labels (`archive`, `prediction`).
    classes: Option<Vec<String>>,
    /// What comes back of each picture (`archive`).
    output: Option<ArchiveOutput>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RequestedPurpose {
    /// A picture to keep and to develop.
    #[default]
    Image,
    /// A photograph to sort, in the batch `batch_id` or in none yet.
    Photograph,
    /// A picture of the dataset `dataset_id`.
    DatasetImage,
    /// An archive to make a dataset of.
    DatasetImport,
    /// An archive of pictures to segment.
    Archive,
    /// An archive of pictures, or one picture, to look for the tools of the kit `toolkit_id` in.
    Prediction,
}

impl RequestedPurpose {
    const fn treatment(self) -> Treatment {
        match self {
            Self::Image | Self::Photograph | Self::DatasetImage | Self::DatasetImport => Treatment::None,
            Self::Archive => Treatment::Segmentation,
            Self::Prediction => Treatment::Prediction,
        }
    }
}

/// What a request declares, and what it asks to be done with the pictures of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) declaration: Declaration,
    pub(crate) order: Option<ArchiveOrder>,
}

impl Service {
    /// The declaration that a request makes, held against the limits.
    pub(crate) async fn declaration(
        &self,
        tenant: &TenantId,
        language: Language,
        request: UploadRequest,
    ) -> HttpResult<Declared> {
        let filename = checked_filename(request.filename)?;
        let treatment = request.purpose.treatment();
        let purpose = self
            .purpose(tenant, request.purpose, request.dataset_id, request.batch_id)
            .await?;
        let content_type = match purpose {
            Purpose::Image | Purpose::Photograph { .. } | Purpose::DatasetImage { .. } => {
                self.limits.check_bytes(request.size)?;
                image_type(&request.content_type)?
            }
            Purpose::DatasetImport | Purpose::Archive { .. } => {
                self.check_archive_bytes(request.size)?;
                archive_type(&request.content_type)?
            }
            Purpose::Prediction { .. } => match either_type(&request.content_type)? {
                ARCHIVE_TYPE => {
                    self.check_archive_bytes(request.size)?;
                    ARCHIVE_TYPE
                }
                image_type => {
                    self.limits.check_bytes(request.size)?;
                    image_type
                }
            },
        };
        let sha256 = request.sha256.map(checked_sha256).transpose()?;
        let options = PictureOptions {
            toolkit_id: request.toolkit_id,
            model: request.model,
            confidence: request.confidence,
            iou: request.iou,
            max_det: request.max_det,
            classes: request.classes,
            output: request.output,
        };
        let order = self.order(tenant, language, treatment, options).await?;
        Ok(Declared {
            declaration: Declaration {
                purpose,
                filename,
                content_type: content_type.to_owned(),
                size: request.size,
                sha256,
            },
            order,
        })
    }

    async fn purpose(
        &self,
        tenant: &TenantId,
        requested: RequestedPurpose,
        dataset: Option<DatasetId>,
        batch: Option<BatchId>,
    ) -> HttpResult<Purpose> {
        let invalid = |message| HttpError::validation(&["body", "dataset_id"], message);
        if batch.is_some() && requested != RequestedPurpose::Photograph {
            return Err(HttpError::validation(
                &["body", "batch_id"],
                "belongs to the purpose photograph",
            ));
        }
        match (requested, dataset) {
            (RequestedPurpose::Photograph, None) => {
                self.expect_batch(tenant, batch).await?;
                Ok(Purpose::Photograph { batch_id: batch })
            }
            (RequestedPurpose::Image, None) => Ok(Purpose::Image),
            (RequestedPurpose::DatasetImport, None) => Ok(Purpose::DatasetImport),
            (RequestedPurpose::Archive, None) => Ok(Purpose::Archive {
                archive_id: ArchiveId::from_uuid(&self.ground.ids.next()),
            }),
            (RequestedPurpose::Prediction, None) => Ok(Purpose::Prediction {
                archive_id: ArchiveId::from_uuid(&self.ground.ids.next()),
            }),
            (RequestedPurpose::DatasetImage, None) => Err(invalid("Field required")),
            (
                RequestedPurpose::Image
                | RequestedPurpose::Photograph
                | RequestedPurpose::DatasetImport
                | RequestedPurpose::Archive
                | RequestedPurpose::Prediction,
                Some(_),
            ) => Err(invalid("belongs to the purpose dataset_image")),
            (RequestedPurpose::DatasetImage, Some(dataset_id)) => {
                let dataset = self.records.dataset(tenant, dataset_id).await?;
                if !dataset.is_some_and(|dataset| dataset.is_ready()) {
                    return Err(not_found::<DatasetId>().into());
                }
                Ok(Purpose::DatasetImage { dataset_id })
            }
        }
    }

    fn check_archive_bytes(&self, size: u64) -> Result<(), Failure> {
        if size == 0 {
            return Err(Failure::permanent(Code::EmptyFile, "The file is empty."));
        }
        if size > self.archive_bytes {
            return Err(Failure::permanent(
                Code::ArchiveTooLarge,
                format!("The archive may have at most {} bytes.", self.archive_bytes),
            ));
        }
        Ok(())
    }
}

/// A SHA-256 in hexadecimal, in lower case.
pub(crate) fn checked_sha256(digest: String) -> HttpResult<String> {
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(HttpError::validation(
            &["body", "sha256"],
            "must be 64 hexadecimal digits",
        ));
    }
    Ok(digest.to_ascii_lowercase())
}

pub(crate) fn image_type(content_type: &str) -> Result<&'static str, Failure> {
    known_image_type(content_type).ok_or_else(|| {
        Failure::permanent(
            Code::UnsupportedFormat,
            format!("{content_type} is not accepted. Accepted: {}.", accepted_types()),
        )
    })
}

fn archive_type(content_type: &str) -> Result<&'static str, Failure> {
    known_archive_type(content_type).ok_or_else(|| {
        Failure::permanent(
            Code::UnsupportedFormat,
            format!("{content_type} is not accepted for an archive. Accepted: {ARCHIVE_TYPE}."),
        )
    })
}

/// An archive's type, or a picture's.
fn either_type(content_type: &str) -> Result<&'static str, Failure> {
    known_archive_type(content_type)
        .or_else(|| known_image_type(content_type))
        .ok_or_else(|| {
            let accepted = accepted_types();
            Failure::permanent(
                Code::UnsupportedFormat,
                format!("{content_type} is not accepted. Accepted: {ARCHIVE_TYPE}, {accepted}."),
            )
        })
}

fn known_image_type(content_type: &str) -> Option<&'static str> {
    ImageFormat::from_media_type(content_type).map(ImageFormat::media_type)
}

fn known_archive_type(content_type: &str) -> Option<&'static str> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    [ARCHIVE_TYPE, "application/x-zip-compressed"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
        .then_some(ARCHIVE_TYPE)
}

fn accepted_types() -> String {
    ImageFormat::ALL.map(ImageFormat::media_type).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tray_is_a_picture_or_an_archive() {
        for (content_type, known) in [
            ("application/zip", Some(ARCHIVE_TYPE)),
            ("Application/X-Zip-Compressed; x=1", Some(ARCHIVE_TYPE)),
            ("image/jpeg", Some("image/jpeg")),
            ("IMAGE/WEBP; q=1", Some("image/webp")),
            ("image/svg+xml", None),
            ("application/octet-stream", None),
            ("", None),
        ] {
            assert_eq!(either_type(content_type).ok(), known, "{content_type}");
        }
        assert!(archive_type("image/jpeg").is_err() && image_type("application/zip").is_err());
        let refused = either_type("text/plain").unwrap_err();
        assert_eq!(refused.code, Code::UnsupportedFormat);
    }

    #[test]
    fn a_request_says_what_is_looked_for() {
        let request: UploadRequest = serde_json::from_value(serde_json::json!({
            "filename": "tray.jpg", "content_type": "image/jpeg", "size": 9, "purpose": "prediction",
            "toolkit_id": 2, "confidence": 0.4, "iou": 0.5, "max_det": 100, "classes": ["cup"], "model": "m",
        }))
        .unwrap();
        assert_eq!(request.purpose.treatment(), Treatment::Prediction);
        assert_eq!(request.toolkit_id, Some(ToolkitId::new(2)));
        let unknown = serde_json::json!({
            "filename": "a", "content_type": "b", "size": 9, "toolkit": 2,
        });
        assert!(serde_json::from_value::<UploadRequest>(unknown).is_err());
    }

    #[test]
    fn a_photograph_may_name_its_batch() {
        let batch = "0192f0c1-2345-7abc-8def-0123456789ab";
        let request: UploadRequest = serde_json::from_value(serde_json::json!({
            "filename": "a.jpg", "content_type": "image/jpeg", "size": 9, "purpose": "photograph", "batch_id": batch,
        }))
        .unwrap();
        assert_eq!(request.purpose, RequestedPurpose::Photograph);
        assert_eq!(request.batch_id.unwrap().to_string(), batch);
    }

    #[test]
    fn digests_have_one_spelling() {
        assert_eq!(checked_sha256("AB".repeat(32)).unwrap(), "ab".repeat(32));
        for other in [String::new(), "a".repeat(63), "g".repeat(64), "é".repeat(32)] {
            assert!(checked_sha256(other).is_err());
        }
    }
}

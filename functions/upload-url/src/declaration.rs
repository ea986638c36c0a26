//! What a client says of a file before it sends it, held against what is allowed.

use darkroom_domain::{
    ArchiveId, ArchiveOutput, Code, DatasetId, Failure, ImageFormat, Purpose, SegmentationOrder, TenantId,
    upload::Declaration,
};
use darkroom_http::{HttpError, HttpResult, checked_filename, not_found};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{Service, archive::OrderRequest};

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
    /// The model that segments the pictures (`archive`); the 21-class one where none is named.
    model: Option<String>,
    /// What the model must be sure of, 0..1 (`archive`).
    confidence: Option<f32>,
    /// Only these classes, by the model's labels (`archive`).
    classes: Option<Vec<String>>,
    /// What comes back of each picture (`archive`).
    output: Option<ArchiveOutput>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RequestedPurpose {
    /// A picture to keep and to develop.
    #[default]
    Image,
    /// A picture of the dataset `dataset_id`.
    DatasetImage,
    /// An archive to make a dataset of.
    DatasetImport,
    /// An archive of pictures to segment.
    Archive,
}

/// What a request declares, and what it asks to be done with an archive of pictures.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) declaration: Declaration,
    pub(crate) order: Option<SegmentationOrder>,
}

impl Service {
    /// The declaration that a request makes, held against the limits.
    pub(crate) async fn declaration(
        &self,
        tenant: &TenantId,
        request: UploadRequest,
    ) -> HttpResult<Declared> {
        let filename = checked_filename(request.filename)?;
        let purpose = self.purpose(tenant, request.purpose, request.dataset_id).await?;
        let content_type = match purpose {
            Purpose::Image | Purpose::DatasetImage { .. } => {
                self.limits.check_bytes(request.size)?;
                image_type(&request.content_type)?
            }
            Purpose::DatasetImport | Purpose::Archive { .. } => {
                self.check_archive_bytes(request.size)?;
                archive_type(&request.content_type)?
            }
        };
        let sha256 = request.sha256.map(|digest| digest.to_ascii_lowercase());
        let is_sha256 =
            |digest: &str| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if sha256.as_deref().is_some_and(|digest| !is_sha256(digest)) {
            return Err(HttpError::validation(
                &["body", "sha256"],
                "must be 64 hexadecimal digits",
            ));
        }
        let asked = OrderRequest {
            model: request.model,
            confidence: request.confidence,
            classes: request.classes,
            output: request.output,
        };
        let order = match purpose {
            Purpose::Archive { .. } => Some(self.order("body", asked).await?),
            _ if asked.is_empty() => None,
            _ => {
                return Err(HttpError::validation(
                    &["body"],
                    "model, confidence, classes and output belong to the purpose archive",
                ));
            }
        };
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
    ) -> HttpResult<Purpose> {
        let invalid = |message| HttpError::validation(&["body", "dataset_id"], message);
        match (requested, dataset) {
            (RequestedPurpose::Image, None) => Ok(Purpose::Image),
            (RequestedPurpose::DatasetImport, None) => Ok(Purpose::DatasetImport),
            (RequestedPurpose::Archive, None) => Ok(Purpose::Archive {
                archive_id: ArchiveId::from_uuid(&self.ground.ids.next()),
            }),
            (RequestedPurpose::DatasetImage, None) => Err(invalid("Field required")),
            (
                RequestedPurpose::Image | RequestedPurpose::DatasetImport | RequestedPurpose::Archive,
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

fn image_type(content_type: &str) -> Result<&'static str, Failure> {
    ImageFormat::from_media_type(content_type)
        .map(ImageFormat::media_type)
        .ok_or_else(|| {
            Failure::permanent(
                Code::UnsupportedFormat,
                format!("{content_type} is not accepted. Accepted: {}.", accepted_types()),
            )
        })
}

fn archive_type(content_type: &str) -> Result<&'static str, Failure> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_zip = ["application/zip", "application/x-zip-compressed"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known));
    if is_zip {
        Ok("application/zip")
    } else {
        Err(Failure::permanent(
            Code::UnsupportedFormat,
            format!("{content_type} is not accepted for an archive. Accepted: application/zip."),
        ))
    }
}

fn accepted_types() -> String {
    ImageFormat::ALL.map(ImageFormat::media_type).join(", ")
}

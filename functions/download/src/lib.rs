//! Redirects and links to files by short-lived presigned URLs: bytes always come from the bucket.

mod archive;
mod links;
mod media;
mod sorter;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
    routing::get,
};
use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Records};
use darkroom_domain::{
    Code, Failure, FileKey, Image, ImageId, Job, JobResult, JobState, TenantId, ThumbnailPreset,
};
use darkroom_http::{
    Disposition, FileRedirect, HttpResult, PathId, Problem, Tenant, http_function, not_found,
};
use darkroom_lambda::Function;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    ground: Ground,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let service = Service {
        files: connection.files()?,
        records: connection.records()?,
        ground: Ground::default(),
    };
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(get_original))
        .routes(routes!(get_thumbnail))
        .routes(routes!(get_static_thumbnail))
        .routes(routes!(sorter::get_sorter_thumbnail))
        .routes(routes!(links::link_thumbnails))
        .routes(routes!(archive::download_archive))
        .routes(routes!(media::get_media))
        // A name with a slash in it, as the gateway decodes it, is told off there as well.
        .route("/media/{filename}/{*rest}", get(media::refuse_path))
}

/// The file as it was sent
#[utoipa::path(get, path = "/images/{image_id}/original", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 302, description = "To the file, for five minutes"),
    (status = 404, description = "There is none", body = Problem),
))]
async fn get_original(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<Response> {
    let image = service.image(&tenant, id).await?;
    let key = FileKey::Original { tenant, image: id };
    let media_type = image.format.media_type();
    FileRedirect::found(&key, media_type, Disposition::Attachment, &image.filename)
        .answer(&service.files)
        .await
}

/// A thumbnail
#[utoipa::path(get, path = "/images/{image_id}/thumbnails/{preset}", tag = "images",
    params(("image_id" = ImageId, Path), ("preset" = ThumbnailPreset, Path)), responses(
    (status = 302, description = "To the JPEG, for five minutes"),
    (status = 404, description = "There is none", body = Problem),
    (status = 409, description = "Not finished yet, or failed", body = Problem),
))]
async fn get_thumbnail(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path((id, preset)): Path<(String, String)>,
) -> HttpResult<Response> {
    service.thumbnail(tenant, &id, &preset).await
}

/// A thumbnail, under its old address
///
/// `/static/thumbnails/{image_id}_{preset}.jpg`, as older clients remember it.
#[utoipa::path(get, path = "/static/thumbnails/{filename}", tag = "images", params(("filename" = String, Path)), responses(
    (status = 302, description = "To the JPEG, for five minutes"),
    (status = 404, description = "There is none", body = Problem),
))]
async fn get_static_thumbnail(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(filename): Path<String>,
) -> HttpResult<Response> {
    let stem = filename
        .strip_suffix(".jpg")
        .and_then(|stem| stem.split_once('_'));
    let (id, preset) = stem.ok_or_else(not_found::<ImageId>)?;
    service.thumbnail(tenant, id, preset).await
}

impl Service {
    async fn image(&self, tenant: &TenantId, id: ImageId) -> HttpResult<Image> {
        Ok(self
            .records
            .image(tenant, id)
            .await?
            .ok_or_else(not_found::<ImageId>)?)
    }

    async fn thumbnail(&self, tenant: TenantId, id: &str, preset: &str) -> HttpResult<Response> {
        let id: ImageId = id.parse().map_err(|_| not_found::<ImageId>())?;
        let preset: ThumbnailPreset = preset
            .parse()
            .map_err(|_| Failure::not_found("Thumbnail not found"))?;
        let image = self.image(&tenant, id).await?;
        let job = self
            .records
            .job(&tenant, image.thumbnail_job)
            .await?
            .ok_or_else(not_found::<ImageId>)?;
        if job.state != JobState::Done {
            let detail = "The thumbnails of this image are not finished.";
            return Err(Failure::permanent(Code::Conflict, detail).into());
        }
        // Of pictures that came before the sorter's size there was, there is none in that size.
        if !made(&job, preset) {
            return Err(Failure::not_found("Thumbnail not found").into());
        }
        self.lead_to_thumbnail(&image, preset).await
    }

    async fn lead_to_thumbnail(&self, image: &Image, preset: ThumbnailPreset) -> HttpResult<Response> {
        let stem = image
            .filename
            .rsplit_once('.')
            .map_or(image.filename.as_str(), |(stem, _)| stem);
        let filename = format!("{stem}_{preset}.jpg");
        let key = FileKey::Thumbnail {
            tenant: image.tenant.clone(),
            image: image.id,
            preset,
        };
        FileRedirect::found(&key, "image/jpeg", Disposition::Inline, &filename)
            .answer(&self.files)
            .await
    }
}

/// Whether a job made the thumbnail of this size.
fn made(job: &Job, preset: ThumbnailPreset) -> bool {
    job.results
        .iter()
        .any(|result| matches!(result, JobResult::Thumbnail { preset: made, .. } if *made == preset))
}

//! `POST /images/links`: thumbnails for `<img>`, which can carry no token.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use darkroom_cloud::Presentation;
use darkroom_domain::{Failure, FileKey, ImageId, TenantId, ThumbnailPreset, Timestamp};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Service;

/// The most pictures of one request.
const MAX_IMAGES: usize = 1_000;
/// How long the same picture is given the same link, so that what a browser keeps by its address is found again.
const STEADY: Duration = Duration::from_secs(5 * 60);
/// How long a link leads somewhere, counted from when it was given first.
const LASTS: Duration = Duration::from_secs(15 * 60);
/// A thumbnail never changes; but a cache that many share would show it to strangers.
const CACHE_CONTROL: &str = "private, max-age=600";

/// Thumbnails to link to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThumbnailLinksRequest {
    /// The pictures, 1 to 1000.
    #[schema(min_items = 1, max_items = 1000)]
    image_ids: Vec<ImageId>,
    /// The size of all of them.
    preset: ThumbnailPreset,
}

/// A link to a thumbnail.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ThumbnailLink {
    image_id: ImageId,
    /// Where the JPEG is, for whoever has this link: no token is asked for, and none may be sent along.
    url: String,
}

/// Links to thumbnails.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ThumbnailLinks {
    /// Each picture once, in the order in which they were named first.
    links: Vec<ThumbnailLink>,
    /// Until when they lead somewhere: ten minutes at least.
    expires_at: Timestamp,
}

/// Links to thumbnails of many pictures
///
/// For `<img>`, which can carry no token. No picture is looked up: what is not there, not finished or another's is given a
/// link as well, which leads to nothing (403 or 404, from the bucket). For five minutes at a time the same picture is given
/// the same link, so that browsers need not fetch it again.
#[utoipa::path(post, path = "/images/links", tag = "images", request_body = ThumbnailLinksRequest, responses(
    (status = 200, description = "The links", body = ThumbnailLinks),
    (status = 422, description = "There are no ids or too many, one is none, or there is no such size", body = Problem),
))]
pub(crate) async fn link_thumbnails(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    body: JsonBody<ThumbnailLinksRequest>,
) -> HttpResult<Json<ThumbnailLinks>> {
    let ThumbnailLinksRequest { image_ids, preset } = body.value;
    if image_ids.is_empty() || image_ids.len() > MAX_IMAGES {
        let message = format!("must be 1 to {MAX_IMAGES} ids");
        return Err(HttpError::validation(&["body", "image_ids"], message));
    }
    Ok(Json(service.thumbnail_links(&tenant, image_ids, preset).await?))
}

impl Service {
    async fn thumbnail_links(
        &self,
        tenant: &TenantId,
        mut images: Vec<ImageId>,
        preset: ThumbnailPreset,
    ) -> Result<ThumbnailLinks, Failure> {
        let mut seen = HashSet::new();
        images.retain(|image| seen.insert(*image));
        let since = steady(self.ground.clock.now());
        let keys: Vec<FileKey> = images
            .iter()
            .map(|image| FileKey::Thumbnail {
                tenant: tenant.clone(),
                image: *image,
                preset,
            })
            .collect();
        let presentation = Presentation {
            content_type: "image/jpeg",
            disposition: "inline",
            cache_control: Some(CACHE_CONTROL),
        };
        let urls = self
            .files
            .presign_gets_since(&keys, presentation, since, LASTS)
            .await?;
        let links = images
            .into_iter()
            .zip(urls)
            .map(|(image_id, url)| ThumbnailLink { image_id, url })
            .collect();
        Ok(ThumbnailLinks {
            links,
            expires_at: since.after(LASTS),
        })
    }
}

/// When the five minutes began that a moment lies in.
fn steady(now: Timestamp) -> Timestamp {
    let milliseconds = now.unix_milliseconds();
    let period = i64::try_from(STEADY.as_millis()).unwrap_or(i64::MAX);
    let into = milliseconds.rem_euclid(period);
    Timestamp::from_unix_milliseconds(milliseconds.saturating_sub(into)).unwrap_or(now)
}

#[cfg(test)]
mod tests;

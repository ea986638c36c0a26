//! `GET /images/`, with the slash at its end: the photo sorter's list, which is a bare array.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use darkroom_domain::{Description, Image, ImageId, Job, JobId, TenantId};
use darkroom_http::{
    HttpError, HttpResult, PhotographView, Problem, Query, Tenant,
    cursor::{cursor_of, id_of_cursor},
};
use http::header;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Service;

/// Which part of the array.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PhotographListOptions {
    /// The most pictures of one answer, 1 to 1000.
    #[serde(default = "thousand")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// Where to go on, as the header `Link` says it.
    cursor: Option<String>,
}

const fn thousand() -> u32 {
    1000
}

/// List pictures, for the photo sorter
///
/// Newest first. Where there are more, the header `Link` leads on (`rel="next"`). Pictures of datasets stand in the lists
/// of their datasets.
#[utoipa::path(get, path = "/images/", tag = "images", params(PhotographListOptions), responses(
    (status = 200, description = "Some pictures", body = [PhotographView],
        headers(("link" = Option<String>, description = "The next part, if there is one"))),
    (status = 400, description = "The cursor is none of ours", body = Problem),
    (status = 422, description = "The limit is out of its range", body = Problem),
))]
pub(crate) async fn list_photographs(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<PhotographListOptions>,
) -> HttpResult<Response> {
    if !(1..=1000).contains(&options.limit) {
        return Err(HttpError::validation(&["query", "limit"], "must be 1 to 1000"));
    }
    let after = options.cursor.map(|cursor| id_of_cursor(&cursor)).transpose()?;
    let page = service
        .records
        .images(&tenant, after.map(ImageId::from_uuid), options.limit)
        .await?;
    let next = page.items.last().filter(|_| page.has_more);
    let link = next.map(|image| (header::LINK, next_link(image.id, options.limit)));
    let views = service.photographs(&tenant, &page.items).await?;
    let answer = Json(views);
    Ok(match link {
        Some(link) => ([link], answer).into_response(),
        None => answer.into_response(),
    })
}

/// What the header `Link` says where the list goes on behind a picture (RFC 8288).
fn next_link(last: ImageId, limit: u32) -> String {
    let cursor = cursor_of(last.as_uuid());
    format!("</images/?limit={limit}&cursor={cursor}>; rel=\"next\"")
}

impl Service {
    /// The views of pictures, in their order.
    async fn photographs(&self, tenant: &TenantId, images: &[Image]) -> HttpResult<Vec<PhotographView>> {
        let job_ids: Vec<JobId> = images.iter().map(|image| image.thumbnail_job).collect();
        let ids: Vec<ImageId> = images.iter().map(|image| image.id).collect();
        let (jobs, descriptions) = tokio::try_join!(
            self.records.jobs(tenant, &job_ids),
            self.records.descriptions(tenant, &ids),
        )?;
        let jobs: HashMap<JobId, Job> = jobs.into_iter().map(|job| (job.id, job)).collect();
        let descriptions: HashMap<ImageId, Description> = descriptions
            .into_iter()
            .map(|description| (description.image_id, description))
            .collect();
        Ok(images
            .iter()
            .map(|image| {
                PhotographView::of(image, jobs.get(&image.thumbnail_job), descriptions.get(&image.id))
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_goes_on_says_where() {
        let id: ImageId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        let link = next_link(id, 1000);
        assert_eq!(
            link,
            "</images/?limit=1000&cursor=0192f0c123457abc8def0123456789ab>; rel=\"next\""
        );
        let cursor = link.split_once("cursor=").unwrap().1.split_once('>').unwrap().0;
        assert_eq!(ImageId::from_uuid(id_of_cursor(cursor).unwrap()), id);
    }

    #[test]
    fn the_routes_go_together() {
        let paths = crate::api().paths.paths;
        for path in [
            "/images",
            "/images/",
            "/images/{image_id}",
            "/images/metadata/{image_id}",
        ] {
            assert!(paths.contains_key(path), "{path}");
        }
    }
}

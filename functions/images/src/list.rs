//! `GET /images`.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use darkroom_domain::{ImageId, Job, JobId};
use darkroom_http::{
    HttpError, HttpResult, ImageView, Problem, Query, Tenant,
    cursor::{cursor_of, id_of_cursor},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Service;

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOptions {
    /// Pictures on a page, 1 to 100.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 100)]
    limit: u32,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

const fn fifty() -> u32 {
    50
}

/// Some pictures, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageList {
    items: Vec<ImageView>,
    /// Asks for the next page; none on the last.
    next_cursor: Option<String>,
}

/// List pictures
///
/// Newest first. Pictures of datasets stand in the lists of their datasets.
#[utoipa::path(get, path = "/images", tag = "images", params(ListOptions), responses(
    (status = 200, description = "Some pictures", body = ImageList),
    (status = 400, description = "The cursor is none of ours", body = Problem),
    (status = 422, description = "The limit is out of its range", body = Problem),
))]
pub(crate) async fn list_images(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<ListOptions>,
) -> HttpResult<Json<ImageList>> {
    if !(1..=100).contains(&options.limit) {
        return Err(HttpError::validation(&["query", "limit"], "must be 1 to 100"));
    }
    let after = options.cursor.map(|cursor| id_of_cursor(&cursor)).transpose()?;
    let page = service
        .records
        .images(&tenant, after.map(ImageId::from_uuid), options.limit)
        .await?;
    let ids: Vec<JobId> = page.items.iter().map(|image| image.thumbnail_job).collect();
    let jobs: HashMap<JobId, Job> = service
        .records
        .jobs(&tenant, &ids)
        .await?
        .into_iter()
        .map(|job| (job.id, job))
        .collect();
    let view = |image: darkroom_domain::Image| {
        let job = jobs.get(&image.thumbnail_job);
        ImageView::of(image, job)
    };
    let next_cursor = page
        .items
        .last()
        .filter(|_| page.has_more)
        .map(|image| cursor_of(image.id.as_uuid()));
    Ok(Json(ImageList {
        items: page.items.into_iter().map(view).collect(),
        next_cursor,
    }))
}

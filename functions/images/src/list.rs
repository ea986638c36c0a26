//! `GET /images`.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use darkroom_domain::{Code, Failure, ImageId, Job, JobId};
use darkroom_http::{HttpError, HttpResult, ImageView, Problem, Query, Tenant};
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
/// Newest first.
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
    let after = options.cursor.map(|cursor| image_of(&cursor)).transpose()?;
    let page = service.records.images(&tenant, after, options.limit).await?;
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
        .map(|image| cursor_of(image.id));
    Ok(Json(ImageList {
        items: page.items.into_iter().map(view).collect(),
        next_cursor,
    }))
}

/// A cursor is the id that the page ended with, in hexadecimal. It needs no signature: it leads into the caller's own
/// list, wherever it came from.
fn cursor_of(image: ImageId) -> String {
    image.as_uuid().simple().to_string()
}

fn image_of(cursor: &str) -> HttpResult<ImageId> {
    let uuid = cursor
        .parse::<uuid::Uuid>()
        .ok()
        .filter(|uuid| uuid.simple().to_string() == cursor)
        .ok_or_else(|| Failure::permanent(Code::InvalidRequest, "The cursor is none of ours."))?;
    Ok(ImageId::from_uuid(uuid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_others_are_refused() {
        let image: ImageId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        assert_eq!(image_of(&cursor_of(image)).unwrap(), image);
        for other in [
            "",
            "1",
            "0192f0c1-2345-7abc-8def-0123456789ab",
            "0192F0C123457ABC8DEF0123456789AB",
        ] {
            assert!(image_of(other).is_err(), "{other}");
        }
    }
}

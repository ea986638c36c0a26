//! Every function of the system: the one list that names them.

use std::collections::BTreeMap;

use darkroom_lambda::Constructor;
use utoipa::openapi::OpenApi;

/// How each function is made, by the name that the template builds it under, without the house's prefix.
#[must_use]
pub fn constructors() -> BTreeMap<&'static str, Constructor> {
    BTreeMap::from([
        ("analyze", darkroom_analyze::function as Constructor),
        ("archive", darkroom_archive::function),
        ("batches", darkroom_batches::function),
        ("cluster", darkroom_cluster::function),
        ("crib", darkroom_crib::function),
        ("datasets", darkroom_datasets::function),
        ("detect", darkroom_detect::function),
        ("download", darkroom_download::function),
        ("embed", darkroom_embed::function),
        ("images", darkroom_images::function),
        ("ingest", darkroom_ingest::function),
        ("janitor", darkroom_janitor::function),
        ("kmeans", darkroom_kmeans::function),
        ("predict", darkroom_predict::function),
        ("segment", darkroom_segment::function),
        ("status", darkroom_status::function),
        ("thumbnail", darkroom_thumbnail::function),
        ("upload-url", darkroom_upload_url::function),
        ("web", darkroom_web::function),
    ])
}

/// What each function that answers HTTP requests documents about its routes.
#[must_use]
pub fn documents() -> Vec<OpenApi> {
    vec![
        darkroom_upload_url::api(),
        darkroom_images::api(),
        darkroom_status::api(),
        darkroom_download::api(),
        darkroom_datasets::api(),
        darkroom_analyze::api(),
        darkroom_predict::api(),
        darkroom_crib::api(),
        darkroom_batches::api(),
        darkroom_web::api(),
    ]
}

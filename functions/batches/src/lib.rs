//! Batches of photographs: their members, the analysis that groups them, groups sorted by hand and ranked, near-duplicates
//! and the map.

mod analyze;
mod attempts;
mod body;
mod create;
mod duplicates;
mod groups;
mod list;
mod map;
mod members;
mod one;
mod page;
mod photographs;
mod rank;
mod readiness;
mod response;
mod sort;
mod status;

use std::sync::Arc;

use axum::routing::{get, post};
use darkroom_cloud::{Connection, Environment, EnvironmentError, Ground, Queues, Records, Removal};
use darkroom_domain::{Batch, BatchId, Failure, JobKind, TenantId};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use darkroom_model_store::ModelStore;
use darkroom_photograph::{Groups, Scoring};
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    records: Records,
    removal: Removal,
    queues: Queues,
    groups: Groups,
    scoring: Scoring,
    ground: Ground,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    // Only measures of the operator's own need a model here, and those bring their own weights.
    let models = Arc::new(ModelStore::new(environment, &files, &[])?);
    let limits = darkroom_cloud::image_limits(environment)?;
    let service = Service {
        scoring: Scoring::new(
            files.clone(),
            records.clone(),
            models,
            ground.clock.clone(),
            limits,
        ),
        removal: Removal::new(files.clone(), records.clone()),
        groups: Groups::new(files, records.clone(), ground.clone()),
        records,
        queues: connection.queues(),
        ground,
    };
    service
        .queues
        .expect_jobs(&[JobKind::Embed, JobKind::BatchAnalysis])?;
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_batches, create::create_batch))
        .routes(routes!(one::get_batch, one::rename_batch, one::delete_batch))
        .routes(routes!(members::add_batch_images, members::remove_batch_images))
        .routes(routes!(readiness::batch_readiness))
        .routes(routes!(analyze::analyze_batch))
        .routes(routes!(groups::batch_groups, sort::sort_batch))
        .routes(routes!(rank::rank_group))
        .routes(routes!(rank::rank_group_by_query))
        .routes(routes!(duplicates::batch_duplicates))
        .routes(routes!(
            duplicates::distinct::remember_distinct,
            duplicates::distinct::forget_distinct
        ))
        .routes(routes!(map::batch_map))
        // Lists answer with a slash behind them and without.
        .route("/batches", get(list::list_batches).post(create::create_batch))
        // A gateway may have decoded the slashes of a label.
        .route(
            "/batches/{batch_id}/groups/{label}/{*rest}",
            post(rank::rank_group_with_slashes),
        )
}

impl Service {
    /// The batch that a path names, if it is shown.
    async fn batch(&self, tenant: &TenantId, id: &str) -> Result<Batch, Failure> {
        let batch = match id.parse::<BatchId>() {
            Ok(id) => self.records.batch(tenant, id).await?,
            Err(_) => None,
        };
        batch
            .filter(Batch::is_shown)
            .ok_or_else(|| Failure::not_found(format!("Batch {id} not found")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_do_not_stand_in_each_others_way() {
        // The router panics over two routes that it cannot tell apart.
        let (_, document) = routes().split_for_parts();
        let paths: Vec<&str> = document.paths.paths.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "/batches/",
                "/batches/{batch_id}",
                "/batches/{batch_id}/analyze",
                "/batches/{batch_id}/duplicates",
                "/batches/{batch_id}/duplicates/distinct",
                "/batches/{batch_id}/groups",
                "/batches/{batch_id}/groups/{label}/rank",
                "/batches/{batch_id}/images",
                "/batches/{batch_id}/map",
                "/batches/{batch_id}/rank",
                "/batches/{batch_id}/readiness",
            ]
        );
    }
}

//! Means of cells in categories: `POST /api/v1/analysis/manual/calculate-categorized-mean/{image_id}`, and the result.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    AnalysisId, Failure, Findings, ImageId, Method, Timestamp,
    analysis::categorized_mean::{
        CategorizedMean, CategorizedMeanParams, Category, CategoryMean, SelectedCell,
    },
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Service, mean_lines::grid_of};

/// A grid, cells of it, and the categories that they are in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CategorizedMeanRequest {
    /// From the left, in pixels of the upright picture.
    vertical_lines: Vec<f64>,
    /// From the top, in pixels of the upright picture.
    horizontal_lines: Vec<f64>,
    /// The cells; one may be selected more than once.
    selected_cells: Vec<SelectedCell>,
    /// The categories.
    selection_categories: Vec<Category>,
    /// The same id as in the path.
    #[serde(rename = "imageID")]
    image_id: String,
}

/// What the categories come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CategorizedMeanAnswer {
    success: bool,
    #[schema(example = "Calculated stats for 2 categories")]
    message: String,
    image_id: ImageId,
    result_id: AnalysisId,
    /// Always 0: kept for older clients.
    all_cells_mean: f64,
    /// The categories, in the order of their first cells.
    category_results: Vec<CategoryMean>,
    /// The mean over all selected cells.
    overall_mean: f64,
    /// The lines that the cells lie between, with the edges.
    vertical_lines: Vec<u32>,
    /// The lines that the cells lie between, with the edges.
    horizontal_lines: Vec<u32>,
    /// How many cells the grid has.
    total_cells: usize,
    selected_cells_count: usize,
}

/// Mean lightness of cells in categories
///
/// The result takes the place of the picture's older one.
#[utoipa::path(post, path = "/api/v1/analysis/manual/calculate-categorized-mean/{image_id}", tag = "analysis",
    request_body = CategorizedMeanRequest, params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The means", body = CategorizedMeanAnswer),
    (status = 400, description = "No cell is selected", body = Problem),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "A line, a cell or a category is at fault, or the two ids differ", body = Problem),
))]
pub(crate) async fn calculate_categorized_mean(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<CategorizedMeanRequest>,
) -> HttpResult<Json<CategorizedMeanAnswer>> {
    let request = body.value;
    if request.image_id != id {
        let message = "Image ID in URL and body must match";
        return Err(HttpError::validation(&["body", "imageID"], message));
    }
    let image = service
        .picture(&tenant, &id, || format!("Image {id} not found"))
        .await?;
    let grid = grid_of(&image, &request.vertical_lines, &request.horizontal_lines)?;
    let params = CategorizedMeanParams {
        vertical_lines: grid.vertical().to_vec(),
        horizontal_lines: grid.horizontal().to_vec(),
        selected_cells_count: request.selected_cells.len(),
        selected_cells: request.selected_cells,
        selection_categories: request.selection_categories,
    };
    let means = service.means(&image, grid).await?;
    let found = CategorizedMean::of(&means, &params.selected_cells, &params.selection_categories)?;
    let findings = Findings::CalculateCategorizedMean {
        params: params.clone(),
        data: found.clone(),
    };
    let analysis = service.analysis(&image, findings, None);
    service.analyses.put(&analysis, None).await?;
    Ok(Json(CategorizedMeanAnswer {
        success: true,
        message: format!("Calculated stats for {} categories", found.category_results.len()),
        image_id: image.id,
        result_id: analysis.id,
        all_cells_mean: 0.0,
        category_results: found.category_results,
        overall_mean: found.overall_mean,
        vertical_lines: params.vertical_lines,
        horizontal_lines: params.horizontal_lines,
        total_cells: found.total_cells,
        selected_cells_count: params.selected_cells_count,
    }))
}

/// The latest means of a picture's categories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategorizedMeanResult {
    success: bool,
    result_id: AnalysisId,
    image_id: ImageId,
    method: Method,
    created_at: Timestamp,
    result: CategorizedMeanFlat,
}

/// What was asked and what was found, side by side.
#[derive(Debug, Serialize, ToSchema)]
struct CategorizedMeanFlat {
    #[serde(flatten)]
    params: CategorizedMeanParams,
    #[serde(flatten)]
    data: CategorizedMean,
}

/// The latest means of cells in categories
#[utoipa::path(get, path = "/api/v1/analysis/manual/categorized-mean/{image_id}/result", tag = "analysis",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The means", body = CategorizedMeanResult),
    (status = 404, description = "There are none", body = Problem),
))]
pub(crate) async fn get_categorized_mean(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<CategorizedMeanResult>> {
    let missing = || format!("Categorized mean result not found for image {id}");
    let image = service.picture(&tenant, &id, missing).await?;
    let method = Method::CalculateCategorizedMean;
    let analysis = service.analyses.latest(&tenant, image.id, method).await?;
    match analysis.map(|analysis| (analysis.id, analysis.created_at, analysis.findings)) {
        Some((result_id, created_at, Findings::CalculateCategorizedMean { params, data })) => {
            Ok(Json(CategorizedMeanResult {
                success: true,
                result_id,
                image_id: image.id,
                method,
                created_at,
                result: CategorizedMeanFlat { params, data },
            }))
        }
        _ => Err(Failure::not_found(missing()).into()),
    }
}

//! Means of the cells of a grid: `POST /api/v1/analysis/manual/calculate-mean-lines/{image_id}`, and the result.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use darkroom_domain::{
    AnalysisId, Failure, Findings, Image, ImageId, Method, Timestamp,
    analysis::mean_lines::{MAX_CELLS, MeanLines, MeanLinesParams},
};
use darkroom_http::{HttpError, HttpResult, JsonBody, Problem, Tenant};
use darkroom_vision::{Grid, grid_means, lightness};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Service;

/// The lines of a grid, in pixels of the upright picture. The edges are added where they are missing.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct MeanLinesRequest {
    /// From the left.
    vertical_lines: Vec<f64>,
    /// From the top.
    horizontal_lines: Vec<f64>,
}

/// The means.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeanLinesAnswer {
    success: bool,
    message: &'static str,
    /// The mean lightness of each cell, 0 to 255: rows of cells from the top.
    means: Vec<Vec<f64>>,
    image_id: ImageId,
    result_id: AnalysisId,
    /// The lines that the cells lie between, with the edges.
    vertical_lines: Vec<u32>,
    /// The lines that the cells lie between, with the edges.
    horizontal_lines: Vec<u32>,
}

/// Mean lightness between lines
///
/// The result takes the place of the picture's older one.
#[utoipa::path(post, path = "/api/v1/analysis/manual/calculate-mean-lines/{image_id}", tag = "analysis",
    request_body = MeanLinesRequest, params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The means", body = MeanLinesAnswer),
    (status = 404, description = "There is no such picture", body = Problem),
    (status = 422, description = "A line is outside of the picture, or there are too many", body = Problem),
))]
pub(crate) async fn calculate_mean_lines(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    body: JsonBody<MeanLinesRequest>,
) -> HttpResult<Json<MeanLinesAnswer>> {
    let image = service
        .picture(&tenant, &id, || format!("Image {id} not found"))
        .await?;
    let grid = grid_of(&image, &body.value.vertical_lines, &body.value.horizontal_lines)?;
    let params = MeanLinesParams {
        vertical_lines: grid.vertical().to_vec(),
        horizontal_lines: grid.horizontal().to_vec(),
        image_width: image.width,
        image_height: image.height,
    };
    let means = service.means(&image, grid).await?;
    let findings = Findings::CalculateMeanLines {
        params: params.clone(),
        data: MeanLines { means: means.clone() },
    };
    let analysis = service.analysis(&image, findings, None);
    service.analyses.put(&analysis, None).await?;
    Ok(Json(MeanLinesAnswer {
        success: true,
        message: "Successfully calculated mean for grid",
        means,
        image_id: image.id,
        result_id: analysis.id,
        vertical_lines: params.vertical_lines,
        horizontal_lines: params.horizontal_lines,
    }))
}

/// The latest means of a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeanLinesResult {
    id: AnalysisId,
    image_id: ImageId,
    parameters: MeanLinesParameters,
    /// The mean lightness of each cell, 0 to 255: rows of cells from the top.
    brightness_data: Vec<Vec<f64>>,
    created_at: Timestamp,
    /// Always null: results are replaced, not changed.
    updated_at: Option<Timestamp>,
}

/// The grid, and what it lies on.
#[derive(Debug, Serialize, ToSchema)]
struct MeanLinesParameters {
    image_id: ImageId,
    #[serde(flatten)]
    grid: MeanLinesParams,
}

/// The latest means between lines
#[utoipa::path(get, path = "/api/v1/analysis/manual/result/{image_id}", tag = "analysis",
    params(("image_id" = ImageId, Path)), responses(
    (status = 200, description = "The means", body = MeanLinesResult),
    (status = 404, description = "There are none", body = Problem),
))]
pub(crate) async fn get_mean_lines(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
) -> HttpResult<Json<MeanLinesResult>> {
    let missing = || format!("Manual analysis result not found for image {id}");
    let image = service.picture(&tenant, &id, missing).await?;
    let analysis = service
        .analyses
        .latest(&tenant, image.id, Method::CalculateMeanLines)
        .await?;
    match analysis.map(|analysis| (analysis.id, analysis.created_at, analysis.findings)) {
        Some((id, created_at, Findings::CalculateMeanLines { params, data })) => Ok(Json(MeanLinesResult {
            id,
            image_id: image.id,
            parameters: MeanLinesParameters {
                image_id: image.id,
                grid: params,
            },
            brightness_data: data.means,
            created_at,
            updated_at: None,
        })),
        _ => Err(Failure::not_found(missing()).into()),
    }
}

/// The grid that these lines make on a picture, if it has not more cells than fit into an answer.
pub(crate) fn grid_of(image: &Image, vertical: &[f64], horizontal: &[f64]) -> HttpResult<Grid> {
    let grid = Grid::new(image.width, image.height, vertical, horizontal)
        .map_err(|error| HttpError::validation(&["body"], error.to_string()))?;
    let cells = grid.rows().saturating_mul(grid.columns());
    if cells > MAX_CELLS {
        return Err(HttpError::validation(
            &["body"],
            format!("The grid has {cells} cells; at most {MAX_CELLS} fit into an answer"),
        ));
    }
    Ok(grid)
}

impl Service {
    /// The mean lightness of each cell.
    pub(crate) async fn means(&self, image: &Image, grid: Grid) -> Result<Vec<Vec<f64>>, Failure> {
        self.on_file(image, move |file, limits| {
            Ok(grid_means(&lightness(file, limits)?, &grid))
        })
        .await
    }
}

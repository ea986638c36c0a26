//! How good photographs are: `/images/quality/…`.

pub(crate) mod batch;
pub(crate) mod single;

use std::time::Duration;

use darkroom_domain::{Better, Failure, Image, ImageId, QualityMetric, Timestamp, sorter::QualityScore};
use darkroom_http::HttpResult;
use darkroom_photograph::scores::not_defined;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long measuring may take: the gateway waits for 30 seconds in all, and what was measured is yet to be written.
const MEASURING_TIME: Duration = Duration::from_secs(24);

/// By what to measure.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QualityOptions {
    /// One of `clipiqa+`, `brisque`, `niqe`, `musiq`, `cnniqa`, `liqe`, `piqe`, `sharpness`, `exposure`, `colorfulness`. Of
    /// these `clipiqa+`, `musiq`, `cnniqa` and `liqe` are measured by networks, which a deployment brings models for.
    #[param(example = "brisque")]
    metric: Option<String>,
    /// Measure also what was measured before.
    #[serde(default)]
    #[param(default = false)]
    force_reanalyze: bool,
}

impl QualityOptions {
    /// The metric that is named, if one is.
    fn metric(&self) -> HttpResult<Option<QualityMetric>> {
        Ok(self.metric.as_deref().map(QualityMetric::named).transpose()?)
    }
}

/// How good a photograph is by one metric.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct QualityAnswer {
    /// The photograph.
    image_id: ImageId,
    /// The score, within `range`.
    #[schema(example = 21.4)]
    quality_score: f64,
    /// What it was measured by.
    #[schema(example = "brisque")]
    quality_metric: &'static str,
    /// Which scores are the good ones: `higher` or `lower`.
    #[schema(example = "lower")]
    better: &'static str,
    /// The lowest and the highest score that there can be; null where there is no such end.
    #[schema(min_items = 2, max_items = 2, example = json!([0.0, 100.0]))]
    range: Vec<Option<f64>>,
    /// How it was measured: scores of different versions are not to be compared.
    #[schema(example = "1")]
    version: String,
    /// When it was measured.
    analyzed_at: Timestamp,
    /// The client's name for the file.
    file_name: String,
}

impl QualityAnswer {
    /// What is told of a photograph's score.
    ///
    /// # Errors
    /// `validation_failed` where the metric is not defined for the photograph.
    fn of(image: &Image, metric: QualityMetric, score: QualityScore) -> Result<Self, Failure> {
        Ok(Self {
            image_id: image.id,
            quality_score: score.score.ok_or_else(|| not_defined(metric))?,
            quality_metric: metric.name(),
            better: better(metric),
            range: range(metric),
            version: score.version,
            analyzed_at: score.analyzed_at,
            file_name: image.filename.clone(),
        })
    }
}

/// Which scores of a metric are the good ones, in the words of answers.
pub(crate) const fn better(metric: QualityMetric) -> &'static str {
    match metric.better() {
        Better::Higher => "higher",
        Better::Lower => "lower",
    }
}

/// The lowest and the highest score of a metric, as answers tell them.
pub(crate) fn range(metric: QualityMetric) -> Vec<Option<f64>> {
    let (lowest, highest) = metric.range();
    vec![lowest, highest]
}

#[cfg(test)]
mod tests;

//! How good photographs are by one measure: what is known of it, and what is measured because it is not.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use darkroom_cloud::{Clock, Files, Records};
use darkroom_domain::{
    Code, Description, Failure, Image, ImageId, ImageLimits, QualityMetric, TenantId, Timestamp,
    sorter::QualityScore,
};
use darkroom_inference::{Description as ModelDescription, Model, Task};
use darkroom_lambda::jobs::on_pixels;
use darkroom_model_store::ModelStore;
use darkroom_vision::{NotMeasured, decode, quality};
use futures::{StreamExt, stream};
use tokio::sync::Semaphore;

use crate::{
    describing::{measure_version, model_failed, pixels, update_description},
    vector::space_of,
};

/// How many photographs are measured at the same time.
const AT_ONCE: usize = 2;
/// With less time than this no photograph is begun.
const LEAST: Duration = Duration::from_secs(3);
/// What does not finish in this time takes too long by itself.
const ENOUGH: Duration = Duration::from_secs(15);

/// What measures the quality of photographs, and measures nothing twice.
#[derive(Clone, Debug)]
pub struct Scoring {
    files: Files,
    records: Records,
    models: Arc<ModelStore>,
    clock: Arc<dyn Clock>,
    limits: ImageLimits,
    /// Work that was given up because its time was over cannot be ended: it keeps its place until it ends by itself.
    places: Arc<Semaphore>,
}

/// A way to measure: a metric, the version of it, and the model where it needs one.
#[derive(Clone, Debug)]
struct Measure {
    metric: QualityMetric,
    version: String,
    model: Option<ModelDescription>,
}

impl Scoring {
    /// Over the files, records and models of the deployment.
    #[must_use]
    pub fn new(
        files: Files,
        records: Records,
        models: Arc<ModelStore>,
        clock: Arc<dyn Clock>,
        limits: ImageLimits,
    ) -> Self {
        Self {
            files,
            records,
            models,
            clock,
            limits,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The metric that is meant where none is named for several photographs: LIQE, where the deployment has a model for it,
    /// else BRISQUE.
    ///
    /// # Errors
    /// Those of [`ModelStore::library`].
    pub async fn default_metric(&self) -> Result<QualityMetric, Failure> {
        let library = self.models.library().await?;
        let has_liqe = library
            .find(Task::Quality, &model_name(QualityMetric::Liqe))
            .is_some();
        Ok(if has_liqe {
            QualityMetric::Liqe
        } else {
            QualityMetric::Brisque
        })
    }

    /// Whether this deployment can measure by a metric.
    ///
    /// # Errors
    /// `model_missing` when it needs a network that the deployment has no model of; those of [`ModelStore::library`].
    pub async fn check(&self, metric: QualityMetric) -> Result<(), Failure> {
        self.model_for(metric).await.map(|_| ())
    }

    /// How good photographs of one tenant are by a metric, each with its score or with the reason why it has none. Scores
    /// that are known are taken as they are unless `force` is said; others are measured and kept, as many as there is time
    /// for. A score that is `None` means that the metric says nothing of such a picture.
    ///
    /// The reasons: `timeout`, retryable, of a photograph whose turn did not come within the time that is `left`, and not
    /// retryable of one that took all of it by itself; `not_found` of one that went meanwhile; those of decoding;
    /// `model_missing` and `model_failed`; `unavailable` or `internal`.
    pub async fn scores(
        &self,
        tenant: &TenantId,
        images: &[Image],
        metric: QualityMetric,
        force: bool,
        left: Duration,
    ) -> HashMap<ImageId, Result<QualityScore, Failure>> {
        let end = Instant::now() + left;
        match self.known(tenant, images, metric, end).await {
            Ok((measure, known)) => {
                if !force {
                    return self.completed(images, &measure, known, end).await;
                }
                // What was measured longest ago comes first: who asks again gets on.
                let mut images = images.to_vec();
                images.sort_by_key(|image| known.get(&image.id).map(|score| score.analyzed_at));
                self.completed(&images, &measure, HashMap::new(), end).await
            }
            Err(failure) => images
                .iter()
                .map(|image| (image.id, Err(failure.clone())))
                .collect(),
        }
    }

    /// How it is measured, and the scores that were measured so before.
    async fn known(
        &self,
        tenant: &TenantId,
        images: &[Image],
        metric: QualityMetric,
        end: Instant,
    ) -> Result<(Measure, HashMap<ImageId, QualityScore>), Failure> {
        let measure = self.measure(metric, end).await?;
        let ids: Vec<ImageId> = images.iter().map(|image| image.id).collect();
        let descriptions = self.records.descriptions(tenant, &ids).await?;
        let known = descriptions
            .into_iter()
            .filter_map(|description| {
                let score = score_of_version(&description, metric, &measure.version)?;
                Some((description.image_id, score.clone()))
            })
            .collect();
        Ok((measure, known))
    }

    async fn completed(
        &self,
        images: &[Image],
        measure: &Measure,
        known: HashMap<ImageId, QualityScore>,
        end: Instant,
    ) -> HashMap<ImageId, Result<QualityScore, Failure>> {
        let missing: HashMap<ImageId, Image> = images
            .iter()
            .filter(|image| !known.contains_key(&image.id))
            .map(|image| (image.id, image.clone()))
            .collect();
        // In the order that was asked for: who asks again finds the first ones done.
        let mut missing: Vec<Image> = missing.into_values().collect();
        let places: HashMap<ImageId, usize> = images
            .iter()
            .enumerate()
            .map(|(place, image)| (image.id, place))
            .collect();
        missing.sort_by_key(|image| places.get(&image.id).copied());
        let measured: Vec<_> = stream::iter(missing)
            .map(|image| {
                let (scoring, measure) = (self.clone(), measure.clone());
                async move {
                    let score = scoring.measured(&image, &measure, end).await;
                    if let Err(failure) = &score {
                        tracing::warn!(image = %image.id, metric = %measure.metric, "not measured: {failure}");
                    }
                    (image.id, score)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let known = known.into_iter().map(|(image, score)| (image, Ok(score)));
        known.chain(measured).collect()
    }

    /// Measures one photograph, and keeps the score.
    async fn measured(
        &self,
        image: &Image,
        measure: &Measure,
        end: Instant,
    ) -> Result<QualityScore, Failure> {
        let left = || end.saturating_duration_since(Instant::now());
        let patience = left().checked_sub(LEAST).ok_or_else(not_its_turn)?;
        let place = tokio::time::timeout(patience, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| not_its_turn())?
            .map_err(Failure::unknown)?;
        let model = match &measure.model {
            Some(described) => Some(
                self.models
                    .model_within(Task::Quality, &described.name, left())
                    .await?,
            ),
            None => None,
        };
        let file = self
            .files
            .original(&image.tenant, image.id, self.limits.bytes)
            .await?;
        let (limits, metric) = (self.limits, measure.metric);
        let patience = left();
        let score = on_pixels(patience, move || {
            let _place = place;
            score_of(&file.bytes, &limits, metric, model.as_deref())
        })
        .await
        .map_err(|failure| match failure.code {
            // With more time it may well be measured.
            Code::Timeout if patience < ENOUGH => not_its_turn(),
            _ => failure,
        })?;
        let score = |now: Timestamp| QualityScore {
            score,
            version: measure.version.clone(),
            analyzed_at: now,
        };
        let name = metric.name();
        let described = update_description(
            &self.records,
            &*self.clock,
            (&image.tenant, image.id),
            |description, now| {
                description.scores.insert(name.to_owned(), score(now));
            },
        )
        .await?;
        Ok(score(described.updated_at))
    }

    /// How a metric is measured today. The version of one with a network is made of model and input as the space of vectors
    /// is; the model is loaded only where the manifest does not state its digest.
    async fn measure(&self, metric: QualityMetric, end: Instant) -> Result<Measure, Failure> {
        let model = self.model_for(metric).await?;
        let version = match (&model, measure_version(metric)) {
            (None, Some(version)) => version,
            (None, None) => return Err(model_missing(metric)),
            (Some(described), _) => match &described.sha256 {
                Some(digest) => space_of(digest, &described.input).to_string(),
                None => {
                    let left = end.saturating_duration_since(Instant::now());
                    let model = self
                        .models
                        .model_within(Task::Quality, &described.name, left)
                        .await?;
                    space_of(model.digest(), &model.description().input).to_string()
                }
            },
        };
        Ok(Measure {
            metric,
            version,
            model,
        })
    }

    /// The model of a metric that needs one.
    async fn model_for(&self, metric: QualityMetric) -> Result<Option<ModelDescription>, Failure> {
        if !metric.needs_network() {
            return Ok(None);
        }
        let library = self.models.library().await?;
        let found = library.find(Task::Quality, &model_name(metric)).cloned();
        found.map(Some).ok_or_else(|| model_missing(metric))
    }
}

/// What is said of a photograph whose score by a metric is `None`.
#[must_use]
pub fn not_defined(metric: QualityMetric) -> Failure {
    Failure::permanent(
        Code::ValidationFailed,
        format!("{metric} is not defined for this picture: it is too small for it, or without detail."),
    )
}

/// The name in the manifest of the model that measures by a metric: that of the metric, with `+` spelled out.
#[must_use]
pub fn model_name(metric: QualityMetric) -> String {
    metric.name().replace('+', "_plus")
}

/// The score by a metric, if it was measured in this version.
fn score_of_version<'a>(
    description: &'a Description,
    metric: QualityMetric,
    version: &str,
) -> Option<&'a QualityScore> {
    description.score(metric).filter(|score| score.version == version)
}

/// The score of a file; none where the metric says nothing of such a picture.
fn score_of(
    file: &[u8],
    limits: &ImageLimits,
    metric: QualityMetric,
    model: Option<&Model>,
) -> Result<Option<f64>, Failure> {
    let picture = decode(file, limits)?;
    if let Some(model) = model {
        let (score, _) = model.score(&pixels(&picture)?).map_err(model_failed)?;
        return Ok(Some(f64::from(score)));
    }
    match quality(&picture, &[metric]).pop() {
        Some((_, Ok(score))) => Ok(Some(score)),
        Some((_, Err(NotMeasured::NeedsNetwork(_)))) | None => Err(model_missing(metric)),
        Some((_, Err(_))) => Ok(None),
    }
}

fn model_missing(metric: QualityMetric) -> Failure {
    Failure::permanent(
        Code::ModelMissing,
        format!(
            "{metric} is measured by a network, and this deployment has no model for it. To bring one, put an ONNX file \
             and an entry with name = \"{}\", task = \"quality\" and output = {{ layout = \"scalar\" }} into the manifest \
             of your own models: docs/MODELS.md.",
            model_name(metric)
        ),
    )
}

fn not_its_turn() -> Failure {
    Failure::temporary(
        Code::Timeout,
        "Its turn did not come within the time of the request. Ask again: what was measured is kept.",
    )
}

#[cfg(test)]
mod tests;

//! A photograph to what is known of it: its vector, its perceptual hash, its quality. One decoding feeds all three.

use std::time::{Duration, Instant};

use darkroom_cloud::{Clock, Records};
use darkroom_domain::{
    Code, Description, Failure, ImageId, ImageLimits, QualityMetric, TenantId, Timestamp, VectorSpace,
    sorter::QualityScore,
};
use darkroom_inference::{Model, Pixels};
use darkroom_vision::{PerceptualHash, Picture, decode, quality};

use crate::vector::space_of;

/// How often a description is read anew when another has just written it.
const TRIES: u32 = 8;

/// What was found out about a photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Its vector, of length 1.
    pub vector: Vec<f32>,
    /// Which vectors it can be compared with.
    pub space: VectorSpace,
    /// The name of the model that made it.
    pub model: String,
    /// SHA-256 of that model's file, in lower-case hexadecimal.
    pub model_sha256: String,
    /// Its perceptual hash; none where it would say nothing.
    pub perceptual_hash: Option<u64>,
    /// Its scores by the measures without a network; none where a measure says nothing of such a picture.
    pub scores: Vec<(QualityMetric, Option<f64>)>,
    /// How long it took.
    pub times: DescribingTimes,
}

/// How long the parts of describing a photograph took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DescribingTimes {
    /// Decoding.
    pub decoding: Duration,
    /// Everything about the network.
    pub inference: Duration,
    /// The perceptual hash.
    pub hashing: Duration,
    /// All measures of quality.
    pub quality: Duration,
}

/// Describes a photograph.
///
/// # Errors
/// Those of decoding; `model_failed`.
pub fn describe(file: &[u8], limits: &ImageLimits, model: &Model) -> Result<Described, Failure> {
    let mut times = DescribingTimes::default();
    let picture = timed(&mut times.decoding, || decode(file, limits))?;
    let vector = timed(&mut times.inference, || vector_of(&picture, model))?;
    let hash = timed(&mut times.hashing, || PerceptualHash::of(&picture));
    let scores = timed(&mut times.quality, || {
        quality(&picture, &QualityMetric::WITHOUT_NETWORK)
            .into_iter()
            .map(|(metric, score)| (metric, score.ok()))
            .collect()
    });
    Ok(Described {
        vector,
        space: space_of(model.digest(), &model.description().input),
        model: model.name().to_owned(),
        model_sha256: model.digest().to_owned(),
        perceptual_hash: hash.is_telling().then(|| hash.bits()),
        scores,
        times,
    })
}

fn vector_of(picture: &Picture, model: &Model) -> Result<Vec<f32>, Failure> {
    let (embedding, _) = model.embed(&pixels(picture)?).map_err(model_failed)?;
    if embedding.normalized.iter().all(|number| *number == 0.0) {
        // It has no direction: nothing can be said of its likeness to others.
        let detail = format!("The model {} sees nothing in this picture.", model.name());
        return Err(Failure::permanent(Code::ModelFailed, detail));
    }
    Ok(embedding.normalized)
}

/// A picture as models look at it.
pub(crate) fn pixels(picture: &Picture) -> Result<Pixels<'_>, Failure> {
    Pixels::new(picture.width(), picture.height(), picture.pixels()).map_err(Failure::unknown)
}

pub(crate) fn model_failed(error: impl std::fmt::Display) -> Failure {
    Failure::permanent(Code::ModelFailed, error.to_string())
}

/// The version of the way in which a metric is measured, as descriptions keep it; none of metrics that need a network.
#[must_use]
pub fn measure_version(metric: QualityMetric) -> Option<String> {
    quality::version(metric).map(|version| version.to_string())
}

/// Whether a description says all that [`describe`] would, in the space of today's model.
#[must_use]
pub fn is_current(description: &Description, space: VectorSpace) -> bool {
    description.space == Some(space)
        && QualityMetric::WITHOUT_NETWORK.into_iter().all(|metric| {
            let known = description.score(metric).map(|score| &score.version);
            known.is_some() && known == measure_version(metric).as_ref()
        })
}

impl Described {
    /// Writes it into what is known of the photograph. Scores by other measures stay.
    pub fn describe(&self, description: &mut Description, now: Timestamp) {
        description.space = Some(self.space);
        description.model = Some(self.model.clone());
        description.model_sha256 = Some(self.model_sha256.clone());
        description.dimensions = u32::try_from(self.vector.len()).unwrap_or(u32::MAX);
        description.perceptual_hash = self.perceptual_hash.map(|bits| format!("{bits:016x}"));
        for (metric, score) in &self.scores {
            let Some(version) = measure_version(*metric) else {
                continue;
            };
            let score = QualityScore {
                score: *score,
                version,
                analyzed_at: now,
            };
            description.scores.insert(metric.name().to_owned(), score);
        }
    }
}

/// Changes what is known of a photograph, anew whenever somebody else has changed it meanwhile. Of a photograph that is gone
/// nothing stays known.
///
/// # Errors
/// `not_found` when the photograph is gone; `conflict` when others never cease to change it; `unavailable` or `internal`.
pub async fn update_description(
    records: &Records,
    clock: &dyn Clock,
    (tenant, image): (&TenantId, ImageId),
    change: impl Fn(&mut Description, Timestamp) + Send + Sync,
) -> Result<Description, Failure> {
    let mut tries = 0;
    let saved = loop {
        tries += 1;
        let now = clock.now();
        let known = records.description(tenant, image).await?;
        let mut description = known.unwrap_or_else(|| Description::unknown(tenant.clone(), image, now));
        change(&mut description, now);
        description.updated_at = now;
        match records.save_description(description).await {
            Ok(saved) => break saved,
            Err(failure) if failure.code == Code::Conflict && tries < TRIES => {}
            Err(failure) => return Err(failure),
        }
    };
    // The photograph may have gone before this was written, and its removal cannot have seen it then.
    if records.image(tenant, image).await?.is_none() {
        records.forget_description(tenant, image).await?;
        return Err(Failure::not_found(format!("Image {image} not found")));
    }
    Ok(saved)
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    *total += began.elapsed();
    result
}

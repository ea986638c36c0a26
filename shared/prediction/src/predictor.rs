//! A file to a prediction that is kept.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use darkroom_cloud::{Clock, Files, Records};
use darkroom_domain::{DetectionOrder, Failure, ImageLimits, Prediction, PredictionId, TenantId};
use darkroom_inference::{Description, Model, Task};
use darkroom_lambda::jobs::on_pixels;
use darkroom_model_store::ModelStore;
use sha2::{Digest, Sha256};

use crate::{
    identity::prediction_id,
    parameters::Parameters,
    picture::{DetectedPicture, detected},
    pixel_work::PixelWork,
};

/// Makes predictions, and makes none twice.
#[derive(Clone, Debug)]
pub struct Predictor {
    /// Where the pictures that show predictions are kept.
    pub files: Files,
    /// Where predictions are kept.
    pub records: Records,
    /// The models that there are.
    pub models: Arc<ModelStore>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The limits on each picture.
    pub limits: ImageLimits,
    /// How much work on pixels is done at once.
    pub pixels: PixelWork,
}

/// A prediction, and whether it was there already.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// The prediction.
    pub prediction: Prediction,
    /// Whether it answers a repetition.
    pub is_cached: bool,
}

/// Why a picture was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictionFault {
    /// Of the order: it would be no better with any other picture.
    #[error(transparent)]
    Order(Failure),
    /// Of this picture, or of what came between.
    #[error(transparent)]
    Picture(#[from] Failure),
}

impl From<PredictionFault> for Failure {
    fn from(fault: PredictionFault) -> Self {
        match fault {
            PredictionFault::Order(failure) | PredictionFault::Picture(failure) => failure,
        }
    }
}

impl Predictor {
    /// What a detector finds in a picture: the prediction that is kept, where there is one, else a new one. Its picture is
    /// written before its record: whoever knows of a prediction can see it. Two who ask at once for the same end alike.
    ///
    /// # Errors
    /// Of the order those of [`ModelStore::model`] and [`Parameters::of`]. Of the picture those of reading pictures and
    /// `model_failed`; `timeout` beyond the time that is `left`. Of either `internal`, and `unavailable`, also where the model
    /// is not loaded in time or too much is looked at at once.
    pub async fn predict(
        &self,
        tenant: &TenantId,
        file: Bytes,
        order: &DetectionOrder,
        left: Duration,
    ) -> Result<Predicted, PredictionFault> {
        let began = Instant::now();
        let left = || left.saturating_sub(began.elapsed());
        self.limits.check_bytes(file.len() as u64)?;
        let hashed = file.clone();
        let sha256 = on_pixels(left(), move || Ok(hex::encode(Sha256::digest(&hashed)))).await?;
        let described = self
            .models
            .described(Task::Detect, Some(&order.model))
            .await
            .map_err(PredictionFault::Order)?;
        // What the manifest says of its file spares loading the model for a repetition.
        if let Some(digest) = &described.sha256
            && let Some(known) = self.known(tenant, &sha256, &described, digest, order).await?
        {
            return Ok(known);
        }
        let model = self
            .models
            .model_within(Task::Detect, &order.model, left())
            .await
            .map_err(PredictionFault::Order)?;
        // The manifest may be silent, or have been read anew.
        if described != *model.description() || described.sha256.is_none() {
            let known = self
                .known(tenant, &sha256, model.description(), model.digest(), order)
                .await?;
            if let Some(known) = known {
                return Ok(known);
            }
        }
        let parameters = Parameters::of(order, model.description()).map_err(PredictionFault::Order)?;
        let id = prediction_id(&sha256, model.description(), model.digest(), &parameters);
        let (limits, used, told) = (self.limits, Arc::clone(&model), parameters.clone());
        let found = self
            .pixels
            .run(left(), move || detected(&file, &limits, &used, &told))
            .await?;
        log(id, &model, &found);
        let now = self.clock.now();
        let prediction = Prediction {
            id,
            tenant: tenant.clone(),
            sha256,
            width: found.width,
            height: found.height,
            model: parameters.model_use(&model),
            classes: order.classes.clone(),
            max_detections: parameters.max_detections,
            detections: found.detections,
            uncertain: found.uncertain,
            times: found.times,
            created_at: now,
            kept_until: now.after(Prediction::KEEP),
            is_evidence: false,
        };
        Ok(self.keep(prediction, found.annotated.into()).await?)
    }

    /// The prediction that answers a repetition, if there is one.
    async fn known(
        &self,
        tenant: &TenantId,
        sha256: &str,
        model: &Description,
        model_sha256: &str,
        order: &DetectionOrder,
    ) -> Result<Option<Predicted>, PredictionFault> {
        let parameters = Parameters::of(order, model).map_err(PredictionFault::Order)?;
        let id = prediction_id(sha256, model, model_sha256, &parameters);
        let now = self.clock.now();
        let known = self.records.prediction(tenant, id).await?;
        Ok(known
            .filter(|prediction| prediction.is_fresh(now))
            .map(|prediction| Predicted {
                prediction,
                is_cached: true,
            }))
    }

    async fn keep(&self, prediction: Prediction, annotated: Bytes) -> Result<Predicted, Failure> {
        self.files
            .write(&prediction.picture_key(), Prediction::MEDIA_TYPE, annotated)
            .await?;
        let mut predicted = Predicted {
            prediction,
            is_cached: false,
        };
        if !self.records.put_prediction(&predicted.prediction).await? {
            // Another was quicker, and a transaction rests upon its prediction already: they say the same.
            let (tenant, id) = (&predicted.prediction.tenant, predicted.prediction.id);
            if let Some(prediction) = self.records.prediction(tenant, id).await? {
                predicted.prediction = prediction;
            }
        }
        Ok(predicted)
    }
}

fn log(id: PredictionId, model: &Model, found: &DetectedPicture) {
    let times = &found.times;
    tracing::info!(
        prediction = %id,
        model = model.name(),
        width = found.width,
        height = found.height,
        detections = found.detections.len(),
        uncertain = found.uncertain.len(),
        decode_ms = times.decode_ms,
        preprocess_ms = times.preprocess_ms,
        inference_ms = times.inference_ms,
        postprocess_ms = times.postprocess_ms,
        drawing_ms = times.drawing_ms,
        "predicted"
    );
}

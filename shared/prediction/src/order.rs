//! What a request asks of a detector, held against the models that there are.

use darkroom_domain::DetectionOrder;
use darkroom_inference::Task;
use darkroom_model_store::{ModelStore, OptionFault, checked_classes, described_for};

/// The most things that a picture may be asked for.
pub const MAX_DETECTIONS: u32 = 300;

/// What a request says, not checked yet. The names of the options are those of its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderRequest {
    /// The model's name.
    pub model: Option<String>,
    /// What the model must be sure of.
    pub confidence: Option<f32>,
    /// Above which overlap two things of a class are one.
    pub iou: Option<f32>,
    /// How many of the strongest are kept.
    pub max_det: Option<u32>,
    /// Only these classes, by their labels.
    pub classes: Option<Vec<String>>,
}

impl OrderRequest {
    /// Whether nothing is asked for in particular.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.model.is_none()
            && self.confidence.is_none()
            && self.iou.is_none()
            && self.max_det.is_none()
            && self.classes.is_none()
    }

    /// The order that it is. Where the request does not say how sure a model must be, the `confidence` that the tenant has
    /// set holds, and where there is none, the model's own.
    ///
    /// # Errors
    /// The option that is at fault: a confidence that is not between 0 and 1, an `iou` that is not from 0 to 1, a `max_det`
    /// that is not from 1 to [`MAX_DETECTIONS`], a model or a class that there is not; the failures of
    /// [`ModelStore::library`].
    pub async fn checked(
        self,
        models: &ModelStore,
        confidence: Option<f32>,
    ) -> Result<DetectionOrder, OptionFault> {
        // A number that is none is in no range.
        if self.confidence.is_some_and(|value| !(value > 0.0 && value < 1.0)) {
            return Err(OptionFault::new("confidence", "must be above 0 and below 1"));
        }
        if self.iou.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(OptionFault::new("iou", "must be from 0 to 1"));
        }
        if self
            .max_det
            .is_some_and(|value| !(1..=MAX_DETECTIONS).contains(&value))
        {
            return Err(OptionFault::new(
                "max_det",
                format!("must be from 1 to {MAX_DETECTIONS}"),
            ));
        }
        let model = described_for(models, Task::Detect, self.model.as_deref()).await?;
        let classes = checked_classes(&model, self.classes)?;
        Ok(DetectionOrder {
            model: model.name,
            confidence: self.confidence.or(confidence),
            iou: self.iou,
            max_detections: self.max_det,
            classes,
        })
    }
}

#[cfg(test)]
mod tests {
    use darkroom_cloud::{Connection, Environment};

    use super::*;
    use crate::WEIGHTS;

    /// The models that are shipped: nothing is asked of any cloud for them.
    fn shipped() -> ModelStore {
        let environment = Environment::from_iter([
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
            ("AWS_ACCESS_KEY_ID", "nobody"),
            ("AWS_SECRET_ACCESS_KEY", "nothing"),
            ("AWS_REGION", "us-east-1"),
            ("BUCKET_NAME", "none"),
        ]);
        let files = Connection::of(&environment).unwrap().files().unwrap();
        ModelStore::new(&environment, &files, WEIGHTS).unwrap()
    }

    #[tokio::test]
    async fn what_is_not_said_is_the_tenants_and_then_the_models() {
        let models = shipped();
        let confidence = async |said: Option<f32>, set: Option<f32>| {
            let request = OrderRequest {
                confidence: said,
                ..OrderRequest::default()
            };
            request.checked(&models, set).await.unwrap().confidence
        };
        assert_eq!(confidence(Some(0.1), Some(0.8)).await, Some(0.1));
        assert_eq!(confidence(None, Some(0.8)).await, Some(0.8));
        assert_eq!(confidence(None, None).await, None);
        assert!(OrderRequest::default().is_empty());
        let order = OrderRequest::default().checked(&models, None).await.unwrap();
        assert_eq!(order.model, "efficientdet_lite0");
        assert!(models.model(Task::Detect, "yolov4_tiny").await.is_ok());
    }

    #[tokio::test]
    async fn an_option_that_is_at_fault_is_named() {
        let models = shipped();
        let good = OrderRequest {
            model: Some("yolov4_tiny".to_owned()),
            confidence: Some(f32::EPSILON),
            iou: Some(1.0),
            max_det: Some(300),
            classes: Some(vec!["cup".to_owned()]),
        };
        assert!(good.clone().checked(&models, None).await.is_ok());
        let confidence = |value| OrderRequest {
            confidence: Some(value),
            ..good.clone()
        };
        let iou = |value| OrderRequest {
            iou: Some(value),
            ..good.clone()
        };
        let max_det = |value| OrderRequest {
            max_det: Some(value),
            ..good.clone()
        };
        let classes = |labels: &[&str]| OrderRequest {
            classes: Some(labels.iter().map(ToString::to_string).collect()),
            ..good.clone()
        };
        let model = |name: &str| OrderRequest {
            model: Some(name.to_owned()),
            ..good.clone()
        };
        for (request, at_fault) in [
            (confidence(0.0), "confidence"),
            (confidence(1.0), "confidence"),
            (confidence(-0.5), "confidence"),
            (confidence(f32::NAN), "confidence"),
            (confidence(f32::INFINITY), "confidence"),
            (iou(-0.1), "iou"),
            (iou(1.1), "iou"),
            (iou(f32::NAN), "iou"),
            (max_det(0), "max_det"),
            (max_det(301), "max_det"),
            (classes(&[]), "classes"),
            (classes(&["cup", "anvil"]), "classes"),
            (model("anvil"), "model"),
            // It is there, but for something else.
            (model("deeplabv3_mnv2_257"), "model"),
        ] {
            let shown = format!("{request:?}");
            match request.checked(&models, None).await {
                Err(OptionFault::Option { option, .. }) => assert_eq!(option, at_fault, "{shown}"),
                other => panic!("{shown}: {other:?}"),
            }
        }
    }
}

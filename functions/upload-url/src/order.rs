//! What a request asks to be done with pictures, held against what there is.

use darkroom_domain::{
    ArchiveOrder, ArchiveOutput, Code, PredictionOrder, SegmentationOrder, TenantId, ToolkitId,
};
use darkroom_http::{HttpError, HttpResult, Language, TOOLKIT_NOT_FOUND};
use darkroom_inference::Task as ModelTask;
use darkroom_model_store::{OptionFault, checked_classes, described_for};
use darkroom_prediction::OrderRequest;

use crate::Service;

/// All that can be asked, whatever is done with the pictures.
#[derive(Clone, Debug, Default)]
pub(crate) struct PictureOptions {
    pub(crate) toolkit_id: Option<ToolkitId>,
    pub(crate) model: Option<String>,
    pub(crate) confidence: Option<f32>,
    pub(crate) iou: Option<f32>,
    pub(crate) max_det: Option<u32>,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) output: Option<ArchiveOutput>,
}

/// What is done with the pictures of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Nothing that could be asked for in particular.
    None,
    /// They are segmented.
    Segmentation,
    /// They are looked for tools.
    Prediction,
}

/// How pictures are segmented, as a request says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SegmentationRequest {
    pub(crate) model: Option<String>,
    pub(crate) confidence: Option<f32>,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) output: Option<ArchiveOutput>,
}

/// What a request asks, of which everything belongs to what is done with its pictures.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    Nothing,
    Segmentation(SegmentationRequest),
    Prediction(ToolkitId, OrderRequest),
}

impl PictureOptions {
    /// Refuses what has nothing to do with the `treatment`, and what it lacks.
    fn asked(self, treatment: Treatment) -> HttpResult<Asked> {
        let for_both = "belongs to the purposes archive and prediction";
        let for_archives = "belongs to the purpose archive";
        let for_predictions = "belongs to the purpose prediction";
        let (both, archive, prediction) = match treatment {
            Treatment::None => (false, false, false),
            Treatment::Segmentation => (true, true, false),
            Treatment::Prediction => (true, false, true),
        };
        for (option, is_given, is_allowed, message) in [
            (
                "toolkit_id",
                self.toolkit_id.is_some(),
                prediction,
                for_predictions,
            ),
            ("model", self.model.is_some(), both, for_both),
            ("confidence", self.confidence.is_some(), both, for_both),
            ("iou", self.iou.is_some(), prediction, for_predictions),
            ("max_det", self.max_det.is_some(), prediction, for_predictions),
            ("classes", self.classes.is_some(), both, for_both),
            ("output", self.output.is_some(), archive, for_archives),
        ] {
            if is_given && !is_allowed {
                return Err(HttpError::validation(&["body", option], message));
            }
        }
        match treatment {
            Treatment::None => Ok(Asked::Nothing),
            Treatment::Segmentation => Ok(Asked::Segmentation(SegmentationRequest {
                model: self.model,
                confidence: self.confidence,
                classes: self.classes,
                output: self.output,
            })),
            Treatment::Prediction => {
                let missing = || HttpError::validation(&["body", "toolkit_id"], "Field required");
                let request = OrderRequest {
                    model: self.model,
                    confidence: self.confidence,
                    iou: self.iou,
                    max_det: self.max_det,
                    classes: self.classes,
                };
                Ok(Asked::Prediction(self.toolkit_id.ok_or_else(missing)?, request))
            }
        }
    }
}

impl Service {
    /// What is to be done with the pictures of an upload, if anything.
    pub(crate) async fn order(
        &self,
        tenant: &TenantId,
        language: Language,
        treatment: Treatment,
        options: PictureOptions,
    ) -> HttpResult<Option<ArchiveOrder>> {
        match options.asked(treatment)? {
            Asked::Nothing => Ok(None),
            Asked::Segmentation(request) => {
                let order = self.segmentation("body", request).await?;
                Ok(Some(ArchiveOrder::Segmentation(order)))
            }
            Asked::Prediction(toolkit_id, request) => {
                if self.records.toolkit(tenant, toolkit_id).await?.is_none() {
                    return Err(TOOLKIT_NOT_FOUND.failure(Code::NotFound, language).into());
                }
                let confidence = self.records.crib(tenant).await?.confidence;
                let checked = request.checked(&self.models, confidence).await;
                let detection = checked.map_err(|fault| at_fault("body", fault))?;
                Ok(Some(ArchiveOrder::Prediction(PredictionOrder {
                    toolkit_id,
                    detection,
                })))
            }
        }
    }

    /// How pictures are segmented, held against the models that there are. `place` is where the request says so.
    pub(crate) async fn segmentation(
        &self,
        place: &str,
        request: SegmentationRequest,
    ) -> HttpResult<SegmentationOrder> {
        self.checked(request)
            .await
            .map_err(|fault| at_fault(place, fault))
    }

    async fn checked(&self, request: SegmentationRequest) -> Result<SegmentationOrder, OptionFault> {
        let model = described_for(&self.models, ModelTask::Segment, request.model.as_deref()).await?;
        if request
            .confidence
            .is_some_and(|confidence| !(0.0..=1.0).contains(&confidence))
        {
            return Err(OptionFault::new("confidence", "must be from 0 to 1"));
        }
        let classes = checked_classes(&model, request.classes)?;
        Ok(SegmentationOrder {
            model: model.name,
            confidence: request.confidence,
            classes,
            output: request.output.unwrap_or_default(),
        })
    }
}

fn at_fault(place: &str, fault: OptionFault) -> HttpError {
    match fault {
        OptionFault::Option { option, message } => HttpError::validation(&[place, option], message),
        OptionFault::Failure(failure) => failure.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kit() -> PictureOptions {
        PictureOptions {
            toolkit_id: Some(ToolkitId::new(2)),
            confidence: Some(0.4),
            ..PictureOptions::default()
        }
    }

    fn refused(options: PictureOptions, treatment: Treatment, option: &str) {
        let error = options.asked(treatment).unwrap_err();
        let expected = format!(r#"["body", "{option}"]"#);
        let told = format!("{error:?}");
        assert!(told.contains(&expected), "{told}");
    }

    #[test]
    fn predictions_need_a_kit_and_take_what_detectors_know() {
        let options = PictureOptions {
            iou: Some(0.5),
            max_det: Some(7),
            ..kit()
        };
        let Asked::Prediction(toolkit, request) = options.asked(Treatment::Prediction).unwrap() else {
            panic!("a prediction")
        };
        assert_eq!(
            (toolkit, request.max_det, request.confidence),
            (ToolkitId::new(2), Some(7), Some(0.4))
        );
        let nothing = PictureOptions::default();
        refused(nothing, Treatment::Prediction, "toolkit_id");
        let mask = PictureOptions {
            output: Some(ArchiveOutput::Mask),
            ..kit()
        };
        refused(mask, Treatment::Prediction, "output");
    }

    #[test]
    fn what_does_not_belong_to_the_purpose_is_refused() {
        refused(kit(), Treatment::Segmentation, "toolkit_id");
        refused(kit(), Treatment::None, "toolkit_id");
        let sure = PictureOptions {
            confidence: Some(0.4),
            ..PictureOptions::default()
        };
        refused(sure.clone(), Treatment::None, "confidence");
        assert!(matches!(
            sure.asked(Treatment::Segmentation).unwrap(),
            Asked::Segmentation(_)
        ));
        assert_eq!(
            PictureOptions::default().asked(Treatment::None).unwrap(),
            Asked::Nothing
        );
    }
}

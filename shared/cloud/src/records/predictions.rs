//! Predictions.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use darkroom_domain::{Code, Failure, Prediction, PredictionId, RecordKey, Subject, TenantId, Timestamp};

use super::{Records, item::Record};

/// What must hold where a prediction is written: that nothing rests upon one that is there.
const NOT_EVIDENCE: &str = "attribute_not_exists(PK) OR is_evidence = :no";

impl Record for Prediction {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Prediction(self.id))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        (!self.is_evidence).then_some(self.kept_until)
    }
}

impl Records {
    /// The prediction, if there is one. It may be out of date: see [`Prediction::is_kept`].
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn prediction(
        &self,
        tenant: &TenantId,
        id: PredictionId,
    ) -> Result<Option<Prediction>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::Prediction(id)))
            .await
    }

    /// Writes a prediction in the place of an older one of its id. False, and nothing is written, if a transaction rests
    /// upon the one that is there.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn put_prediction(&self, prediction: &Prediction) -> Result<bool, Failure> {
        let put = unless_evidence(self.overwriting(prediction)?);
        match self.put_one(put).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.code == Code::Conflict => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

fn unless_evidence(mut put: Put) -> Put {
    put.condition_expression = Some(NOT_EVIDENCE.to_owned());
    put.expression_attribute_values = Some([(":no".to_owned(), AttributeValue::Bool(false))].into());
    put
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{DetectedObject, PredictionTimes, archive::ModelUse};

    use super::{super::item::from_item, *};

    fn prediction() -> Prediction {
        let now = Timestamp::from_unix_milliseconds(1_000).unwrap();
        Prediction {
            id: "0192f0c1-2345-8abc-8def-0123456789ab".parse().unwrap(),
            tenant: TenantId::single(),
            sha256: "0".repeat(64),
            width: 4000,
            height: 3000,
            model: ModelUse {
                name: "m".to_owned(),
                version: "1".to_owned(),
                sha256: "1".repeat(64),
                confidence: 0.35,
                iou: Some(0.5),
            },
            classes: Some(vec!["cup".to_owned()]),
            max_detections: 7,
            detections: vec![DetectedObject {
                class: 47,
                label: "cup".to_owned(),
                confidence: 0.873_912_4,
                bounds: [0.1, 2_999.5, 1e-9, 4_000.0],
            }],
            uncertain: Vec::new(),
            times: PredictionTimes {
                inference_ms: 81.123_456_789,
                ..PredictionTimes::default()
            },
            created_at: now,
            kept_until: now.after(Prediction::KEEP),
            is_evidence: false,
        }
    }

    #[test]
    fn a_prediction_is_kept_to_the_last_digit() {
        let item = prediction().to_item().unwrap();
        assert_eq!(from_item::<Prediction>(item).unwrap(), prediction());
    }

    #[test]
    fn what_was_not_written_down_yet_is_open() {
        let mut item = prediction().to_item().unwrap();
        item.retain(|name, _| name != "classes" && name != "max_detections");
        let expected = Prediction {
            classes: None,
            max_detections: 0,
            ..prediction()
        };
        assert_eq!(from_item::<Prediction>(item).unwrap(), expected);
    }

    #[test]
    fn evidence_is_not_forgotten() {
        let item = prediction().to_item().unwrap();
        let seconds = prediction().kept_until.unix_seconds().to_string();
        assert_eq!(item["expires_at"], AttributeValue::N(seconds));
        // The condition of a write asks for it: it must stand there.
        assert_eq!(item["is_evidence"], AttributeValue::Bool(false));
        let evidence = Prediction {
            is_evidence: true,
            ..prediction()
        };
        assert!(!evidence.to_item().unwrap().contains_key("expires_at"));
    }
}

//! Predictions upon which a transaction rests.

use std::collections::HashSet;

use darkroom_domain::{Code, Failure, FileKey, Prediction, PredictionId, TenantId, Timestamp};
use darkroom_http::{HttpResult, Language};
use futures::future::try_join_all;

use super::tray::named_twice;
use crate::Service;

impl Service {
    /// The predictions with these ids, in their order.
    ///
    /// # Errors
    /// 404 that names the one which is not there, or not any more; 422 for two of one picture, which would count twice
    /// what lies in it; 503 or 500.
    pub(crate) async fn photographs(
        &self,
        tenant: &TenantId,
        ids: &[PredictionId],
        now: Timestamp,
        language: Language,
    ) -> HttpResult<Vec<Prediction>> {
        let mut predictions = Vec::with_capacity(ids.len());
        for id in ids {
            predictions.push(self.photograph(tenant, *id, now));
        }
        let predictions = try_join_all(predictions).await?.into_iter().zip(ids);
        let present = predictions.map(|(prediction, id)| prediction.ok_or_else(|| gone(*id, language)));
        let photographs: Vec<_> = present.collect::<Result<_, Failure>>()?;
        match shown_twice(&photographs) {
            Some(id) => Err(named_twice(id, language)),
            None => Ok(photographs),
        }
    }

    /// The prediction with this id, as long as it is kept.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub(crate) async fn photograph(
        &self,
        tenant: &TenantId,
        id: PredictionId,
        now: Timestamp,
    ) -> Result<Option<Prediction>, Failure> {
        let prediction = self.records.prediction(tenant, id).await?;
        Ok(prediction.filter(|prediction| prediction.is_kept(now)))
    }

    /// Copies the pictures that show predictions to where they are kept for good. Doing it twice is doing it once.
    ///
    /// # Errors
    /// 404 that names a prediction whose picture is gone; 503 or 500.
    pub(crate) async fn keep_as_evidence(
        &self,
        predictions: &[Prediction],
        language: Language,
    ) -> HttpResult<()> {
        let mut copies = Vec::new();
        for prediction in predictions {
            if !prediction.is_evidence {
                copies.push(self.keep_picture(prediction, language));
            }
        }
        try_join_all(copies).await?;
        Ok(())
    }

    async fn keep_picture(&self, prediction: &Prediction, language: Language) -> Result<(), Failure> {
        let (tenant, id) = (prediction.tenant.clone(), prediction.id);
        let from = prediction.picture_key();
        let to = FileKey::Evidence {
            tenant,
            prediction: id,
        };
        let head = self.files.head(&from).await?.ok_or_else(|| gone(id, language))?;
        // The same prediction writes the same picture: another tag is a picture that was written anew at this moment.
        if self.files.copy(&from, &head.etag, &to, "image/jpeg").await? {
            Ok(())
        } else {
            Err(Failure::temporary(
                Code::Unavailable,
                "The picture was written at the same moment. Try again.",
            ))
        }
    }
}

/// The first prediction of a picture that another one shows already.
fn shown_twice(photographs: &[Prediction]) -> Option<PredictionId> {
    let mut pictures = HashSet::new();
    photographs
        .iter()
        .find(|prediction| !pictures.insert(prediction.sha256.as_str()))
        .map(|prediction| prediction.id)
}

fn gone(id: PredictionId, language: Language) -> Failure {
    Failure::not_found(match language {
        Language::English => format!("There is no prediction {id}, or it is kept no longer."),
        Language::Russian => format!("Распознавание {id} не найдено или больше не хранится."),
    })
}

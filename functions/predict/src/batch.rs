//! `POST /predict/batch`: several pictures, one after the other.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use darkroom_domain::{Code, DetectionOrder, Failure, TenantId};
use darkroom_http::{Form, HttpError, HttpResult, Language, Problem, Tenant};
use darkroom_prediction::{BatchAnswer, BatchItem, Kit, Predicted, PredictionFault};
use http::HeaderMap;
use utoipa::ToSchema;

use crate::{
    Service,
    form::OrderFields,
    later::{self, Picture, Pictures, PredictionJob},
    listing::ANSWER_BYTES,
    preference,
    request_time::RequestTime,
    wording,
};

/// The most pictures of a form.
const MAX_PICTURES: usize = 100;

/// A form with several pictures.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct PicturesForm {
    /// The pictures, 1 to 100.
    #[schema(value_type = Vec<String>, format = Binary)]
    images: Vec<Vec<u8>>,
    #[schema(inline)]
    #[serde(flatten)]
    fields: OrderFields,
}

/// Look for the tools of a kit in several pictures
///
/// For 1 to 100 pictures of up to 4 MiB (4,194,304 bytes) together. Each is held against the whole kit; what becomes of
/// one changes nothing for the others. What takes longer than a request may is looked at by a job, and so is everything
/// with `Prefer: respond-async`. The same request again is another job: what was looked at is not looked at again, and
/// there is no idempotency key.
#[utoipa::path(post, path = "/predict/batch", tag = "predictions",
    request_body(content = PicturesForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "What became of each, in their order", body = BatchAnswer),
    (status = 202, description = "A job looks at them, which `location` names", body = PredictionJob),
    (status = 404, description = "There is no such kit", body = Problem),
    (status = 413, description = "Too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "A field is missing or at fault", body = Problem),
))]
pub(crate) async fn predict_batch(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    request: Request,
) -> HttpResult<Response> {
    let time = RequestTime::start();
    let mut form = Form::with_files(request, &["images"]).await?;
    let files = form.files("images")?;
    if files.len() > MAX_PICTURES {
        let message = format!("must be at most {MAX_PICTURES} files");
        return Err(HttpError::validation(&["body", "images"], message));
    }
    let asked = service.asked(&tenant, &mut form, language).await?;
    let pictures: Vec<Picture> = files.into_iter().map(Picture::from).collect();
    let at_once = if preference::is_for_later(&headers) {
        None
    } else {
        let mut answers = Answers::new(&asked.kit, language);
        for Picture { filename, content } in &pictures {
            if !answers.has_room() || time.is_over() {
                break;
            }
            let ended = service
                .predict_one(&tenant, Ok(content.clone()), &asked.order.detection, time)
                .await
                .map_err(|failure| wording::spoken(failure, language))?;
            let Some(ended) = ended else { break };
            answers.add(filename.clone(), ended);
        }
        answers.of_all(pictures.len())
    };
    match at_once {
        Some(answer) => Ok(Json(answer).into_response()),
        None => {
            let pictures = Pictures::Files(pictures);
            later::accept(&service, tenant, asked.order, pictures, &headers).await
        }
    }
}

impl Service {
    /// What becomes of one picture of several: a failure of its own is the inner one. None where it needs more time, or more
    /// patience, than a request has.
    ///
    /// # Errors
    /// Where it would be no better with any other picture.
    pub(crate) async fn predict_one(
        &self,
        tenant: &TenantId,
        content: Result<Bytes, Failure>,
        order: &DetectionOrder,
        time: RequestTime,
    ) -> Result<Option<Result<Predicted, Failure>>, Failure> {
        let content = match content {
            Ok(content) => content,
            Err(failure) => return Ok(Some(Err(failure))),
        };
        ended(self.predictor.predict(tenant, content, order, time.left()).await)
    }
}

/// What the end of one picture means for its request, as [`Service::predict_one`] tells it.
fn ended(
    predicted: Result<Predicted, PredictionFault>,
) -> Result<Option<Result<Predicted, Failure>>, Failure> {
    match predicted {
        Ok(predicted) => Ok(Some(Ok(predicted))),
        Err(PredictionFault::Order(failure) | PredictionFault::Picture(failure))
            if matches!(failure.code, Code::Timeout | Code::Unavailable) =>
        {
            tracing::info!(code = %failure.code, "left to a job: {failure}");
            Ok(None)
        }
        Err(PredictionFault::Order(failure)) => Err(failure),
        Err(PredictionFault::Picture(failure)) => Ok(Some(Err(failure))),
    }
}

/// The answers so far.
pub(crate) struct Answers<'kit> {
    kit: &'kit Kit,
    language: Language,
    items: Vec<BatchItem>,
    bytes: usize,
}

impl<'kit> Answers<'kit> {
    /// None yet.
    pub(crate) fn new(kit: &'kit Kit, language: Language) -> Self {
        Self {
            kit,
            language,
            items: Vec::new(),
            bytes: 0,
        }
    }

    /// Whether the answer as a whole is not too long yet.
    pub(crate) const fn has_room(&self) -> bool {
        self.bytes <= ANSWER_BYTES
    }

    /// Says of the next picture how it ended.
    pub(crate) fn add(&mut self, filename: String, ended: Result<Predicted, Failure>) {
        let item = match ended {
            Ok(predicted) => BatchItem::of(filename, self.kit.answer(predicted)),
            Err(failure) => {
                tracing::info!(code = %failure.code, "a picture could not be looked at: {failure}");
                let failure = wording::spoken(failure, self.language);
                BatchItem::failed(filename, failure.code, failure.detail)
            }
        };
        let length = serde_json::to_vec(&item).map_or(ANSWER_BYTES, |json| json.len());
        self.bytes = self.bytes.saturating_add(length);
        self.items.push(item);
    }

    /// The whole answer, if it speaks of all `pictures` and is not too long.
    pub(crate) fn of_all(self, pictures: usize) -> Option<BatchAnswer> {
        (self.items.len() == pictures && self.has_room()).then(|| self.items.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::crib::{Seed, seed};

    use super::*;

    fn kit() -> Kit {
        let Seed { tools, toolkits, .. } = seed(&TenantId::single());
        Kit::new(&toolkits[1], tools)
    }

    fn broken() -> Result<Predicted, Failure> {
        Err(Failure::permanent(Code::CorruptImage, "The JPEG ends early."))
    }

    #[test]
    fn an_answer_speaks_of_all_pictures_in_their_order_or_is_none() {
        let kit = kit();
        let mut answers = Answers::new(&kit, Language::Russian);
        for name in ["b.jpg", "a.jpg", "b.jpg"] {
            answers.add(name.to_owned(), broken());
        }
        let answer = answers.of_all(3).unwrap();
        let names: Vec<_> = answer.results.iter().map(|item| item.filename.as_str()).collect();
        assert_eq!(names, ["b.jpg", "a.jpg", "b.jpg"]);
        assert_eq!((answer.successful_images, answer.failed_images), (0, 3));
        let item = &answer.results[0];
        assert_eq!(item.error_message.as_deref(), Some("Изображение повреждено"));
        assert_eq!(item.code, Some(Code::CorruptImage));
        let mut cut_short = Answers::new(&kit, Language::English);
        cut_short.add("a.jpg".to_owned(), broken());
        assert_eq!(cut_short.of_all(2), None);
    }

    #[test]
    fn only_what_no_picture_can_help_ends_a_request() {
        let failed = Failure::permanent(Code::ModelFailed, "Its output holds no numbers.");
        let of_picture = PredictionFault::Picture(failed.clone());
        assert_eq!(ended(Err(of_picture)), Ok(Some(Err(failed.clone()))));
        let of_order = PredictionFault::Order(failed.clone());
        assert_eq!(ended(Err(of_order)), Err(failed));
        for code in [Code::Timeout, Code::Unavailable] {
            let late = || Failure::temporary(code, "Later.");
            assert_eq!(ended(Err(PredictionFault::Picture(late()))), Ok(None));
            assert_eq!(ended(Err(PredictionFault::Order(late()))), Ok(None));
        }
    }

    #[test]
    fn an_answer_that_is_too_long_is_none() {
        let kit = kit();
        let mut answers = Answers::new(&kit, Language::English);
        let name = "n".repeat(ANSWER_BYTES / 4);
        let mut pictures = 0;
        while answers.has_room() {
            answers.add(name.clone(), broken());
            pictures += 1;
        }
        assert_eq!(pictures, 4);
        assert_eq!(answers.of_all(pictures), None);
    }
}

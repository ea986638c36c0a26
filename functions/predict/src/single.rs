//! `POST /predict/`: one picture.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use darkroom_http::{Form, HttpError, HttpResult, Language, Problem, Tenant};
use darkroom_prediction::PredictionAnswer;
use http::HeaderMap;
use utoipa::ToSchema;

use crate::{
    Service,
    form::OrderFields,
    later::{self, Picture, Pictures, PredictionJob},
    preference,
    request_time::RequestTime,
    wording,
};

/// A form with one picture.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct PictureForm {
    /// The picture.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
    #[schema(inline)]
    #[serde(flatten)]
    fields: OrderFields,
}

/// Look for the tools of a kit in a picture
///
/// For pictures up to 4 MiB (4,194,304 bytes). The same picture again is answered from what is known of it, and only
/// held against the kit anew. Where it takes longer than a request may, a job looks at it, and so it does with
/// `Prefer: respond-async`. The same request again is another job: what was looked at is not looked at again, and there is
/// no idempotency key.
#[utoipa::path(post, path = "/predict/", tag = "predictions",
    request_body(content = PictureForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "What is there, what is missing, and what is too much", body = PredictionAnswer),
    (status = 202, description = "A job looks at it, which `location` names", body = PredictionJob),
    (status = 404, description = "There is no such kit", body = Problem),
    (status = 413, description = "Too large (`image_too_large`), or too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 415, description = "Not a picture of a format that is read", body = Problem),
    (status = 422, description = "A field is missing or at fault, or the picture is damaged", body = Problem),
))]
pub(crate) async fn predict(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    request: Request,
) -> HttpResult<Response> {
    let time = RequestTime::start();
    let mut form = Form::with_files(request, &["image"]).await?;
    let files = form.files("image")?;
    let [file] = <[_; 1]>::try_from(files)
        .map_err(|_| HttpError::validation(&["body", "image"], "must be one file"))?;
    let asked = service.asked(&tenant, &mut form, language).await?;
    let picture = Picture::from(file);
    let ended = if preference::is_for_later(&headers) {
        None
    } else {
        service
            .predict_one(&tenant, Ok(picture.content.clone()), &asked.order.detection, time)
            .await
            .map_err(|failure| wording::spoken(failure, language))?
    };
    match ended {
        Some(Ok(predicted)) => Ok(Json(asked.kit.answer(predicted)).into_response()),
        Some(Err(failure)) => Err(wording::spoken(failure, language).into()),
        None => {
            let pictures = Pictures::Files(vec![picture]);
            later::accept(&service, tenant, asked.order, pictures, &headers).await
        }
    }
}

//! What a form asks for: the kit, and what the detector is told.

use std::str::FromStr;

use darkroom_domain::{Code, DetectionOrder, TenantId, ToolkitId, archive::PredictionOrder};
use darkroom_http::{Form, HttpError, HttpResult, Language, TOOLKIT_NOT_FOUND};
use darkroom_model_store::OptionFault;
use darkroom_prediction::{Kit, OrderRequest};
use utoipa::ToSchema;

use crate::Service;

/// The fields that stand in every form beside its files.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the forms for the API document")]
pub(crate) struct OrderFields {
    /// The kit whose tools should be there.
    toolkit_id: ToolkitId,
    /// What the model must be sure of, above 0 and below 1. What the crib has set by `POST /api/confidence/` where nothing
    /// is said, else the model's own.
    confidence: Option<f32>,
    /// Above which overlap, 0..1, two things of a class are one; the model's own where nothing is said.
    iou: Option<f32>,
    /// How many of the strongest are kept, 1..300.
    max_det: Option<u32>,
    /// Only these classes: labels of the model, parted by commas.
    #[schema(example = "cup,fork")]
    classes: Option<String>,
    /// The model's name; the default detector where none is named.
    model: Option<String>,
}

/// What a form asks for, checked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The kit to hold pictures against.
    pub(crate) kit: Kit,
    /// Which kit that is, and what the detector is told.
    pub(crate) order: PredictionOrder,
}

/// What the texts of a form say, not held against anything yet.
fn read(form: &mut Form) -> HttpResult<(ToolkitNumber, OrderRequest)> {
    let toolkit = form.text("toolkit_id")?;
    let toolkit = toolkit.trim().parse::<i64>();
    let toolkit =
        toolkit.map_err(|_| HttpError::validation(&["body", "toolkit_id"], "must be an integer"))?;
    let parted = |text: String| -> Vec<String> {
        let labels = text.split(',').map(str::trim);
        labels
            .filter(|label| !label.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let request = OrderRequest {
        model: form.optional_text("model"),
        confidence: number(form, "confidence")?,
        iou: number(form, "iou")?,
        max_det: number(form, "max_det")?,
        classes: form.optional_text("classes").map(parted),
    };
    Ok((ToolkitNumber(toolkit), request))
}

/// The number of a kit as a form says it: it may be none that a kit has.
struct ToolkitNumber(i64);

fn number<T: FromStr>(form: &mut Form, name: &'static str) -> HttpResult<Option<T>> {
    let Some(text) = form.optional_text(name) else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(HttpError::validation(&["body", name], "must be a number")),
    }
}

impl Service {
    /// What the fields of a form ask for: 422 where a field is at fault, 404 where there is no such kit.
    pub(crate) async fn asked(
        &self,
        tenant: &TenantId,
        form: &mut Form,
        language: Language,
    ) -> HttpResult<Asked> {
        let (ToolkitNumber(number), request) = read(form)?;
        let no_kit = || TOOLKIT_NOT_FOUND.failure(Code::NotFound, language);
        let id = ToolkitId::new(u32::try_from(number).map_err(|_| no_kit())?);
        let toolkit = self.records.toolkit(tenant, id).await?.ok_or_else(no_kit)?;
        let tools = self.records.tools(tenant).await?;
        let detection = self.detection_order(tenant, request).await?;
        Ok(Asked {
            kit: Kit::new(&toolkit, tools),
            order: PredictionOrder {
                toolkit_id: id,
                detection,
            },
        })
    }

    /// What a detector is told: 422 where the request is at fault. Where it does not say how sure the model must be, what the
    /// crib has set holds.
    pub(crate) async fn detection_order(
        &self,
        tenant: &TenantId,
        request: OrderRequest,
    ) -> HttpResult<DetectionOrder> {
        let confidence = match request.confidence {
            Some(_) => None,
            None => self.records.crib(tenant).await?.confidence,
        };
        let checked = request.checked(&self.predictor.models, confidence).await;
        checked.map_err(|fault| match fault {
            OptionFault::Option { option, message } => HttpError::validation(&["body", option], message),
            OptionFault::Failure(failure) => failure.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::Request;

    use super::*;

    async fn form(fields: &[(&str, &str)]) -> Form {
        let mut body = String::new();
        for (name, text) in fields {
            body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        }
        body += "--x--\r\n";
        let request = Request::post("/")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(body.into())
            .unwrap();
        Form::with_files(request, &["image"]).await.unwrap()
    }

    #[tokio::test]
    async fn a_form_says_what_it_asks_for() {
        let mut asked = form(&[
            ("toolkit_id", "7"),
            ("confidence", " 0.25 "),
            ("iou", ""),
            ("classes", "cup, dining table,,fork"),
            ("model", ""),
        ])
        .await;
        let (ToolkitNumber(toolkit), request) = read(&mut asked).unwrap();
        assert_eq!(toolkit, 7);
        let labels = ["cup", "dining table", "fork"].map(str::to_owned);
        assert_eq!(
            request,
            OrderRequest {
                confidence: Some(0.25),
                classes: Some(labels.into()),
                ..OrderRequest::default()
            }
        );
    }

    #[tokio::test]
    async fn what_is_no_number_is_at_fault() {
        assert!(read(&mut form(&[]).await).is_err());
        for (field, text) in [
            ("toolkit_id", "seven"),
            ("toolkit_id", "1.5"),
            ("confidence", "half"),
            ("max_det", "-1"),
            ("max_det", "2.5"),
            ("iou", "0,5"),
        ] {
            let mut asked = form(&[("toolkit_id", "1"), (field, text)]).await;
            assert!(read(&mut asked).is_err(), "{field} {text}");
        }
    }
}

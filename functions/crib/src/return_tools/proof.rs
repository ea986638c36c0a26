//! Pictures that prove what came back.

use darkroom_domain::{Prediction, PredictionId, prediction::of_media_filename};
use darkroom_http::{HttpError, HttpResult, Language};

use crate::transaction::MEDIA;

/// The prediction that the picture of this path shows, or of a URL with such a path.
///
/// # Errors
/// 422 for what is none.
pub(super) fn shown_by(url: &str, language: Language) -> HttpResult<PredictionId> {
    path_of(url)
        .and_then(|path| path.strip_prefix(MEDIA))
        .and_then(|filename| of_media_filename(filename).ok())
        .ok_or_else(|| strange_picture(language))
}

/// The path of a URL, or what is one already.
fn path_of(url: &str) -> Option<&str> {
    let schemes = ["https://", "http://"];
    let Some(rest) = schemes.iter().find_map(|scheme| url.strip_prefix(scheme)) else {
        return Some(url);
    };
    let (_, path) = rest.split_at_checked(rest.find('/')?)?;
    Some(path)
}

/// What is said of a picture of no prediction that is kept.
pub(super) fn strange_picture(language: Language) -> HttpError {
    let message = match language {
        Language::English => "is not the path of a picture of a prediction that is kept",
        Language::Russian => "Это не путь к изображению хранимого распознавания",
    };
    HttpError::validation(&["body", "processed_image_url"], message)
}

/// The picture of a kit that went out does not prove that the kit came back, whatever a model was told about it.
///
/// # Errors
/// 422 that names the prediction, in `field` of the body.
pub(super) fn check_taken_since(
    photographs: &[Prediction],
    field: &str,
    at_issue: &[Prediction],
    language: Language,
) -> HttpResult<()> {
    let is_old =
        |photograph: &&Prediction| at_issue.iter().any(|earlier| earlier.sha256 == photograph.sha256);
    let Some(Prediction { id, .. }) = photographs.iter().find(is_old) else {
        return Ok(());
    };
    Err(HttpError::validation(
        &["body", field],
        match language {
            Language::English => format!("the picture of prediction {id} was taken when the kit went out"),
            Language::Russian => format!("Снимок распознавания {id} сделан при выдаче набора"),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::photograph;

    #[test]
    fn the_picture_of_the_issue_does_not_prove_the_return() {
        let [mut issue, mut back, mut asked_anew] = [1, 2, 3].map(|id| photograph(id, &[("cup", 0.9)], &[]));
        issue.sha256 = "a".repeat(64);
        back.sha256 = "b".repeat(64);
        // Another prediction of the same picture: the model was told something else.
        asked_anew.sha256 = issue.sha256.clone();
        let at_issue = [photograph(4, &[], &[]), issue.clone()];
        let check = |photographs: &[Prediction], field, language| {
            check_taken_since(photographs, field, &at_issue, language)
        };
        assert!(check(&[], "prediction_ids", Language::English).is_ok());
        assert!(check(std::slice::from_ref(&back), "prediction_ids", Language::English).is_ok());
        for old in [issue, asked_anew] {
            for (language, part) in [
                (Language::English, "was taken when the kit went out"),
                (Language::Russian, "сделан при выдаче набора"),
            ] {
                for field in ["prediction_ids", "processed_image_url"] {
                    let error = check(&[back.clone(), old.clone()], field, language).unwrap_err();
                    let told = format!("{error:?}");
                    for expected in [part, field, &old.id.to_string()] {
                        assert!(told.contains(expected), "{told}");
                    }
                    assert!(!told.contains(&back.id.to_string()), "{told}");
                }
            }
        }
    }
}

//! What is said to a person, in the caller's language. Codes are the same in all.

use darkroom_domain::{Code, Failure, FailureReport};
use darkroom_http::{Language, Phrase};

pub(crate) const NO_PREDICTION: Phrase = Phrase::new("Prediction not found", "Распознавание не найдено");
pub(crate) const NO_PICTURE: Phrase = Phrase::new("Image not found", "Изображение не найдено");
pub(crate) const NO_RESULT: Phrase = Phrase::new("Result not found", "Результат не найден");
pub(crate) const NOT_NAMED_ZIP: Phrase =
    Phrase::new("The file must be a ZIP archive", "Файл должен быть ZIP-архивом");
pub(crate) const INVALID_ZIP: Phrase = Phrase::new("Invalid ZIP archive", "Некорректный ZIP-архив");
pub(crate) const NO_PICTURES: Phrase = Phrase::new(
    darkroom_picture_archive::NO_PICTURES,
    "В ZIP-архиве не найдено изображений",
);

/// The failure with its text in the caller's language, as far as it is of a kind that pictures have.
pub(crate) fn spoken(failure: Failure, language: Language) -> Failure {
    let russian = match (language, failure.code) {
        (Language::English, _) => None,
        (Language::Russian, code) => russian(code),
    };
    match russian {
        Some(detail) => Failure {
            detail: detail.to_owned(),
            ..failure
        },
        None => failure,
    }
}

/// Why nothing came of a whole archive, in the caller's language.
pub(crate) fn spoken_of_archive(report: FailureReport, language: Language) -> Failure {
    let failure = Failure::permanent(report.code, report.detail);
    match (language, failure.code) {
        (Language::Russian, Code::InvalidArchive) if failure.detail == NO_PICTURES.english => {
            NO_PICTURES.failure(failure.code, language)
        }
        (Language::Russian, Code::InvalidArchive) => INVALID_ZIP.failure(failure.code, language),
        _ => spoken(failure, language),
    }
}

/// What is wrong with a picture, or with what came or did not come of several.
const fn russian(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::EmptyFile => "Файл пуст",
        Code::FileTooLarge => "Файл слишком большой",
        Code::UnsupportedFormat => "Формат файла не поддерживается",
        Code::ImageTooLarge => "В изображении слишком много пикселей",
        Code::CorruptImage => "Изображение повреждено",
        Code::DecodePanic => "Не удалось прочитать изображение",
        Code::Timeout => "Обработка изображения заняла слишком много времени",
        Code::InvalidArchive => "Файл в архиве повреждён",
        Code::ArchiveTooLarge => "Содержимое архива слишком велико",
        Code::ModelFailed => "Модель не может быть применена",
        Code::UsePresignedUpload => {
            "Запрос слишком велик: файл можно загрузить по ссылке, которую выдаёт POST /uploads"
        }
        Code::FormatMismatch => "Содержимое файла не того формата, который был заявлен",
        Code::SizeMismatch => "Размер файла не совпадает с заявленным",
        Code::DigestMismatch => "Контрольная сумма файла не совпадает с заявленной",
        Code::FileMissing => "Файла больше нет",
        Code::UploadExpired => "Файл не был отправлен вовремя: запросите новую загрузку",
        Code::Cancelled => "Задание отменено",
        Code::AttemptsExhausted => "Все попытки обработки завершились неудачно",
        Code::Expired => "Срок хранения результата истёк, или он был удалён",
        Code::Conflict => "Результат не готов",
        Code::Unavailable => "Сервис временно недоступен, повторите попытку",
        Code::Internal => "Внутренняя ошибка",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_in_the_callers_language_and_codes_are_not() {
        let failure = Failure::permanent(Code::CorruptImage, "The JPEG ends early.");
        let english = spoken(failure.clone(), Language::English);
        assert_eq!(english, failure, "what is wrong is said in full");
        let russian = spoken(failure, Language::Russian);
        assert_eq!(russian.code, Code::CorruptImage);
        assert_eq!(russian.detail, "Изображение повреждено");
        let other = Failure::permanent(Code::Forbidden, "Not you.");
        assert_eq!(spoken(other.clone(), Language::Russian), other);
    }

    #[test]
    fn of_an_archive_it_is_told_whether_it_is_none_or_holds_no_pictures() {
        let told = |code, detail: &str, language| {
            let detail = detail.to_owned();
            spoken_of_archive(FailureReport { code, detail }, language).detail
        };
        let invalid = |detail| told(Code::InvalidArchive, detail, Language::Russian);
        assert_eq!(
            invalid(darkroom_picture_archive::NO_PICTURES),
            NO_PICTURES.russian
        );
        assert_eq!(invalid("The file is not a zip archive."), INVALID_ZIP.russian);
        let english = told(Code::InvalidArchive, "It ends early.", Language::English);
        assert_eq!(english, "It ends early.", "what is wrong is said in full");
        let large = told(Code::ArchiveTooLarge, "Too large.", Language::Russian);
        assert_eq!(large, "Содержимое архива слишком велико");
    }
}

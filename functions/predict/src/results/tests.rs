//! How far results are, and what they say of single pictures.

use super::*;
use darkroom_domain::{
    ArchiveOrder, JobResult, Purpose, ToolkitId, prediction::DetectionOrder, upload::Declaration,
};

const ID: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(milliseconds).unwrap()
}

fn upload() -> Upload {
    let declared = Declaration {
        purpose: Purpose::Prediction {
            archive_id: "9f86d081884c7d65".parse().unwrap(),
        },
        filename: "trays.zip".to_owned(),
        content_type: "application/zip".to_owned(),
        size: 22,
        sha256: None,
    };
    Upload::promised(ID.parse().unwrap(), TenantId::single(), declared, at(0))
}

fn archive() -> PictureArchive {
    let order = ArchiveOrder::Prediction(PredictionOrder {
        toolkit_id: ToolkitId::new(1),
        detection: DetectionOrder::default(),
    });
    PictureArchive::awaited(&upload(), ID.parse().unwrap(), order).unwrap()
}

fn packed() -> PictureArchive {
    archive()
        .unpacking("e".to_owned(), 0)
        .and_then(PictureArchive::processing)
        .and_then(|archive| archive.packed(0, at(0), PictureArchive::PREDICTIONS_LIFETIME))
        .unwrap()
}

fn report(code: Code) -> FailureReport {
    FailureReport {
        code,
        detail: "Why.".to_owned(),
    }
}

fn told(error: HttpError) -> (u16, Code) {
    let status = axum::response::IntoResponse::into_response(error.clone()).status();
    let code = format!("{error:?}");
    let code = [
        Code::InvalidArchive,
        Code::UploadExpired,
        Code::Expired,
        Code::AttemptsExhausted,
    ]
    .into_iter()
    .find(|known| code.contains(&format!("code: {known:?}")))
    .unwrap();
    (status.as_u16(), code)
}

#[test]
fn a_result_is_asked_for_until_it_is_there() {
    let job = archive().job(at(0));
    let running = job.clone().claimed(at(1), at(2)).unwrap();
    for job in [job, running.clone()] {
        let standing = standing(&archive(), Some(&job), None, Language::English, at(5)).unwrap();
        assert_eq!(standing, Standing::UnderWay(Some(job.state)));
    }
    let result = JobResult::Predictions {
        result_id: archive().id,
        predicted: 1,
        failed: 0,
        kept_until: at(9),
    };
    let done = running.done(vec![result], at(9)).unwrap();
    let there = standing(&packed(), Some(&done), None, Language::English, at(9)).unwrap();
    assert!(matches!(there, Standing::Over { kept_until } if kept_until == packed().due_at.unwrap()));
}

#[test]
fn what_will_never_be_there_is_said_to_be_so() {
    let failed = archive()
        .job(at(0))
        .failed(report(Code::InvalidArchive), at(1))
        .unwrap();
    let refused = |archive, job: Option<Job>, upload: Option<Upload>| {
        let standing = standing(&archive, job.as_ref(), upload.as_ref(), Language::English, at(10));
        told(standing.unwrap_err())
    };
    assert_eq!(
        refused(archive(), Some(failed), None),
        (409, Code::InvalidArchive)
    );
    let rejected = upload().rejected(report(Code::InvalidArchive)).unwrap();
    assert_eq!(
        refused(archive(), None, Some(rejected)),
        (409, Code::InvalidArchive)
    );
    let expired = upload().expired().unwrap();
    assert_eq!(
        refused(archive(), None, Some(expired)),
        (410, Code::UploadExpired)
    );
    assert_eq!(refused(archive(), None, None), (410, Code::Expired));
    assert_eq!(refused(packed().cleared(at(1)), None, None), (410, Code::Expired));
    let late = packed().due_at.unwrap();
    let gone = standing(&packed(), None, None, Language::English, late).unwrap_err();
    assert_eq!(told(gone), (410, Code::Expired));
}

#[test]
fn before_the_file_has_come_there_is_no_job() {
    let standing = standing(&archive(), None, Some(&upload()), Language::English, at(10)).unwrap();
    assert_eq!(standing, Standing::UnderWay(None));
}

#[test]
fn a_picture_that_could_not_be_looked_at_is_told_in_the_callers_language() {
    let seed = darkroom_domain::crib::seed(&TenantId::single());
    let kit = Kit::new(&seed.toolkits[0], seed.tools);
    let picture = |outcome| ArchivedPicture {
        archive_id: archive().id,
        tenant: TenantId::single(),
        number: 0,
        job_id: None,
        name: "tray.jpg".to_owned(),
        result_name: String::new(),
        place: None,
        outcome,
        forgotten_at: at(0),
    };
    let failed = picture(PictureOutcome::Failed {
        failure: report(Code::CorruptImage),
    });
    let told = item(failed.clone(), &kit, Language::Russian).unwrap();
    assert_eq!((told.success, told.hand_check), (false, true));
    assert_eq!(told.code, Some(Code::CorruptImage));
    assert_eq!(told.error_message.as_deref(), Some("Изображение повреждено"));
    let told = item(failed, &kit, Language::English).unwrap();
    assert_eq!(told.error_message.as_deref(), Some("Why."));
    assert!(item(picture(PictureOutcome::Awaited), &kit, Language::English).is_err());
}

#[test]
fn what_came_to_nothing_is_told_in_the_callers_language() {
    let report = FailureReport {
        code: Code::InvalidArchive,
        detail: darkroom_picture_archive::NO_PICTURES.to_owned(),
    };
    let failed = archive().job(at(0)).failed(report, at(1)).unwrap();
    let rejected = upload().rejected(self::report(Code::InvalidArchive)).unwrap();
    let expired = upload().expired().unwrap();
    for (job, upload, russian, english) in [
        (
            Some(failed),
            None,
            "В ZIP-архиве не найдено изображений",
            "No images found in the ZIP archive",
        ),
        (None, Some(rejected), "Некорректный ZIP-архив", "Why."),
        (
            None,
            Some(expired),
            "Файл не был отправлен вовремя: запросите новую загрузку",
            "The file was not sent in time. Ask for a new upload.",
        ),
        (
            None,
            None,
            "Срок хранения результата истёк, или он был удалён",
            "The result has expired, or was removed.",
        ),
    ] {
        for (language, expected) in [(Language::Russian, russian), (Language::English, english)] {
            let error = standing(&archive(), job.as_ref(), upload.as_ref(), language, at(10)).unwrap_err();
            let told = format!("{error:?}");
            assert!(told.contains(&format!("{expected:?}")), "{told}");
        }
    }
}

#[test]
fn a_large_result_lies_where_its_kit_and_its_language_say() {
    let seed = darkroom_domain::crib::seed(&TenantId::single());
    let kit = |tools: &[darkroom_domain::crib::Tool]| Kit::new(&seed.toolkits[0], tools.to_vec());
    let key = |tools, language| key_of(&archive(), &kit(tools), language);
    let original = key(&seed.tools, Language::English);
    assert_eq!(key(&seed.tools, Language::English), original);
    assert_ne!(key(&seed.tools, Language::Russian), original);
    let mut renamed = seed.tools.clone();
    renamed[0].name.push('!');
    assert_ne!(
        key(&renamed, Language::English),
        original,
        "the kit's own version is the same"
    );
}

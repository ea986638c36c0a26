//! `POST /predict/zip`: the pictures of an archive.

use std::{io::Cursor, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use darkroom_domain::{
    Code, Failure,
    archive::naming::{PREDICTED_EXTENSIONS, picture_name},
};
use darkroom_http::{Form, FormFile, HttpError, HttpResult, Language, Phrase, Problem, Tenant};
use darkroom_prediction::BatchAnswer;
use darkroom_zip::{ArchiveLimits, PackedEntry, survey};
use http::{HeaderMap, StatusCode};
use utoipa::ToSchema;

use crate::{
    Service,
    batch::Answers,
    form::OrderFields,
    later::{self, Picture, Pictures, PredictionJob},
    preference,
    request_time::RequestTime,
    wording::{INVALID_ZIP, NO_PICTURES, NOT_NAMED_ZIP, spoken},
};

/// An archive begins with its first entry, an empty one with its end.
const BEGINNINGS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// A form with one archive.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form for the API document")]
pub(crate) struct ZipForm {
    /// The archive; its name ends in `.zip`.
    #[schema(value_type = String, format = Binary)]
    zip_file: Vec<u8>,
    #[schema(inline)]
    #[serde(flatten)]
    fields: OrderFields,
}

/// Look for the tools of a kit in the pictures of an archive
///
/// For zip archives up to 4 MiB (4,194,304 bytes). Above that `POST /uploads` with the purpose `prediction` promises a
/// URL to send the archive to. Pictures are `.jpg`, `.jpeg`, `.png`, `.bmp`, `.tif`, `.tiff` and `.webp`; hidden files and
/// what macOS adds are passed over, and so is everything else. What takes longer than a request may is looked at by a
/// job, and so is everything with `Prefer: respond-async`. The same request again is another job: what was looked at is
/// not looked at again, and there is no idempotency key.
#[utoipa::path(post, path = "/predict/zip", tag = "predictions",
    request_body(content = ZipForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "What became of each picture, in the order of the archive", body = BatchAnswer),
    (status = 202, description = "A job looks at them, which `location` names", body = PredictionJob),
    (status = 400, description = "Not a zip archive, or one without pictures", body = Problem),
    (status = 404, description = "There is no such kit", body = Problem),
    (status = 413, description = "Too large (`archive_too_large`), or too large for this way (`use_presigned_upload`)", body = Problem),
    (status = 422, description = "A field is missing or at fault", body = Problem),
))]
pub(crate) async fn predict_zip(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    language: Language,
    headers: HeaderMap,
    request: Request,
) -> HttpResult<Response> {
    let time = RequestTime::start();
    let mut form = Form::with_files(request, &["zip_file"]).await?;
    let files = form.files("zip_file")?;
    let [file] = <[_; 1]>::try_from(files)
        .map_err(|_| HttpError::validation(&["body", "zip_file"], "must be one file"))?;
    let asked = service.asked(&tenant, &mut form, language).await?;
    let FormFile { filename, bytes, .. } = file;
    let archive = Archive::open(&filename, bytes.into(), &service.archive_limits)
        .map_err(|fault| fault.spoken(language))?;
    let at_once = if preference::is_for_later(&headers) {
        None
    } else {
        let mut answers = Answers::new(&asked.kit, language);
        for (name, entry) in &archive.pictures {
            if !answers.has_room() || time.is_over() {
                break;
            }
            let content = archive
                .unpack(entry.clone(), service.predictor.limits.bytes)
                .await;
            let ended = service
                .predict_one(&tenant, content, &asked.order.detection, time)
                .await
                .map_err(|failure| spoken(failure, language))?;
            let Some(ended) = ended else { break };
            answers.add(name.clone(), ended);
        }
        answers.of_all(archive.pictures.len())
    };
    if let Some(answer) = at_once {
        return Ok(Json(answer).into_response());
    }
    let pictures = Pictures::Archive(Picture {
        filename,
        content: archive.bytes,
    });
    later::accept(&service, tenant, asked.order, pictures, &headers).await
}

/// An archive in memory.
struct Archive {
    bytes: Bytes,
    /// The names of its pictures without their paths, and how they are read, in the order of the archive.
    pictures: Vec<(String, Result<PackedEntry, Failure>)>,
}

/// Why it is none.
#[derive(Debug)]
enum ArchiveFault {
    /// In words of this route, with 400.
    Phrase(Phrase),
    /// As anywhere.
    Failure(Failure),
}

impl ArchiveFault {
    fn spoken(self, language: Language) -> HttpError {
        match self {
            Self::Phrase(phrase) => {
                let failure = phrase.failure(Code::InvalidArchive, language);
                HttpError::from(failure).with_status(StatusCode::BAD_REQUEST)
            }
            Self::Failure(failure) => spoken(failure, language).into(),
        }
    }
}

impl Archive {
    fn open(filename: &str, bytes: Bytes, limits: &ArchiveLimits) -> Result<Self, ArchiveFault> {
        let is_named_zip = filename
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("zip"));
        if !is_named_zip {
            return Err(ArchiveFault::Phrase(NOT_NAMED_ZIP));
        }
        // A job would refuse what begins with something else, though zips may.
        if !BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning)) {
            return Err(ArchiveFault::Phrase(INVALID_ZIP));
        }
        let surveyed = survey(&mut Cursor::new(&bytes), bytes.len() as u64, limits);
        let entries = surveyed.map_err(|failure| match failure.code {
            Code::InvalidArchive => ArchiveFault::Phrase(INVALID_ZIP),
            _ => ArchiveFault::Failure(failure),
        })?;
        let pictures: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| {
                let name = picture_name(&entry.name, &PREDICTED_EXTENSIONS)?.to_owned();
                Some((name, entry.content))
            })
            .collect();
        if pictures.is_empty() {
            return Err(ArchiveFault::Phrase(NO_PICTURES));
        }
        Ok(Self { bytes, pictures })
    }

    /// The file of a picture, of at most `limit` bytes. No other is unpacked meanwhile.
    async fn unpack(&self, entry: Result<PackedEntry, Failure>, limit: u64) -> Result<Bytes, Failure> {
        let (entry, archive) = (entry?, self.bytes.clone());
        let unpack = move || {
            let span = entry.span();
            let place = |offset: u64| usize::try_from(offset).map_err(Failure::unknown);
            let packed = archive
                .get(place(span.start)?..place(span.end)?)
                .unwrap_or_default();
            match entry.unpack(packed, limit)? {
                // Stored content is a part of the archive, and is not copied.
                std::borrow::Cow::Borrowed(content) => Ok(archive.slice_ref(content)),
                std::borrow::Cow::Owned(content) => Ok(Bytes::from(content)),
            }
        };
        tokio::task::spawn_blocking(unpack)
            .await
            .map_err(Failure::unknown)?
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::Timestamp;
    use darkroom_zip::ArchiveWriter;

    use super::*;

    const LIMITS: ArchiveLimits = ArchiveLimits::of_pictures(1 << 20);

    fn zip(files: &[(&str, &[u8])]) -> Bytes {
        let mut writer = ArchiveWriter::new(Vec::new());
        for (name, content) in files {
            writer.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
        }
        writer.finish().unwrap().into()
    }

    fn said(fault: ArchiveFault) -> &'static str {
        match fault {
            ArchiveFault::Phrase(phrase) => phrase.russian,
            ArchiveFault::Failure(failure) => failure.code.as_str(),
        }
    }

    #[tokio::test]
    async fn pictures_come_in_the_order_of_the_archive() {
        let bytes = zip(&[
            ("z/last.PNG", b"1"),
            ("notes.txt", b"2"),
            ("._first.jpg", b"3"),
            ("z/._last.png", b"4"),
            ("__MACOSX/z/last.png", b"5"),
            (".hidden/b.jpg", b"6"),
            ("a.webp", b"7"),
            ("b.gif", b"8"),
            ("y/a.webp", b"9"),
            ("c.tif", b"10"),
        ]);
        let archive = Archive::open("Trays.ZIP", bytes, &LIMITS).unwrap();
        let mut files = Vec::new();
        for (name, entry) in &archive.pictures {
            let content = archive.unpack(entry.clone(), 1_000).await.unwrap();
            files.push((name.as_str(), String::from_utf8(content.to_vec()).unwrap()));
        }
        let expected = [
            ("last.PNG", "1"),
            ("a.webp", "7"),
            ("a.webp", "9"),
            ("c.tif", "10"),
        ];
        assert_eq!(files, expected.map(|(name, content)| (name, content.to_owned())));
    }

    #[test]
    fn what_is_no_archive_of_pictures_is_told_as_ever() {
        let good = zip(&[("a.jpg", b"1")]);
        let within = |name: &str, bytes: &Bytes, limits: &ArchiveLimits| {
            let opened = Archive::open(name, bytes.clone(), limits);
            opened.map(|_| ()).map_err(said)
        };
        let open = |name: &str, bytes: &Bytes| within(name, bytes, &LIMITS);
        assert_eq!(open("a.zip", &good), Ok(()));
        for name in ["a.rar", "zip", "a.zip.exe", ""] {
            assert_eq!(open(name, &good), Err("Файл должен быть ZIP-архивом"), "{name}");
        }
        for bytes in [&b""[..], b"PK", b"no archive at all", &good[..good.len() - 3]] {
            let bytes = Bytes::copy_from_slice(bytes);
            assert_eq!(open("a.zip", &bytes), Err("Некорректный ZIP-архив"));
        }
        // A zip may have something before it, but a job takes none that has.
        let led = [b"#!/bin/sh\n", &good[..]].concat().into();
        assert_eq!(open("a.zip", &led), Err("Некорректный ZIP-архив"));
        let narrow = ArchiveLimits::of_pictures(good.len() as u64 - 1);
        assert_eq!(within("a.zip", &good, &narrow), Err("archive_too_large"));
        for empty in [zip(&[]), zip(&[("a.txt", b"1"), ("._a.jpg", b"1")])] {
            assert_eq!(open("a.zip", &empty), Err("В ZIP-архиве не найдено изображений"));
        }
    }

    #[tokio::test]
    async fn a_bomb_is_the_failure_of_one_picture() {
        let mut writer = ArchiveWriter::new(Vec::new());
        let mut bomb = writer.deflated("bomb.bmp", Timestamp::UNIX_EPOCH).unwrap();
        std::io::Write::write_all(&mut bomb, &vec![0; 8 << 20]).unwrap();
        bomb.finish().unwrap();
        writer.stored("a.jpg", b"1", Timestamp::UNIX_EPOCH).unwrap();
        let archive = Archive::open("a.zip", writer.finish().unwrap().into(), &LIMITS).unwrap();
        let [(_, bomb), (_, good)] = archive.pictures.as_slice() else {
            panic!("{:?}", archive.pictures);
        };
        let failure = archive.unpack(bomb.clone(), u64::MAX).await.unwrap_err();
        assert_eq!(failure.code, Code::ArchiveTooLarge);
        assert_eq!(archive.unpack(good.clone(), 1).await.unwrap(), "1");
        let failure = archive.unpack(good.clone(), 0).await.unwrap_err();
        assert_eq!(failure.code, Code::ArchiveTooLarge);
    }
}

//! The work itself: a picture where it lies in its archive, and a file for the result.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_cloud::Finish;
use darkroom_domain::{
    ArchivedPicture, Code, Failure, FileKey, Job, JobMessage, JobState, PictureArchive, PictureOutcome,
    SegmentationOrder, Task,
    archive::SegmentedFile,
    limits::{MAX_ARCHIVED_PICTURE_BYTES, MAX_RESULT_BYTES},
};
use darkroom_inference::{Model, SegmentOptions, Task as ModelTask};
use darkroom_lambda::{Deadline, JobHandler, jobs::on_pixels};
use darkroom_zip::PackedEntry;

use crate::{
    Segmenter,
    picture::{PictureOrder, SegmentedPicture, segmented},
};

/// How often counting a picture is tried beyond the tries of a transaction.
const SETTLING: u32 = 4;
/// Bytes that an entry may take up in its archive beyond what it unpacks to: its header, and what does not pack.
const OVERHEAD: u64 = 2 << 20;

#[async_trait]
impl JobHandler for Segmenter {
    type Output = PictureOutcome;

    async fn work(&self, job: &Job, deadline: Deadline) -> Result<PictureOutcome, Failure> {
        let Task::Segment { archive_id, number } = job.task else {
            return Err(Failure::permanent(
                Code::InvalidRequest,
                "This is another worker's job.",
            ));
        };
        let begin = self.ground.clock.now();
        let archive = self.records.archive(&job.tenant, archive_id).await?;
        let archive = self.still_wanted(archive).await?;
        let picture = self
            .records
            .archived_picture(&job.tenant, archive_id, number)
            .await?
            .ok_or_else(nobody_waits)?;
        let model = self
            .models
            .model(ModelTask::Segment, &archive.order.model)
            .await?;
        let order = picture_order(&archive.order, &model, &picture.result_name)?;
        let file = self.fetch(&archive, &picture).await?;
        let (limits, left) = (self.limits, deadline.left(self.ground.clock.now()));
        let made = on_pixels(left, move || segmented(&file, &limits, &model, &order)).await?;
        self.log(&archive, number, &made);
        let SegmentedPicture {
            bytes, mut findings, ..
        } = made;
        let file = SegmentedFile {
            bytes: bytes.len() as u64,
            crc32: crc32fast::hash(&bytes),
        };
        let key = FileKey::Segmented {
            tenant: job.tenant.clone(),
            archive: archive_id,
            number,
            crc32: file.crc32,
        };
        self.files.write(&key, media_type(&picture), bytes.into()).await?;
        // Cleared away meanwhile: what came after that is nobody's.
        let archive = self.records.archive(&job.tenant, archive_id).await?;
        if archive.is_none_or(|archive| archive.etag().is_err()) {
            self.files.delete(&key).await?;
            return Err(nobody_waits());
        }
        let took = self.ground.clock.now().since(begin);
        findings.milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Ok(PictureOutcome::Segmented { file, findings })
    }

    /// That the picture is done, what was found in it, and that it counts become true together, or not at all.
    async fn complete(&self, job: Job, outcome: PictureOutcome) -> Result<Finish, Failure> {
        let done = job.done(Vec::new(), self.ground.clock.now())?;
        let finish = self.settle(&done, &outcome).await?;
        if finish == Finish::Done {
            self.look_after(&done).await;
        }
        Ok(finish)
    }

    /// Files that nobody needs go with the archive.
    async fn clear_up(&self, _: &JobMessage) -> Result<(), Failure> {
        Ok(())
    }

    async fn clear_up_failed(&self, job: &Job) -> Result<(), Failure> {
        self.look_after(job).await;
        Ok(())
    }
}

impl Segmenter {
    /// Patiently: many workers count on one record, and a picture that is not counted is segmented again.
    async fn settle(&self, done: &Job, outcome: &PictureOutcome) -> Result<Finish, Failure> {
        for _ in 0..SETTLING {
            match self.records.settle(done.clone(), outcome).await {
                Err(failure) if failure.code == Code::Unavailable => {
                    tracing::warn!(code = %failure.code, "counted later: {failure}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                ended => return ended,
            }
        }
        self.records.settle(done.clone(), outcome).await
    }

    /// Whether this was the last. The picture is settled whatever comes of it: should it fail, the janitor looks.
    async fn look_after(&self, job: &Job) {
        if let Err(failure) = self.fan_in.settled(job).await {
            tracing::warn!(code = %failure.code, "left to the janitor: {failure}");
        }
    }

    /// The archive, if somebody still waits for its pictures.
    async fn still_wanted(&self, archive: Option<PictureArchive>) -> Result<PictureArchive, Failure> {
        let archive = archive.ok_or_else(nobody_waits)?;
        let whole = self.records.job(&archive.tenant, archive.job_id).await?;
        // Where it failed it may be tried anew: its pictures are not called off.
        let is_over =
            |whole: Job| whole.is_dismissed || matches!(whole.state, JobState::Done | JobState::Cancelled);
        if whole.is_none_or(is_over) {
            return Err(nobody_waits());
        }
        let tally = self.records.tally(&archive.tenant, archive.id).await?;
        if tally.is_some_and(|tally| tally.bytes > MAX_RESULT_BYTES) {
            return Err(Failure::permanent(
                Code::ArchiveTooLarge,
                format!("What is made of the archive has more than {MAX_RESULT_BYTES} bytes."),
            ));
        }
        Ok(archive)
    }

    /// The file of a picture: the part of the archive in which it lies, unpacked.
    async fn fetch(&self, archive: &PictureArchive, picture: &ArchivedPicture) -> Result<Bytes, Failure> {
        let unreadable = || Failure::unknown("a picture that lies nowhere");
        let place = picture.place.as_deref().ok_or_else(unreadable)?;
        let place: PackedEntry = serde_json::from_str(place).map_err(Failure::unknown)?;
        let span = place.span();
        let length = span.end.saturating_sub(span.start);
        if length > MAX_ARCHIVED_PICTURE_BYTES.saturating_add(OVERHEAD) {
            return Err(Failure::permanent(
                Code::ArchiveTooLarge,
                "The picture takes up more of the archive than any may.",
            ));
        }
        let packed = self
            .files
            .read_range(&archive.upload_key(), Some(archive.etag()?), span.start, length)
            .await?
            .ok_or_else(|| Failure::permanent(Code::FileMissing, "The archive is gone."))?;
        let unpack = move || match place.unpack(&packed, MAX_ARCHIVED_PICTURE_BYTES)? {
            // Stored content is a part of what was fetched, and is not copied.
            std::borrow::Cow::Borrowed(content) => Ok(packed.slice_ref(content)),
            std::borrow::Cow::Owned(content) => Ok(Bytes::from(content)),
        };
        tokio::task::spawn_blocking(unpack)
            .await
            .map_err(Failure::unknown)?
    }

    fn log(&self, archive: &PictureArchive, number: u32, made: &SegmentedPicture) {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let stages = &made.stages;
        tracing::info!(
            archive = %archive.id,
            number,
            width = made.findings.width,
            height = made.findings.height,
            decode_ms = milliseconds(stages.decode),
            preprocess_ms = stages.model.preprocess_ms,
            inference_ms = stages.model.inference_ms,
            postprocess_ms = stages.model.postprocess_ms,
            paint_ms = milliseconds(stages.paint),
            encode_ms = milliseconds(stages.encode),
            "segmented"
        );
    }
}

fn nobody_waits() -> Failure {
    Failure::permanent(Code::Cancelled, "Nobody waits for this picture.")
}

fn picture_order(
    order: &SegmentationOrder,
    model: &Arc<Model>,
    result_name: &str,
) -> Result<PictureOrder, Failure> {
    let class = |label: &String| {
        model.labels().class(label).ok_or_else(|| {
            let detail = format!("The model {} has no class {label:?} any more.", model.name());
            Failure::permanent(Code::ModelFailed, detail)
        })
    };
    let classes = match &order.classes {
        Some(labels) => Some(labels.iter().map(class).collect::<Result<BTreeSet<_>, _>>()?),
        None => None,
    };
    Ok(PictureOrder {
        options: SegmentOptions {
            confidence: order.confidence,
            classes,
            ..SegmentOptions::default()
        },
        output: order.output,
        extension: extension(result_name).to_owned(),
    })
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn media_type(picture: &ArchivedPicture) -> &'static str {
    match extension(&picture.result_name) {
        "png" => "image/png",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        "json" => "application/json",
        _ => "image/jpeg",
    }
}

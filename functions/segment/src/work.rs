//! The work itself: a picture where it lies in its archive, and a file for the result.

use std::time::Duration;

use async_trait::async_trait;
use darkroom_cloud::Finish;
use darkroom_domain::{
    ArchivedPicture, Failure, FileKey, Job, JobKind, JobMessage, PictureArchive, PictureOutcome,
    SegmentationOrder, archive::SegmentedFile,
};
use darkroom_inference::{Model, SegmentOptions, Task as ModelTask};
use darkroom_lambda::{Deadline, JobHandler, jobs::on_pixels};
use darkroom_model_store::ordered_classes;
use darkroom_picture_archive::work::{another_worker, nobody_waits};

use crate::{
    Segmenter,
    picture::{PictureOrder, SegmentedPicture, segmented},
};

#[async_trait]
impl JobHandler for Segmenter {
    type Output = PictureOutcome;

    async fn work(&self, job: &Job, deadline: Deadline) -> Result<PictureOutcome, Failure> {
        if job.task.kind() != JobKind::Segment {
            return Err(another_worker());
        }
        let begin = self.ground.clock.now();
        let wanted = self.pictures.wanted(job).await?;
        let (archive, picture) = (&wanted.archive, &wanted.picture);
        let order = archive.order.segmentation()?;
        let model = self.models.model(ModelTask::Segment, &order.model).await?;
        let order = picture_order(order, &model, &picture.result_name)?;
        let file = self.pictures.read(&wanted).await?;
        let (limits, left) = (self.limits, deadline.left(self.ground.clock.now()));
        let made = on_pixels(left, move || segmented(&file, &limits, &model, &order)).await?;
        log(archive, picture.number, &made);
        let SegmentedPicture {
            bytes, mut findings, ..
        } = made;
        let file = SegmentedFile {
            bytes: bytes.len() as u64,
            crc32: crc32fast::hash(&bytes),
        };
        let key = FileKey::Segmented {
            tenant: job.tenant.clone(),
            archive: archive.id,
            number: picture.number,
            crc32: file.crc32,
        };
        self.files.write(&key, media_type(picture), bytes.into()).await?;
        // Cleared away meanwhile: what came after that is nobody's.
        let archive = self.records.archive(&job.tenant, archive.id).await?;
        if archive.is_none_or(|archive| archive.etag().is_err()) {
            self.files.delete(&key).await?;
            return Err(nobody_waits());
        }
        let took = self.ground.clock.now().since(begin);
        findings.milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Ok(PictureOutcome::Segmented { file, findings })
    }

    async fn complete(&self, job: Job, outcome: PictureOutcome) -> Result<Finish, Failure> {
        self.pictures.settle(job, &outcome).await
    }

    /// Files that nobody needs go with the archive.
    async fn clear_up(&self, _: &JobMessage) -> Result<(), Failure> {
        Ok(())
    }

    async fn clear_up_failed(&self, job: &Job) -> Result<(), Failure> {
        self.pictures.look_after(job).await;
        Ok(())
    }
}

fn log(archive: &PictureArchive, number: u32, made: &SegmentedPicture) {
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

fn picture_order(
    order: &SegmentationOrder,
    model: &Model,
    result_name: &str,
) -> Result<PictureOrder, Failure> {
    Ok(PictureOrder {
        options: SegmentOptions {
            confidence: order.confidence,
            classes: ordered_classes(model.description(), order.classes.as_deref())?,
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

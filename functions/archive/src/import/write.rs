//! From the plan to records and files.

use std::io::{Read, Seek};

use bytes::Bytes;
use darkroom_domain::{
    Analysis, AnalysisFile, AnalysisId, Dataset, Failure, FileKey, Image, ImageFormat, ImageId, ImageLimits,
    Job, JobId, Task,
};
use darkroom_vision::{Picture, decode, encode};
use darkroom_zip::Archive;
use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use super::plan::{Plan, PlannedImage, painted_limits};
use crate::{Archivist, identities::Identities, progress::UnderWay};

/// How many pictures are unpacked ahead, and how many are written at the same time. With one that waits to be sent they are
/// four in memory: each may have 10 MiB, and twice 64 MiB of painted pictures.
const AHEAD: usize = 1;
const AT_ONCE: usize = 2;

/// A picture with its files, on the way from the archive to the bucket.
struct Unpacking {
    number: usize,
    image: PlannedImage,
    original: Bytes,
    /// The painted picture of each analysis that has one, as PNG and as JPEG.
    painted: Vec<Option<Painted>>,
}

struct Painted {
    png: Bytes,
    jpeg: Bytes,
}

impl Archivist {
    /// Writes everything; the job as it is then, and the jobs that are going to make thumbnails.
    pub(super) async fn write<R: Read + Seek + Send + 'static>(
        &self,
        plan: Plan,
        archive: Archive<R>,
        dataset: &Dataset,
        mut under_way: UnderWay,
    ) -> Result<(Job, Vec<Job>), Failure> {
        let identities = Identities::of(&under_way.job);
        let (sender, receiver) = mpsc::channel(AHEAD);
        let limits = self.image_limits;
        // The archive is read off the runtime's threads; when nobody takes any more, it stops.
        let reading = tokio::task::spawn_blocking(move || unpack(plan, archive, limits, &sender));
        let mut writing = Box::pin(
            stream::unfold(receiver, |mut receiver| async {
                receiver.recv().await.map(|unpacked| (unpacked, receiver))
            })
            .map(|unpacked| self.write_image(unpacked, dataset, &identities))
            .buffered(AT_ONCE),
        );
        let mut thumbnail_jobs = Vec::new();
        while let Some(written) = writing.next().await {
            thumbnail_jobs.push(written?);
            self.advance(&mut under_way).await?;
        }
        drop(writing);
        reading.await.map_err(Failure::unknown)?;
        Ok((under_way.job, thumbnail_jobs))
    }

    /// Writes one picture: its records first, so that whoever clears up finds its files.
    async fn write_image(
        &self,
        unpacked: Result<Unpacking, Failure>,
        dataset: &Dataset,
        identities: &Identities,
    ) -> Result<Job, Failure> {
        let Unpacking {
            number,
            image: planned,
            original,
            painted,
        } = unpacked?;
        let image = Image {
            id: ImageId::from_uuid(identities.id("image", number)),
            tenant: dataset.tenant.clone(),
            filename: planned.original_filename,
            format: planned.inspection.format,
            size: planned.size,
            width: planned.inspection.upright_dimensions().0,
            height: planned.inspection.upright_dimensions().1,
            orientation: planned.inspection.orientation.exif(),
            sha256: planned.sha256,
            created_at: dataset.created_at,
            thumbnail_job: JobId::from_uuid(identities.id("thumbnail job", number)),
            dataset_id: Some(dataset.id),
            metadata: None,
        };
        let mut analyses = Vec::new();
        for (analysis, painted) in planned.analyses.into_iter().zip(&painted) {
            analyses.push(Analysis {
                id: AnalysisId::from_uuid(identities.id(analysis.method.name(), number)),
                tenant: image.tenant.clone(),
                image_id: image.id,
                created_at: analysis.created_at.unwrap_or(dataset.created_at),
                job_id: None,
                is_painted: painted.is_some(),
                findings: analysis.findings()?,
            });
        }
        let task = Task::Thumbnail { image_id: image.id };
        let now = self.ground.clock.now();
        let job = Job {
            // It is shown, and its message sent, when the dataset is. Nobody is to find it standing still before.
            is_dismissed: true,
            due_at: Some(now.after(Dataset::IMPORT)),
            ..Job::queued(image.thumbnail_job, image.tenant.clone(), task, now)
        };
        let original_key = FileKey::Original {
            tenant: image.tenant.clone(),
            image: image.id,
        };
        let media_type = image.format.media_type();
        let imported = self.analyses.imported(image, job.clone(), &analyses).await?;
        self.records.write_imported(&imported).await?;
        self.files.write(&original_key, media_type, original).await?;
        for (analysis, painted) in analyses.iter().zip(painted) {
            if let Some(Painted { png, jpeg }) = painted {
                self.write_painted(analysis, AnalysisFile::Png, png).await?;
                self.write_painted(analysis, AnalysisFile::Jpeg, jpeg).await?;
            }
        }
        Ok(job)
    }

    async fn write_painted(
        &self,
        analysis: &Analysis,
        file: AnalysisFile,
        content: Bytes,
    ) -> Result<(), Failure> {
        let key = FileKey::Analysis {
            tenant: analysis.tenant.clone(),
            image: analysis.image_id,
            analysis: analysis.id,
            file,
        };
        self.files.write(&key, file.media_type(), content).await
    }
}

/// Reads the pictures of a plan, one after the other, until one fails or nobody takes them any more.
fn unpack<R: Read + Seek>(
    plan: Plan,
    mut archive: Archive<R>,
    limits: ImageLimits,
    sender: &mpsc::Sender<Result<Unpacking, Failure>>,
) {
    for (number, image) in plan.images.into_iter().enumerate() {
        let unpacked = unpack_image(number, image, &mut archive, &limits);
        let failed = unpacked.is_err();
        if sender.blocking_send(unpacked).is_err() || failed {
            return;
        }
    }
}

fn unpack_image<R: Read + Seek>(
    number: usize,
    image: PlannedImage,
    archive: &mut Archive<R>,
    limits: &ImageLimits,
) -> Result<Unpacking, Failure> {
    let original = archive.read(&image.entry, limits.bytes)?.into();
    let painted_limits = painted_limits(limits);
    let mut painted = Vec::with_capacity(image.analyses.len());
    for analysis in &image.analyses {
        let mut files = Vec::with_capacity(analysis.painted.len());
        for entry in &analysis.painted {
            files.push(archive.read(entry, painted_limits.bytes)?);
        }
        painted.push(in_both_formats(files, &painted_limits)?);
    }
    Ok(Unpacking {
        number,
        image,
        original,
        painted,
    })
}

/// A painted picture as PNG and as JPEG. What the archive has of the two is kept as it is; what it lacks, as older ones
/// lack the PNG, is made of the other.
fn in_both_formats(files: Vec<Vec<u8>>, limits: &ImageLimits) -> Result<Option<Painted>, Failure> {
    let (mut png, mut jpeg, mut any) = (None, None, None);
    for file in files {
        let picture = decode(&file, limits)?;
        match darkroom_vision::sniff(&file) {
            Some(ImageFormat::Png) => png = Some(file),
            Some(ImageFormat::Jpeg) => jpeg = Some(file),
            _ => {}
        }
        any = Some(picture);
    }
    let Some(picture) = any.map(Picture::into_raster) else {
        return Ok(None);
    };
    let png = match png {
        Some(png) => png,
        None => encode::png(&picture)?,
    };
    let jpeg = match jpeg {
        Some(jpeg) => jpeg,
        None => encode::jpeg(&picture)?,
    };
    Ok(Some(Painted {
        png: png.into(),
        jpeg: jpeg.into(),
    }))
}

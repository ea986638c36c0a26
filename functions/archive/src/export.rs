//! A dataset into an archive, streamed into the bucket.

use std::time::Duration;

use bytes::Bytes;
use darkroom_cloud::FileWriter;
use darkroom_domain::{
    Analysis, AnalysisFile, Code, Dataset, DatasetId, DatasetImage, Failure, FileKey, Image, Job, JobResult,
    TenantId,
};
use darkroom_lambda::Deadline;
use darkroom_zip::ArchiveWriter;
use futures::{StreamExt, stream};

use crate::{
    Archivist,
    manifest::{self, IMAGES, Manifest, ManifestImage, ManifestResult, RESULTS, Resource},
    progress::UnderWay,
    work::{Output, Packed},
};

/// How long an archive that nobody fetches is kept.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// How many pictures are fetched ahead: with 10 MiB each, 40 MiB of memory.
const AHEAD: usize = 4;

/// A picture and its analyses, as they go into the archive.
struct Packet {
    image: Image,
    original: Bytes,
    analyses: Vec<(Analysis, Vec<(AnalysisFile, Bytes)>)>,
}

fn too_large() -> Failure {
    Failure::permanent(
        Code::ArchiveTooLarge,
        "The dataset's results are too large for one manifest.",
    )
}

impl Archivist {
    pub(crate) async fn export(
        &self,
        job: Job,
        dataset: DatasetId,
        deadline: Deadline,
    ) -> Result<Output, Failure> {
        let tenant = job.tenant.clone();
        let dataset = self
            .records
            .dataset(&tenant, dataset)
            .await?
            .filter(Dataset::is_ready)
            .ok_or_else(|| Failure::not_found("Dataset not found"))?;
        let members = self
            .records
            .dataset_images(&tenant, dataset.id, None, usize::MAX)
            .await?;
        let mut under_way = self.under_way(job, members.len(), deadline).await?;
        let key = FileKey::Export {
            tenant,
            job: under_way.job.id,
        };
        let mut file = self.files.writer(&key, "application/zip").await?;
        let packed = self.pack(&dataset, members, &mut under_way, &mut file).await;
        match packed.and(self.expect_ready(&dataset).await) {
            Ok(()) => {
                let result = JobResult::Export {
                    filename: dataset.export_filename(),
                    bytes: file.finish().await?,
                    expires_at: self.ground.clock.now().after(KEEP),
                    is_downloaded: false,
                };
                let job = under_way.job;
                Ok(Output::Packed(Box::new(Packed { job, result })))
            }
            Err(failure) => {
                if let Err(abort) = file.abort().await {
                    tracing::warn!(code = %abort.code, "left to the bucket: {abort}");
                }
                Err(failure)
            }
        }
    }

    /// What was deleted meanwhile is not given out any more.
    async fn expect_ready(&self, dataset: &Dataset) -> Result<(), Failure> {
        let current = self.records.dataset(&dataset.tenant, dataset.id).await?;
        match current.filter(Dataset::is_ready) {
            Some(_) => Ok(()),
            None => Err(Failure::not_found("Dataset not found")),
        }
    }

    async fn pack(
        &self,
        dataset: &Dataset,
        members: Vec<DatasetImage>,
        under_way: &mut UnderWay,
        file: &mut FileWriter,
    ) -> Result<(), Failure> {
        let mut archive = ArchiveWriter::new(Vec::new());
        let mut manifest = Manifest {
            title: dataset.title.clone(),
            description: dataset.description.clone(),
            created_at: Some(dataset.created_at.to_string()),
            images: Vec::with_capacity(members.len()),
            version: "1.0".to_owned(),
        };
        archive.directory(IMAGES, dataset.created_at)?;
        archive.directory(RESULTS, dataset.created_at)?;
        let mut said = 0_u64;
        let mut packets = stream::iter(members)
            .map(|member| self.packet(&dataset.tenant, member))
            .buffered(AHEAD);
        while let Some(packet) = packets.next().await {
            if let Some(packet) = packet? {
                let entry = put(&mut archive, &packet)?;
                said = said.saturating_add(entry.said());
                // All of it is in memory until the end, here and where it is read.
                if said > manifest::MAX_BYTES {
                    return Err(too_large());
                }
                manifest.images.push(entry);
                file.push(&std::mem::take(archive.writer_mut())).await?;
            }
            self.advance(under_way).await?;
        }
        let text = serde_json::to_vec_pretty(&manifest).map_err(Failure::unknown)?;
        if text.len() as u64 > manifest::MAX_BYTES {
            return Err(too_large());
        }
        // As it is: numbers may pack so well that nobody would believe it.
        archive.stored(manifest::NAME, &text, dataset.created_at)?;
        file.push(&archive.finish()?).await
    }

    /// Everything that goes into the archive of one picture; none if it was deleted meanwhile.
    async fn packet(&self, tenant: &TenantId, member: DatasetImage) -> Result<Option<Packet>, Failure> {
        let Some(image) = self.records.image(tenant, member.image_id).await? else {
            return Ok(None);
        };
        let original = match self.files.original(tenant, image.id, u64::MAX).await {
            Ok(original) => original,
            Err(failure) if failure.code == Code::FileMissing => {
                return match self.records.image(tenant, member.image_id).await? {
                    None => Ok(None),
                    Some(image) => Err(Failure {
                        detail: format!("{}: {}", failure.detail, image.id),
                        ..failure
                    }),
                };
            }
            Err(failure) => return Err(failure),
        };
        let mut analyses = Vec::new();
        for analysis in self.analyses.of_image(tenant, image.id).await? {
            let mut files = Vec::new();
            if analysis.is_painted {
                for file in [AnalysisFile::Jpeg, AnalysisFile::Png] {
                    let key = FileKey::Analysis {
                        tenant: tenant.clone(),
                        image: image.id,
                        analysis: analysis.id,
                        file,
                    };
                    // Replaced at this very moment: then its picture is not needed.
                    if let Some(content) = self.files.read(&key, None, u64::MAX).await? {
                        files.push((file, content.bytes));
                    }
                }
            }
            analyses.push((analysis, files));
        }
        Ok(Some(Packet {
            image,
            original: original.bytes,
            analyses,
        }))
    }
}

/// Writes the files of one picture, and tells what the manifest says of it.
fn put(archive: &mut ArchiveWriter<Vec<u8>>, packet: &Packet) -> Result<ManifestImage, Failure> {
    let Packet {
        image,
        original,
        analyses,
    } = packet;
    let mut entry = ManifestImage::of(image);
    archive.stored(&format!("{IMAGES}{}", entry.filename), original, image.created_at)?;
    for (analysis, files) in analyses {
        let mut resources = Vec::new();
        for (file, content) in files {
            let path = format!("{RESULTS}{}", result_name(analysis, *file));
            archive.stored(&path, content, analysis.created_at)?;
            let key = match file {
                AnalysisFile::Png => "clustered_image_lossless",
                AnalysisFile::Jpeg | AnalysisFile::Findings => "clustered_image",
            };
            resources.push(Resource::painted(key, path));
        }
        entry.results.extend(ManifestResult::of(analysis, &resources)?);
    }
    Ok(entry)
}

/// `<image id>_<8 hexadecimal digits>_<method>.<extension>`.
fn result_name(analysis: &Analysis, file: AnalysisFile) -> String {
    let digits = analysis.id.as_uuid().simple().to_string();
    let last = digits.get(24..).unwrap_or_default();
    let extension = match file {
        AnalysisFile::Png => "png",
        AnalysisFile::Jpeg => "jpg",
        AnalysisFile::Findings => "json",
    };
    format!(
        "{}_{last}_{}.{extension}",
        analysis.image_id,
        analysis.findings.method()
    )
}

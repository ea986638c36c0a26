//! From what was made of the pictures to the archive that goes out, streamed into the bucket.

use std::io::Write;

use bytes::Bytes;
use darkroom_cloud::FileWriter;
use darkroom_domain::{
    ArchivedPicture, Code, Failure, FileKey, Job, PictureArchive, PictureOutcome, Tally,
    archive::{
        SegmentedFile,
        naming::{ERRORS_NAME, MANIFEST_NAME},
    },
};
use darkroom_lambda::Deadline;
use darkroom_zip::ArchiveWriter;
use futures::{StreamExt, stream};
use serde_json::Value;

use super::{
    Assembled,
    report::{Items, fault, finding},
};
use crate::{Archivist, progress::UnderWay, work::Output};

/// Bytes that are read at once, and how many such windows ahead: 16 MiB of memory.
const WINDOW: u64 = 4 * 1024 * 1024;
const AHEAD: usize = 4;
/// Pictures whose records are read at once. One with hundreds of things in it has tens of kilobytes.
const PAGE: usize = 100;

/// A part of a file that goes into the archive.
#[derive(Clone, Copy)]
struct Window {
    /// The number of the picture.
    number: u32,
    file: SegmentedFile,
    offset: u64,
}

impl Window {
    const fn length(&self) -> u64 {
        let left = self.file.bytes.saturating_sub(self.offset);
        if left < WINDOW { left } else { WINDOW }
    }
}

fn cut_short() -> Failure {
    Failure::unknown("a part of a file is not as long as it must be")
}

impl Archivist {
    /// Puts the result together.
    pub(super) async fn assemble(
        &self,
        job: Job,
        archive: PictureArchive,
        tally: Tally,
        deadline: Deadline,
    ) -> Result<Output, Failure> {
        let total = usize::try_from(tally.total).map_err(Failure::unknown)?;
        let mut under_way = self.under_way(job, total, deadline).await?;
        let key = FileKey::SegmentedArchive {
            tenant: archive.tenant.clone(),
            archive: archive.id,
        };
        let mut file = self.files.writer(&key, "application/zip").await?;
        match self.pack_pictures(&archive, &mut under_way, &mut file).await {
            Ok((segmented, failed)) => Ok(Output::Assembled(Box::new(Assembled {
                job: under_way.job,
                bytes: file.finish().await?,
                archive,
                tally,
                made: segmented,
                failed,
            }))),
            Err(failure) => {
                if let Err(abort) = file.abort().await {
                    tracing::warn!(code = %abort.code, "left to the bucket: {abort}");
                }
                Err(failure)
            }
        }
    }

    /// Packs what there is, and tells of how many pictures there is something, and of how many not.
    async fn pack_pictures(
        &self,
        archive: &PictureArchive,
        under_way: &mut UnderWay,
        file: &mut FileWriter,
    ) -> Result<(u64, u64), Failure> {
        let mut zip = ArchiveWriter::new(Vec::new());
        let (mut segmented, mut failed) = (0_u64, 0_u64);
        let mut after = None;
        while let Some(page) = self.page(archive, &mut after).await? {
            for picture in &page {
                match picture.outcome {
                    PictureOutcome::Segmented { .. } => segmented = segmented.saturating_add(1),
                    PictureOutcome::Failed { .. } => failed = failed.saturating_add(1),
                    PictureOutcome::Awaited | PictureOutcome::Predicted { .. } => {
                        return Err(Failure::unknown("a picture that is counted and not segmented"));
                    }
                }
            }
            self.pack_page(archive, &page, &mut zip, under_way, file).await?;
        }
        let text = zip.deflated(MANIFEST_NAME, archive.created_at)?;
        let mut manifest = Items::of_findings(text, archive)?;
        let mut after = None;
        // One entry at a time is written: these wait for their turn, at most twenty thousand of at most 1.5 KiB.
        let mut errors: Vec<Value> = Vec::new();
        while let Some(page) = self.page(archive, &mut after).await? {
            for picture in &page {
                match &picture.outcome {
                    PictureOutcome::Failed { failure } => errors.push(fault(picture, failure)?),
                    _ => {
                        if let Some(found) = finding(picture)? {
                            manifest.push(&found)?;
                        }
                    }
                }
            }
        }
        manifest.finish()?.finish()?;
        if !errors.is_empty() {
            let text = serde_json::to_vec_pretty(&errors).map_err(Failure::unknown)?;
            zip.stored(ERRORS_NAME, &text, archive.created_at)?;
        }
        file.push(&zip.finish()?).await?;
        Ok((segmented, failed))
    }

    /// The pictures behind `after`, if there are any.
    async fn page(
        &self,
        archive: &PictureArchive,
        after: &mut Option<u32>,
    ) -> Result<Option<Vec<ArchivedPicture>>, Failure> {
        let page = self
            .records
            .archived_pictures(&archive.tenant, archive.id, *after, PAGE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        *after = Some(last.number);
        Ok(Some(page))
    }

    async fn pack_page(
        &self,
        archive: &PictureArchive,
        page: &[ArchivedPicture],
        zip: &mut ArchiveWriter<Vec<u8>>,
        under_way: &mut UnderWay,
        result: &mut FileWriter,
    ) -> Result<(), Failure> {
        let made = page.iter().filter_map(|picture| match picture.outcome {
            PictureOutcome::Segmented { file, .. } => Some((picture, file)),
            _ => None,
        });
        let mut windows = Vec::new();
        for (picture, file) in made.clone() {
            let offsets = (0..file.bytes.div_ceil(WINDOW)).map(|window| window.saturating_mul(WINDOW));
            windows.extend(offsets.map(|offset| Window {
                number: picture.number,
                file,
                offset,
            }));
        }
        let mut contents = stream::iter(windows)
            .map(|window| self.read_window(archive, window))
            .buffered(AHEAD);
        for (picture, file) in made {
            let SegmentedFile { bytes, crc32 } = file;
            let mut entry = zip.declared(&picture.result_name, bytes, crc32, archive.created_at)?;
            let mut left = bytes;
            while left > 0 {
                let content = contents.next().await.unwrap_or_else(|| Err(cut_short()))?;
                left = left.checked_sub(content.len() as u64).ok_or_else(cut_short)?;
                entry.write_all(&content).map_err(Failure::unknown)?;
                result.push(&std::mem::take(entry.writer_mut())).await?;
            }
            entry.finish()?;
            self.advance(under_way).await?;
        }
        Ok(())
    }

    async fn read_window(&self, archive: &PictureArchive, window: Window) -> Result<Bytes, Failure> {
        let key = FileKey::Segmented {
            tenant: archive.tenant.clone(),
            archive: archive.id,
            number: window.number,
            crc32: window.file.crc32,
        };
        let content = self
            .files
            .read_range(&key, None, window.offset, window.length())
            .await?;
        content.ok_or_else(|| Failure::permanent(Code::FileMissing, "What was made of a picture is gone."))
    }
}

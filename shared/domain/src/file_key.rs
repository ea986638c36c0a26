//! Where files lie in the bucket. No key is put together anywhere else.

use std::{fmt, str::FromStr};

use crate::{
    ids::{AnalysisId, ArchiveId, BatchId, GroupingId, ImageId, JobId, PredictionId, UploadId},
    sorter::VectorSpace,
    tenant::TenantId,
    thumbnail::ThumbnailPreset,
};

/// Where a file of the operator's models lies. It belongs to no tenant.
#[must_use]
pub fn model_key(file: &str) -> String {
    format!("models/{file}")
}

/// The key of one file. The client's file name never stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FileKey {
    /// What a client sent and nobody has looked at yet.
    Upload {
        /// Whose it is.
        tenant: TenantId,
        /// The promise it was sent on.
        upload: UploadId,
    },
    /// An accepted picture, byte for byte as it was sent.
    Original {
        /// Whose it is.
        tenant: TenantId,
        /// The picture.
        image: ImageId,
    },
    /// A thumbnail.
    Thumbnail {
        /// Whose it is.
        tenant: TenantId,
        /// The picture it shows.
        image: ImageId,
        /// Its size.
        preset: ThumbnailPreset,
    },
    /// A file that an analysis of a picture made.
    Analysis {
        /// Whose it is.
        tenant: TenantId,
        /// The picture that was analysed.
        image: ImageId,
        /// The analysis.
        analysis: AnalysisId,
        /// Which of its files.
        file: AnalysisFile,
    },
    /// The vector of a picture: half-precision numbers, the lower byte first.
    Embedding {
        /// Whose it is.
        tenant: TenantId,
        /// The picture.
        image: ImageId,
        /// Which vectors it can be compared with.
        space: VectorSpace,
    },
    /// Vectors of photographs of a batch, so that few files are read where many photographs are grouped. Its content
    /// stands in its name.
    VectorPack {
        /// Whose it is.
        tenant: TenantId,
        /// The batch.
        batch: BatchId,
        /// Which vectors they can be compared with.
        space: VectorSpace,
        /// Its number among those of the batch.
        number: u32,
        /// CRC-32 of the content.
        crc32: u32,
    },
    /// The groups of a batch, as JSON.
    Grouping {
        /// Whose it is.
        tenant: TenantId,
        /// The batch.
        batch: BatchId,
        /// The groups.
        grouping: GroupingId,
    },
    /// A picture that was made for one answer and is forgotten within a day.
    Answer {
        /// Whose it is.
        tenant: TenantId,
        /// Names the answer.
        answer: AnalysisId,
    },
    /// An exported dataset.
    Export {
        /// Whose it is.
        tenant: TenantId,
        /// The job that packed it.
        job: JobId,
    },
    /// What was made of a picture of an archive. Its content stands in its name: a late worker of another version writes
    /// beside it, not over it.
    Segmented {
        /// Whose it is.
        tenant: TenantId,
        /// The archive.
        archive: ArchiveId,
        /// The number of the picture in it.
        number: u32,
        /// CRC-32 of the content.
        crc32: u32,
    },
    /// The archive that is made of an archive.
    SegmentedArchive {
        /// Whose it is.
        tenant: TenantId,
        /// The archive.
        archive: ArchiveId,
    },
    /// What was found in the pictures of an archive, as JSON. What it was held against stands in its name: an answer to
    /// another question lies beside it, not in its place.
    PredictedArchive {
        /// Whose it is.
        tenant: TenantId,
        /// The archive.
        archive: ArchiveId,
        /// CRC-32 of what the pictures were held against, and of how it is told.
        crc32: u32,
    },
    /// The picture that shows a prediction, as long as nothing rests upon it.
    Media {
        /// Whose it is.
        tenant: TenantId,
        /// The prediction.
        prediction: PredictionId,
    },
    /// The picture that shows a prediction upon which a transaction rests.
    Evidence {
        /// Whose it is.
        tenant: TenantId,
        /// The prediction.
        prediction: PredictionId,
    },
}

/// The files that analyses make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnalysisFile {
    /// The painted picture, without loss.
    Png,
    /// The painted picture, smaller.
    Jpeg,
    /// What was found, where it is too much for a record.
    Findings,
}

impl AnalysisFile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Findings];

    const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Findings => "json",
        }
    }

    /// The media type of the file.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Findings => "application/json",
        }
    }
}

/// A key that is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key of ours")]
pub struct NotAFileKey;

impl FileKey {
    /// Where everything lies that was made of `image`: the prefix to clear when it is deleted.
    #[must_use]
    pub fn derived_prefix(tenant: &TenantId, image: ImageId) -> String {
        format!("derived/{}/{image}/", tenant.key_segment())
    }

    /// What the keys of all files of a batch begin with.
    #[must_use]
    pub fn batch_prefix(tenant: &TenantId, batch: BatchId) -> String {
        format!("batches/{}/{batch}/", tenant.key_segment())
    }

    /// What the keys of all packed vectors of one space of a batch begin with.
    #[must_use]
    pub fn pack_prefix(tenant: &TenantId, batch: BatchId, space: VectorSpace) -> String {
        format!("{}vectors/{space}/", Self::batch_prefix(tenant, batch))
    }

    /// What the keys of everything made of an archive begin with.
    #[must_use]
    pub fn archive_prefix(tenant: &TenantId, archive: ArchiveId) -> String {
        format!("archives/{}/{archive}/", tenant.key_segment())
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload { tenant, upload } => write!(formatter, "uploads/{}/{upload}", tenant.key_segment()),
            Self::Original { tenant, image } => {
                write!(formatter, "originals/{}/{image}", tenant.key_segment())
            }
            Self::Thumbnail {
                tenant,
                image,
                preset,
            } => write!(
                formatter,
                "{}thumbnails/v{}/{preset}.jpg",
                Self::derived_prefix(tenant, *image),
                ThumbnailPreset::PIPELINE_VERSION
            ),
            Self::Analysis {
                tenant,
                image,
                analysis,
                file,
            } => write!(
                formatter,
                "{}analyses/{analysis}.{}",
                Self::derived_prefix(tenant, *image),
                file.extension()
            ),
            Self::Embedding { tenant, image, space } => write!(
                formatter,
                "{}embeddings/{space}.f16",
                Self::derived_prefix(tenant, *image)
            ),
            Self::VectorPack {
                tenant,
                batch,
                space,
                number,
                crc32,
            } => write!(
                formatter,
                "{}{number:06}-{crc32:08x}.f16",
                Self::pack_prefix(tenant, *batch, *space)
            ),
            Self::Grouping {
                tenant,
                batch,
                grouping,
            } => write!(
                formatter,
                "{}groupings/{grouping}.json",
                Self::batch_prefix(tenant, *batch)
            ),
            Self::Answer { tenant, answer } => write!(formatter, "answers/{}/{answer}", tenant.key_segment()),
            Self::Export { tenant, job } => write!(formatter, "exports/{}/{job}", tenant.key_segment()),
            Self::Segmented {
                tenant,
                archive,
                number,
                crc32,
            } => write!(
                formatter,
                "{}pictures/{number}-{crc32:08x}",
                Self::archive_prefix(tenant, *archive)
            ),
            Self::SegmentedArchive { tenant, archive } => {
                write!(formatter, "{}result.zip", Self::archive_prefix(tenant, *archive))
            }
            Self::PredictedArchive {
                tenant,
                archive,
                crc32,
            } => write!(
                formatter,
                "{}result-{crc32:08x}.json",
                Self::archive_prefix(tenant, *archive)
            ),
            Self::Media { tenant, prediction } => {
                write!(formatter, "media/{}/{prediction}.jpg", tenant.key_segment())
            }
            Self::Evidence { tenant, prediction } => {
                write!(formatter, "evidence/{}/{prediction}.jpg", tenant.key_segment())
            }
        }
    }
}

impl FromStr for FileKey {
    type Err = NotAFileKey;

    fn from_str(text: &str) -> Result<Self, NotAFileKey> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or(NotAFileKey);
        let kind = next()?;
        let tenant = TenantId::from_key_segment(next()?).map_err(|_| NotAFileKey)?;
        let id = next()?;
        let key = match kind {
            "uploads" => Self::Upload {
                tenant,
                upload: id.parse().map_err(|_| NotAFileKey)?,
            },
            "originals" => Self::Original {
                tenant,
                image: id.parse().map_err(|_| NotAFileKey)?,
            },
            "derived" => {
                let image = id.parse().map_err(|_| NotAFileKey)?;
                match next()? {
                    "thumbnails" => {
                        next()?;
                        let file = next()?.strip_suffix(".jpg").ok_or(NotAFileKey)?;
                        Self::Thumbnail {
                            tenant,
                            image,
                            preset: file.parse().map_err(|_| NotAFileKey)?,
                        }
                    }
                    "analyses" => {
                        let (analysis, extension) = next()?.split_once('.').ok_or(NotAFileKey)?;
                        Self::Analysis {
                            tenant,
                            image,
                            analysis: analysis.parse().map_err(|_| NotAFileKey)?,
                            file: AnalysisFile::ALL
                                .into_iter()
                                .find(|file| file.extension() == extension)
                                .ok_or(NotAFileKey)?,
                        }
                    }
                    "embeddings" => {
                        let space = next()?.strip_suffix(".f16").ok_or(NotAFileKey)?;
                        Self::Embedding {
                            tenant,
                            image,
                            space: space.parse().map_err(|_| NotAFileKey)?,
                        }
                    }
                    _ => return Err(NotAFileKey),
                }
            }
            "batches" => {
                let batch = id.parse().map_err(|_| NotAFileKey)?;
                match next()? {
                    "vectors" => {
                        let space = next()?.parse().map_err(|_| NotAFileKey)?;
                        let (number, crc32) = next()?
                            .strip_suffix(".f16")
                            .and_then(|name| name.split_once('-'))
                            .ok_or(NotAFileKey)?;
                        Self::VectorPack {
                            tenant,
                            batch,
                            space,
                            number: number.parse().map_err(|_| NotAFileKey)?,
                            crc32: u32::from_str_radix(crc32, 16).map_err(|_| NotAFileKey)?,
                        }
                    }
                    "groupings" => {
                        let grouping = next()?.strip_suffix(".json").ok_or(NotAFileKey)?;
                        Self::Grouping {
                            tenant,
                            batch,
                            grouping: grouping.parse().map_err(|_| NotAFileKey)?,
                        }
                    }
                    _ => return Err(NotAFileKey),
                }
            }
            "answers" => Self::Answer {
                tenant,
                answer: id.parse().map_err(|_| NotAFileKey)?,
            },
            "exports" => Self::Export {
                tenant,
                job: id.parse().map_err(|_| NotAFileKey)?,
            },
            "archives" => {
                let archive = id.parse().map_err(|_| NotAFileKey)?;
                match next()? {
                    "pictures" => {
                        let (number, crc32) = next()?.split_once('-').ok_or(NotAFileKey)?;
                        Self::Segmented {
                            tenant,
                            archive,
                            number: number.parse().map_err(|_| NotAFileKey)?,
                            crc32: u32::from_str_radix(crc32, 16).map_err(|_| NotAFileKey)?,
                        }
                    }
                    "result.zip" => Self::SegmentedArchive { tenant, archive },
                    file => {
                        let crc32 = file
                            .strip_prefix("result-")
                            .and_then(|rest| rest.strip_suffix(".json"))
                            .ok_or(NotAFileKey)?;
                        Self::PredictedArchive {
                            tenant,
                            archive,
                            crc32: u32::from_str_radix(crc32, 16).map_err(|_| NotAFileKey)?,
                        }
                    }
                }
            }
            "media" | "evidence" => {
                let id = id.strip_suffix(".jpg").ok_or(NotAFileKey)?;
                let prediction = id.parse().map_err(|_| NotAFileKey)?;
                match kind {
                    "media" => Self::Media { tenant, prediction },
                    _ => Self::Evidence { tenant, prediction },
                }
            }
            _ => return Err(NotAFileKey),
        };
        // Whatever does not spell the key exactly as we do is another key.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(NotAFileKey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    #[test]
    fn keys_are_what_the_template_grants() {
        let tenant = TenantId::single();
        let image: ImageId = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        assert_eq!(
            FileKey::Upload {
                tenant: tenant.clone(),
                upload: image.into()
            }
            .to_string(),
            "uploads/default/0192f0c1-2345-7abc-8def-0123456789ab"
        );
        assert_eq!(
            FileKey::Thumbnail {
                tenant,
                image,
                preset: ThumbnailPreset::Small
            }
            .to_string(),
            "derived/default/0192f0c1-2345-7abc-8def-0123456789ab/thumbnails/v1/100x100.jpg"
        );
    }

    #[test]
    fn strange_keys_are_not_ours() {
        for key in [
            "",
            "uploads",
            "uploads/default",
            "uploads/default/photo.jpg",
            "uploads/default/0192f0c1-2345-7abc-8def-0123456789ab/",
            "uploads/de fault/0192f0c1-2345-7abc-8def-0123456789ab",
            "uploads//0192f0c1-2345-7abc-8def-0123456789ab",
            "derived/default/0192f0c1-2345-7abc-8def-0123456789ab/thumbnails/v0/100x100.jpg",
            "derived/default/0192f0c1-2345-7abc-8def-0123456789ab/thumbnails/v1/7x7.jpg",
            "derived/default/0192f0c1-2345-7abc-8def-0123456789ab/analyses/x.png",
            "derived/default/0192f0c1-2345-7abc-8def-0123456789ab/analyses/0192f0c1-2345-7abc-8def-0123456789ab.exe",
            "archives/default/0000000000000abc",
            "archives/default/0000000000000abc/result.zip/",
            "archives/default/0000000000000ABC/result.zip",
            "archives/default/0000000000000abc/pictures/7-ABC",
            "archives/default/0000000000000abc/result.json",
            "archives/default/0000000000000abc/result-.json",
            "archives/default/0000000000000abc/result-0000ABCD.json",
            "archives/default/0000000000000abc/result-00000000f.json",
            "media/default/0192f0c1-2345-7abc-8def-0123456789ab",
            "media/default/0192f0c1-2345-7abc-8def-0123456789ab.png",
            "evidence/default/../0192f0c1-2345-7abc-8def-0123456789ab.jpg",
            "exports/default/../0192f0c1-2345-7abc-8def-0123456789ab",
        ] {
            assert_eq!(key.parse::<FileKey>(), Err(NotAFileKey), "{key}");
        }
    }

    proptest! {
        #[test]
        fn every_key_round_trips(name in "[^\\p{Cc}]{1,20}", bits: u128, number: u32, crc32: u32, kind in 0..18usize) {
            let tenant: TenantId = name.parse().unwrap();
            let uuid = Uuid::from_u128(bits);
            let image = ImageId::from_uuid(uuid);
            let analysis = AnalysisId::from_uuid(uuid);
            let archive = ArchiveId::from_uuid(&uuid);
            let key = match kind {
                0 => FileKey::Upload { tenant, upload: image.into() },
                1 => FileKey::Original { tenant, image },
                2 => FileKey::Answer { tenant, answer: analysis },
                3 => FileKey::Export { tenant, job: JobId::from_uuid(uuid) },
                4..7 => FileKey::Thumbnail { tenant, image, preset: ThumbnailPreset::ALL[kind - 4] },
                10 => FileKey::SegmentedArchive { tenant, archive },
                11 => FileKey::Segmented { tenant, archive, number, crc32 },
                12 => FileKey::PredictedArchive { tenant, archive, crc32 },
                13 => FileKey::Media { tenant, prediction: PredictionId::from_uuid(uuid) },
                14 => FileKey::Evidence { tenant, prediction: PredictionId::from_uuid(uuid) },
                15 => FileKey::Embedding { tenant, image, space: VectorSpace::new(u64::from(crc32)) },
                16 => FileKey::VectorPack {
                    tenant,
                    batch: BatchId::from_uuid(uuid),
                    space: VectorSpace::new(u64::from(number)),
                    number,
                    crc32,
                },
                17 => FileKey::Grouping {
                    tenant,
                    batch: BatchId::from_uuid(uuid),
                    grouping: GroupingId::from_uuid(uuid),
                },
                _ => FileKey::Analysis { tenant, image, analysis, file: AnalysisFile::ALL[kind - 7] },
            };
            prop_assert!(key.to_string().len() <= 1024);
            prop_assert_eq!(key.to_string().parse::<FileKey>().unwrap(), key);
        }
    }
}

//! The vectors of photographs, read out of packs as far as there are any, and packed where there are none.

use std::collections::HashSet;

use bytes::Bytes;
use darkroom_domain::{BatchId, Code, Failure, FileKey, ImageId, TenantId, VectorSpace};
use darkroom_photograph::vector;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{Clusterer, pack};

/// How many packs are read at once.
const PACKS_AT_ONCE: usize = 4;
/// How many single vectors are read at once.
const VECTORS_AT_ONCE: usize = 64;

/// Where vectors lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) batch: BatchId,
    pub(crate) space: VectorSpace,
    /// Numbers of each.
    pub(crate) dimensions: u32,
}

/// Vectors, one after the other; those that could not be read are zeros.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    values: Vec<f32>,
    is_read: Vec<bool>,
    dimensions: usize,
}

impl Rows {
    fn new(count: usize, dimensions: usize) -> Self {
        Self {
            values: vec![0.0; count.saturating_mul(dimensions)],
            is_read: vec![false; count],
            dimensions,
        }
    }

    /// Which of them were read.
    pub(crate) fn is_read(&self, row: usize) -> bool {
        self.is_read.get(row).copied().unwrap_or_default()
    }

    /// Takes a row as it stands in a file. False for one that is there already, is nobody's, or cannot be read.
    fn take(&mut self, row: Option<usize>, bytes: &[u8]) -> bool {
        let Some((row, is_read)) = row.and_then(|row| Some((row, self.is_read.get_mut(row)?))) else {
            return false;
        };
        let begin = row.saturating_mul(self.dimensions);
        let place = self.values.get_mut(begin..begin.saturating_add(self.dimensions));
        if let (false, Some(place), Some(values)) = (*is_read, place, vector::decode(bytes, self.dimensions))
        {
            place.copy_from_slice(&values);
            *is_read = true;
            return true;
        }
        false
    }

    fn row(&self, row: usize) -> &[f32] {
        let begin = row.saturating_mul(self.dimensions);
        self.values
            .get(begin..begin.saturating_add(self.dimensions))
            .unwrap_or_default()
    }

    /// The vectors that were read alone, one after the other.
    pub(crate) fn into_values(mut self) -> Vec<f32> {
        let mut kept = 0;
        for (row, _) in self.is_read.iter().enumerate().filter(|(_, is_read)| **is_read) {
            let begin = row.saturating_mul(self.dimensions);
            self.values
                .copy_within(begin..begin.saturating_add(self.dimensions), kept);
            kept = kept.saturating_add(self.dimensions);
        }
        self.values.truncate(kept);
        self.values
    }
}

/// A pack that was read.
#[derive(Clone, Debug)]
struct Known {
    key: FileKey,
    /// The rows that were taken of it.
    rows: Vec<usize>,
    /// Whether all of its rows were.
    is_whole: bool,
}

/// Which packs stay: all, if nothing came and nothing went; else those that are full and of which everything is needed.
fn staying(known: &[Known], has_others: bool) -> Vec<bool> {
    let has_changed = has_others || known.iter().any(|one| !one.is_whole);
    known
        .iter()
        .map(|one| one.is_whole && (!has_changed || one.rows.len() == pack::MAX_ROWS))
        .collect()
}

impl Clusterer {
    /// Reads the vectors of photographs, given by their ids in order, and packs what lay about.
    ///
    /// # Errors
    /// `unavailable` or `internal`. Packing may fail: next time it is tried again.
    pub(crate) async fn vectors(&self, place: Place<'_>, ids: &[ImageId]) -> Result<Rows, Failure> {
        let dimensions = usize::try_from(place.dimensions).map_err(Failure::unknown)?;
        let mut rows = Rows::new(ids.len(), dimensions);
        let known = self.read_packs(place, ids, &mut rows).await?;
        let missing: Vec<usize> = (0..ids.len()).filter(|row| !rows.is_read(*row)).collect();
        let mut single = stream::iter(missing)
            .map(|row| self.single(place, ids.get(row).copied(), row))
            .buffer_unordered(VECTORS_AT_ONCE);
        let mut has_others = false;
        while let Some((row, bytes)) = single.try_next().await? {
            has_others |= bytes.is_some_and(|bytes| rows.take(Some(row), &bytes));
        }
        if let Err(failure) = self.pack(place, ids, &rows, &known, has_others).await {
            tracing::warn!(code = %failure.code, batch_id = %place.batch, "vectors were not packed: {failure}");
        }
        Ok(rows)
    }

    async fn single(
        &self,
        place: Place<'_>,
        image: Option<ImageId>,
        row: usize,
    ) -> Result<(usize, Option<Bytes>), Failure> {
        let Some(image) = image else {
            return Ok((row, None));
        };
        let key = FileKey::Embedding {
            tenant: place.tenant.clone(),
            image,
            space: place.space,
        };
        let limit = u64::from(place.dimensions).saturating_mul(vector::NUMBER_BYTES as u64);
        let bytes = self.content(&key, limit).await?;
        Ok((row, bytes))
    }

    /// The content of a file; none if it is not there, or more than it should be.
    async fn content(&self, key: &FileKey, limit: u64) -> Result<Option<Bytes>, Failure> {
        match self.files.read(key, None, limit).await {
            Ok(content) => Ok(content.map(|content| content.bytes)),
            Err(failure) if failure.code == Code::FileTooLarge => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn read_packs(
        &self,
        place: Place<'_>,
        ids: &[ImageId],
        rows: &mut Rows,
    ) -> Result<Vec<Known>, Failure> {
        let prefix = FileKey::pack_prefix(place.tenant, place.batch, place.space);
        let keys = self.files.list(&prefix).await?;
        let limit = pack::max_bytes(rows.dimensions) as u64;
        let mut files = stream::iter(keys)
            .map(|key| async move { Ok::<_, Failure>((self.content(&key, limit).await?, key)) })
            .buffered(PACKS_AT_ONCE);
        let mut known = Vec::new();
        while let Some((bytes, key)) = files.try_next().await? {
            known.push(take_pack(key, bytes.as_deref(), ids, rows));
        }
        Ok(known)
    }

    /// Packs what lies about, and deletes the packs that it stood in.
    async fn pack(
        &self,
        place: Place<'_>,
        ids: &[ImageId],
        rows: &Rows,
        known: &[Known],
        has_others: bool,
    ) -> Result<(), Failure> {
        let stays = staying(known, has_others);
        let (kept, gone): (Vec<_>, Vec<_>) = known.iter().zip(stays).partition(|(_, stays)| *stays);
        let packed: HashSet<usize> = kept
            .iter()
            .flat_map(|(one, _)| one.rows.iter().copied())
            .collect();
        let loose: Vec<(ImageId, &[f32])> = ids
            .iter()
            .enumerate()
            .filter(|(row, _)| rows.is_read(*row) && !packed.contains(row))
            .map(|(row, id)| (*id, rows.row(row)))
            .collect();
        let number = |key: &FileKey| match key {
            FileKey::VectorPack { number, .. } => Some(*number),
            _ => None,
        };
        let next = kept
            .iter()
            .filter_map(|(one, _)| number(&one.key))
            .max()
            .map_or(0, |number| number.saturating_add(1));
        let mut written = HashSet::new();
        for (number, some) in (next..).zip(loose.chunks(pack::MAX_ROWS)) {
            let file = pack::write(place.dimensions, some.iter().copied());
            let key = FileKey::VectorPack {
                tenant: place.tenant.clone(),
                batch: place.batch,
                space: place.space,
                number,
                crc32: crc32fast::hash(&file),
            };
            self.files
                .write(&key, "application/octet-stream", Bytes::from(file))
                .await?;
            written.insert(key);
        }
        for (one, _) in gone {
            if !written.contains(&one.key) {
                self.files.delete(&one.key).await?;
            }
        }
        Ok(())
    }
}

/// Takes the rows of a pack that are wanted and were not read before. A pack that is not what its name says gives none.
fn take_pack(key: FileKey, bytes: Option<&[u8]>, ids: &[ImageId], rows: &mut Rows) -> Known {
    let is_named =
        |bytes: &&[u8]| matches!(&key, FileKey::VectorPack { crc32, .. } if *crc32 == crc32fast::hash(bytes));
    let file = bytes
        .filter(is_named)
        .and_then(|bytes| pack::parse(bytes, rows.dimensions));
    let mut taken = Vec::new();
    for (id, bytes) in file.iter().flat_map(pack::Pack::rows) {
        let row = ids.binary_search(&id).ok();
        if rows.take(row, bytes) {
            taken.extend(row);
        }
    }
    Known {
        is_whole: file.is_some_and(|file| file.len() == taken.len() && file.len() > 0),
        key,
        rows: taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn image(number: u128) -> ImageId {
        ImageId::from_uuid(Uuid::from_u128(number))
    }

    fn key(number: u32, file: &[u8]) -> FileKey {
        FileKey::VectorPack {
            tenant: TenantId::single(),
            batch: BatchId::from_uuid(Uuid::nil()),
            space: VectorSpace::new(1),
            number,
            crc32: crc32fast::hash(file),
        }
    }

    fn known(rows: usize, is_whole: bool) -> Known {
        Known {
            key: key(0, &[]),
            rows: (0..rows).collect(),
            is_whole,
        }
    }

    #[test]
    fn packs_give_what_is_wanted_once() {
        let vectors: [(ImageId, &[f32]); 3] = [
            (image(2), &[1.0, 0.0]),
            (image(9), &[0.5, 0.5]),
            (image(4), &[0.0, 1.0]),
        ];
        let file = pack::write(2, vectors.into_iter());
        let ids = [image(1), image(2), image(4)];
        let mut rows = Rows::new(3, 2);
        let first = take_pack(key(0, &file), Some(&file), &ids, &mut rows);
        assert_eq!(
            (first.rows, first.is_whole),
            (vec![1, 2], false),
            "9 left the batch"
        );
        let again = take_pack(key(1, &file), Some(&file), &ids, &mut rows);
        assert_eq!((again.rows, again.is_whole), (vec![], false));
        assert!(!rows.is_read(0) && rows.is_read(1) && rows.is_read(2));
        assert_eq!(
            rows.into_values(),
            [1.0, 0.0, 0.0, 1.0],
            "what was not read is left out"
        );
    }

    #[test]
    fn a_pack_that_is_not_what_its_name_says_gives_nothing() {
        let vectors: [(ImageId, &[f32]); 1] = [(image(1), &[1.0, 0.0])];
        let file = pack::write(2, vectors.into_iter());
        let mut rows = Rows::new(1, 2);
        for (key, bytes) in [
            (key(0, b"other"), Some(&file[..])),
            (key(0, &file[1..]), Some(&file[1..])),
            (key(0, &file), None),
        ] {
            let taken = take_pack(key, bytes, &[image(1)], &mut rows);
            assert!(taken.rows.is_empty() && !taken.is_whole);
        }
        let infinite = pack::write(2, [(image(1), &[f32::INFINITY, 0.0][..])].into_iter());
        let taken = take_pack(key(0, &infinite), Some(&infinite), &[image(1)], &mut rows);
        assert!(taken.rows.is_empty() && !taken.is_whole && !rows.is_read(0));
        assert!(take_pack(key(0, &file), Some(&file), &[image(1)], &mut rows).is_whole);
    }

    #[test]
    fn packs_are_written_anew_only_where_something_changed() {
        let (full, part) = (known(pack::MAX_ROWS, true), known(7, true));
        let broken = known(5, false);
        assert_eq!(staying(&[full.clone(), part.clone()], false), [true, true]);
        assert_eq!(staying(&[full.clone(), part.clone()], true), [true, false]);
        assert_eq!(staying(&[full, part, broken], false), [true, false, false]);
    }
}

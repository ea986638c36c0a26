//! Many vectors in one file.
//!
//! All numbers are little-endian: `DRVP`, the version (u32, 1), the dimensions (u32), the number of rows (u32); then the id of
//! each row (16 bytes, as a UUID is written); then the rows, each so many half-precision numbers.

use darkroom_domain::ImageId;
use darkroom_photograph::vector;
use uuid::Uuid;

/// The most rows of a pack.
pub(crate) const MAX_ROWS: usize = 4_096;

const MAGIC: [u8; 4] = *b"DRVP";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 16;
const ID_BYTES: usize = 16;

/// The most bytes of a pack of vectors of so many dimensions.
pub(crate) const fn max_bytes(dimensions: usize) -> usize {
    let row = dimensions
        .saturating_mul(vector::NUMBER_BYTES)
        .saturating_add(ID_BYTES);
    MAX_ROWS.saturating_mul(row).saturating_add(HEADER_BYTES)
}

/// The file of these rows; their vectors have `dimensions` numbers each.
pub(crate) fn write<'a>(
    dimensions: u32,
    rows: impl ExactSizeIterator<Item = (ImageId, &'a [f32])> + Clone,
) -> Vec<u8> {
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let mut file = Vec::new();
    file.extend(MAGIC);
    for number in [VERSION, dimensions, count] {
        file.extend(number.to_le_bytes());
    }
    for (id, _) in rows.clone() {
        file.extend(id.as_uuid().as_bytes());
    }
    for (_, row) in rows {
        file.extend(vector::encode(row));
    }
    file
}

/// A pack that was read: its ids and rows are of one number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pack<'a> {
    ids: &'a [[u8; ID_BYTES]],
    rows: &'a [u8],
    row_bytes: usize,
}

/// Reads a pack of vectors of so many dimensions; none if it is not exactly that.
pub(crate) fn parse(file: &[u8], dimensions: usize) -> Option<Pack<'_>> {
    let (header, rest) = file.split_at_checked(HEADER_BYTES)?;
    let (fields, _) = header.as_chunks::<4>();
    let [magic, version, width, count] = fields else {
        return None;
    };
    let number = |bytes: &[u8; 4]| usize::try_from(u32::from_le_bytes(*bytes)).ok();
    let count = number(count)?;
    let is_ours = *magic == MAGIC && u32::from_le_bytes(*version) == VERSION;
    if !is_ours || dimensions == 0 || number(width)? != dimensions || count > MAX_ROWS {
        return None;
    }
    let (ids, rows) = rest.split_at_checked(count.checked_mul(ID_BYTES)?)?;
    let row_bytes = dimensions.checked_mul(vector::NUMBER_BYTES)?;
    if rows.len() != count.checked_mul(row_bytes)? {
        return None;
    }
    let (ids, _) = ids.as_chunks::<ID_BYTES>();
    Some(Pack { ids, rows, row_bytes })
}

impl<'a> Pack<'a> {
    /// How many rows it has.
    pub(crate) const fn len(&self) -> usize {
        self.ids.len()
    }

    /// Its rows, as they stand in the file.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (ImageId, &'a [u8])> + use<'a> {
        let ids = self
            .ids
            .iter()
            .map(|id| ImageId::from_uuid(Uuid::from_bytes(*id)));
        ids.zip(self.rows.chunks_exact(self.row_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(number: u128) -> ImageId {
        ImageId::from_uuid(Uuid::from_u128(number))
    }

    fn file() -> Vec<u8> {
        let rows: [(ImageId, &[f32]); 2] = [(image(1), &[0.5, -1.0, 0.0]), (image(2), &[1.0, 0.25, 2.0])];
        write(3, rows.into_iter())
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let file = file();
        let pack = parse(&file, 3).unwrap();
        let rows: Vec<(ImageId, Vec<f32>)> = pack
            .rows()
            .map(|(id, row)| (id, vector::decode(row, 3).unwrap()))
            .collect();
        assert_eq!(
            rows,
            [(image(1), vec![0.5, -1.0, 0.0]), (image(2), vec![1.0, 0.25, 2.0])]
        );
        assert_eq!(file.len(), 16 + 2 * (16 + 6));
        assert!(file.len() <= max_bytes(3));
    }

    #[test]
    fn whatever_is_not_exactly_a_pack_is_none() {
        let good = file();
        for end in 0..good.len() {
            assert!(parse(&good[..end], 3).is_none(), "cut at {end}");
        }
        let mut longer = good.clone();
        longer.push(0);
        assert!(parse(&longer, 3).is_none());
        assert!(parse(&good, 2).is_none() && parse(&good, 0).is_none() && parse(&good, usize::MAX).is_none());
        // Magic, version, dimensions, and numbers of rows that would be large.
        for (at, value) in [(0, 0_u8), (4, 2), (8, 4), (12, 1), (12, 3), (13, 255), (15, 255)] {
            let mut changed = good.clone();
            changed[at] = value;
            assert!(parse(&changed, 3).is_none(), "{value} at {at}");
        }
    }
}

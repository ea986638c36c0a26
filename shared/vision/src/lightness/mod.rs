//! The 8-bit L channel of CIE Lab, on which all analyses of brightness work: black is 0, white 255.

mod column_sums;
mod tables;

use std::fmt;
use std::ops::Range;

use darkroom_domain::{Failure, ImageLimits};

pub(crate) use self::column_sums::column_sums;
use self::tables::{LIGHTNESS, Tables};
use crate::decode::{JpegColors, Rendition, decode_stored};
use crate::guard::guarded;
use crate::picture::{ColorModel, Picture, Raster, region};

/// Decodes a file to the L channel that `OpenCV` 4 computes of it: upright, alpha dropped, 8 bits.
///
/// # Errors
/// Those of [`decode()`](crate::decode()).
pub fn lightness(bytes: &[u8], limits: &ImageLimits) -> Result<Lightness, Failure> {
    guarded(|| {
        let (inspection, stored) = decode_stored(bytes, limits, JpegColors::Rgb, Rendition::Analysis)?;
        let stored = Lightness::of_raster(stored);
        // One channel is turned with a third of the work that three take.
        Ok(Lightness::of_raster_of_lightness(
            inspection.orientation.apply(stored.into_raster()),
        ))
    })
}

/// Rows of 8-bit L values without padding, at least one.
#[derive(Clone, PartialEq, Eq)]
pub struct Lightness {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Lightness {
    /// Rows of L values, from the top.
    ///
    /// # Errors
    /// `corrupt_image` if the data is not exactly `width * height` values, or there are none.
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Result<Self, Failure> {
        Raster::new(width, height, ColorModel::Luma, data).map(Self::of_raster_of_lightness)
    }

    /// Values of a row.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Number of rows.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// All values, row by row.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.data.chunks_exact(self.width as usize)
    }

    /// How many pixels have each value.
    #[must_use]
    pub fn histogram(&self) -> [u64; 256] {
        // Neighbours are mostly alike: counting them in separate tables, none has to wait for the one before it.
        let mut counts = [[0_u64; 256]; 4];
        let (quads, rest) = self.data.as_chunks::<4>();
        for quad in quads {
            for (table, value) in counts.iter_mut().zip(quad) {
                count(table, *value);
            }
        }
        let [mut sum, others @ ..] = counts;
        for value in rest {
            count(&mut sum, *value);
        }
        for table in others {
            for (total, count) in sum.iter_mut().zip(table) {
                *total += count;
            }
        }
        sum
    }

    /// A copy of a part.
    ///
    /// # Errors
    /// `validation_failed` if the part is empty or not within the picture.
    pub fn region(&self, columns: Range<u32>, rows: Range<u32>) -> Result<Self, Failure> {
        Ok(Self {
            width: columns.end.saturating_sub(columns.start),
            height: rows.end.saturating_sub(rows.start),
            data: region(&self.data, self.width, 1, columns, rows)?,
        })
    }

    /// The values as a grey picture, without a copy.
    #[must_use]
    pub fn into_raster(self) -> Raster {
        Raster::luma(self.width, self.height, self.data)
    }

    /// The values of a picture whose samples are L already.
    fn of_raster_of_lightness(raster: Raster) -> Self {
        Self {
            width: raster.width(),
            height: raster.height(),
            data: raster.into_data(),
        }
    }

    /// The L channel of a picture in any colour model, made in the picture's own memory.
    fn of_raster(raster: Raster) -> Self {
        let raster = match raster.color_model() {
            ColorModel::YCbCr => raster.into_rgb().into_raster(),
            ColorModel::Luma | ColorModel::Rgb => raster,
        };
        let (width, height, model) = (raster.width(), raster.height(), raster.color_model());
        let mut data = raster.into_data();
        match model {
            ColorModel::Luma => LIGHTNESS.replace_greys(&mut data),
            ColorModel::Rgb | ColorModel::YCbCr => replace_colors(&LIGHTNESS, &mut data),
        }
        Self { width, height, data }
    }

    /// A picture of the same size with other values.
    pub(crate) fn with_data(&self, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), self.data.len(), "one value a pixel");
        Self { data, ..*self }
    }

    /// The same values, each replaced by what a table has for it.
    pub(crate) fn mapped(&self, table: &[u8; 256]) -> Self {
        let data = self.data.iter().map(|value| look_up(table, *value)).collect();
        self.with_data(data)
    }
}

impl From<Picture> for Lightness {
    fn from(picture: Picture) -> Self {
        Self::of_raster(picture.into_raster())
    }
}

impl fmt::Debug for Lightness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lightness({}x{})", self.width, self.height)
    }
}

fn count(table: &mut [u64; 256], value: u8) {
    if let Some(count) = table.get_mut(usize::from(value)) {
        *count += 1;
    }
}

/// The entry of a table that has one for every byte.
pub(crate) fn look_up<T: Copy + Default>(table: &[T; 256], index: u8) -> T {
    table.get(usize::from(index)).copied().unwrap_or_default()
}

/// Replaces RGB pixels by their L values, and gives back the memory that is not needed any more.
fn replace_colors(tables: &Tables, data: &mut Vec<u8>) {
    /// Values that are held back at a time, because the first of them fall on pixels that have not been read yet.
    const BLOCK: usize = 2048;
    let mut block = [0; BLOCK];
    let pixels = data.len() / 3;
    for start in (0..pixels).step_by(BLOCK) {
        let length = BLOCK.min(pixels - start);
        let (Some(values), Some(colors)) =
            (block.get_mut(..length), data.get(3 * start..3 * (start + length)))
        else {
            return;
        };
        tables.convert(colors, values);
        if let Some(target) = data.get_mut(start..start + length) {
            target.copy_from_slice(values);
        }
    }
    data.truncate(pixels);
    data.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use darkroom_domain::Code;

    use super::*;

    fn of(colors: &[[u8; 3]]) -> Vec<u8> {
        let width = u32::try_from(colors.len()).unwrap();
        let picture = Picture::from_rgb(width, 1, colors.as_flattened().to_vec()).unwrap();
        Lightness::from(picture).data().to_vec()
    }

    #[test]
    fn known_colors() {
        let primaries = [
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [255, 255, 0],
            [0, 255, 255],
            [255, 0, 255],
        ];
        assert_eq!(of(&primaries), [136, 224, 82, 248, 233, 154]);
        assert_eq!(of(&[[0; 3], [255; 3]]), [0, 255]);
        assert_eq!(
            of(&[[10, 20, 30], [200, 100, 50], [50, 100, 200]]),
            [15, 137, 113]
        );
    }

    #[test]
    fn greys_of_one_channel_are_greys_of_three() {
        let known = [
            (1, 1),
            (5, 3),
            (16, 12),
            (32, 31),
            (64, 69),
            (96, 104),
            (128, 137),
            (160, 168),
            (192, 198),
            (224, 228),
            (254, 254),
        ];
        for (grey, expected) in known {
            assert_eq!(of(&[[grey; 3]]), [expected], "{grey}");
        }
        let greys: Vec<u8> = (0..=255).collect();
        let raster = Raster::new(256, 1, ColorModel::Luma, greys.clone()).unwrap();
        let colors: Vec<[u8; 3]> = greys.iter().map(|grey| [*grey; 3]).collect();
        assert_eq!(Lightness::of_raster(raster).data(), of(&colors));
    }

    #[test]
    fn pictures_larger_than_a_block_keep_their_order() {
        // The first values fall on pixels that have not been read yet.
        for pixels in [1, 2047, 2048, 2049, 10_000] {
            let colors: Vec<[u8; 3]> = (0..pixels)
                .map(|index: u32| {
                    let [_, a, b, c] = index.wrapping_mul(2_654_435_761).to_be_bytes();
                    [a, b, c]
                })
                .collect();
            let one_by_one: Vec<u8> = colors.iter().map(|color| LIGHTNESS.lightness(*color)).collect();
            assert_eq!(of(&colors), one_by_one);
        }
    }

    #[test]
    fn the_histogram_counts_every_pixel() {
        let data: Vec<u8> = (0..1003_u32)
            .map(|index| u8::try_from(index % 7).unwrap())
            .collect();
        let histogram = Lightness::new(1003, 1, data).unwrap().histogram();
        assert_eq!(histogram[..8], [144, 144, 143, 143, 143, 143, 143, 0]);
        assert_eq!(histogram.iter().sum::<u64>(), 1003);
    }

    #[test]
    fn regions_are_cut_or_refused() {
        let picture = Lightness::new(3, 3, (0..9).collect()).unwrap();
        let part = picture.region(1..3, 0..2).unwrap();
        assert_eq!(
            (part.width(), part.height(), part.data()),
            (2, 2, &[1, 2, 4, 5][..])
        );
        assert_eq!(picture.region(0..3, 0..3).unwrap(), picture);
        let refused = [
            (0..0, 0..3),
            (0..3, 2..2),
            (0..4, 0..3),
            (0..3, 0..4),
            (3..4, 0..1),
            (0..u32::MAX, 0..1),
            (0..1, 0..u32::MAX),
        ];
        for (columns, rows) in refused {
            let failure = picture.region(columns.clone(), rows.clone()).unwrap_err();
            assert_eq!(failure.code, Code::ValidationFailed, "{columns:?} {rows:?}");
        }
    }
}

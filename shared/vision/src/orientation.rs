//! The eight EXIF orientations: how stored pixels must be turned and mirrored to stand upright.

use crate::picture::Raster;

/// How the stored pixels lie, by the value of the EXIF tag 274 (TIFF 6.0, "Orientation").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: as they should be seen.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    MirroredHorizontally,
    /// 3: turned by 180 degrees.
    HalfTurn,
    /// 4: mirrored top to bottom.
    MirroredVertically,
    /// 5: mirrored at the diagonal from the top left.
    Transposed,
    /// 6: to be turned clockwise by 90 degrees.
    QuarterTurn,
    /// 7: mirrored at the diagonal from the top right.
    Transversed,
    /// 8: to be turned counter-clockwise by 90 degrees.
    ThreeQuarterTurn,
}

impl Orientation {
    /// All eight, in the order of their EXIF values.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::MirroredHorizontally,
        Self::HalfTurn,
        Self::MirroredVertically,
        Self::Transposed,
        Self::QuarterTurn,
        Self::Transversed,
        Self::ThreeQuarterTurn,
    ];

    /// The orientation for an EXIF value; none outside 1 to 8.
    #[must_use]
    pub fn from_exif(value: u16) -> Option<Self> {
        usize::from(value)
            .checked_sub(1)
            .and_then(|index| Self::ALL.get(index))
            .copied()
    }

    /// The EXIF value, 1 to 8.
    #[must_use]
    pub const fn exif(self) -> u8 {
        match self {
            Self::Upright => 1,
            Self::MirroredHorizontally => 2,
            Self::HalfTurn => 3,
            Self::MirroredVertically => 4,
            Self::Transposed => 5,
            Self::QuarterTurn => 6,
            Self::Transversed => 7,
            Self::ThreeQuarterTurn => 8,
        }
    }

    /// Whether the upright picture is as wide as the stored one is high.
    #[must_use]
    pub const fn swaps_sides(self) -> bool {
        matches!(
            self,
            Self::Transposed | Self::QuarterTurn | Self::Transversed | Self::ThreeQuarterTurn
        )
    }

    /// Where a pixel of the upright picture is in a stored one of the given sides, within which it must be.
    pub(crate) const fn stored_position(self, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
        let (last_x, last_y) = (width.saturating_sub(1), height.saturating_sub(1));
        match self {
            Self::Upright => (x, y),
            Self::MirroredHorizontally => (last_x.saturating_sub(x), y),
            Self::HalfTurn => (last_x.saturating_sub(x), last_y.saturating_sub(y)),
            Self::MirroredVertically => (x, last_y.saturating_sub(y)),
            Self::Transposed => (y, x),
            Self::QuarterTurn => (y, last_y.saturating_sub(x)),
            Self::Transversed => (last_x.saturating_sub(y), last_y.saturating_sub(x)),
            Self::ThreeQuarterTurn => (last_x.saturating_sub(y), x),
        }
    }

    /// Whether the left border, and whether the top border of the upright picture is where a stored row or column ends.
    pub(crate) const fn begins_at_ends(self) -> (bool, bool) {
        match self {
            Self::Upright | Self::Transposed => (false, false),
            Self::MirroredHorizontally | Self::QuarterTurn => (true, false),
            Self::HalfTurn | Self::Transversed => (true, true),
            Self::MirroredVertically | Self::ThreeQuarterTurn => (false, true),
        }
    }

    /// Turns stored pixels upright.
    #[must_use]
    pub fn apply(self, stored: Raster) -> Raster {
        let raster = if self.swaps_sides() {
            transposed(stored)
        } else {
            stored
        };
        match self {
            Self::Upright | Self::Transposed => raster,
            Self::MirroredHorizontally | Self::QuarterTurn => mirrored_horizontally(raster),
            Self::HalfTurn | Self::Transversed => half_turned(raster),
            Self::MirroredVertically | Self::ThreeQuarterTurn => mirrored_vertically(raster),
        }
    }
}

fn transposed(raster: Raster) -> Raster {
    let (width, height, model) = (raster.width(), raster.height(), raster.color_model());
    let data = match model.channels() {
        1 => transpose_pixels::<1>(raster.data(), width),
        _ => transpose_pixels::<3>(raster.data(), width),
    };
    raster.replaced(height, width, data)
}

fn transpose_pixels<const CHANNELS: usize>(data: &[u8], width: u32) -> Vec<u8> {
    /// Columns read side by side: the cache lines of a strip of rows are used as a whole before they are given up.
    const STRIP: usize = 16;
    let (pixels, _) = data.as_chunks::<CHANNELS>();
    let width = width as usize;
    let height = pixels.len().checked_div(width).unwrap_or(0);
    let mut out = vec![[0; CHANNELS]; pixels.len()];
    for (strip_index, strip) in out.chunks_mut((height * STRIP).max(1)).enumerate() {
        let left = strip_index * STRIP;
        for (y, row) in pixels.chunks_exact(width.max(1)).enumerate() {
            for (column, pixel) in row.iter().skip(left).take(STRIP).enumerate() {
                if let Some(target) = strip.get_mut(column * height + y) {
                    *target = *pixel;
                }
            }
        }
    }
    out.into_flattened()
}

fn mirrored_horizontally(mut raster: Raster) -> Raster {
    let row_bytes = raster.row_bytes();
    let channels = raster.color_model().channels();
    for row in raster.data_mut().chunks_exact_mut(row_bytes.max(1)) {
        reverse_pixels(row, channels);
    }
    raster
}

fn half_turned(mut raster: Raster) -> Raster {
    let channels = raster.color_model().channels();
    reverse_pixels(raster.data_mut(), channels);
    raster
}

fn mirrored_vertically(mut raster: Raster) -> Raster {
    let row_bytes = raster.row_bytes().max(1);
    let half = raster.height() as usize / 2 * row_bytes;
    let data = raster.data_mut();
    let (top, bottom) = data.split_at_mut(half);
    for (upper, lower) in top
        .chunks_exact_mut(row_bytes)
        .zip(bottom.rchunks_exact_mut(row_bytes))
    {
        upper.swap_with_slice(lower);
    }
    raster
}

fn reverse_pixels(data: &mut [u8], channels: usize) {
    if channels == 1 {
        data.reverse();
    } else {
        data.as_chunks_mut::<3>().0.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::ColorModel;

    /// What a 3x2 picture of the letters `abc` / `def` looks like upright, for each EXIF value.
    const EXPECTED: [&[&str]; 8] = [
        &["abc", "def"],
        &["cba", "fed"],
        &["fed", "cba"],
        &["def", "abc"],
        &["ad", "be", "cf"],
        &["da", "eb", "fc"],
        &["fc", "eb", "da"],
        &["cf", "be", "ad"],
    ];

    #[test]
    fn every_orientation_of_three_by_two_letters() {
        for (orientation, rows) in Orientation::ALL.into_iter().zip(EXPECTED) {
            let stored = Raster::new(3, 2, ColorModel::Luma, b"abcdef".to_vec()).unwrap();
            let upright = orientation.apply(stored);
            assert_eq!(upright.data(), rows.concat().as_bytes(), "{orientation:?}");
            assert_eq!(upright.width() as usize, rows[0].len());
            assert_eq!(upright.height() as usize, rows.len());
        }
    }

    #[test]
    fn colour_pixels_stay_whole() {
        // Wider and higher than a strip of the transposition, and odd.
        let (width, height) = (37_u8, 21_u8);
        let pixel = |x: u8, y: u8| [x, y, x ^ y];
        let stored: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)))
            .collect();
        let raster = Raster::new(u32::from(width), u32::from(height), ColorModel::Rgb, stored).unwrap();
        let turned = Orientation::QuarterTurn.apply(raster);
        let expected: Vec<u8> = (0..width)
            .flat_map(|y| (0..height).flat_map(move |x| pixel(y, height - 1 - x)))
            .collect();
        assert_eq!(turned.data(), expected);
    }

    #[test]
    fn positions_are_where_pixels_come_from() {
        let letters = b"abcdef";
        for (orientation, rows) in Orientation::ALL.into_iter().zip(EXPECTED) {
            for (y, row) in (0..).zip(rows) {
                for (x, letter) in (0..).zip(row.bytes()) {
                    let (column, line) = orientation.stored_position(x, y, 3, 2);
                    assert_eq!(letters[(line * 3 + column) as usize], letter, "{orientation:?}");
                }
            }
            let (column, line) = orientation.stored_position(0, 0, 3, 2);
            let (mut ends, at) = (orientation.begins_at_ends(), (column == 2, line == 1));
            if orientation.swaps_sides() {
                ends = (ends.1, ends.0);
            }
            assert_eq!(ends, at, "{orientation:?}");
        }
    }

    #[test]
    fn exif_values_outside_the_table_are_none() {
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
        assert_eq!(Orientation::from_exif(u16::MAX), None);
        for orientation in Orientation::ALL {
            assert_eq!(
                Orientation::from_exif(u16::from(orientation.exif())),
                Some(orientation)
            );
        }
    }
}

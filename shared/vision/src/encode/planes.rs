//! Luma at full and chroma at half resolution, padded to whole units of the scan.

use crate::picture::{ColorModel, Raster, ycbcr_from_rgb};

/// Samples of one component. Beyond the picture's edges the last samples are repeated.
pub(super) struct Plane {
    data: Vec<u8>,
    stride: usize,
}

impl Plane {
    fn with_capacity(stride: usize, rows: usize) -> Self {
        Self {
            data: Vec::with_capacity(stride * rows),
            stride,
        }
    }

    /// Ends a row to which samples have been pushed, by repeating its last one.
    fn pad_row(&mut self) {
        if let Some(last) = self.data.last().copied() {
            let length = self.data.len().next_multiple_of(self.stride);
            self.data.resize(length, last);
        }
    }

    /// Repeats the last row up to the given number of rows.
    fn pad_rows(&mut self, rows: usize) {
        let length = self.stride * rows;
        while let Some(start) = self.data.len().checked_sub(self.stride)
            && self.data.len() < length
        {
            self.data.extend_from_within(start..);
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.data.len()
    }

    pub(super) const fn block_columns(&self) -> usize {
        self.stride / 8
    }

    pub(super) const fn block_rows(&self) -> usize {
        self.data.len() / self.stride / 8
    }

    /// The samples of a block, less the middle of their range.
    pub(super) fn block(&self, column: usize, row: usize) -> [[f32; 8]; 8] {
        let start = row * 8 * self.stride + column * 8;
        let mut block = [[0.0; 8]; 8];
        let rows = self.data.get(start..).unwrap_or_default().chunks(self.stride);
        for (out, samples) in block.iter_mut().zip(rows) {
            if let Some(samples) = samples.first_chunk::<8>() {
                *out = samples.map(|sample| f32::from(sample) - 128.0);
            }
        }
        block
    }
}

/// The three components; no chroma for grey, where it is zero throughout.
pub(super) struct Planes {
    pub(super) luma: Plane,
    pub(super) blue: Option<Plane>,
    pub(super) red: Option<Plane>,
    /// Blocks of luma with pixels of the picture in them: in a row, and rows.
    blocks: (usize, usize),
}

impl Planes {
    /// Whether a block of luma holds any pixel of the picture.
    pub(super) const fn is_within(&self, column: usize, row: usize) -> bool {
        column < self.blocks.0 && row < self.blocks.1
    }

    pub(super) fn of(raster: &Raster) -> Self {
        let width = raster.width() as usize;
        let columns = width.next_multiple_of(16);
        let rows = (raster.height() as usize).next_multiple_of(16);
        let blocks = (width.div_ceil(8), (raster.height() as usize).div_ceil(8));
        let mut luma = Plane::with_capacity(columns, rows);
        if raster.color_model() == ColorModel::Luma {
            for row in raster.data().chunks_exact(width) {
                luma.data.extend_from_slice(row);
                luma.pad_row();
            }
            luma.pad_rows(rows);
            return Self {
                luma,
                blue: None,
                red: None,
                blocks,
            };
        }

        let mut blue = Plane::with_capacity(columns / 2, rows / 2);
        let mut red = Plane::with_capacity(columns / 2, rows / 2);
        let (pixels, _) = raster.data().as_chunks::<3>();
        let mut converted = Vec::new();
        for pair in pixels.chunks(2 * width) {
            let pair = if raster.color_model() == ColorModel::Rgb {
                converted.clear();
                converted.extend(pair.iter().copied().map(ycbcr_from_rgb));
                converted.as_slice()
            } else {
                pair
            };
            // The last row of an odd number stands for two.
            let (upper, lower) = pair.split_at(width);
            for row in [upper, lower] {
                if !row.is_empty() {
                    luma.data.extend(row.iter().map(|[luma, _, _]| luma));
                    luma.pad_row();
                }
            }
            halve(
                upper,
                if lower.is_empty() { upper } else { lower },
                &mut blue,
                &mut red,
            );
        }
        luma.pad_rows(rows);
        blue.pad_rows(rows / 2);
        red.pad_rows(rows / 2);
        Self {
            luma,
            blue: Some(blue),
            red: Some(red),
            blocks,
        }
    }
}

/// Means of two by two chroma samples. What is lost by rounding alternates from column to column, so that it does not add
/// up to a tint.
fn halve(upper: &[[u8; 3]], lower: &[[u8; 3]], blue: &mut Plane, red: &mut Plane) {
    let mean = |four: [u8; 4], bias: u16| {
        let sum: u16 = four.into_iter().map(u16::from).sum();
        u8::try_from((sum + bias) / 4).unwrap_or(u8::MAX)
    };
    let means = |[[_, b0, r0], [_, b1, r1], [_, b2, r2], [_, b3, r3]]: [[u8; 3]; 4], bias: u16| {
        (mean([b0, b1, b2, b3], bias), mean([r0, r1, r2, r3], bias))
    };
    // Four columns by two rows at a time: two samples of each plane, the second one with the other bias.
    let (upper_fours, upper_rest) = upper.as_chunks::<4>();
    let (lower_fours, lower_rest) = lower.as_chunks::<4>();
    for ([a, b, c, d], [e, f, g, h]) in upper_fours.iter().zip(lower_fours) {
        let (first_blue, first_red) = means([*a, *b, *e, *f], 1);
        let (second_blue, second_red) = means([*c, *d, *g, *h], 2);
        blue.data.extend_from_slice(&[first_blue, second_blue]);
        red.data.extend_from_slice(&[first_red, second_red]);
    }
    // An odd column stands for two.
    for ((above, below), bias) in upper_rest.chunks(2).zip(lower_rest.chunks(2)).zip([1, 2]) {
        let ([first, ..], [third, ..]) = (above, below) else {
            continue;
        };
        let (second, fourth) = (above.last().unwrap_or(first), below.last().unwrap_or(third));
        let (blue_mean, red_mean) = means([*first, *second, *third, *fourth], bias);
        blue.data.push(blue_mean);
        red.data.push(red_mean);
    }
    blue.pad_row();
    red.pad_row();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chroma_is_the_mean_of_four_and_edges_repeat() {
        let pixels = [
            [10, 100, 0],
            [20, 104, 0],
            [30, 50, 255],
            [40, 100, 0],
            [50, 104, 0],
            [60, 60, 255],
        ];
        let raster = Raster::new(3, 2, ColorModel::YCbCr, pixels.concat()).unwrap();
        let planes = Planes::of(&raster);
        assert_eq!(planes.luma.data[..4], [10, 20, 30, 30]);
        assert_eq!(planes.luma.data[16..20], [40, 50, 60, 60]);
        assert_eq!(planes.luma.data[15 * 16], 40);
        let blue = planes.blue.unwrap();
        assert_eq!((blue.stride, blue.data.len()), (8, 64));
        assert_eq!(blue.data[..3], [102, 55, 55]);
        assert_eq!(planes.red.unwrap().data[56..59], [0, 255, 255]);
    }
}

//! One unit of a scan as samples, to be drawn on.

use std::ops::Range;

use super::coded::{Coded, Coefficients};
use super::inverse::inverse_to;
use super::layout::Layout;
use crate::encode::cosine::Quantizer;

/// A unit that is drawn on.
#[derive(Debug)]
pub(super) struct Tile {
    coefficients: Vec<Coefficients>,
    /// Luma, blue and red chroma of each pixel, as stored. Chroma is repeated where it is coarser than luma, so that its
    /// mean is what it was where nothing is drawn.
    samples: Vec<[u8; 3]>,
    /// Samples in a row.
    width: usize,
    /// How many of them are within the picture: from the left, and rows from the top.
    seen: (usize, usize),
    /// For each luma block of the scan, whether it is drawn on.
    drawn: [bool; 4],
}

impl Tile {
    /// Decodes a unit.
    pub(super) fn read(coded: &Coded, unit: usize) -> Option<Self> {
        let layout = &coded.layout;
        let coefficients = coded.unit(unit)?;
        let (width, height) = (layout.unit_width(), layout.unit_height());
        let mut planes = [[0_u8; 256]; 3];
        let inverse = inverse_to(8, 8)?;
        let mut blocks = coefficients.iter();
        for (component, plane) in layout.components.iter().zip(&mut planes) {
            let dequantizer = coded.dequantizer(component)?;
            let stride = component.horizontal * 8;
            for y in 0..component.vertical {
                for x in 0..component.horizontal {
                    let start = y * 8 * stride + x * 8;
                    inverse(
                        &dequantizer.block(blocks.next()?),
                        plane.get_mut(start..)?,
                        stride,
                    );
                }
            }
        }
        let [luma, blue, red] = &planes;
        let [sampling, ..] = &layout.components;
        let mut samples = Vec::with_capacity(width * height);
        for (y, row) in luma.chunks_exact(width).take(height).enumerate() {
            for (x, luma) in row.iter().enumerate() {
                let chroma = y / sampling.vertical * 8 + x / sampling.horizontal;
                samples.push([*luma, *blue.get(chroma)?, *red.get(chroma)?]);
            }
        }
        let (row, column) = (unit / layout.unit_columns(), unit % layout.unit_columns());
        Some(Self {
            coefficients,
            samples,
            width,
            seen: (
                usize::from(layout.width)
                    .saturating_sub(column * width)
                    .min(width),
                usize::from(layout.height)
                    .saturating_sub(row * height)
                    .min(height),
            ),
            drawn: [false; 4],
        })
    }

    /// Paints the samples of a rectangle.
    pub(super) fn paint(
        &mut self,
        columns: &Range<usize>,
        rows: &Range<usize>,
        mut paint: impl FnMut(&mut [u8; 3]),
    ) {
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let lines = self.samples.chunks_exact_mut(self.width);
        for line in lines.take(rows.end).skip(rows.start) {
            for sample in line.get_mut(columns.clone()).unwrap_or_default() {
                paint(sample);
            }
        }
        let per_row = self.width / 8;
        for row in rows.start / 8..rows.end.div_ceil(8) {
            for column in columns.start / 8..columns.end.div_ceil(8) {
                if let Some(drawn) = self.drawn.get_mut(row * per_row + column) {
                    *drawn = true;
                }
            }
        }
    }

    /// The unit as it is written: luma blocks that nothing is drawn on are those of the file.
    pub(super) fn into_coefficients(
        mut self,
        layout: &Layout,
        quantizers: [&Quantizer; 3],
    ) -> Vec<Coefficients> {
        self.extend();
        let [luma, ..] = &layout.components;
        let [luma_quantizer, chroma_quantizers @ ..] = quantizers;
        let luma_blocks = luma.horizontal * luma.vertical;
        let (luma_coefficients, chroma_coefficients) = self
            .coefficients
            .split_at_mut_checked(luma_blocks)
            .unwrap_or_default();
        for (index, block) in luma_coefficients.iter_mut().enumerate() {
            if self.drawn.get(index) == Some(&true) {
                let (x, y) = (index % luma.horizontal * 8, index / luma.horizontal * 8);
                let samples = means(&self.samples, self.width, (x, y), (1, 1), |[luma, ..]| luma);
                *block = coefficients(luma_quantizer, samples);
            }
        }
        let [blue, red] = [|[_, blue, _]: [u8; 3]| blue, |[_, _, red]: [u8; 3]| red];
        let cell = (luma.horizontal, luma.vertical);
        for ((block, quantizer), channel) in chroma_coefficients
            .iter_mut()
            .zip(chroma_quantizers)
            .zip([blue as fn([u8; 3]) -> u8, red])
        {
            let samples = means(&self.samples, self.width, (0, 0), cell, channel);
            *block = coefficients(quantizer, samples);
        }
        self.coefficients
    }

    /// Repeats the last column and row of the picture beyond its borders: otherwise what is not seen would show through.
    fn extend(&mut self) {
        let (columns, rows) = self.seen;
        for line in self.samples.chunks_exact_mut(self.width).take(rows) {
            if let Some((seen, beyond)) = line.split_at_mut_checked(columns)
                && let Some(last) = seen.last()
            {
                beyond.fill(*last);
            }
        }
        let end = rows * self.width;
        if let Some((seen, beyond)) = self.samples.split_at_mut_checked(end)
            && let Some(last) = seen.rchunks_exact(self.width).next()
        {
            for line in beyond.chunks_exact_mut(self.width) {
                line.copy_from_slice(last);
            }
        }
    }
}

/// The means of cells of eight by eight, less the middle of their range.
fn means(
    samples: &[[u8; 3]],
    stride: usize,
    (left, top): (usize, usize),
    (width, height): (usize, usize),
    channel: impl Fn([u8; 3]) -> u8,
) -> [[f32; 8]; 8] {
    let mut sums = [[0_u16; 8]; 8];
    let lines = samples.chunks_exact(stride).skip(top).take(8 * height);
    for (lines, sums) in lines.collect::<Vec<_>>().chunks(height.max(1)).zip(&mut sums) {
        for line in lines {
            let line = line.get(left..).unwrap_or_default();
            for (cell, sum) in line.chunks(width.max(1)).zip(sums.iter_mut()) {
                *sum += cell.iter().map(|sample| u16::from(channel(*sample))).sum::<u16>();
            }
        }
    }
    let share = match width * height {
        4 => 0.25,
        2 => 0.5,
        _ => 1.0,
    };
    sums.map(|row| row.map(|sum| f32::from(sum) * share - 128.0))
}

/// Coefficients as large as a baseline file can say them. Those of samples of 8 bits are hardly ever larger, by rounding.
fn coefficients(quantizer: &Quantizer, samples: [[f32; 8]; 8]) -> Coefficients {
    quantizer
        .coefficients(samples)
        .map(|value| value.clamp(-1023, 1023))
}

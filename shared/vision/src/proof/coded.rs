//! A JPEG of which the scan stays as it is: read once from end to end, and then where it is wanted.

use crate::picture::{ColorModel, Raster};

use super::bits::{BitReader, ScanBits};
use super::inverse::{Block, Dequantizer, Inverse, inverse_to};
use super::layout::{Component, Layout};
use super::tile::Tile;
use super::words::Words;

/// Means that pictures of 8 bits have, whatever their divisor is: their differences then take at most 11 bits.
const MEANS: std::ops::RangeInclusive<i16> = -1024..=1023;

/// Quantised coefficients in zigzag order.
pub(super) type Coefficients = [i16; 64];

/// A JPEG in one scan.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) layout: Layout,
    pub(super) bits: ScanBits,
    means: [Option<Words>; 4],
    others: [Option<Words>; 4],
    dequantizers: [Option<Dequantizer>; 4],
    /// For each unit of the scan, where it begins.
    pub(super) units: Vec<Start>,
    /// Where the last unit of each segment ends, in bits.
    pub(super) segment_ends: Vec<u32>,
}

/// Where a unit begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// Its first bit.
    pub(super) bit: u32,
    /// The last means before it, of each component.
    pub(super) means: [i16; 3],
    /// Bits of its longest code, at least [`SHORT`](super::words::SHORT).
    pub(super) longest: u8,
}

impl Coded {
    /// Reads a file and, if `scale` is more than 1, makes the stored picture at the smaller scale on the way.
    ///
    /// None for every file that is not of the usual kind, or is damaged: other decoders say what is wrong with it. None also
    /// where drawing on all of it could take more bytes of memory than the budget.
    pub(super) fn read(file: &[u8], scale: u32, budget: u64) -> Option<(Self, Option<Raster>)> {
        let (layout, scan) = Layout::read(file)?;
        if memory(&layout) > budget {
            return None;
        }
        let bits = ScanBits::read(scan)?;
        u32::try_from(bits.length()).ok()?;
        if bits.segments() != layout.units().div_ceil(layout.units_of_segment()) {
            return None;
        }
        let words = |tables: &[Option<_>; 4]| tables.each_ref().map(|table| table.as_ref().map(Words::new));
        let mut coded = Self {
            means: words(&layout.means),
            others: words(&layout.others),
            dequantizers: layout
                .divisors
                .each_ref()
                .map(|table| table.as_ref().map(Dequantizer::new)),
            units: Vec::with_capacity(layout.units()),
            segment_ends: Vec::with_capacity(bits.segments()),
            layout,
            bits,
        };
        let mut bands = Bands::new(&coded.layout, scale)?;
        coded.read_units(&mut bands)?;
        let reduced = bands.into_raster(&coded.layout)?;
        Some((coded, reduced))
    }

    fn read_units(&mut self, bands: &mut Bands) -> Option<()> {
        let components = self.layout.components.each_ref();
        let [luma, blue, red] = components.map(|component| self.reading(component));
        let components = [luma?, blue?, red?];
        let length = self.layout.units_of_segment();
        let (mut units, mut segment_ends) = (Vec::with_capacity(self.layout.units()), Vec::new());
        let mut reader = self.bits.reader(0);
        let mut means = [0; 3];
        for _ in 0..self.layout.unit_rows() {
            for column in 0..self.layout.unit_columns() {
                if units.len() % length == 0 && !units.is_empty() {
                    reader = self.bits.reader(self.segment_end(&reader, &mut segment_ends)?);
                    means = [0; 3];
                }
                let mut start = Start {
                    bit: u32::try_from(reader.position()).ok()?,
                    means,
                    longest: 0,
                };
                for ((component, mean), band) in components.iter().zip(&mut means).zip(&mut bands.bands) {
                    component.read_unit(&mut reader, mean, band, column)?;
                }
                start.longest = reader.take_longest();
                units.push(start);
            }
            // Past the end come zeros: what they say is not worth going on.
            if reader.position() > self.bits.length() {
                return None;
            }
            bands.finish_row();
        }
        self.segment_end(&reader, &mut segment_ends)?;
        self.units = units;
        self.segment_ends = segment_ends;
        Some(())
    }

    /// Notes where the last unit of a segment ends, and answers where the next segment begins. None if more or less than a
    /// byte's padding is between.
    fn segment_end(&self, reader: &BitReader<'_>, ends: &mut Vec<u32>) -> Option<usize> {
        let end = self.bits.end(ends.len())?;
        let padding = end.checked_sub(reader.position())?;
        ends.push(u32::try_from(reader.position()).ok()?);
        (padding < 8).then_some(end)
    }

    fn reading(&self, component: &Component) -> Option<Reading<'_>> {
        Some(Reading {
            horizontal: component.horizontal,
            vertical: component.vertical,
            means: self.means.get(component.means)?.as_ref()?,
            others: self.others.get(component.others)?.as_ref()?,
            dequantizer: self.dequantizers.get(component.divisors)?.as_ref()?,
        })
    }

    pub(super) fn dequantizer(&self, component: &Component) -> Option<&Dequantizer> {
        self.dequantizers.get(component.divisors)?.as_ref()
    }

    /// The blocks of a unit, in the order of the scan.
    pub(super) fn unit(&self, index: usize) -> Option<Vec<Coefficients>> {
        let start = self.units.get(index)?;
        let mut reader = self.bits.reader(start.bit as usize);
        let mut blocks = Vec::with_capacity(self.layout.blocks());
        for (component, mean) in self.layout.components.iter().zip(start.means) {
            let component = self.reading(component)?;
            let mut mean = mean;
            for _ in 0..component.horizontal * component.vertical {
                let mut block = [0; 64];
                let difference = reader.block(component.means, component.others, |index, value| {
                    if let Some(place) = block.get_mut(index) {
                        *place = value;
                    }
                })?;
                mean = difference.wrapping_add(mean);
                let [first, ..] = &mut block;
                *first = mean;
                blocks.push(block);
            }
        }
        Some(blocks)
    }
}

/// Bytes that it takes to draw on every unit: coefficients, samples, and where they are.
fn memory(layout: &Layout) -> u64 {
    let unit = layout.blocks() * size_of::<Coefficients>() + layout.unit_width() * layout.unit_height() * 3;
    let places = size_of::<Tile>() + size_of::<Start>();
    (layout.units() as u64).saturating_mul((unit + places) as u64)
}

/// What reading the blocks of a component takes.
struct Reading<'coded> {
    horizontal: usize,
    vertical: usize,
    means: &'coded Words,
    others: &'coded Words,
    dequantizer: &'coded Dequantizer,
}

impl Reading<'_> {
    /// Reads the blocks of a unit, and draws them small into the component's band.
    #[inline]
    fn read_unit(
        &self,
        reader: &mut BitReader<'_>,
        mean: &mut i16,
        band: &mut Option<Band>,
        column: usize,
    ) -> Option<()> {
        for y in 0..self.vertical {
            for x in 0..self.horizontal {
                let mut block: Block = [[0.0; 8]; 8];
                let difference = match band {
                    Some(band) if band.columns * band.rows > 1 => {
                        reader.block(self.means, self.others, |index, value| {
                            self.dequantizer.place(&mut block, index, value);
                        })?
                    }
                    _ => reader.block(self.means, self.others, |_, _| {})?,
                };
                *mean = mean.checked_add(difference).filter(|mean| MEANS.contains(mean))?;
                if let Some(band) = band {
                    self.dequantizer.place(&mut block, 0, *mean);
                    band.draw(&block, column * self.horizontal + x, y)?;
                }
            }
        }
        Some(())
    }
}

/// One component of a row of units at the smaller scale.
struct Band {
    samples: Vec<u8>,
    stride: usize,
    /// Samples in a row of a block.
    columns: usize,
    /// Rows of samples of a block.
    rows: usize,
    inverse: Inverse,
}

impl Band {
    fn draw(&mut self, block: &Block, x: usize, y: usize) -> Option<()> {
        let start = y * self.rows * self.stride + x * self.columns;
        (self.inverse)(block, self.samples.get_mut(start..)?, self.stride);
        Some(())
    }
}

/// The picture at the smaller scale, as far as it is made, and the row of units that is being read.
///
/// Luma blocks become squares; those of chroma as many samples as the luma of their unit has, so that chroma is never
/// enlarged: at half the scale, the chroma of 4:2:0 is used in full.
struct Bands {
    bands: [Option<Band>; 3],
    scale: u32,
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Bands {
    fn new(layout: &Layout, scale: u32) -> Option<Self> {
        let mut bands = [None, None, None];
        let width = usize::from(layout.width).div_ceil(scale.max(1) as usize);
        let height = usize::from(layout.height).div_ceil(scale.max(1) as usize);
        let mut pixels = Vec::new();
        if scale > 1 {
            let side = 8 / scale as usize;
            for ((band, component), luma) in bands
                .iter_mut()
                .zip(&layout.components)
                .zip([layout.components.first()?; 3])
            {
                let columns = side * luma.horizontal / component.horizontal;
                let rows = side * luma.vertical / component.vertical;
                let stride = layout.unit_columns() * luma.horizontal * side;
                *band = Some(Band {
                    samples: vec![0; stride * luma.vertical * side],
                    stride,
                    columns,
                    rows,
                    inverse: inverse_to(columns, rows)?,
                });
            }
            pixels.reserve_exact(width * height);
        }
        Some(Self {
            bands,
            scale,
            width,
            pixels,
        })
    }

    /// Adds a row of units to the picture.
    fn finish_row(&mut self) {
        let [Some(luma), Some(blue), Some(red)] = &self.bands else {
            return;
        };
        let rows = luma
            .samples
            .chunks_exact(luma.stride)
            .zip(blue.samples.chunks_exact(blue.stride))
            .zip(red.samples.chunks_exact(red.stride));
        for ((luma, blue), red) in rows {
            let row = luma.iter().zip(blue).zip(red).take(self.width);
            self.pixels
                .extend(row.map(|((luma, blue), red)| [*luma, *blue, *red]));
        }
    }

    /// The picture without what the last units have below it.
    fn into_raster(mut self, layout: &Layout) -> Option<Option<Raster>> {
        if self.scale <= 1 {
            return Some(None);
        }
        let height = u32::from(layout.height).div_ceil(self.scale);
        let width = u32::from(layout.width).div_ceil(self.scale);
        self.pixels.truncate(self.width * height as usize);
        let data = self.pixels.into_flattened();
        Raster::new(width, height, ColorModel::YCbCr, data).ok().map(Some)
    }
}

//! The file again, with some units of its scan replaced.
//!
//! All other units are copied as bits. Only the one that comes after a replaced one is said anew, since the means of blocks
//! are said as differences from the last ones. Where the file's Huffman tables lack a code for what is drawn, as tables
//! made for one picture do, codes are added; units with codes that had to move for that are said anew as well.

use super::bits::BitReader;
use super::coded::{Coded, Coefficients};
use super::codes::{Codes, MissingSymbols};
use super::layout::Layout;
use super::profile::Profile;
use super::sheet::DrawnUnits;
use crate::encode::bits::BitWriter;
use crate::encode::huffman::{Part, words};
use crate::encode::writer;
use crate::orientation::Orientation;

/// How often codes are added: units that are said anew for the sake of the first may need others again.
const ROUNDS: usize = 4;

/// Writes the file with the units that are drawn on; none where its scan cannot be said with codes of its kind.
pub(super) fn rewritten(
    coded: &Coded,
    drawn: &DrawnUnits,
    orientation: Orientation,
    profile: &Profile,
) -> Option<Vec<u8>> {
    let layout = &coded.layout;
    let mut codes = Codes::of(layout);
    // What is drawn has more to say than most of a photograph.
    let capacity = coded.bits.length() / 8 + coded.bits.length() / 64 + 4096;
    let mut file = Vec::with_capacity(capacity);
    for _ in 0..ROUNDS {
        file.clear();
        headers(layout, &codes, orientation, profile, &mut file);
        let mut scan = Scan::new(coded, drawn, &codes);
        scan.write(&mut file)?;
        let Some(more) = codes.with(&scan.missing) else {
            writer::end(&mut file);
            return Some(file);
        };
        codes = more;
    }
    None
}

struct Scan<'a> {
    coded: &'a Coded,
    drawn: &'a DrawnUnits,
    codes: &'a Codes,
    missing: Box<MissingSymbols>,
}

impl<'a> Scan<'a> {
    fn new(coded: &'a Coded, drawn: &'a DrawnUnits, codes: &'a Codes) -> Self {
        Self {
            coded,
            drawn,
            codes,
            missing: Box::default(),
        }
    }

    /// Writes all segments; what has no code is noted and left out.
    fn write(&mut self, file: &mut Vec<u8>) -> Option<()> {
        let units = self.coded.layout.units();
        let length = self.coded.layout.units_of_segment();
        for (segment, end) in self.coded.segment_ends.iter().enumerate() {
            if let Some(last) = segment.checked_sub(1) {
                let marker = 0xD0 + u8::try_from(last % 8).unwrap_or(0);
                file.extend([0xFF, marker]);
            }
            let mut writer = BitWriter::new(file);
            let last = ((segment + 1) * length).min(units);
            self.write_segment(&mut writer, segment * length..last, *end)?;
            writer.finish();
        }
        Some(())
    }

    fn write_segment(
        &mut self,
        writer: &mut BitWriter<'_>,
        units: std::ops::Range<usize>,
        end: u32,
    ) -> Option<()> {
        let mut means = [0; 3];
        let mut unit = units.start;
        while unit < units.end {
            let start = self.coded.units.get(unit)?;
            if let Some(blocks) = self.drawn.get(unit) {
                self.write_unit(writer, blocks, &mut means)?;
                unit += 1;
            } else if start.longest <= self.codes.kept() && means == start.means {
                let next = self.copied_up_to(unit, units.end);
                let (bit, after) = match self.coded.units.get(next) {
                    Some(after) if next < units.end => (after.bit, after.means),
                    _ => (end, means),
                };
                copy(
                    self.coded.bits.reader(start.bit as usize),
                    bit.checked_sub(start.bit)?,
                    writer,
                );
                means = after;
                unit = next;
            } else {
                let blocks = self.coded.unit(unit)?;
                self.write_unit(writer, &blocks, &mut means)?;
                unit += 1;
            }
        }
        Some(())
    }

    /// The first unit after one, and before the end, that cannot be copied together with it.
    fn copied_up_to(&self, unit: usize, end: usize) -> usize {
        let kept = self.codes.kept();
        let later = self.coded.units.get(unit..end).unwrap_or_default();
        let copied = later
            .iter()
            .zip(unit..)
            .take_while(|(start, unit)| start.longest <= kept && self.drawn.get(*unit).is_none());
        unit + copied.count()
    }

    fn write_unit(
        &mut self,
        writer: &mut BitWriter<'_>,
        mut blocks: &[Coefficients],
        means: &mut [i16; 3],
    ) -> Option<()> {
        for (component, mean) in self.coded.layout.components.iter().zip(means) {
            let tables = [Part::Mean, Part::Others].map(|part| self.codes.table(component, part));
            let [Some(mean_codes), Some(other_codes)] = tables else {
                return None;
            };
            let missing = &mut *self.missing;
            let (own, rest) = blocks.split_at_checked(component.horizontal * component.vertical)?;
            blocks = rest;
            for block in own {
                words(block, mean, |part, symbol, bits| {
                    let table = match part {
                        Part::Mean => mean_codes,
                        Part::Others => other_codes,
                    };
                    let code = table.code(symbol);
                    if code.length == 0 {
                        missing.add(component, part, symbol);
                        return;
                    }
                    let extra = symbol & 15;
                    writer.push(
                        u32::from(code.bits) << extra | u32::from(bits),
                        u32::from(code.length + extra),
                    );
                });
            }
        }
        Some(())
    }
}

/// Copies bits as they are.
fn copy(mut reader: BitReader<'_>, mut count: u32, writer: &mut BitWriter<'_>) {
    while count >= 32 {
        writer.push(reader.take(32), 32);
        count -= 32;
    }
    if count > 0 {
        writer.push(reader.take(count), count);
    }
}

/// Everything before the data of the scan: what is needed to show the picture as it was, and nothing else.
fn headers(layout: &Layout, codes: &Codes, orientation: Orientation, profile: &Profile, file: &mut Vec<u8>) {
    file.extend([0xFF, 0xD8]);
    // Version 1.1, square pixels, no thumbnail.
    writer::segment(file, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    if orientation != Orientation::Upright {
        writer::segment(file, 0xE1, &exif(orientation));
    }
    profile.write(file);
    for (table, place) in layout.divisors.iter().zip(0_u8..) {
        if let Some(table) = table {
            writer::segment(file, 0xDB, &[&[place], table.as_slice()].concat());
        }
    }
    let [height_high, height_low] = layout.height.to_be_bytes();
    let [width_high, width_low] = layout.width.to_be_bytes();
    let place = |index: usize| u8::try_from(index).unwrap_or(0);
    let mut frame = vec![8, height_high, height_low, width_high, width_low, 3];
    let mut scan = vec![3];
    for (component, identifier) in layout.components.iter().zip(1_u8..) {
        let sampling = place(component.horizontal << 4 | component.vertical);
        frame.extend([identifier, sampling, place(component.divisors)]);
        scan.extend([identifier, place(component.means << 4 | component.others)]);
    }
    scan.extend([0, 63, 0]);
    writer::segment(file, 0xC0, &frame);
    for (tables, class) in [(&codes.means, 0x00_u8), (&codes.others, 0x10)] {
        for (table, place) in tables.iter().zip(0_u8..) {
            if let Some(table) = table {
                let content = [&[class | place], table.lengths.as_slice(), &table.symbols].concat();
                writer::segment(file, 0xC4, &content);
            }
        }
    }
    if layout.restart_interval > 0 {
        writer::segment(file, 0xDD, &layout.restart_interval.to_be_bytes());
    }
    writer::segment(file, 0xDA, &scan);
}

/// An EXIF segment that holds an orientation alone (TIFF 6.0: one directory with one entry of one 16-bit number).
fn exif(orientation: Orientation) -> Vec<u8> {
    let mut content = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    content.extend([orientation.exif(), 0, 0, 0, 0, 0, 0]);
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orientation_is_found_again() {
        for orientation in Orientation::ALL {
            let content = exif(orientation);
            let found = crate::header::tiff::orientation(&content[6..]);
            assert_eq!(found, Some(orientation));
        }
    }
}

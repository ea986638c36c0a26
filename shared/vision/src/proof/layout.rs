//! What stands before the scan of a baseline JPEG with luma and chroma in one scan (ITU-T T.81, annex B).

use crate::encode::huffman::CodeTable;
use crate::header::bytes::Bytes;
use crate::header::jpeg::{next_marker, segment};

/// The largest size of a mean's difference in a baseline file (T.81, table F.1).
const LARGEST_MEAN_SIZE: u8 = 11;

/// One of the three components.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    /// Blocks in a row of a unit of the scan.
    pub(super) horizontal: usize,
    /// Rows of blocks in a unit.
    pub(super) vertical: usize,
    /// Which quantisation table is its.
    pub(super) divisors: usize,
    /// Which of the tables for means is its.
    pub(super) means: usize,
    /// Which of the tables for other coefficients is its.
    pub(super) others: usize,
}

/// The tables of a file, and how its scan is arranged.
#[derive(Debug)]
pub(super) struct Layout {
    /// As stored.
    pub(super) width: u16,
    /// As stored.
    pub(super) height: u16,
    /// Luma, blue and red chroma. Chroma has one block in each unit.
    pub(super) components: [Component; 3],
    /// Quantisation tables, in zigzag order.
    pub(super) divisors: [Option<[u8; 64]>; 4],
    /// Huffman tables of means.
    pub(super) means: [Option<CodeTable>; 4],
    /// Huffman tables of other coefficients.
    pub(super) others: [Option<CodeTable>; 4],
    /// Units between restart markers, 0 for none.
    pub(super) restart_interval: u16,
}

impl Layout {
    /// Reads up to the scan, and answers what follows. None for every file that is not of the usual kind, damaged ones
    /// among them.
    pub(super) fn read(file: &[u8]) -> Option<(Self, &[u8])> {
        let mut bytes = Bytes::at(file, 2)?;
        let mut frame = None;
        let mut tables = Tables::default();
        let mut restart_interval = 0;
        let scan = loop {
            match next_marker(&mut bytes)? {
                0x01 => {}
                0xC0 if frame.is_none() => frame = Some(Frame::read(segment(&mut bytes)?)?),
                0xC4 => tables.read_codes(segment(&mut bytes)?)?,
                0xDA => break segment(&mut bytes)?,
                0xDB => tables.read_divisors(segment(&mut bytes)?)?,
                0xDD => restart_interval = u16::from_be_bytes(segment(&mut bytes)?.try_into().ok()?),
                // Adobe's segment tells of other colours than luma and chroma.
                0xEE if segment(&mut bytes)
                    .map(|content| content.starts_with(b"Adobe") && content.get(11) != Some(&1))? =>
                {
                    return None;
                }
                0xEE => {}
                0xE0..=0xEF | 0xFE => {
                    segment(&mut bytes)?;
                }
                _ => return None,
            }
        };
        let frame = frame?;
        let components = frame.components(scan)?;
        let layout = Self {
            width: frame.width,
            height: frame.height,
            components,
            divisors: tables.divisors,
            means: tables.means,
            others: tables.others,
            restart_interval,
        };
        let complete = components.iter().all(|component| {
            layout.divisors_of(component).is_some()
                && layout.means_of(component).is_some()
                && layout.others_of(component).is_some()
        });
        complete.then(|| (layout, bytes.rest()))
    }

    pub(super) fn divisors_of(&self, component: &Component) -> Option<&[u8; 64]> {
        self.divisors.get(component.divisors)?.as_ref()
    }

    pub(super) fn means_of(&self, component: &Component) -> Option<&CodeTable> {
        self.means.get(component.means)?.as_ref()
    }

    pub(super) fn others_of(&self, component: &Component) -> Option<&CodeTable> {
        self.others.get(component.others)?.as_ref()
    }

    /// Pixels of a unit in a row, as stored: 8 or 16.
    pub(super) const fn unit_width(&self) -> usize {
        let [luma, ..] = &self.components;
        luma.horizontal * 8
    }

    /// Rows of pixels of a unit, as stored: 8 or 16.
    pub(super) const fn unit_height(&self) -> usize {
        let [luma, ..] = &self.components;
        luma.vertical * 8
    }

    /// Units in a row, as stored.
    pub(super) fn unit_columns(&self) -> usize {
        usize::from(self.width).div_ceil(self.unit_width())
    }

    /// Rows of units, as stored.
    pub(super) fn unit_rows(&self) -> usize {
        usize::from(self.height).div_ceil(self.unit_height())
    }

    /// Blocks of a unit.
    pub(super) const fn blocks(&self) -> usize {
        let [luma, ..] = &self.components;
        luma.horizontal * luma.vertical + 2
    }

    /// Units of the scan.
    pub(super) fn units(&self) -> usize {
        self.unit_columns() * self.unit_rows()
    }

    /// Units from one restart marker to the next.
    pub(super) fn units_of_segment(&self) -> usize {
        match self.restart_interval {
            0 => self.units().max(1),
            interval => usize::from(interval),
        }
    }
}

#[derive(Default)]
struct Tables {
    divisors: [Option<[u8; 64]>; 4],
    means: [Option<CodeTable>; 4],
    others: [Option<CodeTable>; 4],
}

impl Tables {
    fn read_divisors(&mut self, content: &[u8]) -> Option<()> {
        let mut content = Bytes::new(content);
        while let Some(place) = content.u8() {
            // Divisors of 16 bits have a 1 in the upper half, and no table here.
            let divisors = self.divisors.get_mut(usize::from(place))?;
            *divisors = Some(content.array().filter(|table| !table.contains(&0))?);
        }
        Some(())
    }

    fn read_codes(&mut self, content: &[u8]) -> Option<()> {
        let mut content = Bytes::new(content);
        while let Some(place) = content.u8() {
            let lengths: [u8; 16] = content.array()?;
            let symbols = lengths.iter().map(|count| usize::from(*count)).sum();
            let symbols = content.take(symbols)?;
            let space: u32 = lengths
                .iter()
                .zip(1_u32..)
                .map(|(count, length)| u32::from(*count) << (16 - length))
                .sum();
            if space > 1 << 16 || symbols.len() > 256 {
                return None;
            }
            let tables = match place >> 4 {
                0 if symbols.iter().all(|size| *size <= LARGEST_MEAN_SIZE) => &mut self.means,
                1 => &mut self.others,
                _ => return None,
            };
            *tables.get_mut(usize::from(place & 15))? = Some(CodeTable::assigned(lengths, symbols.to_vec()));
        }
        Some(())
    }
}

struct Frame {
    width: u16,
    height: u16,
    /// Identifier, sampling, quantisation table.
    components: [[u8; 3]; 3],
}

impl Frame {
    fn read(content: &[u8]) -> Option<Self> {
        let mut content = Bytes::new(content);
        let precision = content.u8()?;
        let (height, width) = (content.u16_be()?, content.u16_be()?);
        let count = content.u8()?;
        let components: [[u8; 3]; 3] = [content.array()?, content.array()?, content.array()?];
        let usual = precision == 8 && count == 3 && content.rest().is_empty() && width > 0 && height > 0;
        // By these names some programs mean red, green and blue.
        let named_rgb = components.map(|[identifier, ..]| identifier.to_ascii_uppercase()) == *b"RGB";
        (usual && !named_rgb).then_some(Self {
            width,
            height,
            components,
        })
    }

    /// The components with the tables that the header of the scan gives them.
    fn components(&self, scan: &[u8]) -> Option<[Component; 3]> {
        let (count, scan) = scan.split_first()?;
        let (chosen, spectrum) = scan.as_chunks::<2>();
        let (chosen, [first, last]): (&[[u8; 2]; 3], _) = match chosen {
            [components @ .., end] => (components.try_into().ok()?, *end),
            [] => return None,
        };
        if *count != 3 || [first, last] != [0, 63] || spectrum != [0] {
            return None;
        }
        let [[luma, ..], ..] = &self.components;
        let distinct = self
            .components
            .iter()
            .skip(1)
            .all(|[identifier, ..]| identifier != luma);
        let mut components = [Component {
            horizontal: 1,
            vertical: 1,
            divisors: 0,
            means: 0,
            others: 0,
        }; 3];
        for (index, ((component, [named, sampling, divisors]), [identifier, tables])) in components
            .iter_mut()
            .zip(&self.components)
            .zip(chosen)
            .enumerate()
        {
            let (horizontal, vertical) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            let usual = match index {
                0 => (1..=2).contains(&horizontal) && (1..=2).contains(&vertical),
                _ => (horizontal, vertical) == (1, 1),
            };
            if !usual || named != identifier || !distinct {
                return None;
            }
            *component = Component {
                horizontal,
                vertical,
                divisors: usize::from(*divisors),
                means: usize::from(tables >> 4),
                others: usize::from(tables & 15),
            };
        }
        Some(components)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::jpeg;
    use crate::encode::writer;
    use crate::picture::{ColorModel, Raster};

    fn file() -> Vec<u8> {
        jpeg(&Raster::new(20, 9, ColorModel::Rgb, vec![90; 20 * 9 * 3]).unwrap()).unwrap()
    }

    /// The file with one of its segments changed.
    fn with(marker: u8, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let file = file();
        let (mut out, mut rest) = (file[..2].to_vec(), &file[2..]);
        while rest[1] != 0xD9 {
            let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let mut content = rest[4..2 + length].to_vec();
            if rest[1] == marker {
                change(&mut content);
            }
            writer::segment(&mut out, rest[1], &content);
            let scan = rest[1] == 0xDA;
            rest = &rest[2 + length..];
            if scan {
                break;
            }
        }
        out.extend_from_slice(rest);
        out
    }

    #[test]
    fn the_files_of_the_encoder_are_of_the_usual_kind() {
        let unchanged = with(0, |_| {});
        assert_eq!(unchanged, file());
        let (layout, rest) = Layout::read(&unchanged).unwrap();
        assert_eq!((layout.width, layout.height), (20, 9));
        assert_eq!(
            (layout.unit_width(), layout.unit_height(), layout.blocks()),
            (16, 16, 6)
        );
        assert_eq!(
            (layout.unit_columns(), layout.unit_rows(), layout.units()),
            (2, 1, 2)
        );
        assert_eq!(layout.units_of_segment(), 2);
        assert!(rest.ends_with(&[0xFF, 0xD9]));
    }

    #[test]
    fn other_kinds_are_left_to_others() {
        type Change = fn(&mut Vec<u8>);
        let changed: [(&str, u8, Change); 14] = [
            ("12 bits", 0xC0, |frame| frame[0] = 12),
            ("no rows", 0xC0, |frame| (frame[1], frame[2]) = (0, 0)),
            ("four components", 0xC0, |frame| frame[5] = 4),
            ("one component", 0xC0, |frame| {
                frame[5] = 1;
                frame.truncate(9);
            }),
            ("4:1:1", 0xC0, |frame| frame[7] = 0x41),
            ("three rows", 0xC0, |frame| frame[7] = 0x13),
            ("fine chroma", 0xC0, |frame| frame[10] = 0x21),
            ("red, green and blue", 0xC0, |frame| {
                (frame[6], frame[9], frame[12]) = (b'R', b'G', b'B');
            }),
            ("a missing table", 0xC0, |frame| frame[8] = 3),
            ("a part of the spectrum", 0xDA, |scan| scan[8] = 20),
            ("another component", 0xDA, |scan| scan[1] = 9),
            ("one of the components", 0xDA, |scan| {
                scan[0] = 1;
                scan.drain(3..7);
            }),
            ("a divisor of 0", 0xDB, |table| table[9] = 0),
            ("a code too many", 0xC4, |table| {
                table[1] = 3;
                table.extend([1, 2, 3]);
            }),
        ];
        for (what, marker, change) in changed {
            assert!(Layout::read(&with(marker, change)).is_none(), "{what}");
        }
        assert!(
            Layout::read(&with(0xDB, |table| table[0] |= 0x10)).is_none(),
            "divisors of 16 bits"
        );
        let adobe = |transform: u8| {
            let mut file = vec![0xFF, 0xD8];
            writer::segment(
                &mut file,
                0xEE,
                &[b"Adobe\0d\0\0\0\0".as_slice(), &[transform]].concat(),
            );
            file.extend_from_slice(&self::file()[2..]);
            file
        };
        assert!(Layout::read(&adobe(1)).is_some());
        assert!(Layout::read(&adobe(0)).is_none());
        for process in [0xC1, 0xC2, 0xC9] {
            let mut file = file();
            let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
            file[frame + 1] = process;
            assert!(Layout::read(&file).is_none(), "{process:#X}");
        }
    }

    #[test]
    fn headers_that_are_cut_anywhere_are_none() {
        let file = file();
        let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14;
        for length in 0..scan {
            assert!(Layout::read(&file[..length]).is_none(), "{length}");
        }
        assert!(Layout::read(&file[..scan]).is_some());
    }
}

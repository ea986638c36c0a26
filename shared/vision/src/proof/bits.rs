//! The entropy-coded data of a scan as plain bits, and the blocks in it.

use super::words::{SHORT, Word, Words};

/// Zeros behind the data, so that its last bytes can be read eight at a time.
const PADDING: [u8; 8] = [0; 8];

/// The data of a scan without stuffed bytes and markers.
#[derive(Debug)]
pub(super) struct ScanBits {
    bytes: Vec<u8>,
    /// Where segments end, in bits: at restart markers, and the last one at the end of the image.
    ends: Vec<usize>,
}

impl ScanBits {
    /// Reads to the end of the image. None if anything but restart markers in their order comes before it.
    pub(super) fn read(mut data: &[u8]) -> Option<Self> {
        let mut bytes = Vec::with_capacity(data.len() + PADDING.len());
        let mut ends = Vec::new();
        loop {
            let run = data.iter().position(|byte| *byte == 0xFF)?;
            let (plain, rest) = data.split_at_checked(run)?;
            bytes.extend_from_slice(plain);
            let ([_, marker], rest) = rest.split_first_chunk()?;
            data = rest;
            match marker {
                0 => bytes.push(0xFF),
                0xD0..=0xD7 if usize::from(marker - 0xD0) == ends.len() % 8 => ends.push(bytes.len() * 8),
                0xD9 => break,
                _ => return None,
            }
        }
        ends.push(bytes.len() * 8);
        bytes.extend(PADDING);
        Some(Self { bytes, ends })
    }

    /// Segments between restart markers.
    pub(super) fn segments(&self) -> usize {
        self.ends.len()
    }

    /// Where the padding of a segment ends, in bits.
    pub(super) fn end(&self, segment: usize) -> Option<usize> {
        self.ends.get(segment).copied()
    }

    /// All of the data in bits.
    pub(super) fn length(&self) -> usize {
        self.bytes.len() * 8
    }

    /// A reader from a bit on.
    pub(super) fn reader(&self, bit: usize) -> BitReader<'_> {
        let mut reader = BitReader {
            bytes: &self.bytes,
            next: bit / 8,
            bits: 0,
            count: 0,
            longest: SHORT,
        };
        reader.refill();
        reader.skip(u32::try_from(bit % 8).unwrap_or(0));
        reader
    }
}

/// Bits in their order. Behind the last ones come zeros without end.
#[derive(Debug)]
pub(super) struct BitReader<'data> {
    bytes: &'data [u8],
    /// The first byte of which not all bits are held.
    next: usize,
    /// What is held, from the highest bit on.
    bits: u64,
    count: u32,
    longest: u8,
}

impl BitReader<'_> {
    /// Holds at least 56 bits.
    #[inline]
    fn refill(&mut self) {
        let more = self
            .bytes
            .get(self.next..)
            .and_then(<[u8]>::first_chunk)
            .map_or(0, |bytes| u64::from_be_bytes(*bytes));
        self.bits |= more >> self.count;
        // As many bytes as fit; the bits of the next one are the same when they are laid over it.
        self.next += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    #[inline]
    fn skip(&mut self, bits: u32) {
        self.bits <<= bits;
        self.count -= bits;
    }

    /// The bits of the longest code since this was asked last, at least [`SHORT`].
    #[inline]
    pub(super) const fn take_longest(&mut self) -> u8 {
        std::mem::replace(&mut self.longest, SHORT)
    }

    /// Which bit is the next one.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.next * 8 - self.count as usize
    }

    /// The next bits, 1 to 32 of them.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        self.refill();
        let [a, b, c, d, ..] = self.bits.to_be_bytes();
        self.skip(count);
        u32::from_be_bytes([a, b, c, d]) >> (32 - count)
    }

    /// The next 16 bits, which stay.
    #[inline]
    fn peek_16(&self) -> u16 {
        let [a, b, ..] = self.bits.to_be_bytes();
        u16::from_be_bytes([a, b])
    }

    /// A number of 1 to 15 bits after its code; a first bit of 0 makes it negative (T.81, F.12).
    #[inline]
    fn number(&mut self, size: u32) -> i16 {
        let top = self.peek_16();
        self.skip(size);
        let offset = !(top.cast_signed() >> 15) & ((-1 << size) + 1);
        (top >> (16 - size)).cast_signed().wrapping_add(offset)
    }

    /// Reads a block: its mean's difference is answered, the other coefficients that are not 0 are handed out with their
    /// places in the zigzag order. None for what no encoder writes.
    #[inline]
    pub(super) fn block(
        &mut self,
        means: &Words,
        others: &Words,
        mut place: impl FnMut(usize, i16),
    ) -> Option<i16> {
        self.refill();
        let word = self.word(means)?;
        let difference = match (word.value, word.symbol) {
            (0, 0) => 0,
            (0, size) => self.number(u32::from(size)),
            (value, _) => value,
        };
        let mut next = 1;
        while next < 64 {
            self.refill();
            let word = self.word(others)?;
            let (zeros, value) = if word.value != 0 {
                (word.symbol, word.value)
            } else {
                match (word.symbol >> 4, word.symbol & 15) {
                    (0, 0) => break,
                    (15, 0) => {
                        next += 16;
                        continue;
                    }
                    // Larger numbers than 10 bits hold do not come in pictures of 8 bits (T.81, table F.2).
                    (zeros, size @ 1..=10) => (zeros, self.number(u32::from(size))),
                    _ => return None,
                }
            };
            next += usize::from(zeros);
            if next > 63 {
                return None;
            }
            place(next, value);
            next += 1;
        }
        (next <= 64).then_some(difference)
    }

    #[inline]
    fn word(&mut self, words: &Words) -> Option<Word> {
        let word = words.begins(self.peek_16());
        if word.length == 0 {
            return self.long_word(words);
        }
        self.skip(u32::from(word.length));
        Some(word)
    }

    #[cold]
    fn long_word(&mut self, words: &Words) -> Option<Word> {
        let word = words.long(self.peek_16())?;
        self.longest = self.longest.max(word.length);
        self.skip(u32::from(word.length));
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::bits::BitWriter;
    use crate::encode::huffman::CodeTable;
    use crate::encode::huffman::{Part, words};

    /// Codes of up to 16 bits for all symbols that a block can say.
    fn tables() -> [CodeTable; 2] {
        let (mut means, mut others) = ([0; 256], [0; 256]);
        for (size, count) in means.iter_mut().take(12).enumerate() {
            *count = 1 << (11 - size);
        }
        others[0] = 5000;
        others[0xF0] = 3;
        for zeros in 0..16_usize {
            for size in 1..=10 {
                others[zeros << 4 | size] = 1 + (1 << 20 >> (zeros + 2 * size).min(20));
            }
        }
        [means, others].map(|counts| CodeTable::shortest(&counts))
    }

    fn written(blocks: &[[i16; 64]], [means, others]: &[CodeTable; 2]) -> Vec<u8> {
        let mut data = Vec::new();
        let mut writer = BitWriter::new(&mut data);
        let mut last = 0;
        for block in blocks {
            words(block, &mut last, |part, symbol, bits| {
                let table = if part == Part::Mean { means } else { others };
                let code = table.code(symbol);
                assert!(code.length > 0);
                let extra = symbol & 15;
                writer.push(
                    u32::from(code.bits) << extra | u32::from(bits),
                    u32::from(code.length + extra),
                );
            });
        }
        writer.finish();
        data.extend([0xFF, 0xD9]);
        data
    }

    fn read(data: &[u8], count: usize, tables: &[CodeTable; 2]) -> Option<Vec<[i16; 64]>> {
        let bits = ScanBits::read(data)?;
        let [means, others] = tables.each_ref().map(Words::new);
        let mut reader = bits.reader(0);
        let mut last = 0_i16;
        let mut blocks = Vec::new();
        for _ in 0..count {
            let mut block = [0; 64];
            last += reader.block(&means, &others, |index, value| block[index] = value)?;
            block[0] = last;
            blocks.push(block);
        }
        let padding = bits.end(0)? - reader.position();
        assert!(padding < 8, "{padding}");
        Some(blocks)
    }

    #[test]
    fn blocks_are_read_as_they_are_written() {
        let mut state = 12345_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let mut blocks = vec![[0; 64], [0; 64]];
        // The largest numbers, and a last coefficient after the longest run.
        (blocks[0][0], blocks[0][1], blocks[0][63]) = (-1024, 1023, -1023);
        blocks[1][0] = 1023;
        for _ in 0..2000 {
            let mut block = [0; 64];
            block[0] = i16::try_from(random() % 2048).unwrap() - 1024;
            for _ in 0..random() % 64 {
                let value = i16::try_from(random() % 2047).unwrap() - 1023;
                block[(1 + random() % 63) as usize] = value >> (random() % 11);
            }
            blocks.push(block);
        }
        let tables = tables();
        assert_eq!(tables[1].lengths[15..], [tables[1].lengths[15]]);
        assert!(tables[1].lengths[15] > 0, "codes longer than what is looked up");
        let data = written(&blocks, &tables);
        assert!(read(&data, blocks.len(), &tables).unwrap() == blocks);
    }

    #[test]
    fn bits_are_copied_from_anywhere() {
        let data: Vec<u8> = (0..=254).chain([0xFF, 0xD9]).collect();
        let bits = ScanBits::read(&data).unwrap();
        for start in [0, 1, 7, 8, 801, 2000] {
            let mut reader = bits.reader(start);
            for (index, count) in [1, 32, 7, 16, 8].into_iter().enumerate() {
                let position = reader.position();
                let expected = (position..position + count as usize).fold(0_u64, |sum, bit| {
                    let byte = data[..255].get(bit / 8).copied().unwrap_or(0);
                    sum << 1 | u64::from(byte >> (7 - bit % 8) & 1)
                });
                assert_eq!(u64::from(reader.take(count)), expected, "{start}, {index}");
            }
            assert_eq!(reader.position(), start + 64);
        }
    }

    #[test]
    fn what_no_encoder_writes_is_refused() {
        let others = |symbols: &[u8]| {
            let mut lengths = [0; 16];
            lengths[1] = u8::try_from(symbols.len()).unwrap();
            CodeTable::assigned(lengths, symbols.to_vec())
        };
        let means = || others(&[0, 1]);
        // Codes 00, 01, 10 in turn; 11 is none.
        let block = |bits: u8, table: CodeTable| read(&[bits, 0, 0, 0, 0xFF, 0xD9], 1, &[means(), table]);
        assert!(
            block(0b1100_0000, others(&[0])).is_none(),
            "a code that is not there"
        );
        assert!(block(0b0011_0000, others(&[0])).is_none(), "another one");
        assert!(
            block(0b0000_0000, others(&[0x0B])).is_none(),
            "a number of eleven bits"
        );
        assert!(
            block(0b0000_0000, others(&[0x30])).is_none(),
            "three zeros and nothing"
        );
        assert!(
            block(0b0000_0000, others(&[0xF0])).is_none(),
            "more than 64 coefficients"
        );
        assert!(
            block(0b0000_0000, others(&[0xE1])).is_none(),
            "more than 64 coefficients"
        );
    }

    #[test]
    fn segments_end_at_restart_markers_in_their_order() {
        let bits = ScanBits::read(&[1, 0xFF, 0, 2, 0xFF, 0xD0, 3, 0xFF, 0xD1, 0xFF, 0xD9, 7]).unwrap();
        assert_eq!(bits.segments(), 3);
        assert_eq!(
            [0, 1, 2, 3].map(|segment| bits.end(segment)),
            [Some(24), Some(32), Some(32), None]
        );
        assert_eq!(bits.reader(0).take(32), 0x01FF_0203);
        for broken in [
            [1, 2, 3, 4, 5].as_slice(),
            &[1, 0xFF],
            &[1, 0xFF, 0xFF, 0xD9],
            &[1, 0xFF, 0xD1, 2, 0xFF, 0xD9],
            &[1, 0xFF, 0xD0, 2, 0xFF, 0xD0, 3, 0xFF, 0xD9],
            &[1, 0xFF, 0xC4, 0, 2, 0xFF, 0xD9],
        ] {
            assert!(ScanBits::read(broken).is_none(), "{broken:?}");
        }
    }
}

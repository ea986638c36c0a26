//! The bits of a scan.

/// Bits to bytes, from the high bit on, with a zero byte after each of all ones.
pub(crate) struct BitWriter<'file> {
    file: &'file mut Vec<u8>,
    /// Bits that do not make four bytes yet, in the lowest places.
    waiting: u64,
    count: u32,
}

impl<'file> BitWriter<'file> {
    /// At the end of a file.
    pub(crate) const fn new(file: &'file mut Vec<u8>) -> Self {
        Self {
            file,
            waiting: 0,
            count: 0,
        }
    }

    /// Up to 32 bits.
    #[inline]
    pub(crate) fn push(&mut self, bits: u32, count: u32) {
        self.waiting = self.waiting << count | u64::from(bits);
        self.count += count;
        if self.count >= 32 {
            self.count -= 32;
            let [.., a, b, c, d] = (self.waiting >> self.count).to_be_bytes();
            let bytes = [a, b, c, d];
            if bytes.contains(&0xFF) {
                self.file.extend(bytes.into_iter().flat_map(stuffed));
            } else {
                self.file.extend_from_slice(&bytes);
            }
        }
    }

    /// Fills the last byte with ones.
    pub(crate) fn finish(mut self) {
        let padding = (8 - self.count % 8) % 8;
        self.waiting = self.waiting << padding | ((1 << padding) - 1);
        self.count += padding;
        while self.count > 0 {
            self.count -= 8;
            let [.., byte] = (self.waiting >> self.count).to_be_bytes();
            self.file.extend(stuffed(byte));
        }
    }
}

/// A byte of the scan as it is written.
fn stuffed(byte: u8) -> impl Iterator<Item = u8> {
    std::iter::once(byte).chain((byte == 0xFF).then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_ones_are_stuffed() {
        let mut file = Vec::new();
        let mut writer = BitWriter::new(&mut file);
        writer.push(0xFFFF_FFFF, 32);
        writer.push(0b101, 3);
        writer.finish();
        assert_eq!(file, [0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0b1011_1111]);
    }
}

//! Reading little-endian numbers out of bytes without ever going past their end.

/// What is left of some bytes. Every read answers none where too few are left, and then takes nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'bytes> {
    rest: &'bytes [u8],
}

impl<'bytes> Fields<'bytes> {
    pub(crate) const fn new(bytes: &'bytes [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'bytes [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// All that is left.
    pub(crate) const fn rest(self) -> &'bytes [u8] {
        self.rest
    }

    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_read_and_takes_nothing() {
        let mut fields = Fields::new(&[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(fields.u64(), None);
        assert_eq!(fields.u32(), Some(0x0403_0201));
        assert_eq!(fields.u32(), None);
        assert_eq!(fields.take(4), None);
        assert_eq!(fields.u16(), Some(0x0605));
        assert!(!fields.is_empty());
        assert_eq!(fields.take(1), Some(&[7][..]));
        assert!(fields.is_empty());
    }
}

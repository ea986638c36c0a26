//! Reading numbers out of a file without ever going past its end.

/// A position in a file. Every read answers none where the file is too short, and then leaves the position alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'file> {
    rest: &'file [u8],
}

impl<'file> Bytes<'file> {
    pub(crate) const fn new(file: &'file [u8]) -> Self {
        Self { rest: file }
    }

    /// From an offset on.
    pub(crate) fn at(file: &'file [u8], offset: usize) -> Option<Self> {
        file.get(offset..).map(Self::new)
    }

    pub(crate) const fn rest(&self) -> &'file [u8] {
        self.rest
    }

    pub(crate) fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'file [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16_be(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32_be(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u16_le(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32_le(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length of 32 bits as this machine counts bytes.
    pub(crate) fn length_be(&mut self) -> Option<usize> {
        self.u32_be().and_then(|length| usize::try_from(length).ok())
    }

    /// A length of 32 bits as this machine counts bytes.
    pub(crate) fn length_le(&mut self) -> Option<usize> {
        self.u32_le().and_then(|length| usize::try_from(length).ok())
    }
}

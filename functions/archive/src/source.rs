//! An archive in the bucket, read where it lies: in windows, never whole.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use bytes::Bytes;
use darkroom_cloud::{Clock, FileHead, Files, Ground};
use darkroom_domain::{Code, Failure, FileKey};
use darkroom_lambda::Deadline;
use tokio::runtime::Handle;

/// Bytes that are fetched at once.
const WINDOW: u64 = 1024 * 1024;

/// The archive as a file that can be read and turned back. It must be used off the runtime's threads: it blocks.
#[derive(Debug)]
pub(crate) struct Source {
    files: Files,
    key: FileKey,
    head: FileHead,
    runtime: Handle,
    deadline: Deadline,
    clock: Arc<dyn Clock>,
    position: u64,
    window: Bytes,
    window_at: u64,
}

impl Source {
    /// The file as it is now: should it change, reading fails. So it does once the time is up: nobody can stop a thread
    /// that reads.
    pub(crate) fn new(
        files: Files,
        key: FileKey,
        head: FileHead,
        deadline: Deadline,
        ground: &Ground,
    ) -> Self {
        Self {
            files,
            key,
            head,
            runtime: Handle::current(),
            deadline,
            clock: Arc::clone(&ground.clock),
            position: 0,
            window: Bytes::new(),
            window_at: 0,
        }
    }

    /// Bytes.
    pub(crate) const fn size(&self) -> u64 {
        self.head.size
    }

    /// What is there of the window from the position on.
    fn ahead(&self) -> &[u8] {
        self.position
            .checked_sub(self.window_at)
            .and_then(|offset| usize::try_from(offset).ok())
            .and_then(|offset| self.window.get(offset..))
            .unwrap_or_default()
    }

    fn fetch(&mut self) -> Result<(), Failure> {
        if self.deadline.left(self.clock.now()).is_zero() {
            return Err(Failure::permanent(
                Code::Timeout,
                "The archive is too large to be worked on in one go.",
            ));
        }
        let length = WINDOW.min(self.head.size.saturating_sub(self.position));
        let fetched = self.runtime.block_on(self.files.read_range(
            &self.key,
            Some(&self.head.etag),
            self.position,
            length,
        ))?;
        self.window = fetched.ok_or_else(|| Failure::permanent(Code::FileMissing, "The archive is gone."))?;
        self.window_at = self.position;
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.head.size {
            return Ok(0);
        }
        if self.ahead().is_empty() {
            self.fetch().map_err(io::Error::other)?;
        }
        let ahead = self.ahead();
        let length = ahead.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), ahead.get(..length)) {
            to.copy_from_slice(from);
        }
        self.position = self.position.saturating_add(length as u64);
        Ok(length)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.head.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

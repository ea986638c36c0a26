//! Taking in a body: streamed to a temporary file and hashed in the same pass, in bounded memory.

use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use md5::{Digest, Md5};
use s3s::StdError;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use tempfile::NamedTempFile;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use super::error::StoreError;
use super::record::{Algorithm, Checksums};

/// So many bytes are collected before a thread is asked to hash and write them. One batch is written while the
/// next is received: an upload holds about two of them.
const BATCH: usize = 512 * 1024;

/// What the client announced about a body; all of it is checked before the body can become visible.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    /// Length in bytes.
    pub(crate) length: Option<u64>,
    /// `Content-MD5`: base64.
    pub(crate) md5: Option<String>,
    /// Digests given in headers.
    pub(crate) checksums: Checksums,
    /// Algorithms to compute in any case, because a trailer will bring the digest or the client named them.
    pub(crate) algorithms: Vec<Algorithm>,
}

/// A body on the disk that is not visible yet. Dropping it deletes it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) file: NamedTempFile,
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) checksums: Checksums,
}

impl Received {
    /// The entity tag of an object that is put in one piece.
    pub(crate) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}

/// Hashes what it writes.
pub(crate) struct HashingWriter {
    file: NamedTempFile,
    size: u64,
    md5: Md5,
    checksums: ChecksumHasher,
}

impl std::fmt::Debug for HashingWriter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HashingWriter")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl HashingWriter {
    /// Begins an empty temporary file in `directory`.
    pub(crate) fn create(directory: &Path, algorithms: &[Algorithm]) -> io::Result<Self> {
        let has = |algorithm| algorithms.contains(&algorithm);
        let checksums = ChecksumHasher {
            crc32: has(Algorithm::Crc32).then(Crc32::new),
            crc32c: has(Algorithm::Crc32c).then(Crc32c::new),
            sha1: has(Algorithm::Sha1).then(Sha1::new),
            sha256: has(Algorithm::Sha256).then(Sha256::new),
            crc64nvme: has(Algorithm::Crc64Nvme).then(Crc64Nvme::new),
        };
        Ok(Self {
            file: NamedTempFile::new_in(directory)?,
            size: 0,
            md5: Md5::new(),
            checksums,
        })
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.md5.update(bytes);
        self.checksums.update(bytes);
        self.size = self
            .size
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Appends `length` bytes of `source`; fewer are an error.
    pub(crate) fn append_from(&mut self, source: impl Read, length: u64) -> io::Result<()> {
        let mut source = BufReader::with_capacity(BATCH, source.take(length));
        let mut appended = 0_u64;
        loop {
            let buffer = std::io::BufRead::fill_buf(&mut source)?;
            let count = buffer.len();
            if count == 0 {
                break;
            }
            self.append(buffer)?;
            std::io::BufRead::consume(&mut source, count);
            appended = appended.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
        if appended == length {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Ends the body.
    pub(crate) fn finish(self) -> Received {
        let digests = self.checksums.finalize();
        let checksums = Checksums {
            crc32: digests.checksum_crc32,
            crc32c: digests.checksum_crc32c,
            crc64nvme: digests.checksum_crc64nvme,
            sha1: digests.checksum_sha1,
            sha256: digests.checksum_sha256,
            composite: false,
        };
        Received {
            file: self.file,
            size: self.size,
            md5: self.md5.finalize().into(),
            checksums,
        }
    }
}

/// Streams a body into a temporary file in `directory` and checks it against `announced` and against the
/// digests that `trailers` gives once the body has ended.
pub(crate) async fn receive<S>(
    mut body: S,
    directory: PathBuf,
    announced: Announced,
    trailers: impl FnOnce() -> Checksums,
) -> Result<Received, StoreError>
where
    S: Stream<Item = Result<Bytes, StdError>> + Unpin,
{
    let mut algorithms = announced.checksums.algorithms();
    algorithms.extend(&announced.algorithms);
    let mut writing: Option<Writing> = None;
    let mut batch = Vec::new();
    let mut batched = 0_usize;
    let mut received = 0_u64;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| body_error(&error))?;
        received = received.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if announced.length.is_some_and(|length| received > length) {
            return Err(StoreError::IncompleteBody);
        }
        batched = batched.saturating_add(chunk.len());
        batch.push(chunk);
        if batched >= BATCH {
            let writer = finished(writing.take()).await?;
            writing = Some(write(
                writer,
                std::mem::take(&mut batch),
                directory.clone(),
                algorithms.clone(),
            ));
            batched = 0;
        }
    }
    let writer = finished(writing.take()).await?;
    let writer = finished(Some(write(writer, batch, directory, algorithms))).await?;
    let received = writer.ok_or_else(|| io::Error::other("no writer"))?.finish();
    check(&received, &announced, &trailers())?;
    Ok(received)
}

type Writing = JoinHandle<io::Result<HashingWriter>>;

fn write(
    writer: Option<HashingWriter>,
    batch: Vec<Bytes>,
    directory: PathBuf,
    algorithms: Vec<Algorithm>,
) -> Writing {
    spawn_blocking(move || {
        let mut writer = match writer {
            Some(writer) => writer,
            None => HashingWriter::create(&directory, &algorithms)?,
        };
        for chunk in &batch {
            writer.append(chunk)?;
        }
        Ok(writer)
    })
}

async fn finished(writing: Option<Writing>) -> Result<Option<HashingWriter>, StoreError> {
    match writing {
        Some(writing) => Ok(Some(writing.await.map_err(joined)??)),
        None => Ok(None),
    }
}

/// A blocking task that did not end normally, as an I/O error.
pub(crate) fn joined(error: JoinError) -> io::Error {
    io::Error::other(error)
}

/// The protocol crate keeps the types of these errors to itself; their texts are all there is to tell them by.
fn body_error(error: &StdError) -> StoreError {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        StoreError::PayloadHashMismatch
    } else if text.contains("SignatureMismatch") {
        StoreError::ChunkSignatureMismatch
    } else {
        StoreError::IncompleteBody
    }
}

fn check(received: &Received, announced: &Announced, trailers: &Checksums) -> Result<(), StoreError> {
    if announced.length.is_some_and(|length| length != received.size) {
        return Err(StoreError::IncompleteBody);
    }
    if let Some(md5) = &announced.md5 {
        let md5 = BASE64
            .decode(md5)
            .map_err(|_| StoreError::InvalidDigest("Content-MD5"))?;
        let md5 = <[u8; 16]>::try_from(md5).map_err(|_| StoreError::InvalidDigest("Content-MD5"))?;
        if md5 != received.md5 {
            return Err(StoreError::BadDigest("MD5"));
        }
    }
    for algorithm in Algorithm::ALL {
        let computed = received.checksums.get(algorithm);
        for expected in [announced.checksums.get(algorithm), trailers.get(algorithm)]
            .into_iter()
            .flatten()
        {
            if computed != Some(expected) {
                return Err(StoreError::BadDigest(algorithm.name()));
            }
        }
        let trailer_is_missing = announced.algorithms.contains(&algorithm)
            && announced.checksums.get(algorithm).is_none()
            && trailers.get(algorithm).is_none();
        if trailer_is_missing {
            return Err(StoreError::MissingTrailer(algorithm.header()));
        }
    }
    Ok(())
}

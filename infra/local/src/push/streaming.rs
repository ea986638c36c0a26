//! Bytes between files and connections, a piece at a time.

use std::{
    io::SeekFrom,
    path::{Path, PathBuf},
    time::Duration,
};

use futures::TryStreamExt;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
};
use tokio_util::io::ReaderStream;

use super::{error::Fault, http_client::RequestBody};

/// How long a download may stand still.
const STALL: Duration = Duration::from_secs(30);

/// Bytes sent at a time.
const CHUNK: usize = 64 * 1024;

/// Which bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// How many bytes stand before them.
    pub(super) offset: u64,
    /// How many they are.
    pub(super) length: u64,
}

impl Span {
    /// All of a file of `size` bytes.
    pub(super) const fn whole(size: u64) -> Self {
        Self {
            offset: 0,
            length: size,
        }
    }
}

/// The bytes of a file as the body of a request. `on_bytes` hears how many of them have been sent.
pub(super) async fn file_body(
    path: &Path,
    span: Span,
    on_bytes: impl Fn(u64) + Send + 'static,
) -> Result<RequestBody, Fault> {
    let fault = |source| Fault::File {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).await.map_err(fault)?;
    if span.offset > 0 {
        file.seek(SeekFrom::Start(span.offset)).await.map_err(fault)?;
    }
    let mut sent = 0_u64;
    // No more than was promised, should the file have grown meanwhile.
    let stream = ReaderStream::with_capacity(file.take(span.length), CHUNK).map_ok(move |bytes| {
        sent = sent.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        on_bytes(sent);
        Frame::data(bytes)
    });
    Ok(StreamBody::new(stream).boxed_unsync())
}

/// Writes an answer into `file`: under another name until all of it is there.
pub(super) async fn write(answer: Response<Incoming>, file: &Path) -> Result<(), Fault> {
    let fault = |source| Fault::File {
        path: file.to_owned(),
        source,
    };
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(format!(".{}.part", std::process::id()));
    let unfinished = Unfinished(unfinished.into());
    let mut writer = File::create(&unfinished.0).await.map_err(fault)?;
    let mut body = answer.into_body();
    loop {
        let frame = match tokio::time::timeout(STALL, body.frame()).await {
            Err(_) => return Err(Fault::NoAnswer(STALL)),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(Fault::Connection(error.to_string())),
            Ok(Some(Ok(frame))) => frame,
        };
        if let Ok(bytes) = frame.into_data() {
            writer.write_all(&bytes).await.map_err(fault)?;
        }
    }
    writer.flush().await.map_err(fault)?;
    drop(writer);
    tokio::fs::rename(&unfinished.0, file).await.map_err(fault)
}

/// A file that is taken away again unless it has been renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_has_the_bytes_of_its_span_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grown");
        let content: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        std::fs::write(&path, &content).unwrap();
        for (offset, length) in [(0, 200_000), (0, 70_000), (70_001, 129_000), (199_999, 1)] {
            let span = Span { offset, length };
            let body = file_body(&path, span, |_| {}).await.unwrap();
            let bytes = body.collect().await.unwrap().to_bytes();
            let from = usize::try_from(offset).unwrap();
            let to = from + usize::try_from(length).unwrap();
            assert!(bytes == content[from..to], "{span:?}");
        }
    }
}

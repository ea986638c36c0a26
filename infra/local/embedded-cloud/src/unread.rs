//! Request bodies that are refused before they have been read.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime::Handle;

/// So much of a refused body is read to its end. Closing the connection instead would let most clients,
/// browsers above all, report a broken connection rather than the answer.
const LARGEST_DRAINED: u64 = 64 * 1024 * 1024;
/// How long a refused body may take.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A request body whose rest is read and thrown away when it is dropped early.
#[derive(Debug)]
pub(crate) struct DrainedBody(Option<Incoming>);

impl From<Incoming> for DrainedBody {
    fn from(body: Incoming) -> Self {
        Self(Some(body))
    }
}

impl Body for DrainedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        let Some(mut body) = self.0.take().filter(|body| !body.is_end_stream()) else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(tokio::time::timeout(DRAIN_TIME, async move {
            let mut drained = 0_u64;
            while let Some(Ok(frame)) = body.frame().await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                drained = drained.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
                if drained > LARGEST_DRAINED {
                    break;
                }
            }
        }));
    }
}

//! Request bodies: bounded in size and in time.

use std::fmt::Display;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use hyper::body::Body;

use super::next_data;

/// The largest body that an HTTP API takes.
pub(super) const MOST_BODY_BYTES: usize = 10 * 1024 * 1024;

/// How long a body may take as a whole.
const LONGEST_BODY: Duration = Duration::from_secs(60);

/// How much of a body that nobody wants is read away so that the client can see its answer, and for how long.
const MOST_DISCARDED_BYTES: usize = 4 * MOST_BODY_BYTES;
const LONGEST_DISCARD: Duration = Duration::from_secs(5);

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads a body, but not one byte of it when its length is said to be too large.
pub(super) async fn read<B>(parts: &Parts, mut body: B) -> Result<Bytes, Refused>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Display + Send,
{
    let announced = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > MOST_BODY_BYTES))
    {
        discard(body);
        return Err(Refused::TooLarge);
    }
    let outcome = tokio::time::timeout(LONGEST_BODY, async {
        let mut read = BytesMut::new();
        while let Some(data) = next_data(&mut body).await {
            let data = data.map_err(|_| Refused::Broken)?;
            if read.len().saturating_add(data.len()) > MOST_BODY_BYTES {
                return Err(Refused::TooLarge);
            }
            read.extend_from_slice(&data);
        }
        Ok(read.freeze())
    })
    .await;
    match outcome {
        Ok(Err(Refused::TooLarge)) => {
            discard(body);
            Err(Refused::TooLarge)
        }
        Ok(outcome) => outcome,
        Err(_) => Err(Refused::TooSlow),
    }
}

/// Reads a body away in the background, within bounds, and keeps nothing of it.
///
/// Closing on a client that still writes would reset the connection, and the client might never see its answer.
pub(super) fn discard<B>(mut body: B)
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send,
{
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(async move {
        let read_away = async {
            let mut left = MOST_DISCARDED_BYTES;
            while let Some(Ok(data)) = next_data(&mut body).await {
                left = match left.checked_sub(data.len()) {
                    Some(left) => left,
                    None => return,
                };
            }
        };
        // Whether it ends or the time does, nothing follows.
        let _ended = tokio::time::timeout(LONGEST_DISCARD, read_away).await;
    });
}

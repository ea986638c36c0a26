//! The time and the request ids that the cloud would give: here the runner is the cloud.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use uuid::Uuid;

/// The time since the epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "the runner stands in for the cloud, whose clock is the machine's"
)]
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The present moment in UTC.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + since_epoch()
}

/// A span in whole milliseconds.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// An id that was never given before.
#[expect(
    clippy::disallowed_methods,
    reason = "the runner stands in for the cloud, which makes request ids"
)]
pub(crate) fn request_id() -> Uuid {
    Uuid::now_v7()
}

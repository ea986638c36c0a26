//! The wall clock of the emulated services.

use time::OffsetDateTime;

/// The current time in UTC.
///
/// Signature checks inside the protocol crates read the system clock as well, so stamps written here and
/// expiry checked there agree.
#[expect(
    clippy::disallowed_methods,
    reason = "this process stands in for the cloud, whose clock is not the application's injected port"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

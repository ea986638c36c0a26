//! Tenants: whom everything belongs to.

use std::{fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What may stand as it is in a key: nothing that separates the parts of a table key or of a file key.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The subject of a verified token, or `default` where nobody is asked for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// A text that cannot name a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant has a name of 1 to 128 bytes without control characters")]
pub struct NotATenant;

impl TenantId {
    /// Longest name in bytes: its encoded form, at most three times as long, must leave room in a 1024-byte file key.
    pub const MAX_BYTES: usize = 128;

    /// The one tenant of a deployment without authentication.
    #[must_use]
    pub fn single() -> Self {
        Self("default".to_owned())
    }

    /// The name as the token has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it stands in keys: percent-encoded, so that no name reaches into another's keys.
    #[must_use]
    pub fn key_segment(&self) -> String {
        let encoded = utf8_percent_encode(&self.0, ENCODED).to_string();
        // A segment of dots alone would mean a folder to whoever unpacks the keys.
        if encoded.bytes().all(|byte| byte == b'.') {
            encoded.replace('.', "%2E")
        } else {
            encoded
        }
    }

    /// The tenant that a part of a key stands for.
    ///
    /// # Errors
    /// When the text is not what [`Self::key_segment`] writes.
    pub fn from_key_segment(segment: &str) -> Result<Self, NotATenant> {
        let name = percent_decode_str(segment)
            .decode_utf8()
            .map_err(|_| NotATenant)?;
        let tenant: Self = name.parse()?;
        if tenant.key_segment() == segment {
            Ok(tenant)
        } else {
            Err(NotATenant)
        }
    }
}

impl FromStr for TenantId {
    type Err = NotATenant;

    fn from_str(name: &str) -> Result<Self, NotATenant> {
        let valid = !name.is_empty() && name.len() <= Self::MAX_BYTES && !name.chars().any(char::is_control);
        if valid {
            Ok(Self(name.to_owned()))
        } else {
            Err(NotATenant)
        }
    }
}

impl TryFrom<String> for TenantId {
    type Error = NotATenant;

    fn try_from(name: String) -> Result<Self, NotATenant> {
        name.parse()
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separators_do_not_survive_in_a_segment() {
        let tenant: TenantId = "auth0|7/..#x".parse().unwrap();
        assert_eq!(tenant.key_segment(), "auth0%7C7%2F..%23x");
        assert_eq!("..".parse::<TenantId>().unwrap().key_segment(), "%2E%2E");
        assert_eq!(
            TenantId::from_key_segment("a%7c"),
            Err(NotATenant),
            "another spelling"
        );
        assert!("".parse::<TenantId>().is_err());
        assert!("x".repeat(129).parse::<TenantId>().is_err());
    }

    proptest! {
        #[test]
        fn a_segment_round_trips(name in "[^\\p{Cc}]{1,32}") {
            let tenant: TenantId = name.parse().unwrap();
            let segment = tenant.key_segment();
            prop_assert!(!segment.contains(['/', '#', '|']));
            prop_assert_eq!(TenantId::from_key_segment(&segment).unwrap(), tenant);
        }
    }
}

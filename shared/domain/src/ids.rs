//! Ids: UUIDs of version 7, so that they sort by the time they were made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sorter::VectorSpace;

/// A text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that a UUID stands for.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID behind the id.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        /// Takes the canonical form only: two spellings of one id would be two keys.
        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let uuid = Uuid::try_parse(text).map_err(|_| NotAnId)?;
                let id = Self(uuid);
                if id.to_string() == text { Ok(id) } else { Err(NotAnId) }
            }
        }
    };
}

id!(
    /// A promised upload.
    UploadId
);
id!(
    /// A picture that was accepted. It has the id of the upload it came by.
    ImageId
);
id!(
    /// A piece of work.
    JobId
);
id!(
    /// A set of pictures.
    DatasetId
);
id!(
    /// What an analysis of a picture found.
    AnalysisId
);

id!(
    /// A set of photographs that are grouped together.
    BatchId
);
id!(
    /// The groups of a batch, as they were at one time.
    GroupingId
);

impl JobId {
    /// The job that describes a picture for the first time: there is one, whoever asks for it. It sorts beside the picture,
    /// by the time of it.
    #[must_use]
    pub fn describing(image: ImageId) -> Self {
        // The lowest bits of a UUID of version 7 are random: turning them all over collides with no other's.
        Self(Uuid::from_u128(image.0.as_u128() ^ 0xffff_ffff_ffff))
    }

    /// The job that describes a picture anew because its vector cannot be compared with those of `space`: there is one,
    /// whoever asks for it. It sorts beside the picture, too.
    #[must_use]
    pub fn describing_anew(image: ImageId, space: VectorSpace) -> Self {
        let Self(first) = Self::describing(image);
        // The upper half of a UUID is its time; of the lower, the two highest bits are its variant.
        Self(Uuid::from_u128(first.as_u128() ^ u128::from(space.number() >> 2)))
    }
}

/// An archive of pictures: 16 hexadecimal digits, which clients know as the `user_hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "9f86d081884c7d65")]
pub struct ArchiveId(u64);

impl ArchiveId {
    /// The id made of a UUID's second half, which is random but for two bits.
    #[must_use]
    pub fn from_uuid(uuid: &Uuid) -> Self {
        Self(uuid.as_u64_pair().1)
    }

    /// A UUID that stands for it where unfinished work is spread by ids.
    #[must_use]
    pub const fn to_uuid(self) -> Uuid {
        Uuid::from_u64_pair(0, self.0)
    }
}

impl fmt::Display for ArchiveId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// Takes the canonical form only.
impl FromStr for ArchiveId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let id = Self(u64::from_str_radix(text, 16).map_err(|_| NotAnId)?);
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(NotAnId)
        }
    }
}

impl TryFrom<String> for ArchiveId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<ArchiveId> for String {
    fn from(id: ArchiveId) -> Self {
        id.to_string()
    }
}

id!(
    /// A prediction: what a detector found in a picture.
    PredictionId
);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = u32, example = 1)]
        pub struct $name(u32);

        impl $name {
            /// The id with this number.
            #[must_use]
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn number(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let id = Self(text.parse().map_err(|_| NotAnId)?);
                if id.to_string() == text { Ok(id) } else { Err(NotAnId) }
            }
        }
    };
}

number!(
    /// A person of a tool crib, counted from 1 within the tenant.
    UserId
);
number!(
    /// A tool, counted from 1 within the tenant.
    ToolId
);
number!(
    /// A kit of tools, counted from 1 within the tenant.
    ToolkitId
);
number!(
    /// A place of a kit, counted from 1 within the tenant.
    ToolkitItemId
);
number!(
    /// A kit that went out or came back, counted from 1 within the tenant.
    TransactionId
);

impl From<UploadId> for ImageId {
    fn from(upload: UploadId) -> Self {
        Self(upload.0)
    }
}

impl From<ImageId> for UploadId {
    fn from(image: ImageId) -> Self {
        Self(image.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_an_id() {
        let text = "0192f0c1-2345-7abc-8def-0123456789ab";
        assert_eq!(text.parse::<ImageId>().unwrap().to_string(), text);
        for other in [
            "0192F0C1-2345-7ABC-8DEF-0123456789AB",
            "0192f0c123457abc8def0123456789ab",
            "{0192f0c1-2345-7abc-8def-0123456789ab}",
            "urn:uuid:0192f0c1-2345-7abc-8def-0123456789ab",
            "invalid-uuid",
            "",
        ] {
            assert_eq!(other.parse::<ImageId>(), Err(NotAnId), "{other}");
        }
    }

    #[test]
    fn an_archive_is_known_by_sixteen_digits() {
        let id = ArchiveId::from_uuid(&Uuid::from_u128(0xabc));
        assert_eq!(id.to_string(), "0000000000000abc");
        assert_eq!(id.to_string().parse::<ArchiveId>().unwrap(), id);
        for other in [
            "abc",
            "0000000000000ABC",
            "+000000000000abc",
            "..",
            "",
            "0000000000000abcd",
        ] {
            assert_eq!(other.parse::<ArchiveId>(), Err(NotAnId), "{other}");
        }
    }
}

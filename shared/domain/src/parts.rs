//! How a large file is cut into parts that are sent one by one.

use std::{iter, time::Duration};

use serde::{Deserialize, Serialize};

use crate::upload::Upload;

const MEBIBYTE: u64 = 1 << 20;

/// Bytes above which an archive is sent in parts where the client does not say how: 64 MiB. One request that breaks off
/// begins anew; up to here that costs little.
pub const PARTS_ABOVE: u64 = 64 * MEBIBYTE;
/// The most parts of one file: as many as S3 lists in one answer.
pub const MAX_PARTS: u64 = 1_000;
/// The most bytes of one request to S3.
pub const MAX_REQUEST_BYTES: u64 = 5_000_000_000;

/// Bytes of the parts of files up to [`PARTS_ABOVE`]: the least that S3 takes for any but the last.
const SMALL_PART: u64 = 5 * MEBIBYTE;
/// Bytes of the parts of larger files, as far as [`MAX_PARTS`] of them suffice.
const PART: u64 = 16 * MEBIBYTE;

/// The sending of one file in parts, as its upload remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Multipart {
    /// What S3 calls it. Clients only see it within signed URLs.
    pub id: String,
    /// Bytes of each part but the last.
    pub part_bytes: u64,
}

/// One part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its place, from 1 on.
    pub number: u16,
    /// Its bytes, exactly.
    pub bytes: u64,
}

/// Bytes of each part but the last, for a file of `size` bytes: 5 MiB up to 64 MiB, then 16 MiB, and as many whole MiB as
/// it takes to stay within [`MAX_PARTS`] for files that are larger still.
#[must_use]
pub const fn part_bytes(size: u64) -> u64 {
    if size <= PARTS_ABOVE {
        return SMALL_PART;
    }
    let least = size
        .div_ceil(MAX_PARTS)
        .div_ceil(MEBIBYTE)
        .saturating_mul(MEBIBYTE);
    if least > PART { least } else { PART }
}

/// The parts of a file of `size` bytes, in order; at most [`MAX_PARTS`].
pub fn parts(size: u64, part_bytes: u64) -> impl Iterator<Item = Part> {
    // A record that was tampered with must not make this endless.
    let part_bytes = part_bytes.max(part_bytes_at_least(size));
    let mut left = size;
    let mut number = 0_u16;
    iter::from_fn(move || {
        let bytes = left.min(part_bytes);
        left = left.saturating_sub(bytes);
        number = number.checked_add(1)?;
        (bytes > 0).then_some(Part { number, bytes })
    })
}

/// Below this there would be more than [`MAX_PARTS`].
const fn part_bytes_at_least(size: u64) -> u64 {
    size.div_ceil(MAX_PARTS)
}

impl Upload {
    /// How long a promise holds for a file that is sent in parts: the bucket keeps parts at least as long.
    pub const PROMISE_IN_PARTS: Duration = Duration::from_secs(24 * 60 * 60);
    /// How long the URL of a part holds; whoever needs longer asks for new ones.
    pub const PART_URL: Duration = Duration::from_secs(60 * 60);

    /// The same promise for a file that is sent in parts, under the name `id` that S3 gave to it.
    #[must_use]
    pub fn in_parts(mut self, id: String) -> Self {
        self.multipart = Some(Multipart {
            id,
            part_bytes: part_bytes(self.size),
        });
        self.send_until = self.created_at.after(Self::PROMISE_IN_PARTS);
        self.due_at = Some(self.send_until.after(Self::GRACE));
        self
    }

    /// The parts of the file, in order, as `multipart` has them.
    pub fn parts(&self, multipart: &Multipart) -> impl Iterator<Item = Part> {
        parts(self.size, multipart.part_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::tests::upload;

    const GIBIBYTE: u64 = 1 << 30;

    #[test]
    fn parts_make_up_the_file() {
        let sizes = [
            1,
            SMALL_PART - 1,
            SMALL_PART,
            SMALL_PART + 1,
            PARTS_ABOVE - 1,
            PARTS_ABOVE,
            PARTS_ABOVE + 1,
            70_000_000,
            5 * GIBIBYTE,
            1_000 * PART,
            1_000 * PART + 1,
            50_000_000_000,
            50 * GIBIBYTE,
        ];
        for size in sizes {
            let each = part_bytes(size);
            assert!(each >= SMALL_PART, "{size}: S3 takes no smaller ones");
            assert!(each <= MAX_REQUEST_BYTES, "{size}");
            assert_eq!(each % MEBIBYTE, 0, "{size}");
            let all: Vec<Part> = parts(size, each).collect();
            assert!((1..=1_000).contains(&all.len()), "{size}: {}", all.len());
            assert_eq!(all.iter().map(|part| part.bytes).sum::<u64>(), size);
            let (last, others) = all.split_last().unwrap();
            assert!(others.iter().all(|part| part.bytes == each), "{size}");
            assert!((1..=each).contains(&last.bytes), "{size}: {last:?}");
            let numbers: Vec<u16> = all.iter().map(|part| part.number).collect();
            assert_eq!(
                numbers,
                (1..=u16::try_from(all.len()).unwrap()).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn the_bytes_of_a_part_follow_from_the_size() {
        assert_eq!(part_bytes(1), 5 * MEBIBYTE);
        assert_eq!(part_bytes(PARTS_ABOVE), 5 * MEBIBYTE);
        assert_eq!(part_bytes(PARTS_ABOVE + 1), 16 * MEBIBYTE);
        assert_eq!(part_bytes(5 * GIBIBYTE), 16 * MEBIBYTE);
        assert_eq!(part_bytes(1_000 * PART), 16 * MEBIBYTE);
        assert_eq!(part_bytes(1_000 * PART + 1), 17 * MEBIBYTE);
        assert_eq!(part_bytes(50 * GIBIBYTE), 52 * MEBIBYTE);
        assert_eq!(
            parts(12 * MEBIBYTE, 5 * MEBIBYTE).last(),
            Some(Part {
                number: 3,
                bytes: 2 * MEBIBYTE
            })
        );
    }

    #[test]
    fn parts_have_a_day() {
        let whole = upload();
        let promised = upload().in_parts("name".to_owned());
        assert_eq!(
            promised.send_until.since(whole.created_at),
            Duration::from_secs(86_400)
        );
        assert_eq!(promised.due_at.unwrap().since(promised.send_until), Upload::GRACE);
        let multipart = promised.multipart.clone().unwrap();
        assert_eq!(promised.parts(&multipart).count(), 1);
        let record = serde_json::to_value(&promised).unwrap();
        assert_eq!(record["multipart"]["id"], "name");
        assert_eq!(serde_json::from_value::<Upload>(record).unwrap(), promised);
        // Records from before there were parts are read as they are.
        let record = serde_json::to_value(&whole).unwrap();
        assert_eq!(record.get("multipart"), None);
        assert_eq!(serde_json::from_value::<Upload>(record).unwrap(), whole);
    }

    #[test]
    fn a_record_that_makes_no_sense_ends() {
        assert_eq!(parts(GIBIBYTE, 0).count(), 1_000);
        assert_eq!(parts(GIBIBYTE, 1).count(), 1_000);
        assert_eq!(parts(0, 0).count(), 0);
        assert_eq!(parts(3, u64::MAX).count(), 1);
        assert_eq!(parts(u64::MAX, part_bytes(u64::MAX)).count(), 1_000);
    }
}

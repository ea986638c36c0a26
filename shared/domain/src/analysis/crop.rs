//! The part of a picture that counts.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rows `top..bottom` and columns `left..right`, in pixels of the upright picture. As it was stored: it may reach beyond
/// the picture, and is clamped where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CropBox {
    /// The first row.
    #[schema(example = 22)]
    pub top: i64,
    /// The row behind the last.
    #[schema(example = 97)]
    pub bottom: i64,
    /// The first column.
    #[schema(example = 32)]
    pub left: i64,
    /// The column behind the last.
    #[schema(example = 127)]
    pub right: i64,
}

impl CropBox {
    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bottom <= self.top || self.right <= self.left
    }

    /// The columns and the rows of it that lie within a picture of `width` by `height` pixels; none if there are none.
    #[must_use]
    pub fn within(&self, width: u32, height: u32) -> Option<(Range<u32>, Range<u32>)> {
        let columns = clamped(self.left, width)..clamped(self.right, width);
        let rows = clamped(self.top, height)..clamped(self.bottom, height);
        (!columns.is_empty() && !rows.is_empty()).then_some((columns, rows))
    }
}

fn clamped(value: i64, limit: u32) -> u32 {
    u32::try_from(value.clamp(0, i64::from(limit))).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_box_without_rows_or_columns_is_empty() {
        let whole = CropBox {
            top: 0,
            bottom: 1,
            left: 0,
            right: 1,
        };
        assert!(!whole.is_empty());
        assert!(CropBox { bottom: 0, ..whole }.is_empty());
        assert!(CropBox { left: 7, ..whole }.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_cut_lies_inside_the_picture(
            [top, bottom, left, right]: [i64; 4],
            width in 1..20_000_u32,
            height in 1..20_000_u32,
        ) {
            let crop = CropBox { top, bottom, left, right };
            if let Some((columns, rows)) = crop.within(width, height) {
                prop_assert!(columns.start < columns.end && columns.end <= width);
                prop_assert!(rows.start < rows.end && rows.end <= height);
                prop_assert!(!crop.is_empty());
            }
        }
    }
}

//! Masks against their definition: the field interpolated at every pixel of the box.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

use proptest::prelude::*;

use super::*;
use crate::manifest::{Anchor, Fit};

fn prototypes(columns: usize, rows: usize) -> Prototypes {
    Prototypes {
        output: 0,
        count: 1,
        rows,
        columns,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn spans_are_the_pixels_whose_interpolated_value_is_above_zero(
        (columns, rows, values) in (1usize..9, 1usize..9).prop_flat_map(|(columns, rows)| {
            (Just(columns), Just(rows), prop::collection::vec(-3.0f32..3.0, columns * rows))
        }),
        (width, height) in (1u32..70, 1u32..70),
        edges in prop::array::uniform4(0.0f32..1.0),
        letterbox in any::<bool>(),
    ) {
        let input = (columns as u32 * 4, rows as u32 * 4);
        let fit = if letterbox { Fit::Letterbox { pad: 0.0, anchor: Anchor::Centre } } else { Fit::Stretch };
        let placement = Placement::new(fit, (width, height), input);
        let [a, b, c, d] = edges;
        let bounds = Bounds {
            x1: a.min(b) * width as f32, y1: c.min(d) * height as f32,
            x2: a.max(b) * width as f32, y2: c.max(d) * height as f32,
        };
        let prototypes = prototypes(columns, rows);
        let source = MaskSource { prototypes: &prototypes, values: &values, placement: &placement, input };
        let mask = Mask::new(&source, &[1.0], bounds);
        let value = |x: u32, y: u32| {
            let (u, v) = placement.forward(f64::from(x) + 0.5, f64::from(y) + 0.5);
            let u = (u / 4.0 - 0.5).clamp(0.0, (columns - 1) as f64);
            let v = (v / 4.0 - 0.5).clamp(0.0, (rows - 1) as f64);
            let node = |row: usize, column: usize| f64::from(values[row.min(rows - 1) * columns + column.min(columns - 1)]);
            let (left, top) = (u.floor(), v.floor());
            let (column, row) = (left as usize, top as usize);
            let upper = node(row, column) * (1.0 - u + left) + node(row, column + 1) * (u - left);
            let lower = node(row + 1, column) * (1.0 - u + left) + node(row + 1, column + 1) * (u - left);
            upper * (1.0 - v + top) + lower * (v - top)
        };
        let mut area = 0;
        let mut spans = Vec::new();
        for y in 0..height + 2 {
            spans.clear();
            if let Some(mask) = &mask {
                mask.spans(y, &mut spans);
            }
            prop_assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start), "{spans:?}");
            area += spans.iter().map(|span| u64::from(span.end - span.start)).sum::<u64>();
            for x in 0..width {
                let middle = (x as f32 + 0.5, y as f32 + 0.5);
                let within = middle.0 >= bounds.x1 && middle.0 < bounds.x2 && middle.1 >= bounds.y1 && middle.1 < bounds.y2;
                let found = spans.iter().any(|span| span.contains(&x));
                if within && y < height {
                    let value = value(x, y);
                    prop_assert!(value.abs() < 1e-4 || found == (value > 0.0), "{value} at {x}, {y}: {spans:?}");
                } else {
                    prop_assert!(!found, "{x}, {y} is outside the box");
                }
            }
        }
        match mask {
            Some(mask) => {
                prop_assert!(area > 0);
                prop_assert_eq!(mask.area(), area);
            }
            None => prop_assert_eq!(area, 0),
        }
    }
}

#[test]
fn a_large_mask_keeps_the_low_resolution() {
    let prototypes = prototypes(160, 160);
    let values = vec![1.0; 160 * 160];
    let placement = Placement::new(Fit::Stretch, (10_000, 5_000), (640, 640));
    let source = MaskSource {
        prototypes: &prototypes,
        values: &values,
        placement: &placement,
        input: (640, 640),
    };
    let bounds = Bounds {
        x1: 5_000.0,
        y1: 0.0,
        x2: 6_000.0,
        y2: 5_000.0,
    };
    let mask = Mask::new(&source, &[2.0], bounds).unwrap();
    assert_eq!(mask.area(), 1_000 * 5_000);
    assert!(
        mask.field.columns() <= 18 && mask.field.rows() == 160,
        "more than what lies under the box"
    );
}

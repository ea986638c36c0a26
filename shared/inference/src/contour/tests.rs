//! Rings are closed, inside the picture, and enclose what they should.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

use std::f64::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::geometry::Placement;
use crate::manifest::Fit;

fn traced(columns: usize, rows: usize, values: Vec<f32>, picture: (u32, u32)) -> Vec<Ring> {
    let placement = Placement::new(Fit::Stretch, picture, (columns as u32, rows as u32));
    let across = Nodes::new(
        &placement.columns(columns, columns as u32),
        columns,
        0.0,
        picture.0 as f32,
    );
    let down = Nodes::new(&placement.rows(rows, rows as u32), rows, 0.0, picture.1 as f32);
    rings(&Field::new(columns, values).unwrap(), &across, &down, 0.0)
}

/// A field of 60 x 60 nodes over a picture of 600 x 600, from the distance to its middle.
fn around_the_middle(value: impl Fn(f32) -> f32) -> Vec<Ring> {
    let middle = |n: usize| (n % 60) as f32 - 29.5;
    let values = (0..3600)
        .map(|n| value((middle(n).powi(2) + middle(n / 60).powi(2)).sqrt() * 10.0))
        .collect();
    traced(60, 60, values, (600, 600))
}

#[test]
fn a_disc_has_its_area() {
    let rings = around_the_middle(|distance| 200.0 - distance);
    assert_eq!(rings.len(), 1);
    assert!(
        (rings[0].area() / (PI * 200.0 * 200.0) - 1.0).abs() < 0.002,
        "{}",
        rings[0].area()
    );
}

#[test]
fn a_hole_runs_the_other_way() {
    let rings = around_the_middle(|distance| 50.0 - (distance - 150.0).abs());
    let areas: Vec<f64> = rings.iter().map(Ring::area).collect();
    assert_eq!(areas.len(), 2);
    assert!((areas[0] / (PI * 40_000.0) - 1.0).abs() < 0.002, "{areas:?}");
    assert!((areas[1] / (PI * -10_000.0) - 1.0).abs() < 0.01, "{areas:?}");
}

#[test]
fn what_fills_the_picture_has_its_border_for_an_outline() {
    let rings = traced(5, 4, vec![1.0; 20], (640, 480));
    assert_eq!(rings.len(), 1);
    assert_eq!(rings[0].area(), 640.0 * 480.0);
    assert_eq!(rings[0].points().len(), 5);
    assert!(traced(5, 4, vec![-1.0; 20], (640, 480)).is_empty());
    assert!(traced(1, 1, vec![0.5], (7, 3))[0].area() == 21.0);
}

#[test]
fn opposite_corners_meet_or_part_as_the_saddle_says() {
    // Middles of the diagonal: -1 and +1 of equal strength decide by which is stronger.
    let joined = traced(2, 2, vec![3.0, -1.0, -1.0, 3.0], (100, 100));
    assert_eq!(joined.len(), 1);
    let parted = traced(2, 2, vec![1.0, -3.0, -3.0, 1.0], (100, 100));
    assert_eq!(parted.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rings_are_closed_inside_and_as_large_as_the_region(
        (columns, rows, values) in (1usize..9, 1usize..9).prop_flat_map(|(columns, rows)| {
            (Just(columns), Just(rows), prop::collection::vec(-2.0f32..2.0, columns * rows))
        }),
        (across, down) in (4u32..24, 4u32..24),
    ) {
        let (width, height) = (columns as u32 * across, rows as u32 * down);
        let rings = traced(columns, rows, values.clone(), (width, height));
        for ring in &rings {
            let points = ring.points();
            prop_assert!(points.len() >= 4 && points.first() == points.last());
            prop_assert!(points.windows(2).all(|pair| pair[0] != pair[1]), "a point twice in a row");
            for [x, y] in points {
                prop_assert!((0.0..=width as f32).contains(x) && (0.0..=height as f32).contains(y));
            }
        }
        // Sixteen samples for each pixel of the region, interpolated as the mask is.
        let field = Field::new(columns, values).unwrap();
        let placement = Placement::new(Fit::Stretch, (width, height), (columns as u32, rows as u32));
        let (horizontal, vertical) =
            (placement.columns(columns, columns as u32), placement.rows(rows, rows as u32));
        let mut inside = 0u32;
        let mut row = Vec::new();
        for y in 0..height * 4 {
            let (node, fraction) = vertical.split((f64::from(y) + 0.5) / 4.0);
            field.between_rows(node, fraction, &mut row);
            for x in 0..width * 4 {
                let (node, fraction) = horizontal.split((f64::from(x) + 0.5) / 4.0);
                let next = *row.get(node + 1).unwrap_or(&row[node]);
                inside += u32::from(mix(row[node], next, fraction) > 0.0);
            }
        }
        let region = f64::from(inside) / 16.0;
        let enclosed: f64 = rings.iter().map(Ring::area).sum();
        // In each cell that the line crosses, a chord stands for a branch of a hyperbola.
        let crossed: usize = rings.iter().map(|ring| ring.points().len()).sum();
        let tolerance = 0.15 * f64::from(across * down) * crossed as f64 + 2.0;
        prop_assert!((enclosed - region).abs() < tolerance, "{enclosed} instead of {region}, may differ by {tolerance}");
    }
}

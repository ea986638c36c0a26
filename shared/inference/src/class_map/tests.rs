//! The class map against its definition: every class interpolated at every pixel.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

use proptest::prelude::*;

use super::*;
use crate::geometry::Placement;
use crate::head::SemanticHead;
use crate::manifest::{Anchor, ClassAxis, Fit};

#[derive(Clone, Debug)]
struct Case {
    classes: usize,
    columns: usize,
    rows: usize,
    logits: Vec<f32>,
    picture: (u32, u32),
    fit: Fit,
    confidence: Option<f32>,
    wanted: Option<BTreeSet<usize>>,
}

fn cases() -> impl Strategy<Value = Case> {
    let shape = (1usize..5, 1usize..7, 1usize..7);
    let fit = prop::sample::select(vec![
        Fit::Stretch,
        Fit::Letterbox {
            pad: 0.0,
            anchor: Anchor::Centre,
        },
        Fit::Letterbox {
            pad: 0.0,
            anchor: Anchor::TopLeft,
        },
    ]);
    shape
        .prop_flat_map(move |(classes, columns, rows)| {
            // Few levels, so that cells of one winner are common, and ties too.
            let logits = prop::collection::vec(
                prop::sample::select(vec![-2.0f32, -0.5, 0.25, 3.0]),
                classes * columns * rows,
            );
            let confidence = prop::option::of(0.0f32..1.0);
            let wanted = prop::option::of(prop::collection::btree_set(0usize..5, 0..4));
            (
                Just((classes, columns, rows)),
                logits,
                (1u32..50, 1u32..50),
                fit.clone(),
                confidence,
                wanted,
            )
        })
        .prop_map(
            |((classes, columns, rows), logits, picture, fit, confidence, wanted)| Case {
                classes,
                columns,
                rows,
                logits,
                picture,
                fit,
                confidence,
                wanted,
            },
        )
}

fn grid(case: &Case) -> ScoreGrid {
    let head = SemanticHead {
        output: 0,
        classes: case.classes,
        rows: case.rows,
        columns: case.columns,
        axis: ClassAxis::First,
        background: 0,
    };
    let input = (case.columns as u32 * 4, case.rows as u32 * 4);
    ScoreGrid::new(
        &case.logits,
        &head,
        &Placement::new(case.fit, case.picture, input),
        input,
        case.confidence,
    )
}

/// All scores at one place, from the definition.
fn scores_at(case: &Case, x: u32, y: u32) -> Vec<f64> {
    let (columns, rows) = (case.columns, case.rows);
    let input = (columns as u32 * 4, rows as u32 * 4);
    let placement = Placement::new(case.fit, case.picture, input);
    let (u, v) = placement.forward(f64::from(x) + 0.5, f64::from(y) + 0.5);
    let u = (u / 4.0 - 0.5).clamp(0.0, (columns - 1) as f64);
    let v = (v / 4.0 - 0.5).clamp(0.0, (rows - 1) as f64);
    let node = |class: usize, row: usize, column: usize| -> f64 {
        let logit = |class: usize| f64::from(case.logits[(class * rows + row) * columns + column]);
        let all: Vec<f64> = if case.classes == 1 {
            vec![0.0, logit(0)]
        } else {
            (0..case.classes).map(logit).collect()
        };
        if case.confidence.is_some() {
            all[class].exp() / all.iter().map(|logit| logit.exp()).sum::<f64>()
        } else {
            all[class]
        }
    };
    (0..case.classes.max(2))
        .map(|class| {
            let (left, top) = (u.floor() as usize, v.floor() as usize);
            let (right, bottom) = ((left + 1).min(columns - 1), (top + 1).min(rows - 1));
            let (across, down) = (u - left as f64, v - top as f64);
            (node(class, top, left) * (1.0 - across) + node(class, top, right) * across) * (1.0 - down)
                + (node(class, bottom, left) * (1.0 - across) + node(class, bottom, right) * across) * down
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_pixel_has_the_class_of_its_definition(case in cases()) {
        let (width, height) = case.picture;
        let verdict = Verdict::new(0, case.confidence, case.wanted.as_ref());
        let map = class_map(&grid(&case), width, height, &verdict);
        prop_assert_eq!(map.classes().len(), (width * height) as usize);
        for y in 0..height {
            for x in 0..width {
                let scores = scores_at(&case, x, y);
                let best = scores.iter().copied().fold(f64::MIN, f64::max);
                let winners: Vec<usize> =
                    (0..scores.len()).filter(|class| scores[*class] > best - 1e-5).collect();
                // Where two are equal but for rounding, either may win; likewise at the confidence.
                let confident = case.confidence.map(|confidence| best - f64::from(confidence));
                let mut allowed = Vec::new();
                for winner in winners {
                    let wanted = case.wanted.as_ref().is_none_or(|wanted| wanted.contains(&winner));
                    if confident.is_none_or(|margin| margin > -1e-5) {
                        allowed.push(if wanted { winner } else { 0 });
                    }
                    if confident.is_some_and(|margin| margin < 1e-5) {
                        allowed.push(0);
                    }
                }
                let class = usize::from(map.row(y)[x as usize]);
                prop_assert!(allowed.contains(&class), "{class} at {x}, {y}, but {allowed:?}: {scores:?}");
            }
        }
        let counts = map.counts();
        prop_assert_eq!(counts.iter().sum::<u64>(), u64::from(width * height));
    }
}

#[test]
fn channels_last_is_the_same_grid() {
    let logits: Vec<f32> = (0..24).map(|n| ((n * 7) % 11) as f32).collect();
    let head = |axis| SemanticHead {
        output: 0,
        classes: 4,
        rows: 2,
        columns: 3,
        axis,
        background: 0,
    };
    let interleaved: Vec<f32> = (0..6)
        .flat_map(|cell| (0..4).map(move |class| class * 6 + cell))
        .map(|at| logits[at])
        .collect();
    let placement = Placement::new(Fit::Stretch, (30, 20), (3, 2));
    assert_eq!(
        ScoreGrid::new(&logits, &head(ClassAxis::First), &placement, (3, 2), None),
        ScoreGrid::new(&interleaved, &head(ClassAxis::Last), &placement, (3, 2), None),
    );
}

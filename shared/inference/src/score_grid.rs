//! The scores of all classes at the low resolution of a semantic network's output.

use fearless_simd::{Level, Simd, dispatch};

use crate::contour::{self, Nodes, Ring};
use crate::geometry::{GridAxis, Placement};
use crate::grid::Field;
use crate::head::SemanticHead;
use crate::manifest::ClassAxis;

/// Scores by class, row and column: logits, or probabilities where a confidence was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScoreGrid {
    classes: usize,
    rows: usize,
    columns: usize,
    scores: Vec<f32>,
    /// The class of the greatest score at each node, the lowest of equal ones.
    winners: Vec<u8>,
    pub(crate) horizontal: GridAxis,
    pub(crate) vertical: GridAxis,
    confidence: Option<f32>,
}

impl ScoreGrid {
    /// The grid of one output of finite logits, by class, with probabilities in place of logits where a confidence is given.
    pub(crate) fn new(
        values: &[f32],
        head: &SemanticHead,
        placement: &Placement,
        input: (u32, u32),
        confidence: Option<f32>,
    ) -> Self {
        let cells = head.rows * head.columns;
        // A single class stands against a background whose logit is always 0.
        let mut scores = if head.classes == 1 {
            vec![0.0; cells]
        } else {
            Vec::with_capacity(values.len())
        };
        match head.axis {
            ClassAxis::First => scores.extend_from_slice(values),
            ClassAxis::Last => {
                for class in 0..head.classes {
                    scores.extend(values.iter().skip(class).step_by(head.classes));
                }
            }
        }
        if confidence.is_some() {
            softmax_by_plane(&mut scores, cells);
        }
        let winners = dispatch!(Level::new(), simd => winners(simd, &scores, cells));
        Self {
            classes: head.classes.max(2),
            rows: head.rows,
            columns: head.columns,
            scores,
            winners,
            horizontal: placement.columns(head.columns, input.0),
            vertical: placement.rows(head.rows, input.1),
            confidence,
        }
    }

    /// How many classes there are.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Scores of one class at the corners of a cell: the node, right of it, below it, and across. Nodes beyond the last
    /// are the last.
    pub(crate) fn corners(&self, class: usize, row: usize, column: usize) -> [f32; 4] {
        self.corner_nodes(row, column).map(|node| {
            self.scores
                .get(class * self.rows * self.columns + node)
                .copied()
                .unwrap_or(f32::MIN)
        })
    }

    /// The winning classes at the corners of a cell, in the order of [`ScoreGrid::corners`].
    pub(crate) fn corner_winners(&self, row: usize, column: usize) -> [u8; 4] {
        self.corner_nodes(row, column)
            .map(|node| self.winners.get(node).copied().unwrap_or_default())
    }

    fn corner_nodes(&self, row: usize, column: usize) -> [usize; 4] {
        let right = (column + 1).min(self.columns - 1);
        let start = row * self.columns;
        let below = (row + 1).min(self.rows - 1) * self.columns;
        [start + column, start + right, below + column, below + right]
    }

    /// By how much a class is ahead of all others at each node, and, where a confidence is asked for, of that.
    fn lead(&self, class: usize) -> Option<Field> {
        let cells = self.rows * self.columns;
        let mut own: Vec<f32> = self.scores.chunks_exact(cells).nth(class)?.to_vec();
        let mut best_other = vec![self.confidence.unwrap_or(f32::MIN); cells];
        for (_, plane) in self
            .scores
            .chunks_exact(cells)
            .enumerate()
            .filter(|(other, _)| *other != class)
        {
            best_other
                .iter_mut()
                .zip(plane)
                .for_each(|(best, score)| *best = best.max(*score));
        }
        own.iter_mut()
            .zip(best_other)
            .for_each(|(own, other)| *own -= other);
        Field::new(self.columns, own)
    }

    /// The outlines of a class in a picture of these sides, without rings of less than `min_area` pixels.
    pub(crate) fn rings(&self, class: usize, (width, height): (u32, u32), min_area: f64) -> Vec<Ring> {
        let edge = |side: u32| crate::rounding::single(f64::from(side));
        let across = Nodes::new(&self.horizontal, self.columns, 0.0, edge(width));
        let down = Nodes::new(&self.vertical, self.rows, 0.0, edge(height));
        self.lead(class)
            .map(|field| contour::rings(&field, &across, &down, min_area))
            .unwrap_or_default()
    }
}

/// Logits to probabilities, class by class in planes of `cells`.
fn softmax_by_plane(scores: &mut [f32], cells: usize) {
    let mut greatest = vec![f32::MIN; cells];
    for plane in scores.chunks_exact(cells) {
        greatest
            .iter_mut()
            .zip(plane)
            .for_each(|(greatest, score)| *greatest = greatest.max(*score));
    }
    let mut sums = vec![0.0f32; cells];
    for plane in scores.chunks_exact_mut(cells) {
        for ((score, greatest), sum) in plane.iter_mut().zip(&greatest).zip(&mut sums) {
            *score = (*score - greatest).exp();
            *sum += *score;
        }
    }
    for plane in scores.chunks_exact_mut(cells) {
        plane.iter_mut().zip(&sums).for_each(|(score, sum)| *score /= sum);
    }
}

/// Compiled once for each level of vector instructions. The classes are kept as wide as the scores until the end, since
/// only numbers of one width are chosen side by side.
#[inline(always)]
fn winners<S: Simd>(_level: S, scores: &[f32], cells: usize) -> Vec<u8> {
    let mut winners = vec![0u32; cells];
    let mut best = vec![f32::NEG_INFINITY; cells];
    for (class, plane) in (0..=u32::from(u8::MAX)).zip(scores.chunks_exact(cells)) {
        for ((winner, best), score) in winners.iter_mut().zip(&mut best).zip(plane) {
            let wins = score > best;
            *best = if wins { *score } else { *best };
            *winner = if wins { class } else { *winner };
        }
    }
    winners
        .into_iter()
        .map(|winner| u8::try_from(winner).unwrap_or(u8::MAX))
        .collect()
}

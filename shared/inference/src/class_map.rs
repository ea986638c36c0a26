//! The class of every pixel, from scores on a coarse grid.
//!
//! Scores are interpolated bilinearly to the middle of each pixel, and the greatest wins; of equal ones the lowest
//! class. Between four nodes that one class wins, no interpolation can make another win, so such cells are filled whole
//! and only those on borders between classes are evaluated. There, a class whose greatest corner is below another's
//! least cannot win and is left out.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::geometry::GridAxis;
use crate::grid::mix;
use crate::score_grid::ScoreGrid;

/// The class of every pixel of a picture: one byte each, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassMap {
    width: u32,
    height: u32,
    classes: Vec<u8>,
}

impl ClassMap {
    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Classes of all pixels, row by row.
    #[must_use]
    pub fn classes(&self) -> &[u8] {
        &self.classes
    }

    /// Classes of one row; none below the last.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u8] {
        let width = self.width as usize;
        let start = (y as usize).saturating_mul(width);
        self.classes
            .get(start..start.saturating_add(width))
            .unwrap_or_default()
    }

    /// How many pixels each class has, by class; the classes beyond the last that occurs are left out.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        // Four tables side by side: a run of one class would otherwise wait for its own counter.
        let mut tables = [[0u64; 256]; 4];
        for (index, class) in self.classes.iter().enumerate() {
            if let Some(count) = tables
                .get_mut(index % 4)
                .and_then(|table| table.get_mut(usize::from(*class)))
            {
                *count += 1;
            }
        }
        let mut counts: Vec<u64> = (0..256)
            .map(|class| tables.iter().filter_map(|table| table.get(class)).sum())
            .collect();
        while counts.last() == Some(&0) {
            counts.pop();
        }
        counts
    }
}

/// What becomes of a winner.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    reported: [u8; 256],
    background: u8,
    confidence: f32,
}

impl Verdict {
    /// Classes that were not asked for become background, as do winners below the confidence.
    pub(crate) fn new(background: u8, confidence: Option<f32>, classes: Option<&BTreeSet<usize>>) -> Self {
        let mut reported = [background; 256];
        for (class, entry) in (0..=u8::MAX).zip(reported.iter_mut()) {
            if classes.is_none_or(|classes| classes.contains(&usize::from(class))) {
                *entry = class;
            }
        }
        Self {
            reported,
            background,
            confidence: confidence.unwrap_or(f32::MIN),
        }
    }

    fn class(&self, winner: u8) -> u8 {
        self.reported
            .get(usize::from(winner))
            .copied()
            .unwrap_or(self.background)
    }

    fn of(&self, winner: u8, score: f32) -> u8 {
        if score >= self.confidence {
            self.class(winner)
        } else {
            self.background
        }
    }
}

/// Pixels of one axis that lie between the same two nodes, and how far each is to the second.
struct Run {
    node: usize,
    pixels: Range<usize>,
}

fn runs(axis: &GridAxis, pixels: u32) -> (Vec<Run>, Vec<f32>) {
    let mut runs: Vec<Run> = Vec::new();
    let mut fractions = Vec::with_capacity(pixels as usize);
    for pixel in 0..pixels {
        let (node, fraction) = axis.split(f64::from(pixel) + 0.5);
        fractions.push(fraction);
        let index = pixel as usize;
        match runs.last_mut() {
            Some(run) if run.node == node => run.pixels.end = index + 1,
            _ => runs.push(Run {
                node,
                pixels: index..index + 1,
            }),
        }
    }
    (runs, fractions)
}

/// A class that can win in a cell, with its scores at the corners.
struct Contender {
    class: u8,
    corners: [f32; 4],
}

/// A cell that must be looked at pixel by pixel.
struct Mixed<'a> {
    run: &'a Run,
    contenders: Range<usize>,
}

/// What is known of a cell without looking at its pixels.
enum Cell {
    Whole(u8),
    Mixed,
}

/// The class of every pixel of a picture of these sides.
pub(crate) fn class_map(grid: &ScoreGrid, width: u32, height: u32, verdict: &Verdict) -> ClassMap {
    let (across, column_fractions) = runs(&grid.horizontal, width);
    let (down, row_fractions) = runs(&grid.vertical, height);
    let columns = width as usize;
    let mut classes = vec![verdict.background; columns * height as usize];
    let mut template = vec![verdict.background; columns];
    let mut contenders = Vec::new();
    let mut mixed = Vec::new();
    for rows in &down {
        contenders.clear();
        mixed.clear();
        for run in &across {
            let start = contenders.len();
            match cell(grid, rows.node, run.node, verdict, &mut contenders) {
                Cell::Whole(class) => {
                    template
                        .get_mut(run.pixels.clone())
                        .unwrap_or_default()
                        .fill(class);
                }
                Cell::Mixed => mixed.push(Mixed {
                    run,
                    contenders: start..contenders.len(),
                }),
            }
        }
        let fractions = row_fractions.get(rows.pixels.clone()).unwrap_or_default();
        let block = classes
            .get_mut(rows.pixels.start * columns..rows.pixels.end * columns)
            .unwrap_or_default();
        for (row, fraction) in block.chunks_exact_mut(columns.max(1)).zip(fractions) {
            row.copy_from_slice(&template);
            for cell in &mixed {
                let pixels = row.get_mut(cell.run.pixels.clone()).unwrap_or_default();
                let fractions = column_fractions.get(cell.run.pixels.clone()).unwrap_or_default();
                let contenders = contenders.get(cell.contenders.clone()).unwrap_or_default();
                evaluate(contenders, *fraction, fractions, verdict, pixels);
            }
        }
    }
    ClassMap {
        width,
        height,
        classes,
    }
}

/// Decides about a cell, or adds the classes that can win in it.
fn cell(
    grid: &ScoreGrid,
    row: usize,
    column: usize,
    verdict: &Verdict,
    contenders: &mut Vec<Contender>,
) -> Cell {
    let winners = grid.corner_winners(row, column);
    if let [first, rest @ ..] = winners
        && rest.iter().all(|winner| *winner == first)
    {
        let class = verdict.class(first);
        let least = grid
            .corners(usize::from(first), row, column)
            .into_iter()
            .fold(f32::MAX, f32::min);
        if class == verdict.background || least >= verdict.confidence {
            return Cell::Whole(class);
        }
    }
    let start = contenders.len();
    let mut bar = f32::MIN;
    for (class, corners) in
        (0..=u8::MAX).zip((0..grid.classes()).map(|class| grid.corners(class, row, column)))
    {
        bar = bar.max(corners.into_iter().fold(f32::MAX, f32::min));
        contenders.push(Contender { class, corners });
    }
    let greatest = |contender: &Contender| contender.corners.into_iter().fold(f32::MIN, f32::max);
    let mut kept = start;
    for index in start..contenders.len() {
        if contenders
            .get(index)
            .is_some_and(|contender| greatest(contender) >= bar)
        {
            contenders.swap(kept, index);
            kept += 1;
        }
    }
    contenders.truncate(kept);
    let all_fail = contenders
        .get(start..)
        .unwrap_or_default()
        .iter()
        .all(|contender| {
            verdict.class(contender.class) == verdict.background || greatest(contender) < verdict.confidence
        });
    if all_fail {
        contenders.truncate(start);
        return Cell::Whole(verdict.background);
    }
    Cell::Mixed
}

/// The classes of one row of a cell's pixels.
fn evaluate(contenders: &[Contender], down: f32, across: &[f32], verdict: &Verdict, pixels: &mut [u8]) {
    for (pixel, fraction) in pixels.iter_mut().zip(across) {
        let mut best = (verdict.background, f32::NEG_INFINITY);
        for contender in contenders {
            let [top_left, top_right, bottom_left, bottom_right] = contender.corners;
            let score = mix(
                mix(top_left, bottom_left, down),
                mix(top_right, bottom_right, down),
                *fraction,
            );
            if score > best.1 {
                best = (contender.class, score);
            }
        }
        *pixel = verdict.of(best.0, best.1);
    }
}

#[cfg(test)]
mod tests;

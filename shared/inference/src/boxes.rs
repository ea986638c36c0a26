//! From the outputs of detectors to candidates: one module for the layouts, since they differ only in where numbers lie.

use crate::detection::{Candidate, Criteria, best};
use crate::head::YoloHead;

/// Candidates of the head of YOLO v8 and v11: planes of centre x, centre y, width, height and one score per class.
pub(crate) fn yolo(values: &[f32], head: &YoloHead, criteria: &Criteria<'_>) -> Vec<Candidate> {
    let mut planes = values.chunks_exact(head.anchors);
    let geometry: Vec<&[f32]> = planes.by_ref().take(4).collect();
    let [x, y, width, height] = geometry.as_slice() else {
        return Vec::new();
    };
    // Plane by plane, so that the scores are read in the order in which they lie.
    let mut strongest = vec![(0usize, f32::NEG_INFINITY); head.anchors];
    for (class, plane) in planes.take(head.classes).enumerate() {
        for (best, score) in strongest.iter_mut().zip(plane) {
            if *score > best.1 && score.is_finite() {
                *best = (class, *score);
            }
        }
    }
    let geometry = x.iter().zip(*y).zip(width.iter().zip(*height));
    let mut candidates = Vec::new();
    for (anchor, ((class, score), ((x, y), (width, height)))) in
        strongest.into_iter().zip(geometry).enumerate()
    {
        if criteria.admits(class, score) {
            let (half_width, half_height) = (width / 2.0, height / 2.0);
            let edges = [x - half_width, y - half_height, x + half_width, y + half_height];
            candidates.push(Candidate {
                class,
                score,
                edges,
                anchor,
            });
        }
    }
    candidates
}

/// The mask coefficients of one anchor: the planes behind the scores.
pub(crate) fn yolo_coefficients(values: &[f32], head: &YoloHead, anchor: usize) -> Vec<f32> {
    values
        .chunks_exact(head.anchors)
        .skip(4 + head.classes)
        .map(|plane| plane.get(anchor).copied().unwrap_or(f32::NAN))
        .collect()
}

/// Candidates of decoded boxes in 0 to 1 of an input of `size` (width, height), and scores by anchor and class.
pub(crate) fn boxes_scores(
    boxes: &[f32],
    scores: &[f32],
    (classes, class_offset): (usize, usize),
    (width, height): (u32, u32),
    criteria: &Criteria<'_>,
) -> Vec<Candidate> {
    let (width, height) = (f64::from(width), f64::from(height));
    let sample = |share: f32, side: f64| crate::rounding::single(f64::from(share) * side);
    let mut candidates = Vec::new();
    let anchors = boxes
        .as_chunks::<4>()
        .0
        .iter()
        .zip(scores.chunks_exact(classes.max(1)));
    for (anchor, (&[x1, y1, x2, y2], scores)) in anchors.enumerate() {
        // Most anchors see nothing at all; only of the others is the best class of interest.
        if !scores.iter().any(|score| *score > criteria.least()) {
            continue;
        }
        let Some((column, score)) = best(scores.iter().copied()) else {
            continue;
        };
        let class = column + class_offset;
        if criteria.admits(class, score) {
            let edges = [
                sample(x1, width),
                sample(y1, height),
                sample(x2, width),
                sample(y2, height),
            ];
            candidates.push(Candidate {
                class,
                score,
                edges,
                anchor,
            });
        }
    }
    candidates
}

//! What was found where, and which of several boxes of one thing is kept.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::geometry::Bounds;
use crate::manifest::{Labels, Thresholds};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// Class, as the model counts.
    pub class: usize,
    /// Name of the class.
    pub label: String,
    /// How sure the model is, from 0 to 1.
    pub score: f32,
    /// Where it is, in pixels of the picture, within it.
    #[serde(flatten)]
    pub bounds: Bounds,
}

/// What was found, and what was nearly found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GradedDetections {
    /// What scores above its threshold, strongest first.
    pub sure: Vec<Detection>,
    /// What scores below it by no more than a margin, nor less than half of it, and does not overlap what is sure by more than two things of a class
    /// may; strongest first, at most [`MAX_UNCERTAIN`].
    pub uncertain: Vec<Detection>,
}

/// How many things are told that were nearly found.
pub const MAX_UNCERTAIN: usize = 100;

/// A box before the choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// Class, as the model counts.
    pub(crate) class: usize,
    /// Score.
    pub(crate) score: f32,
    /// Edges in samples of the network's input.
    pub(crate) edges: [f32; 4],
    /// Which anchor it came from; decides between equal scores.
    pub(crate) anchor: usize,
}

impl Candidate {
    fn bounds(&self) -> Bounds {
        let [x1, y1, x2, y2] = self.edges;
        Bounds { x1, y1, x2, y2 }
    }

    pub(crate) fn named(&self, bounds: Bounds, labels: &Labels) -> Detection {
        Detection {
            class: self.class,
            label: labels.name(self.class),
            score: self.score,
            bounds,
        }
    }
}

/// What counts as found, after the caller's options have been put over the model's thresholds.
#[derive(Clone, Debug)]
pub(crate) struct Criteria<'a> {
    pub(crate) confidence: f32,
    pub(crate) iou: f32,
    pub(crate) max_detections: usize,
    /// How far below its threshold a score still counts as nearly enough, 0 to 1.
    pub(crate) margin: f32,
    pub(crate) thresholds: &'a Thresholds,
    pub(crate) classes: Option<&'a BTreeSet<usize>>,
}

impl Criteria<'_> {
    /// Whether a score of a class counts, or nearly: above the confidence and the class's own, less the margin, and of a
    /// class that was asked for. A score that is not a number never counts.
    pub(crate) fn admits(&self, class: usize, score: f32) -> bool {
        score.is_finite()
            && score > self.nearly(self.threshold(class))
            && self.classes.is_none_or(|classes| classes.contains(&class))
    }

    /// What every score that is admitted is above.
    pub(crate) fn least(&self) -> f32 {
        self.nearly(self.confidence)
    }

    /// What is nearly enough, where `threshold` is: of a low one half is still something, and less is noise.
    fn nearly(&self, threshold: f32) -> f32 {
        (threshold - self.margin).max(threshold / 2.0)
    }

    fn threshold(&self, class: usize) -> f32 {
        let own = self.thresholds.per_class.get(&class).copied().unwrap_or(0.0);
        self.confidence.max(own)
    }
}

/// Parts those that were admitted into those that are sure and those that are nearly so, and of each keeps one box of one
/// thing. Where something sure is, of whatever class, nothing is uncertain.
pub(crate) fn graded(
    candidates: Vec<Candidate>,
    criteria: &Criteria<'_>,
) -> (Vec<Candidate>, Vec<Candidate>) {
    let (sure, mut near): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|candidate| candidate.score > criteria.threshold(candidate.class));
    let sure = suppress(sure, criteria.iou, criteria.max_detections);
    near.retain(|candidate| {
        let bounds = candidate.bounds();
        !sure
            .iter()
            .any(|sure| sure.bounds().overlap(&bounds) > criteria.iou)
    });
    let near = suppress(near, criteria.iou, MAX_UNCERTAIN);
    (sure, near)
}

/// Greedy non-maximum suppression within each class: from the strongest on, a box is kept unless it overlaps one that
/// was kept by more than `iou`. Strongest first; of equal scores the lower anchor first. Ends at `max_detections`.
///
/// Candidates whose numbers are not finite, or that have no area, are dropped.
pub(crate) fn suppress(mut candidates: Vec<Candidate>, iou: f32, max_detections: usize) -> Vec<Candidate> {
    candidates.retain(|candidate| {
        candidate.score.is_finite()
            && candidate.edges.iter().all(|edge| edge.is_finite())
            && candidate.bounds().area() > 0.0
    });
    candidates.sort_by(stronger);
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if kept.len() == max_detections {
            break;
        }
        let bounds = candidate.bounds();
        let same_thing =
            |strong: &Candidate| strong.class == candidate.class && strong.bounds().overlap(&bounds) > iou;
        if !kept.iter().any(same_thing) {
            kept.push(candidate);
        }
    }
    kept
}

/// The order of the answer: descending score, then ascending anchor and class.
fn stronger(a: &Candidate, b: &Candidate) -> Ordering {
    b.score
        .total_cmp(&a.score)
        .then(a.anchor.cmp(&b.anchor))
        .then(a.class.cmp(&b.class))
}

/// The best class of one anchor's scores, the lowest of equal ones; scores that are not numbers do not count.
pub(crate) fn best(scores: impl Iterator<Item = f32>) -> Option<(usize, f32)> {
    scores.enumerate().filter(|(_, score)| score.is_finite()).fold(
        None,
        |best: Option<(usize, f32)>, (class, score)| match best {
            Some((_, highest)) if highest >= score => best,
            _ => Some((class, score)),
        },
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(class: usize, score: f32, anchor: usize, edges: [f32; 4]) -> Candidate {
        Candidate {
            class,
            score,
            edges,
            anchor,
        }
    }

    #[test]
    fn equal_scores_keep_the_order_of_the_anchors() {
        let boxes = vec![
            candidate(0, 0.5, 7, [0.0, 0.0, 10.0, 10.0]),
            candidate(0, 0.5, 3, [20.0, 0.0, 30.0, 10.0]),
            candidate(1, 0.9, 9, [0.0, 0.0, 10.0, 10.0]),
        ];
        let kept: Vec<_> = suppress(boxes, 0.5, 10).iter().map(|c| c.anchor).collect();
        assert_eq!(kept, [9, 3, 7]);
    }

    #[test]
    fn an_overlap_of_just_the_limit_is_kept() {
        // Half of each box is common: 50 / 150.
        let boxes = vec![
            candidate(0, 0.9, 0, [0.0, 0.0, 10.0, 10.0]),
            candidate(0, 0.8, 1, [5.0, 0.0, 15.0, 10.0]),
        ];
        assert_eq!(suppress(boxes.clone(), 1.0 / 3.0, 10).len(), 2);
        assert_eq!(suppress(boxes, 0.33, 10).len(), 1);
    }

    #[test]
    fn what_is_not_a_number_is_not_found() {
        let boxes = vec![
            candidate(0, f32::NAN, 0, [0.0, 0.0, 1.0, 1.0]),
            candidate(0, f32::INFINITY, 1, [0.0, 0.0, 1.0, 1.0]),
            candidate(0, 0.9, 2, [0.0, f32::NAN, 1.0, 1.0]),
            candidate(0, 0.9, 3, [0.0, 0.0, f32::INFINITY, 1.0]),
            candidate(0, 0.9, 4, [3.0, 0.0, 1.0, 1.0]),
        ];
        assert!(suppress(boxes, 0.5, 10).is_empty());
        assert_eq!(
            best([f32::NAN, 0.2, 0.7, 0.7, f32::INFINITY].into_iter()),
            Some((2, 0.7))
        );
        assert_eq!(best([f32::NAN].into_iter()), None);
    }

    #[test]
    fn what_is_nearly_found_is_uncertain_where_nothing_is_found() {
        let thresholds = Thresholds {
            confidence: None,
            iou: 0.5,
            max_detections: 0,
            per_class: [(2, 0.9)].into(),
        };
        let criteria = |margin, max_detections| Criteria {
            confidence: 0.5,
            iou: 0.5,
            max_detections,
            margin,
            thresholds: &thresholds,
            classes: None,
        };
        let apart = |place: f32| [place, 0.0, place + 10.0, 10.0];
        let all = [
            candidate(0, 0.95, 0, apart(0.0)),
            candidate(0, 0.5, 1, apart(20.0)),
            candidate(0, 0.41, 2, apart(20.0)),
            candidate(0, 0.41, 3, apart(40.0)),
            candidate(0, 0.40, 4, apart(60.0)),
            // Another class where something sure is.
            candidate(1, 0.45, 5, apart(1.0)),
            // A class that asks for more.
            candidate(2, 0.9, 6, apart(80.0)),
            candidate(2, 0.79, 7, apart(100.0)),
            candidate(0, 0.6, 8, apart(120.0)),
        ];
        let told = |margin, max_detections| {
            let criteria = criteria(margin, max_detections);
            let admitted = all
                .iter()
                .filter(|candidate| criteria.admits(candidate.class, candidate.score));
            let (sure, near) = graded(admitted.copied().collect(), &criteria);
            [sure, near].map(|kept| kept.iter().map(|kept| kept.anchor).collect::<Vec<_>>())
        };
        assert_eq!(told(0.1, 10), [vec![0, 8], vec![6, 1, 3]]);
        // What is left out for its number is not uncertain either.
        assert_eq!(told(0.1, 1), [vec![0], vec![6, 1, 3]]);
        assert_eq!(told(0.0, 10), [vec![0, 8], vec![]]);
        // A margin that is wide for its threshold ends at half of that.
        assert_eq!(criteria(0.8, 1).least(), 0.25);
        assert!(!criteria(0.8, 1).admits(0, 0.25) && criteria(0.8, 1).admits(0, 0.26));
    }

    #[test]
    fn of_what_is_uncertain_no_more_is_told_than_is_of_use() {
        let thresholds = Thresholds {
            confidence: None,
            iou: 0.5,
            max_detections: 10,
            per_class: [].into(),
        };
        let criteria = Criteria {
            confidence: 0.5,
            iou: 0.5,
            max_detections: 10,
            margin: 0.1,
            thresholds: &thresholds,
            classes: None,
        };
        let near = (0..300_u16).map(|place| {
            let left = f32::from(place) * 20.0;
            candidate(0, 0.45, usize::from(place), [left, 0.0, left + 10.0, 10.0])
        });
        assert_eq!(graded(near.collect(), &criteria).1.len(), MAX_UNCERTAIN);
    }

    /// Says of each box by itself whether it is kept, from the definition: no stronger kept box of its class overlaps.
    fn brute_force(boxes: &[Candidate], iou: f32, limit: usize) -> Vec<usize> {
        fn kept(boxes: &[Candidate], index: usize, iou: f32) -> bool {
            let me = &boxes[index];
            boxes.iter().enumerate().all(|(other, it)| {
                let beats = it.score > me.score || (it.score == me.score && it.anchor < me.anchor);
                !(beats
                    && it.class == me.class
                    && it.bounds().overlap(&me.bounds()) > iou
                    && kept(boxes, other, iou))
            })
        }
        let mut answer: Vec<usize> = (0..boxes.len()).filter(|i| kept(boxes, *i, iou)).collect();
        answer.sort_by(|a, b| boxes[*b].score.total_cmp(&boxes[*a].score).then(a.cmp(b)));
        answer.truncate(limit);
        answer
    }

    proptest! {
        #[test]
        fn suppression_equals_its_definition(
            raw in prop::collection::vec((0usize..3, 1u8..6, 0u8..20, 0u8..20, 1u8..12, 1u8..12), 0..12),
            iou in 0.0f32..1.0, limit in 1usize..15,
        ) {
            let boxes: Vec<_> = raw.iter().enumerate().map(|(anchor, &(class, score, x, y, w, h))| {
                let (x, y) = (f32::from(x), f32::from(y));
                candidate(class, f32::from(score) / 8.0, anchor, [x, y, x + f32::from(w), y + f32::from(h)])
            }).collect();
            let kept: Vec<usize> = suppress(boxes.clone(), iou, limit).iter().map(|c| c.anchor).collect();
            prop_assert_eq!(kept, brute_force(&boxes, iou, limit));
        }

        #[test]
        fn hostile_boxes_never_panic(
            raw in prop::collection::vec((any::<f32>(), any::<[f32; 4]>()), 0..40), iou in any::<f32>(),
        ) {
            let boxes = raw.iter().enumerate().map(|(anchor, (s, e))| candidate(0, *s, anchor, *e)).collect();
            for kept in suppress(boxes, iou, 5) {
                prop_assert!(kept.score.is_finite() && kept.bounds().area() > 0.0);
            }
        }
    }
}

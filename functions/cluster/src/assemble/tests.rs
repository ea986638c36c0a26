use std::ops::ControlFlow;

use darkroom_domain::{Code, Description, FailureReport, TenantId, VectorSpace, sorter::QualityScore};
use uuid::Uuid;

use super::*;
use crate::{
    described::Space,
    find::{Input, find},
};

fn image(number: u128) -> ImageId {
    ImageId::from_uuid(Uuid::from_u128(number))
}

fn id(number: u128) -> GroupingId {
    GroupingId::from_uuid(Uuid::from_u128(number))
}

fn now() -> Timestamp {
    Timestamp::from_unix_milliseconds(1_000).unwrap()
}

const PARAMETERS: GroupingParameters = GroupingParameters {
    min_cluster_size: 3,
    min_samples: 2,
    metric: darkroom_domain::sorter::GroupingMetric::Cosine,
};

/// Photographs by their numbers: at these angles, in degrees; those without an angle could not be described.
fn analysis(photographs: &[(u128, Option<f32>)]) -> Analysis {
    let space = Space {
        id: VectorSpace::new(7),
        model: Some("embedder".to_owned()),
        model_sha256: Some("ab".to_owned()),
        dimensions: 2,
    };
    let described = Described {
        photographs: photographs
            .iter()
            .map(|(number, angle)| {
                let mut description = Description::unknown(TenantId::single(), image(*number), now());
                description.space = Some(space.id);
                for (metric, score) in [(QualityMetric::Brisque, 1.0), (QualityMetric::Sharpness, 0.01)] {
                    let score = QualityScore {
                        score: Some(score * f64::from(u32::try_from(*number).unwrap())),
                        version: "1".to_owned(),
                        analyzed_at: now(),
                    };
                    description.scores.insert(metric.name().to_owned(), score);
                }
                Photograph {
                    id: image(*number),
                    description: angle.map(|_| description),
                    failure: angle.is_none().then(|| FailureReport {
                        code: Code::CorruptImage,
                        detail: "It is broken.".to_owned(),
                    }),
                }
            })
            .collect(),
        space: Some(space),
    };
    let with: Vec<(u128, f32)> = photographs
        .iter()
        .filter_map(|(number, angle)| Some((*number, (*angle)?)))
        .collect();
    let input = Input {
        ids: with.iter().map(|(number, _)| image(*number)).collect(),
        values: with
            .iter()
            .flat_map(|(_, angle)| [angle.to_radians().cos(), angle.to_radians().sin()])
            .collect(),
        dimensions: 2,
        hashes: vec![None; with.len()],
        parameters: PARAMETERS,
    };
    Analysis {
        batch_id: BatchId::from_uuid(Uuid::nil()),
        job_id: JobId::from_uuid(Uuid::from_u128(77)),
        parameters: PARAMETERS,
        described,
        has_gaps: false,
        found: find(input, &mut |_| ControlFlow::Continue(())).unwrap(),
    }
}

/// Four at 0 to 3 degrees, four at 90 to 93; one far from both.
fn two_groups() -> Vec<(u128, Option<f32>)> {
    let angles = [0.0, 1.0, 2.0, 3.0, 90.0, 91.0, 92.0, 93.0, 225.0];
    (1..).zip(angles.map(Some)).collect()
}

fn label_of(grouping: &Grouping, number: u128) -> &str {
    grouping
        .photographs
        .iter()
        .find(|one| one.image_id == image(number))
        .unwrap()
        .shown_label()
}

fn by_hand(grouping: &Grouping, sets: &[(&str, &[u128])]) -> Grouping {
    let map = sets
        .iter()
        .map(|(label, images)| ((*label).to_owned(), images.iter().copied().map(image).collect()))
        .collect();
    let members = grouping.photographs.iter().map(|one| one.image_id).collect();
    grouping
        .clone()
        .sorted_by_hand(id(50), &map, &members, now())
        .unwrap()
}

#[test]
fn names_and_what_was_moved_by_hand_survive() {
    let all = two_groups();
    let first = analysis(&all).assemble(id(1), None, false, now());
    assert_eq!((first.groups.len(), label_of(&first, 9)), (2, "Ungrouped"));
    let (one, other) = (label_of(&first, 1).to_owned(), label_of(&first, 5).to_owned());
    assert_eq!(
        BTreeSet::from([one.as_str(), other.as_str()]),
        BTreeSet::from(["Group 1", "Group 2"])
    );

    let sorted = by_hand(&first, &[("Sea", &[1, 2, 3, 4, 9]), (&other, &[5, 6, 7, 8])]);
    // A tenth photograph comes to the sea.
    let more = [all, vec![(10, Some(1.5))]].concat();
    let second = analysis(&more).assemble(id(2), Some(&sorted), false, now());
    let labels: Vec<&str> = (1..=10).map(|number| label_of(&second, number)).collect();
    assert_eq!(labels[..4], ["Sea"; 4]);
    assert_eq!(labels[4..8], [other.as_str(); 4]);
    assert_eq!(labels[8..], ["Sea", "Sea"], "9 was put there, 10 belongs there");
    assert!(second.photographs[8].is_manual);
    let sea = second.group("Sea").unwrap();
    assert!(sea.medoid.is_some() && sea.spread.is_some());

    let discarded = analysis(&more).assemble(id(3), Some(&sorted), true, now());
    assert_eq!(
        (label_of(&discarded, 9), label_of(&discarded, 10)),
        ("Ungrouped", "Sea")
    );
}

#[test]
fn names_that_are_taken_by_hand_are_given_to_no_other_group() {
    let first = analysis(&two_groups()[..4]).assemble(id(1), None, false, now());
    let (pinned, grouped) = ("Group 2", label_of(&first, 1).to_owned());
    assert_eq!(grouped, "Group 1");
    let sorted = by_hand(&first, &[("Group 1", &[1, 2, 3]), (pinned, &[4])]);
    let second = analysis(&two_groups()).assemble(id(2), Some(&sorted), false, now());
    assert_eq!(
        (label_of(&second, 4), label_of(&second, 5)),
        ("Group 2", "Group 3")
    );
}

#[test]
fn one_photograph_is_no_group_and_two_are() {
    for count in 0..=1 {
        let grouping = analysis(&two_groups()[..count]).assemble(id(1), None, false, now());
        assert_eq!(grouping.photographs.len(), count);
        assert!(
            grouping.photographs.iter().all(|one| one.label.is_none()),
            "{count}"
        );
        assert!(grouping.groups.is_empty());
    }
    let two = analysis(&two_groups()[..2]).assemble(id(1), None, false, now());
    assert_eq!([1, 2].map(|number| label_of(&two, number)), ["Group 1"; 2]);
}

#[test]
fn what_could_not_be_described_is_shown_in_no_group_with_its_reason() {
    let mut all = two_groups();
    all[1].1 = None;
    let grouping = analysis(&all).assemble(id(1), None, false, now());
    let broken = &grouping.photographs[1];
    assert_eq!(broken.failure.as_ref().unwrap().code, Code::CorruptImage);
    assert_eq!(
        (broken.label.as_ref(), broken.position, broken.probability),
        (None, None, None)
    );
    assert_eq!(label_of(&grouping, 1), label_of(&grouping, 3));
    assert!(grouping.photographs[2].position.is_some());
}

#[test]
fn groups_are_ranked_as_they_were_before() {
    let all = two_groups();
    let mut first = analysis(&all).assemble(id(1), None, false, now());
    let ranks = |grouping: &Grouping, metric: QualityMetric| -> Vec<Option<u32>> {
        let ranking = grouping.photographs[..4]
            .iter()
            .map(|one| one.ranking.as_ref().unwrap());
        ranking
            .map(|ranking| {
                assert_eq!(ranking.metric, metric);
                ranking.rank
            })
            .collect()
    };
    assert_eq!(
        ranks(&first, QualityMetric::Brisque),
        [1, 2, 3, 4].map(Some),
        "less is better"
    );
    let label = label_of(&first, 1).to_owned();
    let scores = |factor: f64| {
        (1..=4)
            .map(|number: u32| (image(number.into()), factor * f64::from(number)))
            .collect()
    };
    first.rank(&label, QualityMetric::Sharpness, &scores(0.01), now());
    let second = analysis(&all).assemble(id(2), Some(&first), false, now());
    assert_eq!(
        ranks(&second, QualityMetric::Sharpness),
        [4, 3, 2, 1].map(Some),
        "more is better"
    );
    first.rank(&label, QualityMetric::Musiq, &scores(1.0), now());
    let third = analysis(&all).assemble(id(3), Some(&first), false, now());
    assert_eq!(
        ranks(&third, QualityMetric::Brisque),
        [1, 2, 3, 4].map(Some),
        "there are no scores of the other"
    );
    assert_eq!(third.photographs[8].ranking, None, "it is in no group");
}

#[test]
fn the_same_again_is_known_by_its_input() {
    let all = two_groups();
    let analyzed = analysis(&all);
    let sha = |described: &Described, previous: Option<&Grouping>, discards| {
        input_sha256(described, PARAMETERS, previous, discards)
    };
    let first = analyzed.assemble(id(1), None, false, now());
    let again = sha(&analyzed.described, Some(&first), false);
    assert!(is_unchanged(&first, &again, false));

    // Names change nothing; photographs, failures, parameters and what was moved by hand do.
    let (one, other) = (label_of(&first, 1).to_owned(), label_of(&first, 5).to_owned());
    let ungrouped: &[u128] = &[9];
    let renamed = by_hand(
        &first,
        &[
            ("Sea", &[1, 2, 3, 4]),
            (&other, &[5, 6, 7, 8]),
            ("Ungrouped", ungrouped),
        ],
    );
    assert!(is_unchanged(
        &renamed,
        &sha(&analyzed.described, Some(&renamed), false),
        false
    ));
    let mut broken = all.clone();
    broken[0].1 = None;
    for other in [analysis(&all[1..]), analysis(&broken)] {
        assert!(!is_unchanged(
            &first,
            &sha(&other.described, Some(&first), false),
            false
        ));
    }
    let parameters = GroupingParameters {
        min_samples: 3,
        ..PARAMETERS
    };
    let asked_otherwise = input_sha256(&analyzed.described, parameters, Some(&first), false);
    assert!(!is_unchanged(&first, &asked_otherwise, false));
    let moved = by_hand(
        &first,
        &[
            (&one, &[1, 2, 3]),
            (&other, &[4, 5, 6, 7, 8]),
            ("Ungrouped", ungrouped),
        ],
    );
    assert!(!is_unchanged(
        &moved,
        &sha(&analyzed.described, Some(&moved), false),
        false
    ));
    let second = analyzed.assemble(id(2), Some(&moved), false, now());
    assert!(is_unchanged(
        &second,
        &sha(&analyzed.described, Some(&second), false),
        false
    ));
    for by_hand in [&moved, &second] {
        let discarding = sha(&analyzed.described, Some(by_hand), true);
        assert!(!is_unchanged(by_hand, &discarding, true), "it has to go");
    }
    let mut gaps = analyzed;
    gaps.has_gaps = true;
    assert_eq!(gaps.assemble(id(3), None, false, now()).input_sha256, None);
}

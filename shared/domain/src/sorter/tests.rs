use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::*;
use crate::{
    failure::Code,
    ids::{BatchId, GroupingId, ImageId, JobId},
    quality::QualityMetric,
    tenant::TenantId,
    timestamp::Timestamp,
};

fn image(number: u128) -> ImageId {
    ImageId::from_uuid(Uuid::from_u128(number))
}

fn now() -> Timestamp {
    Timestamp::from_unix_milliseconds(1_000).unwrap()
}

fn id(number: u128) -> GroupingId {
    GroupingId::from_uuid(Uuid::from_u128(number))
}

/// Labels of photographs 1, 2, 3 …; none for those in no group.
fn grouping(labels: &[Option<&str>]) -> Grouping {
    let mut grouping = Grouping::empty(id(1), BatchId::from_uuid(Uuid::nil()), now());
    for (number, label) in (1..).zip(labels) {
        let mut photograph = GroupedPhotograph::ungrouped(image(number));
        photograph.label = label.map(ToOwned::to_owned);
        grouping.photographs.push(photograph);
        if let Some(label) = label
            && grouping.group(label).is_none()
        {
            grouping.groups.push(Group {
                medoid: Some(image(number)),
                ..Group::by_hand((*label).to_owned())
            });
        }
    }
    grouping
}

fn map(sets: &[(&str, &[u128])]) -> BTreeMap<String, Vec<ImageId>> {
    sets.iter()
        .map(|(label, images)| ((*label).to_owned(), images.iter().copied().map(image).collect()))
        .collect()
}

fn members(count: u128) -> BTreeSet<ImageId> {
    (1..=count).map(image).collect()
}

fn label_of(grouping: &Grouping, number: u128) -> &str {
    grouping
        .photographs
        .iter()
        .find(|photograph| photograph.image_id == image(number))
        .unwrap()
        .shown_label()
}

#[test]
fn clusters_are_numbered_round_the_names_that_are_taken() {
    assert_eq!(labels_of_clusters(&[None, None], []), ["Group 1", "Group 2"]);
    assert_eq!(
        labels_of_clusters(&[None, Some("Cats"), Some("Group 1"), None], ["Group 3"]),
        ["Group 2", "Cats", "Group 1", "Group 4"]
    );
}

#[test]
fn a_map_must_name_every_photograph_once() {
    let before = grouping(&[Some("Group 1"), Some("Group 1"), None]);
    for wrong in [
        map(&[("A", &[1, 2])]),
        map(&[("A", &[1, 2, 3, 4])]),
        map(&[("A", &[1, 2]), ("B", &[2])]),
        map(&[("A", &[1, 2]), ("B", &[2, 3])]),
        map(&[]),
    ] {
        let failure = before
            .clone()
            .sorted_by_hand(id(2), &wrong, &members(3), now())
            .unwrap_err();
        assert_eq!(failure.code, Code::ValidationFailed);
        assert_eq!(
            failure.detail,
            "The provided group map must contain the exact same set of images as the batch."
        );
    }
    for label in ["", "  ", "a\nb", &"x".repeat(51)] {
        let failure = before
            .clone()
            .sorted_by_hand(id(2), &map(&[(label, &[1, 2, 3])]), &members(3), now())
            .unwrap_err();
        assert!(failure.detail.contains("label"), "{label:?}: {}", failure.detail);
    }
    assert!(
        before
            .sorted_by_hand(id(2), &map(&[(&"ж".repeat(50), &[1, 2, 3])]), &members(3), now())
            .is_ok()
    );
}

#[test]
fn renaming_a_group_pins_nobody() {
    let before = grouping(&[Some("Group 1"), Some("Group 1"), Some("Group 2"), None]);
    let after = before
        .sorted_by_hand(
            id(2),
            &map(&[("Cats", &[1, 2]), ("Group 2", &[3]), ("Ungrouped", &[4])]),
            &members(4),
            now(),
        )
        .unwrap();
    assert_eq!((label_of(&after, 1), label_of(&after, 4)), ("Cats", "Ungrouped"));
    assert!(
        after
            .photographs
            .iter()
            .all(|photograph| !photograph.is_manual && photograph.moved_from.is_none())
    );
    assert_eq!(
        after.group("Cats").unwrap().medoid,
        Some(image(1)),
        "it is the same group"
    );
    assert_eq!(after.id, id(2));
}

#[test]
fn moving_a_photograph_pins_it_and_the_next_analysis_leaves_it_there() {
    let before = grouping(&[Some("Group 1"), Some("Group 1"), Some("Group 2"), None]);
    let sorted = before
        .sorted_by_hand(
            id(2),
            &map(&[("Group 1", &[1]), ("Group 2", &[3, 2]), ("Best", &[4])]),
            &members(4),
            now(),
        )
        .unwrap();
    let pinned: Vec<bool> = sorted.photographs.iter().map(|one| one.is_manual).collect();
    assert_eq!(pinned, [false, true, false, true]);
    assert_eq!(sorted.photographs[1].moved_from.as_deref(), Some("Group 1"));
    assert_eq!(sorted.photographs[3].moved_from.as_deref(), Some("Ungrouped"));

    // The analysis sees them as it did at first, and one more.
    let found = grouping(&[Some("Group 1"), Some("Group 1"), None, None, Some("Group 1")]);
    let kept = found.clone().keeping(&sorted, false);
    let labels: Vec<&str> = (1..=5).map(|number| label_of(&kept, number)).collect();
    assert_eq!(labels, ["Group 1", "Group 2", "Ungrouped", "Best", "Group 1"]);
    assert!(kept.photographs[1].is_manual && kept.photographs[3].is_manual);
    assert_eq!(kept.photographs[2].moved_from.as_deref(), Some("Group 2"));
    assert_eq!(kept.photographs[4].moved_from, None, "it is new");
    assert!(kept.group("Best").is_some() && kept.group("Group 2").is_some());

    let discarded = found.keeping(&sorted, true);
    assert_eq!(label_of(&discarded, 2), "Group 1");
    assert!(discarded.photographs.iter().all(|one| !one.is_manual));
    assert!(discarded.group("Best").is_none());
}

#[test]
fn everything_sorted_before_any_analysis_is_by_hand() {
    let sorted = Grouping::empty(id(1), BatchId::from_uuid(Uuid::nil()), now())
        .sorted_by_hand(id(2), &map(&[("A", &[1]), ("B", &[2])]), &members(2), now())
        .unwrap();
    assert!(sorted.photographs.iter().all(|one| one.is_manual));
    assert_eq!(sorted.groups.len(), 2);
}

#[test]
fn the_best_is_first_whichever_end_of_the_measure_is_good() {
    let mut groups = grouping(&[Some("A"), Some("A"), Some("A"), Some("A"), Some("B")]);
    let scores: HashMap<ImageId, f64> = [(1, 30.0), (2, 10.0), (3, 10.0), (5, 1.0)]
        .into_iter()
        .map(|(number, score)| (image(number), score))
        .collect();
    let ranks = |groups: &Grouping| -> Vec<Option<u32>> {
        groups
            .photographs
            .iter()
            .map(|one| one.ranking.as_ref().and_then(|ranking| ranking.rank))
            .collect()
    };
    groups.rank("A", QualityMetric::Brisque, &scores, now());
    assert_eq!(
        ranks(&groups),
        [Some(3), Some(1), Some(2), None, None],
        "less is better"
    );
    groups.rank("A", QualityMetric::Sharpness, &scores, now());
    assert_eq!(
        ranks(&groups),
        [Some(1), Some(2), Some(3), None, None],
        "more is better"
    );

    let sorted = groups
        .sorted_by_hand(
            id(3),
            &map(&[("A", &[1, 2, 3]), ("B", &[5, 4])]),
            &members(5),
            now(),
        )
        .unwrap();
    assert_eq!(
        ranks(&sorted),
        [None; 5],
        "ranks in groups that changed hold no longer"
    );
}

#[test]
fn all_groups_are_ranked_at_once_each_by_its_own_measure() {
    let labels = [Some("A"), Some("A"), Some("B"), Some("B"), None];
    let score = |metric: QualityMetric, id: ImageId| -> Option<f64> {
        let number = (1..=5).find(|number| image(*number) == id)?;
        Some(
            if metric == QualityMetric::Brisque {
                10.0
            } else {
                1.0
            } * f64::from(u32::try_from(number).unwrap()),
        )
    };
    let measure = |label: &str| match label {
        "A" => QualityMetric::Brisque,
        _ => QualityMetric::Sharpness,
    };
    let mut together = grouping(&labels);
    together.rank_groups(measure, score, now());
    let mut one_by_one = grouping(&labels);
    for label in ["A", "B"] {
        let scores = (1..=5).map(|number| (image(number), score(measure(label), image(number)).unwrap()));
        one_by_one.rank(label, measure(label), &scores.collect(), now());
    }
    assert_eq!(together, one_by_one);
    let ranks: Vec<Option<u32>> = together
        .photographs
        .iter()
        .map(|one| one.ranking.as_ref().and_then(|ranking| ranking.rank))
        .collect();
    assert_eq!(ranks, [Some(1), Some(2), Some(2), Some(1), None]);
    assert_eq!(together.photographs[4].ranking, None, "it is in no group");
}

#[test]
fn what_is_gone_leaves_its_group() {
    let groups = grouping(&[Some("A"), Some("A"), Some("B")]).without(|gone| gone != image(2));
    assert_eq!(groups.photographs.len(), 1);
    assert_eq!(groups.groups.len(), 1);
    assert_eq!(groups.groups[0].medoid, None);
}

#[test]
fn of_two_analyses_the_later_holds() {
    let batch = Batch::new(
        BatchId::from_uuid(Uuid::nil()),
        TenantId::single(),
        "Holiday".to_owned(),
        now(),
    )
    .unwrap();
    let [first, second] = [1, 2].map(|number| JobId::from_uuid(Uuid::from_u128(number)));
    let batch = batch
        .analyzed_by(first, GroupingParameters::default(), false, now())
        .analyzed_by(second, GroupingParameters::default(), false, now());
    let late = batch.clone().grouped(first, id(1), now()).unwrap_err();
    assert_eq!(late.code, Code::Cancelled);
    let done = batch.clone().grouped(second, id(2), now()).unwrap();
    assert_eq!((done.state, done.grouping), (BatchState::Complete, Some(id(2))));
    // Sorting by hand calls it off, too.
    let by_hand = batch.regrouped(id(3), now());
    assert_eq!(
        by_hand.grouped(second, id(2), now()).unwrap_err().code,
        Code::Cancelled
    );
}

#[test]
fn names_of_batches_have_their_limits() {
    let name = |name: &str| {
        Batch::new(
            BatchId::from_uuid(Uuid::nil()),
            TenantId::single(),
            name.to_owned(),
            now(),
        )
    };
    assert!(name(&"ж".repeat(255)).is_ok());
    for wrong in ["", " ", "a\0b", &"x".repeat(256)] {
        assert_eq!(name(wrong).unwrap_err().code, Code::ValidationFailed, "{wrong:?}");
    }
}

#[test]
fn parameters_have_their_ranges() {
    let check = |min_cluster_size, min_samples| {
        GroupingParameters {
            min_cluster_size,
            min_samples,
            ..GroupingParameters::default()
        }
        .check()
    };
    assert!(check(2, 1).is_ok() && check(10_000, 10_000).is_ok());
    for (size, samples) in [(1, 5), (0, 5), (5, 0), (10_001, 5), (5, 10_001)] {
        assert_eq!(check(size, samples).unwrap_err().code, Code::ValidationFailed);
    }
    assert_eq!("manhattan".parse(), Ok(GroupingMetric::Manhattan));
    assert!("minkowski".parse::<GroupingMetric>().is_err());
}

#[test]
fn the_job_that_describes_a_picture_is_always_the_same() {
    let one = image(0x0192_f0c1_2345_7abc_8def_0123_4567_89ab);
    assert_eq!(JobId::describing(one), JobId::describing(one));
    assert_ne!(*JobId::describing(one).as_uuid(), *one.as_uuid());
    assert_ne!(JobId::describing(one), JobId::describing(image(2)));
    assert_eq!(
        JobId::describing(one).to_string()[..14],
        one.to_string()[..14],
        "it sorts beside it"
    );
    let anew = |space| JobId::describing_anew(one, VectorSpace::new(space));
    assert_eq!(anew(u64::MAX), anew(u64::MAX));
    assert_ne!(anew(u64::MAX), anew(1 << 40));
    assert_ne!(anew(u64::MAX), JobId::describing(one));
    assert_eq!(anew(u64::MAX).to_string()[..14], one.to_string()[..14]);
    assert_eq!(anew(u64::MAX).as_uuid().get_variant(), uuid::Variant::RFC4122);
}

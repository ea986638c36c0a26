//! Which group carries on which.

use darkroom_grouping::{MIN_OVERLAP, matching};
use proptest::prelude::*;

fn groups(members: &[&[u32]]) -> Vec<Vec<u32>> {
    members.iter().map(|members| members.to_vec()).collect()
}

#[test]
fn what_is_the_same_is_carried_on_whatever_its_number() {
    let previous = groups(&[&[1, 2, 3], &[4, 5, 6, 7], &[8, 9]]);
    let current = groups(&[&[7, 6, 5, 4], &[9, 8], &[3, 1, 2]]);
    assert_eq!(matching(&previous, &current), [Some(1), Some(2), Some(0)]);
}

#[test]
fn a_group_that_parts_is_carried_on_by_its_larger_part() {
    let previous = groups(&[&[1, 2, 3, 4, 5, 6, 7]]);
    assert_eq!(
        matching(&previous, &groups(&[&[1, 2, 3], &[4, 5, 6, 7]])),
        [None, Some(0)]
    );
    // Of equal parts, the one with the least member, in whatever order they come.
    let previous = groups(&[&[1, 2, 3, 4]]);
    assert_eq!(matching(&previous, &groups(&[&[3, 4], &[2, 1]])), [None, Some(0)]);
    assert_eq!(matching(&previous, &groups(&[&[2, 1], &[3, 4]])), [Some(0), None]);
}

#[test]
fn a_small_overlap_carries_nothing_on() {
    let previous = groups(&[&[1, 2, 3, 4]]);
    // One of four in either: just enough; one of five: too little.
    assert_eq!(MIN_OVERLAP, 0.25);
    assert_eq!(matching(&previous, &groups(&[&[1]])), [Some(0)]);
    assert_eq!(matching(&previous, &groups(&[&[1, 9]])), [None]);
    assert_eq!(matching(&previous, &groups(&[&[8, 9], &[]])), [None, None]);
    assert_eq!(matching::<u32>(&[], &[]), []);
    assert_eq!(matching(&groups(&[&[]]), &groups(&[&[]])), [None]);
}

#[test]
fn members_listed_twice_count_once() {
    let previous = groups(&[&[1, 1, 1, 1, 1, 1, 1, 2]]);
    assert_eq!(matching(&previous, &groups(&[&[1], &[2, 2]])), [Some(0), None]);
    assert_eq!(matching(&previous, &groups(&[&[2, 1, 2, 1]])), [Some(0)]);
}

proptest! {
    #[test]
    fn matches_are_one_to_one_and_the_greatest_overlap_is_among_them(
        before in prop::collection::vec(0_usize..6, 1..60), now in prop::collection::vec(0_usize..6, 1..60),
    ) {
        let part = |names: &[usize]| -> Vec<Vec<usize>> {
            (0..6).map(|name| (0..names.len()).filter(|at| names[*at] == name).collect()).collect()
        };
        let (previous, current) = (part(&before), part(&now));
        let matched = matching(&previous, &current);
        let mut olds: Vec<usize> = matched.iter().flatten().copied().collect();
        olds.sort_unstable();
        prop_assert!(olds.windows(2).all(|pair| pair[0] < pair[1]));
        let jaccard = |old: usize, new: usize| {
            let both = current[new].iter().filter(|member| previous[old].contains(member)).count();
            both as f64 / (previous[old].len() + current[new].len() - both).max(1) as f64
        };
        let all = (0..6).flat_map(|old| (0..6).map(move |new| (old, new)));
        let greatest = all.map(|(old, new)| jaccard(old, new)).fold(0.0, f64::max);
        let taken = |new: usize| matched[new].map_or(0.0, |old| jaccard(old, new));
        let best = (0..6).map(taken).fold(0.0, f64::max);
        prop_assert!(greatest < MIN_OVERLAP || best == greatest);
        prop_assert!((0..6).all(|new| matched[new].is_none() || taken(new) >= MIN_OVERLAP));
    }
}

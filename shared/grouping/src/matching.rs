//! Which group of the last grouping a new one carries on.

use std::collections::{BTreeMap, BTreeSet};

/// A new group carries on an old one only if at least this share of what is in either is in both.
pub const MIN_OVERLAP: f64 = 0.25;

/// For each of the current groups, which of the previous ones it carries on, so that names survive.
///
/// Pairs are matched one to one, that of the greatest Jaccard index first (members in both by members in either), then that
/// with more members in both, then by their least common member. A pair below [`MIN_OVERLAP`] is not matched. Members that a
/// group lists twice count once. The answer does not depend on the order of groups or members unless groups share members.
#[must_use]
pub fn matching<Id: Ord>(previous: &[Vec<Id>], current: &[Vec<Id>]) -> Vec<Option<usize>> {
    let sets = |groups: &'_ [Vec<Id>]| -> Vec<usize> {
        groups
            .iter()
            .map(|group| group.iter().collect::<BTreeSet<_>>().len())
            .collect()
    };
    let (before, now) = (sets(previous), sets(current));
    let mut holders: BTreeMap<&Id, BTreeSet<usize>> = BTreeMap::new();
    for (group, members) in previous.iter().enumerate() {
        for member in members {
            holders.entry(member).or_default().insert(group);
        }
    }
    // For each overlapping pair, how many members are in both, and the least of them.
    let mut overlaps: BTreeMap<(usize, usize), (usize, &Id)> = BTreeMap::new();
    for (group, members) in current.iter().enumerate() {
        for member in members.iter().collect::<BTreeSet<_>>() {
            for holder in holders.get(member).into_iter().flatten() {
                overlaps.entry((*holder, group)).or_insert((0, member)).0 += 1;
            }
        }
    }
    let mut pairs: Vec<_> = overlaps
        .into_iter()
        .map(|((old, new), (both, least))| {
            let size = |sizes: &[usize], group: usize| sizes.get(group).copied().unwrap_or_default();
            (both, size(&before, old) + size(&now, new) - both, least, old, new)
        })
        .filter(|(both, either, ..)| *both as f64 >= MIN_OVERLAP * *either as f64)
        .collect();
    pairs.sort_by(|a, b| {
        // Fractions are compared without rounding.
        let (one, other) = (a.0 as u128 * b.1 as u128, b.0 as u128 * a.1 as u128);
        let size = b.0.cmp(&a.0);
        other
            .cmp(&one)
            .then(size)
            .then_with(|| a.2.cmp(b.2))
            .then((a.3, a.4).cmp(&(b.3, b.4)))
    });
    let mut taken = BTreeSet::new();
    let mut matched = vec![None; current.len()];
    for (_, _, _, old, new) in pairs {
        if let Some(place) = matched.get_mut(new)
            && place.is_none()
            && taken.insert(old)
        {
            *place = Some(old);
        }
    }
    matched
}

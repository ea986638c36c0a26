//! Which of several spaces a batch is grouped in.
//!
//! Vectors of two models cannot be compared. Photographs whose vector is of another space than most are described anew. If
//! that was tried and did not bring them into it, the deployment has another model by now: then the others follow them.

use std::collections::BTreeMap;

use darkroom_domain::{ImageId, JobState, VectorSpace};

/// A photograph that has a vector.
pub(crate) type Placed = (ImageId, VectorSpace);

/// The space that most are in; of two, the one with the lower number. None if there are no photographs.
pub(crate) fn most_common(placed: &[Placed]) -> Option<VectorSpace> {
    let mut counts: BTreeMap<VectorSpace, usize> = BTreeMap::new();
    for (_, space) in placed {
        *counts.entry(*space).or_default() += 1;
    }
    let greatest = counts.values().copied().max()?;
    counts
        .into_iter()
        .find(|(_, count)| *count == greatest)
        .map(|(space, _)| space)
}

/// Those that are in another space.
pub(crate) fn strangers(placed: &[Placed], space: VectorSpace) -> Vec<Placed> {
    placed.iter().filter(|(_, own)| *own != space).copied().collect()
}

/// The space to group in: that of most, unless `described_anew` tells of photographs that were described anew towards it and
/// are in another still, which is then that of today's model.
pub(crate) fn target(
    placed: &[Placed],
    described_anew: impl Fn(ImageId) -> Option<JobState>,
) -> Option<VectorSpace> {
    let most = most_common(placed)?;
    let elsewhere: Vec<Placed> = strangers(placed, most)
        .into_iter()
        .filter(|(image, _)| described_anew(*image) == Some(JobState::Done))
        .collect();
    most_common(&elsewhere).or(Some(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn placed(spaces: &[u64]) -> Vec<Placed> {
        (1..)
            .zip(spaces)
            .map(|(number, space)| {
                let image = ImageId::from_uuid(Uuid::from_u128(number));
                (image, VectorSpace::new(*space))
            })
            .collect()
    }

    #[test]
    fn the_few_follow_the_many() {
        let all = placed(&[7, 9, 7, 8, 7]);
        let space = target(&all, |_| None).unwrap();
        assert_eq!(space, VectorSpace::new(7));
        assert_eq!(strangers(&all, space), [all[1], all[3]]);
        assert_eq!(target(&[], |_| None), None);
        assert_eq!(
            target(&placed(&[9, 8]), |_| None),
            Some(VectorSpace::new(8)),
            "of two, the lower"
        );
    }

    #[test]
    fn the_many_follow_the_few_once_there_is_a_new_model() {
        let all = placed(&[7, 9, 7, 8, 7, 9]);
        let anew = |state: JobState| move |image: ImageId| (image == all_id(2)).then_some(state);
        assert_eq!(target(&all, anew(JobState::Done)), Some(VectorSpace::new(9)));
        for state in [
            JobState::Queued,
            JobState::Running,
            JobState::Failed,
            JobState::Cancelled,
        ] {
            assert_eq!(target(&all, anew(state)), Some(VectorSpace::new(7)), "{state:?}");
        }
    }

    fn all_id(number: u128) -> ImageId {
        ImageId::from_uuid(Uuid::from_u128(number))
    }
}

//! What can be said of a group as a whole.

use crate::Metric;
use crate::space::Space;

/// A group, in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupSummary {
    /// How many members it has.
    pub size: usize,
    /// The position of its medoid among the vectors given: the member nearest, by the metric, to the mean of all members (of
    /// their unit vectors for cosine). For cosine no member has a smaller mean distance to the members, and for Euclidean none a
    /// smaller mean squared distance.
    pub medoid: usize,
    /// The mean distance of the other members to the medoid, in the metric's own unit; 0 if they all coincide.
    pub spread: f64,
    /// How long the group persists as density grows, 0 to 1: its excess of mass as a share of what it would have if it came
    /// with the first density and went with the greatest there is. 1 if vectors coincide anywhere, as in the reference.
    pub persistence: f64,
}

/// The medoid's position in [`Space::order`] and the spread of the members, which are positions there too, in ascending order.
pub(crate) fn medoid(space: &Space<'_>, members: &[u32], site_of: &[u32]) -> (u32, f64) {
    let site = |member: u32| site_of.get(member as usize).copied().unwrap_or_default() as usize;
    let mut mean = vec![0.0; space.dimensions()];
    for member in members {
        let (values, scale) = space.values(site(*member));
        for (sum, value) in mean.iter_mut().zip(values) {
            *sum += f64::from(*value) * scale;
        }
    }
    let count = members.len().max(1) as f64;
    for sum in &mut mean {
        *sum /= count;
    }

    let mut nearest = (f64::INFINITY, members.first().copied().unwrap_or_default());
    for member in members {
        let distance = distance_to(space, site(*member), &mean);
        // The first of equals stays.
        if distance < nearest.0 {
            nearest = (distance, *member);
        }
    }
    let medoid = nearest.1;
    let distance = |member: u32| {
        if site(member) == site(medoid) {
            return 0.0;
        }
        space.distance(space.reduced(site(member), site(medoid)))
    };
    let sum: f64 = members.iter().map(|member| distance(*member)).sum();
    (medoid, sum / (members.len().max(2) - 1) as f64)
}

fn distance_to(space: &Space<'_>, site: usize, mean: &[f64]) -> f64 {
    let (values, scale) = space.values(site);
    let differences = values
        .iter()
        .zip(mean)
        .map(|(value, mean)| f64::from(*value) * scale - mean);
    match space.metric() {
        Metric::Cosine | Metric::Euclidean => differences.map(|difference| difference * difference).sum(),
        Metric::Manhattan => differences.map(f64::abs).sum(),
        Metric::Chebyshev => differences.map(f64::abs).fold(0.0, f64::max),
    }
}

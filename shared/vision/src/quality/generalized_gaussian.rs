//! Fits of the asymmetric generalised Gaussian distribution by its moments (Lasmar, Stitou, Berthoumieu: Multiscale
//! Skewed Heavy Tailed Model for Texture Analysis, 2009), as BRISQUE and NIQE use them.

use std::sync::LazyLock;

use super::gamma::gamma;

/// Values that are added up side by side.
const LANES: usize = 16;
/// The shape that the table of ratios begins with, and the step from one to the next.
const FIRST_SHAPE: f64 = 0.2;
const STEP: f64 = 0.001;
/// The number of shapes up to 10, and that included.
pub(super) const SHAPES: usize = 9801;

/// The generalised Gaussian ratio of each shape, which rises with it.
static RATIOS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    (0..SHAPES)
        .map(|index| {
            let inverse = 1.0 / shape(index);
            gamma(2.0 * inverse).powi(2) / (gamma(inverse) * gamma(3.0 * inverse))
        })
        .collect()
});

/// The shape at a place of the table.
fn shape(index: usize) -> f64 {
    u32::try_from(index).map_or(FIRST_SHAPE, |index| FIRST_SHAPE + f64::from(index) * STEP)
}

/// Sums over samples, from which a distribution is fitted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    positives: f64,
    negatives: f64,
    positive_squares: f64,
    negative_squares: f64,
    absolutes: f64,
}

/// A distribution that fits samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// 2 of a Gaussian, less of one with heavier tails.
    pub(super) shape: f64,
    /// The root mean square of the samples below 0.
    pub(super) left: f64,
    /// The root mean square of the samples above 0.
    pub(super) right: f64,
}

impl Fit {
    /// The mean of the absolute value of a distribution of this shape and of scale 1.
    pub(super) fn mean_of_shape(&self) -> f64 {
        gamma(2.0 / self.shape) / gamma(1.0 / self.shape)
    }

    /// What takes a root mean square to the distribution's own measure of scale.
    pub(super) fn scale_of_shape(&self) -> f64 {
        (gamma(1.0 / self.shape) / gamma(3.0 / self.shape)).sqrt()
    }
}

impl Moments {
    /// Adds a row of samples.
    #[inline(always)]
    pub(super) fn add(&mut self, samples: &[f32]) {
        let (blocks, rest) = samples.as_chunks::<LANES>();
        let mut lanes = Lanes::default();
        for block in blocks {
            lanes.add(block);
        }
        let mut last = [0.0; LANES];
        for (place, sample) in last.iter_mut().zip(rest) {
            *place = *sample;
        }
        lanes.add(&last);
        lanes.empty_into(self);
    }

    /// Adds the products of the samples of two rows of one length.
    #[inline(always)]
    pub(super) fn add_products(&mut self, one: &[f32], other: &[f32]) {
        let (blocks, rest) = one.as_chunks::<LANES>();
        let (other_blocks, other_rest) = other.as_chunks::<LANES>();
        let mut lanes = Lanes::default();
        let mut products = [0.0; LANES];
        for (block, other) in blocks.iter().zip(other_blocks) {
            for ((product, one), other) in products.iter_mut().zip(block).zip(other) {
                *product = one * other;
            }
            lanes.add(&products);
        }
        products = [0.0; LANES];
        for ((product, one), other) in products.iter_mut().zip(rest).zip(other_rest) {
            *product = one * other;
        }
        lanes.add(&products);
        lanes.empty_into(self);
    }

    /// The distribution of the first so many shapes that fits best, if there are samples on both sides of 0. `samples` is
    /// the number of all of them, with those that are 0.
    pub(super) fn fit(&self, samples: f64, shapes: usize) -> Option<Fit> {
        if self.positives == 0.0 || self.negatives == 0.0 {
            return None;
        }
        let left = (self.negative_squares / self.negatives).sqrt();
        let right = (self.positive_squares / self.positives).sqrt();
        let sides = left / right;
        let ratio =
            (self.absolutes / samples).powi(2) / ((self.negative_squares + self.positive_squares) / samples);
        let ratio = ratio * (sides.powi(3) + 1.0) * (sides + 1.0) / (sides * sides + 1.0).powi(2);
        ratio.is_finite().then(|| Fit {
            shape: nearest_shape(ratio, shapes),
            left,
            right,
        })
    }
}

/// The shape whose ratio is nearest.
fn nearest_shape(ratio: f64, shapes: usize) -> f64 {
    let ratios = RATIOS.get(..shapes).unwrap_or(&RATIOS);
    let above = ratios.partition_point(|entry| *entry < ratio);
    let below = above.saturating_sub(1);
    let distance = |index: usize| {
        ratios
            .get(index)
            .map_or(f64::INFINITY, |entry| (entry - ratio).abs())
    };
    shape(if distance(above) < distance(below) {
        above
    } else {
        below
    })
}

/// The moments of every sixteenth sample.
#[derive(Default)]
struct Lanes {
    positives: [f32; LANES],
    negatives: [f32; LANES],
    positive_squares: [f32; LANES],
    negative_squares: [f32; LANES],
    absolutes: [f32; LANES],
}

impl Lanes {
    #[inline(always)]
    fn add(&mut self, samples: &[f32; LANES]) {
        for (sum, sample) in self.positives.iter_mut().zip(samples) {
            *sum += if *sample > 0.0 { 1.0 } else { 0.0 };
        }
        for (sum, sample) in self.negatives.iter_mut().zip(samples) {
            *sum += if *sample < 0.0 { 1.0 } else { 0.0 };
        }
        for (sum, sample) in self.positive_squares.iter_mut().zip(samples) {
            *sum += if *sample > 0.0 { sample * sample } else { 0.0 };
        }
        for (sum, sample) in self.negative_squares.iter_mut().zip(samples) {
            *sum += if *sample < 0.0 { sample * sample } else { 0.0 };
        }
        for (sum, sample) in self.absolutes.iter_mut().zip(samples) {
            *sum += sample.abs();
        }
    }

    #[inline(always)]
    fn empty_into(self, moments: &mut Moments) {
        for (sum, lanes) in [
            (&mut moments.positives, self.positives),
            (&mut moments.negatives, self.negatives),
            (&mut moments.positive_squares, self.positive_squares),
            (&mut moments.negative_squares, self.negative_squares),
            (&mut moments.absolutes, self.absolutes),
        ] {
            *sum += lanes.into_iter().map(f64::from).sum::<f64>();
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers are small")]
mod tests {
    use super::*;

    fn fit(samples: &[f32]) -> Option<Fit> {
        let mut moments = Moments::default();
        moments.add(samples);
        moments.fit(samples.len() as f64, SHAPES)
    }

    /// Samples of the distribution whose inverse cumulative function this is, evenly spread.
    fn spread(inverse: impl Fn(f64) -> f64) -> Vec<f32> {
        (0..20_000)
            .map(|index| inverse((f64::from(index) + 0.5) / 20_000.0) as f32)
            .collect()
    }

    #[test]
    fn known_distributions_have_their_shapes() {
        // Laplace has shape 1, and a root mean square of the square root of 2.
        let laplace = spread(|p| {
            if p < 0.5 {
                (2.0 * p).ln()
            } else {
                -(2.0 - 2.0 * p).ln()
            }
        });
        let found = fit(&laplace).unwrap();
        assert!((found.shape - 1.0).abs() < 0.01, "{found:?}");
        assert!((found.left - 2_f64.sqrt()).abs() < 0.01, "{found:?}");
        assert!((found.right - found.left).abs() < 1e-4, "{found:?}");
        // The sides of an asymmetric one differ, and so do their shares: left 1, right 3.
        let skewed = spread(|p| {
            if p < 0.25 {
                (4.0 * p).ln()
            } else {
                -3.0 * ((1.0 - p) / 0.75).ln()
            }
        });
        let found = fit(&skewed).unwrap();
        assert!((found.shape - 1.0).abs() < 0.01, "{found:?}");
        assert!((found.right / found.left - 3.0).abs() < 0.01, "{found:?}");
        // An even distribution comes near the end of the table, whose ratio is that of shape 10.
        assert!(fit(&spread(|p| p - 0.5)).unwrap().shape > 9.0);
    }

    #[test]
    fn samples_on_one_side_have_no_fit() {
        assert!(fit(&[]).is_none());
        assert!(fit(&[0.0; 20]).is_none());
        assert!(fit(&[1.0; 20]).is_none());
        assert!(fit(&[-1.0; 20]).is_none());
        assert!(fit(&[1.0, -1.0]).is_some());
    }

    #[test]
    fn products_are_those_of_samples_in_the_same_place() {
        let one: Vec<f32> = (0..37_u8).map(|value| f32::from(value) - 18.0).collect();
        let other: Vec<f32> = (0..37_u8).map(|value| f32::from(value % 5) - 2.0).collect();
        let products: Vec<f32> = one.iter().zip(&other).map(|(one, other)| one * other).collect();
        let (mut direct, mut from_rows) = (Moments::default(), Moments::default());
        direct.add(&products);
        from_rows.add_products(&one, &other);
        assert_eq!(format!("{direct:?}"), format!("{from_rows:?}"));
    }

    #[test]
    fn ratios_rise() {
        assert_eq!(RATIOS.len(), SHAPES);
        assert!(RATIOS.is_sorted());
        // That of a Gaussian is 2 / pi.
        assert!((RATIOS[1800] - std::f64::consts::FRAC_2_PI).abs() < 1e-12);
        assert!((nearest_shape(std::f64::consts::FRAC_2_PI, SHAPES) - 2.0).abs() < 1e-9);
        assert!((nearest_shape(1.0, SHAPES) - 10.0).abs() < 1e-9);
        assert!((nearest_shape(1.0, SHAPES - 1) - 9.999).abs() < 1e-9);
        assert!((nearest_shape(0.0, SHAPES) - FIRST_SHAPE).abs() < 1e-9);
    }
}

//! BRISQUE (Mittal, Moorthy, Bovik: No-Reference Image Quality Assessment in the Spatial Domain, 2012), as OpenCV's
//! quality module computes it: 0 for the best, 100 for the worst.

mod half;

use darkroom_domain::quality::QualityMetric;
use fearless_simd::{Level, Simd, dispatch};

use self::half::Half;
use super::generalized_gaussian::{Moments, SHAPES};
use super::luma::Luma;
use super::normalization::{Source, Visitor, normalized};
use super::parameters::{FEATURES, PARAMETERS, Regression};
use super::{NotMeasured, at_least};

/// The least side. Its half has to hold the window of the means, and a little more.
const LEAST: u32 = 16;
/// Features at one scale.
const OF_SCALE: usize = FEATURES / 2;

/// The score of a picture.
pub(super) fn brisque(luma: &Luma) -> Result<f64, NotMeasured> {
    at_least(luma, QualityMetric::Brisque, LEAST, LEAST)?;
    let featureless = NotMeasured::Featureless(QualityMetric::Brisque);
    let whole = dispatch!(Level::new(), simd => features(simd, luma)).ok_or(featureless)?;
    let half = Half::of(luma);
    let half = dispatch!(Level::new(), simd => features(simd, &half)).ok_or(featureless)?;
    let mut all = [0.0; FEATURES];
    for (to, from) in all.iter_mut().zip(whole.into_iter().chain(half)) {
        *to = from;
    }
    Ok(PARAMETERS.0.score(all))
}

impl Source for Luma {
    fn width(&self) -> usize {
        self.width()
    }

    fn height(&self) -> usize {
        self.height()
    }

    #[inline(always)]
    fn read(&self, y: usize, out: &mut [f32]) {
        for (out, value) in out.iter_mut().zip(self.row(y)) {
            *out = f32::from(*value) * (1.0 / 255.0);
        }
    }
}

/// The moments of the normalised pixels, and of the products of those that touch.
#[derive(Default)]
struct Statistics {
    width: usize,
    before: Vec<f32>,
    pixels: Moments,
    horizontal: Moments,
    vertical: Moments,
    falling: Moments,
    rising: Moments,
}

impl Visitor for Statistics {
    #[inline(always)]
    fn row(&mut self, row: &[f32]) {
        let (Some(pixels), Some(right)) = (row.get(..self.width), row.get(1..=self.width)) else {
            return;
        };
        self.pixels.add(pixels);
        self.horizontal.add_products(pixels, right);
        if let (Some(above), Some(above_right)) =
            (self.before.get(..self.width), self.before.get(1..=self.width))
        {
            self.vertical.add_products(above, pixels);
            self.falling.add_products(above, right);
            self.rising.add_products(pixels, above_right);
        }
        self.before.clear();
        self.before.extend_from_slice(row);
    }
}

/// The features at one scale, unless so much is flat that there are none.
///
/// Compiled once for each level of vector instructions.
#[inline(always)]
fn features<S: Simd>(_simd: S, source: &impl Source) -> Option<[f32; OF_SCALE]> {
    let mut statistics = Statistics {
        width: source.width(),
        ..Statistics::default()
    };
    normalized(source, &mut statistics);
    statistics.features(source.height())
}

impl Statistics {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the regression was trained on 32-bit numbers"
    )]
    fn features(&self, height: usize) -> Option<[f32; OF_SCALE]> {
        // OpenCV's search ends before a shape of 10.
        const SEARCHED: usize = SHAPES - 1;
        let samples = f64::from(u32::try_from(self.width).ok()?) * f64::from(u32::try_from(height).ok()?);
        let mut features = Vec::with_capacity(OF_SCALE);
        let fit = self.pixels.fit(samples, SEARCHED)?;
        features.push(fit.shape as f32);
        features.push((fit.left * fit.left + fit.right * fit.right) as f32 / 2.0);
        for products in [&self.horizontal, &self.vertical, &self.falling, &self.rising] {
            let fit = products.fit(samples, SEARCHED)?;
            let mean = (fit.right - fit.left) * fit.mean_of_shape() * fit.scale_of_shape();
            features.extend([
                fit.shape as f32,
                mean as f32,
                (fit.left * fit.left) as f32,
                (fit.right * fit.right) as f32,
            ]);
        }
        features.try_into().ok()
    }
}

impl Regression {
    /// What it makes of features, from 0 to 100.
    fn score(&self, features: [f32; FEATURES]) -> f64 {
        let [least, greatest] = &self.bounds;
        let mut scaled = features;
        for ((value, least), greatest) in scaled.iter_mut().zip(least).zip(greatest) {
            *value = -1.0 + 2.0 * (*value - least) / (greatest - least);
        }
        let mut sum = -self.rho;
        for (weight, vector) in self.weights.iter().zip(&self.support_vectors) {
            let distance: f64 = vector
                .iter()
                .zip(&scaled)
                .map(|(one, other)| f64::from(one - other).powi(2))
                .sum();
            sum += weight * (-self.gamma * distance).exp();
        }
        sum.clamp(0.0, 100.0)
    }
}

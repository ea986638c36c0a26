//! From a size and sigmas to weights of 8 fractional bits.

/// Pixels along an axis that a kernel covers at most.
pub const MAXIMUM_KERNEL_SIZE: u32 = 4095;

/// Weights are parts of this.
const ONE: u16 = 256;

/// What a blur is asked to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlurParameters {
    /// Pixels that the kernel covers along each axis: odd. 0 or less leaves it to the sigmas:
    /// `round(6 * sigma + 1)` along each axis, made odd.
    pub kernel_size: i64,
    /// Standard deviation along rows, in pixels. 0 or less leaves it to the size.
    pub sigma_x: f64,
    /// Standard deviation along columns, in pixels. 0 or less means that of rows.
    pub sigma_y: f64,
}

/// Why there is no such blur.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BlurError {
    /// Such a kernel has no middle.
    #[error("The kernel size must be odd, not {0}")]
    EvenSize(i64),
    /// Nothing says how large the kernel is.
    #[error("The kernel size must be above 0 where sigma_x is not")]
    NoSize,
    /// The kernel that is asked for, or that follows from a sigma, is above [`MAXIMUM_KERNEL_SIZE`].
    #[error("The kernel size must be at most {MAXIMUM_KERNEL_SIZE}")]
    TooLarge,
    /// A sigma is infinite or not a number.
    #[error("The sigmas must be finite")]
    NotFinite,
}

impl BlurParameters {
    /// The kernels along rows and along columns, in this order.
    ///
    /// # Errors
    /// See [`BlurError`].
    pub fn kernels(&self) -> Result<(GaussianKernel, GaussianKernel), BlurError> {
        if !self.sigma_x.is_finite() || !self.sigma_y.is_finite() {
            return Err(BlurError::NotFinite);
        }
        let sigma_y = if self.sigma_y > 0.0 {
            self.sigma_y
        } else {
            self.sigma_x
        };
        Ok((
            GaussianKernel::new(self.size(self.sigma_x)?, self.sigma_x),
            GaussianKernel::new(self.size(sigma_y)?, sigma_y),
        ))
    }

    fn size(&self, sigma: f64) -> Result<u32, BlurError> {
        if self.kernel_size > 0 {
            if self.kernel_size % 2 == 0 {
                return Err(BlurError::EvenSize(self.kernel_size));
            }
            return u32::try_from(self.kernel_size)
                .ok()
                .filter(|size| *size <= MAXIMUM_KERNEL_SIZE)
                .ok_or(BlurError::TooLarge);
        }
        if sigma <= 0.0 {
            return Err(BlurError::NoSize);
        }
        let size = (sigma * 6.0 + 1.0).round_ties_even();
        if size > f64::from(MAXIMUM_KERNEL_SIZE) {
            return Err(BlurError::TooLarge);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number of 1 to 4095"
        )]
        let size = size as u32;
        Ok(size | 1)
    }
}

/// Two weights at the same distance before and after the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Pixels from the middle.
    pub(super) distance: usize,
    /// Of each of the two, in parts of 256.
    pub(super) weight: u16,
}

/// Weights along one axis, symmetric, in parts of 256, with a sum of exactly 256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaussianKernel {
    size: u32,
    middle: u16,
    /// Those that are not zero, from the middle outwards.
    pairs: Vec<Pair>,
}

impl GaussianKernel {
    /// A kernel of an odd size.
    fn new(size: u32, sigma: f64) -> Self {
        let mut sum = 0;
        // What rounding takes from one weight is given to the next one.
        let mut carried = 0.0;
        let mut pairs = Vec::new();
        for (weight, distance) in exact_half(size, sigma)
            .into_iter()
            .zip((1..=size as usize / 2).rev())
        {
            let wanted = weight * f64::from(ONE) + carried;
            let rounded = wanted.round_ties_even();
            carried = wanted - rounded;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most half of 256 in all, and a cast of a float saturates"
            )]
            let weight = rounded as u16;
            sum += weight;
            if weight > 0 {
                pairs.push(Pair { distance, weight });
            }
        }
        pairs.reverse();
        Self {
            size,
            middle: ONE.saturating_sub(2 * sum),
            pairs,
        }
    }

    /// Pixels that the kernel covers.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// All weights, in parts of 256.
    #[must_use]
    pub fn weights(&self) -> Vec<u16> {
        let middle = self.size as usize / 2;
        let mut weights = vec![0; self.size as usize];
        for (place, weight) in self
            .pairs
            .iter()
            .flat_map(|pair| {
                [
                    (middle - pair.distance, pair.weight),
                    (middle + pair.distance, pair.weight),
                ]
            })
            .chain([(middle, self.middle)])
        {
            if let Some(entry) = weights.get_mut(place) {
                *entry = weight;
            }
        }
        weights
    }

    pub(super) const fn middle(&self) -> u16 {
        self.middle
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The distance of the outermost weight that is not zero.
    pub(super) fn reach(&self) -> usize {
        self.pairs.last().map_or(0, |pair| pair.distance)
    }
}

/// The weights before the middle, from the outermost on, of a sum of 1 with those after it and the middle.
fn exact_half(size: u32, sigma: f64) -> Vec<f64> {
    // Binomial coefficients, or near to them, for the sizes that are used most.
    let small: Option<&[f64]> = match size {
        _ if sigma > 0.0 => None,
        1 => Some(&[]),
        3 => Some(&[0.25]),
        5 => Some(&[0.0625, 0.25]),
        7 => Some(&[0.03125, 0.109_375, 0.218_75]),
        9 => Some(&[4.0 / 256.0, 13.0 / 256.0, 30.0 / 256.0, 51.0 / 256.0]),
        _ => None,
    };
    if let Some(weights) = small {
        return weights.to_vec();
    }
    let sigma = if sigma > 0.0 {
        sigma
    } else {
        f64::from(size) * 0.15 + 0.35
    };
    // In half pixels, hence an eighth instead of a half.
    let scale = -0.125 / (sigma * sigma);
    let mut weights: Vec<f64> = (0..size / 2)
        .map(|place| {
            let offset = f64::from(size - 1) - 2.0 * f64::from(place);
            (offset * offset * scale).exp()
        })
        .collect();
    let sum = weights.iter().sum::<f64>() * 2.0 + 1.0;
    for weight in &mut weights {
        *weight *= 1.0 / sum;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(kernel_size: i64, sigma_x: f64, sigma_y: f64) -> BlurParameters {
        BlurParameters {
            kernel_size,
            sigma_x,
            sigma_y,
        }
    }

    fn sizes(kernel_size: i64, sigma_x: f64, sigma_y: f64) -> Result<(u32, u32), BlurError> {
        let (horizontal, vertical) = parameters(kernel_size, sigma_x, sigma_y).kernels()?;
        Ok((horizontal.size(), vertical.size()))
    }

    #[test]
    fn small_kernels_without_sigma_are_fixed() {
        let known: [&[u16]; 5] = [
            &[256],
            &[64, 128, 64],
            &[16, 64, 96, 64, 16],
            &[8, 28, 56, 72, 56, 28, 8],
            &[4, 13, 30, 51, 60, 51, 30, 13, 4],
        ];
        for weights in known {
            let size = u32::try_from(weights.len()).unwrap();
            assert_eq!(GaussianKernel::new(size, 0.0).weights(), weights);
            assert_eq!(GaussianKernel::new(size, -2.0).weights(), weights);
        }
    }

    #[test]
    fn weights_are_symmetric_and_have_a_sum_of_one() {
        for size in (1..=4095).step_by(34) {
            for sigma in [0.0, 1e-300, 0.1, 0.8, 3.0, 50.0, 1e4, 1e300] {
                let weights = GaussianKernel::new(size, sigma).weights();
                assert_eq!(weights.len(), size as usize);
                assert_eq!(
                    weights.iter().map(|weight| u32::from(*weight)).sum::<u32>(),
                    256,
                    "{size} {sigma}"
                );
                assert!(weights.iter().eq(weights.iter().rev()), "{size} {sigma}");
            }
        }
    }

    #[test]
    fn sizes_follow_from_sigmas_where_none_is_given() {
        assert_eq!(sizes(7, 2.0, 0.0), Ok((7, 7)));
        assert_eq!(sizes(0, 1.0, 0.0), Ok((7, 7)));
        assert_eq!(sizes(-3, 1.0, 2.0), Ok((7, 13)));
        assert_eq!(sizes(0, 0.1, -1.0), Ok((3, 3)));
        assert_eq!(sizes(0, 682.0, 0.0), Ok((4093, 4093)));
    }

    #[test]
    fn impossible_blurs_are_refused() {
        assert_eq!(sizes(4, 0.0, 0.0), Err(BlurError::EvenSize(4)));
        assert_eq!(sizes(0, 0.0, 0.0), Err(BlurError::NoSize));
        assert_eq!(sizes(-1, 0.0, 2.0), Err(BlurError::NoSize));
        assert_eq!(sizes(4097, 0.0, 0.0), Err(BlurError::TooLarge));
        assert_eq!(sizes(i64::MAX, 1.0, 1.0), Err(BlurError::TooLarge));
        assert_eq!(sizes(0, 683.0, 0.0), Err(BlurError::TooLarge));
        assert_eq!(sizes(0, 1.0, f64::MAX), Err(BlurError::TooLarge));
        assert_eq!(sizes(3, f64::NAN, 0.0), Err(BlurError::NotFinite));
        assert_eq!(sizes(3, 1.0, f64::INFINITY), Err(BlurError::NotFinite));
    }
}

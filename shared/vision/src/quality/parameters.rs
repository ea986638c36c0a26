//! What BRISQUE and NIQE were trained to, as `models/iqa_params.bin` has it.

use std::sync::LazyLock;

/// Features of a picture: 18 at each of two scales.
pub(super) const FEATURES: usize = 36;
/// Taps of the window, in each direction.
pub(super) const WINDOW: usize = 7;
const SUPPORT_VECTORS: usize = 774;

/// The support vector regression of BRISQUE, trained on the LIVE database.
pub(super) struct Regression {
    /// The least and the greatest value of each feature.
    pub(super) bounds: [[f32; FEATURES]; 2],
    /// The weight of each support vector.
    pub(super) weights: Vec<f64>,
    pub(super) support_vectors: Vec<[f32; FEATURES]>,
    /// The width of the radial basis function.
    pub(super) gamma: f64,
    /// What is taken off the sum.
    pub(super) rho: f64,
}

/// The features of pristine photographs, as NIQE has them, and the window of its means.
pub(super) struct Pristine {
    pub(super) mean: [f64; FEATURES],
    pub(super) covariance: Vec<[f64; FEATURES]>,
    pub(super) window: [[f64; WINDOW]; WINDOW],
}

/// The parameters of all metrics.
pub(super) static PARAMETERS: LazyLock<(Regression, Pristine)> = LazyLock::new(|| {
    let mut numbers = Numbers(include_bytes!("../../../../models/iqa_params.bin"));
    let bounds = [numbers.singles(), numbers.singles()];
    let weights = (0..SUPPORT_VECTORS).map(|_| numbers.double()).collect();
    let support_vectors = (0..SUPPORT_VECTORS).map(|_| numbers.singles()).collect();
    let regression = Regression {
        bounds,
        weights,
        support_vectors,
        gamma: numbers.double(),
        rho: numbers.double(),
    };
    let pristine = Pristine {
        mean: numbers.doubles(),
        covariance: (0..FEATURES).map(|_| numbers.doubles()).collect(),
        window: std::array::from_fn(|_| numbers.doubles()),
    };
    (regression, pristine)
});

/// Little-endian numbers that are read one after the other. The file is a part of the program: a test shows that it is as
/// long as it has to be.
struct Numbers(&'static [u8]);

impl Numbers {
    fn bytes<const COUNT: usize>(&mut self) -> [u8; COUNT] {
        let Some((bytes, rest)) = self.0.split_first_chunk() else {
            return [0; COUNT];
        };
        self.0 = rest;
        *bytes
    }

    fn double(&mut self) -> f64 {
        f64::from_le_bytes(self.bytes())
    }

    fn doubles<const COUNT: usize>(&mut self) -> [f64; COUNT] {
        std::array::from_fn(|_| self.double())
    }

    fn singles<const COUNT: usize>(&mut self) -> [f32; COUNT] {
        std::array::from_fn(|_| f32::from_le_bytes(self.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_what_is_read_and_no_more() {
        let singles = 2 * FEATURES + SUPPORT_VECTORS * FEATURES;
        let doubles = SUPPORT_VECTORS + 2 + FEATURES + FEATURES * FEATURES + WINDOW * WINDOW;
        let file = include_bytes!("../../../../models/iqa_params.bin");
        assert_eq!(file.len(), 4 * singles + 8 * doubles);
        let (regression, pristine) = &*PARAMETERS;
        assert_eq!(regression.weights.len(), SUPPORT_VECTORS);
        assert!(regression.weights.iter().all(|weight| weight.abs() <= 1024.0));
        assert!((regression.gamma - 0.05).abs() < 1e-12);
        assert!((regression.rho + 149.635_061).abs() < 1e-6);
        let sum: f64 = pristine.window.as_flattened().iter().sum();
        assert!((sum - 1.0).abs() < 1e-12);
        for (row, values) in pristine.covariance.iter().enumerate() {
            assert!(values[row] > 0.0);
            for (column, value) in values.iter().enumerate() {
                assert!((value - pristine.covariance[column][row]).abs() < 1e-12);
            }
        }
    }
}

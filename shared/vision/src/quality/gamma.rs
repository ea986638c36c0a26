//! The gamma function.

/// Coefficients of Lanczos' approximation with g = 7 (C. Lanczos: A Precision Approximation of the Gamma Function, 1964), as
/// P. Godfrey computed them to 15 digits.
const FIRST: f64 = 0.999_999_999_999_809_9;
const COEFFICIENTS: [f64; 8] = [
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// The gamma function of a number above 0.
pub(super) fn gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    if x < 1.0 {
        return gamma(x + 1.0) / x;
    }
    let mut sum = FIRST;
    let mut place = x;
    for coefficient in COEFFICIENTS {
        sum += coefficient / place;
        place += 1.0;
    }
    let shifted = x - 0.5 + G;
    std::f64::consts::TAU.sqrt() * shifted.powf(x - 0.5) * (-shifted).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factorials_and_halves() {
        let mut factorial = 1.0;
        for n in 1..=20_u32 {
            let value = gamma(f64::from(n));
            assert!((value / factorial - 1.0).abs() < 1e-13, "{n}: {value}");
            factorial *= f64::from(n);
        }
        let root = std::f64::consts::PI.sqrt();
        for (x, expected) in [(0.5, root), (1.5, root / 2.0), (0.1, 9.513_507_698_668_732)] {
            assert!((gamma(x) / expected - 1.0).abs() < 1e-13, "{x}: {}", gamma(x));
        }
    }
}

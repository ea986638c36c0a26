//! A picture's luma at another size: each pixel is the mean of the part that it stands for.

use super::luma::Luma;

/// What part of a line a pixel of another line stands for: the pixels from `first` on, each with its share.
struct Share {
    first: usize,
    weights: Vec<f32>,
}

/// Rows of `width` luma values, from 0 to 255. A larger size than the picture's repeats pixels.
pub(crate) fn reduced(luma: &Luma, width: usize, height: usize) -> Vec<f32> {
    let columns = shares(luma.width(), width);
    let mut out = Vec::with_capacity(width * height);
    let mut sums = vec![0.0_f32; luma.width()];
    for share in shares(luma.height(), height) {
        sums.fill(0.0);
        for (y, weight) in (share.first..).zip(&share.weights) {
            for (sum, value) in sums.iter_mut().zip(luma.row(y)) {
                *sum += f32::from(*value) * weight;
            }
        }
        out.extend(columns.iter().map(|share| {
            let values = sums.iter().skip(share.first);
            values
                .zip(&share.weights)
                .map(|(value, weight)| value * weight)
                .sum::<f32>()
        }));
    }
    out
}

#[expect(clippy::cast_possible_truncation, reason = "weights need no more digits")]
fn shares(length: usize, target: usize) -> Vec<Share> {
    (0..target)
        .map(|index| {
            // In units of one target-th of a pixel: whole numbers.
            let (begin, end) = (index * length, (index + 1) * length);
            let first = begin / target;
            let last = (end - 1) / target;
            let weights = (first..=last)
                .map(|place| {
                    let covered = end.min((place + 1) * target) - begin.max(place * target);
                    (covered as f64 / length as f64) as f32
                })
                .collect();
            Share { first, weights }
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "numbers are small")]
mod tests {
    use super::*;
    use crate::picture::Picture;

    fn luma(width: u32, greys: &[u8]) -> Luma {
        let data = greys.iter().flat_map(|grey| [*grey; 3]).collect();
        Luma::full_range(&Picture::from_rgb(width, greys.len() as u32 / width, data).unwrap())
    }

    #[test]
    fn pixels_are_means_of_what_they_stand_for() {
        let greys = luma(3, &[0, 60, 120, 30, 90, 150]);
        assert_eq!(reduced(&greys, 3, 2), [0.0, 60.0, 120.0, 30.0, 90.0, 150.0]);
        assert_eq!(reduced(&greys, 3, 1), [15.0, 75.0, 135.0]);
        let [left, right] = reduced(&greys, 2, 1).try_into().unwrap();
        assert!(
            (left - 35.0_f32).abs() < 1e-3 && (right - 115.0_f32).abs() < 1e-3,
            "{left} {right}"
        );
        assert_eq!(reduced(&luma(1, &[7]), 3, 2), [7.0; 6]);
    }

    #[test]
    fn shares_add_up_to_one() {
        for (length, target) in [(1, 32), (31, 32), (33, 32), (4000, 1024), (7, 7), (65_500, 32)] {
            for share in shares(length, target) {
                assert!(share.first + share.weights.len() <= length);
                assert!(
                    (share.weights.iter().sum::<f32>() - 1.0).abs() < 1e-4,
                    "{length} {target}"
                );
            }
        }
    }
}

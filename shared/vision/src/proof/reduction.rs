//! Pictures at a half, a quarter and an eighth of their size.

use darkroom_domain::Failure;

use crate::picture::Picture;

/// The largest of 8, 4, 2 and 1 by which both sides can be divided, rounding up, and still be at least as long.
pub(super) fn scale(width: u32, height: u32, least: (u32, u32)) -> u32 {
    [8, 4, 2]
        .into_iter()
        .find(|scale| width.div_ceil(*scale) >= least.0 && height.div_ceil(*scale) >= least.1)
        .unwrap_or(1)
}

/// The means of squares of `scale` pixels a side, rounded; at the right and bottom borders of what there is of them.
pub(super) fn reduced(picture: &Picture, scale: u32) -> Result<Picture, Failure> {
    let side = scale.max(1) as usize;
    let (width, height) = (
        picture.width().div_ceil(scale.max(1)),
        picture.height().div_ceil(scale.max(1)),
    );
    let row_length = picture.width().max(1) as usize;
    let mut data = Vec::with_capacity(width as usize * height as usize);
    let mut sums = vec![[0_u32; 3]; width as usize];
    for rows in picture.pixels().chunks(row_length * side) {
        sums.fill([0; 3]);
        for row in rows.chunks_exact(row_length) {
            for (sum, cell) in sums.iter_mut().zip(row.chunks(side)) {
                for pixel in cell {
                    for (sum, sample) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(*sample);
                    }
                }
            }
        }
        let rows = u32::try_from(rows.len() / row_length).unwrap_or(1).max(1);
        for (x, sum) in (0..width).zip(&sums) {
            let columns = (picture.width() - x * scale).min(scale);
            let pixels = rows * columns;
            data.push(sum.map(|sum| u8::try_from((sum + pixels / 2) / pixels.max(1)).unwrap_or(u8::MAX)));
        }
    }
    Picture::from_rgb(width, height, data.into_flattened())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_leave_at_least_what_is_asked_for() {
        for (sides, least, expected) in [
            ((4000, 3000), (640, 640), 4),
            ((4000, 3000), (320, 320), 8),
            ((4000, 3000), (500, 375), 8),
            ((4000, 3000), (501, 1), 4),
            ((4000, 3000), (1, 376), 4),
            ((4000, 3000), (1500, 1500), 2),
            ((4000, 3000), (1501, 1501), 1),
            ((9, 9), (2, 2), 8),
            ((9, 9), (0, 0), 8),
            ((1, 1), (u32::MAX, u32::MAX), 1),
        ] {
            assert_eq!(scale(sides.0, sides.1, least), expected, "{sides:?} {least:?}");
        }
    }

    #[test]
    fn cells_are_means_of_the_pixels_there_are() {
        let pixels = [
            [10, 0, 255],
            [20, 0, 255],
            [7, 7, 7],
            [30, 1, 255],
            [41, 1, 255],
            [8, 8, 8],
            [100, 0, 0],
            [101, 0, 0],
            [9, 9, 9],
        ];
        let picture = Picture::from_rgb(3, 3, pixels.concat()).unwrap();
        let half = reduced(&picture, 2).unwrap();
        assert_eq!((half.width(), half.height()), (2, 2));
        assert_eq!(half.pixels(), [[25, 1, 255], [8, 8, 8], [101, 0, 0], [9, 9, 9]]);
        let eighth = reduced(&picture, 8).unwrap();
        assert_eq!((eighth.width(), eighth.height()), (1, 1));
        assert_eq!(eighth.pixels(), [[36, 3, 116]]);
    }
}

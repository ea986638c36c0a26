//! From the bytes of a picture to its clusters, and to the picture that is painted with them.

use std::ops::Range;

use darkroom_domain::{
    CropBox, Failure, ImageLimits,
    analysis::kmeans::{ClusterRange, KmeansCriteria, KmeansData, KmeansFlags, KmeansParams, KmeansSpace},
};
use darkroom_vision::{
    Lightness, Picture,
    clusters::{self, ColorSpace, Criteria, Init, Options},
    decode_for_analysis, encode, lightness,
};

/// Every clustering begins with the same numbers: the same picture and parameters give the same clusters.
const SEED: u64 = 0x6461_726b_726f_6f6d;

/// What a picture comes to.
pub(crate) struct Clusters {
    pub(crate) data: KmeansData,
    /// Painted, exactly.
    pub(crate) png: Vec<u8>,
    /// Painted, smaller.
    pub(crate) jpeg: Vec<u8>,
    /// The part that was looked at, where it had to be found first.
    pub(crate) found_crop: Option<CropBox>,
}

/// Clusters the part of a picture that counts: the `stored` one, or the one that stands out, or all of it.
pub(crate) fn clustered(
    bytes: &[u8],
    limits: &ImageLimits,
    stored: Option<CropBox>,
    params: &KmeansParams,
) -> Result<Clusters, Failure> {
    let (found_crop, data, painting) = match color_space(params.space) {
        None => {
            let whole = lightness(bytes, limits)?;
            let (area, found) = part(stored, whole.width(), whole.height(), || content_of(&whole));
            let part = match area {
                Some((columns, rows)) => whole.region(columns, rows)?,
                None => whole,
            };
            let (data, painting) = lightness_clusters(&part, params)?;
            (found, data, painting)
        }
        Some(space) => {
            let whole = decode_for_analysis(bytes, limits)?;
            let (area, found) = part(stored, whole.width(), whole.height(), || {
                content_of(&Lightness::from(whole.clone()))
            });
            let part = match area {
                Some((columns, rows)) => whole.region(columns, rows)?,
                None => whole,
            };
            let (data, painting) = color_clusters(&part, space, params)?;
            (found, data, painting)
        }
    };
    Ok(Clusters {
        data,
        png: painting.png()?,
        jpeg: painting.jpeg()?,
        found_crop,
    })
}

/// Columns and rows to look at, none for the whole picture; and where they are if that was found just now.
type Part = (Option<(Range<u32>, Range<u32>)>, Option<CropBox>);

/// The stored part, as far as it lies in the picture; where none is stored, what `find` finds.
fn part(stored: Option<CropBox>, width: u32, height: u32, find: impl FnOnce() -> Option<CropBox>) -> Part {
    let found = stored.is_none().then(find).flatten();
    let area = stored.or(found).and_then(|crop| crop.within(width, height));
    (area, found)
}

/// What stands out from a bright background, unless it is too thin to be looked at: then the whole picture counts.
fn content_of(whole: &Lightness) -> Option<CropBox> {
    darkroom_vision::auto_crop(whole).filter(|crop| crop.within(whole.width(), whole.height()).is_some())
}

/// A picture in as many colours as it has clusters.
struct Painting {
    width: u32,
    height: u32,
    labels: Vec<u8>,
    palette: Vec<[u8; 3]>,
}

impl Painting {
    fn png(&self) -> Result<Vec<u8>, Failure> {
        encode::indexed_png(self.width, self.height, &self.labels, &self.palette)
    }

    fn jpeg(&self) -> Result<Vec<u8>, Failure> {
        let color = |label: &u8| self.palette.get(usize::from(*label)).copied().unwrap_or_default();
        let pixels: Vec<[u8; 3]> = self.labels.iter().map(color).collect();
        let picture = Picture::from_rgb(self.width, self.height, pixels.into_flattened())?;
        encode::jpeg(&picture.into_raster())
    }
}

fn lightness_clusters(part: &Lightness, params: &KmeansParams) -> Result<(KmeansData, Painting), Failure> {
    let found = clusters::of_lightness(&part.histogram(), &options(params))?;
    let painting = Painting {
        width: part.width(),
        height: part.height(),
        labels: clusters::painted(part.data(), &found.labels),
        palette: params.colors.clone(),
    };
    let data = KmeansData {
        centers_sorted: found.centers,
        compactness: found.compactness,
        processed_pixels: found.pixels,
        cluster_ranges: found.ranges.into_iter().map(range).collect(),
        cluster_std_dev: found.deviations,
        shares: found
            .sizes
            .iter()
            .map(|size| share(*size, found.pixels))
            .collect(),
        palette: Vec::new(),
        centers: Vec::new(),
    };
    Ok((data, painting))
}

fn color_clusters(
    part: &Picture,
    space: ColorSpace,
    params: &KmeansParams,
) -> Result<(KmeansData, Painting), Failure> {
    let found = clusters::of_colors(part, space, &options(params))?;
    let palette = if params.colors.is_empty() {
        found.palette.clone()
    } else {
        params.colors.clone()
    };
    let painting = Painting {
        width: part.width(),
        height: part.height(),
        labels: found.labels,
        palette,
    };
    let data = KmeansData {
        centers_sorted: Vec::new(),
        compactness: found.compactness,
        processed_pixels: found.pixels.iter().sum(),
        cluster_ranges: Vec::new(),
        cluster_std_dev: Vec::new(),
        shares: found.shares,
        palette: found.palette,
        centers: found.centers,
    };
    Ok((data, painting))
}

/// What a cluster spans; an empty one nothing.
fn range(range: Option<(u8, u8)>) -> ClusterRange {
    let (min, max) = range.unwrap_or_default();
    ClusterRange {
        min: f64::from(min),
        max: f64::from(max),
        range: f64::from(max.saturating_sub(min)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "pixels are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

const fn color_space(space: KmeansSpace) -> Option<ColorSpace> {
    match space {
        KmeansSpace::Lightness => None,
        KmeansSpace::Rgb => Some(ColorSpace::Rgb),
        KmeansSpace::Lab => Some(ColorSpace::Lab),
    }
}

fn options(params: &KmeansParams) -> Options {
    Options {
        clusters: params.nclusters,
        criteria: match params.criteria {
            KmeansCriteria::Epsilon => Criteria::Epsilon,
            KmeansCriteria::MaxIterations => Criteria::MaxIterations,
            KmeansCriteria::All => Criteria::All,
            KmeansCriteria::Optimal => Criteria::Optimal,
        },
        max_iterations: params.max_iterations,
        epsilon: params.epsilon,
        attempts: params.attempts,
        init: match params.flags {
            KmeansFlags::Pp => Init::PlusPlus,
            KmeansFlags::Random => Init::Random,
        },
        seed: SEED,
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::Code;

    use super::*;

    fn params(nclusters: u32, colors: Vec<[u8; 3]>, space: KmeansSpace) -> KmeansParams {
        KmeansParams {
            nclusters,
            criteria: KmeansCriteria::All,
            max_iterations: 100,
            epsilon: 0.5,
            flags: KmeansFlags::Pp,
            colors,
            attempts: 5,
            space,
        }
    }

    /// Black on the left, grey in the middle, white on the right: columns of ten pixels.
    fn stripes() -> Vec<u8> {
        let row: Vec<[u8; 3]> = (0..30_u8)
            .map(|x| [[0; 3], [128; 3], [255; 3]][usize::from(x / 10)])
            .collect();
        let pixels = vec![row; 20].concat();
        let picture = Picture::from_rgb(30, 20, pixels.into_flattened()).unwrap();
        encode::png(&picture.into_raster()).unwrap()
    }

    const WHOLE: CropBox = CropBox {
        top: 0,
        bottom: 20,
        left: 0,
        right: 30,
    };

    #[test]
    fn the_darkest_cluster_has_the_first_colour() {
        let colors = vec![[255, 0, 0], [0, 255, 0], [0, 0, 255]];
        let params = params(3, colors.clone(), KmeansSpace::Lightness);
        let found = clustered(&stripes(), &ImageLimits::DEFAULT, Some(WHOLE), &params).unwrap();
        assert_eq!(found.data.centers_sorted, [0.0, 137.0, 255.0]);
        assert_eq!((found.data.compactness, found.data.processed_pixels), (0.0, 600));
        assert!(found.found_crop.is_none());
        let painted = darkroom_vision::decode(&found.png, &ImageLimits::DEFAULT).unwrap();
        for (x, color) in [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (29, 2)] {
            assert_eq!(painted.pixels()[x], colors[color], "{x}");
        }
    }

    #[test]
    fn only_the_part_that_counts_is_looked_at() {
        let crop = CropBox {
            top: 5,
            bottom: 15,
            left: 10,
            right: 99,
        };
        let params = params(2, vec![[0; 3], [255; 3]], KmeansSpace::Lightness);
        let found = clustered(&stripes(), &ImageLimits::DEFAULT, Some(crop), &params).unwrap();
        assert_eq!(found.data.processed_pixels, 200);
        assert_eq!(found.data.centers_sorted, [137.0, 255.0]);
        let painted = darkroom_vision::decode(&found.png, &ImageLimits::DEFAULT).unwrap();
        assert_eq!((painted.width(), painted.height()), (20, 10));
    }

    #[test]
    fn without_a_stored_part_one_is_found() {
        let params = params(2, vec![[0; 3], [255; 3]], KmeansSpace::Lightness);
        let found = clustered(&stripes(), &ImageLimits::DEFAULT, None, &params).unwrap();
        let crop = found.found_crop.unwrap();
        assert_eq!(
            (crop.left, crop.right),
            (2, 7),
            "grey is nearer to white than to black"
        );
    }

    #[test]
    fn colours_are_painted_with_their_own_means() {
        for space in [KmeansSpace::Rgb, KmeansSpace::Lab] {
            let params = params(3, Vec::new(), space);
            let found = clustered(&stripes(), &ImageLimits::DEFAULT, Some(WHOLE), &params).unwrap();
            let painted = darkroom_vision::decode(&found.png, &ImageLimits::DEFAULT).unwrap();
            let original = darkroom_vision::decode(&stripes(), &ImageLimits::DEFAULT).unwrap();
            assert_eq!(painted.pixels(), original.pixels(), "{space:?}");
            assert_eq!(found.data.palette.len(), 3);
            assert!((found.data.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn more_clusters_than_pixels_are_refused() {
        let crop = CropBox {
            top: 0,
            bottom: 1,
            left: 0,
            right: 2,
        };
        let params = params(3, vec![[0; 3]; 3], KmeansSpace::Lightness);
        let failure = clustered(&stripes(), &ImageLimits::DEFAULT, Some(crop), &params)
            .err()
            .unwrap();
        assert_eq!(failure.code, Code::ValidationFailed);
    }

    #[test]
    fn where_nothing_stands_out_the_whole_picture_counts() {
        let white = Picture::from_rgb(40, 30, vec![255; 3600]).unwrap();
        let file = encode::png(&white.into_raster()).unwrap();
        let params = params(1, vec![[9; 3]], KmeansSpace::Lightness);
        let found = clustered(&file, &ImageLimits::DEFAULT, None, &params).unwrap();
        assert_eq!((found.data.processed_pixels, found.found_crop), (1200, None));
    }
}

//! Pixels in, pixels or numbers out. No I/O.
//!
//! | module | what it does |
//! |---|---|
//! | [`format`](mod@format) | which encodings are accepted, told from a file's first bytes |
//! | [`header`] | what a file declares of itself, and whether that is within the limits; no pixel is decoded |
//! | [`metadata`](mod@metadata) | what a camera and an editor wrote into a file: EXIF, XMP, IPTC |
//! | [`decode`](mod@decode) | a file to 8-bit pixels, within limits, one module per encoding |
//! | [`orientation`] | the eight EXIF orientations |
//! | [`picture`] | pixels in memory |
//! | [`resize`] | Lanczos resampling of a fractional region |
//! | [`encode`] | pixels to a baseline JPEG without metadata, by an encoder of our own, or to PNG, TIFF or BMP |
//! | [`draw`] | what analyses found, drawn into the picture: tints, outlines, boxes, labels |
//! | [`proof`](mod@proof) | a file looked at small and drawn into at full resolution, a JPEG without decoding it whole |
//! | [`thumbnail`] | the three square thumbnails and the photo sorter's, from the above |
//! | [`lightness`](mod@lightness) | a file to the L channel of CIE Lab, on which all analyses of brightness work |
//! | [`blur`] | Gaussian blur of the L channel |
//! | [`viridis`](mod@viridis) | the L channel stretched to full scale, and in false colours |
//! | [`grid`] | mean L of the cells between lines |
//! | [`crop`] | where the content is that stands out from a bright background |
//! | [`clusters`] | k-means: of lightness over its histogram, of colours over an octree |
//! | [`quality`](mod@quality) | how good a photograph is: BRISQUE, NIQE, PIQE, sharpness, exposure, colourfulness |
//! | [`perceptual_hash`](mod@perceptual_hash) | 64 bits that stay much the same when a photograph is encoded anew or resized |
//! | [`guard`] | keeps a decoder's panic within one file |
//!
//! Every function here is deterministic and uses one thread: the same bytes give the same answer everywhere.

pub mod blur;
pub mod clusters;
pub mod crop;
pub mod decode;
pub mod draw;
pub mod encode;
pub mod format;
pub mod grid;
pub mod guard;
pub mod header;
pub mod lightness;
pub mod metadata;
pub mod orientation;
pub mod perceptual_hash;
pub mod picture;
pub mod proof;
pub mod quality;
pub mod resize;
pub mod thumbnail;
pub mod viridis;

pub use blur::{BlurError, BlurParameters, GaussianKernel, gaussian_blur};
pub use clusters::{ColorClusters, ColorSpace, LightnessClusters, of_colors, of_lightness};
pub use crop::auto_crop;
pub use decode::{decode, decode_for_analysis};
pub use format::{SNIFF_BYTES, sniff};
pub use grid::{Grid, GridError, grid_means};
pub use header::{Inspection, inspect};
pub use lightness::{Lightness, lightness};
pub use metadata::metadata;
pub use orientation::Orientation;
pub use perceptual_hash::{PerceptualHash, perceptual_hash};
pub use picture::{ColorModel, Picture, Raster};
pub use proof::{LabelledBox, Proof};
pub use quality::{NotMeasured, quality};
pub use thumbnail::{Thumbnail, Thumbnails, thumbnails};
pub use viridis::{stretched, viridis};

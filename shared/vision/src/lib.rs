//! Pixels in, pixels or numbers out. No I/O.
//!
//! | module | what it does |
//! |---|---|
//! | [`format`](mod@format) | which encodings are accepted, told from a file's first bytes |
//! | [`header`] | what a file declares of itself, and whether that is within the limits; no pixel is decoded |
//! | [`decode`](mod@decode) | a file to 8-bit pixels, within limits, one module per encoding |
//! | [`orientation`] | the eight EXIF orientations |
//! | [`picture`] | pixels in memory |
//! | [`resize`] | Lanczos resampling of a fractional region |
//! | [`encode`] | pixels to a baseline JPEG without metadata, by an encoder of our own |
//! | [`thumbnail`] | the three square thumbnails, from the above |
//! | [`guard`] | keeps a decoder's panic within one file |
//!
//! Every function here is deterministic and uses one thread: the same bytes give the same answer everywhere.

pub mod decode;
pub mod encode;
pub mod format;
pub mod guard;
pub mod header;
pub mod orientation;
pub mod picture;
pub mod resize;
pub mod thumbnail;

pub use decode::decode;
pub use format::{SNIFF_BYTES, sniff};
pub use header::{Inspection, inspect};
pub use orientation::Orientation;
pub use picture::{ColorModel, Picture, Raster};
pub use thumbnail::{Thumbnail, Thumbnails, thumbnails};

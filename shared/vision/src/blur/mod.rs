//! Gaussian blur of the L channel, in the fixed point of `OpenCV` 4: every pixel gets the very value it has there.
//!
//! | module | what it does |
//! |---|---|
//! | `kernel` | from a size and sigmas to weights of 8 fractional bits |
//! | `convolution` | the two passes over a picture |
//!
//! The cost grows with the weights that are not zero. They are at most 256 along each axis, because their sum is 256, no
//! matter how large the kernel is; mirrored ones are added before they are multiplied.

mod convolution;
mod kernel;

pub use self::convolution::gaussian_blur;
pub use self::kernel::{BlurError, BlurParameters, GaussianKernel, MAXIMUM_KERNEL_SIZE};

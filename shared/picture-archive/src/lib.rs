//! Pictures in their archives: taken in, read where they lie, settled once.
//!
//! | module | what it does |
//! |---|---|
//! | [`intake`] | an archive that came through the API itself, handed over to its job at once |
//! | [`place`] | where a picture lies in what was uploaded |
//! | [`work`] | what every worker on single pictures does before and after its own work |

pub mod intake;
pub mod place;
pub mod work;

pub use intake::{ArchiveIntake, Consignment};
pub use place::PicturePlace;
pub use work::{ArchivedPictures, Wanted};

/// What the job on an archive that is looked through for tools says where there is no picture in it.
pub const NO_PICTURES: &str = "No images found in the ZIP archive";

//! What is known of each model beside its weights: where it comes from, what goes in, what comes out.
//!
//! A manifest is a TOML file. The least that an export of one's own needs is this; everything else has a default:
//!
//! ```
//! use darkroom_inference::manifest::{Library, Task};
//!
//! let library = Library::parse(
//!     r#"
//!     [[models]]
//!     name = "slicks"
//!     file = "best.onnx"
//!     task = "segment"
//!     labels = ["slick"]
//!     output = { layout = "yolo" }
//!     thresholds = { confidence = 0.33 }
//!     "#,
//! )?;
//! let slicks = library.find(Task::Segment, "slicks").ok_or("no such model")?;
//! assert_eq!((slicks.input.width, slicks.input.height), (640, 640));
//! assert_eq!(slicks.thresholds.iou, 0.7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod description;
mod entry;
mod labels;
mod library;

pub use description::{
    Anchor, ChannelOrder, ClassAxis, Description, Fit, InputContract, InputLayout, OutputLayout, Resampling,
    Task, Thresholds,
};
pub use labels::Labels;
pub use library::{Library, ManifestError};

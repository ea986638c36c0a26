//! Segments the pictures of archives.

mod findings;
mod painting;
pub mod picture;
mod work;

use std::sync::Arc;

use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Records, image_limits};
use darkroom_domain::{ImageLimits, JobKind, limits::MAX_ARCHIVED_PICTURE_BYTES};
use darkroom_lambda::{Function, job_function};
use darkroom_model_store::{ModelStore, ShippedWeights};
use darkroom_picture_archive::ArchivedPictures;

/// The models that segment. Those of other tasks are not in this package.
const WEIGHTS: &[ShippedWeights] = &[
    ShippedWeights {
        file: "deeplabv3_mnv2_257_fp16.onnx",
        bytes: include_bytes!("../../../models/deeplabv3_mnv2_257_fp16.onnx"),
    },
    ShippedWeights {
        file: "hakai_kelp_lraspp_fp16.onnx",
        bytes: include_bytes!("../../../models/hakai_kelp_lraspp_fp16.onnx"),
    },
];

/// What the worker works with.
#[derive(Clone, Debug)]
struct Segmenter {
    files: Files,
    records: Records,
    pictures: ArchivedPictures,
    models: Arc<ModelStore>,
    ground: Ground,
    limits: ImageLimits,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let (files, records, ground) = (connection.files()?, connection.records()?, Ground::default());
    let queues = connection.queues();
    queues.expect_jobs(&[JobKind::ArchiveSegmentation])?;
    let segmenter = Segmenter {
        models: Arc::new(ModelStore::new(environment, &files, WEIGHTS)?),
        pictures: ArchivedPictures::new(files.clone(), records.clone(), queues, ground.clock.clone()),
        files,
        records: records.clone(),
        ground: ground.clone(),
        limits: ImageLimits {
            bytes: MAX_ARCHIVED_PICTURE_BYTES,
            ..image_limits(environment)?
        },
    };
    Ok(job_function(segmenter, records, ground.clock))
}

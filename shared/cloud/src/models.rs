//! Where the operator's own models lie, beside those that are shipped.

use std::path::PathBuf;

use bytes::Bytes;
use darkroom_domain::{Code, Failure};

use crate::{
    environment::{Environment, EnvironmentError},
    files::Files,
};

/// The most bytes of a model's file: 1 GiB.
const MODEL_BYTES: u64 = 1 << 30;

/// The operator's models: a manifest and the files that it names.
#[derive(Clone, Debug)]
pub enum ModelFiles {
    /// There are none.
    None,
    /// A directory of this machine.
    Directory(PathBuf),
    /// What lies under `models/` in the bucket.
    Bucket(Files),
}

impl ModelFiles {
    /// What `MODELS` names: nothing, `bucket`, or the absolute path of a directory.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn of(environment: &Environment, files: &Files) -> Result<Self, EnvironmentError> {
        match environment.get("MODELS") {
            None => Ok(Self::None),
            Some("bucket") => Ok(Self::Bucket(files.clone())),
            Some(path) if PathBuf::from(path).is_absolute() => Ok(Self::Directory(path.into())),
            Some(value) => Err(EnvironmentError::Invalid {
                name: "MODELS",
                value: value.to_owned(),
            }),
        }
    }

    /// The content of a file, none if it is not there.
    ///
    /// # Errors
    /// `model_failed` for a name that is a path, and for a file that is too large or cannot be read; `unavailable` or
    /// `internal`.
    pub async fn read(&self, name: &str) -> Result<Option<Bytes>, Failure> {
        let is_plain = !name.starts_with('.')
            && !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !is_plain {
            return Err(Failure::permanent(
                Code::ModelFailed,
                format!("{name:?} is not the plain name of a model's file."),
            ));
        }
        match self {
            Self::None => Ok(None),
            Self::Bucket(files) => files.model_file(name, MODEL_BYTES).await,
            Self::Directory(directory) => {
                let path = directory.join(name);
                let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
                match read.map_err(Failure::unknown)? {
                    Ok(bytes) => Ok(Some(bytes.into())),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(Failure::permanent(
                        Code::ModelFailed,
                        format!("The model's file {name} cannot be read."),
                    )
                    .because(error)),
                }
            }
        }
    }
}

//! Which models a deployment has: those that are shipped, and the operator's own, which may take their place.
//!
//! The manifest is read once, a model is loaded once, and both only when somebody asks; where a model cannot be loaded the
//! manifest is read anew.

mod choice;

use std::{collections::HashMap, num::NonZero, sync::Arc, time::Duration};

use bytes::Bytes;
use darkroom_cloud::{Environment, EnvironmentError, Files, ModelFiles};
use darkroom_domain::{Code, Failure};
use darkroom_inference::{Description, Library, Model, Task};
use tokio::sync::Mutex;

pub use self::choice::{OptionFault, checked_classes, described_for, ordered_classes};

/// The manifest of the models that are shipped.
const SHIPPED: &str = include_str!("../../../models/manifest.toml");
/// The name of the operator's manifest, beside the files that it names.
const MANIFEST: &str = "manifest.toml";
/// How many models are kept ready; more are loaded anew each time they are asked for.
const READY: usize = 3;

/// The file of a model that is shipped with the function which runs it.
#[derive(Clone, Copy)]
pub struct ShippedWeights {
    /// Its name in the manifest.
    pub file: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

impl std::fmt::Debug for ShippedWeights {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ShippedWeights")
            .field("file", &self.file)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The models of a deployment.
#[derive(Debug)]
pub struct ModelStore {
    own: ModelFiles,
    weights: &'static [ShippedWeights],
    library: Mutex<Option<Arc<Library>>>,
    ready: Mutex<HashMap<String, Arc<Model>>>,
}

impl ModelStore {
    /// The models that are shipped, and those that `MODELS` names. The calling function runs what it has the `weights` of,
    /// and all of the operator's.
    ///
    /// # Errors
    /// When `MODELS` is neither `bucket` nor the path of a directory.
    pub fn new(
        environment: &Environment,
        files: &Files,
        weights: &'static [ShippedWeights],
    ) -> Result<Self, EnvironmentError> {
        Ok(Self {
            own: ModelFiles::of(environment, files)?,
            weights,
            library: Mutex::default(),
            ready: Mutex::new(HashMap::new()),
        })
    }

    /// What there is.
    ///
    /// # Errors
    /// `model_failed` when a manifest is at fault, with what is wrong; `unavailable` or `internal`.
    pub async fn library(&self) -> Result<Arc<Library>, Failure> {
        let mut library = self.library.lock().await;
        if let Some(known) = &*library {
            return Ok(Arc::clone(known));
        }
        let read = self.read_library().await?;
        Ok(Arc::clone(library.insert(read)))
    }

    async fn read_library(&self) -> Result<Arc<Library>, Failure> {
        let mut library = parsed(SHIPPED)?;
        if !matches!(self.own, ModelFiles::None) {
            let manifest = self.own.read(MANIFEST).await?;
            let manifest =
                manifest.ok_or_else(|| failed(format!("There is no {MANIFEST} where MODELS points.")))?;
            let text =
                std::str::from_utf8(&manifest).map_err(|_| failed(format!("{MANIFEST} is no text.")))?;
            library.extend(parsed(text)?);
        }
        Ok(Arc::new(library))
    }

    /// What is known of the model with this name, or of the one that answers where none is named.
    ///
    /// # Errors
    /// `validation_failed` when there is none, with the names there are; those of [`Self::library`].
    pub async fn described(&self, task: Task, name: Option<&str>) -> Result<Description, Failure> {
        let library = self.library().await?;
        let found = match name {
            Some(name) => library.find(task, name),
            None => library.default_for(task),
        };
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = library
                .iter()
                .filter(|description| description.task == task)
                .map(|description| description.name.as_str())
                .collect();
            Failure::permanent(
                Code::ValidationFailed,
                format!("There is no such model. There are: {}.", known.join(", ")),
            )
        })
    }

    /// The model with this name, ready to run.
    ///
    /// # Errors
    /// `model_failed` when it cannot be loaded, or is not what its manifest says; those of [`Self::described`].
    pub async fn model(&self, task: Task, name: &str) -> Result<Arc<Model>, Failure> {
        // Held while loading: two who ask at once do not both load.
        let mut ready = self.ready.lock().await;
        if let Some(model) = ready.get(name).filter(|model| model.description().task == task) {
            return Ok(Arc::clone(model));
        }
        let model = match self.load(task, name).await {
            // The operator may have changed manifest and file since the manifest was read: once more, from the beginning.
            Err(failure) if !matches!(self.own, ModelFiles::None) => {
                tracing::warn!(model = name, code = %failure.code, "the manifest is read again: {failure}");
                *self.library.lock().await = None;
                self.load(task, name).await?
            }
            loaded => loaded?,
        };
        if ready.len() >= READY {
            ready.clear();
        }
        ready.insert(name.to_owned(), Arc::clone(&model));
        Ok(model)
    }

    /// The model with this name, where it is ready within the time that is `left`. Where it is not, loading it goes on: who
    /// asks later finds it loaded.
    ///
    /// # Errors
    /// `unavailable` when it is not ready in time; those of [`Self::model`].
    pub async fn model_within(
        self: &Arc<Self>,
        task: Task,
        name: &str,
        left: Duration,
    ) -> Result<Arc<Model>, Failure> {
        let (store, name) = (Arc::clone(self), name.to_owned());
        // A task of its own: whoever gives up waiting does not end it.
        let loading = tokio::spawn(async move { store.model(task, &name).await });
        match tokio::time::timeout(left, loading).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => Err(broke_down(error)),
            Err(_) => Err(Failure::temporary(
                Code::Unavailable,
                "The model is still being loaded. Try again.",
            )),
        }
    }

    async fn load(&self, task: Task, name: &str) -> Result<Arc<Model>, Failure> {
        let description = self.described(task, Some(name)).await?;
        let weights = self.weights(&description).await?;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let loaded = tokio::task::spawn_blocking(move || Model::load(&description, &weights, threads))
            .await
            .map_err(broke_down)?;
        Ok(Arc::new(loaded.map_err(|error| failed(error.to_string()))?))
    }

    /// The operator's own file where there is one: it may have taken the place of one that is shipped.
    async fn weights(&self, description: &Description) -> Result<Bytes, Failure> {
        if let Some(own) = self.own.read(&description.file).await? {
            return Ok(own);
        }
        let shipped = self
            .weights
            .iter()
            .find(|shipped| shipped.file == description.file);
        match shipped {
            Some(shipped) => Ok(Bytes::from_static(shipped.bytes)),
            None => Err(failed(format!(
                "The file {} of the model {} is not there.",
                description.file, description.name
            ))),
        }
    }
}

fn parsed(manifest: &str) -> Result<Library, Failure> {
    Library::parse(manifest).map_err(|error| failed(error.to_string()))
}

fn broke_down(error: tokio::task::JoinError) -> Failure {
    failed("The model broke down while it was loaded.").because(error)
}

fn failed(detail: impl Into<String>) -> Failure {
    Failure::permanent(Code::ModelFailed, detail)
}

#[cfg(test)]
mod tests;

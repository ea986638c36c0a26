//! All models that are known, by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::entry::Entry;
use super::{Description, Task, check};

/// Why a manifest is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// The text is not TOML, or not a list of `[[models]]`.
    #[error("the manifest cannot be read: {0}")]
    Syntax(String),
    /// An entry lacks a field, has one too many, or one of the wrong kind.
    #[error("model {model}: {reason}")]
    Entry {
        /// Name of the model, or its place where it has none.
        model: String,
        /// What is wrong, with the field.
        reason: String,
    },
    /// A field holds what it must not.
    #[error("model {model}: {field} {reason}")]
    Field {
        /// Name of the model.
        model: String,
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two entries have one name.
    #[error("model {0} stands twice in the manifest")]
    Twice(String),
    /// Two models of one task say that they are its default.
    #[error("{first} and {second} are both the default to {task}")]
    TwoDefaults {
        /// The task.
        task: Task,
        /// The model that said so first.
        first: String,
        /// The other.
        second: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    models: Vec<toml::Table>,
}

/// All models that are known, by name, and which of them answers when none is named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    models: BTreeMap<String, Description>,
}

impl Library {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong, with the model and the field.
    pub fn parse(manifest: &str) -> Result<Self, ManifestError> {
        let manifest: Manifest =
            toml::from_str(manifest).map_err(|error| ManifestError::Syntax(error.to_string()))?;
        let mut library = Self::default();
        for (index, table) in manifest.models.into_iter().enumerate() {
            let model = match table.get("name") {
                Some(toml::Value::String(name)) => name.clone(),
                _ => format!("no. {}", index + 1),
            };
            let entry = Entry::deserialize(table).map_err(|error| ManifestError::Entry {
                model,
                reason: error.to_string().trim_end().replace('\n', " "),
            })?;
            let description = check::description(entry)?;
            if let Some(first) = library
                .default_for(description.task)
                .filter(|_| description.default)
            {
                return Err(ManifestError::TwoDefaults {
                    task: description.task,
                    first: first.name.clone(),
                    second: description.name,
                });
            }
            if let Some(known) = library.models.insert(description.name.clone(), description) {
                return Err(ManifestError::Twice(known.name));
            }
        }
        Ok(library)
    }

    /// Adds the models of another library. Those of the same name are replaced, and so is the default of each task for
    /// which the other has one. What replaces a default model is the default.
    pub fn extend(&mut self, other: Self) {
        let defaults: Vec<Task> = other
            .iter()
            .filter(|description| description.default)
            .map(|description| description.task)
            .collect();
        for mut description in other.models.into_values() {
            // What takes the place of a default is the default, unless the other names one.
            let replaced = self.models.get(&description.name);
            description.default |= !defaults.contains(&description.task)
                && replaced.is_some_and(|known| known.default && known.task == description.task);
            if description.default {
                for known in self
                    .models
                    .values_mut()
                    .filter(|known| known.task == description.task)
                {
                    known.default = false;
                }
            }
            self.models.insert(description.name.clone(), description);
        }
    }

    /// The model of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Description> {
        self.models.get(name)
    }

    /// The model of a name, if it is for this task.
    #[must_use]
    pub fn find(&self, task: Task, name: &str) -> Option<&Description> {
        self.models
            .get(name)
            .filter(|description| description.task == task)
    }

    /// The model that answers when none is named.
    #[must_use]
    pub fn default_for(&self, task: Task) -> Option<&Description> {
        self.models
            .values()
            .find(|description| description.default && description.task == task)
    }

    /// All models, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Description> {
        self.models.values()
    }

    /// How many models there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.models.len()
    }

    /// Whether there is no model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }
}

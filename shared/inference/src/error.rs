//! What can be wrong with a model, its file, or a question put to it.

use thiserror::Error;

use crate::manifest::Task;

/// A model that cannot be loaded or run. Every message names the model; those of loading name its file too.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("model {model} ({file}): {fault}")]
pub struct ModelError {
    /// Name of the model in the manifest.
    pub model: String,
    /// File the model came from.
    pub file: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a model or with a question put to it.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// The file has another length than the manifest says.
    #[error("the file has {found} bytes instead of {expected}")]
    Size {
        /// Bytes in the manifest.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// The file has another SHA-256 than the manifest says.
    #[error("the file has the SHA-256 {found} instead of {expected}")]
    Digest {
        /// Digest in the manifest, in hex.
        expected: String,
        /// Digest of the file, in hex.
        found: String,
    },
    /// The bytes are not an ONNX graph that can be run.
    #[error("the file is not an ONNX model that can be run: {0}")]
    Unreadable(String),
    /// The graph's input is not what the manifest describes.
    #[error("the input is {found}, but the manifest says {expected}")]
    Input {
        /// What the manifest says.
        expected: String,
        /// What the graph says.
        found: String,
    },
    /// The graph has no such output.
    #[error("there is no output {output}; the graph has {}", found.join(", "))]
    MissingOutput {
        /// Output in the manifest.
        output: String,
        /// Outputs of the graph.
        found: Vec<String>,
    },
    /// An output has another shape or type than its layout.
    #[error("output {output} is {found}, but the layout wants {expected}")]
    OutputShape {
        /// Name of the output.
        output: String,
        /// What the layout wants.
        expected: String,
        /// What the graph has.
        found: String,
    },
    /// The labels do not fit the number of classes.
    #[error("the manifest has {labels} labels, but output {output} has {classes} classes")]
    Labels {
        /// Name of the output.
        output: String,
        /// Labels in the manifest.
        labels: usize,
        /// Classes in the output.
        classes: usize,
    },
    /// The model is for another task.
    #[error("this is a model to {found}, not to {asked}")]
    Task {
        /// What was asked of it.
        asked: Task,
        /// What it is for.
        found: Task,
    },
    /// An option is out of its range.
    #[error("{option} is {value}, but it must be {expected}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// What was asked.
        value: String,
        /// What may be asked.
        expected: &'static str,
    },
    /// The model answered with infinities or with what is not a number.
    #[error("output {0} holds numbers that are not finite")]
    NotFinite(String),
    /// The network could not be run on this input.
    #[error("the network failed: {0}")]
    Run(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_model_the_file_and_the_fault() {
        let error = ModelError {
            model: "kelp".into(),
            file: "kelp.onnx".into(),
            fault: Fault::MissingOutput {
                output: "masks".into(),
                found: vec!["a".into(), "b".into()],
            },
        };
        assert_eq!(
            error.to_string(),
            "model kelp (kelp.onnx): there is no output masks; the graph has a, b"
        );
    }
}

//! What a request says of a model, held against the models that there are.

use std::collections::BTreeSet;

use darkroom_domain::{Code, Failure};
use darkroom_inference::{Description, Task};

use crate::ModelStore;

/// Why an order for a model is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionFault {
    /// An option is at fault, and the request with it.
    #[error("{option}: {message}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// It cannot be told what models there are.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl OptionFault {
    /// An option is at fault.
    pub fn new(option: &'static str, message: impl Into<String>) -> Self {
        Self::Option {
            option,
            message: message.into(),
        }
    }
}

/// What is known of the model that a request names by `model`, or of the one that answers where it names none.
///
/// # Errors
/// `model` is at fault where there is no such model; the failures of [`ModelStore::library`].
pub async fn described_for(
    models: &ModelStore,
    task: Task,
    name: Option<&str>,
) -> Result<Description, OptionFault> {
    models
        .described(task, name)
        .await
        .map_err(|failure| match failure.code {
            Code::ValidationFailed => OptionFault::new("model", failure.detail),
            _ => failure.into(),
        })
}

/// The labels that a request names by `classes`: in their order, and each once however often it was named.
///
/// # Errors
/// `classes` is at fault where it names none, or one that the model does not know.
pub fn checked_classes(
    model: &Description,
    labels: Option<Vec<String>>,
) -> Result<Option<Vec<String>>, OptionFault> {
    let Some(labels) = labels else {
        return Ok(None);
    };
    if labels.is_empty() {
        return Err(OptionFault::new("classes", "must name a class"));
    }
    if let Some(unknown) = labels.iter().find(|label| model.labels.class(label).is_none()) {
        return Err(OptionFault::new(
            "classes",
            format!("the model {} has no class {unknown:?}", model.name),
        ));
    }
    let labels: BTreeSet<String> = labels.into_iter().collect();
    Ok(Some(labels.into_iter().collect()))
}

/// The classes of an order as the model counts them: of labels that were [checked](checked_classes) when it was given.
///
/// # Errors
/// `model_failed` where the model has not the classes any more.
pub fn ordered_classes(
    model: &Description,
    labels: Option<&[String]>,
) -> Result<Option<BTreeSet<usize>>, Failure> {
    let class = |label: &String| {
        model.labels.class(label).ok_or_else(|| {
            let detail = format!("The model {} has no class {label:?} any more.", model.name);
            Failure::permanent(Code::ModelFailed, detail)
        })
    };
    let classes = labels.map(|labels| labels.iter().map(class).collect());
    classes.transpose()
}

#[cfg(test)]
mod tests {
    use darkroom_inference::Library;

    use super::*;

    #[test]
    fn classes_are_those_of_the_model() {
        let library = Library::parse(crate::SHIPPED).unwrap();
        let model = library.default_for(Task::Detect).unwrap();
        let checked =
            |labels: &[&str]| checked_classes(model, Some(labels.iter().map(ToString::to_string).collect()));
        assert_eq!(checked_classes(model, None), Ok(None));
        assert_eq!(
            checked(&["fork", "cup", "fork"]),
            Ok(Some(vec!["cup".to_owned(), "fork".to_owned()]))
        );
        for unknown in [&[][..], &["anvil"], &["cup", ""], &["Cup"]] {
            let Err(OptionFault::Option { option, .. }) = checked(unknown) else {
                panic!("{unknown:?}");
            };
            assert_eq!(option, "classes");
        }
    }

    #[test]
    fn a_class_that_is_there_no_more_fails_the_order() {
        let library = Library::parse(crate::SHIPPED).unwrap();
        let model = library.default_for(Task::Detect).unwrap();
        let ordered = |labels: &[&str]| {
            let labels: Vec<_> = labels.iter().map(ToString::to_string).collect();
            ordered_classes(model, Some(&labels))
        };
        assert_eq!(ordered_classes(model, None), Ok(None));
        let numbers = ["cup", "fork"].map(|label| model.labels.class(label).unwrap());
        assert_eq!(ordered(&["fork", "cup"]), Ok(Some(numbers.into())));
        let failure = ordered(&["cup", "anvil"]).unwrap_err();
        assert_eq!(failure.code, Code::ModelFailed);
        assert!(failure.detail.contains("\"anvil\""), "{}", failure.detail);
    }
}

//! What can be wrong with a template, each fault with the path of the place that has it.

/// A template that cannot be run, and where it says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template, {path}: {fault}")]
pub struct TemplateError {
    /// The place, such as `Resources.Api.Properties.Name`.
    pub path: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong at one place of a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is not YAML, or not of the shape of a template.
    #[error("not a template: {0}")]
    Syntax(String),
    /// A section, resource key or property that is neither understood nor known to mean nothing on one machine.
    #[error("{0} is neither understood nor known to have no meaning on one machine")]
    UnknownProperty(String),
    /// An intrinsic function that is not evaluated here.
    #[error("the intrinsic function {0} is not understood")]
    UnknownIntrinsic(String),
    /// A type of resource that nothing here stands in for.
    #[error("the resource type {0} is not understood")]
    UnknownResourceType(String),
    /// A type of event that nothing here sends.
    #[error("the event type {0} is not understood")]
    UnknownEventType(String),
    /// A logical id, parameter or pseudo parameter that does not exist.
    #[error("nothing is named {0}")]
    UnknownReference(String),
    /// A condition that does not exist.
    #[error("no condition is named {0}")]
    UnknownCondition(String),
    /// An attribute that the resource does not have.
    #[error("{resource} has no attribute {attribute}")]
    UnknownAttribute {
        /// The logical id.
        resource: String,
        /// The attribute asked for.
        attribute: String,
    },
    /// A resource is referred to whose condition is false.
    #[error("{resource} is referred to but does not exist while the condition {condition} is false")]
    Absent {
        /// The logical id.
        resource: String,
        /// Its condition.
        condition: String,
    },
    /// A value was given for a parameter that the template does not have.
    #[error("the template has no parameter {0}")]
    UnknownParameter(String),
    /// A required property is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A value is not of the kind that stands there.
    #[error("{expected} is expected, not {found}")]
    Invalid {
        /// What would be right.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// References or conditions that lead back to themselves.
    #[error("{0} refers to itself")]
    Circular(String),
    /// Two things that must differ are the same.
    #[error("{what} {name} stands there twice")]
    Duplicate {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Parts that do not fit together.
    #[error("{0}")]
    Wiring(String),
}

impl Fault {
    pub(super) fn at(self, path: impl Into<String>) -> TemplateError {
        TemplateError {
            path: path.into(),
            fault: self,
        }
    }

    pub(super) fn invalid(expected: impl Into<String>, found: impl std::fmt::Display) -> Self {
        Self::Invalid {
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}

//! What a deployment tells a function: read once, typed, and every fault named at once.

use std::{collections::BTreeMap, time::Duration};

use darkroom_domain::{ImageLimits, PictureArchive, limits::MAX_ARCHIVE_BYTES};

/// The environment variables of one function, as the template declares them.
///
/// In Lambda they are the process's own; on one machine the runner makes a set for each function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the process environment"
    )]
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// The value of `name`; an empty value counts as none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// When it is missing.
    pub fn require(&self, name: &'static str) -> Result<&str, EnvironmentError> {
        self.get(name).ok_or(EnvironmentError::Missing(name))
    }

    /// The value of `name` as a number or whatever parses, or `default` where it is not set.
    ///
    /// # Errors
    /// When it is set and does not parse.
    pub fn parse_or<T: std::str::FromStr>(
        &self,
        name: &'static str,
        default: T,
    ) -> Result<T, EnvironmentError> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => value.parse().map_err(|_| EnvironmentError::Invalid {
                name,
                value: value.to_owned(),
            }),
        }
    }

    /// The same environment with `name` set to `value`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}

impl<Name: Into<String>, Value: Into<String>> FromIterator<(Name, Value)> for Environment {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// The limits on images that `MAX_IMAGE_BYTES` and `MAX_IMAGE_PIXELS` set; the documented ones where they do not.
///
/// # Errors
/// When one is set to what is no number.
pub fn image_limits(environment: &Environment) -> Result<ImageLimits, EnvironmentError> {
    let default = ImageLimits::DEFAULT;
    Ok(ImageLimits {
        bytes: environment.parse_or("MAX_IMAGE_BYTES", default.bytes)?,
        pixels: environment.parse_or("MAX_IMAGE_PIXELS", default.pixels)?,
        side: default.side,
    })
}

/// The most bytes of an archive, which `MAX_ARCHIVE_BYTES` sets; the documented number where it does not.
///
/// # Errors
/// When it is set to what is no number.
pub fn archive_bytes(environment: &Environment) -> Result<u64, EnvironmentError> {
    environment.parse_or("MAX_ARCHIVE_BYTES", MAX_ARCHIVE_BYTES)
}

/// How long the archive that is made of an archive is kept, which `ARCHIVE_LIFETIME_SECONDS` sets; the documented time where
/// it does not.
///
/// # Errors
/// When it is set to what is no number.
pub fn archive_lifetime(environment: &Environment) -> Result<Duration, EnvironmentError> {
    let default = PictureArchive::LIFETIME.as_secs();
    let seconds = environment.parse_or("ARCHIVE_LIFETIME_SECONDS", default)?;
    Ok(Duration::from_secs(seconds))
}

/// What is wrong with the environment of a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable is not set.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable does not hold what it should.
    #[error("environment variable {name} does not hold a valid value: {value:?}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
    },
}

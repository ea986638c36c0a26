//! Reading the properties of one resource so that none is overlooked.

use serde_json::{Map, Value};

use super::error::{Fault, TemplateError};
use super::intrinsics::scalar_text;

/// The evaluated properties at one place. What is not taken by the end is an error.
#[derive(Debug)]
pub(crate) struct Properties {
    path: String,
    entries: Map<String, Value>,
}

impl Properties {
    pub(crate) fn new(path: impl Into<String>, value: Value) -> Result<Self, TemplateError> {
        let path = path.into();
        match value {
            Value::Object(entries) => Ok(Self { path, entries }),
            other => Err(Fault::invalid("a map", other).at(path)),
        }
    }

    /// The path of one property.
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Passes over properties that mean nothing on one machine.
    pub(crate) fn without_meaning(&mut self, names: &[&str]) {
        for name in names {
            self.entries.remove(*name);
        }
    }

    /// Ends the reading.
    pub(crate) fn finish(self) -> Result<(), TemplateError> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(name) => Err(Fault::UnknownProperty(name.clone()).at(self.path)),
        }
    }

    pub(crate) fn missing(&self, name: &'static str) -> TemplateError {
        Fault::Missing(name).at(&self.path)
    }

    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, TemplateError> {
        match self.entries.remove(name) {
            None => Ok(None),
            Some(value) => match scalar_text(&value) {
                Some(text) => Ok(Some(text)),
                None => Err(Fault::invalid("a string", value).at(self.at(name))),
            },
        }
    }

    /// Whatever stands there, as it is.
    pub(crate) fn value(&mut self, name: &'static str) -> Result<Value, TemplateError> {
        self.entries.remove(name).ok_or_else(|| self.missing(name))
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<String, TemplateError> {
        self.optional_text(name)?.ok_or_else(|| self.missing(name))
    }

    /// The property must hold exactly this text, or not stand there.
    pub(crate) fn only(&mut self, name: &str, expected: &str) -> Result<(), TemplateError> {
        match self.optional_text(name)? {
            Some(found) if found != expected => Err(Fault::invalid(expected, found).at(self.at(name))),
            _ => Ok(()),
        }
    }

    /// A whole number within bounds, given as a number or as its text.
    pub(crate) fn optional_number<T>(
        &mut self,
        name: &str,
        least: T,
        most: T,
    ) -> Result<Option<T>, TemplateError>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.optional_text(name)? else {
            return Ok(None);
        };
        match text.parse::<T>() {
            Ok(number) if number >= least && number <= most => Ok(Some(number)),
            _ => {
                Err(Fault::invalid(format!("a whole number from {least} to {most}"), text).at(self.at(name)))
            }
        }
    }

    pub(crate) fn flag(&mut self, name: &str, default: bool) -> Result<bool, TemplateError> {
        match self.optional_text(name)?.as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(Fault::invalid("true or false", other).at(self.at(name))),
        }
    }

    /// A list of texts; a single text is a list of one.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, TemplateError> {
        let found = match self.entries.remove(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => vec![other],
        };
        let texts: Option<Vec<String>> = found.iter().map(scalar_text).collect();
        texts.ok_or_else(|| Fault::invalid("a list of strings", Value::Array(found)).at(self.at(name)))
    }

    pub(crate) fn map(&mut self, name: &str) -> Result<Option<Self>, TemplateError> {
        let path = self.at(name);
        self.entries
            .remove(name)
            .map(|value| Self::new(path, value))
            .transpose()
    }

    pub(crate) fn maps(&mut self, name: &str) -> Result<Vec<Self>, TemplateError> {
        let path = self.at(name);
        match self.entries.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| Self::new(format!("{path}[{index}]"), item))
                .collect(),
            Some(other) => Err(Fault::invalid("a list", other).at(path)),
        }
    }

    /// All entries as texts.
    pub(crate) fn into_texts(self) -> Result<Vec<(String, String)>, TemplateError> {
        self.entries
            .into_iter()
            .map(|(name, value)| match scalar_text(&value) {
                Some(text) => Ok((name, text)),
                None => Err(Fault::invalid("a string", value).at(format!("{}.{name}", self.path))),
            })
            .collect()
    }

    /// All entries as maps.
    pub(crate) fn into_maps(self) -> Result<Vec<(String, Self)>, TemplateError> {
        let path = self.path;
        self.entries
            .into_iter()
            .map(|(name, value)| Ok((name.clone(), Self::new(format!("{path}.{name}"), value)?)))
            .collect()
    }
}

//! Fields of bodies: missing, null and wrong are three things, and an answer names the field.

use darkroom_http::{HttpError, HttpResult};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A field of a body of JSON. It stands in a type with `#[serde(default)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field<T> {
    /// The body does not speak of it.
    #[default]
    Missing,
    Null,
    /// It is no `T`, and why.
    Wrong(String),
    Value(T),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Null,
            value => T::deserialize(value).map_or_else(|error| Self::Wrong(error.to_string()), Self::Value),
        })
    }
}

impl<T> Field<T> {
    /// The value of a field that there must be.
    pub(crate) fn required(self, name: &str) -> HttpResult<T> {
        self.changed(name)?
            .ok_or_else(|| HttpError::validation(&["body", name], "Field required"))
    }

    /// The value of a field that may be missing, or null, which is the same.
    pub(crate) fn optional(self, name: &str) -> HttpResult<Option<T>> {
        self.cleared(name).map(Option::flatten)
    }

    /// The value that a field is to have from now on; none where it stays.
    pub(crate) fn changed(self, name: &str) -> HttpResult<Option<T>> {
        match self.cleared(name)? {
            Some(None) => Err(HttpError::validation(&["body", name], "must not be null")),
            Some(Some(value)) => Ok(Some(value)),
            None => Ok(None),
        }
    }

    /// The value, or none at all, that a field is to have from now on; none where it stays.
    pub(crate) fn cleared(self, name: &str) -> HttpResult<Option<Option<T>>> {
        match self {
            Self::Missing => Ok(None),
            Self::Null => Ok(Some(None)),
            Self::Wrong(why) => Err(HttpError::validation(&["body", name], why)),
            Self::Value(value) => Ok(Some(Some(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default)]
        size: Field<u32>,
    }

    fn size(body: &str) -> Field<u32> {
        serde_json::from_str::<Body>(body).unwrap().size
    }

    #[test]
    fn missing_null_and_wrong_are_three_things() {
        let (missing, null, seven) = (size("{}"), size(r#"{"size":null}"#), size(r#"{"size":7}"#));
        assert_eq!(missing.clone().changed("size").unwrap(), None);
        assert_eq!(missing.clone().cleared("size").unwrap(), None);
        assert_eq!(missing.clone().optional("size").unwrap(), None);
        assert!(missing.required("size").is_err());
        assert_eq!(null.clone().cleared("size").unwrap(), Some(None));
        assert_eq!(null.clone().optional("size").unwrap(), None);
        assert!(null.clone().changed("size").is_err() && null.required("size").is_err());
        assert_eq!(seven.clone().required("size").unwrap(), 7);
        assert_eq!(seven.cleared("size").unwrap(), Some(Some(7)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for body in [
            r#"{"size":-1}"#,
            r#"{"size":"7"}"#,
            r#"{"size":1.5}"#,
            r#"{"size":[7]}"#,
            r#"{"size":4294967296}"#,
        ] {
            let error = size(body).optional("size").unwrap_err();
            assert!(
                format!("{error:?}").contains(r#"loc: ["body", "size"]"#),
                "{body}"
            );
        }
    }
}

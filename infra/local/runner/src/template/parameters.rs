//! Parameters: what the caller gives, else their defaults.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, Node, map};
use super::error::{Fault, TemplateError};
use super::intrinsics::scalar_text;

const WITHOUT_MEANING: &[&str] = &["Description", "ConstraintDescription", "NoEcho"];

/// The value of every parameter: text, or a list of texts.
pub(crate) fn values(
    document: &Document,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    if let Some(name) = given.keys().find(|name| !document.parameters.contains_key(*name)) {
        return Err(Fault::UnknownParameter(name.clone()).at("Parameters"));
    }
    document
        .parameters
        .iter()
        .map(|(name, node)| {
            Ok((
                name.clone(),
                value(name, node, given.get(name).map(String::as_str))?,
            ))
        })
        .collect()
}

fn value(name: &str, node: &Node, given: Option<&str>) -> Result<Value, TemplateError> {
    let path = format!("Parameters.{name}");
    let mut declared = map(node.clone(), &path)?;
    for key in WITHOUT_MEANING {
        declared.remove(*key);
    }
    let kind = take_text(&mut declared, "Type", &path)?.ok_or_else(|| Fault::Missing("Type").at(&path))?;
    let default = take_text(&mut declared, "Default", &path)?;
    let least = take_text(&mut declared, "MinValue", &path)?;
    let most = take_text(&mut declared, "MaxValue", &path)?;
    let allowed = match declared.remove("AllowedValues") {
        None => None,
        Some(Node::List(items)) => Some(items),
        Some(_) => return Err(Fault::invalid("a list", "something else").at(format!("{path}.AllowedValues"))),
    };
    if let Some(key) = declared.keys().next() {
        return Err(Fault::UnknownProperty(key.clone()).at(path));
    }
    let text = given
        .map(str::to_owned)
        .or(default)
        .ok_or_else(|| Fault::Missing("a value").at(&path))?;
    if let Some(allowed) = allowed {
        let is_allowed = allowed.iter().any(
            |item| matches!(item, Node::Scalar(value) if scalar_text(value).as_deref() == Some(text.as_str())),
        );
        if !is_allowed {
            return Err(Fault::invalid("one of AllowedValues", text).at(path));
        }
    }
    match kind.as_str() {
        "String" => Ok(Value::String(text)),
        "Number" => {
            let number = number(&text, &path)?;
            if let Some(least) = least
                && number < self::number(&least, &path)?
            {
                return Err(Fault::invalid(format!("at least {least}"), text).at(path));
            }
            if let Some(most) = most
                && number > self::number(&most, &path)?
            {
                return Err(Fault::invalid(format!("at most {most}"), text).at(path));
            }
            Ok(Value::String(text))
        }
        "CommaDelimitedList" => Ok(text.split(',').map(str::trim).collect()),
        other => {
            Err(Fault::invalid("String, Number or CommaDelimitedList", other).at(format!("{path}.Type")))
        }
    }
}

fn take_text(
    declared: &mut BTreeMap<String, Node>,
    key: &'static str,
    path: &str,
) -> Result<Option<String>, TemplateError> {
    match declared.remove(key) {
        None => Ok(None),
        Some(Node::Scalar(value)) => match scalar_text(&value) {
            Some(text) => Ok(Some(text)),
            None => Err(Fault::invalid("a string", value).at(format!("{path}.{key}"))),
        },
        Some(_) => Err(Fault::invalid("a string", "something else").at(format!("{path}.{key}"))),
    }
}

fn number(text: &str, path: &str) -> Result<f64, TemplateError> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| Fault::invalid("a number", format!("{text:?}")).at(path))
}

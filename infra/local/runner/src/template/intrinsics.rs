//! Evaluation of parameters, conditions and intrinsic functions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, Intrinsic, Node, describe};
use super::error::{Fault, TemplateError};
use super::substitution::{Piece, pieces};
use super::{Deployed, Deployment, identity, parameters};

/// How deep references may lead to references; more is a circle.
const DEEPEST_REFERENCE: u8 = 16;

/// Everything an expression may refer to.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) document: &'a Document,
    pub(crate) deployment: &'a Deployment,
    pub(crate) deployed: &'a Deployed,
    parameters: BTreeMap<String, Value>,
    conditions: BTreeMap<String, bool>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(
        document: &'a Document,
        deployment: &'a Deployment,
        deployed: &'a Deployed,
    ) -> Result<Self, TemplateError> {
        let parameters = parameters::values(document, &deployment.parameters)?;
        let mut scope = Self {
            document,
            deployment,
            deployed,
            parameters,
            conditions: BTreeMap::new(),
        };
        for name in document.conditions.keys() {
            let value = scope.named_condition(name, "Conditions", 0)?;
            scope.conditions.insert(name.clone(), value);
        }
        Ok(scope)
    }

    /// Whether the resource exists under the conditions of this deployment.
    pub(crate) fn exists(&self, resource: &str) -> bool {
        self.document
            .resources
            .get(resource)
            .is_some_and(|raw| match &raw.condition {
                None => true,
                Some(condition) => self.conditions.get(condition).copied().unwrap_or(false),
            })
    }

    /// The value of a node; `None` is `AWS::NoValue`.
    pub(crate) fn value(&self, node: &Node, path: &str) -> Result<Option<Value>, TemplateError> {
        self.evaluate(node, path, 0)
    }

    pub(super) fn evaluate(
        &self,
        node: &Node,
        path: &str,
        depth: u8,
    ) -> Result<Option<Value>, TemplateError> {
        match node {
            Node::Scalar(value) => Ok(Some(value.clone())),
            Node::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    values.extend(self.evaluate(item, &format!("{path}[{index}]"), depth)?);
                }
                Ok(Some(Value::Array(values)))
            }
            Node::Map(entries) => {
                let mut values = serde_json::Map::new();
                for (key, entry) in entries {
                    if let Some(value) = self.evaluate(entry, &format!("{path}.{key}"), depth)? {
                        values.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(values)))
            }
            Node::Call(intrinsic, argument) => self.call(*intrinsic, argument, path, depth),
        }
    }

    fn call(
        &self,
        intrinsic: Intrinsic,
        argument: &Node,
        path: &str,
        depth: u8,
    ) -> Result<Option<Value>, TemplateError> {
        match intrinsic {
            Intrinsic::Ref => {
                let name = self.text(argument, path, depth)?;
                if name == "AWS::NoValue" {
                    Ok(None)
                } else {
                    self.reference(&name, path, depth).map(Some)
                }
            }
            Intrinsic::GetAtt => {
                let (resource, attribute) = self.attribute_name(argument, path, depth)?;
                self.attribute(&resource, &attribute, path, depth).map(Some)
            }
            Intrinsic::Sub => self.substitute(argument, path, depth).map(Some),
            Intrinsic::Join => {
                let [separator, list] = arguments(argument, path)?;
                let separator = self.text(separator, path, depth)?;
                Ok(Some(Value::String(
                    self.texts(list, path, depth)?.join(&separator),
                )))
            }
            Intrinsic::Split => {
                let [separator, source] = arguments(argument, path)?;
                let separator = self.text(separator, path, depth)?;
                let source = self.text(source, path, depth)?;
                if separator.is_empty() {
                    return Err(Fault::invalid("a separator", "an empty string").at(path));
                }
                Ok(Some(source.split(separator.as_str()).collect()))
            }
            Intrinsic::Select => {
                let [index, list] = arguments(argument, path)?;
                let index = self.text(index, path, depth)?;
                let items = match self.evaluate(list, path, depth)? {
                    Some(Value::Array(items)) => items,
                    other => return Err(Fault::invalid("a list", written(other.as_ref())).at(path)),
                };
                let chosen = index
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.into_iter().nth(index));
                chosen
                    .map(Some)
                    .ok_or_else(|| Fault::invalid("an index of the list", index).at(path))
            }
            Intrinsic::If => {
                let [condition, then, otherwise] = arguments(argument, path)?;
                let chosen = match condition {
                    Node::Scalar(Value::String(name)) => self.named_condition(name, path, depth)?,
                    other => return Err(Fault::invalid("the name of a condition", describe(other)).at(path)),
                };
                self.evaluate(if chosen { then } else { otherwise }, path, depth)
            }
            Intrinsic::Equals | Intrinsic::And | Intrinsic::Or | Intrinsic::Not | Intrinsic::Condition => {
                Err(Fault::invalid("a value", "a condition").at(path))
            }
        }
    }

    fn condition(&self, node: &Node, path: &str, depth: u8) -> Result<bool, TemplateError> {
        let (intrinsic, argument) = match node {
            Node::Call(intrinsic, argument) => (*intrinsic, argument.as_ref()),
            Node::Map(entries) if entries.len() == 1 => match entries.get("Condition") {
                Some(argument) => (Intrinsic::Condition, argument),
                None => return Err(Fault::invalid("a condition", "a map").at(path)),
            },
            other => return Err(Fault::invalid("a condition", describe(other)).at(path)),
        };
        match intrinsic {
            Intrinsic::Equals => {
                let [left, right] = arguments(argument, path)?;
                Ok(self.text(left, path, depth)? == self.text(right, path, depth)?)
            }
            Intrinsic::Not => {
                let [inner] = arguments(argument, path)?;
                Ok(!self.condition(inner, path, depth)?)
            }
            Intrinsic::And | Intrinsic::Or => {
                let Node::List(items) = argument else {
                    return Err(Fault::invalid("a list of conditions", describe(argument)).at(path));
                };
                let all = intrinsic == Intrinsic::And;
                // Every one is evaluated, so that a fault in any of them shows.
                let values: Vec<bool> = items
                    .iter()
                    .map(|item| self.condition(item, path, depth))
                    .collect::<Result<_, _>>()?;
                Ok(if all {
                    values.iter().all(|value| *value)
                } else {
                    values.iter().any(|value| *value)
                })
            }
            Intrinsic::Condition => match argument {
                Node::Scalar(Value::String(name)) => self.named_condition(name, path, depth),
                other => Err(Fault::invalid("the name of a condition", describe(other)).at(path)),
            },
            other => Err(Fault::invalid("a condition", format!("{other:?}")).at(path)),
        }
    }

    fn named_condition(&self, name: &str, path: &str, depth: u8) -> Result<bool, TemplateError> {
        if let Some(value) = self.conditions.get(name) {
            return Ok(*value);
        }
        if depth > DEEPEST_REFERENCE {
            return Err(Fault::Circular(name.to_owned()).at(path));
        }
        let node = self
            .document
            .conditions
            .get(name)
            .ok_or_else(|| Fault::UnknownCondition(name.to_owned()).at(path))?;
        self.condition(node, &format!("Conditions.{name}"), depth.saturating_add(1))
    }

    fn substitute(&self, argument: &Node, path: &str, depth: u8) -> Result<Value, TemplateError> {
        let none = BTreeMap::new();
        let (text, variables) = match argument {
            Node::Scalar(Value::String(text)) => (text, &none),
            Node::List(items) => match items.as_slice() {
                [Node::Scalar(Value::String(text)), Node::Map(variables)] => (text, variables),
                _ => return Err(Fault::invalid("a string and a map", "a list").at(path)),
            },
            other => return Err(Fault::invalid("a string", describe(other)).at(path)),
        };
        let mut out = String::with_capacity(text.len());
        for piece in pieces(text, path)? {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Reference(name) => {
                    let value = match (variables.get(name), name.split_once('.')) {
                        (Some(variable), _) => Value::String(self.text(variable, path, depth)?),
                        (None, Some((resource, attribute))) => {
                            self.attribute(resource, attribute, path, depth)?
                        }
                        (None, None) => self.reference(name, path, depth)?,
                    };
                    out.push_str(
                        &scalar_text(&value).ok_or_else(|| {
                            Fault::invalid("a value that fits into a string", name).at(path)
                        })?,
                    );
                }
            }
        }
        Ok(Value::String(out))
    }

    fn reference(&self, name: &str, path: &str, depth: u8) -> Result<Value, TemplateError> {
        let pseudo = match name {
            "AWS::Region" => Some(self.deployment.region.as_str()),
            "AWS::AccountId" => Some(self.deployment.account_id.as_str()),
            "AWS::StackName" => Some(self.deployment.stack_name.as_str()),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Value::from(value));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        self.require(name, path, depth)?;
        identity::reference(self, name, path, depth.saturating_add(1)).map(Value::String)
    }

    fn attribute(
        &self,
        resource: &str,
        attribute: &str,
        path: &str,
        depth: u8,
    ) -> Result<Value, TemplateError> {
        self.require(resource, path, depth)?;
        identity::attribute(self, resource, attribute, path, depth.saturating_add(1)).map(Value::String)
    }

    fn require(&self, resource: &str, path: &str, depth: u8) -> Result<(), TemplateError> {
        let Some(raw) = self.document.resources.get(resource) else {
            return Err(Fault::UnknownReference(resource.to_owned()).at(path));
        };
        if depth > DEEPEST_REFERENCE {
            return Err(Fault::Circular(resource.to_owned()).at(path));
        }
        match &raw.condition {
            Some(condition) if !self.exists(resource) => Err(Fault::Absent {
                resource: resource.to_owned(),
                condition: condition.clone(),
            }
            .at(path)),
            _ => Ok(()),
        }
    }

    fn attribute_name(
        &self,
        argument: &Node,
        path: &str,
        depth: u8,
    ) -> Result<(String, String), TemplateError> {
        match argument {
            Node::Scalar(Value::String(name)) => match name.split_once('.') {
                Some((resource, attribute)) => Ok((resource.to_owned(), attribute.to_owned())),
                None => Err(Fault::invalid("a resource and its attribute", name).at(path)),
            },
            list => {
                let [resource, attribute] = arguments(list, path)?;
                Ok((
                    self.text(resource, path, depth)?,
                    self.text(attribute, path, depth)?,
                ))
            }
        }
    }

    fn text(&self, node: &Node, path: &str, depth: u8) -> Result<String, TemplateError> {
        let value = self.evaluate(node, path, depth)?;
        value
            .as_ref()
            .and_then(scalar_text)
            .ok_or_else(|| Fault::invalid("a string", written(value.as_ref())).at(path))
    }

    fn texts(&self, node: &Node, path: &str, depth: u8) -> Result<Vec<String>, TemplateError> {
        let value = self.evaluate(node, path, depth)?;
        let texts = match &value {
            Some(Value::Array(items)) => items.iter().map(scalar_text).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        texts.ok_or_else(|| Fault::invalid("a list of strings", written(value.as_ref())).at(path))
    }
}

/// The text of a scalar, as `CloudFormation` writes it into a string.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn written(value: Option<&Value>) -> String {
    value.map_or_else(|| "no value".to_owned(), Value::to_string)
}

fn arguments<'n, const COUNT: usize>(node: &'n Node, path: &str) -> Result<[&'n Node; COUNT], TemplateError> {
    let items: Vec<&Node> = match node {
        Node::List(items) => items.iter().collect(),
        other => vec![other],
    };
    let found = items.len();
    items
        .try_into()
        .map_err(|_| Fault::invalid(format!("{COUNT} arguments"), format!("{found}")).at(path))
}

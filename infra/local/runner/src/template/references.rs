//! Every name that the template says must exist, also where nothing here reads on: in policies, alarms, branches not taken.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, Intrinsic, Node};
use super::error::{Fault, TemplateError};
use super::identity::Kind;
use super::substitution::{Piece, pieces};

const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::Region",
    "AWS::AccountId",
    "AWS::StackName",
    "AWS::Partition",
    "AWS::URLSuffix",
    "AWS::NoValue",
];

/// Checks the whole document.
pub(crate) fn check(document: &Document) -> Result<(), TemplateError> {
    let names = Names { document };
    for (name, condition) in &document.conditions {
        names.node(condition, &format!("Conditions.{name}"))?;
    }
    for (name, resource) in &document.resources {
        let path = format!("Resources.{name}");
        if Kind::named(&resource.kind).is_none() {
            return Err(Fault::UnknownResourceType(resource.kind.clone()).at(path));
        }
        if let Some(condition) = &resource.condition {
            names.condition(condition, &format!("{path}.Condition"))?;
        }
        if let Some(missing) = resource
            .depends_on
            .iter()
            .find(|name| !document.resources.contains_key(*name))
        {
            return Err(Fault::UnknownReference(missing.clone()).at(format!("{path}.DependsOn")));
        }
        names.node(&resource.properties, &format!("{path}.Properties"))?;
    }
    for (name, output) in &document.outputs {
        names.node(output, &format!("Outputs.{name}"))?;
    }
    Ok(())
}

struct Names<'a> {
    document: &'a Document,
}

impl Names<'_> {
    fn node(&self, node: &Node, path: &str) -> Result<(), TemplateError> {
        match node {
            Node::Scalar(_) => Ok(()),
            Node::List(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.node(item, &format!("{path}[{index}]"))),
            Node::Map(entries) => self.entries(entries, path),
            Node::Call(intrinsic, argument) => self.call(*intrinsic, argument, path),
        }
    }

    fn entries(&self, entries: &BTreeMap<String, Node>, path: &str) -> Result<(), TemplateError> {
        entries
            .iter()
            .try_for_each(|(key, entry)| self.node(entry, &format!("{path}.{key}")))
    }

    fn call(&self, intrinsic: Intrinsic, argument: &Node, path: &str) -> Result<(), TemplateError> {
        match (intrinsic, argument) {
            (Intrinsic::Ref, Node::Scalar(Value::String(name))) => self.name(name, path),
            (Intrinsic::GetAtt, Node::Scalar(Value::String(name))) => match name.split_once('.') {
                Some((resource, attribute)) => self.attribute(resource, attribute, path),
                None => Err(Fault::invalid("a resource and its attribute", name).at(path)),
            },
            (Intrinsic::GetAtt, Node::List(items)) => match items.as_slice() {
                [
                    Node::Scalar(Value::String(resource)),
                    Node::Scalar(Value::String(attribute)),
                ] => self.attribute(resource, attribute, path),
                _ => Err(Fault::invalid("a resource and its attribute", "a list").at(path)),
            },
            (Intrinsic::Condition, Node::Scalar(Value::String(name))) => self.condition(name, path),
            (Intrinsic::If, Node::List(items)) => {
                if let Some(Node::Scalar(Value::String(name))) = items.first() {
                    self.condition(name, path)?;
                }
                self.node(argument, path)
            }
            (Intrinsic::Sub, Node::Scalar(Value::String(text))) => self.text(text, &BTreeMap::new(), path),
            (Intrinsic::Sub, Node::List(items)) => match items.as_slice() {
                [Node::Scalar(Value::String(text)), Node::Map(variables)] => {
                    self.entries(variables, path)?;
                    self.text(text, variables, path)
                }
                _ => Err(Fault::invalid("a string and a map", "a list").at(path)),
            },
            _ => self.node(argument, path),
        }
    }

    fn text(&self, text: &str, variables: &BTreeMap<String, Node>, path: &str) -> Result<(), TemplateError> {
        for piece in pieces(text, path)? {
            match piece {
                Piece::Reference(name) if !variables.contains_key(name) => match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(resource, attribute, path)?,
                    None => self.name(name, path)?,
                },
                Piece::Reference(_) | Piece::Text(_) => {}
            }
        }
        Ok(())
    }

    fn name(&self, name: &str, path: &str) -> Result<(), TemplateError> {
        let known = PSEUDO_PARAMETERS.contains(&name)
            || self.document.parameters.contains_key(name)
            || self.document.resources.contains_key(name);
        if known {
            Ok(())
        } else {
            Err(Fault::UnknownReference(name.to_owned()).at(path))
        }
    }

    fn condition(&self, name: &str, path: &str) -> Result<(), TemplateError> {
        if self.document.conditions.contains_key(name) {
            Ok(())
        } else {
            Err(Fault::UnknownCondition(name.to_owned()).at(path))
        }
    }

    fn attribute(&self, resource: &str, attribute: &str, path: &str) -> Result<(), TemplateError> {
        let Some(raw) = self.document.resources.get(resource) else {
            return Err(Fault::UnknownReference(resource.to_owned()).at(path));
        };
        match Kind::named(&raw.kind) {
            Some(kind) if kind.attributes().contains(&attribute) => Ok(()),
            Some(_) => {
                let (resource, attribute) = (resource.to_owned(), attribute.to_owned());
                Err(Fault::UnknownAttribute { resource, attribute }.at(path))
            }
            None => Err(Fault::UnknownResourceType(raw.kind.clone()).at(format!("Resources.{resource}"))),
        }
    }
}

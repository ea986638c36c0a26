//! The template as written: sections, resources and calls of intrinsic functions, nothing evaluated.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{Fault, TemplateError};

/// One node of the template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Scalar(Value),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
    Call(Intrinsic, Box<Node>),
}

/// The intrinsic functions that are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intrinsic {
    Ref,
    GetAtt,
    Sub,
    Join,
    Select,
    Split,
    If,
    Equals,
    And,
    Or,
    Not,
    Condition,
}

impl Intrinsic {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Ref" => Self::Ref,
            "GetAtt" => Self::GetAtt,
            "Sub" => Self::Sub,
            "Join" => Self::Join,
            "Select" => Self::Select,
            "Split" => Self::Split,
            "If" => Self::If,
            "Equals" => Self::Equals,
            "And" => Self::And,
            "Or" => Self::Or,
            "Not" => Self::Not,
            "Condition" => Self::Condition,
            _ => return None,
        })
    }
}

/// A resource as written.
#[derive(Clone, Debug)]
pub(crate) struct RawResource {
    pub(crate) kind: String,
    pub(crate) condition: Option<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) metadata: Option<Node>,
    pub(crate) properties: Node,
}

/// The sections that matter.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) parameters: BTreeMap<String, Node>,
    pub(crate) conditions: BTreeMap<String, Node>,
    pub(crate) resources: BTreeMap<String, RawResource>,
    pub(crate) outputs: BTreeMap<String, Node>,
}

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
];

const RESOURCE_KEYS: &[&str] = &[
    "Type",
    "Properties",
    "Condition",
    "Metadata",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
];

const SERVERLESS_FUNCTION: &str = "AWS::Serverless::Function";

impl Document {
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let yaml: serde_yaml_ng::Value =
            serde_yaml_ng::from_str(text).map_err(|error| Fault::Syntax(error.to_string()).at("document"))?;
        let Node::Map(mut sections) = node(&yaml, "document")? else {
            return Err(Fault::Syntax("a map of sections is expected".to_owned()).at("document"));
        };
        if let Some(name) = sections.keys().find(|name| !SECTIONS.contains(&name.as_str())) {
            return Err(Fault::UnknownProperty(name.clone()).at("document"));
        }
        let mut section = |name: &str| match sections.remove(name) {
            None => Ok(BTreeMap::new()),
            Some(found) => map(found, name),
        };
        let parameters = section("Parameters")?;
        let conditions = section("Conditions")?;
        let outputs = section("Outputs")?;
        let globals = function_globals(section("Globals")?)?;
        let mut resources = BTreeMap::new();
        for (name, found) in section("Resources")? {
            let mut resource = raw_resource(&name, found)?;
            if resource.kind == SERVERLESS_FUNCTION {
                resource.properties = merge(globals.clone(), resource.properties);
            }
            resources.insert(name, resource);
        }
        Ok(Self {
            parameters,
            conditions,
            resources,
            outputs,
        })
    }
}

fn function_globals(mut globals: BTreeMap<String, Node>) -> Result<Node, TemplateError> {
    let function = globals
        .remove("Function")
        .unwrap_or_else(|| Node::Map(BTreeMap::new()));
    match globals.keys().next() {
        Some(name) => Err(Fault::UnknownProperty(name.clone()).at("Globals")),
        None => Ok(function),
    }
}

fn raw_resource(name: &str, found: Node) -> Result<RawResource, TemplateError> {
    let path = format!("Resources.{name}");
    let mut keys = map(found, &path)?;
    if let Some(key) = keys.keys().find(|key| !RESOURCE_KEYS.contains(&key.as_str())) {
        return Err(Fault::UnknownProperty(key.clone()).at(path));
    }
    let kind = match keys.remove("Type") {
        Some(kind) => string(&kind, &format!("{path}.Type"))?,
        None => return Err(Fault::Missing("Type").at(path)),
    };
    let condition = match keys.remove("Condition") {
        Some(condition) => Some(string(&condition, &format!("{path}.Condition"))?),
        None => None,
    };
    let depends_on = match keys.remove("DependsOn") {
        None => Vec::new(),
        Some(Node::List(items)) => items
            .iter()
            .map(|item| string(item, &format!("{path}.DependsOn")))
            .collect::<Result<_, _>>()?,
        Some(one) => vec![string(&one, &format!("{path}.DependsOn"))?],
    };
    let properties = keys
        .remove("Properties")
        .unwrap_or_else(|| Node::Map(BTreeMap::new()));
    Ok(RawResource {
        kind,
        condition,
        depends_on,
        metadata: keys.remove("Metadata"),
        properties,
    })
}

/// Merges as SAM does: maps key by key, lists joined with the global part first, else the resource's own value.
fn merge(global: Node, own: Node) -> Node {
    match (global, own) {
        (Node::Map(mut merged), Node::Map(own)) => {
            for (key, value) in own {
                let value = match merged.remove(&key) {
                    Some(inherited) => merge(inherited, value),
                    None => value,
                };
                merged.insert(key, value);
            }
            Node::Map(merged)
        }
        (Node::List(mut joined), Node::List(own)) => {
            joined.extend(own);
            Node::List(joined)
        }
        (_, own) => own,
    }
}

pub(crate) fn map(found: Node, path: &str) -> Result<BTreeMap<String, Node>, TemplateError> {
    match found {
        Node::Map(entries) => Ok(entries),
        other => Err(Fault::invalid("a map", describe(&other)).at(path)),
    }
}

pub(crate) fn string(found: &Node, path: &str) -> Result<String, TemplateError> {
    match found {
        Node::Scalar(Value::String(text)) => Ok(text.clone()),
        other => Err(Fault::invalid("a plain string", describe(other)).at(path)),
    }
}

pub(crate) fn describe(found: &Node) -> String {
    match found {
        Node::Scalar(value) => value.to_string(),
        Node::List(_) => "a list".to_owned(),
        Node::Map(_) => "a map".to_owned(),
        Node::Call(intrinsic, _) => format!("{intrinsic:?}"),
    }
}

fn node(yaml: &serde_yaml_ng::Value, path: &str) -> Result<Node, TemplateError> {
    use serde_yaml_ng::Value as Yaml;
    Ok(match yaml {
        Yaml::Null => Node::Scalar(Value::Null),
        Yaml::Bool(value) => Node::Scalar(Value::Bool(*value)),
        Yaml::String(text) => Node::Scalar(Value::String(text.clone())),
        Yaml::Number(number) => Node::Scalar(json_number(number, path)?),
        Yaml::Sequence(items) => Node::List(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| node(item, &format!("{path}[{index}]")))
                .collect::<Result<_, _>>()?,
        ),
        Yaml::Mapping(entries) => mapping(entries, path)?,
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let intrinsic =
                Intrinsic::named(name).ok_or_else(|| Fault::UnknownIntrinsic(tag.clone()).at(path))?;
            Node::Call(intrinsic, Box::new(node(&tagged.value, path)?))
        }
    })
}

fn mapping(entries: &serde_yaml_ng::Mapping, path: &str) -> Result<Node, TemplateError> {
    let mut named = BTreeMap::new();
    for (key, value) in entries {
        let key = match key {
            serde_yaml_ng::Value::String(key) => key.clone(),
            other => return Err(Fault::invalid("a name", format!("{other:?}")).at(path)),
        };
        let inner = if path == "document" {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let value = node(value, &inner)?;
        // The long form of an intrinsic function is a map of one entry.
        if key == "Ref" || key.starts_with("Fn::") {
            let intrinsic = Intrinsic::named(key.trim_start_matches("Fn::"))
                .ok_or_else(|| Fault::UnknownIntrinsic(key.clone()).at(path))?;
            if entries.len() > 1 {
                return Err(Fault::invalid(format!("{key} alone"), "a map with other entries").at(path));
            }
            return Ok(Node::Call(intrinsic, Box::new(value)));
        }
        named.insert(key, value);
    }
    Ok(Node::Map(named))
}

fn json_number(number: &serde_yaml_ng::Number, path: &str) -> Result<Value, TemplateError> {
    if let Some(value) = number.as_i64() {
        return Ok(Value::from(value));
    }
    if let Some(value) = number.as_u64() {
        return Ok(Value::from(value));
    }
    number
        .as_f64()
        .and_then(serde_json::Number::from_f64)
        .map(Value::Number)
        .ok_or_else(|| Fault::invalid("a finite number", number).at(path))
}

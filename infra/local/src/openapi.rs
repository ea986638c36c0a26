//! One API document out of those of all HTTP functions.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// Routes that nobody needs a token for; see the template.
const OPEN: &[&str] = &["/", "/health", "/base/health", "/docs", "/openapi.json"];

/// Why the documents do not make one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// Two functions say different things under one name.
    #[error("two functions document {0} differently")]
    Conflict(String),
    /// A document has no JSON form.
    #[error("a document cannot be written as JSON: {0}")]
    Json(String),
}

/// The document of the whole API: JSON with its keys sorted, indented, ending with a newline.
///
/// # Errors
/// When two documents contradict each other.
pub fn document(documents: Vec<OpenApi>) -> Result<String, MergeError> {
    let mut paths = Map::new();
    let mut components = Map::new();
    let mut version = Value::Null;
    for document in documents {
        let document = serde_json::to_value(document).map_err(|error| MergeError::Json(error.to_string()))?;
        let part = |name: &str| document.get(name).cloned().unwrap_or_default();
        version = part("openapi");
        merge(&mut paths, part("paths"), "paths")?;
        merge(&mut components, part("components"), "components")?;
    }
    for (path, item) in &mut paths {
        let is_open = OPEN.contains(&path.as_str());
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            if let (true, Some(operation)) = (is_open, operation.as_object_mut()) {
                operation.insert("security".to_owned(), json!([]));
            }
        }
        item.as_object_mut()
            .into_iter()
            .flatten()
            .for_each(|(_, operation)| name_problems(operation));
    }
    let scheme = json!({ "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Where the deployment names an issuer, or `darkroom serve` is given tokens; else nothing is asked.",
    } });
    merge(
        &mut components,
        json!({ "securitySchemes": scheme }),
        "components",
    )?;
    let mut document = json!({
        "openapi": version,
        "info": {
            "title": "Darkroom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A serverless darkroom for images: send pictures straight to storage, get thumbnails, analyses and datasets back.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "tags": [
            { "name": "uploads", "description": "From a promise to a picture." },
            { "name": "images", "description": "Pictures and what is made of them." },
            { "name": "datasets", "description": "Sets of pictures, their export and import." },
            { "name": "analysis", "description": "Crop, blur, means and clusters of a picture." },
            { "name": "archives", "description": "A zip of pictures comes in, the zip goes out segmented." },
            { "name": "predictions", "description": "What a detector finds in pictures, held against a kit of tools." },
            { "name": "photographs", "description": "What is known of a photograph: its camera, its quality." },
            { "name": "batches", "description": "Photographs that are grouped, ranked, and searched for duplicates." },
            { "name": "crib", "description": "People, tools, and the kits that tools make up." },
            { "name": "transactions", "description": "Kits going out and coming back." },
            { "name": "jobs", "description": "Work that is done in the background." },
            { "name": "service", "description": "About the service itself. No token is asked for." },
        ],
        "security": [{ "bearer": [] }, {}],
        "paths": paths,
        "components": components,
    });
    document.sort_all_objects();
    Ok(format!("{document:#}\n"))
}

/// Gives the answers that are problems their own media type: handlers document them by their schema alone.
fn name_problems(operation: &mut Value) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (_, response) in responses.into_iter().flatten() {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
            continue;
        };
        let is_problem = content
            .get("application/json")
            .and_then(|media| media.pointer("/schema/$ref")?.as_str())
            .is_some_and(|reference| reference == "#/components/schemas/Problem");
        if is_problem && let Some(media) = content.remove("application/json") {
            content.insert("application/problem+json".to_owned(), media);
        }
    }
}

/// Adds `from` to `into`. Objects grow together; where anything else meets, it must be the same.
fn merge(into: &mut Map<String, Value>, from: Value, place: &str) -> Result<(), MergeError> {
    let Value::Object(from) = from else { return Ok(()) };
    for (key, value) in from {
        let place = format!("{place}.{key}");
        match into.get_mut(&key) {
            None => {
                into.insert(key, value);
            }
            Some(known) if *known == value => {}
            // Below a schema or an operation a difference is a contradiction, not an addition.
            Some(Value::Object(known)) if place.matches('.').count() < 2 => merge(known, value, &place)?,
            Some(_) => return Err(MergeError::Conflict(place)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use darkroom_runner::{Deployment, Template};

    use super::*;
    use crate::functions;

    fn of(json: Value) -> Map<String, Value> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn methods_of_one_path_come_together_and_contradictions_do_not() {
        let mut into = of(json!({ "/images": { "get": { "summary": "List" } } }));
        merge(
            &mut into,
            json!({ "/images": { "post": { "summary": "Send" } } }),
            "paths",
        )
        .unwrap();
        assert_eq!(into["/images"].as_object().unwrap().len(), 2);
        merge(
            &mut into,
            json!({ "/images": { "get": { "summary": "List" } } }),
            "paths",
        )
        .unwrap();
        let conflict = merge(
            &mut into,
            json!({ "/images": { "get": { "summary": "Other" } } }),
            "paths",
        );
        assert_eq!(
            conflict,
            Err(MergeError::Conflict("paths./images.get".to_owned()))
        );
        let mut schemas = of(json!({ "schemas": { "Code": { "type": "string" } } }));
        let other = json!({ "schemas": { "Code": { "type": "string", "format": "x" } } });
        assert!(merge(&mut schemas, other, "components").is_err());
    }

    /// The same key with a slash at its end, or without.
    fn twin(key: &str) -> String {
        key.strip_suffix('/')
            .map_or_else(|| format!("{key}/"), str::to_owned)
    }

    #[test]
    fn every_route_of_the_template_is_documented_and_no_other() {
        let text = document(functions::documents()).unwrap();
        assert!(text.ends_with("}\n"));
        let document: Value = serde_json::from_str(&text).unwrap();
        let documented: BTreeSet<String> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let template = Template::parse(crate::serve::TEMPLATE, &Deployment::default()).unwrap();
        let wired: BTreeSet<String> = template
            .api()
            .unwrap()
            .routes
            .iter()
            .map(|route| route.key.to_string())
            // Whatever else lies below a path is documented where it leads to.
            .filter(|key| !key.ends_with("+}"))
            // The same route again, for clients that end it with a slash, or leave that out.
            .filter(|key| documented.contains(key) || !documented.contains(&twin(key)))
            .collect();
        assert_eq!(documented, wired);
    }

    #[test]
    fn problems_are_named_as_they_are_sent() {
        let text = document(functions::documents()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let missing = &document["paths"]["/images/{image_id}"]["get"]["responses"]["404"]["content"];
        assert_eq!(
            missing.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["application/problem+json"]
        );
        assert_eq!(document["paths"]["/health"]["get"]["security"], json!([]));
        assert_eq!(
            document["paths"]["/images"]["get"]["security"],
            Value::Null,
            "as the document says for all"
        );
    }

    #[test]
    fn the_golden_file_is_current() {
        let golden = include_str!("../../../docs/openapi.json");
        let text = document(functions::documents()).unwrap();
        assert!(
            text == golden,
            "write it anew: cargo run -- openapi > docs/openapi.json"
        );
    }

    #[test]
    fn what_is_referred_to_is_there() {
        let text = document(functions::documents()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        for reference in text.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}

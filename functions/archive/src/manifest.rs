//! `manifest.json`: what an archive of a dataset says of its pictures and their analyses.
//!
//! The form is that of older archives, which are understood too.

use darkroom_domain::{
    Analysis, Failure, Findings, Image, Method,
    analysis::{
        KmeansData,
        categorized_mean::{CategoryMean, MAX_ROW_MEANS},
        mean_lines::MAX_CELLS,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

/// The name of the manifest in the archive.
pub(crate) const NAME: &str = "manifest.json";
/// The most bytes that a manifest may have.
pub(crate) const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The most bytes that the result of one analysis may have in it: the largest that we make has about three million. Results
/// are kept as their text and read one at a time: read, a number may take twenty times the bytes that it is written with.
pub(crate) const MAX_RESULT_BYTES: usize = 4 * 1024 * 1024;
/// Where the pictures lie in the archive.
pub(crate) const IMAGES: &str = "images/";
/// Where the files of analyses lie in the archive.
pub(crate) const RESULTS: &str = "results/";

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) created_at: Option<String>,
    pub(crate) images: Vec<ManifestImage>,
    #[serde(default = "version")]
    pub(crate) version: String,
}

fn version() -> String {
    "1.0".to_owned()
}

/// A picture.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ManifestImage {
    pub(crate) original_filename: String,
    /// Its name below [`IMAGES`].
    pub(crate) filename: String,
    #[serde(default)]
    pub(crate) results: Vec<ManifestResult>,
}

/// An analysis of a picture.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ManifestResult {
    pub(crate) name_method: String,
    pub(crate) result_data: Box<RawValue>,
    #[serde(default)]
    pub(crate) created_at: Option<String>,
}

/// A file of an analysis.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Resource {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) path: String,
}

impl Resource {
    /// The painted picture at `path`.
    pub(crate) fn painted(key: &str, path: String) -> Self {
        Self {
            kind: "image".to_owned(),
            key: key.to_owned(),
            path,
        }
    }
}

impl ManifestImage {
    /// A picture without its analyses.
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            original_filename: image.filename.clone(),
            filename: image.stored_filename(),
            results: Vec::new(),
        }
    }

    /// Bytes that its analyses take in the manifest.
    pub(crate) fn said(&self) -> u64 {
        self.results
            .iter()
            .map(|result| result.result_data.get().len() as u64)
            .sum()
    }
}

impl ManifestResult {
    /// An analysis that is finished, with its files; none for one that is not.
    pub(crate) fn of(analysis: &Analysis, resources: &[Resource]) -> Result<Option<Self>, Failure> {
        if matches!(analysis.findings, Findings::Kmeans { data: None, .. }) {
            return Ok(None);
        }
        let params = analysis.findings.params().map_err(Failure::unknown)?;
        let mut data = analysis.findings.data().map_err(Failure::unknown)?;
        if let (Findings::Kmeans { .. }, Some(data)) = (&analysis.findings, data.as_object_mut()) {
            data.insert("status".to_owned(), "completed".into());
        }
        let result = json!({ "params": params, "data": data, "resources": resources });
        Ok(Some(Self {
            name_method: analysis.findings.method().to_string(),
            result_data: to_raw_value(&result).map_err(Failure::unknown)?,
            created_at: Some(analysis.created_at.to_string()),
        }))
    }

    /// By which method.
    pub(crate) fn method(&self) -> Result<Method, String> {
        self.name_method
            .parse()
            .map_err(|_| format!("the method {:?} is not known", shortened(&self.name_method)))
    }

    /// What was found, and the files; none for an analysis that had not come to anything.
    pub(crate) fn findings(&self) -> Result<Option<(Findings, Vec<Resource>)>, String> {
        let method = self.method()?;
        let text = self.result_data.get();
        if text.len() > MAX_RESULT_BYTES {
            return Err(format!("the result of {method} is too large"));
        }
        let parts: Parts<'_> = serde_json::from_str(text)
            .map_err(|error| format!("the result of {method} is no object: {}", told(&error)))?;
        // The oldest form had parameters and data in one.
        let (params, data) = match parts.params {
            Some(params) => (params.get(), parts.data.map_or("null", RawValue::get)),
            None => (text, text),
        };
        if method == Method::Kmeans && !is_completed(data) {
            return Ok(None);
        }
        let findings = Findings::from_parts(method, params, data)
            .map_err(|error| format!("the result of {method} is not of its shape: {}", told(&error)))?;
        check(&findings)?;
        Ok(Some((findings, parts.resources.unwrap_or_default())))
    }
}

/// A result as archives have it.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    resources: Option<Vec<Resource>>,
}

/// Whether it came to something. A result without a status did: the oldest had none.
fn is_completed(data: &str) -> bool {
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        status: Option<String>,
    }
    let status: Result<Status, _> = serde_json::from_str(data);
    status.is_ok_and(|data| data.status.is_none_or(|status| status == "completed"))
}

/// What the types do not say.
fn check(findings: &Findings) -> Result<(), String> {
    let (params, data) = match findings {
        Findings::Kmeans { params, data } => (params, data),
        Findings::CalculateMeanLines { data, .. } => {
            let cells: usize = data.means.iter().map(Vec::len).sum();
            if cells > MAX_CELLS {
                return Err(format!(
                    "the grid has {cells} cells; at most {MAX_CELLS} fit into an answer"
                ));
            }
            return Ok(());
        }
        Findings::CalculateCategorizedMean { params, data } => {
            let rows = |result: &CategoryMean| result.row_means.len().saturating_add(result.cells.len());
            let numbers: usize = data.category_results.iter().map(rows).sum();
            if numbers.saturating_add(params.selected_cells.len()) > 2 * MAX_ROW_MEANS {
                return Err("the categories have more cells and rows than fit into an answer".to_owned());
            }
            return Ok(());
        }
        Findings::Crop { .. } => return Ok(()),
    };
    params
        .check()
        .map_err(|(field, failure)| format!("{field} of kmeans: {failure}"))?;
    let longest = |data: &KmeansData| {
        let lists = [
            data.centers_sorted.len(),
            data.cluster_ranges.len(),
            data.cluster_std_dev.len(),
            data.shares.len(),
            data.palette.len(),
            data.centers.len(),
        ];
        lists.into_iter().max()
    };
    if data.as_ref().and_then(longest) > Some(256) {
        return Err("kmeans has more centres than clusters can be".to_owned());
    }
    Ok(())
}

/// What is wrong with a JSON text: it may repeat all of what it found.
fn told(error: &serde_json::Error) -> String {
    shortened(&error.to_string())
}

/// A text of a stranger, short enough to be repeated to him.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn result(method: &str, result_data: Value) -> ManifestResult {
        ManifestResult {
            name_method: method.to_owned(),
            result_data: to_raw_value(&result_data).unwrap(),
            created_at: None,
        }
    }

    #[test]
    fn older_manifests_are_understood() {
        let old = r#"{"title": "Leaves", "created_at": "2025-01-01T00:00:00", "images": [
            {"original_filename": "a.png", "filename": "x.png", "results": []}]}"#;
        let manifest: Manifest = serde_json::from_str(old).unwrap();
        assert_eq!((manifest.version.as_str(), manifest.description), ("1.0", None));
        let flat = json!({ "status": "completed", "nclusters": 1, "max_iterations": 9, "epsilon": 0.5, "attempts": 1,
            "colors": [[1, 2, 3]], "centers_sorted": [7.5], "compactness": 0.0, "processed_pixels": 4 });
        let (findings, _) = result("kmeans", flat).findings().unwrap().unwrap();
        let Findings::Kmeans { params, data } = findings else {
            panic!("another method")
        };
        assert_eq!((params.nclusters, data.unwrap().centers_sorted), (1, vec![7.5]));
    }

    #[test]
    fn what_came_to_nothing_is_passed_over() {
        let params = json!({ "nclusters": 1 });
        for status in ["processing", "failed"] {
            let data = json!({ "params": params, "data": { "status": status }, "resources": [] });
            assert!(result("kmeans", data).findings().unwrap().is_none());
        }
    }

    #[test]
    fn what_is_of_no_shape_is_refused() {
        let rows = vec![vec![1.0; 1000]; 101];
        let grid =
            json!({ "vertical_lines": [], "horizontal_lines": [], "image_width": 1, "image_height": 1 });
        for (method, data) in [
            (
                "calculate_mean_lines",
                json!({ "params": grid, "data": { "means": rows } }),
            ),
            ("magic", json!({})),
            ("crop", json!(7)),
            ("crop", json!({ "params": { "top": 1 }, "data": null })),
            (
                "crop",
                json!({ "params": { "top": 1, "bottom": 2, "left": 3, "right": 4 }, "resources": 7 }),
            ),
            (
                "kmeans",
                json!({ "params": { "nclusters": 900, "max_iterations": 9, "epsilon": 0.5, "attempts": 1 },
                    "data": { "compactness": 1.0, "processed_pixels": 1 } }),
            ),
        ] {
            assert!(
                result(method, data.clone()).findings().is_err(),
                "{method} {data}"
            );
        }
    }
}

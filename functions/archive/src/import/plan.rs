//! What an archive is going to become, checked to the last byte.

use std::{
    collections::HashSet,
    io::{Read, Seek},
};

use darkroom_domain::{Code, Dataset, Failure, Findings, ImageLimits, Method, Timestamp};
use darkroom_vision::Inspection;
use darkroom_zip::{Archive, ArchiveLimits};
use sha2::{Digest, Sha256};
use time::macros::format_description;

use crate::manifest::{self, IMAGES, Manifest, ManifestImage, ManifestResult, RESULTS, shortened};

/// A dataset as the archive has it.
#[derive(Debug)]
pub(super) struct Plan {
    title: String,
    pub(super) description: Option<String>,
    pub(super) images: Vec<PlannedImage>,
}

/// A picture as the archive has it.
#[derive(Debug)]
pub(super) struct PlannedImage {
    pub(super) original_filename: String,
    /// The archive's entry.
    pub(super) entry: String,
    pub(super) inspection: Inspection,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) analyses: Vec<PlannedAnalysis>,
}

/// An analysis as the archive has it.
#[derive(Debug)]
pub(super) struct PlannedAnalysis {
    pub(super) method: Method,
    pub(super) created_at: Option<Timestamp>,
    /// What was found, as the manifest has it: it was understood once, and is again when it is written.
    result: ManifestResult,
    /// The archive's entries with the painted picture, in one format or two.
    pub(super) painted: Vec<String>,
}

impl PlannedAnalysis {
    /// What was found.
    ///
    /// # Errors
    /// `invalid_archive`, which cannot be any more: the plan was made of it.
    pub(super) fn findings(&self) -> Result<Findings, Failure> {
        match self.result.findings() {
            Ok(Some((findings, _))) => Ok(findings),
            Ok(None) => Err(invalid("a result that came to nothing")),
            Err(problem) => Err(invalid(problem)),
        }
    }
}

/// The limits on painted pictures: they are made here, and may have more bytes than pictures that are sent.
pub(super) fn painted_limits(limits: &ImageLimits) -> ImageLimits {
    ImageLimits {
        bytes: ArchiveLimits::DEFAULT.entry_bytes,
        ..*limits
    }
}

impl Plan {
    /// Checks an archive: its manifest, that everything it names is there, and that every picture is one within the
    /// limits.
    ///
    /// # Errors
    /// `invalid_archive`, `archive_too_large`, and what is wrong with a picture.
    pub(super) fn of<R: Read + Seek>(
        archive: &mut Archive<R>,
        limits: &ImageLimits,
    ) -> Result<Self, Failure> {
        if archive.entry(manifest::NAME).is_none() {
            return Err(invalid("Invalid archive: manifest.json missing"));
        }
        let text = archive.read(manifest::NAME, manifest::MAX_BYTES)?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
            let error = shortened(&error.to_string());
            invalid(format!("manifest.json is not of its shape: {error}"))
        })?;
        drop(text);
        if manifest.version != "1.0" {
            return Err(invalid(format!(
                "manifest.json has version {:?}; 1.0 is understood",
                shortened(&manifest.version)
            )));
        }
        // Title and description are held against their limits before a picture is read.
        let (nobody, never) = (darkroom_domain::TenantId::single(), Timestamp::UNIX_EPOCH);
        let id = darkroom_domain::DatasetId::from_uuid(uuid::Uuid::nil());
        Dataset::new(
            id,
            nobody,
            manifest.title.clone(),
            manifest.description.clone(),
            never,
        )
        .map_err(|failure| invalid(failure.detail))?;
        let mut taken = HashSet::new();
        let mut images = Vec::with_capacity(manifest.images.len().min(archive.entries().len()));
        for image in manifest.images {
            if !taken.insert(image.filename.clone()) {
                return Err(invalid(format!(
                    "manifest.json names {:?} twice",
                    shortened(&image.filename)
                )));
            }
            let image = planned(archive, image, limits)?;
            // A file that serves many would be unpacked, and kept, for each: nothing bounds that.
            for entry in image.analyses.iter().flat_map(|analysis| &analysis.painted) {
                if !taken.insert(entry.clone()) {
                    return Err(invalid(format!(
                        "manifest.json names {:?} twice",
                        shortened(entry)
                    )));
                }
            }
            images.push(image);
        }
        Ok(Self {
            title: manifest.title,
            description: manifest.description,
            images,
        })
    }

    /// The title of the dataset: the archive's, and when it came.
    pub(super) fn title(&self, now: Timestamp) -> String {
        let day = now
            .as_offset_date_time()
            .format(format_description!("[day].[month] [hour]:[minute]"))
            .unwrap_or_default();
        let suffix = format!(" (Imported {day})");
        let mut title = self.title.clone();
        while title.len() + suffix.len() > Dataset::MAX_TITLE_BYTES {
            title.pop();
        }
        title + &suffix
    }
}

fn planned<R: Read + Seek>(
    archive: &mut Archive<R>,
    image: ManifestImage,
    limits: &ImageLimits,
) -> Result<PlannedImage, Failure> {
    let entry = format!("{IMAGES}{}", image.filename);
    let shown = shortened(&image.filename);
    if archive.entry(&entry).is_none() {
        return Err(invalid(format!("The image {shown:?} is not in the archive")));
    }
    let name = &image.original_filename;
    if name.trim().is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
        return Err(invalid(format!(
            "The image {shown:?} has no name that can be kept"
        )));
    }
    let content = archive.read(&entry, limits.bytes)?;
    let inspection = darkroom_vision::inspect(&content, limits).map_err(|failure| Failure {
        detail: format!("The image {shown:?}: {}", failure.detail),
        ..failure
    })?;
    let analyses = analyses(archive, image.results)
        .map_err(|problem| invalid(format!("The image {shown:?}: {problem}")))?;
    for entry in analyses.iter().flat_map(|analysis| &analysis.painted) {
        let limits = painted_limits(limits);
        let file = archive.read(entry, limits.bytes)?;
        darkroom_vision::decode(&file, &limits).map_err(|failure| Failure {
            detail: format!("The file {:?}: {}", shortened(entry), failure.detail),
            ..failure
        })?;
    }
    Ok(PlannedImage {
        original_filename: image.original_filename,
        entry,
        inspection,
        size: content.len() as u64,
        sha256: hex::encode(Sha256::digest(&content)),
        analyses,
    })
}

/// The newest analysis of each method, in the order of the methods.
fn analyses<R: Read + Seek>(
    archive: &Archive<R>,
    results: Vec<ManifestResult>,
) -> Result<Vec<PlannedAnalysis>, String> {
    let mut found: Vec<PlannedAnalysis> = Vec::new();
    for result in results {
        let Some((findings, resources)) = result.findings()? else {
            continue;
        };
        let method = findings.method();
        drop(findings);
        let mut painted = Vec::new();
        for resource in resources.iter().filter(|resource| resource.kind == "image") {
            if !resource.path.starts_with(RESULTS) || archive.entry(&resource.path).is_none() {
                return Err(format!(
                    "its file {:?} is not in the archive",
                    shortened(&resource.path)
                ));
            }
            // Of other methods, and beyond two formats, there is nothing to paint.
            if method == Method::Kmeans && painted.len() < 2 {
                painted.push(resource.path.clone());
            }
        }
        found.push(PlannedAnalysis {
            method,
            painted,
            created_at: result.created_at.as_deref().and_then(moment),
            result,
        });
    }
    // Of several by one method the newest counts; of equally old ones the last.
    found.sort_by_key(|analysis| analysis.created_at);
    let mut latest: Vec<PlannedAnalysis> = Vec::new();
    for analysis in found {
        latest.retain(|older| older.method != analysis.method);
        latest.push(analysis);
    }
    Ok(latest)
}

/// A moment as archives have it: with or without a zone, which is then UTC.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::permanent(Code::InvalidArchive, detail)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use darkroom_zip::ArchiveWriter;
    use serde_json::{Value, json};

    use super::*;

    const CROP: &str = r#"{"params": {"top": 1, "bottom": 2, "left": 3, "right": 4}, "data": null}"#;

    fn png() -> Vec<u8> {
        let picture = darkroom_vision::Picture::from_rgb(2, 2, vec![7; 12]).unwrap();
        darkroom_vision::encode::png(&picture.into_raster()).unwrap()
    }

    fn archive(manifest: &Value, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Vec::new());
        let mut entry = writer.deflated("manifest.json", Timestamp::UNIX_EPOCH).unwrap();
        entry.write_all(manifest.to_string().as_bytes()).unwrap();
        entry.finish().unwrap();
        for (name, content) in files {
            writer.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
        }
        writer.finish().unwrap()
    }

    fn plan(manifest: &Value, files: &[(&str, &[u8])]) -> Result<Plan, Failure> {
        let bytes = archive(manifest, files);
        let size = bytes.len() as u64;
        let mut archive = Archive::open(Cursor::new(bytes), size, &ArchiveLimits::DEFAULT)?;
        Plan::of(&mut archive, &ImageLimits::DEFAULT)
    }

    fn image(filename: &str, results: Value) -> Value {
        json!({ "original_filename": "leaf.png", "filename": filename, "results": results })
    }

    #[test]
    fn a_manifest_becomes_a_plan() {
        let crop: Value = serde_json::from_str(CROP).unwrap();
        let results = json!([
            { "name_method": "crop", "result_data": crop, "created_at": "2025-01-02T00:00:00" },
            { "name_method": "crop", "result_data": { "params": { "top": 0, "bottom": 9, "left": 0, "right": 9 } },
              "created_at": "2025-01-01T00:00:00.123456+00:00" },
        ]);
        let manifest = json!({ "title": "Leaves", "images": [image("a.png", results)] });
        let plan = plan(&manifest, &[("images/a.png", &png())]).unwrap();
        let now = Timestamp::from_unix_milliseconds(1_790_000_000_000).unwrap();
        assert_eq!(plan.title(now), "Leaves (Imported 21.09 14:13)");
        let [image] = plan.images.as_slice() else {
            panic!("one image")
        };
        assert_eq!(image.original_filename, "leaf.png");
        let [analysis] = image.analyses.as_slice() else {
            panic!("the newest alone")
        };
        assert!(matches!(analysis.findings().unwrap(), Findings::Crop { params } if params.top == 1));
    }

    #[test]
    fn a_long_title_leaves_room_for_when_it_came() {
        let manifest = json!({ "title": "é".repeat(512), "images": [] });
        let title = plan(&manifest, &[]).unwrap().title(Timestamp::UNIX_EPOCH);
        assert!(title.len() <= Dataset::MAX_TITLE_BYTES && title.ends_with("é (Imported 01.01 00:00)"));
    }

    #[test]
    fn what_is_wrong_is_found_before_anything_is_written() {
        let png = png();
        let file: &[(&str, &[u8])] = &[("images/a.png", &png)];
        let resource = |path: &str| {
            json!([{ "name_method": "kmeans", "result_data": {
                "params": { "nclusters": 1, "max_iterations": 9, "epsilon": 0.5, "attempts": 1, "colors": [[0, 0, 0]] },
                "data": { "compactness": 0.0, "processed_pixels": 4 },
                "resources": [{ "type": "image", "key": "clustered_image", "path": path }],
            } }])
        };
        for (manifest, files, expected) in [
            (json!([]), file, "shape"),
            (json!({ "images": [] }), file, "title"),
            (
                json!({ "title": "x".repeat(2000), "images": [] }),
                file,
                "at most",
            ),
            (
                json!({ "title": "", "version": "2.0", "images": [] }),
                file,
                "version",
            ),
            (
                json!({ "title": "", "images": [image("b.png", json!([]))] }),
                file,
                "not in the archive",
            ),
            (
                json!({ "title": "", "images": [image("../a.png", json!([]))] }),
                file,
                "not in the archive",
            ),
            (
                json!({ "title": "", "images": [image("/etc/passwd", json!([]))] }),
                file,
                "not in the archive",
            ),
            (
                json!({ "title": "", "images": [image("a.png", json!([])), image("a.png", json!([]))] }),
                file,
                "twice",
            ),
            (
                json!({ "title": "", "images": [image("a.png", json!([{ "name_method": "x", "result_data": {} }]))] }),
                file,
                "not known",
            ),
            (
                json!({ "title": "", "images": [image("a.png", resource("results/none.jpg"))] }),
                file,
                "not in the archive",
            ),
            (
                json!({ "title": "", "images": [image("a.png", resource("images/a.png"))] }),
                file,
                "not in the archive",
            ),
        ] {
            let failure = plan(&manifest, files).unwrap_err();
            assert_eq!(failure.code, Code::InvalidArchive, "{manifest}");
            assert!(
                failure.detail.contains(expected),
                "{expected}: {}",
                failure.detail
            );
        }
        let painted: &[(&str, &[u8])] = &[
            ("images/a.png", &png),
            ("images/b.png", &png),
            ("results/c.png", &png),
        ];
        let shared = |name| image(name, resource("results/c.png"));
        let manifest = json!({ "title": "", "images": [shared("a.png"), shared("b.png")] });
        let failure = plan(&manifest, painted).unwrap_err();
        assert!(
            failure.detail.contains("\"results/c.png\" twice"),
            "{}",
            failure.detail
        );
        let long = json!({ "title": "", "images": "x".repeat(1_000_000) });
        assert!(plan(&long, &[]).unwrap_err().detail.len() < 200);
        let junk: &[(&str, &[u8])] = &[("images/a.png", b"<svg/>")];
        let manifest = json!({ "title": "", "images": [image("a.png", json!([]))] });
        assert_eq!(plan(&manifest, junk).unwrap_err().code, Code::UnsupportedFormat);
    }
}

//! The page: its markup, and the files that it is made of, under names that change with their content.

use std::{collections::HashMap, sync::LazyLock};

use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::{document::Document, lean::lean};

const MARKUP: &str = include_str!("page/index.html");

/// Names the files of the page as they stand beside this one.
macro_rules! assets {
    ($($path:literal),+ $(,)?) => { &[$(($path, include_str!(concat!("page/", $path)))),+] };
}

/// The files of the page by their paths, in the order in which a browser needs them.
pub(crate) const ASSETS: &[(&str, &str)] = assets![
    "style.css",
    "icon.svg",
    "main.js",
    "core/client.js",
    "core/compare.js",
    "core/element.js",
    "core/language.js",
    "core/notice.js",
    "core/picture.js",
    "core/stage.js",
    "core/texts.js",
    "core/zip.js",
    "upload/files.js",
    "upload/panel.js",
    "upload/sending.js",
    "upload/transfers.js",
    "views/analyses.js",
    "views/analyses/bench.js",
    "views/analyses/crop.js",
    "views/analyses/grid.js",
    "views/analyses/tools.js",
    "views/archives.js",
    "views/archives/one.js",
    "views/archives/sent.js",
    "views/batches.js",
    "views/batches/desk.js",
    "views/batches/duplicates.js",
    "views/batches/groups.js",
    "views/batches/map.js",
    "views/crib.js",
    "views/crib/counter.js",
    "views/crib/history.js",
    "views/crib/register.js",
    "views/jobs.js",
    "views/library.js",
    "views/library/collection.js",
    "views/library/grid.js",
    "views/library/order.js",
    "views/library/selection.js",
    "views/picture.js",
    "views/picture/facts.js",
    "views/picture/findings.js",
];

/// The files as browsers get them, and the name of this state of them: twelve hexadecimal digits of the digest of all. It
/// stands in the path, so that modules find each other by relative paths, and browsers keep each file for ever.
static SERVED: LazyLock<(String, HashMap<&str, Document>)> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    let mut files = HashMap::new();
    for (path, text) in ASSETS {
        let text = served(path, text);
        // Lengths keep what belongs to one file from passing for the next one's.
        digest.update(format!("{} {path} {}\n", path.len(), text.len()));
        digest.update(&text);
        files.insert(*path, Document::new(media_type(path), text).for_ever());
    }
    let mut version = hex::encode(digest.finalize());
    version.truncate(12);
    (version, files)
});

/// A file as browsers get it.
pub(crate) fn served(path: &str, text: &str) -> String {
    match path.rsplit('.').next() {
        Some("js") => lean(text, true),
        Some("css") => lean(text, false),
        _ => text.to_owned(),
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    }
}

/// The file at `path` of the state `version`, if this is the state that there is.
pub(crate) fn asset(version: &str, path: &str) -> Option<&'static Document> {
    let (known, files) = &*SERVED;
    files.get(path).filter(|_| version == known)
}

/// The page, which may send to and show pictures of the bucket at `bucket_origin`, and has nothing else to do anywhere.
pub(crate) fn page(bucket_origin: &str) -> Document {
    let assets = format!("assets/{}", SERVED.0);
    // Modules are not announced: forty of them at once would keep the style sheet, and with it the first paint, waiting.
    let markup = MARKUP.replace("{{assets}}", &assets);
    let document = Document::page(markup, policy(bucket_origin));
    document.with_header(header::VARY, HeaderValue::from_static("accept, accept-encoding"))
}

fn policy(bucket_origin: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: {bucket_origin}; \
         connect-src 'self' {bucket_origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    // An origin that is no header's text opens nothing.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

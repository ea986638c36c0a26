//! Holds the page's files against the API document, against each other, and against their promises.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{API_DOCUMENT, page, page::ASSETS};

/// All that a browser loads for the page, before compression.
const BYTES_AT_MOST: usize = 163_000;

/// What would make markup or code of a text.
pub(crate) const MARKUP_OF_TEXT: &[&str] = &[
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
];

fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS.iter().copied().filter(|(path, _)| path.ends_with(".js"))
}

/// What stands between quotes of any kind in a module.
fn literals(text: &str) -> Vec<&str> {
    let mut literals = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut rest = line;
        while let Some(start) = rest.find(['"', '\'', '`']) {
            let quote = &rest[start..=start];
            let after = &rest[start + 1..];
            let end = after.find(quote).unwrap_or(after.len());
            literals.push(&after[..end]);
            rest = after.get(end + 1..).unwrap_or_default();
        }
    }
    literals
}

#[test]
fn every_file_beside_the_page_is_served() {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.insert(
                    path.strip_prefix(root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .replace('\\', "/"),
                );
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page");
    let mut found = BTreeSet::new();
    walk(&root, &root, &mut found);
    assert!(found.remove("index.html"));
    assert_eq!(found, ASSETS.iter().map(|(path, _)| (*path).to_owned()).collect());
}

#[test]
fn the_page_asks_only_for_what_the_api_has() {
    let document: serde_json::Value = serde_json::from_str(API_DOCUMENT).unwrap();
    let mut asked = 0;
    for (module, text) in modules() {
        for literal in literals(text) {
            let Some((method, path)) = literal.split_once(' ') else {
                continue;
            };
            if !["GET", "POST", "PUT", "DELETE"].contains(&method) || !path.starts_with('/') {
                continue;
            }
            let operation = &document["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{module}: there is no {literal}");
            asked += 1;
        }
    }
    assert!(asked > 50, "only {asked} were found");
}

#[test]
fn modules_find_each_other() {
    for (module, text) in modules() {
        let folder = Path::new(module).parent().unwrap();
        for (_, after) in text
            .match_indices("from \"")
            .chain(text.match_indices("import \""))
            .map(|(at, found)| text[at..].split_at(found.len()))
        {
            let wanted = after.split('"').next().unwrap();
            let mut path = folder.to_path_buf();
            for step in wanted.split('/') {
                match step {
                    "." => {}
                    ".." => assert!(path.pop(), "{module}: {wanted}"),
                    name => path.push(name),
                }
            }
            assert!(
                ASSETS.iter().any(|(known, _)| Path::new(known) == path),
                "{module}: {wanted}"
            );
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages_and_used() {
    let (_, texts) = modules().find(|(path, _)| *path == "core/texts.js").unwrap();
    let mut keys = BTreeSet::new();
    for line in texts.lines().filter(|line| line.trim_end().ends_with("],")) {
        let (key, pair) = line.trim().split_once(": [").unwrap();
        let key = key.trim_matches('"');
        assert!(keys.insert(key), "{key} stands there twice");
        let quoted: Vec<&str> = pair.trim_end_matches("],").split("\", \"").collect();
        assert_eq!(quoted.len(), 2, "{key}: {pair}");
        let names = |text: &str| -> BTreeSet<String> {
            text.split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect()
        };
        assert_eq!(names(quoted[0]), names(quoted[1]), "{key}");
        assert!(
            quoted[1].split('|').count() == 1 || quoted[1].split('|').count() == 3,
            "{key}: one, few, many"
        );
    }
    for (module, text) in modules() {
        for (at, found) in text.match_indices(" t(\"").chain(text.match_indices("(t(\"")) {
            let key = text[at + found.len()..].split('"').next().unwrap();
            assert!(keys.contains(key), "{module}: there is no text {key}");
        }
    }
    let is_said = |what: &str| modules().any(|(path, text)| path != "core/texts.js" && text.contains(what));
    for key in keys {
        // Some are put together, such as `state.${name}`.
        let beginnings = key.match_indices('.').map(|(at, _)| &key[..=at]);
        let is_put_together = || {
            beginnings
                .clone()
                .any(|beginning| is_said(&format!("`{beginning}${{")))
        };
        assert!(
            is_said(&format!("\"{key}\"")) || is_put_together(),
            "nothing says {key}"
        );
    }
}

#[test]
fn the_page_is_small_and_safe() {
    let bytes: usize = ASSETS
        .iter()
        .map(|(path, text)| page::served(path, text).len())
        .sum();
    let page = page::page("https://bucket.example");
    let total = bytes + page.text().len();
    assert!(total < BYTES_AT_MOST, "{total} bytes");
    for (module, text) in modules() {
        for risky in MARKUP_OF_TEXT.iter().chain(&["https://"]) {
            assert!(!text.contains(risky), "{module}: {risky}");
        }
        // Preferences are kept in one place, which is where to look for secrets among them.
        assert!(
            module == "core/language.js" || !text.contains("localStorage"),
            "{module}"
        );
        assert!(
            !text.contains("sessionStorage") && !text.contains("document.cookie"),
            "{module}"
        );
    }
    let markup = page.text();
    assert!(!markup.contains("{{"), "a part is missing");
    for attribute in [" style=", " onclick=", " onload=", "<style", "https://"] {
        assert!(
            !markup.contains(attribute),
            "{attribute} is refused by the policy"
        );
    }
    let policy = page.headers()[http::header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'; script-src 'self';"));
    assert_eq!(policy.matches("https://bucket.example").count(), 2);
}

//! The documentation page, put together once: style and script stand in it, and the policy lets these very two run and no other.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::{document::Document, error_codes};

const MARKUP: &str = include_str!("docs/docs.html");
const STYLE: &str = include_str!("docs/docs.css");
const SCRIPT: &str = include_str!("docs/docs.js");

/// The page with its headers.
pub(crate) static PAGE: LazyLock<Document> = LazyLock::new(|| {
    let text = MARKUP
        .replacen("{{style}}", STYLE, 1)
        .replacen("{{errors}}", &error_codes::rows(), 1)
        .replacen("{{script}}", SCRIPT, 1);
    Document::page(text, policy())
});

fn policy() -> HeaderValue {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        digest(SCRIPT),
        digest(STYLE)
    );
    // Base64 is ASCII: the closed policy is never needed, and never opens anything.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;
    use crate::drift::MARKUP_OF_TEXT;

    /// What stands between a tag that begins so and its end, exactly as a browser hashes it.
    fn content<'a>(page: &'a str, tag: &str) -> &'a str {
        let (_, after) = page.split_once(&format!("<{tag}")).unwrap();
        let (_, after) = after.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        after.split_once(&format!("</{name}>")).unwrap().0
    }

    #[test]
    fn the_policy_allows_exactly_what_stands_in_the_page() {
        let page = PAGE.text();
        let policy = PAGE.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for (tag, directive) in [("style", "style-src"), ("script type=\"module\"", "script-src")] {
            let digest = STANDARD.encode(Sha256::digest(content(page, tag)));
            assert!(
                policy.contains(&format!("{directive} 'sha256-{digest}'")),
                "{directive}"
            );
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("<style").count(), 1);
        assert!(!page.contains("{{"), "a part is missing");
        for attribute in [" style=", " onclick=", " onload="] {
            assert!(
                !MARKUP.contains(attribute),
                "{attribute} is refused by the policy"
            );
        }
    }

    #[test]
    fn the_page_is_whole_and_small() {
        let page = PAGE.text();
        assert!(page.len() < 30_000, "{} bytes", page.len());
        for loading in ["src=", "@import", "url(", "import(", "https://"] {
            assert!(!page.contains(loading), "{loading}");
        }
        for risky in MARKUP_OF_TEXT.iter().chain(&["localStorage"]) {
            assert!(!page.contains(risky), "{risky}");
        }
    }
}

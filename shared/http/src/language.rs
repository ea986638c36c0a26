//! The language of what is said to a person. Codes, keys and field names are the same in all.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use darkroom_domain::{Code, Failure};
use http::{HeaderMap, header, request::Parts};

/// A language that texts are kept in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// What is spoken where nothing else is asked for.
    #[default]
    English,
    /// As the tool crib's first users speak.
    Russian,
}

impl Language {
    /// The language that a request asks for by `Accept-Language` (RFC 9110, 12.5.4): of those that there are, the one with the
    /// greatest weight, and of several the first.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut best = (0.0, Self::default());
        for range in accepted.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let language = match tag.split('-').next().unwrap_or_default() {
                name if name.eq_ignore_ascii_case("ru") => Self::Russian,
                name if name.eq_ignore_ascii_case("en") => Self::English,
                "*" => Self::default(),
                _ => continue,
            };
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |weight| weight.parse().unwrap_or(0.0_f32));
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// What is said where there is no such kit of tools, by whoever is asked about one.
pub const TOOLKIT_NOT_FOUND: Phrase = Phrase::new("Toolkit not found", "Набор не найден");

/// A text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// In English.
    pub english: &'static str,
    /// In Russian.
    pub russian: &'static str,
}

impl Phrase {
    /// A text in every language.
    #[must_use]
    pub const fn new(english: &'static str, russian: &'static str) -> Self {
        Self { english, russian }
    }

    /// The text in one of them.
    #[must_use]
    pub const fn spoken(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Russian => self.russian,
        }
    }

    /// The failure that is put so.
    #[must_use]
    pub fn failure(self, code: Code, language: Language) -> Failure {
        Failure::permanent(code, self.spoken(language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_known_language_is_spoken() {
        for (accepted, expected) in [
            ("ru", Language::Russian),
            ("ru-RU,ru;q=0.9,en-US;q=0.8", Language::Russian),
            ("en-US,en;q=0.9,ru;q=0.8", Language::English),
            ("de, ru;q=0.5, en;q=0.7", Language::English),
            ("fr", Language::English),
            ("*", Language::English),
            ("ru;q=0, en;q=0.1", Language::English),
            ("ru;q=x", Language::English),
            ("", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(Language::of(&headers), expected, "{accepted}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
    }
}

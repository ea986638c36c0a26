//! Texts as they are told to others: of bounded length, without control characters.

use std::borrow::Cow;

use darkroom_domain::PhotographMetadata;

/// A text without control characters and without blanks around it, of at most `limit` characters; none if nothing is left.
/// Line breaks and tabs become blanks. Marks that turn the direction of writing are removed as well: a text could hide
/// behind them.
pub(super) fn clean(text: &str, limit: usize) -> Option<String> {
    let mut cleaned = String::new();
    let mut length = 0;
    for character in text.chars() {
        let character = match character {
            '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                if cleaned.ends_with(' ') {
                    continue;
                }
                ' '
            }
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' => continue,
            character if character.is_control() => continue,
            character => character,
        };
        if cleaned.is_empty() && character.is_whitespace() {
            continue;
        }
        if length == limit {
            break;
        }
        cleaned.push(character);
        length += 1;
    }
    cleaned.truncate(cleaned.trim_end().len());
    (!cleaned.is_empty()).then_some(cleaned)
}

/// A caption.
pub(super) fn caption(text: &str) -> Option<String> {
    clean(text, PhotographMetadata::MAX_CAPTION_CHARACTERS)
}

/// Bytes as UTF-8 where they are that, else as Latin-1, in which every byte is a character.
pub(super) fn utf8_or_latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(latin1(bytes)),
    }
}

/// Bytes as Latin-1.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Keywords, each once, as many as are kept.
#[derive(Debug, Default)]
pub(super) struct Tags(Vec<String>);

impl Tags {
    /// Adds a keyword, if it is a new one and there is room.
    pub(super) fn add(&mut self, keyword: &str) {
        if self.is_full() {
            return;
        }
        if let Some(tag) = clean(keyword, PhotographMetadata::MAX_TAG_CHARACTERS)
            && !self.0.contains(&tag)
        {
            self.0.push(tag);
        }
    }

    /// Whether no further keyword is taken.
    pub(super) const fn is_full(&self) -> bool {
        self.0.len() >= PhotographMetadata::MAX_TAGS
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.0
    }

    pub(super) fn into_option(self) -> Option<Vec<String>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_blanks_around_are_removed() {
        assert_eq!(clean("  Canon\0\u{7}\u{9B} ", 100).as_deref(), Some("Canon"));
        assert_eq!(
            clean("one\r\ntwo\tthree\n", 100).as_deref(),
            Some("one two three")
        );
        assert_eq!(clean("safe\u{202E}gnp.exe", 100).as_deref(), Some("safegnp.exe"));
        for nothing in ["", "   ", "\0\0\0", "\u{FEFF}\r\n"] {
            assert_eq!(clean(nothing, 100), None);
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(clean(&"ä".repeat(101), 100), Some("ä".repeat(100)));
        assert_eq!(clean("ab cd", 3).as_deref(), Some("ab"));
        assert_eq!(clean(&" ".repeat(1000), 3), None);
    }

    #[test]
    fn every_byte_is_a_character() {
        assert_eq!(utf8_or_latin1("Zürich".as_bytes()), "Zürich");
        assert_eq!(utf8_or_latin1(b"Z\xFCrich"), "Zürich");
    }

    #[test]
    fn keywords_are_kept_once_and_in_order() {
        let mut tags = Tags::default();
        for keyword in ["sea", " sea ", "", "Sea", "fish"] {
            tags.add(keyword);
        }
        assert_eq!(tags.0, ["sea", "Sea", "fish"]);
        for index in 0..1000 {
            tags.add(&index.to_string());
        }
        assert_eq!(tags.into_vec().len(), 100);
    }
}

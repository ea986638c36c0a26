//! The names of entries: which are accepted, and how others are shown.

/// Bytes of the longest name that is accepted.
pub(crate) const NAME_BYTES: usize = 512;

/// Characters of a name that a message shows.
const SHOWN_CHARACTERS: usize = 80;

/// What is wrong with a name, as the end of a sentence; none for a relative path of plain components, parted by `/`,
/// with one `/` at the end for a directory.
///
/// Names that differ only in case are different names, as they are to object storage: nothing here is unpacked to a file
/// system.
pub(crate) fn fault_of(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.len() > NAME_BYTES {
        return Some("is longer than 512 bytes");
    }
    if name.chars().any(char::is_control) {
        return Some("contains a control character");
    }
    if name.contains('\\') {
        return Some("contains a backslash");
    }
    if name.starts_with('/') {
        return Some("is an absolute path");
    }
    if matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
        return Some("begins with a drive letter");
    }
    without_slash(name)
        .split('/')
        .find_map(|component| match component {
            "" => Some("contains an empty component"),
            "." | ".." => Some("contains a component of dots only"),
            _ => None,
        })
}

/// Whether this names a directory.
pub(crate) fn is_directory(name: &str) -> bool {
    name.ends_with('/')
}

/// The name as two entries may not share it: a file and a directory of one name cannot be told apart either.
pub(crate) fn without_slash(name: &str) -> &str {
    name.strip_suffix('/').unwrap_or(name)
}

/// A name in quotes as a message may hold it: escaped, and cut where it is long.
pub(crate) fn shown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let mut characters = name.chars();
    let head: String = characters.by_ref().take(SHOWN_CHARACTERS).collect();
    let cut = if characters.next().is_some() { "…" } else { "" };
    format!("\"{}{cut}\"", head.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_relative_names_are_accepted() {
        for name in [
            "a",
            "images/0190.jpg",
            "images/",
            ".hidden",
            "...",
            "a/..b/c..",
            "снимок 1.jpg",
            "time 12:30.jpg",
            "__MACOSX/._a.jpg",
        ] {
            assert_eq!(fault_of(name), None, "{name}");
        }
        assert_eq!(fault_of(&"n".repeat(512)), None);
    }

    #[test]
    fn names_that_lead_elsewhere_or_nowhere_are_not() {
        for name in [
            "",
            "/",
            "/etc/passwd",
            "//server/share",
            "\\\\server\\share",
            "C:\\x",
            "c:/x",
            "C:",
            "..",
            "../x",
            "a/../x",
            "a/..",
            "a/../",
            "./x",
            "a//b",
            "a//",
            "a\\..\\b",
            "a\0b",
            "a\nb",
            "a\u{85}b",
        ] {
            assert!(fault_of(name).is_some(), "{name:?}");
        }
        assert!(fault_of(&"n".repeat(513)).is_some());
    }

    #[test]
    fn names_are_shown_without_what_a_terminal_or_a_page_would_obey() {
        assert_eq!(shown(b"a\x1b[31m\"\n"), r#""a\u{1b}[31m\"\n""#);
        assert_eq!(shown("a\u{202e}gpj".as_bytes()), r#""a\u{202e}gpj""#);
        assert_eq!(shown(b"\xff"), "\"\u{fffd}\"");
        assert_eq!(shown(&[b'n'; 600]), format!("\"{}…\"", "n".repeat(80)));
    }
}

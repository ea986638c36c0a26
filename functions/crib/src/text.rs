//! Texts and numbers as a crib takes them.

use std::collections::HashSet;

use darkroom_domain::crib::MAX_QUANTITY;
use serde::Deserialize;

/// What somebody typed that cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotTaken {
    /// A line is empty, too long or not one line.
    #[error("must have 1 to 255 characters, something visible among them, and no control characters")]
    Line,
    /// A description is too long, or has other control characters than ends of lines.
    #[error("must have at most 1024 characters, and no control characters but ends of lines and tabs")]
    Description,
    /// Labels are too many, empty, too long, or the same.
    #[error("must be at most 20 different labels of 1 to 100 characters without control characters")]
    Labels,
    /// A quantity is out of its range.
    #[error("must be a whole number from 1 to {MAX_QUANTITY}")]
    Quantity,
}

/// A line that says something: a name or a number. It is kept as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Line(pub(crate) String);

impl TryFrom<String> for Line {
    type Error = NotTaken;

    fn try_from(text: String) -> Result<Self, NotTaken> {
        if is_line(&text, 255) {
            Ok(Self(text))
        } else {
            Err(NotTaken::Line)
        }
    }
}

/// What a kit is for. It may have several lines, or be empty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Description(pub(crate) String);

impl TryFrom<String> for Description {
    type Error = NotTaken;

    fn try_from(text: String) -> Result<Self, NotTaken> {
        let is_refused = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
        if text.chars().count() > 1024 || text.chars().any(is_refused) {
            return Err(NotTaken::Description);
        }
        Ok(Self(text))
    }
}

/// What models call a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct Labels(pub(crate) Vec<String>);

impl TryFrom<Vec<String>> for Labels {
    type Error = NotTaken;

    fn try_from(labels: Vec<String>) -> Result<Self, NotTaken> {
        let different: HashSet<&String> = labels.iter().collect();
        if labels.len() > 20
            || different.len() < labels.len()
            || !labels.iter().all(|label| is_line(label, 100))
        {
            return Err(NotTaken::Labels);
        }
        Ok(Self(labels))
    }
}

/// How many of a tool belong into a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Quantity(pub(crate) u32);

impl TryFrom<i64> for Quantity {
    type Error = NotTaken;

    fn try_from(number: i64) -> Result<Self, NotTaken> {
        match u32::try_from(number) {
            Ok(number @ 1..=MAX_QUANTITY) => Ok(Self(number)),
            _ => Err(NotTaken::Quantity),
        }
    }
}

fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control) && text.chars().any(is_visible)
}

/// Whether a character shows: neither a space nor one of those that only steer others (Unicode's general category Cf, as
/// far as it is met in texts).
fn is_visible(char: char) -> bool {
    !(char.is_whitespace()
        || char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_as_it_is_or_refused() {
        for text in [
            " Отвертка «-» ",
            "x",
            &"я".repeat(255),
            "Ключ 3\u{2044}4",
            "👩\u{200d}🔧",
        ] {
            assert_eq!(Line::try_from(text.to_owned()).unwrap().0, text);
        }
        for text in [
            "",
            "  ",
            "\u{a0}",
            "\u{200b}\u{feff}",
            "a\nb",
            "a\0",
            &"я".repeat(256),
        ] {
            assert_eq!(Line::try_from(text.to_owned()), Err(NotTaken::Line), "{text:?}");
        }
    }

    #[test]
    fn a_description_may_have_lines() {
        assert!(Description::try_from("a\r\n\tb".to_owned()).is_ok());
        assert!(Description::try_from(String::new()).is_ok());
        assert!(Description::try_from("a\u{7}".to_owned()).is_err());
        assert!(Description::try_from("я".repeat(1025)).is_err());
    }

    #[test]
    fn labels_are_different_and_few() {
        let labels = |labels: &[&str]| {
            Labels::try_from(labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>())
        };
        assert!(labels(&[]).is_ok() && labels(&["cup", "Cup"]).is_ok());
        assert!(labels(&["cup", "cup"]).is_err());
        assert!(labels(&[""]).is_err() && labels(&[&"x".repeat(101)]).is_err());
        let many: Vec<String> = (0..21).map(|label| label.to_string()).collect();
        assert!(Labels::try_from(many).is_err());
    }

    #[test]
    fn quantities_begin_at_one() {
        assert_eq!(Quantity::try_from(1), Ok(Quantity(1)));
        assert_eq!(Quantity::try_from(1000), Ok(Quantity(1000)));
        for number in [0, -1, 1001, i64::MAX, i64::MIN] {
            assert_eq!(Quantity::try_from(number), Err(NotTaken::Quantity), "{number}");
        }
    }
}

//! File names in headers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 lets stand as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// In place.
    Inline,
    /// As a download.
    Attachment,
}

impl Disposition {
    /// The `Content-Disposition` (RFC 6266) of a file called `filename`: in ASCII for the old, encoded for everyone.
    #[must_use]
    pub fn header(self, filename: &str) -> String {
        let kind = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        let ascii: String = filename
            .chars()
            .map(|char| {
                if matches!(char, ' '..='~') && !matches!(char, '"' | '\\' | '%') {
                    char
                } else {
                    '_'
                }
            })
            .collect();
        let encoded = utf8_percent_encode(filename, ENCODED);
        format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_the_header() {
        assert_eq!(
            Disposition::Attachment.header("été \"1\"\r\nX: y.jpg"),
            "attachment; filename=\"_t_ _1___X: y.jpg\"; \
             filename*=UTF-8''%C3%A9t%C3%A9%20%221%22%0D%0AX%3A%20y.jpg"
        );
        assert_eq!(
            Disposition::Inline.header("a.png"),
            "inline; filename=\"a.png\"; filename*=UTF-8''a.png"
        );
    }
}

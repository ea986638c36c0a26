//! What a client would rather have (RFC 7240, `Prefer`).

use http::HeaderMap;

/// The preference of a client that would rather not wait.
pub(crate) const RESPOND_ASYNC: &str = "respond-async";

/// Whether the client would rather not wait. Preferences may stand in one header or in several, and each may have a value and
/// parameters; this one has no value, and its parameters mean nothing to us.
pub(crate) fn is_for_later(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| parts(value, ','))
        .filter_map(|preference| parts(preference, ';').next())
        .any(|preference| {
            // An empty value is none.
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            name.trim().eq_ignore_ascii_case(RESPOND_ASYNC) && matches!(value.trim(), "" | "\"\"")
        })
}

/// The parts of a header between separators, of which none stands in a quoted string (RFC 9110, 5.6.4).
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        match character {
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        character == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_that_they_would_not_wait() {
        for (prefer, expected) in [
            ("respond-async", true),
            ("return=minimal, Respond-Async", true),
            ("respond-async, wait=10", true),
            ("respond-async;wait=10", true),
            (" respond-async ; a=\"b;c\" ; d, wait=5", true),
            ("respond-async=\"\"", true),
            ("respond-async = ", true),
            ("foo=\"a, b\";c=\"\\\",\", respond-async", true),
            ("wait=10", false),
            ("respond-asynchronously", false),
            ("respond-async=no", false),
            ("wait=10; respond-async", false),
            ("foo=\"a, respond-async\"", false),
            ("foo=\"a\\\", respond-async, b\"", false),
            ("foo=\"a, respond-async", false),
            ("", false),
            (",;=", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append("prefer", "handling=lenient".parse().unwrap());
            headers.append("prefer", prefer.parse().unwrap());
            headers.append("prefer", "depth-noroot".parse().unwrap());
            assert_eq!(is_for_later(&headers), expected, "{prefer}");
        }
        assert!(!is_for_later(&HeaderMap::new()));
    }
}

//! Route keys, and which of them a request belongs to.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use percent_encoding::percent_decode_str;

use super::{BAD_REQUEST, NOT_FOUND, Refusal};
use crate::invoke::Invoker;

/// The route that takes what no other does.
const DEFAULT: &str = "$default";

/// Method and path of a route, such as `GET /images/{image_id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteKey {
    /// `None` is any method.
    method: Option<Method>,
    /// `None` is any path: the route `$default`.
    path: Option<Vec<Segment>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Static(String),
    Parameter(String),
    /// `{name+}`: the rest of the path.
    Greedy(String),
}

/// What is wrong with a route key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteKeyError {
    /// Neither a method and a path nor `$default`.
    #[error("{0:?}, which is neither a method and a path nor $default")]
    Form(String),
    /// The method is none.
    #[error("{0:?}, which begins with no method")]
    Method(String),
    /// A part of the path is not understood.
    #[error("{key:?}, whose part {part:?} is not understood")]
    Part {
        /// The whole key.
        key: String,
        /// The part.
        part: String,
    },
}

impl RouteKey {
    /// Reads a route key.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, RouteKeyError> {
        if text == DEFAULT {
            return Ok(Self {
                method: None,
                path: None,
            });
        }
        let (method, path) = text
            .split_once(' ')
            .ok_or_else(|| RouteKeyError::Form(text.to_owned()))?;
        let method = match method {
            "ANY" => None,
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => Some(
                method
                    .parse()
                    .map_err(|_| RouteKeyError::Method(text.to_owned()))?,
            ),
            _ => return Err(RouteKeyError::Method(text.to_owned())),
        };
        let path = path
            .strip_prefix('/')
            .ok_or_else(|| RouteKeyError::Form(text.to_owned()))?;
        let parts: Vec<&str> = path.split('/').collect();
        let mut segments = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let wrong = || RouteKeyError::Part {
                key: text.to_owned(),
                part: (*part).to_owned(),
            };
            let name = part.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
            let segment = match name.map(|name| (name.strip_suffix('+'), name)) {
                None => Segment::Static((*part).to_owned()),
                Some((None, name)) => Segment::Parameter(name.to_owned()),
                Some((Some(name), _)) if index + 1 == parts.len() => Segment::Greedy(name.to_owned()),
                Some((Some(_), _)) => return Err(wrong()),
            };
            let fine = match &segment {
                Segment::Static(text) => {
                    !text.contains(['{', '}', ' ']) && (!text.is_empty() || index + 1 == parts.len())
                }
                Segment::Parameter(name) | Segment::Greedy(name) => {
                    !name.is_empty()
                        && name
                            .chars()
                            .all(|char| char.is_ascii_alphanumeric() || "_-.".contains(char))
                }
            };
            if !fine {
                return Err(wrong());
            }
            segments.push(segment);
        }
        Ok(Self {
            method,
            path: Some(segments),
        })
    }

    /// Whether both take the very same requests: names of parameters tell nothing apart.
    pub(crate) fn same_place(&self, other: &Self) -> bool {
        self.method == other.method
            && match (&self.path, &other.path) {
                (None, None) => true,
                (Some(left), Some(right)) => {
                    left.len() == right.len()
                        && left.iter().zip(right).all(|pair| match pair {
                            (Segment::Static(left), Segment::Static(right)) => left == right,
                            (Segment::Parameter(_), Segment::Parameter(_))
                            | (Segment::Greedy(_), Segment::Greedy(_)) => true,
                            _ => false,
                        })
                }
                _ => false,
            }
    }

    /// Sorts before what is less specific: full matches, greedy ones, `$default`; more literal text first, and to the
    /// left; a method before any.
    fn precedence(&self) -> (bool, bool, Reverse<usize>, Vec<u8>, bool) {
        let segments = self.path.as_deref().unwrap_or_default();
        let ranks: Vec<u8> = segments
            .iter()
            .map(|segment| match segment {
                Segment::Static(_) => 0,
                Segment::Parameter(_) => 1,
                Segment::Greedy(_) => 2,
            })
            .collect();
        let greedy = ranks.contains(&2);
        let literal = ranks.iter().filter(|rank| **rank == 0).count();
        (
            self.path.is_none(),
            greedy,
            Reverse(literal),
            ranks,
            self.method.is_none(),
        )
    }

    fn matches(&self, method: &Method, path: &[String]) -> Option<BTreeMap<String, String>> {
        if self.method.as_ref().is_some_and(|own| own != method) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let Some(segments) = &self.path else {
            return Some(parameters);
        };
        let mut parts = path.iter();
        for segment in segments {
            match segment {
                Segment::Greedy(name) => {
                    let rest: Vec<&str> = parts.by_ref().map(String::as_str).collect();
                    let rest = rest.join("/");
                    if rest.is_empty() {
                        return None;
                    }
                    parameters.insert(name.clone(), rest);
                }
                Segment::Static(text) => {
                    if parts.next()? != text {
                        return None;
                    }
                }
                Segment::Parameter(name) => {
                    let part = parts.next()?;
                    if part.is_empty() {
                        return None;
                    }
                    parameters.insert(name.clone(), part.clone());
                }
            }
        }
        parts.next().is_none().then_some(parameters)
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(segments) = &self.path else {
            return formatter.write_str(DEFAULT);
        };
        formatter.write_str(self.method.as_ref().map_or("ANY", Method::as_str))?;
        formatter.write_str(" ")?;
        segments.iter().try_for_each(|segment| match segment {
            Segment::Static(text) => write!(formatter, "/{text}"),
            Segment::Parameter(name) => write!(formatter, "/{{{name}}}"),
            Segment::Greedy(name) => write!(formatter, "/{{{name}+}}"),
        })
    }
}

/// What answers at a route.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) key: RouteKey,
    pub(super) authorized: bool,
    pub(super) timeout: Duration,
    pub(super) invoker: Arc<Invoker>,
}

/// A request's route.
#[derive(Debug)]
pub(super) struct Found<'r> {
    pub(super) endpoint: &'r Endpoint,
    /// Decoded.
    pub(super) parameters: BTreeMap<String, String>,
    /// The path, decoded, as functions see it.
    pub(super) path: String,
}

/// All routes, the most specific first.
#[derive(Debug)]
pub(super) struct Router {
    endpoints: Vec<Endpoint>,
}

impl Router {
    pub(super) fn new(mut endpoints: Vec<Endpoint>) -> Self {
        endpoints.sort_by_cached_key(|endpoint| endpoint.key.precedence());
        Self { endpoints }
    }

    /// The route of a request by its encoded path. A segment is cut before it is decoded: `%2F` ends none.
    pub(super) fn find(&self, method: &Method, path: &str) -> Result<Found<'_>, Refusal> {
        let encoded = path.strip_prefix('/').ok_or(NOT_FOUND)?;
        let decoded: Vec<String> = encoded
            .split('/')
            .map(decode)
            .collect::<Option<_>>()
            .ok_or(BAD_REQUEST)?;
        self.endpoints
            .iter()
            .find_map(|endpoint| Some((endpoint, endpoint.key.matches(method, &decoded)?)))
            .map(|(endpoint, parameters)| Found {
                endpoint,
                parameters,
                path: format!("/{}", decoded.join("/")),
            })
            .ok_or(NOT_FOUND)
    }
}

/// Decodes `%XX`; what is no UTF-8 then, or no encoding at all, is nothing.
fn decode(segment: &str) -> Option<String> {
    let well_formed = segment.split('%').skip(1).all(|rest| {
        rest.as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !well_formed {
        return None;
    }
    percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::invoke::tests::invoker;

    fn router(keys: &[&str]) -> Router {
        let invoker = Arc::new(invoker(Duration::from_secs(1), async |_| Ok(Value::Null)));
        let endpoint = |key: &&str| Endpoint {
            key: RouteKey::parse(key).unwrap(),
            authorized: false,
            timeout: Duration::from_secs(1),
            invoker: Arc::clone(&invoker),
        };
        Router::new(keys.iter().map(endpoint).collect())
    }

    fn found(router: &Router, method: &str, path: &str) -> Result<String, u16> {
        router
            .find(&method.parse().unwrap(), path)
            .map(|found| found.endpoint.key.to_string())
            .map_err(|Refusal(status, _)| status.as_u16())
    }

    #[test]
    fn the_most_specific_route_wins() {
        let router = router(&[
            "$default",
            "ANY /{proxy+}",
            "GET /pets/{proxy+}",
            "GET /pets/dog/{id}",
            "GET /pets/{kind}/1",
            "GET /pets/dog/1",
            "ANY /pets/dog/2",
            "GET /pets/dog/2",
            "POST /pets",
            "POST /pets/",
            "GET /",
        ]);
        for (method, path, expected) in [
            ("GET", "/pets/dog/1", "GET /pets/dog/1"),
            ("GET", "/pets/dog/2", "GET /pets/dog/2"),
            ("PUT", "/pets/dog/2", "ANY /pets/dog/2"),
            ("GET", "/pets/dog/3", "GET /pets/dog/{id}"),
            ("GET", "/pets/cat/1", "GET /pets/{kind}/1"),
            ("GET", "/pets/cat/2", "GET /pets/{proxy+}"),
            ("GET", "/pets/dog/1/x", "GET /pets/{proxy+}"),
            ("PUT", "/pets/dog/1", "ANY /{proxy+}"),
            ("GET", "/pets", "ANY /{proxy+}"),
            ("POST", "/pets", "POST /pets"),
            ("POST", "/pets/", "POST /pets/"),
            ("GET", "/", "GET /"),
            ("POST", "/", "$default"),
        ] {
            assert_eq!(
                found(&router, method, path),
                Ok(expected.to_owned()),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn what_belongs_to_no_route_is_not_found() {
        let router = router(&["GET /images", "GET /images/{id}", "POST /files/{rest+}"]);
        for (method, path, expected) in [
            ("GET", "/images/", 404),
            ("GET", "/images/1/", 404),
            ("GET", "/Images", 404),
            ("HEAD", "/images", 404),
            ("POST", "/images", 404),
            ("GET", "//images", 404),
            ("POST", "/files", 404),
            ("POST", "/files/", 404),
            ("OPTIONS", "*", 404),
            ("GET", "/images/%", 400),
            ("GET", "/images/%zz", 400),
            ("GET", "/images/%e", 400),
            ("GET", "/images/%ff", 400),
        ] {
            assert_eq!(found(&router, method, path), Err(expected), "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let router = router(&["GET /images/{id}/{preset}", "GET /static/{rest+}"]);
        let found = router
            .find(&Method::GET, "/images/a%20b+c%2Fd/%E2%82%AC")
            .unwrap();
        assert_eq!(found.path, "/images/a b+c/d/€");
        let expected = [("id", "a b+c/d"), ("preset", "€")];
        assert!(
            found
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .eq(expected)
        );
        let found = router.find(&Method::GET, "/static/a/b%2Ec").unwrap();
        assert_eq!(found.parameters.get("rest").map(String::as_str), Some("a/b.c"));
    }

    #[test]
    fn keys_are_written_as_they_are_read() {
        for key in [
            "$default",
            "ANY /{proxy+}",
            "GET /",
            "GET /images/",
            "DELETE /images/{image_id}",
        ] {
            assert_eq!(RouteKey::parse(key).unwrap().to_string(), key);
        }
        for key in [
            "",
            "GET",
            "GET images",
            "FETCH /a",
            "get /a",
            "GET /a//b",
            "GET /{a+}/b",
            "GET /{}",
            "GET /a{b}",
        ] {
            assert!(RouteKey::parse(key).is_err(), "{key}");
        }
        let same = |left: &str, right: &str| {
            RouteKey::parse(left)
                .unwrap()
                .same_place(&RouteKey::parse(right).unwrap())
        };
        assert!(same("GET /a/{b}", "GET /a/{c}"));
        assert!(!same("GET /a/{b}", "GET /a/b"));
        assert!(!same("GET /a", "GET /a/"));
        assert!(!same("GET /a", "ANY /a"));
    }
}

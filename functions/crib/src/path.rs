//! Ids in paths.

use std::{convert::Infallible, str::FromStr};

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

/// The parameters of a path, in its order. What is no id leads to nothing, as an id that nobody has.
#[derive(Clone, Debug)]
pub(crate) struct PathIds(Vec<String>);

impl PathIds {
    /// The id at a place, counted from 0, if there is one.
    pub(crate) fn id<Id: FromStr>(&self, place: usize) -> Option<Id> {
        self.0.get(place)?.parse().ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathIds {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let parameters = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let values =
            parameters.map(|Path(parameters)| parameters.into_iter().map(|(_, value)| value).collect());
        Ok(Self(values.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::ToolId;

    #[test]
    fn only_one_spelling_is_an_id() {
        let ids = PathIds(
            ["7", "07", "+7", "-1", "x", "", "4294967296"]
                .map(str::to_owned)
                .to_vec(),
        );
        assert_eq!(ids.id::<ToolId>(0), Some(ToolId::new(7)));
        for place in 1..8 {
            assert_eq!(ids.id::<ToolId>(place), None, "{place}");
        }
    }
}

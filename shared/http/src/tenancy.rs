//! Whose request it is.

use axum::extract::FromRequestParts;
use darkroom_cloud::{Environment, EnvironmentError};
use darkroom_domain::{Code, Failure, TenantId};
use http::{Extensions, request::Parts};
use lambda_http::request::RequestContext;

use crate::problem::HttpError;

/// Where the tenant comes from. Never from a path, a body or a header that nobody has verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// Nobody is asked for a token, and all is one tenant's.
    Single,
    /// The subject of the token that the gateway's authorizer has verified.
    Jwt,
}

impl Tenancy {
    /// What `TENANCY` says: `single` or `jwt`.
    ///
    /// # Errors
    /// When it says nothing or something else: guessing would open a door.
    pub fn of(environment: &Environment) -> Result<Self, EnvironmentError> {
        match environment.require("TENANCY")? {
            "single" => Ok(Self::Single),
            "jwt" => Ok(Self::Jwt),
            other => Err(EnvironmentError::Invalid {
                name: "TENANCY",
                value: other.to_owned(),
            }),
        }
    }

    /// The tenant of a request; none where a token is asked for and the gateway verified none.
    pub(crate) fn tenant(self, extensions: &Extensions) -> Option<TenantId> {
        match self {
            Self::Single => Some(TenantId::single()),
            Self::Jwt => {
                let RequestContext::ApiGatewayV2(context) = extensions.get::<RequestContext>()? else {
                    return None;
                };
                let jwt = context.authorizer.as_ref()?.jwt.as_ref()?;
                jwt.claims.get("sub")?.parse().ok()
            }
        }
    }
}

/// The tenant of the request, for handlers: 401 where there is none.
#[derive(Clone, Debug)]
pub struct Tenant(pub TenantId);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure::permanent(Code::Unauthorized, "This needs a bearer token.").into())
    }
}

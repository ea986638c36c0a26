//! `GET /` for programs: where to look.

use serde::Serialize;
use utoipa::ToSchema;

/// Where to look.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Welcome {
    message: &'static str,
    version: &'static str,
    docs: &'static str,
    health: &'static str,
}

/// Clients of the service that this replaces hold the texts against these.
pub(crate) const WELCOME: Welcome = Welcome {
    message: "Image Processing Service API",
    version: "1.0.0",
    docs: "/docs",
    health: "/health",
};

//! `GET /health` and `GET /base/health`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_domain::{Failure, Timestamp};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Service;

/// Whether the service works.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `healthy` or `unhealthy`.
    #[schema(example = "healthy")]
    status: &'static str,
    services: Services,
    timestamp: Timestamp,
}

/// Which of the services that it relies on answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Services {
    /// The table of records.
    metadata: bool,
    /// The bucket.
    files: bool,
    /// The queue of uploads.
    queue: bool,
    /// The same as `metadata`, under its old name.
    database: bool,
    /// The same as `queue`, under its old name.
    rabbitmq: bool,
}

/// Health
#[utoipa::path(get, path = "/health", tag = "service", responses(
    (status = 200, description = "Healthy", body = Health),
    (status = 503, description = "Unhealthy: something that it relies on does not answer", body = Health),
))]
pub(crate) async fn health(State(service): State<Arc<Service>>) -> (StatusCode, Json<Health>) {
    let (metadata, files, queue) = tokio::join!(
        service.records.probe(),
        service.files.probe(),
        service.queues.probe()
    );
    let [metadata, files, queue] = [("metadata", metadata), ("files", files), ("queue", queue)].map(answers);
    let healthy = metadata && files && queue;
    let health = Health {
        status: if healthy { "healthy" } else { "unhealthy" },
        services: Services {
            metadata,
            files,
            queue,
            database: metadata,
            rabbitmq: queue,
        },
        timestamp: service.ground.clock.now(),
    };
    (
        if healthy {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        Json(health),
    )
}

/// Whether the service works, as clients of the tool recognition ask.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BaseHealth {
    /// `healthy` or `unhealthy`.
    #[schema(example = "healthy")]
    status: &'static str,
    services: BaseServices,
}

/// Which of the services that it relies on answer: `connected` or `disconnected`.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BaseServices {
    /// What repeated predictions are answered from, which is the table of records.
    #[schema(example = "connected")]
    redis: &'static str,
    /// The table of records.
    #[schema(example = "connected")]
    postgresql: &'static str,
}

impl BaseHealth {
    const fn of(metadata: bool) -> Self {
        let (status, connection) = if metadata {
            ("healthy", "connected")
        } else {
            ("unhealthy", "disconnected")
        };
        Self {
            status,
            services: BaseServices {
                redis: connection,
                postgresql: connection,
            },
        }
    }
}

/// Health of the tool recognition
///
/// Always 200: the answer itself says whether it works. The services have the names of those that the table took the
/// place of.
#[utoipa::path(get, path = "/base/health", tag = "service", responses(
    (status = 200, description = "Healthy or unhealthy", body = BaseHealth),
))]
pub(crate) async fn base_health(State(service): State<Arc<Service>>) -> Json<BaseHealth> {
    let metadata = answers(("metadata", service.records.probe().await));
    Json(BaseHealth::of(metadata))
}

fn answers((name, probe): (&str, Result<(), Failure>)) -> bool {
    if let Err(failure) = &probe {
        tracing::error!(service = name, code = %failure.code, "does not answer: {failure}");
    }
    probe.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_health_of_the_tool_recognition_keeps_its_shape() {
        assert_eq!(
            serde_json::to_value(BaseHealth::of(true)).unwrap(),
            json!({"status": "healthy", "services": {"redis": "connected", "postgresql": "connected"}})
        );
        assert_eq!(
            serde_json::to_value(BaseHealth::of(false)).unwrap(),
            json!({"status": "unhealthy", "services": {"redis": "disconnected", "postgresql": "disconnected"}})
        );
    }
}

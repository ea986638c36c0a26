//! `DELETE /images/{image_id}`.

use std::sync::Arc;

use axum::extract::State;
use darkroom_domain::{FileKey, ImageId, TenantId};
use darkroom_http::{HttpResult, PathId, Problem, Tenant, not_found};
use http::StatusCode;

use crate::Service;

/// Delete a picture
///
/// Its record, its jobs, the original and everything made of it; also what was sent and is not accepted (yet). Work
/// that is under way finds its record gone and clears up after itself.
#[utoipa::path(delete, path = "/images/{image_id}", tag = "images", params(("image_id" = ImageId, Path)), responses(
    (status = 204, description = "Deleted"),
    (status = 404, description = "There is none", body = Problem),
))]
pub(crate) async fn delete_image(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    PathId(id): PathId<ImageId>,
) -> HttpResult<StatusCode> {
    // The records go first: from then on nobody is led to the files, and workers see that they work for nobody.
    let was_there = match service.records.image(&tenant, id).await? {
        Some(image) => service.records.delete_image(&image).await?,
        None => service.records.delete_upload(&tenant, id.into()).await?,
    };
    // The files go in any case: a deletion that broke off here is finished by asking again.
    service.delete_files(tenant, id).await?;
    if was_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(not_found::<ImageId>().into())
    }
}

impl Service {
    async fn delete_files(&self, tenant: TenantId, id: ImageId) -> HttpResult<()> {
        self.files.delete_derived(&tenant, id).await?;
        self.files
            .delete(&FileKey::Original {
                tenant: tenant.clone(),
                image: id,
            })
            .await?;
        self.files
            .delete(&FileKey::Upload {
                tenant,
                upload: id.into(),
            })
            .await?;
        Ok(())
    }
}

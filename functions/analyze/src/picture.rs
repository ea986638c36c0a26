//! The picture that is analysed, and its analyses.

use std::time::Duration;

use bytes::Bytes;
use darkroom_domain::{
    Analysis, AnalysisId, Failure, Findings, Image, ImageId, ImageLimits, JobId, TenantId,
};
use darkroom_lambda::jobs::on_pixels;

use crate::Service;

/// How long the work on pixels may take: the gateway waits for 30 seconds in all.
const PIXEL_TIME: Duration = Duration::from_secs(24);

impl Service {
    /// The picture that a path or a body names; where there is none, `missing` is said.
    pub(crate) async fn picture(
        &self,
        tenant: &TenantId,
        id: &str,
        missing: impl FnOnce() -> String,
    ) -> Result<Image, Failure> {
        let image = match id.parse::<ImageId>() {
            Ok(id) => self.records.image(tenant, id).await?,
            Err(_) => None,
        };
        image.ok_or_else(|| Failure::not_found(missing()))
    }

    /// What `work` makes of the file of a picture.
    pub(crate) async fn on_file<T: Send + 'static>(
        &self,
        image: &Image,
        work: impl FnOnce(&Bytes, &ImageLimits) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let content = self
            .files
            .original(&image.tenant, image.id, self.limits.bytes)
            .await?;
        let limits = self.limits;
        on_pixels(PIXEL_TIME, move || work(&content.bytes, &limits)).await
    }

    /// A new analysis of a picture, not written yet.
    pub(crate) fn analysis(&self, image: &Image, findings: Findings, job_id: Option<JobId>) -> Analysis {
        Analysis {
            id: AnalysisId::from_uuid(self.ground.ids.next()),
            tenant: image.tenant.clone(),
            image_id: image.id,
            created_at: self.ground.clock.now(),
            job_id,
            is_painted: false,
            findings,
        }
    }
}

//! Files by what their keys begin with.

use darkroom_domain::{Failure, FileKey};

use super::Files;
use crate::fault::fault;

impl Files {
    /// The keys of all files that begin with `prefix`, in the order of their letters. What is no key of ours is left out.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn list(&self, prefix: &str) -> Result<Vec<FileKey>, Failure> {
        let mut keys = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self
                .clients
                .s3()
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                .set_start_after(after)
                .send()
                .await
                .map_err(|error| fault("ListObjectsV2", error))?;
            let names = page.contents().iter().filter_map(|object| object.key());
            keys.extend(names.filter_map(|name| name.parse::<FileKey>().ok()));
            after = page
                .contents()
                .last()
                .and_then(|object| object.key().map(str::to_owned));
            if page.is_truncated() != Some(true) || after.is_none() {
                return Ok(keys);
            }
        }
    }
}

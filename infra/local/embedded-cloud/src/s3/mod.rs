//! The operations of S3 over the store. The protocol itself (routes, XML, signatures, form policies) is `s3s`.

mod buckets;
pub(crate) mod convert;
pub(crate) mod cors;
mod error;
pub(crate) mod lifecycle;
mod listing;
mod multipart;
pub(crate) mod notification;
mod objects;
mod operations;
mod read;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Response, S3Result};
use tokio::task::spawn_blocking;

use self::notification::EventSource;
use crate::options::Credentials;
use crate::sqs::Queues;
use crate::store::receive::joined;
use crate::store::{Store, StoreError};

type S3Answer<T> = S3Result<S3Response<T>>;

/// The protocol crate keeps the file of a form in memory, so forms are held to this many bytes; larger files
/// go by PUT or in parts.
const LARGEST_FORM_FILE: u64 = 256 * 1024 * 1024;

/// S3 over a store, telling queues about new objects.
#[derive(Debug, Clone)]
pub(crate) struct ObjectStorage {
    pub(crate) store: Arc<Store>,
    pub(crate) queues: Queues,
    pub(crate) source: EventSource,
}

impl ObjectStorage {
    /// The HTTP service, which checks signatures against `credentials`.
    pub(crate) fn service(self, credentials: &Credentials) -> S3Service {
        let mut config = S3Config::default();
        config.post_object_max_file_size = LARGEST_FORM_FILE;
        let mut builder = S3ServiceBuilder::new(self);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        builder.set_auth(SimpleAuth::from_single(
            credentials.access_key.clone(),
            credentials.secret_key.clone(),
        ));
        builder.build()
    }

    /// Runs what blocks away from the threads that drive connections.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> S3Result<T> {
        self.blocking_s3(move |store| Ok(work(store)?)).await
    }

    async fn blocking_s3<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let store = Arc::clone(&self.store);
        spawn_blocking(move || work(&store))
            .await
            .map_err(|error| StoreError::Storage(joined(error)))?
    }
}

/// Does work to its end even if the client goes away in the middle, so that what was stored is also told.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = S3Result<T>> + Send + 'static,
) -> S3Result<T> {
    tokio::spawn(work)
        .await
        .map_err(|error| StoreError::Storage(joined(error)))?
}

fn answer<T>(output: T) -> S3Answer<T> {
    Ok(S3Response::new(output))
}

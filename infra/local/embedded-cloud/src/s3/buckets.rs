//! Bucket operations and configurations.

use std::sync::Arc;

use s3s::dto::{
    Bucket, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, DeleteBucketInput,
    DeleteBucketOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketNotificationConfigurationInput, GetBucketNotificationConfigurationOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsInput, ListBucketsOutput, Owner, PutBucketNotificationConfigurationInput,
    PutBucketNotificationConfigurationOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::convert::timestamp;
use super::{ObjectStorage, S3Answer, answer};
use crate::clock;
use crate::store::BucketConfiguration;

impl ObjectStorage {
    pub(super) async fn create(&self, request: S3Request<CreateBucketInput>) -> S3Answer<CreateBucketOutput> {
        let name = request.input.bucket;
        let location = format!("/{name}");
        self.blocking(move |store| store.create_bucket(&name)).await?;
        answer(CreateBucketOutput {
            location: Some(location),
        })
    }

    pub(super) async fn remove(&self, request: S3Request<DeleteBucketInput>) -> S3Answer<DeleteBucketOutput> {
        self.blocking(move |store| store.delete_bucket(&request.input.bucket))
            .await?;
        answer(DeleteBucketOutput {})
    }

    pub(super) fn exists(&self, request: &S3Request<HeadBucketInput>) -> S3Answer<HeadBucketOutput> {
        self.store.configuration(&request.input.bucket)?;
        answer(HeadBucketOutput {
            bucket_region: Some(self.source.region.clone()),
            ..HeadBucketOutput::default()
        })
    }

    pub(super) fn all(&self, request: S3Request<ListBucketsInput>) -> S3Answer<ListBucketsOutput> {
        let prefix = request.input.prefix.unwrap_or_default();
        let buckets = self
            .store
            .buckets()
            .into_iter()
            .filter(|(name, _)| name.starts_with(&prefix));
        let buckets = buckets.map(|(name, configuration)| Bucket {
            name: Some(name),
            creation_date: Some(timestamp(configuration.created)),
            ..Bucket::default()
        });
        let owner = Owner {
            id: Some(self.source.account.clone()),
            ..Owner::default()
        };
        answer(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            owner: Some(owner),
            ..ListBucketsOutput::default()
        })
    }

    pub(super) fn location(
        &self,
        request: &S3Request<GetBucketLocationInput>,
    ) -> S3Answer<GetBucketLocationOutput> {
        self.store.configuration(&request.input.bucket)?;
        // The oldest region is written as nothing.
        let region = Some(self.source.region.clone()).filter(|region| region != "us-east-1");
        answer(GetBucketLocationOutput {
            location_constraint: region.map(BucketLocationConstraint::from),
        })
    }

    pub(super) async fn set_notification(
        &self,
        request: S3Request<PutBucketNotificationConfigurationInput>,
    ) -> S3Answer<PutBucketNotificationConfigurationOutput> {
        let input = request.input;
        self.store.configuration(&input.bucket)?;
        let mut notification = input.notification_configuration;
        for queue in notification.queue_configurations.iter_mut().flatten() {
            if queue.id.as_deref().unwrap_or_default().is_empty() {
                queue.id = Some(format!("{:016x}", self.store.next_sequence()?));
            }
        }
        if !input.skip_destination_validation.unwrap_or(false) {
            self.test_queues(&input.bucket, &notification, clock::now())
                .await
                .map_err(|error| {
                    s3_error!(
                        InvalidArgument,
                        "Unable to validate the following destination configurations: {}",
                        error
                    )
                })?;
        }
        self.set(&input.bucket, |configuration| {
            configuration.notification = Some(notification)
        })
        .await?;
        answer(PutBucketNotificationConfigurationOutput::default())
    }

    pub(super) fn notification(
        &self,
        request: &S3Request<GetBucketNotificationConfigurationInput>,
    ) -> S3Answer<GetBucketNotificationConfigurationOutput> {
        let configuration = self.store.configuration(&request.input.bucket)?;
        let notification = configuration.notification.clone().unwrap_or_default();
        answer(GetBucketNotificationConfigurationOutput {
            event_bridge_configuration: notification.event_bridge_configuration,
            lambda_function_configurations: notification.lambda_function_configurations,
            queue_configurations: notification.queue_configurations,
            topic_configurations: notification.topic_configurations,
        })
    }

    /// Changes the configuration of a bucket.
    pub(super) async fn set(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut BucketConfiguration) + Send + 'static,
    ) -> S3Result<()> {
        let bucket = bucket.to_owned();
        self.blocking(move |store| store.configure(&bucket, change)).await
    }

    /// The configuration of a bucket.
    pub(super) fn configuration(&self, bucket: &str) -> S3Result<Arc<BucketConfiguration>> {
        Ok(self.store.configuration(bucket)?)
    }
}

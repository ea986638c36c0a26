//! The table of operations: each is handed to the module that knows it; configurations that are only kept are
//! kept here.

use s3s::dto::*;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, s3_error};

use super::{ObjectStorage, S3Answer, answer};

#[async_trait::async_trait]
impl S3 for ObjectStorage {
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Answer<CreateBucketOutput> {
        self.create(request).await
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Answer<DeleteBucketOutput> {
        self.remove(request).await
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Answer<HeadBucketOutput> {
        self.exists(&request)
    }

    async fn list_buckets(&self, request: S3Request<ListBucketsInput>) -> S3Answer<ListBucketsOutput> {
        self.all(request)
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Answer<GetBucketLocationOutput> {
        self.location(&request)
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Answer<PutObjectOutput> {
        self.put(request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Answer<GetObjectOutput> {
        self.get(request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Answer<HeadObjectOutput> {
        self.head(request)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Answer<DeleteObjectOutput> {
        self.delete(request).await
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Answer<DeleteObjectsOutput> {
        self.delete_many(request).await
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Answer<CopyObjectOutput> {
        self.copy(request).await
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Answer<ListObjectsOutput> {
        self.list_v1(request)
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Answer<ListObjectsV2Output> {
        self.list_v2(request)
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Answer<GetObjectTaggingOutput> {
        self.tagging(request)
    }

    async fn put_object_tagging(
        &self,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Answer<PutObjectTaggingOutput> {
        self.set_tagging(request).await
    }

    async fn delete_object_tagging(
        &self,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Answer<DeleteObjectTaggingOutput> {
        self.remove_tagging(request).await
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Answer<CreateMultipartUploadOutput> {
        self.create_upload(request).await
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Answer<UploadPartOutput> {
        self.put_part(request).await
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Answer<UploadPartCopyOutput> {
        self.copy_part(request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Answer<CompleteMultipartUploadOutput> {
        self.complete_upload(request).await
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Answer<AbortMultipartUploadOutput> {
        self.abort_upload(request).await
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Answer<ListPartsOutput> {
        self.parts(request)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Answer<ListMultipartUploadsOutput> {
        self.uploads(request)
    }

    async fn put_bucket_notification_configuration(
        &self,
        request: S3Request<PutBucketNotificationConfigurationInput>,
    ) -> S3Answer<PutBucketNotificationConfigurationOutput> {
        self.set_notification(request).await
    }

    async fn get_bucket_notification_configuration(
        &self,
        request: S3Request<GetBucketNotificationConfigurationInput>,
    ) -> S3Answer<GetBucketNotificationConfigurationOutput> {
        self.notification(&request)
    }

    async fn put_bucket_cors(&self, request: S3Request<PutBucketCorsInput>) -> S3Answer<PutBucketCorsOutput> {
        let input = request.input;
        let value = Some(input.cors_configuration.cors_rules);
        self.set(&input.bucket, |configuration| configuration.cors = value)
            .await?;
        answer(PutBucketCorsOutput::default())
    }

    async fn get_bucket_cors(&self, request: S3Request<GetBucketCorsInput>) -> S3Answer<GetBucketCorsOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let rules = configuration
            .cors
            .clone()
            .ok_or_else(|| s3_error!(NoSuchCORSConfiguration))?;
        answer(GetBucketCorsOutput {
            cors_rules: Some(rules),
        })
    }

    async fn delete_bucket_cors(
        &self,
        request: S3Request<DeleteBucketCorsInput>,
    ) -> S3Answer<DeleteBucketCorsOutput> {
        self.set(&request.input.bucket, |configuration| configuration.cors = None)
            .await?;
        answer(DeleteBucketCorsOutput::default())
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        request: S3Request<PutBucketLifecycleConfigurationInput>,
    ) -> S3Answer<PutBucketLifecycleConfigurationOutput> {
        let input = request.input;
        let value = input.lifecycle_configuration.map(|lifecycle| lifecycle.rules);
        self.set(&input.bucket, |configuration| configuration.lifecycle = value)
            .await?;
        answer(PutBucketLifecycleConfigurationOutput::default())
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> S3Answer<GetBucketLifecycleConfigurationOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let rules = configuration
            .lifecycle
            .clone()
            .ok_or_else(|| s3_error!(NoSuchLifecycleConfiguration))?;
        answer(GetBucketLifecycleConfigurationOutput {
            rules: Some(rules),
            ..Default::default()
        })
    }

    async fn delete_bucket_lifecycle(
        &self,
        request: S3Request<DeleteBucketLifecycleInput>,
    ) -> S3Answer<DeleteBucketLifecycleOutput> {
        self.set(&request.input.bucket, |configuration| {
            configuration.lifecycle = None
        })
        .await?;
        answer(DeleteBucketLifecycleOutput::default())
    }

    async fn put_public_access_block(
        &self,
        request: S3Request<PutPublicAccessBlockInput>,
    ) -> S3Answer<PutPublicAccessBlockOutput> {
        let input = request.input;
        let value = Some(input.public_access_block_configuration);
        self.set(&input.bucket, |configuration| {
            configuration.public_access_block = value
        })
        .await?;
        answer(PutPublicAccessBlockOutput::default())
    }

    async fn get_public_access_block(
        &self,
        request: S3Request<GetPublicAccessBlockInput>,
    ) -> S3Answer<GetPublicAccessBlockOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let block = configuration.public_access_block.clone();
        let block = block.ok_or_else(|| absent("NoSuchPublicAccessBlockConfiguration"))?;
        answer(GetPublicAccessBlockOutput {
            public_access_block_configuration: Some(block),
        })
    }

    async fn delete_public_access_block(
        &self,
        request: S3Request<DeletePublicAccessBlockInput>,
    ) -> S3Answer<DeletePublicAccessBlockOutput> {
        self.set(&request.input.bucket, |configuration| {
            configuration.public_access_block = None
        })
        .await?;
        answer(DeletePublicAccessBlockOutput::default())
    }

    async fn put_bucket_encryption(
        &self,
        request: S3Request<PutBucketEncryptionInput>,
    ) -> S3Answer<PutBucketEncryptionOutput> {
        let input = request.input;
        let value = Some(input.server_side_encryption_configuration);
        self.set(&input.bucket, |configuration| configuration.encryption = value)
            .await?;
        answer(PutBucketEncryptionOutput::default())
    }

    async fn get_bucket_encryption(
        &self,
        request: S3Request<GetBucketEncryptionInput>,
    ) -> S3Answer<GetBucketEncryptionOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let encryption = configuration.encryption.clone();
        let encryption =
            encryption.ok_or_else(|| s3_error!(ServerSideEncryptionConfigurationNotFoundError))?;
        answer(GetBucketEncryptionOutput {
            server_side_encryption_configuration: Some(encryption),
        })
    }

    async fn delete_bucket_encryption(
        &self,
        request: S3Request<DeleteBucketEncryptionInput>,
    ) -> S3Answer<DeleteBucketEncryptionOutput> {
        self.set(&request.input.bucket, |configuration| {
            configuration.encryption = None
        })
        .await?;
        answer(DeleteBucketEncryptionOutput::default())
    }

    async fn put_bucket_versioning(
        &self,
        request: S3Request<PutBucketVersioningInput>,
    ) -> S3Answer<PutBucketVersioningOutput> {
        let input = request.input;
        let value = Some(input.versioning_configuration);
        self.set(&input.bucket, |configuration| configuration.versioning = value)
            .await?;
        answer(PutBucketVersioningOutput::default())
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Answer<GetBucketVersioningOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let status = configuration
            .versioning
            .as_ref()
            .and_then(|versioning| versioning.status.clone());
        answer(GetBucketVersioningOutput {
            status,
            mfa_delete: None,
        })
    }

    async fn put_bucket_ownership_controls(
        &self,
        request: S3Request<PutBucketOwnershipControlsInput>,
    ) -> S3Answer<PutBucketOwnershipControlsOutput> {
        let input = request.input;
        let rules = input.ownership_controls.rules;
        let value = Some(
            rules
                .into_iter()
                .map(|rule| rule.object_ownership.as_str().to_owned())
                .collect(),
        );
        self.set(&input.bucket, |configuration| configuration.ownership = value)
            .await?;
        answer(PutBucketOwnershipControlsOutput::default())
    }

    async fn get_bucket_ownership_controls(
        &self,
        request: S3Request<GetBucketOwnershipControlsInput>,
    ) -> S3Answer<GetBucketOwnershipControlsOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let ownership = configuration.ownership.clone();
        let ownership = ownership.ok_or_else(|| s3_error!(OwnershipControlsNotFoundError))?;
        let rule = |name| OwnershipControlsRule {
            object_ownership: ObjectOwnership::from(name),
        };
        let ownership = OwnershipControls {
            rules: ownership.into_iter().map(rule).collect(),
        };
        answer(GetBucketOwnershipControlsOutput {
            ownership_controls: Some(ownership),
        })
    }

    async fn delete_bucket_ownership_controls(
        &self,
        request: S3Request<DeleteBucketOwnershipControlsInput>,
    ) -> S3Answer<DeleteBucketOwnershipControlsOutput> {
        self.set(&request.input.bucket, |configuration| {
            configuration.ownership = None
        })
        .await?;
        answer(DeleteBucketOwnershipControlsOutput::default())
    }

    async fn put_bucket_policy(
        &self,
        request: S3Request<PutBucketPolicyInput>,
    ) -> S3Answer<PutBucketPolicyOutput> {
        let input = request.input;
        let value = Some(input.policy);
        self.set(&input.bucket, |configuration| configuration.policy = value)
            .await?;
        answer(PutBucketPolicyOutput::default())
    }

    async fn get_bucket_policy(
        &self,
        request: S3Request<GetBucketPolicyInput>,
    ) -> S3Answer<GetBucketPolicyOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let policy = configuration
            .policy
            .clone()
            .ok_or_else(|| s3_error!(NoSuchBucketPolicy))?;
        answer(GetBucketPolicyOutput { policy: Some(policy) })
    }

    async fn delete_bucket_policy(
        &self,
        request: S3Request<DeleteBucketPolicyInput>,
    ) -> S3Answer<DeleteBucketPolicyOutput> {
        self.set(&request.input.bucket, |configuration| configuration.policy = None)
            .await?;
        answer(DeleteBucketPolicyOutput::default())
    }

    async fn put_bucket_tagging(
        &self,
        request: S3Request<PutBucketTaggingInput>,
    ) -> S3Answer<PutBucketTaggingOutput> {
        let input = request.input;
        let value = Some(input.tagging.tag_set);
        self.set(&input.bucket, |configuration| configuration.tags = value)
            .await?;
        answer(PutBucketTaggingOutput::default())
    }

    async fn get_bucket_tagging(
        &self,
        request: S3Request<GetBucketTaggingInput>,
    ) -> S3Answer<GetBucketTaggingOutput> {
        let configuration = self.configuration(&request.input.bucket)?;
        let tag_set = configuration
            .tags
            .clone()
            .ok_or_else(|| s3_error!(NoSuchTagSet))?;
        answer(GetBucketTaggingOutput { tag_set })
    }

    async fn delete_bucket_tagging(
        &self,
        request: S3Request<DeleteBucketTaggingInput>,
    ) -> S3Answer<DeleteBucketTaggingOutput> {
        self.set(&request.input.bucket, |configuration| configuration.tags = None)
            .await?;
        answer(DeleteBucketTaggingOutput::default())
    }
}

/// A configuration that is not there, for codes the protocol crate has no constant for.
fn absent(code: &'static str) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::Custom(code.into()));
    error.set_status_code(http::StatusCode::NOT_FOUND);
    error
}

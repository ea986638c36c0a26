//! Object operations.

use std::sync::Arc;

use s3s::dto::{
    ChecksumType, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, Error, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadObjectInput, HeadObjectOutput, MetadataDirective, PutObjectInput,
    PutObjectOutput, PutObjectTaggingInput, PutObjectTaggingOutput, TaggingDirective,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::convert::{
    announced, checksums_of, description_of, etag, length, put_checksums, put_description, tag_set,
    tags_of_set, timestamp, trailing_checksums, write_condition,
};
use super::notification::ObjectCreated;
use super::read::{ReadConditions, body, requested_bytes};
use super::{ObjectStorage, S3Answer, answer, to_the_end};
use crate::store::receive::receive;
use crate::store::record::{Checksums, Description, ObjectRecord};
use crate::store::{Draft, Store, StoreError, WriteCondition};

impl ObjectStorage {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Answer<PutObjectOutput> {
        let event = if request.method == http::Method::POST {
            ObjectCreated::Post
        } else {
            ObjectCreated::Put
        };
        let S3Request {
            mut input,
            headers,
            trailing_headers,
            ..
        } = request;
        if input.write_offset_bytes.is_some() {
            return Err(s3_error!(NotImplemented, "appending is not supported"));
        }
        let condition = write_condition(input.if_match.take(), input.if_none_match.take())?;
        let description = description_of!(input);
        self.store.configuration(&input.bucket)?;
        crate::store::check_key(&input.key)?;
        // A form has its length checked by its policy; the header counts the form as well.
        let content_length = input.content_length.filter(|_| event != ObjectCreated::Post);
        let announced = announced(
            &headers,
            content_length,
            input.content_md5.take(),
            checksums_of!(input),
        );
        let directory = self.store.temporary().to_owned();
        let received = match input.body.take() {
            Some(stream) => {
                receive(stream, directory, announced, || {
                    trailing_checksums(trailing_headers.as_ref())
                })
                .await?
            }
            None => receive(futures::stream::empty(), directory, announced, Checksums::default).await?,
        };
        let draft = Draft {
            key: input.key,
            description,
            condition,
            ..Draft::default()
        };
        let (this, bucket) = (self.clone(), input.bucket);
        let record = to_the_end(async move {
            let name = bucket.clone();
            let record = this
                .blocking(move |store| store.commit(&name, draft, received))
                .await?;
            this.object_created(&bucket, &record, event).await;
            Ok(record)
        })
        .await?;
        let mut output = PutObjectOutput {
            e_tag: Some(etag(&record.etag)),
            ..PutObjectOutput::default()
        };
        put_checksums!(output, &record.checksums);
        output.checksum_type = checksum_type(&record.checksums);
        answer(output)
    }

    pub(super) async fn get(&self, request: S3Request<GetObjectInput>) -> S3Answer<GetObjectOutput> {
        let mut input = request.input;
        refuse_versions_and_parts(input.version_id.as_deref(), input.part_number)?;
        let conditions = ReadConditions {
            if_match: input.if_match.take(),
            if_none_match: input.if_none_match.take(),
            if_modified_since: input.if_modified_since.take(),
            if_unmodified_since: input.if_unmodified_since.take(),
        };
        let (bucket, key, range) = (input.bucket, input.key, input.range.take());
        let (record, bytes, content_range, body) = self
            .blocking_s3(move |store| {
                let (record, file) = store.open_object(&bucket, &key)?;
                conditions.check(&record)?;
                let (bytes, content_range) = requested_bytes(range, record.size)?;
                let body = body(file, bytes.clone()).map_err(StoreError::Storage)?;
                Ok((record, bytes, content_range, body))
            })
            .await?;
        let mut output = GetObjectOutput {
            body: Some(body),
            content_length: Some(length(bytes.end.saturating_sub(bytes.start))),
            accept_ranges: Some("bytes".to_owned()),
            e_tag: Some(etag(&record.etag)),
            last_modified: Some(timestamp(record.modified)),
            tag_count: tag_count(&record),
            ..GetObjectOutput::default()
        };
        put_description!(output, &record.description);
        // The digests are those of the whole object.
        if input.checksum_mode.is_some() && content_range.is_none() {
            put_checksums!(output, &record.checksums);
            output.checksum_type = checksum_type(&record.checksums);
        }
        output.content_range = content_range;
        answer(output)
    }

    pub(super) fn head(&self, request: S3Request<HeadObjectInput>) -> S3Answer<HeadObjectOutput> {
        let input = request.input;
        refuse_versions_and_parts(input.version_id.as_deref(), input.part_number)?;
        let record = self.store.object(&input.bucket, &input.key)?;
        let conditions = ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        conditions.check(&record)?;
        let (bytes, content_range) = requested_bytes(input.range, record.size)?;
        let mut output = HeadObjectOutput {
            content_length: Some(length(bytes.end.saturating_sub(bytes.start))),
            accept_ranges: Some("bytes".to_owned()),
            e_tag: Some(etag(&record.etag)),
            last_modified: Some(timestamp(record.modified)),
            ..HeadObjectOutput::default()
        };
        put_description!(output, &record.description);
        if input.checksum_mode.is_some() && content_range.is_none() {
            put_checksums!(output, &record.checksums);
            output.checksum_type = checksum_type(&record.checksums);
        }
        let mut answer = S3Response::new(output);
        if content_range.is_some() {
            answer.status = Some(http::StatusCode::PARTIAL_CONTENT);
        }
        answer.output.content_range = content_range;
        Ok(answer)
    }

    pub(super) async fn delete(&self, request: S3Request<DeleteObjectInput>) -> S3Answer<DeleteObjectOutput> {
        let input = request.input;
        refuse_versions_and_parts(input.version_id.as_deref(), None)?;
        let condition = write_condition(input.if_match, None)?;
        let results = self
            .blocking(move |store| store.delete_objects(&input.bucket, &[(input.key, condition)]))
            .await?;
        results.into_iter().collect::<Result<(), _>>()?;
        answer(DeleteObjectOutput::default())
    }

    pub(super) async fn delete_many(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Answer<DeleteObjectsOutput> {
        let input = request.input;
        if input.delete.objects.len() > 1000 {
            return Err(s3_error!(
                MalformedXML,
                "at most 1000 objects are deleted at a time"
            ));
        }
        let keys: Vec<_> = input
            .delete
            .objects
            .into_iter()
            .map(|object| {
                let condition = object
                    .e_tag
                    .map(|etag| WriteCondition::Matches(etag.value().to_owned()));
                (object.key, condition.unwrap_or_default())
            })
            .collect();
        let (keys, results) = self
            .blocking(move |store| {
                let results = store.delete_objects(&input.bucket, &keys)?;
                Ok((keys, results))
            })
            .await?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for ((key, _), result) in keys.into_iter().zip(results) {
            match result.map_err(S3Error::from) {
                Ok(()) => deleted.push(DeletedObject {
                    key: Some(key),
                    ..DeletedObject::default()
                }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(key),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        let quiet = input.delete.quiet.unwrap_or(false);
        answer(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: (!errors.is_empty()).then_some(errors),
            ..DeleteObjectsOutput::default()
        })
    }

    pub(super) async fn copy(&self, request: S3Request<CopyObjectInput>) -> S3Answer<CopyObjectOutput> {
        let input = request.input;
        let (source_bucket, source_key) = source(&input.copy_source)?;
        let replaces = |directive: Option<&str>| directive == Some("REPLACE");
        let replaces_metadata = replaces(input.metadata_directive.as_ref().map(MetadataDirective::as_str));
        let replaces_tags = replaces(input.tagging_directive.as_ref().map(TaggingDirective::as_str));
        if source_bucket == input.bucket && source_key == input.key && !replaces_metadata && !replaces_tags {
            return Err(s3_error!(
                InvalidRequest,
                "this copy request is illegal because it is trying to copy an object to itself without changing it"
            ));
        }
        let given = description_of!(input);
        let conditions = ReadConditions {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let (this, bucket, key) = (self.clone(), input.bucket, input.key);
        let record = to_the_end(async move {
            let name = bucket.clone();
            let copy = move |store: &Store| {
                let (current, file) = open_source(store, &source_bucket, &source_key, conditions)?;
                let kept = current.description.clone();
                let tags = if replaces_tags {
                    given.tags.clone()
                } else {
                    kept.tags.clone()
                };
                let description = if replaces_metadata { given } else { kept };
                let received = store.copy_body(&current, file)?;
                let draft = Draft {
                    key,
                    description: Description { tags, ..description },
                    ..Draft::default()
                };
                Ok(store.commit(&name, draft, received)?)
            };
            let record = this.blocking_s3(copy).await?;
            this.object_created(&bucket, &record, ObjectCreated::Copy).await;
            Ok(record)
        })
        .await?;
        let mut result = CopyObjectResult {
            e_tag: Some(etag(&record.etag)),
            last_modified: Some(timestamp(record.modified)),
            ..CopyObjectResult::default()
        };
        put_checksums!(result, &record.checksums);
        answer(CopyObjectOutput {
            copy_object_result: Some(result),
            ..CopyObjectOutput::default()
        })
    }

    pub(super) fn tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Answer<GetObjectTaggingOutput> {
        let record = self.store.object(&request.input.bucket, &request.input.key)?;
        answer(GetObjectTaggingOutput {
            tag_set: tag_set(&record.description.tags),
            version_id: None,
        })
    }

    pub(super) async fn set_tagging(
        &self,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Answer<PutObjectTaggingOutput> {
        let input = request.input;
        let tags = tags_of_set(input.tagging.tag_set)?;
        self.blocking(move |store| store.set_tags(&input.bucket, &input.key, &tags))
            .await?;
        answer(PutObjectTaggingOutput::default())
    }

    pub(super) async fn remove_tagging(
        &self,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Answer<DeleteObjectTaggingOutput> {
        let input = request.input;
        self.blocking(move |store| store.set_tags(&input.bucket, &input.key, &[]))
            .await?;
        answer(DeleteObjectTaggingOutput::default())
    }
}

/// Opens the source of a copy; a condition that does not hold is a failed precondition, also where a GET would say
/// "not modified".
pub(super) fn open_source(
    store: &Store,
    bucket: &str,
    key: &str,
    conditions: ReadConditions,
) -> S3Result<(Arc<ObjectRecord>, std::fs::File)> {
    let (record, file) = store.open_object(bucket, key)?;
    conditions
        .check(&record)
        .map_err(|_| s3_error!(PreconditionFailed))?;
    Ok((record, file))
}

/// Bucket and key of the source of a copy.
pub(super) fn source(source: &CopySource) -> S3Result<(String, String)> {
    match source {
        CopySource::Bucket {
            bucket,
            key,
            version_id: None,
        } => Ok((bucket.to_string(), key.to_string())),
        _ => Err(s3_error!(
            NotImplemented,
            "copies are made from a bucket and a key"
        )),
    }
}

pub(super) fn checksum_type(checksums: &Checksums) -> Option<ChecksumType> {
    let name = if checksums.composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    };
    (!checksums.is_empty()).then(|| ChecksumType::from_static(name))
}

fn tag_count(record: &ObjectRecord) -> Option<i32> {
    i32::try_from(record.description.tags.len())
        .ok()
        .filter(|count| *count > 0)
}

fn refuse_versions_and_parts(version: Option<&str>, part: Option<i32>) -> S3Result<()> {
    if version.is_some_and(|version| version != "null") {
        return Err(s3_error!(NotImplemented, "there are no versions"));
    }
    if part.is_some_and(|part| part != 1) {
        return Err(s3_error!(
            NotImplemented,
            "parts of a completed object cannot be read one by one"
        ));
    }
    Ok(())
}

//! Multipart operations.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyPartResult, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
    ListPartsOutput, MultipartUpload, Part, Range, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::convert::{
    announced, checksums_of, description_of, etag, length, put_checksums, timestamp, trailing_checksums,
    write_condition,
};
use super::notification::ObjectCreated;
use super::objects::{checksum_type, open_source, source};
use super::read::{ReadConditions, requested_bytes};
use super::{ObjectStorage, S3Answer, answer, to_the_end};
use crate::clock;
use crate::store::receive::{HashingWriter, receive};
use crate::store::record::{Algorithm, Checksums, UploadRecord};
use crate::store::{Completion, CompletionPart, StoreError};

impl ObjectStorage {
    pub(super) async fn create_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Answer<CreateMultipartUploadOutput> {
        let input = request.input;
        let algorithm = input
            .checksum_algorithm
            .as_ref()
            .and_then(|name| Algorithm::from_name(name.as_str()));
        let full_object = match &input.checksum_type {
            Some(kind) => kind.as_str() == s3s::dto::ChecksumType::FULL_OBJECT,
            None => algorithm == Some(Algorithm::Crc64Nvme),
        };
        let record = UploadRecord {
            key: input.key.clone(),
            initiated: clock::now(),
            description: description_of!(input),
            algorithm,
            full_object,
        };
        let bucket = input.bucket.clone();
        let id = self
            .blocking(move |store| store.create_upload(&bucket, record))
            .await?;
        answer(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: input.checksum_type,
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn put_part(&self, request: S3Request<UploadPartInput>) -> S3Answer<UploadPartOutput> {
        let S3Request {
            mut input,
            headers,
            trailing_headers,
            ..
        } = request;
        let number = part_number(input.part_number)?;
        self.store.upload(&input.bucket, &input.key, &input.upload_id)?;
        let announced = announced(
            &headers,
            input.content_length,
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
        let record = self
            .blocking(move |store| {
                store.commit_part(&input.bucket, &input.key, &input.upload_id, number, received)
            })
            .await?;
        let mut output = UploadPartOutput {
            e_tag: Some(etag(&record.etag)),
            ..UploadPartOutput::default()
        };
        put_checksums!(output, &record.checksums);
        answer(output)
    }

    pub(super) async fn copy_part(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Answer<UploadPartCopyOutput> {
        let input = request.input;
        let number = part_number(input.part_number)?;
        let (source_bucket, source_key) = source(&input.copy_source)?;
        let range = input.copy_source_range.as_deref().map(Range::parse).transpose();
        let range = range.map_err(|_| s3_error!(InvalidArgument, "the range of the source is not valid"))?;
        let conditions = ReadConditions {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let record = self
            .blocking_s3(move |store| {
                store.upload(&input.bucket, &input.key, &input.upload_id)?;
                let (current, mut file) = open_source(store, &source_bucket, &source_key, conditions)?;
                let (bytes, _) = requested_bytes(range, current.size)?;
                std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(bytes.start))
                    .map_err(StoreError::Storage)?;
                let mut writer =
                    HashingWriter::create(store.temporary(), &[]).map_err(StoreError::Storage)?;
                let count = bytes.end.saturating_sub(bytes.start);
                writer.append_from(file, count).map_err(StoreError::Storage)?;
                let (bucket, key, id) = (&input.bucket, &input.key, &input.upload_id);
                Ok(store.commit_part(bucket, key, id, number, writer.finish())?)
            })
            .await?;
        let result = CopyPartResult {
            e_tag: Some(etag(&record.etag)),
            last_modified: Some(timestamp(record.modified)),
            ..CopyPartResult::default()
        };
        answer(UploadPartCopyOutput {
            copy_part_result: Some(result),
            ..UploadPartCopyOutput::default()
        })
    }

    pub(super) async fn complete_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Answer<CompleteMultipartUploadOutput> {
        let input = request.input;
        let mut checksums = checksums_of!(input);
        checksums.composite = checksums.algorithms().iter().any(|algorithm| {
            checksums
                .get(*algorithm)
                .is_some_and(|digest| digest.contains('-'))
        });
        let listed = input
            .multipart_upload
            .and_then(|upload| upload.parts)
            .unwrap_or_default();
        let completion = Completion {
            parts: listed.into_iter().map(completion_part).collect::<S3Result<_>>()?,
            checksums,
            condition: write_condition(input.if_match, input.if_none_match)?,
        };
        let (this, bucket, key, id) = (self.clone(), input.bucket.clone(), input.key, input.upload_id);
        let record = to_the_end(async move {
            let name = bucket.clone();
            let record = this
                .blocking(move |store| store.complete_upload(&name, &key, &id, completion))
                .await?;
            this.object_created(&bucket, &record, ObjectCreated::CompleteMultipartUpload)
                .await;
            Ok(record)
        })
        .await?;
        let mut output = CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, record.key)),
            bucket: Some(input.bucket),
            key: Some(record.key.clone()),
            e_tag: Some(etag(&record.etag)),
            ..CompleteMultipartUploadOutput::default()
        };
        put_checksums!(output, &record.checksums);
        output.checksum_type = checksum_type(&record.checksums);
        answer(output)
    }

    pub(super) async fn abort_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Answer<AbortMultipartUploadOutput> {
        let input = request.input;
        self.blocking(move |store| store.abort_upload(&input.bucket, &input.key, &input.upload_id))
            .await?;
        answer(AbortMultipartUploadOutput::default())
    }

    pub(super) fn parts(&self, request: S3Request<ListPartsInput>) -> S3Answer<ListPartsOutput> {
        let input = request.input;
        let upload = self.store.upload(&input.bucket, &input.key, &input.upload_id)?;
        let after = input.part_number_marker.unwrap_or(0);
        let limit = input.max_parts.unwrap_or(1000).clamp(0, 1000);
        let mut remaining = upload
            .parts
            .values()
            .filter(|part| i32::from(part.number) > after);
        let parts: Vec<_> = remaining
            .by_ref()
            .take(usize::try_from(limit).unwrap_or(0))
            .map(|record| {
                let mut part = Part {
                    e_tag: Some(etag(&record.etag)),
                    last_modified: Some(timestamp(record.modified)),
                    part_number: Some(i32::from(record.number)),
                    size: Some(length(record.size)),
                    ..Part::default()
                };
                put_checksums!(part, &record.checksums);
                part
            })
            .collect();
        let truncated = remaining.next().is_some();
        answer(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            max_parts: Some(limit),
            part_number_marker: input.part_number_marker,
            next_part_number_marker: parts
                .last()
                .and_then(|part| part.part_number)
                .filter(|_| truncated),
            is_truncated: Some(truncated),
            checksum_algorithm: upload
                .record
                .algorithm
                .map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
            parts: Some(parts),
            ..ListPartsOutput::default()
        })
    }

    pub(super) fn uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Answer<ListMultipartUploadsOutput> {
        let input = request.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let limit = input.max_uploads.unwrap_or(1000).clamp(0, 1000);
        let key_marker = input.key_marker.clone().unwrap_or_default();
        let id_marker = input.upload_id_marker.clone().filter(|id| !id.is_empty());
        let is_behind = |key: &String, id: &String| match (&id_marker, key.cmp(&key_marker)) {
            (_, std::cmp::Ordering::Greater) => true,
            (Some(marker), std::cmp::Ordering::Equal) => id > marker,
            _ => false,
        };
        let uploads = self.store.uploads(&input.bucket)?;
        let mut remaining = uploads.into_iter().filter(|upload| {
            upload.record.key.starts_with(&prefix) && is_behind(&upload.record.key, &upload.id)
        });
        let page: Vec<_> = remaining
            .by_ref()
            .take(usize::try_from(limit).unwrap_or(0))
            .map(|upload| MultipartUpload {
                initiated: Some(timestamp(upload.record.initiated)),
                key: Some(upload.record.key.clone()),
                upload_id: Some(upload.id),
                ..MultipartUpload::default()
            })
            .collect();
        let truncated = remaining.next().is_some();
        let last = page.last().filter(|_| truncated);
        answer(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: input.prefix,
            key_marker: input.key_marker,
            upload_id_marker: input.upload_id_marker,
            max_uploads: Some(limit),
            is_truncated: Some(truncated),
            next_key_marker: last.and_then(|upload| upload.key.clone()),
            next_upload_id_marker: last.and_then(|upload| upload.upload_id.clone()),
            uploads: Some(page),
            ..ListMultipartUploadsOutput::default()
        })
    }
}

fn part_number(number: i32) -> S3Result<u16> {
    u16::try_from(number)
        .ok()
        .filter(|number| (1..=10_000).contains(number))
        .ok_or_else(|| s3_error!(InvalidArgument, "part numbers go from 1 to 10000"))
}

fn completion_part(part: CompletedPart) -> S3Result<CompletionPart> {
    let number = part_number(part.part_number.unwrap_or(0))?;
    let checksums = checksums_of!(part);
    let etag = part
        .e_tag
        .ok_or_else(|| s3_error!(MalformedXML, "a part has no entity tag"))?;
    Ok(CompletionPart {
        number,
        etag: etag.value().to_owned(),
        checksums,
    })
}

//! Queues: Amazon SQS.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use darkroom_domain::{Code, Failure, IngestMessage, JobKind, JobMessage};
use serde::Serialize;

use crate::{
    clients::Clients,
    environment::{Environment, EnvironmentError},
    fault::{fault, unreadable},
};

/// The queues of the workers. A function knows those that its environment names.
#[derive(Clone, Debug)]
pub struct Queues {
    clients: Clients,
    ingest: Option<String>,
    thumbnail: Option<String>,
    kmeans: Option<String>,
    archive: Option<String>,
    segment: Option<String>,
    detect: Option<String>,
}

impl Queues {
    pub(crate) fn of(clients: &Clients, environment: &Environment) -> Self {
        let url = |name| environment.get(name).map(str::to_owned);
        Self {
            clients: clients.clone(),
            ingest: url("INGEST_QUEUE_URL"),
            thumbnail: url("THUMBNAIL_QUEUE_URL"),
            kmeans: url("KMEANS_QUEUE_URL"),
            archive: url("ARCHIVE_QUEUE_URL"),
            segment: url("SEGMENT_QUEUE_URL"),
            detect: url("DETECT_QUEUE_URL"),
        }
    }

    /// Holds the environment against what the calling function is going to use.
    ///
    /// # Errors
    /// When the queue of uploads is not named.
    pub fn expect_ingest(&self) -> Result<(), EnvironmentError> {
        self.ingest
            .as_ref()
            .map(|_| ())
            .ok_or(EnvironmentError::Missing("INGEST_QUEUE_URL"))
    }

    /// Holds the environment against what the calling function is going to use.
    ///
    /// # Errors
    /// When the queue of one of these kinds of job is not named.
    pub fn expect_jobs(&self, kinds: &[JobKind]) -> Result<(), EnvironmentError> {
        for kind in kinds {
            let (name, url) = self.queue_of(*kind);
            if url.is_none() {
                return Err(EnvironmentError::Missing(name));
            }
        }
        Ok(())
    }

    /// The queue of a kind of job: the variable that names it, and what that says.
    const fn queue_of(&self, kind: JobKind) -> (&'static str, Option<&String>) {
        match kind {
            JobKind::Thumbnail => ("THUMBNAIL_QUEUE_URL", self.thumbnail.as_ref()),
            JobKind::Kmeans => ("KMEANS_QUEUE_URL", self.kmeans.as_ref()),
            JobKind::DatasetExport
            | JobKind::DatasetImport
            | JobKind::ArchiveSegmentation
            | JobKind::ArchivePrediction => ("ARCHIVE_QUEUE_URL", self.archive.as_ref()),
            JobKind::Segment => ("SEGMENT_QUEUE_URL", self.segment.as_ref()),
            JobKind::Detect => ("DETECT_QUEUE_URL", self.detect.as_ref()),
        }
    }

    /// Sends a job to its worker.
    ///
    /// # Errors
    /// `unavailable` or `internal`; the record of the job stands, and the janitor sends the message again.
    pub async fn send_job(&self, message: &JobMessage) -> Result<(), Failure> {
        let (_, url) = self.queue_of(message.task.kind());
        self.send(url.map(String::as_str), message).await
    }

    /// Sends jobs of one kind to their worker, ten at a time.
    ///
    /// # Errors
    /// `unavailable` or `internal` when not all of them were sent; sending all of them again does no harm.
    pub async fn send_jobs(&self, messages: &[JobMessage]) -> Result<(), Failure> {
        for batch in messages.chunks(10) {
            let Some(first) = batch.first() else { continue };
            let (_, url) = self.queue_of(first.task.kind());
            let url = url.ok_or_else(|| Failure::unknown("the queue has no name"))?;
            let entries = batch
                .iter()
                .enumerate()
                .map(|(number, message)| {
                    let body =
                        serde_json::to_string(message).map_err(|error| unreadable("message", error))?;
                    SendMessageBatchRequestEntry::builder()
                        .id(number.to_string())
                        .message_body(body)
                        .build()
                        .map_err(|error| unreadable("message", error))
                })
                .collect::<Result<Vec<_>, _>>()?;
            let sent = self
                .clients
                .sqs()
                .send_message_batch()
                .queue_url(url)
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| fault("SendMessageBatch", error))?;
            if let Some(refused) = sent.failed().first() {
                return Err(Failure::temporary(
                    Code::Unavailable,
                    "The queue did not take everything. Try again.",
                )
                .because(format!("{refused:?}")));
            }
        }
        Ok(())
    }

    /// Asks for a look at an upload.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn send_ingest(&self, message: &IngestMessage) -> Result<(), Failure> {
        self.send(self.ingest.as_deref(), message).await
    }

    /// Whether the queue of uploads answers.
    ///
    /// # Errors
    /// `unavailable` or `internal` when it does not.
    pub async fn probe(&self) -> Result<(), Failure> {
        let url = self
            .ingest
            .as_deref()
            .ok_or_else(|| Failure::unknown("the queue has no name"))?;
        self.clients
            .sqs()
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(aws_sdk_sqs::types::QueueAttributeName::QueueArn)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("GetQueueAttributes", error))
    }

    async fn send(&self, url: Option<&str>, message: &impl Serialize) -> Result<(), Failure> {
        let url = url.ok_or_else(|| Failure::unknown("the queue has no name"))?;
        let body = serde_json::to_string(message).map_err(|error| unreadable("message", error))?;
        self.clients
            .sqs()
            .send_message()
            .queue_url(url)
            .message_body(body)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault("SendMessage", error))
    }
}

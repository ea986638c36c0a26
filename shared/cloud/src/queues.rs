//! Queues: Amazon SQS.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use darkroom_domain::{Batch, Code, Failure, IngestMessage, JobKind, JobMessage};
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
    embed: Option<String>,
    cluster: Option<String>,
    large_groupings: Option<String>,
}

/// The most photographs that are grouped at once within the time and the memory of a function; larger batches are another
/// machine's.
pub const LAMBDA_MAX_PHOTOGRAPHS: usize = 100_000;

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
            embed: url("EMBED_QUEUE_URL"),
            cluster: url("CLUSTER_QUEUE_URL"),
            large_groupings: url("LARGE_GROUPINGS_QUEUE_URL"),
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
            JobKind::Embed => ("EMBED_QUEUE_URL", self.embed.as_ref()),
            JobKind::BatchAnalysis => ("CLUSTER_QUEUE_URL", self.cluster.as_ref()),
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

    /// Whether this deployment groups so many photographs at once.
    ///
    /// # Errors
    /// `batch_too_large`.
    pub fn check_batch_analysis(&self, photographs: usize) -> Result<(), Failure> {
        self.queue_of_analysis(photographs).map(|_| ())
    }

    /// Sends the analysis of a batch of so many photographs to the worker that holds them: the function, or beyond
    /// [`LAMBDA_MAX_PHOTOGRAPHS`] the machine behind the queue that `LARGE_GROUPINGS_QUEUE_URL` names.
    ///
    /// # Errors
    /// `batch_too_large` where there is no such machine; otherwise those of [`Self::send_job`].
    pub async fn send_batch_analysis(&self, message: &JobMessage, photographs: usize) -> Result<(), Failure> {
        let url = self.queue_of_analysis(photographs)?;
        self.send(url, message).await
    }

    fn queue_of_analysis(&self, photographs: usize) -> Result<Option<&str>, Failure> {
        if photographs <= LAMBDA_MAX_PHOTOGRAPHS {
            return Ok(self.cluster.as_deref());
        }
        if photographs > Batch::MAX_MEMBERS || self.large_groupings.is_none() {
            let most = if self.large_groupings.is_some() {
                Batch::MAX_MEMBERS
            } else {
                LAMBDA_MAX_PHOTOGRAPHS
            };
            return Err(Failure::permanent(
                Code::BatchTooLarge,
                format!("The batch has {photographs} photographs; at most {most} can be grouped here."),
            ));
        }
        Ok(self.large_groupings.as_deref())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn queues(variables: &[(&str, &str)]) -> Queues {
        let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let environment: Environment = keys.iter().chain(variables).copied().collect();
        Queues::of(&Clients::of(&environment).unwrap(), &environment)
    }

    #[test]
    fn large_batches_go_where_there_is_room_or_nowhere() {
        let small = ("CLUSTER_QUEUE_URL", "http://127.0.0.1/cluster");
        let large = ("LARGE_GROUPINGS_QUEUE_URL", "http://127.0.0.1/large");
        let both = queues(&[small, large]);
        let queue = |photographs| both.queue_of_analysis(photographs).map(Option::unwrap_or_default);
        assert_eq!(queue(LAMBDA_MAX_PHOTOGRAPHS).unwrap(), small.1);
        assert_eq!(queue(LAMBDA_MAX_PHOTOGRAPHS + 1).unwrap(), large.1);
        assert_eq!(
            queue(Batch::MAX_MEMBERS + 1).unwrap_err().code,
            Code::BatchTooLarge
        );

        let one = queues(&[small]);
        assert!(one.check_batch_analysis(LAMBDA_MAX_PHOTOGRAPHS).is_ok());
        let refused = one.check_batch_analysis(LAMBDA_MAX_PHOTOGRAPHS + 1).unwrap_err();
        assert_eq!(refused.code, Code::BatchTooLarge);
        assert!(refused.detail.contains("100000"), "{}", refused.detail);
    }
}

//! The loop of one mapping: receive, invoke, settle.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::batch::{event, failed};
use super::source::{MOST_PER_CALL, Received, Source, SourceError};
use crate::invoke::Invoker;

/// How long one call waits for messages. Short, as the end of the runner waits for it: a call that is cut off may have
/// taken messages that nobody then gives back.
const RECEIVE_WAIT: Duration = Duration::from_secs(1);

/// How long a mapping rests after its queue failed: doubled each time up to the longest.
const SHORTEST_REST: Duration = Duration::from_millis(200);
const LONGEST_REST: Duration = Duration::from_secs(5);

/// How often it is tried to tell the queue what became of messages.
const SETTLE_ATTEMPTS: u32 = 4;

/// The longest that SQS hides a message, in seconds.
const LONGEST_HIDDEN: u64 = 43_200;

/// Everything one mapping needs.
pub(crate) struct Mapping {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) invoker: Arc<Invoker>,
    pub(crate) queue_arn: String,
    pub(crate) region: String,
    pub(crate) batch_size: usize,
    pub(crate) batching_window: Duration,
    /// How many batches may be in work at once.
    pub(crate) concurrency: usize,
    pub(crate) reports_failures: bool,
    /// What failed is shown again after so long, times how often it was received; else after its visibility timeout.
    pub(crate) retry_delay: Option<Duration>,
    /// Shared by all mappings: how many batches may be in work on this machine.
    pub(crate) workers: Arc<Semaphore>,
}

impl fmt::Debug for Mapping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mapping")
            .field("queue", &self.queue_arn)
            .finish_non_exhaustive()
    }
}

/// Runs a mapping until told to stop. What is in work then may end until told to abandon it.
pub(crate) async fn run(mapping: Arc<Mapping>, stop: CancellationToken, abandon: CancellationToken) {
    let places = Arc::new(Semaphore::new(
        mapping.concurrency.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let batches = TaskTracker::new();
    let mut rest = SHORTEST_REST;
    while !stop.is_cancelled() {
        // First the place, then the messages: nothing is received that the mapping has no place for.
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let messages = tokio::select! {
            messages = mapping.gather(&stop) => messages,
            () = abandon.cancelled() => break,
        };
        let messages = match messages {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(queue = %mapping.queue_arn, %error, "the queue gives no messages");
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(rest) => {}
                }
                rest = rest.saturating_mul(2).min(LONGEST_REST);
                continue;
            }
        };
        rest = SHORTEST_REST;
        if messages.is_empty() {
            continue;
        }
        let worker = tokio::select! {
            biased;
            () = stop.cancelled() => {
                mapping.give_back(&messages).await;
                break;
            }
            worker = Arc::clone(&mapping.workers).acquire_owned() => worker,
        };
        let (mapping, abandon) = (Arc::clone(&mapping), abandon.clone());
        batches.spawn(async move {
            let _held = (place, worker);
            mapping.work(messages, &abandon).await;
        });
    }
    batches.close();
    batches.wait().await;
}

impl Mapping {
    /// Receives a batch: what one call gives, or, within the batching window, up to the batch size.
    async fn gather(&self, stop: &CancellationToken) -> Result<Vec<Received>, SourceError> {
        let first = self.batch_size.min(MOST_PER_CALL);
        let mut messages = self.source.receive(first, RECEIVE_WAIT).await?;
        let until = Instant::now() + self.batching_window;
        while !messages.is_empty()
            && messages.len() < self.batch_size
            && Instant::now() < until
            && !stop.is_cancelled()
        {
            let most = self.batch_size.saturating_sub(messages.len()).min(MOST_PER_CALL);
            match self.source.receive(most, RECEIVE_WAIT).await {
                Ok(more) => messages.extend(more),
                // What is there already is not held back.
                Err(_) => break,
            }
        }
        Ok(messages)
    }

    async fn work(&self, messages: Vec<Received>, abandon: &CancellationToken) {
        let event = event(&messages, &self.queue_arn, &self.region);
        let outcome = tokio::select! {
            biased;
            outcome = self.invoker.invoke(event) => outcome,
            () = abandon.cancelled() => {
                tracing::warn!(
                    function = self.invoker.name(),
                    messages = messages.len(),
                    "given back unfinished, as the runner stops"
                );
                self.give_back(&messages).await;
                return;
            }
        };
        let failed = failed(&outcome, self.reports_failures, &messages);
        let (failures, done): (Vec<&Received>, Vec<&Received>) = messages
            .iter()
            .partition(|message| failed.contains(&message.message_id));
        let done: Vec<String> = done
            .iter()
            .map(|message| message.receipt_handle.clone())
            .collect();
        for handles in done.chunks(MOST_PER_CALL) {
            self.settle(Settlement::Delete(handles)).await;
        }
        if let Some(delay) = self.retry_delay {
            self.hide(failures.iter().map(|message| {
                let hidden = delay
                    .saturating_mul(message.receive_count())
                    .as_secs()
                    .min(LONGEST_HIDDEN);
                (
                    message.receipt_handle.clone(),
                    u32::try_from(hidden).unwrap_or(u32::MAX),
                )
            }))
            .await;
        }
    }

    async fn give_back(&self, messages: &[Received]) {
        self.hide(messages.iter().map(|message| (message.receipt_handle.clone(), 0)))
            .await;
    }

    async fn hide(&self, handles: impl Iterator<Item = (String, u32)>) {
        let handles: Vec<(String, u32)> = handles.collect();
        for handles in handles.chunks(MOST_PER_CALL) {
            self.settle(Settlement::Hide(handles)).await;
        }
    }

    /// Tells the queue something, more than once if need be. What it never hears it repeats: messages come again.
    async fn settle(&self, settlement: Settlement<'_>) {
        let mut rest = SHORTEST_REST;
        for attempt in 1..=SETTLE_ATTEMPTS {
            let told = match settlement {
                Settlement::Delete(handles) => self.source.delete(handles).await,
                Settlement::Hide(handles) => self.source.hide(handles).await,
            };
            match told {
                Ok(()) => return,
                Err(error) if attempt == SETTLE_ATTEMPTS => {
                    tracing::error!(queue = %self.queue_arn, %error, messages = settlement.count(), "the queue does not settle messages");
                }
                Err(_) => tokio::time::sleep(rest).await,
            }
            rest = rest.saturating_mul(2);
        }
    }
}

/// What a queue is told of messages, by their handles.
#[derive(Clone, Copy, Debug)]
enum Settlement<'a> {
    Delete(&'a [String]),
    Hide(&'a [(String, u32)]),
}

impl Settlement<'_> {
    const fn count(self) -> usize {
        match self {
            Self::Delete(handles) => handles.len(),
            Self::Hide(handles) => handles.len(),
        }
    }
}

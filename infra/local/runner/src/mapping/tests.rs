use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use darkroom_lambda::FunctionError;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::batch::{Failed, event, failed};
use super::poller::{Mapping, run};
use super::source::{Received, Source, SourceError};
use crate::invoke::InvocationError;
use crate::invoke::tests::invoker;

const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(360);

#[derive(Clone, Debug)]
struct Stored {
    id: String,
    visible_at: Instant,
    count: u32,
    handle: String,
}

/// A queue in memory with the visibility rules of SQS.
#[derive(Debug, Default)]
struct MemoryQueue {
    stored: Mutex<Vec<Stored>>,
    failing: Mutex<u32>,
}

impl MemoryQueue {
    fn holding(ids: &[&str]) -> Arc<Self> {
        let queue = Self::default();
        queue.stored.lock().unwrap().extend(ids.iter().map(|id| Stored {
            id: (*id).to_owned(),
            visible_at: Instant::now(),
            count: 0,
            handle: String::new(),
        }));
        Arc::new(queue)
    }

    fn left(&self) -> Vec<String> {
        self.stored
            .lock()
            .unwrap()
            .iter()
            .map(|stored| stored.id.clone())
            .collect()
    }

    fn hidden(&self, id: &str) -> Duration {
        let stored = self.stored.lock().unwrap();
        let stored = stored.iter().find(|stored| stored.id == id).unwrap();
        stored.visible_at.saturating_duration_since(Instant::now())
    }

    fn take(&self, most: usize) -> Vec<Received> {
        let now = Instant::now();
        let mut stored = self.stored.lock().unwrap();
        stored
            .iter_mut()
            .filter(|stored| stored.visible_at <= now)
            .take(most)
            .map(|stored| {
                stored.count += 1;
                stored.visible_at = now + VISIBILITY_TIMEOUT;
                stored.handle = format!("{}/{}", stored.id, stored.count);
                message(&stored.id, &stored.handle, stored.count)
            })
            .collect()
    }
}

fn message(id: &str, handle: &str, count: u32) -> Received {
    Received {
        message_id: id.to_owned(),
        receipt_handle: handle.to_owned(),
        body: format!("body of {id}"),
        md5_of_body: "md5".to_owned(),
        attributes: BTreeMap::from([("ApproximateReceiveCount".to_owned(), count.to_string())]),
        message_attributes: serde_json::Map::new(),
    }
}

#[async_trait]
impl Source for MemoryQueue {
    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Received>, SourceError> {
        {
            let mut failing = self.failing.lock().unwrap();
            if *failing > 0 {
                *failing -= 1;
                return Err(SourceError("the queue is away".to_owned()));
            }
        }
        let until = Instant::now() + wait;
        loop {
            let messages = self.take(most);
            if !messages.is_empty() || Instant::now() >= until {
                return Ok(messages);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn delete(&self, handles: &[String]) -> Result<(), SourceError> {
        self.stored
            .lock()
            .unwrap()
            .retain(|stored| !handles.contains(&stored.handle));
        Ok(())
    }

    async fn hide(&self, handles: &[(String, u32)]) -> Result<(), SourceError> {
        for stored in self.stored.lock().unwrap().iter_mut() {
            if let Some((_, seconds)) = handles.iter().find(|(handle, _)| *handle == stored.handle) {
                stored.visible_at = Instant::now() + Duration::from_secs(u64::from(*seconds));
            }
        }
        Ok(())
    }
}

fn mapping<F, Answer>(queue: &Arc<MemoryQueue>, function: F) -> Mapping
where
    F: Fn(LambdaEvent<Value>) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Value, FunctionError>> + Send + 'static,
{
    Mapping {
        source: Arc::clone(queue) as Arc<dyn Source>,
        invoker: Arc::new(invoker(Duration::from_secs(60), function)),
        queue_arn: "arn:aws:sqs:us-east-1:000000000000:work".to_owned(),
        region: "us-east-1".to_owned(),
        batch_size: 10,
        batching_window: Duration::ZERO,
        concurrency: 2,
        reports_failures: true,
        retry_delay: None,
        workers: Arc::new(Semaphore::new(2)),
    }
}

struct Running {
    stop: CancellationToken,
    abandon: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn start(mapping: Mapping) -> Running {
    let (stop, abandon) = (CancellationToken::new(), CancellationToken::new());
    let task = tokio::spawn(run(Arc::new(mapping), stop.clone(), abandon.clone()));
    Running { stop, abandon, task }
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// The ids of the messages of an event.
fn ids(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records
        .iter()
        .map(|record| record["messageId"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_event_is_that_of_lambda() {
    let mut message = message("id-1", "handle", 2);
    message.message_attributes.insert(
        "trace".to_owned(),
        json!({"dataType": "String", "stringValue": "t"}),
    );
    assert_eq!(
        event(&[message], "arn:aws:sqs:us-east-1:000000000000:work", "us-east-1"),
        json!({"Records": [{
            "messageId": "id-1",
            "receiptHandle": "handle",
            "body": "body of id-1",
            "attributes": {"ApproximateReceiveCount": "2"},
            "messageAttributes": {"trace": {"dataType": "String", "stringValue": "t"}},
            "md5OfBody": "md5",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:work",
            "awsRegion": "us-east-1",
        }]})
    );
}

#[test]
fn what_an_answer_says_of_a_batch() {
    let messages = [message("a", "1", 1), message("b", "2", 1)];
    let some = |ids: &[&str]| Failed::Some(ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>());
    for (answer, expected) in [
        (json!(null), Failed::None),
        (json!({}), Failed::None),
        (json!({"batchItemFailures": null}), Failed::None),
        (json!({"batchItemFailures": []}), Failed::None),
        (
            json!({"batchItemFailures": [{"itemIdentifier": "b"}]}),
            some(&["b"]),
        ),
        (
            json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}),
            some(&["b"]),
        ),
        (
            json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}),
            some(&["a", "b"]),
        ),
        (
            json!({"batchItemFailures": [{"itemIdentifier": ""}]}),
            Failed::All,
        ),
        (
            json!({"batchItemFailures": [{"itemIdentifier": null}]}),
            Failed::All,
        ),
        (
            json!({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "c"}]}),
            Failed::All,
        ),
        (json!({"batchItemFailures": [{"messageId": "b"}]}), Failed::All),
        (json!({"batchItemFailures": ["b"]}), Failed::All),
        (json!({"batchItemFailures": "b"}), Failed::All),
        (json!("fine"), Failed::All),
        (json!([]), Failed::All),
    ] {
        assert_eq!(failed(&Ok(answer.clone()), true, &messages), expected, "{answer}");
        assert_eq!(
            failed(&Ok(answer.clone()), false, &messages),
            Failed::None,
            "{answer}, without reports"
        );
    }
    for reports in [true, false] {
        assert_eq!(
            failed(&Err(InvocationError::Abandoned), reports, &messages),
            Failed::All
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_succeeds_is_deleted_and_what_fails_stays_hidden() {
    let queue = MemoryQueue::holding(&["a", "b", "c"]);
    let running = start(mapping(&queue, async |event: LambdaEvent<Value>| {
        assert_eq!(ids(&event.payload), ["a", "b", "c"]);
        Ok(json!({"batchItemFailures": [{"itemIdentifier": "b"}]}))
    }));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(queue.left(), ["b"]);
    let hidden = queue.hidden("b");
    assert!(
        hidden > Duration::from_secs(340) && hidden <= VISIBILITY_TIMEOUT,
        "{hidden:?}"
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_invocation_keeps_the_whole_batch() {
    for reports_failures in [true, false] {
        let queue = MemoryQueue::holding(&["a", "b"]);
        let mapping = Mapping {
            reports_failures,
            ..mapping(&queue, async |_| Err(FunctionError::invalid_event("no")))
        };
        let running = start(mapping);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(queue.left(), ["a", "b"]);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_delay_grows_with_every_receive() {
    let queue = MemoryQueue::holding(&["a"]);
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&attempts);
    let mapping = Mapping {
        retry_delay: Some(Duration::from_secs(2)),
        ..mapping(&queue, move |event: LambdaEvent<Value>| {
            let count = event.payload["Records"][0]["attributes"]["ApproximateReceiveCount"].clone();
            let failures = if count == "4" {
                json!([])
            } else {
                json!([{"itemIdentifier": "a"}])
            };
            seen.lock().unwrap().push(Instant::now());
            async move { Ok(json!({"batchItemFailures": failures})) }
        })
    };
    let running = start(mapping);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(queue.left(), [] as [&str; 0]);
    let attempts = attempts.lock().unwrap().clone();
    let gaps: Vec<u64> = attempts
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs())
        .collect();
    assert_eq!(gaps, [2, 4, 6]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_batches_are_in_work_than_may() {
    let queue = MemoryQueue::holding(&["a", "b", "c", "d", "e", "f"]);
    let most = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&most);
    let mapping = Mapping {
        batch_size: 1,
        ..mapping(&queue, move |_| {
            let seen = Arc::clone(&seen);
            async move {
                {
                    let mut counts = seen.lock().unwrap();
                    counts.0 += 1;
                    counts.1 = counts.1.max(counts.0);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                seen.lock().unwrap().0 -= 1;
                Ok(Value::Null)
            }
        })
    };
    let running = start(mapping);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(queue.left(), [] as [&str; 0]);
    assert_eq!(most.lock().unwrap().1, 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batching_window_fills_a_batch() {
    let queue = MemoryQueue::holding(&[]);
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let mapping = Mapping {
        batch_size: 12,
        batching_window: Duration::from_secs(5),
        ..mapping(&queue, move |event: LambdaEvent<Value>| {
            seen.lock().unwrap().push(ids(&event.payload).len());
            async { Ok(Value::Null) }
        })
    };
    let running = start(mapping);
    for index in 0..14 {
        let stored = Stored {
            id: index.to_string(),
            visible_at: Instant::now(),
            count: 0,
            handle: String::new(),
        };
        queue.stored.lock().unwrap().push(stored);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(*sizes.lock().unwrap(), [12, 2]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_away_comes_back() {
    let queue = MemoryQueue::holding(&["a"]);
    *queue.failing.lock().unwrap() = 5;
    let running = start(mapping(&queue, async |_| Ok(Value::Null)));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(queue.left(), [] as [&str; 0]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_work_end() {
    let queue = MemoryQueue::holding(&["a"]);
    let running = start(mapping(&queue, async |_| {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok(Value::Null)
    }));
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.stop().await;
    assert_eq!(queue.left(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn abandoning_gives_back_what_is_unfinished() {
    // One worker, two messages: one is in work, the other received and waiting for its turn.
    let queue = MemoryQueue::holding(&["a", "b"]);
    let mapping = Mapping {
        batch_size: 1,
        workers: Arc::new(Semaphore::new(1)),
        ..mapping(&queue, async |_| {
            tokio::time::sleep(Duration::from_secs(50)).await;
            Ok(Value::Null)
        })
    };
    let running = start(mapping);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(queue.hidden("a") > Duration::ZERO && queue.hidden("b") > Duration::ZERO);
    running.stop.cancel();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        queue.hidden("b"),
        Duration::ZERO,
        "what was not begun is given back at once"
    );
    assert!(
        queue.hidden("a") > Duration::ZERO,
        "what is in work has its grace"
    );
    running.abandon.cancel();
    running.task.await.unwrap();
    assert_eq!(queue.hidden("a"), Duration::ZERO);
    assert_eq!(queue.left(), ["a", "b"]);
}

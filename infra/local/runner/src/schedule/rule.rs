//! A rule: the scheduled events that one function is sent.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_util::sync::CancellationToken;

use super::Schedule;
use crate::clock;
use crate::invoke::Invoker;
use crate::template::Deployment;

/// How long an asynchronous invocation that failed waits for its next attempt; after the last it is given up.
const ATTEMPTS_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_secs(60), Duration::from_secs(120)];

/// Everything one rule needs.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) arn: String,
    pub(crate) schedule: Schedule,
    pub(crate) invoker: Arc<Invoker>,
    pub(crate) deployment: Arc<Deployment>,
}

/// Fires once at the start, so that what stood still while nothing ran is taken up at once, then by the schedule.
pub(crate) async fn run(rule: Rule, stop: CancellationToken, abandon: CancellationToken) {
    let mut firings = tokio::task::JoinSet::new();
    let mut fire = |detail: Value| {
        let event = event(&rule, clock::now(), &detail);
        let (rule, stop) = (rule.clone(), stop.clone());
        firings.spawn(async move { attempt(&rule, &event, &stop).await });
    };
    fire(json!({ "start": true }));
    loop {
        let now = clock::now();
        let Some(next) = rule.schedule.next_after(now) else {
            stop.cancelled().await;
            break;
        };
        let wait = Duration::try_from(next - now).unwrap_or_default();
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => fire(json!({})),
        }
    }
    // What runs may end; the grace that it has is the caller's.
    tokio::select! {
        () = abandon.cancelled() => firings.abort_all(),
        () = async { while firings.join_next().await.is_some() {} } => {}
    }
}

async fn attempt(rule: &Rule, event: &Value, stop: &CancellationToken) {
    for wait in ATTEMPTS_AFTER {
        if !wait.is_zero() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
        if rule.invoker.invoke(event.clone()).await.is_ok() {
            return;
        }
    }
    tracing::error!(function = rule.invoker.name(), rule = %rule.arn, "a scheduled event was given up");
}

fn event(rule: &Rule, at: OffsetDateTime, detail: &Value) -> Value {
    let at = at.replace_nanosecond(0).unwrap_or(at);
    json!({
        "version": "0",
        "id": clock::request_id(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.deployment.account_id,
        "time": at.format(&Rfc3339).unwrap_or_default(),
        "region": rule.deployment.region,
        "resources": [rule.arn],
        "detail": detail,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use darkroom_lambda::FunctionError;
    use lambda_runtime::LambdaEvent;
    use time::macros::datetime;

    use super::*;
    use crate::invoke::tests::invoker;

    fn rule<F, Answer>(function: F) -> Rule
    where
        F: Fn(LambdaEvent<Value>) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        Rule {
            arn: "arn:aws:events:us-east-1:000000000000:rule/darkroom-tick".to_owned(),
            schedule: Schedule::parse("rate(5 minutes)").unwrap(),
            invoker: Arc::new(invoker(Duration::from_secs(60), function)),
            deployment: Arc::default(),
        }
    }

    #[test]
    fn the_event_is_that_of_eventbridge() {
        let mut event = event(
            &rule(async |_| Ok(Value::Null)),
            datetime!(2026-03-04 05:06:07.89 UTC),
            &json!({"start": true}),
        );
        assert_eq!(event["id"].as_str().map(str::len), Some(36));
        event["id"] = json!("id");
        assert_eq!(
            event,
            json!({
                "version": "0",
                "id": "id",
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": "000000000000",
                "time": "2026-03-04T05:06:07Z",
                "region": "us-east-1",
                "resources": ["arn:aws:events:us-east-1:000000000000:rule/darkroom-tick"],
                "detail": {"start": true},
            })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_rule_fires_at_the_start_and_then_by_its_schedule() {
        let details = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&details);
        let rule = rule(move |event: LambdaEvent<Value>| {
            seen.lock().unwrap().push(event.payload["detail"].clone());
            async { Ok(Value::Null) }
        });
        let (stop, abandon) = (CancellationToken::new(), CancellationToken::new());
        let running = tokio::spawn(run(rule, stop.clone(), abandon));
        tokio::time::sleep(Duration::from_secs(601)).await;
        stop.cancel();
        running.await.unwrap();
        assert_eq!(
            *details.lock().unwrap(),
            [json!({"start": true}), json!({}), json!({})]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_firing_is_attempted_thrice() {
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&attempts);
        let rule = rule(move |event: LambdaEvent<Value>| {
            seen.lock().unwrap().push(event.payload["id"].clone());
            async { Err(FunctionError::invalid_event("no")) }
        });
        let event = event(&rule, datetime!(2026-03-04 05:06:07 UTC), &json!({}));
        attempt(&rule, &event, &CancellationToken::new()).await;
        let ids = attempts.lock().unwrap();
        assert_eq!(ids.len(), 3);
        assert!(
            ids.iter().all(|id| *id == event["id"]),
            "every attempt has the same event"
        );
    }
}

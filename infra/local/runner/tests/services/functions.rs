//! Three small functions that leave marks in the table.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use darkroom_cloud::{Clients, Environment, EnvironmentError};
use darkroom_lambda::{Constructor, Function, FunctionError, Handler};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

pub(crate) fn functions() -> BTreeMap<&'static str, Constructor> {
    BTreeMap::from([
        ("desk", desk as Constructor),
        ("worker", worker),
        ("clerk", clerk),
    ])
}

/// What all three need.
#[derive(Clone)]
struct Marks {
    clients: Clients,
    table: String,
}

impl Marks {
    fn of(environment: &Environment) -> Result<Self, EnvironmentError> {
        assert_eq!(
            environment.get("SSL_CERT_FILE"),
            None,
            "a path of Amazon Linux reached a function"
        );
        assert!(
            environment
                .require("AWS_LAMBDA_FUNCTION_NAME")?
                .starts_with("runner-")
        );
        let table = environment.require("TABLE_NAME")?.to_owned();
        Ok(Self {
            clients: Clients::of(environment)?,
            table,
        })
    }

    async fn leave(&self, mark: &str) -> Result<(), FunctionError> {
        let key = AttributeValue::S(mark.to_owned());
        let put = self
            .clients
            .dynamodb()
            .put_item()
            .table_name(&self.table)
            .item("PK", key);
        put.send().await.map(|_| ()).map_err(FunctionError::invalid_event)
    }

    async fn has(&self, mark: &str) -> Result<bool, FunctionError> {
        let key = AttributeValue::S(mark.to_owned());
        let get = self
            .clients
            .dynamodb()
            .get_item()
            .table_name(&self.table)
            .key("PK", key)
            .consistent_read(true);
        get.send()
            .await
            .map(|output| output.item.is_some())
            .map_err(FunctionError::invalid_event)
    }
}

struct Desk(Marks, String);

fn desk(environment: &Environment) -> Result<Function, EnvironmentError> {
    Ok(Arc::new(Desk(
        Marks::of(environment)?,
        environment.require("QUEUE_URL")?.to_owned(),
    )))
}

#[async_trait]
impl Handler for Desk {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
        let event = event.payload;
        if event["routeKey"] == "POST /work" {
            let body = event["body"].as_str().unwrap_or_default();
            let send = self
                .0
                .clients
                .sqs()
                .send_message()
                .queue_url(&self.1)
                .message_body(body);
            send.send().await.map_err(FunctionError::invalid_event)?;
            return Ok(json!({"statusCode": 202}));
        }
        let id = event["pathParameters"]["id"].as_str().unwrap_or_default();
        Ok(json!({"statusCode": if self.0.has(id).await? { 200 } else { 404 }}))
    }
}

struct Worker(Marks);

fn worker(environment: &Environment) -> Result<Function, EnvironmentError> {
    Ok(Arc::new(Worker(Marks::of(environment)?)))
}

#[async_trait]
impl Handler for Worker {
    /// Marks each message; `late` succeeds at its second receive, `never` only as a dead letter.
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
        let mut failures = Vec::new();
        for record in event.payload["Records"].as_array().into_iter().flatten() {
            let body = record["body"].as_str().unwrap_or_default();
            let count = record["attributes"]["ApproximateReceiveCount"]
                .as_str()
                .unwrap_or_default();
            let dead = record["eventSourceARN"]
                .as_str()
                .is_some_and(|arn| arn.ends_with("-Dead"));
            match (body, count) {
                _ if dead => self.0.leave(&format!("dead-{body}")).await?,
                ("late", "1") | ("never", _) => failures.push(json!({"itemIdentifier": record["messageId"]})),
                _ => self.0.leave(&format!("{body}-{count}")).await?,
            }
        }
        Ok(json!({ "batchItemFailures": failures }))
    }
}

struct Clerk(Marks);

fn clerk(environment: &Environment) -> Result<Function, EnvironmentError> {
    Ok(Arc::new(Clerk(Marks::of(environment)?)))
}

#[async_trait]
impl Handler for Clerk {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, FunctionError> {
        if event.payload["detail"]["start"] == true {
            self.0.leave("start").await?;
        }
        for record in event.payload["Records"].as_array().into_iter().flatten() {
            let body: Value =
                serde_json::from_str(record["body"].as_str().unwrap_or_default()).unwrap_or_default();
            for arrived in body["Records"].as_array().into_iter().flatten() {
                let key = arrived["s3"]["object"]["key"].as_str().unwrap_or_default();
                // Some emulators encode the slash too.
                let key = key.replace("%2F", "/");
                self.0
                    .leave(&format!("arrived-{}", key.rsplit('/').next().unwrap_or_default()))
                    .await?;
            }
        }
        Ok(Value::Null)
    }
}

//! One analysis on a machine of its own: a container that AWS Batch starts for it.

use std::time::Duration;

use bytes::Bytes;
use darkroom_cloud::{Clock, Environment, EnvironmentError, clock::SystemClock};
use darkroom_domain::{JobMessage, Task, TenantId, Timestamp};
use darkroom_lambda::{log, run_once};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, StatusCode, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use lambda_runtime::Error;
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::net::TcpStream;

/// The longest that one analysis takes.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);
/// Where the agent of a container gives out the credentials of its role.
const AGENT: &str = "169.254.170.2";
/// How long the agent may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of its answer.
const MAX_ANSWER: usize = 64 * 1024;
/// So long before credentials end, nothing is begun with them.
const MARGIN: Duration = Duration::from_secs(60);

/// Does the job that `JOB_TENANT`, `JOB_ID` and `JOB_BATCH_ID` name: the whole of `main`.
///
/// It has six hours, or as long as the credentials of the container last. A job that failed for good ends well; how it ended
/// stands in its record.
///
/// # Errors
/// When the environment is not what the stack promises, or the job is to be tried again.
pub async fn run() -> Result<(), Error> {
    let environment = Environment::of_process();
    log(&environment)?;
    let body = serde_json::to_string(&message(&environment)?)?;
    let mut deadline = SystemClock.now().after(LONGEST);
    let mut environment = environment;
    // Where keys are set, they are used, as on a developer's machine.
    if environment.get("AWS_ACCESS_KEY_ID").is_none() {
        let credentials = credentials(&environment).await?;
        deadline = deadline.min(credentials.last_until()?);
        environment = credentials.in_environment(environment);
    }
    let function = crate::large_function(&environment)?;
    run_once(&function, &body, deadline).await?;
    Ok(())
}

/// The message that stands in the environment in parts.
fn message(environment: &Environment) -> Result<JobMessage, EnvironmentError> {
    let invalid = |name: &'static str, value: &str| EnvironmentError::Invalid {
        name,
        value: value.to_owned(),
    };
    let text = environment.require("JOB_TENANT")?;
    let tenant: TenantId = text.parse().map_err(|_| invalid("JOB_TENANT", text))?;
    let text = environment.require("JOB_ID")?;
    let job_id = text.parse().map_err(|_| invalid("JOB_ID", text))?;
    let text = environment.require("JOB_BATCH_ID")?;
    let batch_id = text.parse().map_err(|_| invalid("JOB_BATCH_ID", text))?;
    Ok(JobMessage::of(tenant, job_id, Task::BatchAnalysis { batch_id }))
}

/// What the agent of a container answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

impl Credentials {
    fn in_environment(&self, environment: Environment) -> Environment {
        environment
            .with("AWS_ACCESS_KEY_ID", self.access_key_id.as_str())
            .with("AWS_SECRET_ACCESS_KEY", self.secret_access_key.as_str())
            .with("AWS_SESSION_TOKEN", self.token.as_str())
    }

    fn last_until(&self) -> Result<Timestamp, Error> {
        let end = OffsetDateTime::parse(&self.expiration, &Rfc3339)? - MARGIN;
        let milliseconds = end.unix_timestamp().saturating_mul(1_000);
        Timestamp::from_unix_milliseconds(milliseconds).ok_or_else(|| "credentials without an end".into())
    }
}

/// Asks the agent of the container for the credentials of its role.
async fn credentials(environment: &Environment) -> Result<Credentials, Error> {
    let path = environment.require("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")?;
    tokio::time::timeout(PATIENCE, ask(AGENT, 80, path)).await?
}

async fn ask(host: &str, port: u16, path: &str) -> Result<Credentials, Error> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(path)
        .header(HOST, host)
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(format!("the agent of the container answers {status}").into());
    }
    let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await?;
    connection.abort();
    Ok(serde_json::from_slice(&body.to_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    const ID: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

    #[test]
    fn the_message_stands_in_the_environment() {
        let parts = [("JOB_TENANT", "default"), ("JOB_ID", ID), ("JOB_BATCH_ID", ID)];
        let environment: Environment = parts.into_iter().collect();
        let read = message(&environment).unwrap();
        let task = Task::BatchAnalysis {
            batch_id: ID.parse().unwrap(),
        };
        assert_eq!(
            read,
            JobMessage::of(TenantId::single(), ID.parse().unwrap(), task)
        );
        for (name, _) in parts {
            assert!(message(&environment.clone().with(name, "")).is_err(), "{name}");
        }
        for name in ["JOB_ID", "JOB_BATCH_ID"] {
            let broken = environment.clone().with(name, "$.body.job_id");
            assert!(
                matches!(message(&broken), Err(EnvironmentError::Invalid { .. })),
                "{name}"
            );
        }
    }

    async fn answered(answer: String) -> Result<Credentials, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let agent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        let asked = ask("127.0.0.1", port, "/v2/credentials/x").await;
        assert!(
            agent
                .await
                .unwrap()
                .starts_with("GET /v2/credentials/x HTTP/1.1\r\n")
        );
        asked
    }

    #[tokio::test]
    async fn credentials_come_of_the_agent() {
        let body = r#"{"RoleArn":"r","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"2030-01-02T03:04:05Z"}"#;
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let credentials = answered(answer).await.unwrap();
        let environment = credentials.in_environment(Environment::default());
        assert_eq!(environment.get("AWS_SECRET_ACCESS_KEY"), Some("S"));
        assert_eq!(environment.get("AWS_SESSION_TOKEN"), Some("T"));
        let end = credentials.last_until().unwrap();
        assert_eq!(
            end.unix_milliseconds(),
            1_893_553_385_000,
            "a minute before they end"
        );

        for answer in [
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}",
                " ".repeat(100_000)
            ),
        ] {
            assert!(answered(answer).await.is_err());
        }
    }
}

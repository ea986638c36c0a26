//! The embedded cloud as clients and other processes see it.

mod client;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use darkroom_embedded_cloud::{EmbeddedCloud, EmbeddedCloudOptions, StartError};
use http::{Method, StatusCode};

use crate::client::Client;

#[tokio::test]
async fn objects_survive_a_restart_and_the_directory_is_free_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::persistent(directory.path()))
        .await
        .unwrap();
    let client = Client::new(&cloud);
    assert_eq!(
        client.s3(Method::PUT, "/photos", b"").await.status,
        StatusCode::OK
    );
    assert_eq!(
        client
            .s3(Method::PUT, "/photos/in/a%20b", b"the body")
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        client.s3(Method::PUT, "/absent/key", b"x").await.status,
        StatusCode::NOT_FOUND
    );
    cloud.shutdown().await;

    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::persistent(directory.path()))
        .await
        .unwrap();
    let answer = Client::new(&cloud).s3(Method::GET, "/photos/in/a%20b", b"").await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (StatusCode::OK, "the body")
    );
    assert!(answer.headers.contains_key("etag"));
}

#[tokio::test]
async fn a_client_that_sends_a_whole_body_before_it_reads_gets_its_refusal() {
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
        .await
        .unwrap();
    let host = cloud.endpoint().trim_start_matches("http://").to_owned();
    let exchange = move || {
        let mut connection = std::net::TcpStream::connect(&host)?;
        let length = 8 * 1024 * 1024;
        write!(
            connection,
            "PUT /photos/key HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"
        )?;
        connection.write_all(&vec![7; length])?;
        let mut start = [0; 12];
        connection.read_exact(&mut start)?;
        std::io::Result::Ok(start)
    };
    for _ in 0..5 {
        let start = tokio::task::spawn_blocking(exchange.clone())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&start, b"HTTP/1.1 403");
    }
}

#[tokio::test]
async fn a_refused_client_that_waits_to_be_told_to_go_on_is_told_that_its_connection_ends() {
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
        .await
        .unwrap();
    let host = cloud.endpoint().trim_start_matches("http://").to_owned();
    let exchange = move || {
        let mut connection = std::net::TcpStream::connect(&host)?;
        let refused = format!(
            "PUT /photos/key HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        );
        connection.write_all(refused.as_bytes())?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::task::spawn_blocking(exchange).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(
        answer.to_ascii_lowercase().contains("connection: close"),
        "{answer}"
    );
}

#[tokio::test]
async fn tables_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let table = r#"{"TableName":"images","BillingMode":"PAY_PER_REQUEST",
        "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}"#;
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::persistent(directory.path()))
        .await
        .unwrap();
    let client = Client::new(&cloud);
    let answer = client.dynamodb("CreateTable", table).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    cloud.shutdown().await;
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::persistent(directory.path()))
        .await
        .unwrap();
    let answer = Client::new(&cloud).dynamodb("ListTables", "{}").await;
    assert_eq!(answer.text(), r#"{"TableNames":["images"]}"#);
}

#[tokio::test]
async fn requests_that_are_not_signed_with_the_secret_are_refused_by_all_services() {
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
        .await
        .unwrap();
    let wrong = Client::new(&cloud).with_secret("wrong");
    let s3 = wrong.s3(Method::GET, "/", b"").await;
    assert_eq!(s3.status, StatusCode::FORBIDDEN);
    assert!(s3.text().contains("SignatureDoesNotMatch"), "{}", s3.text());
    let dynamodb = wrong.dynamodb("ListTables", "{}").await;
    assert_eq!(dynamodb.status, StatusCode::BAD_REQUEST);
    assert!(
        dynamodb.text().contains("InvalidSignatureException"),
        "{}",
        dynamodb.text()
    );
    assert!(!wrong.sqs("ListQueues", "{}").await.status.is_success());
    assert_eq!(
        wrong.unsigned(Method::GET, "/photos/key", &[]).await.status,
        StatusCode::FORBIDDEN
    );
    let right = Client::new(&cloud);
    assert_eq!(right.s3(Method::GET, "/", b"").await.status, StatusCode::OK);
    assert_eq!(right.dynamodb("ListTables", "{}").await.status, StatusCode::OK);
    assert_eq!(right.sqs("ListQueues", "{}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn queue_addresses_are_at_the_endpoint() {
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
        .await
        .unwrap();
    let answer = Client::new(&cloud)
        .sqs("CreateQueue", r#"{"QueueName":"jobs"}"#)
        .await;
    let expected = format!("{}/000000000000/jobs", cloud.endpoint());
    assert!(answer.text().contains(&expected), "{}", answer.text());
}

#[tokio::test]
async fn a_preflight_to_a_bucket_without_rules_is_refused() {
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
        .await
        .unwrap();
    let headers = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "PUT"),
    ];
    let answer = Client::new(&cloud)
        .unsigned(Method::OPTIONS, "/photos/key", &headers)
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_directory_in_use_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedCloudOptions::persistent(directory.path());
    let _first = EmbeddedCloud::start(options.clone()).await.unwrap();
    let error = EmbeddedCloud::start(options).await.unwrap_err();
    assert!(matches!(error, StartError::DirectoryInUse { .. }));
    let expected = format!(
        "the data directory {} is in use by another process",
        directory.path().display()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_taken_port_is_refused_by_number() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let error = EmbeddedCloud::start(EmbeddedCloudOptions {
        address,
        ..EmbeddedCloudOptions::ephemeral()
    })
    .await
    .unwrap_err();
    let expected = format!(
        "port {} of 127.0.0.1 is taken: choose another, or 0 for any",
        address.port()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn what_is_not_a_directory_and_what_is_not_loopback_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = EmbeddedCloud::start(EmbeddedCloudOptions::persistent(file.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::DirectoryUnusable { .. }));
    assert!(
        error.to_string().contains(&file.path().display().to_string()) && !error.to_string().contains('\n')
    );

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("dynamodb.sqlite"),
        "not a database, but long enough to be read",
    )
    .unwrap();
    let error = EmbeddedCloud::start(EmbeddedCloudOptions::persistent(directory.path()))
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::DatabaseUnusable { .. }), "{error}");

    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let error = EmbeddedCloud::start(EmbeddedCloudOptions {
        address,
        ..EmbeddedCloudOptions::ephemeral()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, StartError::NotLoopback { .. }));
}

#[tokio::test]
async fn a_waiting_receive_does_not_hold_up_the_shutdown() {
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
        .await
        .unwrap();
    let client = Client::new(&cloud);
    client.sqs("CreateQueue", r#"{"QueueName":"jobs"}"#).await;
    let request = format!(
        r#"{{"QueueUrl":"{}/000000000000/jobs","WaitTimeSeconds":20}}"#,
        cloud.endpoint()
    );
    let waiting = tokio::spawn(async move { client.sqs("ReceiveMessage", &request).await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begin = Instant::now();
    cloud.shutdown().await;
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    waiting.await.unwrap();
}

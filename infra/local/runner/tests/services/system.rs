//! Everything started together, on names that no other test has.

use std::net::SocketAddr;
use std::time::Duration;

use darkroom_cloud::{Clients, Environment};
use darkroom_embedded_cloud::{EmbeddedCloud, EmbeddedCloudOptions};
use darkroom_runner::{Deployment, Provision, Runner, RunnerError, RunnerOptions, Template, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::functions;

const TEMPLATE: &str = include_str!("template.yaml");

/// How long something may take to happen on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Services, and the environment that leads to them.
struct Services {
    environment: Environment,
    _cloud: Option<EmbeddedCloud>,
}

async fn services() -> Services {
    let process = Environment::of_process();
    let (endpoint, cloud) = match process.get("AWS_ENDPOINT_URL") {
        Some(endpoint) => (endpoint.to_owned(), None),
        None => {
            let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
                .await
                .unwrap();
            (cloud.endpoint(), Some(cloud))
        }
    };
    let environment = Environment::default()
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", "test")
        .with("AWS_SECRET_ACCESS_KEY", "test");
    Services {
        environment,
        _cloud: cloud,
    }
}

/// Names of its own for every test, as an emulator may be shared.
fn options(services: &Services, name: &str, issuer: &str) -> RunnerOptions {
    let deployment = Deployment {
        stack_name: format!("runner-{name}-{}", std::process::id()),
        ..Deployment::default().with_parameter("JwtIssuer", issuer)
    };
    RunnerOptions {
        template: Template::parse(TEMPLATE, &deployment).unwrap(),
        functions: functions::functions(),
        clients: Clients::of(&services.environment).unwrap(),
        environment: services.environment.clone(),
        tokens: Vec::new(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        provision: Provision::Create,
        retry_delay: Some(Duration::from_millis(100)),
        worker_concurrency: None,
    }
}

/// Sends one request and tells the status of its answer.
async fn status(runner: &Runner, line: &str, token: Option<&str>, body: &str) -> u16 {
    let mut stream = TcpStream::connect(runner.address()).await.unwrap();
    let authorization = token
        .map(|token| format!("authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{authorization}\
         content-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("{answer}"))
}

/// Waits until a function has left its mark.
async fn marked(runner: &Runner, mark: &str) {
    let looked = async {
        while status(runner, &format!("GET /records/{mark}"), None, "").await != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looked)
        .await
        .unwrap_or_else(|_| panic!("no mark {mark}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_messages_objects_and_schedules_reach_functions() {
    let services = services().await;
    let options = options(&services, "all", "");
    let bucket = options.template.buckets()[0].name.clone();
    let s3 = options.clients.s3().clone();
    let runner = Runner::start(options.clone()).await.unwrap();

    marked(&runner, "start").await;
    for body in ["soon", "late", "never"] {
        assert_eq!(status(&runner, "POST /work", None, body).await, 202);
    }
    for key in ["uploads/one.png", "elsewhere/two.png", "uploads/three.png"] {
        s3.put_object()
            .bucket(&bucket)
            .key(key)
            .body(b"png".to_vec().into())
            .send()
            .await
            .unwrap();
    }
    for mark in [
        "soon-1",
        "late-2",
        "dead-never",
        "arrived-one.png",
        "arrived-three.png",
    ] {
        marked(&runner, mark).await;
    }
    assert_eq!(
        status(&runner, "GET /records/arrived-two.png", None, "").await,
        404
    );
    assert_eq!(status(&runner, "GET /nowhere", None, "").await, 404);
    runner.shutdown(Duration::from_secs(10)).await;

    // Again on what is there: nothing is made twice, and what was written stays.
    let again = Runner::start(options.clone()).await.unwrap();
    marked(&again, "soon-1").await;
    again.shutdown(Duration::from_secs(10)).await;
    let expecting = RunnerOptions {
        provision: Provision::Expect,
        ..options
    };
    Runner::start(expecting)
        .await
        .unwrap()
        .shutdown(Duration::from_secs(10))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_open_what_is_guarded() {
    let services = services().await;
    let with_tokens = |issuer: &str, tokens: &[(&str, &str)]| {
        let token = |(tenant, secret): &(&str, &str)| Token {
            tenant: (*tenant).to_owned(),
            secret: (*secret).to_owned(),
        };
        RunnerOptions {
            tokens: tokens.iter().map(token).collect(),
            ..options(&services, "tokens", issuer)
        }
    };
    let runner = Runner::start(with_tokens("http://localhost", &[("ann", "s3cret")]))
        .await
        .unwrap();
    assert_eq!(status(&runner, "GET /records/x", None, "").await, 401);
    assert_eq!(status(&runner, "GET /records/x", Some("wrong"), "").await, 401);
    assert_eq!(status(&runner, "GET /records/x", Some("s3cret"), "").await, 404);
    assert_eq!(status(&runner, "POST /work", None, "soon").await, 202);
    runner.shutdown(Duration::from_secs(10)).await;

    let missing = Runner::start(with_tokens("http://localhost", &[]))
        .await
        .unwrap_err();
    assert!(matches!(missing, RunnerError::TokensMissing(route) if route == "GET /records/{id}"));
    let unused = Runner::start(with_tokens("", &[("ann", "s3cret")]))
        .await
        .unwrap_err();
    assert!(matches!(unused, RunnerError::TokensUnused));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_does_not_start() {
    let services = services().await;
    let mut options = options(&services, "misfit", "");
    let absent = Runner::start(RunnerOptions {
        provision: Provision::Expect,
        ..options.clone()
    })
    .await;
    let error = absent.unwrap_err();
    assert!(matches!(&error, RunnerError::Provision(_)), "{error}");

    let clerk = options.functions.remove("clerk").unwrap();
    let error = Runner::start(options.clone()).await.unwrap_err().to_string();
    assert!(error.contains("Clerk") && error.contains("clerk"), "{error}");

    options.functions.insert("clerk", clerk);
    options.functions.insert("stranger", clerk);
    let error = Runner::start(options.clone()).await.unwrap_err().to_string();
    assert!(error.contains("stranger"), "{error}");

    options.functions.remove("stranger");
    options.environment = Environment::default();
    let error = Runner::start(options).await.unwrap_err().to_string();
    assert!(error.contains("AWS_ACCESS_KEY_ID"), "{error}");
}

/// Sends raw bytes and tells how the answer begins.
async fn raw(runner: &Runner, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(runner.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = vec![0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_are_answered_and_forgotten() {
    let services = services().await;
    let runner = Runner::start(options(&services, "hostile", "")).await.unwrap();
    let post = "POST /work HTTP/1.1\r\nhost: localhost\r\n";
    // The answer comes although not one byte of what was announced does.
    let announced = format!("{post}content-length: 99999999999\r\n\r\n");
    assert_eq!(raw(&runner, &announced, b"").await, "HTTP/1.1 413 Pa");
    // The answer comes although the client sends on.
    let sent = format!("{post}content-length: 20000000\r\n\r\n");
    assert_eq!(
        raw(&runner, &sent, &vec![b'x'; 20_000_000]).await,
        "HTTP/1.1 413 Pa"
    );
    let chunked = format!(
        "{post}transfer-encoding: chunked\r\n\r\n{:x}\r\n",
        11 * 1024 * 1024
    );
    assert_eq!(
        raw(&runner, &chunked, &vec![b'x'; 11 * 1024 * 1024]).await,
        "HTTP/1.1 413 Pa"
    );
    for (header, expected) in [(20_000, "HTTP/1.1 431 Re"), (200_000, "HTTP/1.1 431 Re")] {
        let head = format!("{post}x-long: {}\r\n\r\n", "x".repeat(header));
        assert_eq!(raw(&runner, &head, b"").await, expected, "{header}");
    }
    let many: String = (0..200).map(|index| format!("x-{index}: x\r\n")).collect();
    assert_eq!(
        raw(&runner, &format!("{post}{many}\r\n"), b"").await,
        "HTTP/1.1 431 Re"
    );
    assert_eq!(raw(&runner, "nonsense\r\n\r\n", b"").await, "HTTP/1.1 400 Ba");
    assert_eq!(status(&runner, "POST /work", None, "soon").await, 202);
    runner.shutdown(Duration::from_secs(10)).await;
}

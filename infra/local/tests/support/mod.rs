//! The program `darkroom`, started as its users start it and ended as the kernel does, and its API.
#![allow(dead_code, reason = "every test takes a part of it")]

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::Value;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A system that runs; it is killed when this is dropped.
pub(crate) struct Darkroom {
    process: Child,
    /// Where its API answers.
    pub(crate) api: String,
}

impl Darkroom {
    /// Serves on any free ports, and keeps nothing.
    pub(crate) fn ephemeral(more: &[&OsStr]) -> Self {
        let arguments = ["--ephemeral", "--port", "0", "--s3-port", "0"].map(OsStr::new);
        Self::start(&[&arguments[..], more].concat())
    }

    /// Serves what is kept in `data`, on these ports for API and storage.
    pub(crate) fn kept(data: &Path, (api, s3): (u16, u16), more: &[&OsStr]) -> Self {
        let (api, s3) = (api.to_string(), s3.to_string());
        let ports = ["--port", &api, "--s3-port", &s3, "--data"].map(OsStr::new);
        Self::start(&[&ports[..], &[data.as_os_str()], more].concat())
    }

    fn start(arguments: &[&OsStr]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_darkroom"))
            .arg("serve")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_remove("AWS_ENDPOINT_URL")
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut api = String::new();
        let mut is_ready = false;
        for line in lines.map(Result::unwrap) {
            if let Some(("", address)) = line.trim().split_once("API ") {
                address.trim().clone_into(&mut api);
            }
            if line.contains("Stop it") {
                is_ready = true;
                break;
            }
        }
        assert!(
            is_ready && api.starts_with("http://"),
            "darkroom does not start: {api:?}"
        );
        Self { process, api }
    }

    /// `darkroom push` to this system, with a report in JSON.
    pub(crate) fn push(&self, arguments: &[&OsStr]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_darkroom"))
            .args(["push", "--url", &self.api, "--json", "--wait"])
            .args(arguments)
            .env_remove("DARKROOM_TOKEN")
            .output()
            .unwrap()
    }

    /// As the kernel does it when memory is short: no last words.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Darkroom {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The report of a push that went well.
pub(crate) fn report(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// What `url` answers, once anybody does.
pub(crate) async fn get(http: &Client, url: &str) -> Value {
    let began = Instant::now();
    loop {
        if let Ok(response) = http.get(url).send().await
            && let Ok(view) = response.json().await
        {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "{url} does not answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

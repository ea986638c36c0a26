//! The program `darkroom`.

mod command_line;
mod output;

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use darkroom::{functions, openapi, push, serve::Server};
use darkroom_cloud::Environment;
use tracing_subscriber::EnvFilter;

use command_line::{Command, CommandLine, OpenApi, Push, Pushed, Serve};

/// Something did not work.
const FAILED: u8 = 1;
/// The command line is wrong, or nobody answers.
const UNUSABLE: u8 = 2;
/// Ended by Ctrl-C, as shells write it.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let CommandLine { command, serve } = CommandLine::parse();
    let environment = Environment::of_process();
    let result = match command.unwrap_or(Command::Serve(serve)) {
        Command::Serve(arguments) => in_runtime(run_serve(arguments, environment)),
        Command::Push(arguments) => in_runtime(run_push(arguments, environment)),
        Command::Openapi(OpenApi {}) => run_openapi(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Stopped { code, message }) => {
            output::error(&message);
            ExitCode::from(code)
        }
    }
}

/// Why the program ends early: in one line.
struct Stopped {
    code: u8,
    message: String,
}

impl Stopped {
    fn new(code: u8, cause: impl std::fmt::Display) -> Self {
        Self {
            code,
            message: cause.to_string(),
        }
    }
}

fn in_runtime(work: impl Future<Output = Result<u8, Stopped>>) -> Result<u8, Stopped> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stopped::new(FAILED, error))?;
    let result = runtime.block_on(work);
    // A file that is still being read is nobody's concern any more.
    runtime.shutdown_background();
    result
}

async fn run_serve(arguments: Serve, environment: Environment) -> Result<u8, Stopped> {
    log_to_stderr(&arguments.log)?;
    let options = arguments
        .options()
        .map_err(|error| Stopped::new(UNUSABLE, error))?;
    // Listened to from the beginning: Ctrl-C during the start is heard too.
    let mut stop = std::pin::pin!(stop_signal());
    let server = tokio::select! {
        server = Server::start(options.clone(), &environment) => server
            .map_err(|error| Stopped::new(if error.is_usage() { UNUSABLE } else { FAILED }, error))?,
        () = &mut stop => return Ok(INTERRUPTED),
    };
    output::show(&output::welcome(&options, &server));
    stop.await;
    tracing::info!("stopping; once more to stop at once");
    tokio::select! {
        () = server.shutdown() => Ok(0),
        () = stop_signal() => Ok(INTERRUPTED),
    }
}

async fn run_push(arguments: Push, environment: Environment) -> Result<u8, Stopped> {
    log_to_stderr("warn")?;
    let json = arguments.json;
    let work = async {
        match arguments.options(&environment) {
            Pushed::Pictures(options) => push::push(&options).await.map(|report| {
                let text = if json { report.json() } else { report.table() };
                (text, report.is_success())
            }),
            Pushed::Photographs(options) => push::push_batch(&options).await.map(|report| {
                let text = if json { report.json() } else { report.table() };
                (text, report.is_success())
            }),
            Pushed::Archives(options) => push::segment(&options).await.map(|report| {
                let text = if json { report.json() } else { report.table() };
                (text, report.is_success())
            }),
        }
    };
    let (text, is_success) = tokio::select! {
        told = Box::pin(work) => told.map_err(|error| Stopped::new(UNUSABLE, error))?,
        () = stop_signal() => return Err(Stopped::new(INTERRUPTED, "interrupted; what was sent stays sent")),
    };
    output::show(&text);
    Ok(if is_success { 0 } else { FAILED })
}

fn run_openapi() -> Result<u8, Stopped> {
    let document = openapi::document(functions::documents()).map_err(|error| Stopped::new(FAILED, error))?;
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(document.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| Stopped::new(FAILED, error))?;
    Ok(0)
}

fn log_to_stderr(filter: &str) -> Result<(), Stopped> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Stopped::new(UNUSABLE, format!("--log {filter:?} is not understood: {error}")))?;
    tracing_subscriber::fmt()
        .compact()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .init();
    Ok(())
}

/// Waits for Ctrl-C, or for what `kill` and service managers send.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Nothing to listen to: only killing ends this.
        std::future::pending::<()>().await;
    }
}

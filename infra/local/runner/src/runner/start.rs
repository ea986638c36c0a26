//! The start: check, listen, provision, construct, connect.

use std::collections::BTreeMap;
use std::sync::Arc;

use darkroom_cloud::Environment;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Runner, RunnerError, RunnerOptions};
use crate::gateway::{Gateway, Tokens, serve};
use crate::invoke::Invoker;
use crate::mapping::{self, Mapping, SqsSource};
use crate::provision::provision;
use crate::schedule::{self, Rule};
use crate::template::{Deployed, FunctionDefinition, Queue, Template};

/// How many invocations of one function may run at once when nothing says otherwise.
const FUNCTION_CONCURRENCY: usize = 16;

/// Where Amazon Linux keeps its certificates: set for Lambda, and on another system the path of a file that may not be.
const CERTIFICATES: &str = "SSL_CERT_FILE";

type Invokers = BTreeMap<String, Arc<Invoker>>;

pub(super) async fn start(options: RunnerOptions) -> Result<Runner, RunnerError> {
    check_functions(&options)?;
    let tokens = check_tokens(&options)?;
    let listen = |source| RunnerError::Listen {
        address: options.listen,
        source,
    };
    let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;

    let queue_urls = provision(&options.template, &options.clients, options.provision).await?;
    let deployed = Deployed {
        queue_urls,
        api_endpoint: Some(format!("http://{address}")),
    };
    let worker_concurrency = options
        .worker_concurrency
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
        .clamp(1, Semaphore::MAX_PERMITS);
    let invokers = construct(&options, &deployed, worker_concurrency)?;

    let (stop, abandon, tasks) = (
        CancellationToken::new(),
        CancellationToken::new(),
        TaskTracker::new(),
    );
    let deployment = Arc::new(options.template.deployment().clone());
    let gateway = Gateway::new(
        options.template.api(),
        &invokers,
        tokens,
        Arc::clone(&deployment),
        abandon.clone(),
    );
    tasks.spawn(serve(listener, Arc::new(gateway), stop.clone(), abandon.clone()));
    for mapping in mappings(&options, &deployed, &invokers, worker_concurrency) {
        tasks.spawn(mapping::run(Arc::new(mapping), stop.clone(), abandon.clone()));
    }
    for function in options.template.functions() {
        let Some(invoker) = invokers.get(&function.logical_id) else {
            continue;
        };
        for event in &function.schedules {
            let rule = Rule {
                arn: event.rule_arn.clone(),
                schedule: event.schedule.clone(),
                invoker: Arc::clone(invoker),
                deployment: Arc::clone(&deployment),
            };
            tasks.spawn(schedule::run(rule, stop.clone(), abandon.clone()));
        }
    }
    tracing::info!(%address, functions = invokers.len(), "running");
    Ok(Runner {
        address,
        stop,
        abandon,
        tasks,
    })
}

fn check_functions(options: &RunnerOptions) -> Result<(), RunnerError> {
    let wired = options.template.functions();
    if let Some(function) = wired
        .iter()
        .find(|wired| !options.functions.contains_key(wired.binary.as_str()))
    {
        return Err(RunnerError::FunctionWithoutCode {
            logical_id: function.logical_id.clone(),
            binary: function.binary.clone(),
        });
    }
    match options
        .functions
        .keys()
        .find(|given| !wired.iter().any(|wired| wired.binary == **given))
    {
        Some(unwired) => Err(RunnerError::FunctionWithoutWiring(unwired)),
        None => Ok(()),
    }
}

fn check_tokens(options: &RunnerOptions) -> Result<Tokens, RunnerError> {
    let tokens = Tokens::new(&options.tokens)?;
    let guarded = options
        .template
        .api()
        .and_then(|api| api.routes.iter().find(|route| route.authorized));
    match (guarded, tokens.is_empty()) {
        (Some(route), true) => Err(RunnerError::TokensMissing(route.key.to_string())),
        (None, false) => Err(RunnerError::TokensUnused),
        _ => Ok(tokens),
    }
}

fn construct(
    options: &RunnerOptions,
    deployed: &Deployed,
    worker_concurrency: usize,
) -> Result<Invokers, RunnerError> {
    let mut variables = options.template.environments(deployed)?;
    let mut invokers = Invokers::new();
    for function in options.template.functions() {
        let Some(constructor) = options.functions.get(function.binary.as_str()) else {
            continue;
        };
        let environment = environment(
            &options.environment,
            &options.template,
            function,
            variables.remove(&function.logical_id).unwrap_or_default(),
        );
        let made = constructor(&environment).map_err(|source| RunnerError::Environment {
            binary: function.binary.clone(),
            source,
        })?;
        let concurrency = worker_concurrency.max(FUNCTION_CONCURRENCY);
        let invoker = Invoker::new(function, made, concurrency);
        invokers.insert(function.logical_id.clone(), Arc::new(invoker));
    }
    Ok(invokers)
}

fn environment(
    base: &Environment,
    template: &Template,
    function: &FunctionDefinition,
    variables: BTreeMap<String, String>,
) -> Environment {
    let environment = base
        .clone()
        .with("AWS_REGION", &template.deployment().region)
        .with("AWS_LAMBDA_FUNCTION_NAME", &function.name)
        .with(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            function.memory_megabytes.to_string(),
        );
    variables
        .into_iter()
        .filter(|(name, _)| name != CERTIFICATES)
        .fold(environment, |environment, (name, value)| {
            environment.with(name, value)
        })
}

fn mappings(
    options: &RunnerOptions,
    deployed: &Deployed,
    invokers: &Invokers,
    worker_concurrency: usize,
) -> Vec<Mapping> {
    let workers = Arc::new(Semaphore::new(worker_concurrency));
    let queue =
        |arn: &str| -> Option<&Queue> { options.template.queues().iter().find(|queue| queue.arn == arn) };
    let mut mappings = Vec::new();
    for function in options.template.functions() {
        for event in &function.queue_events {
            let found = queue(&event.queue_arn).and_then(|queue| deployed.queue_urls.get(&queue.logical_id));
            let (Some(url), Some(invoker)) = (found, invokers.get(&function.logical_id)) else {
                continue;
            };
            let most = event
                .maximum_concurrency
                .and_then(|most| usize::try_from(most).ok());
            mappings.push(Mapping {
                source: Arc::new(SqsSource::new(options.clients.sqs().clone(), url.clone())),
                invoker: Arc::clone(invoker),
                queue_arn: event.queue_arn.clone(),
                region: options.template.deployment().region.clone(),
                batch_size: usize::try_from(event.batch_size).unwrap_or(usize::MAX),
                batching_window: event.batching_window,
                concurrency: most.unwrap_or(worker_concurrency),
                reports_failures: event.report_batch_item_failures,
                retry_delay: options.retry_delay,
                workers: Arc::clone(&workers),
            });
        }
    }
    mappings
}

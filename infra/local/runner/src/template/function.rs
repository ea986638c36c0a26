//! Functions and their events.

use std::time::Duration;

use super::document::Node;
use super::error::{Fault, TemplateError};
use super::identity::{Kind, arn, kind, physical_name};
use super::intrinsics::Scope;
use super::model::{FunctionDefinition, QueueEvent, ScheduleEvent};
use super::properties::Properties;
use crate::schedule::Schedule;

/// How what is built for a function is called before its own name.
const BINARY_PREFIX: &str = "darkroom-";

/// How a function is built, observed and permitted: none of it concerns one process on one machine.
const WITHOUT_MEANING: &[&str] = &[
    "Architectures",
    "AutoPublishAlias",
    "CodeUri",
    "DeploymentPreference",
    "Description",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "PermissionsBoundary",
    "Policies",
    "Role",
    "Runtime",
    "Tags",
    "Tracing",
];

/// All resources of one kind that exist, evaluated, without the properties that mean nothing.
///
/// Those are left out before evaluation: a policy may well refer to what this deployment does not have.
pub(super) fn resources(
    scope: &Scope<'_>,
    wanted: Kind,
    without_meaning: &[&str],
) -> Result<Vec<(String, Properties)>, TemplateError> {
    let mut found = Vec::new();
    for (name, raw) in &scope.document.resources {
        let path = format!("Resources.{name}.Properties");
        if kind(scope, name, &path)? != wanted || !scope.exists(name) {
            continue;
        }
        let mut node = raw.properties.clone();
        if let Node::Map(entries) = &mut node {
            entries.retain(|key, _| !without_meaning.contains(&key.as_str()));
        }
        let value = scope.value(&node, &path)?.unwrap_or_default();
        found.push((name.clone(), Properties::new(path, value)?));
    }
    Ok(found)
}

pub(super) fn functions(scope: &Scope<'_>) -> Result<Vec<FunctionDefinition>, TemplateError> {
    resources(scope, Kind::Function, WITHOUT_MEANING)?
        .into_iter()
        .map(|(logical_id, properties)| function(scope, logical_id, properties))
        .collect()
}

fn function(
    scope: &Scope<'_>,
    logical_id: String,
    mut properties: Properties,
) -> Result<FunctionDefinition, TemplateError> {
    let name = physical_name(scope, &logical_id, 0)?;
    let memory_megabytes = properties
        .optional_number("MemorySize", 128, 10_240)?
        .unwrap_or(128);
    let timeout = Duration::from_secs(properties.optional_number("Timeout", 1, 900)?.unwrap_or(3));
    let reserved_concurrency = properties.optional_number("ReservedConcurrentExecutions", 1, 100_000)?;
    let environment = match properties.map("Environment")? {
        None => Vec::new(),
        Some(mut environment) => {
            let variables = environment.map("Variables")?;
            environment.finish()?;
            variables
                .map(Properties::into_texts)
                .transpose()?
                .unwrap_or_default()
        }
    };
    let mut queue_events = Vec::new();
    let mut schedules = Vec::new();
    if let Some(events) = properties.map("Events")? {
        for (id, mut event) in events.into_maps()? {
            let kind = event.text("Type")?;
            let inner = event
                .map("Properties")?
                .ok_or_else(|| event.missing("Properties"))?;
            match kind.as_str() {
                "SQS" => queue_events.extend(queue_event(id, inner)?),
                "Schedule" => schedules.extend(schedule_event(scope, &logical_id, id, inner)?),
                _ => return Err(Fault::UnknownEventType(kind).at(event.path())),
            }
            event.finish()?;
        }
    }
    properties.finish()?;
    Ok(FunctionDefinition {
        binary: binary(scope, &logical_id)?,
        arn: arn(scope, Kind::Function, &name),
        logical_id,
        name,
        memory_megabytes,
        timeout,
        reserved_concurrency,
        environment: environment.into_iter().collect(),
        queue_events,
        schedules,
    })
}

fn binary(scope: &Scope<'_>, logical_id: &str) -> Result<String, TemplateError> {
    let path = format!("Resources.{logical_id}.Metadata");
    let metadata = scope
        .document
        .resources
        .get(logical_id)
        .and_then(|raw| raw.metadata.as_ref());
    let Some(metadata) = metadata else {
        return Err(Fault::Missing("BuildProperties.Binary").at(path));
    };
    let mut metadata = Properties::new(path, scope.value(metadata, "Metadata")?.unwrap_or_default())?;
    metadata.without_meaning(&["BuildMethod"]);
    let Some(mut build) = metadata.map("BuildProperties")? else {
        return Err(metadata.missing("BuildProperties.Binary"));
    };
    let binary = build.text("Binary")?;
    build.finish()?;
    metadata.finish()?;
    match binary.strip_prefix(BINARY_PREFIX) {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(
            Fault::invalid(format!("a name that begins with {BINARY_PREFIX}"), binary)
                .at(format!("Resources.{logical_id}.Metadata.BuildProperties.Binary")),
        ),
    }
}

fn queue_event(id: String, mut event: Properties) -> Result<Option<QueueEvent>, TemplateError> {
    let queue_arn = event.text("Queue")?;
    let batch_size = event.optional_number("BatchSize", 1, 10_000)?.unwrap_or(10);
    let window = event
        .optional_number("MaximumBatchingWindowInSeconds", 0, 300)?
        .unwrap_or(0);
    if batch_size > 10 && window == 0 {
        return Err(
            Fault::invalid("at least 1, as the batch size is above 10", window)
                .at(event.at("MaximumBatchingWindowInSeconds")),
        );
    }
    let mut report_batch_item_failures = false;
    for response_type in event.texts("FunctionResponseTypes")? {
        match response_type.as_str() {
            "ReportBatchItemFailures" => report_batch_item_failures = true,
            _ => {
                return Err(Fault::invalid("ReportBatchItemFailures", response_type)
                    .at(event.at("FunctionResponseTypes")));
            }
        }
    }
    let maximum_concurrency = match event.map("ScalingConfig")? {
        None => None,
        Some(mut scaling) => {
            let maximum = scaling.optional_number("MaximumConcurrency", 2, 1_000)?;
            scaling.finish()?;
            maximum
        }
    };
    let enabled = event.flag("Enabled", true)?;
    event.finish()?;
    Ok(enabled.then_some(QueueEvent {
        id,
        queue_arn,
        batch_size,
        batching_window: Duration::from_secs(window),
        maximum_concurrency,
        report_batch_item_failures,
    }))
}

fn schedule_event(
    scope: &Scope<'_>,
    function: &str,
    id: String,
    mut event: Properties,
) -> Result<Option<ScheduleEvent>, TemplateError> {
    event.without_meaning(&["Description"]);
    let expression = event.text("Schedule")?;
    let schedule = Schedule::parse(&expression)
        .map_err(|error| Fault::invalid("a schedule", error).at(event.at("Schedule")))?;
    let deployment = &scope.deployment;
    let name = match event.optional_text("Name")? {
        Some(name) => name,
        None => format!("{}-{function}{id}", deployment.stack_name),
    };
    let enabled = event.flag("Enabled", true)?;
    event.finish()?;
    let rule_arn = format!(
        "arn:aws:events:{}:{}:rule/{name}",
        deployment.region, deployment.account_id
    );
    Ok(enabled.then_some(ScheduleEvent {
        id,
        rule_arn,
        schedule,
    }))
}

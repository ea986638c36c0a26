//! Queues, buckets and tables.

use std::collections::BTreeMap;

use super::error::{Fault, TemplateError};
use super::function::resources;
use super::identity::{Kind, arn, physical_name};
use super::intrinsics::Scope;
use super::model::{
    AttributeType, Bucket, CorsRule, DeadLetters, Index, KeySchema, LifecycleRule, Notification, Queue, Table,
};
use super::properties::Properties;

/// The longest time that SQS hides a message, in seconds.
const LONGEST_VISIBILITY_TIMEOUT: u32 = 43_200;

pub(super) fn queues(scope: &Scope<'_>) -> Result<Vec<Queue>, TemplateError> {
    let ignored = [
        "QueueName",
        "SqsManagedSseEnabled",
        "KmsMasterKeyId",
        "RedriveAllowPolicy",
        "Tags",
    ];
    let mut queues = resources(scope, Kind::Queue, &ignored)?
        .into_iter()
        .map(|(logical_id, properties)| queue(scope, logical_id, properties))
        .collect::<Result<Vec<_>, _>>()?;
    for (_, mut policy) in resources(scope, Kind::QueuePolicy, &[])? {
        let document = policy.value("PolicyDocument")?.to_string();
        for url in policy.texts("Queues")? {
            // A queue's URL ends with its name, wherever it is.
            let name = url.rsplit('/').next().unwrap_or_default();
            let Some(queue) = queues.iter_mut().find(|queue| queue.name == name) else {
                return Err(Fault::invalid("a queue of this template", url).at(policy.at("Queues")));
            };
            queue.attributes.insert("Policy".to_owned(), document.clone());
        }
        policy.finish()?;
    }
    Ok(queues)
}

fn queue(scope: &Scope<'_>, logical_id: String, mut properties: Properties) -> Result<Queue, TemplateError> {
    let name = physical_name(scope, &logical_id, 0)?;
    let visibility_timeout = properties
        .optional_number("VisibilityTimeout", 0, LONGEST_VISIBILITY_TIMEOUT)?
        .unwrap_or(30);
    let mut attributes = BTreeMap::new();
    for (attribute, least, most) in [
        ("MessageRetentionPeriod", 60_u32, 1_209_600),
        ("DelaySeconds", 0, 900),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("MaximumMessageSize", 1_024, 1_048_576),
    ] {
        if let Some(number) = properties.optional_number(attribute, least, most)? {
            attributes.insert(attribute.to_owned(), number.to_string());
        }
    }
    let dead_letters = match properties.map("RedrivePolicy")? {
        None => None,
        Some(mut policy) => {
            let queue_arn = policy.text("deadLetterTargetArn")?;
            let maximum_receive_count = policy
                .optional_number("maxReceiveCount", 1, 1_000)?
                .ok_or_else(|| policy.missing("maxReceiveCount"))?;
            policy.finish()?;
            Some(DeadLetters {
                queue_arn,
                maximum_receive_count,
            })
        }
    };
    properties.finish()?;
    let arn = arn(scope, Kind::Queue, &name);
    Ok(Queue {
        logical_id,
        name,
        arn,
        visibility_timeout,
        attributes,
        dead_letters,
    })
}

pub(super) fn buckets(scope: &Scope<'_>) -> Result<Vec<Bucket>, TemplateError> {
    let ignored = [
        "BucketName",
        "BucketEncryption",
        "OwnershipControls",
        "PublicAccessBlockConfiguration",
        "Tags",
    ];
    resources(scope, Kind::Bucket, &ignored)?
        .into_iter()
        .map(|(logical_id, properties)| bucket(scope, logical_id, properties))
        .collect()
}

fn bucket(
    scope: &Scope<'_>,
    logical_id: String,
    mut properties: Properties,
) -> Result<Bucket, TemplateError> {
    let name = physical_name(scope, &logical_id, 0)?;
    let cors = inner(&mut properties, "CorsConfiguration", "CorsRules", cors_rule)?;
    let lifecycle = inner(&mut properties, "LifecycleConfiguration", "Rules", lifecycle_rule)?;
    let notifications = inner(
        &mut properties,
        "NotificationConfiguration",
        "QueueConfigurations",
        notification,
    )?;
    properties.finish()?;
    Ok(Bucket {
        logical_id,
        name,
        cors,
        lifecycle,
        notifications,
    })
}

/// A property that is a map around one list.
fn inner<T>(
    properties: &mut Properties,
    outer: &str,
    list: &str,
    read: fn(Properties) -> Result<T, TemplateError>,
) -> Result<Vec<T>, TemplateError> {
    let Some(mut outer) = properties.map(outer)? else {
        return Ok(Vec::new());
    };
    let items = outer
        .maps(list)?
        .into_iter()
        .map(read)
        .collect::<Result<_, _>>()?;
    outer.finish()?;
    Ok(items)
}

fn cors_rule(mut rule: Properties) -> Result<CorsRule, TemplateError> {
    rule.without_meaning(&["Id"]);
    let read = CorsRule {
        allowed_origins: rule.texts("AllowedOrigins")?,
        allowed_methods: rule.texts("AllowedMethods")?,
        allowed_headers: rule.texts("AllowedHeaders")?,
        exposed_headers: rule.texts("ExposedHeaders")?,
        max_age: rule.optional_number("MaxAge", 0, i32::MAX)?,
    };
    rule.finish()?;
    Ok(read)
}

fn lifecycle_rule(mut rule: Properties) -> Result<LifecycleRule, TemplateError> {
    let status = rule.text("Status")?;
    let enabled = match status.as_str() {
        "Enabled" => true,
        "Disabled" => false,
        _ => return Err(Fault::invalid("Enabled or Disabled", status).at(rule.at("Status"))),
    };
    let abort_multipart_days = match rule.map("AbortIncompleteMultipartUpload")? {
        None => None,
        Some(mut abort) => {
            let days = abort.optional_number("DaysAfterInitiation", 1, i32::MAX)?;
            abort.finish()?;
            days
        }
    };
    let read = LifecycleRule {
        id: rule.optional_text("Id")?.unwrap_or_default(),
        enabled,
        prefix: rule.optional_text("Prefix")?.unwrap_or_default(),
        expiration_days: rule.optional_number("ExpirationInDays", 1, i32::MAX)?,
        abort_multipart_days,
    };
    rule.finish()?;
    Ok(read)
}

fn notification(mut configuration: Properties) -> Result<Notification, TemplateError> {
    let event = configuration.text("Event")?;
    let queue_arn = configuration.text("Queue")?;
    let (mut prefix, mut suffix) = (None, None);
    if let Some(mut filter) = configuration.map("Filter")? {
        let rules = inner(&mut filter, "S3Key", "Rules", |mut rule: Properties| {
            let read = (rule.text("Name")?, rule.text("Value")?, rule.at("Name"));
            rule.finish()?;
            Ok(read)
        })?;
        filter.finish()?;
        for (name, value, path) in rules {
            let slot = match name.as_str() {
                "prefix" => &mut prefix,
                "suffix" => &mut suffix,
                _ => return Err(Fault::invalid("prefix or suffix", name).at(path)),
            };
            if slot.replace(value).is_some() {
                return Err(Fault::Duplicate {
                    what: "the filter rule",
                    name,
                }
                .at(path));
            }
        }
    }
    configuration.finish()?;
    Ok(Notification {
        event,
        queue_arn,
        prefix,
        suffix,
    })
}

pub(super) fn tables(scope: &Scope<'_>) -> Result<Vec<Table>, TemplateError> {
    let ignored = [
        "TableName",
        "ContributorInsightsSpecification",
        "DeletionProtectionEnabled",
        "OnDemandThroughput",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "Tags",
    ];
    resources(scope, Kind::Table, &ignored)?
        .into_iter()
        .map(|(logical_id, properties)| table(scope, logical_id, properties))
        .collect()
}

fn table(scope: &Scope<'_>, logical_id: String, mut properties: Properties) -> Result<Table, TemplateError> {
    let name = physical_name(scope, &logical_id, 0)?;
    let billing = properties.text("BillingMode")?;
    if billing != "PAY_PER_REQUEST" {
        return Err(Fault::invalid("PAY_PER_REQUEST", billing).at(properties.at("BillingMode")));
    }
    let mut attributes = BTreeMap::new();
    for mut definition in properties.maps("AttributeDefinitions")? {
        let attribute = definition.text("AttributeName")?;
        let kind = definition.text("AttributeType")?;
        let kind = match kind.as_str() {
            "S" => AttributeType::String,
            "N" => AttributeType::Number,
            "B" => AttributeType::Binary,
            _ => return Err(Fault::invalid("S, N or B", kind).at(definition.at("AttributeType"))),
        };
        definition.finish()?;
        attributes.insert(attribute, kind);
    }
    let key = key_schema(&mut properties, &attributes)?;
    let mut indexes = Vec::new();
    for mut index in properties.maps("GlobalSecondaryIndexes")? {
        index.without_meaning(&["OnDemandThroughput", "ContributorInsightsSpecification"]);
        let name = index.text("IndexName")?;
        let key = key_schema(&mut index, &attributes)?;
        let mut projection = index
            .map("Projection")?
            .ok_or_else(|| index.missing("Projection"))?;
        let kind = projection.text("ProjectionType")?;
        if !matches!(kind.as_str(), "ALL" | "KEYS_ONLY" | "INCLUDE") {
            return Err(Fault::invalid("ALL, KEYS_ONLY or INCLUDE", kind).at(projection.at("ProjectionType")));
        }
        let included = projection.texts("NonKeyAttributes")?;
        projection.finish()?;
        index.finish()?;
        indexes.push(Index {
            name,
            key,
            projection: kind,
            included,
        });
    }
    let time_to_live = match properties.map("TimeToLiveSpecification")? {
        None => None,
        Some(mut specification) => {
            let attribute = specification.text("AttributeName")?;
            let enabled = specification.flag("Enabled", false)?;
            specification.finish()?;
            enabled.then_some(attribute)
        }
    };
    properties.finish()?;
    Ok(Table {
        logical_id,
        name,
        attributes,
        key,
        indexes,
        time_to_live,
    })
}

fn key_schema(
    properties: &mut Properties,
    attributes: &BTreeMap<String, AttributeType>,
) -> Result<KeySchema, TemplateError> {
    let (mut hash, mut range) = (None, None);
    for mut element in properties.maps("KeySchema")? {
        let attribute = element.text("AttributeName")?;
        let role = element.text("KeyType")?;
        if !attributes.contains_key(&attribute) {
            return Err(
                Fault::invalid("an attribute that is defined", attribute).at(element.at("AttributeName"))
            );
        }
        match role.as_str() {
            "HASH" => hash = Some(attribute),
            "RANGE" => range = Some(attribute),
            _ => return Err(Fault::invalid("HASH or RANGE", role).at(element.at("KeyType"))),
        }
        element.finish()?;
    }
    match hash {
        Some(hash) => Ok(KeySchema { hash, range }),
        None => Err(properties.missing("KeySchema")),
    }
}

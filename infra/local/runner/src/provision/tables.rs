//! Tables with their indexes and expiry.

use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};

use super::Provision;
use super::attempt::{Outcome, ProvisionError, attempt, prefer, require};
use crate::template::{AttributeType, KeySchema, Table};

/// How often a table is asked whether it is ready, and how long it may take.
const READY_REST: Duration = Duration::from_millis(200);
const READY_ASKED: u32 = 300;

pub(super) async fn provision(
    table: &Table,
    client: &aws_sdk_dynamodb::Client,
    how: Provision,
) -> Result<(), ProvisionError> {
    let resource = format!("table {}", table.name);
    let described = attempt(&resource, || {
        client.describe_table().table_name(&table.name).send()
    })
    .await?;
    match described {
        Outcome::Done(output) => {
            let found: Vec<&str> = output
                .table()
                .map(|found| found.global_secondary_indexes())
                .unwrap_or_default()
                .iter()
                .filter_map(|index| index.index_name())
                .collect();
            if let Some(missing) = table
                .indexes
                .iter()
                .find(|index| !found.contains(&index.name.as_str()))
            {
                return Err(ProvisionError::new(
                    &resource,
                    format!(
                        "it exists without the index {}: it is of another version",
                        missing.name
                    ),
                ));
            }
        }
        Outcome::Refused(code, _) if code.contains("ResourceNotFound") && how == Provision::Create => {
            create(&resource, table, client).await?;
        }
        Outcome::Refused(code, message) => {
            return Err(ProvisionError::new(&resource, format!("{code}: {message}")));
        }
    }
    wait_until_ready(&resource, table, client).await?;
    if how == Provision::Create && table.time_to_live.is_some() {
        expire(&resource, table, client).await?;
    }
    Ok(())
}

async fn create(
    resource: &str,
    table: &Table,
    client: &aws_sdk_dynamodb::Client,
) -> Result<(), ProvisionError> {
    let malformed = |error: BuildError| ProvisionError::new(resource, error);
    let definitions = definitions(table).map_err(malformed)?;
    let key = key_schema(&table.key).map_err(malformed)?;
    let indexes = indexes(table).map_err(malformed)?;
    let created = attempt(resource, || {
        client
            .create_table()
            .table_name(&table.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(definitions.clone()))
            .set_key_schema(Some(key.clone()))
            .set_global_secondary_indexes(Some(indexes.clone()).filter(|indexes| !indexes.is_empty()))
            .send()
    })
    .await?;
    match created {
        Outcome::Done(_) => Ok(()),
        // A try whose answer was lost.
        Outcome::Refused(code, _) if code.contains("ResourceInUse") => Ok(()),
        Outcome::Refused(code, message) => Err(ProvisionError::new(resource, format!("{code}: {message}"))),
    }
}

async fn wait_until_ready(
    resource: &str,
    table: &Table,
    client: &aws_sdk_dynamodb::Client,
) -> Result<(), ProvisionError> {
    for _ in 0..READY_ASKED {
        let output = require(resource, || {
            client.describe_table().table_name(&table.name).send()
        })
        .await?;
        match output.table().and_then(|table| table.table_status()) {
            Some(TableStatus::Active | TableStatus::Updating) => return Ok(()),
            _ => tokio::time::sleep(READY_REST).await,
        }
    }
    Err(ProvisionError::new(resource, "it does not become ready"))
}

async fn expire(
    resource: &str,
    table: &Table,
    client: &aws_sdk_dynamodb::Client,
) -> Result<(), ProvisionError> {
    let described = attempt(resource, || {
        client.describe_time_to_live().table_name(&table.name).send()
    })
    .await?;
    // DynamoDB refuses to set what is set.
    if let Outcome::Done(output) = &described
        && let Some(found) = output.time_to_live_description()
        && found.attribute_name() == table.time_to_live.as_deref()
        && matches!(
            found.time_to_live_status(),
            Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
        )
    {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .enabled(true)
        .set_attribute_name(table.time_to_live.clone())
        .build()
        .map_err(|error| ProvisionError::new(resource, error))?;
    prefer(resource, "time to live", || {
        client
            .update_time_to_live()
            .table_name(&table.name)
            .time_to_live_specification(specification.clone())
            .send()
    })
    .await
}

fn definitions(table: &Table) -> Result<Vec<AttributeDefinition>, BuildError> {
    table
        .attributes
        .iter()
        .map(|(name, kind)| {
            let kind = match kind {
                AttributeType::String => ScalarAttributeType::S,
                AttributeType::Number => ScalarAttributeType::N,
                AttributeType::Binary => ScalarAttributeType::B,
            };
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(kind)
                .build()
        })
        .collect()
}

fn key_schema(key: &KeySchema) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
    };
    let mut elements = vec![element(&key.hash, KeyType::Hash)?];
    if let Some(range) = &key.range {
        elements.push(element(range, KeyType::Range)?);
    }
    Ok(elements)
}

fn indexes(table: &Table) -> Result<Vec<GlobalSecondaryIndex>, BuildError> {
    table
        .indexes
        .iter()
        .map(|index| {
            let projection = Projection::builder()
                .projection_type(ProjectionType::from(index.projection.as_str()))
                .set_non_key_attributes(Some(index.included.clone()).filter(|included| !included.is_empty()))
                .build();
            GlobalSecondaryIndex::builder()
                .index_name(&index.name)
                .set_key_schema(Some(key_schema(&index.key)?))
                .projection(projection)
                .build()
        })
        .collect()
}

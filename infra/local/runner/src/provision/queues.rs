//! Queues, the dead-letter queues before those that name them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use super::Provision;
use super::attempt::{Outcome, ProvisionError, attempt, require};
use crate::template::Queue;

pub(super) async fn provision(
    queues: &[Queue],
    client: &aws_sdk_sqs::Client,
    how: Provision,
) -> Result<BTreeMap<String, String>, ProvisionError> {
    let mut urls = BTreeMap::new();
    let (first, then): (Vec<&Queue>, Vec<&Queue>) =
        queues.iter().partition(|queue| queue.dead_letters.is_none());
    for queue in first.into_iter().chain(then) {
        urls.insert(queue.logical_id.clone(), one(queue, client, how).await?);
    }
    Ok(urls)
}

async fn one(queue: &Queue, client: &aws_sdk_sqs::Client, how: Provision) -> Result<String, ProvisionError> {
    let resource = format!("queue {}", queue.name);
    let existing = attempt(&resource, || {
        client.get_queue_url().queue_name(&queue.name).send()
    })
    .await?;
    let url = match existing {
        Outcome::Done(output) => {
            let url = output.queue_url.unwrap_or_default();
            if how == Provision::Create {
                require(&resource, || {
                    let attributes = attributes(queue);
                    client
                        .set_queue_attributes()
                        .queue_url(&url)
                        .set_attributes(Some(attributes))
                        .send()
                })
                .await?;
            }
            url
        }
        Outcome::Refused(code, _) if is_missing(&code) && how == Provision::Create => {
            require(&resource, || {
                client
                    .create_queue()
                    .queue_name(&queue.name)
                    .set_attributes(Some(attributes(queue)))
                    .send()
            })
            .await?
            .queue_url
            .unwrap_or_default()
        }
        Outcome::Refused(code, message) => {
            return Err(ProvisionError::new(&resource, format!("{code}: {message}")));
        }
    };
    if url.is_empty() {
        return Err(ProvisionError::new(&resource, "the endpoint tells no URL"));
    }
    check_arn(&resource, queue, &url, client).await?;
    Ok(url)
}

/// The template computes ARNs; should the endpoint have others, redrive and notifications would name queues that are not.
async fn check_arn(
    resource: &str,
    queue: &Queue,
    url: &str,
    client: &aws_sdk_sqs::Client,
) -> Result<(), ProvisionError> {
    let output = require(resource, || {
        client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
    })
    .await?;
    let found = output
        .attributes()
        .and_then(|attributes| attributes.get(&QueueAttributeName::QueueArn));
    match found {
        Some(arn) if *arn != queue.arn => Err(ProvisionError::new(
            resource,
            format!(
                "its ARN is {arn}, but by the deployment's region and account it should be {}",
                queue.arn
            ),
        )),
        _ => Ok(()),
    }
}

fn attributes(queue: &Queue) -> HashMap<QueueAttributeName, String> {
    let mut attributes: HashMap<QueueAttributeName, String> = queue
        .attributes
        .iter()
        .map(|(name, value)| (QueueAttributeName::from(name.as_str()), value.clone()))
        .collect();
    attributes.insert(
        QueueAttributeName::VisibilityTimeout,
        queue.visibility_timeout.to_string(),
    );
    if let Some(dead_letters) = &queue.dead_letters {
        // The count as a number: there are emulators that refuse it as text.
        let policy = json!({
            "deadLetterTargetArn": dead_letters.queue_arn,
            "maxReceiveCount": dead_letters.maximum_receive_count,
        });
        attributes.insert(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    attributes
}

fn is_missing(code: &str) -> bool {
    code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist")
}

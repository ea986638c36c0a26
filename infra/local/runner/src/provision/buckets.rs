//! Buckets with their CORS rules, lifecycle and notifications.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint,
    CorsConfiguration, CorsRule, CreateBucketConfiguration, Event, ExpirationStatus, FilterRule,
    FilterRuleName, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter,
};

use super::Provision;
use super::attempt::{Outcome, ProvisionError, attempt, prefer, require};
use crate::template::{Bucket, Notification};

/// The region whose buckets have no location constraint.
const REGION_WITHOUT_CONSTRAINT: &str = "us-east-1";

pub(super) async fn provision(
    bucket: &Bucket,
    region: &str,
    client: &aws_sdk_s3::Client,
    how: Provision,
) -> Result<(), ProvisionError> {
    let resource = format!("bucket {}", bucket.name);
    let found = attempt(&resource, || client.head_bucket().bucket(&bucket.name).send()).await?;
    match found {
        Outcome::Done(_) => {}
        Outcome::Refused(code, _)
            if matches!(code.as_str(), "404" | "NotFound" | "NoSuchBucket") && how == Provision::Create =>
        {
            create(&resource, bucket, region, client).await?;
        }
        Outcome::Refused(code, message) => {
            return Err(ProvisionError::new(&resource, format!("{code}: {message}")));
        }
    }
    if how == Provision::Expect {
        return Ok(());
    }
    let malformed = |error: BuildError| ProvisionError::new(&resource, error);
    if !bucket.cors.is_empty() {
        let configuration = cors(bucket).map_err(malformed)?;
        prefer(&resource, "CORS", || {
            client
                .put_bucket_cors()
                .bucket(&bucket.name)
                .cors_configuration(configuration.clone())
                .send()
        })
        .await?;
    }
    if !bucket.lifecycle.is_empty() {
        let configuration = lifecycle(bucket).map_err(malformed)?;
        prefer(&resource, "lifecycle", || {
            client
                .put_bucket_lifecycle_configuration()
                .bucket(&bucket.name)
                .lifecycle_configuration(configuration.clone())
                .send()
        })
        .await?;
    }
    notify(&resource, bucket, client).await
}

async fn create(
    resource: &str,
    bucket: &Bucket,
    region: &str,
    client: &aws_sdk_s3::Client,
) -> Result<(), ProvisionError> {
    let configuration = (region != REGION_WITHOUT_CONSTRAINT).then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    });
    let created = attempt(resource, || {
        client
            .create_bucket()
            .bucket(&bucket.name)
            .set_create_bucket_configuration(configuration.clone())
            .send()
    })
    .await?;
    match created {
        Outcome::Done(_) => Ok(()),
        // A try whose answer was lost.
        Outcome::Refused(code, _) if code == "BucketAlreadyOwnedByYou" => Ok(()),
        Outcome::Refused(code, message) => Err(ProvisionError::new(resource, format!("{code}: {message}"))),
    }
}

/// Sets the notifications where they differ: every setting sends a test event.
async fn notify(resource: &str, bucket: &Bucket, client: &aws_sdk_s3::Client) -> Result<(), ProvisionError> {
    let current = attempt(resource, || {
        client
            .get_bucket_notification_configuration()
            .bucket(&bucket.name)
            .send()
    })
    .await?;
    let mut found: Vec<Notification> = match &current {
        Outcome::Done(current) => current.queue_configurations().iter().flat_map(written).collect(),
        // There are emulators that cannot say "none". What is truly wrong, setting them will tell.
        Outcome::Refused(..) => Vec::new(),
    };
    let mut wanted = bucket.notifications.clone();
    let order = |one: &Notification| (one.queue_arn.clone(), one.event.clone(), one.prefix.clone());
    found.sort_by_key(order);
    wanted.sort_by_key(order);
    if found == wanted {
        return Ok(());
    }
    let configurations: Vec<QueueConfiguration> = bucket
        .notifications
        .iter()
        .map(configuration)
        .collect::<Result<_, _>>()
        .map_err(|error| ProvisionError::new(resource, error))?;
    let configuration = NotificationConfiguration::builder()
        .set_queue_configurations(Some(configurations))
        .build();
    require(resource, || {
        client
            .put_bucket_notification_configuration()
            .bucket(&bucket.name)
            .notification_configuration(configuration.clone())
            .send()
    })
    .await?;
    Ok(())
}

/// What a configuration of the bucket says, one for each of its events.
fn written(configuration: &QueueConfiguration) -> Vec<Notification> {
    let rules = configuration
        .filter()
        .and_then(|filter| filter.key())
        .map(|key| key.filter_rules())
        .unwrap_or_default();
    let value = |wanted: &str| {
        rules
            .iter()
            .find(|rule| {
                rule.name()
                    .is_some_and(|name| name.as_str().eq_ignore_ascii_case(wanted))
            })
            .and_then(|rule| rule.value().map(str::to_owned))
    };
    configuration
        .events()
        .iter()
        .map(|event| Notification {
            event: event.as_str().to_owned(),
            queue_arn: configuration.queue_arn().to_owned(),
            prefix: value("prefix"),
            suffix: value("suffix"),
        })
        .collect()
}

fn configuration(notification: &Notification) -> Result<QueueConfiguration, BuildError> {
    let rule = |name: FilterRuleName, value: &Option<String>| {
        value
            .as_ref()
            .map(|value| FilterRule::builder().name(name).value(value).build())
    };
    let rules: Vec<FilterRule> = [
        rule(FilterRuleName::Prefix, &notification.prefix),
        rule(FilterRuleName::Suffix, &notification.suffix),
    ]
    .into_iter()
    .flatten()
    .collect();
    let filter = (!rules.is_empty()).then(|| {
        let key = S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
        NotificationConfigurationFilter::builder().key(key).build()
    });
    QueueConfiguration::builder()
        .queue_arn(&notification.queue_arn)
        .events(Event::from(notification.event.as_str()))
        .set_filter(filter)
        .build()
}

fn cors(bucket: &Bucket) -> Result<CorsConfiguration, BuildError> {
    let mut configuration = CorsConfiguration::builder();
    for rule in &bucket.cors {
        let some = |texts: &Vec<String>| Some(texts.clone()).filter(|texts| !texts.is_empty());
        let rule = CorsRule::builder()
            .set_allowed_origins(some(&rule.allowed_origins))
            .set_allowed_methods(some(&rule.allowed_methods))
            .set_allowed_headers(some(&rule.allowed_headers))
            .set_expose_headers(some(&rule.exposed_headers))
            .set_max_age_seconds(rule.max_age)
            .build()?;
        configuration = configuration.cors_rules(rule);
    }
    configuration.build()
}

fn lifecycle(bucket: &Bucket) -> Result<BucketLifecycleConfiguration, BuildError> {
    let mut configuration = BucketLifecycleConfiguration::builder();
    for rule in &bucket.lifecycle {
        let expiration = rule
            .expiration_days
            .map(|days| LifecycleExpiration::builder().days(days).build());
        let abort = rule.abort_multipart_days.map(|days| {
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days)
                .build()
        });
        let status = if rule.enabled {
            ExpirationStatus::Enabled
        } else {
            ExpirationStatus::Disabled
        };
        let rule = LifecycleRule::builder()
            .set_id(Some(rule.id.clone()).filter(|id| !id.is_empty()))
            .status(status)
            .filter(LifecycleRuleFilter::builder().prefix(&rule.prefix).build())
            .set_expiration(expiration)
            .set_abort_incomplete_multipart_upload(abort)
            .build()?;
        configuration = configuration.rules(rule);
    }
    configuration.build()
}

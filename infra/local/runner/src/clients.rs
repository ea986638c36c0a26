//! The AWS clients of the runner itself, for provisioning and for polling.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use darkroom_cloud::{Environment, EnvironmentError};

/// How long one attempt may take: a long poll and its answer fit in.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(10);

/// The clients of the three services.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Buckets.
    pub s3: aws_sdk_s3::Client,
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
    /// Tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
}

impl Clients {
    /// Clients by the variables that every AWS tool reads: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL` and, before that, `AWS_ENDPOINT_URL_S3`, `_SQS` and
    /// `_DYNAMODB`.
    ///
    /// # Errors
    /// When there are no keys.
    pub fn of(environment: &Environment) -> Result<Self, EnvironmentError> {
        let credentials = Credentials::from_keys(
            environment.require("AWS_ACCESS_KEY_ID")?,
            environment.require("AWS_SECRET_ACCESS_KEY")?,
            environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
        );
        let region = environment.get("AWS_REGION").unwrap_or("us-east-1").to_owned();
        let endpoint = |name: &str| environment.get(name).or(environment.get("AWS_ENDPOINT_URL"));
        // TLS, and the reading of certificates that goes with it, only where an endpoint asks for it.
        let http_client = |endpoint: Option<&str>| match endpoint {
            Some(url) if url.starts_with("http://") => Builder::new().build_http(),
            _ => Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        };
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(LONGEST_ATTEMPT)
            .build();
        let s3_endpoint = endpoint("AWS_ENDPOINT_URL_S3");
        let mut s3 = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
            .region(aws_sdk_s3::config::Region::new(region.clone()))
            .credentials_provider(credentials.clone())
            .http_client(http_client(s3_endpoint))
            .timeout_config(timeouts.clone())
            .retry_config(RetryConfig::standard())
            .force_path_style(s3_endpoint.is_some());
        s3.set_endpoint_url(s3_endpoint.map(str::to_owned));
        let sqs_endpoint = endpoint("AWS_ENDPOINT_URL_SQS");
        let mut sqs = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::v2026_01_12())
            .region(aws_sdk_sqs::config::Region::new(region.clone()))
            .credentials_provider(credentials.clone())
            .http_client(http_client(sqs_endpoint))
            .timeout_config(timeouts.clone())
            .retry_config(RetryConfig::standard());
        sqs.set_endpoint_url(sqs_endpoint.map(str::to_owned));
        let dynamodb_endpoint = endpoint("AWS_ENDPOINT_URL_DYNAMODB");
        let mut dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
            .region(aws_sdk_dynamodb::config::Region::new(region))
            .credentials_provider(credentials)
            .http_client(http_client(dynamodb_endpoint))
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard());
        dynamodb.set_endpoint_url(dynamodb_endpoint.map(str::to_owned));
        Ok(Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        })
    }
}

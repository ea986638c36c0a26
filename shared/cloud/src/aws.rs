//! How the AWS clients are made: lazily, once, and for whatever endpoint the environment names.

use std::{sync::Arc, time::Duration};

use aws_credential_types::Credentials;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{region::Region, sdk_config::SharedHttpClient};
use tokio::sync::OnceCell;

use crate::environment::{Environment, EnvironmentError};

/// What all clients share: region, credentials, endpoints, and the clients themselves once somebody asks.
#[derive(Debug)]
pub(crate) struct Aws {
    region: Region,
    credentials: Credentials,
    s3_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
    dynamodb_endpoint: Option<String>,
    s3: OnceCell<aws_sdk_s3::Client>,
    sqs: OnceCell<aws_sdk_sqs::Client>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
}

impl Aws {
    pub(crate) fn of(environment: &Environment) -> Result<Arc<Self>, EnvironmentError> {
        let all = environment.get("AWS_ENDPOINT_URL");
        let endpoint = |name: &str| environment.get(name).or(all).map(str::to_owned);
        let region = environment
            .get("AWS_REGION")
            .or(environment.get("AWS_DEFAULT_REGION"))
            .unwrap_or("us-east-1");
        Ok(Arc::new(Self {
            region: Region::new(region.to_owned()),
            credentials: Credentials::from_keys(
                environment.require("AWS_ACCESS_KEY_ID")?,
                environment.require("AWS_SECRET_ACCESS_KEY")?,
                environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
            ),
            s3_endpoint: endpoint("AWS_ENDPOINT_URL_S3"),
            sqs_endpoint: endpoint("AWS_ENDPOINT_URL_SQS"),
            dynamodb_endpoint: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            s3: OnceCell::new(),
            sqs: OnceCell::new(),
            dynamodb: OnceCell::new(),
        }))
    }

    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) fn region(&self) -> &str {
        self.region.as_ref()
    }

    /// The address of a bucket, for forms that post to it.
    pub(crate) fn bucket_url(&self, bucket: &str) -> String {
        match &self.s3_endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{}.amazonaws.com/", self.region),
        }
    }

    pub(crate) async fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3
            .get_or_init(async || {
                let config = aws_sdk_s3::Config::builder()
                    .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
                    .region(self.region.clone())
                    .credentials_provider(self.credentials.clone())
                    .http_client(http_client(self.s3_endpoint.as_deref()))
                    .timeout_config(timeouts())
                    .retry_config(RetryConfig::standard())
                    // A presigned request must not promise a checksum of a body that nobody has seen yet.
                    .request_checksum_calculation(
                        aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired,
                    )
                    .response_checksum_validation(
                        aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired,
                    )
                    .force_path_style(self.s3_endpoint.is_some());
                let config = match &self.s3_endpoint {
                    Some(endpoint) => config.endpoint_url(endpoint),
                    None => config,
                };
                aws_sdk_s3::Client::from_conf(config.build())
            })
            .await
    }

    pub(crate) async fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.sqs
            .get_or_init(async || {
                let config = aws_sdk_sqs::Config::builder()
                    .behavior_version(aws_sdk_sqs::config::BehaviorVersion::v2026_01_12())
                    .region(self.region.clone())
                    .credentials_provider(self.credentials.clone())
                    .http_client(http_client(self.sqs_endpoint.as_deref()))
                    .timeout_config(timeouts())
                    .retry_config(RetryConfig::standard());
                let config = match &self.sqs_endpoint {
                    Some(endpoint) => config.endpoint_url(endpoint),
                    None => config,
                };
                aws_sdk_sqs::Client::from_conf(config.build())
            })
            .await
    }

    pub(crate) async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb
            .get_or_init(async || {
                let config = aws_sdk_dynamodb::Config::builder()
                    .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
                    .region(self.region.clone())
                    .credentials_provider(self.credentials.clone())
                    .http_client(http_client(self.dynamodb_endpoint.as_deref()))
                    .timeout_config(timeouts())
                    .retry_config(RetryConfig::standard());
                let config = match &self.dynamodb_endpoint {
                    Some(endpoint) => config.endpoint_url(endpoint),
                    None => config,
                };
                aws_sdk_dynamodb::Client::from_conf(config.build())
            })
            .await
    }
}

/// TLS, and the reading of certificates that goes with it, only where the endpoint asks for it.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        Builder::new().build_http()
    } else {
        Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https()
    }
}

/// Short enough that a retry still fits into the 29 seconds of an HTTP function.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_secs(8))
        .operation_timeout(Duration::from_secs(25))
        .build()
}

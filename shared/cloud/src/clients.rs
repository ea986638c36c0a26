//! The AWS clients: made lazily, once, and for whatever endpoint the environment names.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_credential_types::Credentials;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{region::Region, sdk_config::SharedHttpClient};

use crate::environment::{Environment, EnvironmentError};

/// The clients of the three services. Cloning shares them; each is made when somebody first asks for it.
#[derive(Clone, Debug)]
pub struct Clients(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    region: Region,
    credentials: Credentials,
    s3_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
    dynamodb_endpoint: Option<String>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
}

impl Clients {
    /// Clients by the variables that every AWS tool reads: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL` and, before that, `AWS_ENDPOINT_URL_S3`, `_SQS` and
    /// `_DYNAMODB`.
    ///
    /// # Errors
    /// When there are no keys.
    pub fn of(environment: &Environment) -> Result<Self, EnvironmentError> {
        let all = environment.get("AWS_ENDPOINT_URL");
        let endpoint = |name: &str| environment.get(name).or(all).map(str::to_owned);
        let region = environment
            .get("AWS_REGION")
            .or(environment.get("AWS_DEFAULT_REGION"))
            .unwrap_or("us-east-1");
        Ok(Self(Arc::new(Shared {
            region: Region::new(region.to_owned()),
            credentials: Credentials::from_keys(
                environment.require("AWS_ACCESS_KEY_ID")?,
                environment.require("AWS_SECRET_ACCESS_KEY")?,
                environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
            ),
            s3_endpoint: endpoint("AWS_ENDPOINT_URL_S3"),
            sqs_endpoint: endpoint("AWS_ENDPOINT_URL_SQS"),
            dynamodb_endpoint: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            s3: OnceLock::new(),
            sqs: OnceLock::new(),
            dynamodb: OnceLock::new(),
        })))
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    pub(crate) fn region(&self) -> &str {
        self.0.region.as_ref()
    }

    /// The address of a bucket, for forms that post to it.
    pub(crate) fn bucket_url(&self, bucket: &str) -> String {
        match &self.0.s3_endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{}.amazonaws.com/", self.0.region),
        }
    }

    /// The client of Amazon S3.
    #[must_use]
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        let shared = &self.0;
        shared.s3.get_or_init(|| {
            let mut config = aws_sdk_s3::Config::builder()
                .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
                .region(shared.region.clone())
                .credentials_provider(shared.credentials.clone())
                .http_client(http_client(shared.s3_endpoint.as_deref()))
                .timeout_config(timeouts())
                .retry_config(RetryConfig::standard())
                // A presigned request must not promise a checksum of a body that nobody has seen yet.
                .request_checksum_calculation(aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired)
                .force_path_style(shared.s3_endpoint.is_some());
            config.set_endpoint_url(shared.s3_endpoint.clone());
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// The client of Amazon SQS.
    #[must_use]
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        let shared = &self.0;
        shared.sqs.get_or_init(|| {
            let mut config = aws_sdk_sqs::Config::builder()
                .behavior_version(aws_sdk_sqs::config::BehaviorVersion::v2026_01_12())
                .region(shared.region.clone())
                .credentials_provider(shared.credentials.clone())
                .http_client(http_client(shared.sqs_endpoint.as_deref()))
                .timeout_config(timeouts())
                .retry_config(RetryConfig::standard());
            config.set_endpoint_url(shared.sqs_endpoint.clone());
            aws_sdk_sqs::Client::from_conf(config.build())
        })
    }

    /// The client of Amazon DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        let shared = &self.0;
        shared.dynamodb.get_or_init(|| {
            let mut config = aws_sdk_dynamodb::Config::builder()
                .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
                .region(shared.region.clone())
                .credentials_provider(shared.credentials.clone())
                .http_client(http_client(shared.dynamodb_endpoint.as_deref()))
                .timeout_config(timeouts())
                .retry_config(RetryConfig::standard());
            config.set_endpoint_url(shared.dynamodb_endpoint.clone());
            aws_sdk_dynamodb::Client::from_conf(config.build())
        })
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

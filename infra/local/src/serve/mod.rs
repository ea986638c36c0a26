//! The whole system in one process: embedded cloud, functions, and the runner between them.

mod error;
mod options;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use darkroom_cloud::{Clients, Environment};
use darkroom_embedded_cloud::{Credentials, DataDirectory, EmbeddedCloud, EmbeddedCloudOptions};
use darkroom_runner::{Deployment, Provision, Runner, RunnerOptions, Template};

pub use error::ServeError;
pub use options::{ServeOptions, parse_token};

use crate::functions;

/// The deployment template that this program was built with.
pub const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// How long requests and jobs under way may still take when the system is stopped.
const GRACE: Duration = Duration::from_secs(10);

/// How long the services of others may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stands for an issuer of tokens on one machine: with it, the template's routes ask for one.
const ISSUER: &str = "https://darkroom.invalid";

/// A system that runs.
#[derive(Debug)]
pub struct Server {
    runner: Runner,
    cloud: Option<EmbeddedCloud>,
    endpoint: String,
}

impl Server {
    /// Starts everything; when this returns, the API answers.
    ///
    /// The embedded cloud is started unless `environment` names an `AWS_ENDPOINT_URL`.
    ///
    /// # Errors
    /// When options are wrong, or something does not start. Nothing runs then.
    pub async fn start(options: ServeOptions, environment: &Environment) -> Result<Self, ServeError> {
        if !options.listen.is_loopback() && options.tokens.is_empty() {
            return Err(ServeError::Exposed(options.listen));
        }
        let region = environment
            .get("AWS_REGION")
            .or(environment.get("AWS_DEFAULT_REGION"))
            .unwrap_or("us-east-1")
            .to_owned();
        let template = template(&options, &region)?;
        let (cloud, services) = match environment.get("AWS_ENDPOINT_URL") {
            Some(endpoint) => {
                options.refuse_embedded()?;
                let services = services_of(environment, endpoint)?;
                reach(endpoint).await?;
                (None, services)
            }
            None => {
                let (cloud, services) = embedded(&options, &region).await?;
                (Some(cloud), services)
            }
        };
        let services = services.with("AWS_REGION", region);
        let endpoint = services.get("AWS_ENDPOINT_URL").unwrap_or_default().to_owned();
        let runner = Runner::start(RunnerOptions {
            template,
            functions: functions::constructors(),
            clients: Clients::of(&services)?,
            environment: services,
            tokens: options.tokens,
            listen: SocketAddr::new(options.listen, options.port),
            provision: Provision::Create,
            retry_delay: Some(Duration::from_secs(1)),
            worker_concurrency: None,
        })
        .await;
        match runner {
            Ok(runner) => Ok(Self {
                runner,
                cloud,
                endpoint,
            }),
            Err(error) => {
                if let Some(cloud) = cloud {
                    cloud.shutdown().await;
                }
                Err(error.into())
            }
        }
    }

    /// Where the API answers, without a slash at its end.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.runner.api_url()
    }

    /// Where S3, SQS and DynamoDB answer.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether these services are this process's own.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.cloud.is_some()
    }

    /// Takes nothing new, lets what is under way end within some seconds, and stops.
    pub async fn shutdown(self) {
        self.runner.shutdown(GRACE).await;
        if let Some(cloud) = self.cloud {
            cloud.shutdown().await;
        }
    }
}

fn template(options: &ServeOptions, region: &str) -> Result<Template, ServeError> {
    let text = match &options.template {
        None => TEMPLATE.to_owned(),
        Some(path) => std::fs::read_to_string(path).map_err(|source| ServeError::TemplateUnreadable {
            path: path.clone(),
            source,
        })?,
    };
    let mut deployment = Deployment {
        region: region.to_owned(),
        ..Deployment::default()
    };
    if !options.tokens.is_empty() {
        deployment = deployment.with_parameter("JwtIssuer", ISSUER);
    }
    if let Some(directory) = options.models_parameter()? {
        deployment = deployment.with_parameter("Models", directory);
    }
    Ok(Template::parse(&text, &deployment)?)
}

async fn embedded(options: &ServeOptions, region: &str) -> Result<(EmbeddedCloud, Environment), ServeError> {
    let data = if options.ephemeral {
        DataDirectory::Ephemeral
    } else {
        DataDirectory::Persistent(options.data_directory())
    };
    let credentials = Credentials::default();
    let cloud = EmbeddedCloud::start(EmbeddedCloudOptions {
        data,
        // Presigned URLs name this address: it stays the same, so that they outlive a restart.
        address: SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            options.s3_port.unwrap_or(ServeOptions::S3_PORT),
        )),
        credentials: credentials.clone(),
        region: region.to_owned(),
        ..EmbeddedCloudOptions::ephemeral()
    })
    .await?;
    let services = Environment::from_iter([
        ("AWS_ENDPOINT_URL", cloud.endpoint()),
        ("AWS_ACCESS_KEY_ID", credentials.access_key),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_key),
    ]);
    Ok((cloud, services))
}

/// What functions and runner are told of services that are not ours.
fn services_of(environment: &Environment, endpoint: &str) -> Result<Environment, ServeError> {
    const NAMES: [&str; 7] = [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    let mut services: Environment = NAMES
        .into_iter()
        .filter_map(|name| Some((name, environment.get(name)?)))
        .collect();
    for key in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        if services.get(key).is_none() {
            if !is_loopback(endpoint) {
                return Err(ServeError::KeysMissing);
            }
            services = services.with(key, "test");
        }
    }
    Ok(services)
}

/// Whether there is anybody at the address: the clients would try for half a minute before they say no.
async fn reach(endpoint: &str) -> Result<(), ServeError> {
    let silent = |reason: String| ServeError::EndpointSilent {
        endpoint: endpoint.to_owned(),
        reason,
    };
    let uri: http::Uri = endpoint.parse().map_err(|_| silent("it is no URL".to_owned()))?;
    let host = uri.host().ok_or_else(|| silent("it names no host".to_owned()))?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    });
    let connecting = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(silent(error.to_string())),
        Err(_) => Err(silent(format!("no connection within {} s", PATIENCE.as_secs()))),
    }
}

fn is_loopback(url: &str) -> bool {
    let host = url
        .parse::<http::Uri>()
        .ok()
        .and_then(|uri| uri.host().map(str::to_owned))
        .unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_keys_are_for_this_machine_only() {
        let environment = |endpoint: &str| Environment::from_iter([("AWS_ENDPOINT_URL", endpoint)]);
        for endpoint in [
            "http://127.0.0.1:4566",
            "http://localhost:4566",
            "http://[::1]:4566",
        ] {
            let services = services_of(&environment(endpoint), endpoint).unwrap();
            assert_eq!(services.get("AWS_ACCESS_KEY_ID"), Some("test"), "{endpoint}");
        }
        for endpoint in [
            "http://10.0.0.1:4566",
            "https://s3.example.org",
            "http://localhost.example.org",
            "nonsense",
        ] {
            let refused = services_of(&environment(endpoint), endpoint);
            assert!(matches!(refused, Err(ServeError::KeysMissing)), "{endpoint}");
            let keys = environment(endpoint)
                .with("AWS_ACCESS_KEY_ID", "a")
                .with("AWS_SECRET_ACCESS_KEY", "b");
            assert!(services_of(&keys, endpoint).is_ok());
        }
    }

    #[tokio::test]
    async fn nothing_starts_that_should_not() {
        let open = ServeOptions {
            listen: "0.0.0.0".parse().unwrap(),
            ephemeral: true,
            ..ServeOptions::default()
        };
        let error = Server::start(open, &Environment::default()).await.unwrap_err();
        assert!(matches!(error, ServeError::Exposed(_)) && error.is_usage());
        let elsewhere = Environment::from_iter([("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]);
        let options = ServeOptions {
            ephemeral: true,
            ..ServeOptions::default()
        };
        let error = Server::start(options, &elsewhere).await.unwrap_err();
        assert!(error.to_string().starts_with("--ephemeral"), "{error}");
        let error = Server::start(ServeOptions::default(), &elsewhere)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("http://127.0.0.1:1") && !error.is_usage(),
            "{error}"
        );
        let missing = ServeOptions {
            template: Some("no/template.yaml".into()),
            ..ServeOptions::default()
        };
        let error = Server::start(missing, &Environment::default()).await.unwrap_err();
        assert!(error.to_string().contains("template.yaml"), "{error}");
        let no_models = ServeOptions {
            models: Some("src".into()),
            ..ServeOptions::default()
        };
        // Whosever services they are.
        for environment in [Environment::default(), elsewhere] {
            let error = Server::start(no_models.clone(), &environment).await.unwrap_err();
            assert!(matches!(error, ServeError::NoModels(_)), "{error}");
        }
    }

    #[test]
    fn the_functions_that_run_models_are_told_where_they_are() {
        let options = ServeOptions {
            models: Some("../../tests/fixtures/models".into()),
            ..ServeOptions::default()
        };
        let directory = options.models_parameter().unwrap();
        let template = template(&options, "us-east-1").unwrap();
        let environments = template
            .environments(&darkroom_runner::Deployed::default())
            .unwrap();
        let told: Vec<&String> = environments
            .values()
            .filter_map(|variables| variables.get("MODELS"))
            .collect();
        assert!(!told.is_empty(), "no function asks for models");
        assert!(
            told.iter().all(|path| Some(*path) == directory.as_ref()),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn the_whole_system_starts_and_stops() {
        let options = ServeOptions {
            port: 0,
            s3_port: Some(0),
            ephemeral: true,
            ..ServeOptions::default()
        };
        let server = Server::start(options, &Environment::default()).await.unwrap();
        assert!(server.is_embedded());
        let address = server.api_url().trim_start_matches("http://").to_owned();
        assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
        server.shutdown().await;
        assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    }
}

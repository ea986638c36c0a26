//! A system to test, and a client of it.

use std::{sync::Arc, time::Duration};

use darkroom::functions::constructors;
use darkroom_cloud::{Clients, Environment, Ids, clock::RandomIds};
use darkroom_embedded_cloud::{EmbeddedCloud, EmbeddedCloudOptions};
use darkroom_runner::{
    Provision, Runner, RunnerOptions, Token,
    template::{Deployed, Deployment, Template},
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const TEMPLATE: &str = include_str!("../../template.yaml");

/// How long anything may take before a test gives up: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Clone)]
pub(crate) struct System {
    pub(crate) template: Template,
    runner: Arc<Runner>,
    pub(crate) clients: Clients,
    environment: Environment,
    pub(crate) bucket: String,
    _cloud: Option<Arc<EmbeddedCloud>>,
    http: Client,
    token: Option<String>,
}

/// How a test wants its system.
#[derive(Default)]
pub(crate) struct Wishes {
    pub(crate) tokens: Vec<(&'static str, &'static str)>,
    pub(crate) parameters: Vec<(&'static str, &'static str)>,
    /// Functions that do not run: their queues only fill.
    pub(crate) idle: Vec<&'static str>,
}

impl System {
    pub(crate) async fn start() -> Self {
        Self::with(Wishes::default()).await
    }

    pub(crate) async fn with(wishes: Wishes) -> Self {
        let (cloud, environment) = match Environment::of_process().get("DARKROOM_TEST_ENDPOINT") {
            Some(endpoint) => (None, at(endpoint)),
            None => {
                let cloud = EmbeddedCloud::start(EmbeddedCloudOptions::ephemeral())
                    .await
                    .unwrap();
                let environment = at(&cloud.endpoint());
                (Some(cloud), environment)
            }
        };
        let clients = Clients::of(&environment).unwrap();
        let mut deployment = Deployment {
            stack_name: format!("t{}", &RandomIds.next().simple().to_string()[12..]),
            ..Deployment::default()
        };
        if !wishes.tokens.is_empty() {
            deployment = deployment.with_parameter("JwtIssuer", "https://issuer.example");
        }
        for (name, value) in &wishes.parameters {
            deployment = deployment.with_parameter(*name, *value);
        }
        let mut functions = constructors();
        for name in &wishes.idle {
            functions.insert(name, idle::function);
        }
        let template = Template::parse(TEMPLATE, &deployment).unwrap();
        let bucket = template.buckets()[0].name.clone();
        let options = RunnerOptions {
            template: template.clone(),
            functions,
            clients: clients.clone(),
            environment: environment.clone(),
            tokens: wishes
                .tokens
                .iter()
                .map(|(name, secret)| Token {
                    tenant: (*name).to_owned(),
                    secret: (*secret).to_owned(),
                })
                .collect(),
            listen: ([127, 0, 0, 1], 0).into(),
            provision: Provision::Create,
            retry_delay: Some(Duration::from_millis(900)),
            worker_concurrency: Some(2),
        };
        let runner = Runner::start(options).await.unwrap();
        let http = Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let token = wishes.tokens.first().map(|(_, secret)| (*secret).to_owned());
        Self {
            template,
            runner: Arc::new(runner),
            clients,
            environment,
            bucket,
            _cloud: cloud.map(Arc::new),
            http,
            token,
        }
    }

    /// The same system, as the tenant with this token sees it.
    pub(crate) fn as_tenant(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// A request to the API, by the first of the tenants.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.api_as(self.token.as_deref(), method, path)
    }

    pub(crate) fn api_as(&self, token: Option<&str>, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.runner.api_url()));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.api(Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.api(Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.api(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (StatusCode, Value) {
        answer(self.api(Method::DELETE, path).send().await.unwrap()).await
    }

    /// Makes a dataset; its id.
    pub(crate) async fn dataset(&self, title: &str) -> String {
        let (status, created) = self
            .post("/api/v1/IO/dataset/create-dataset", &json!({ "title": title }))
            .await;
        assert_eq!(status, StatusCode::OK, "{created}");
        created["dataset_id"].as_str().unwrap().to_owned()
    }

    /// Sends a picture into a dataset through the API itself; its id.
    pub(crate) async fn dataset_image(&self, dataset: &str, filename: &str, content: &[u8]) -> String {
        let (status, saved) = self
            .post_dataset_image(
                &json!({ "title": "", "dataset_id": dataset }).to_string(),
                filename,
                "image/png",
                content,
            )
            .await;
        assert_eq!(
            (status, &saved["message"]),
            (StatusCode::OK, &json!("Image saved")),
            "{saved}"
        );
        saved["data"]["image_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn post_dataset_image(
        &self,
        form_data: &str,
        filename: &str,
        content_type: &str,
        content: &[u8],
    ) -> (StatusCode, Value) {
        let part = reqwest::multipart::Part::bytes(content.to_vec())
            .file_name(filename.to_owned())
            .mime_str(content_type)
            .unwrap();
        let form = reqwest::multipart::Form::new()
            .part("file", part)
            .text("form_data", form_data.to_owned());
        let request = self.api(Method::POST, "/api/v1/IO/image/upload").multipart(form);
        answer(request.send().await.unwrap()).await
    }

    /// Asks for a promise for `content`.
    pub(crate) async fn promise(&self, filename: &str, content_type: &str, content: &[u8]) -> Value {
        let request = json!({ "filename": filename, "content_type": content_type, "size": content.len() });
        let (status, promise) = self.post("/uploads", &request).await;
        assert_eq!(status, StatusCode::CREATED, "{promise}");
        promise
    }

    /// Sends `content` to where a promise says.
    pub(crate) async fn send(&self, promise: &Value, content: &[u8]) -> Response {
        let mut request = self
            .http
            .put(promise["url"].as_str().unwrap())
            .body(content.to_vec());
        for (name, value) in promise["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        request.send().await.unwrap()
    }

    /// Promise and file; the id of the upload.
    pub(crate) async fn upload(&self, filename: &str, content_type: &str, content: &[u8]) -> String {
        let promise = self.promise(filename, content_type, content).await;
        let sent = self.send(&promise, content).await;
        assert_eq!(sent.status(), StatusCode::OK, "{}", sent.text().await.unwrap());
        promise["upload_id"].as_str().unwrap().to_owned()
    }

    /// A file through the API itself.
    pub(crate) async fn post_file(&self, path: &str, filename: &str, content: &[u8]) -> (StatusCode, Value) {
        let part = reqwest::multipart::Part::bytes(content.to_vec()).file_name(filename.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        answer(self.api(Method::POST, path).multipart(form).send().await.unwrap()).await
    }

    /// The upload, once it is decided.
    pub(crate) async fn decided(&self, upload: &str) -> Value {
        self.until(&format!("/uploads/{upload}"), |view| {
            matches!(view["state"].as_str(), Some("accepted" | "rejected" | "expired"))
        })
        .await
    }

    /// The picture, once it is done or came to nothing.
    pub(crate) async fn developed(&self, image: &str) -> Value {
        self.until(&format!("/images/{image}"), |view| {
            matches!(view["status"].as_str(), Some("DONE" | "ERROR"))
        })
        .await
    }

    pub(crate) async fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let began = tokio::time::Instant::now();
        loop {
            let (_, view) = self.get(path).await;
            if done(&view) {
                return view;
            }
            assert!(began.elapsed() < PATIENCE, "{path} stands still: {view}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a redirect of the API leads to.
    pub(crate) async fn follow(&self, path: &str) -> Response {
        let redirect = self.api(Method::GET, path).send().await.unwrap();
        assert_eq!(redirect.status(), StatusCode::FOUND, "{path}");
        assert_eq!(redirect.headers()["x-content-type-options"], "nosniff");
        let location = redirect.headers()["location"].to_str().unwrap();
        self.http.get(location).send().await.unwrap()
    }

    pub(crate) async fn thumbnail(&self, image: &str, preset: &str) -> Vec<u8> {
        let response = self.follow(&format!("/images/{image}/thumbnails/{preset}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "image/jpeg");
        response.bytes().await.unwrap().to_vec()
    }

    /// The keys of all objects in the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let page = self
            .clients
            .s3()
            .list_objects_v2()
            .bucket(&self.bucket)
            .send()
            .await
            .unwrap();
        page.contents()
            .iter()
            .filter_map(|object| object.key().map(str::to_owned))
            .collect()
    }

    /// Waits until the keys of the bucket are as they should be in the end.
    pub(crate) async fn until_keys(&self, done: impl Fn(&[String]) -> bool) {
        let began = tokio::time::Instant::now();
        loop {
            let keys = self.keys().await;
            if done(&keys) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "left behind: {keys:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the bucket is empty: a worker that was at something may take a moment to notice.
    pub(crate) async fn until_empty(&self) {
        self.until_keys(<[String]>::is_empty).await;
    }

    /// What a function finds in its environment.
    pub(crate) async fn environment_of(&self, function: &str) -> Environment {
        let mut deployed = Deployed::default();
        for queue in self.template.queues() {
            deployed
                .queue_urls
                .insert(queue.logical_id.clone(), self.queue_url(&queue.logical_id).await);
        }
        let logical_id = &self
            .template
            .functions()
            .iter()
            .find(|known| known.binary == function)
            .unwrap()
            .logical_id;
        let variables = self
            .template
            .environments(&deployed)
            .unwrap()
            .remove(logical_id)
            .unwrap();
        variables
            .into_iter()
            .fold(self.environment.clone(), |environment, (name, value)| {
                environment.with(name, value)
            })
    }

    /// The URL of a queue, by its logical id.
    pub(crate) async fn queue_url(&self, logical_id: &str) -> String {
        let queue = self
            .template
            .queues()
            .iter()
            .find(|queue| queue.logical_id == logical_id)
            .unwrap();
        let url = self
            .clients
            .sqs()
            .get_queue_url()
            .queue_name(&queue.name)
            .send()
            .await
            .unwrap();
        url.queue_url().unwrap().to_owned()
    }
}

fn at(endpoint: &str) -> Environment {
    Environment::from_iter([
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ])
}

pub(crate) async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

pub(crate) fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// A function that never gets to its work.
mod idle {
    use darkroom_cloud::{Environment, EnvironmentError};
    use darkroom_lambda::{Deadline, Function, Message, MessageHandler, batch_function};
    use std::sync::Arc;

    struct Idle;

    #[async_trait::async_trait]
    impl MessageHandler for Idle {
        async fn handle(&self, _: &Message, _: Deadline) -> Result<(), darkroom_domain::Failure> {
            Ok(())
        }
    }

    pub(super) fn function(_: &Environment) -> Result<Function, EnvironmentError> {
        Ok(batch_function(Idle, Arc::new(darkroom_cloud::clock::SystemClock)))
    }
}

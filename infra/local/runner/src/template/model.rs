//! What a template says, in types.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::gateway::RouteKey;
use crate::schedule::Schedule;

/// A function and what invokes it beside the HTTP API.
#[derive(Clone, Debug)]
pub struct FunctionDefinition {
    /// Its logical id.
    pub logical_id: String,
    /// Its name in Lambda.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What is built for it, without the house's prefix, such as `upload-url`.
    pub binary: String,
    /// Its memory, in megabytes.
    pub memory_megabytes: u32,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// How many invocations may run at once at the most, where the template says.
    pub reserved_concurrency: Option<u32>,
    /// Its environment variables, with the names that AWS would give.
    pub environment: BTreeMap<String, String>,
    /// The queues that feed it.
    pub queue_events: Vec<QueueEvent>,
    /// The schedules that start it.
    pub schedules: Vec<ScheduleEvent>,
}

/// An event source mapping from a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEvent {
    /// The name of the event within its function.
    pub id: String,
    /// The ARN of the queue.
    pub queue_arn: String,
    /// The most messages of one event.
    pub batch_size: u32,
    /// How long to wait for a batch to fill.
    pub batching_window: Duration,
    /// How many batches may be in work at once, where the template says.
    pub maximum_concurrency: Option<u32>,
    /// Whether the function tells which messages failed.
    pub report_batch_item_failures: bool,
}

/// A schedule that starts a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleEvent {
    /// The name of the event within its function.
    pub id: String,
    /// The ARN of the rule, as events name it.
    pub rule_arn: String,
    /// When.
    pub schedule: Schedule,
}

/// An HTTP API with its one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its logical id.
    pub logical_id: String,
    /// What browsers of other origins may do.
    pub cors: Option<Cors>,
    /// Variables of the stage.
    pub stage_variables: BTreeMap<String, String>,
    /// Who vouches for callers, where the template asks for it.
    pub authorizer: Option<Authorizer>,
    /// What answers where.
    pub routes: Vec<Route>,
}

/// The CORS configuration of an API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins: `*`, `https://*`, or exact.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Request headers, or `*`.
    pub allow_headers: Vec<String>,
    /// Response headers that pages may read.
    pub expose_headers: Vec<String>,
    /// How long a preflight's answer holds, in seconds.
    pub max_age: Option<u32>,
    /// Whether pages may send credentials.
    pub allow_credentials: bool,
}

/// A JWT authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// Its logical id.
    pub logical_id: String,
    /// The issuer of tokens.
    pub issuer: String,
    /// The audiences that a token may name.
    pub audience: Vec<String>,
}

/// A route of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its logical id.
    pub logical_id: String,
    /// Method and path.
    pub key: RouteKey,
    /// The logical id of the function that answers.
    pub function: String,
    /// Whether callers must show a token.
    pub authorized: bool,
    /// How long the function may take to answer.
    pub timeout: Duration,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// How long a received message stays hidden, in seconds.
    pub visibility_timeout: u32,
    /// Its other attributes, as SQS names and writes them.
    pub attributes: BTreeMap<String, String>,
    /// Where messages go that fail too often.
    pub dead_letters: Option<DeadLetters>,
}

/// A redrive policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// The ARN of the dead-letter queue.
    pub queue_arn: String,
    /// How often a message is received before it goes there.
    pub maximum_receive_count: u32,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// What browsers of other origins may do.
    pub cors: Vec<CorsRule>,
    /// What is deleted when.
    pub lifecycle: Vec<LifecycleRule>,
    /// Which queues are told of what.
    pub notifications: Vec<Notification>,
}

/// A CORS rule of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// Origins.
    pub allowed_origins: Vec<String>,
    /// Methods.
    pub allowed_methods: Vec<String>,
    /// Request headers.
    pub allowed_headers: Vec<String>,
    /// Response headers that pages may read.
    pub exposed_headers: Vec<String>,
    /// How long a preflight's answer holds, in seconds.
    pub max_age: Option<i32>,
}

/// A lifecycle rule of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Its name.
    pub id: String,
    /// Whether it is on.
    pub enabled: bool,
    /// The keys it is about, by prefix; empty is all.
    pub prefix: String,
    /// Objects are deleted after so many days.
    pub expiration_days: Option<i32>,
    /// Unfinished multipart uploads are given up after so many days.
    pub abort_multipart_days: Option<i32>,
}

/// A queue that is told what happens in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The event, such as `s3:ObjectCreated:*`.
    pub event: String,
    /// The ARN of the queue.
    pub queue_arn: String,
    /// Only keys with this prefix.
    pub prefix: Option<String>,
    /// Only keys with this suffix.
    pub suffix: Option<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// The type of every attribute that keys use.
    pub attributes: BTreeMap<String, AttributeType>,
    /// Its key.
    pub key: KeySchema,
    /// Its global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that says when an item expires.
    pub time_to_live: Option<String>,
}

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    String,
    /// A number.
    Number,
    /// Bytes.
    Binary,
}

/// The attributes that make a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySchema {
    /// The partition key.
    pub hash: String,
    /// The sort key.
    pub range: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: KeySchema,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
    /// The attributes of an `INCLUDE` projection.
    pub included: Vec<String>,
}

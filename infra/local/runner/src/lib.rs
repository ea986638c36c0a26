//! Runs the functions as template.yaml wires them: HTTP API, event source mappings, schedules.
//!
//! On one machine the runner is what API Gateway, Lambda and `EventBridge` are in the cloud: it reads the deployment
//! template, makes the bucket, queues and table on the endpoint that it is given, hands every function the events that
//! AWS would, and honours what it answers.

mod clock;
mod gateway;
mod invoke;
mod mapping;
mod provision;
mod runner;
mod schedule;
pub mod template;

pub use gateway::{RouteKey, RouteKeyError, Token, TokenError};
pub use provision::{Provision, ProvisionError};
pub use runner::{Runner, RunnerError, RunnerOptions};
pub use schedule::{Cron, Schedule, ScheduleError};
pub use template::{Deployed, Deployment, Template, TemplateError};

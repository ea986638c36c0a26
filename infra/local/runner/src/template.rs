//! The deployment template, read into what it says about one machine.
//!
//! Two layers: the intrinsic functions are evaluated first, then each resource is read into a type. Nothing is passed
//! over in silence: what is neither understood nor listed as meaningless on one machine is an error with its path.

mod api;
mod document;
mod error;
mod function;
mod identity;
mod intrinsics;
mod model;
mod parameters;
mod properties;
mod references;
mod storage;
mod substitution;
#[cfg(test)]
mod tests;
mod wiring;

use std::collections::BTreeMap;
use std::sync::Arc;

use document::Document;
pub use error::{Fault, TemplateError};
use intrinsics::Scope;
pub use model::{
    Api, AttributeType, Authorizer, Bucket, Cors, CorsRule, DeadLetters, FunctionDefinition, Index,
    KeySchema, LifecycleRule, Notification, Queue, QueueEvent, Route, ScheduleEvent, Table,
};

/// Under which names and parameters a template is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account_id: String,
    /// Parameters that differ from their defaults.
    pub parameters: BTreeMap<String, String>,
    /// Names of resources that already exist under names of their own, by logical id.
    pub names: BTreeMap<String, String>,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            stack_name: "darkroom".to_owned(),
            region: "us-east-1".to_owned(),
            account_id: "000000000000".to_owned(),
            parameters: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }
}

impl Deployment {
    /// The same deployment with one parameter set.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }
}

/// What is known only once resources exist. As long as it is not, the names that AWS would give stand in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    /// The URL of each queue, by logical id.
    pub queue_urls: BTreeMap<String, String>,
    /// Where the HTTP API answers.
    pub api_endpoint: Option<String>,
}

/// A template that can be run.
#[derive(Clone, Debug)]
pub struct Template {
    document: Arc<Document>,
    deployment: Deployment,
    functions: Vec<FunctionDefinition>,
    api: Option<Api>,
    queues: Vec<Queue>,
    buckets: Vec<Bucket>,
    tables: Vec<Table>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The first thing found that is not understood or does not fit, with its path.
    pub fn parse(text: &str, deployment: &Deployment) -> Result<Self, TemplateError> {
        let document = Document::parse(text)?;
        references::check(&document)?;
        if let Some(name) = deployment
            .names
            .keys()
            .find(|name| !document.resources.contains_key(*name))
        {
            return Err(Fault::UnknownReference(name.clone()).at("Resources"));
        }
        let deployed = Deployed::default();
        let scope = Scope::new(&document, deployment, &deployed)?;
        let functions = function::functions(&scope)?;
        let api = api::api(&scope, &functions)?;
        let queues = storage::queues(&scope)?;
        let buckets = storage::buckets(&scope)?;
        let tables = storage::tables(&scope)?;
        wiring::check(&functions, api.as_ref(), &queues)?;
        let deployment = deployment.clone();
        Ok(Self {
            document: Arc::new(document),
            deployment,
            functions,
            api,
            queues,
            buckets,
            tables,
        })
    }

    /// The environment variables that the template gives each function, by logical id.
    ///
    /// # Errors
    /// None that [`Template::parse`] would not have found.
    pub fn environments(
        &self,
        deployed: &Deployed,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, TemplateError> {
        let scope = Scope::new(&self.document, &self.deployment, deployed)?;
        Ok(function::functions(&scope)?
            .into_iter()
            .map(|function| (function.logical_id, function.environment))
            .collect())
    }

    /// The names and parameters it was read under.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The functions, by logical id.
    #[must_use]
    pub fn functions(&self) -> &[FunctionDefinition] {
        &self.functions
    }

    /// The HTTP API, where there is one.
    #[must_use]
    pub fn api(&self) -> Option<&Api> {
        self.api.as_ref()
    }

    /// The queues, by logical id.
    #[must_use]
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// The buckets, by logical id.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The tables, by logical id.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

//! What resources are called: the value of `Ref` and the attributes of `Fn::GetAtt`.

use super::document::Node;
use super::error::{Fault, TemplateError};
use super::intrinsics::{Scope, scalar_text};

/// The types of resources known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Api,
    Stage,
    Authorizer,
    Integration,
    Route,
    Queue,
    QueuePolicy,
    Bucket,
    Table,
    LogGroup,
    /// Of no meaning on one machine: permissions and alarms have nobody to permit or to tell.
    Silent,
}

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "AWS::Serverless::Function" => Self::Function,
            "AWS::ApiGatewayV2::Api" => Self::Api,
            "AWS::ApiGatewayV2::Stage" => Self::Stage,
            "AWS::ApiGatewayV2::Authorizer" => Self::Authorizer,
            "AWS::ApiGatewayV2::Integration" => Self::Integration,
            "AWS::ApiGatewayV2::Route" => Self::Route,
            "AWS::SQS::Queue" => Self::Queue,
            "AWS::SQS::QueuePolicy" => Self::QueuePolicy,
            "AWS::S3::Bucket" => Self::Bucket,
            "AWS::DynamoDB::Table" => Self::Table,
            "AWS::Logs::LogGroup" => Self::LogGroup,
            "AWS::CloudWatch::Alarm"
            | "AWS::CloudWatch::CompositeAlarm"
            | "AWS::CloudWatch::Dashboard"
            | "AWS::Lambda::Permission"
            | "AWS::S3::BucketPolicy"
            | "AWS::SNS::TopicPolicy"
            | "AWS::IAM::Role"
            | "AWS::IAM::Policy"
            | "AWS::IAM::ManagedPolicy"
            | "AWS::Budgets::Budget" => Self::Silent,
            _ => return None,
        })
    }

    /// The attributes that `Fn::GetAtt` may ask for.
    pub(crate) fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Function | Self::Table | Self::LogGroup | Self::Silent => &["Arn"],
            Self::Api => &["ApiEndpoint", "ApiId"],
            Self::Authorizer => &["AuthorizerId"],
            Self::Integration => &["IntegrationId"],
            Self::Route => &["RouteId"],
            Self::Stage | Self::QueuePolicy => &[],
            Self::Queue => &["Arn", "QueueName", "QueueUrl"],
            Self::Bucket => &["Arn"],
        }
    }

    fn name_property(self) -> Option<&'static str> {
        Some(match self {
            Self::Function => "FunctionName",
            Self::Stage => "StageName",
            Self::Queue => "QueueName",
            Self::Bucket => "BucketName",
            Self::Table => "TableName",
            Self::LogGroup => "LogGroupName",
            Self::Api
            | Self::Authorizer
            | Self::Integration
            | Self::Route
            | Self::QueuePolicy
            | Self::Silent => return None,
        })
    }
}

/// The kind of a resource of the template.
pub(crate) fn kind(scope: &Scope<'_>, resource: &str, path: &str) -> Result<Kind, TemplateError> {
    let raw = scope
        .document
        .resources
        .get(resource)
        .ok_or_else(|| Fault::UnknownReference(resource.to_owned()).at(path))?;
    Kind::named(&raw.kind)
        .ok_or_else(|| Fault::UnknownResourceType(raw.kind.clone()).at(format!("Resources.{resource}")))
}

/// The name that the resource has at the endpoint: as the caller says, as its property says, or of stack and logical id.
pub(crate) fn physical_name(scope: &Scope<'_>, resource: &str, depth: u8) -> Result<String, TemplateError> {
    if let Some(name) = scope.deployment.names.get(resource) {
        return Ok(name.clone());
    }
    let path = format!("Resources.{resource}.Properties");
    let kind = kind(scope, resource, &path)?;
    let property = kind.name_property();
    let written = scope
        .document
        .resources
        .get(resource)
        .and_then(|raw| match (&raw.properties, property) {
            (Node::Map(properties), Some(property)) => properties.get(property),
            _ => None,
        });
    if let (Some(node), Some(property)) = (written, property) {
        let path = format!("{path}.{property}");
        if let Some(value) = scope.evaluate(node, &path, depth)? {
            return scalar_text(&value).ok_or_else(|| Fault::invalid("a name", value).at(path));
        }
    }
    Ok(match (kind, property) {
        (Kind::Bucket, _) => format!("{}-{resource}", scope.deployment.stack_name).to_lowercase(),
        (_, Some(_)) => format!("{}-{resource}", scope.deployment.stack_name),
        // What only other resources of the API refer to is called by its logical id.
        (_, None) => resource.to_owned(),
    })
}

/// The value of `Ref`.
pub(crate) fn reference(
    scope: &Scope<'_>,
    resource: &str,
    path: &str,
    depth: u8,
) -> Result<String, TemplateError> {
    match kind(scope, resource, path)? {
        Kind::Queue => queue_url(scope, resource, depth),
        _ => physical_name(scope, resource, depth),
    }
}

/// The value of `Fn::GetAtt`.
pub(crate) fn attribute(
    scope: &Scope<'_>,
    resource: &str,
    attribute: &str,
    path: &str,
    depth: u8,
) -> Result<String, TemplateError> {
    let kind = kind(scope, resource, path)?;
    if !kind.attributes().contains(&attribute) {
        return Err(Fault::UnknownAttribute {
            resource: resource.to_owned(),
            attribute: attribute.to_owned(),
        }
        .at(path));
    }
    match (kind, attribute) {
        (Kind::Queue, "QueueUrl") => queue_url(scope, resource, depth),
        (Kind::Api, "ApiEndpoint") => Ok(scope.deployed.api_endpoint.clone().unwrap_or_else(|| {
            format!(
                "https://{resource}.execute-api.{}.amazonaws.com",
                scope.deployment.region
            )
        })),
        (_, "Arn") => Ok(arn(scope, kind, &physical_name(scope, resource, depth)?)),
        _ => physical_name(scope, resource, depth),
    }
}

fn queue_url(scope: &Scope<'_>, resource: &str, depth: u8) -> Result<String, TemplateError> {
    if let Some(url) = scope.deployed.queue_urls.get(resource) {
        return Ok(url.clone());
    }
    let name = physical_name(scope, resource, depth)?;
    let deployment = scope.deployment;
    Ok(format!(
        "https://sqs.{}.amazonaws.com/{}/{name}",
        deployment.region, deployment.account_id
    ))
}

/// The ARN of a resource by its physical name.
pub(crate) fn arn(scope: &Scope<'_>, kind: Kind, name: &str) -> String {
    let (region, account) = (&scope.deployment.region, &scope.deployment.account_id);
    match kind {
        Kind::Bucket => format!("arn:aws:s3:::{name}"),
        Kind::Function => format!("arn:aws:lambda:{region}:{account}:function:{name}"),
        Kind::Queue => format!("arn:aws:sqs:{region}:{account}:{name}"),
        Kind::Table => format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
        Kind::LogGroup => format!("arn:aws:logs:{region}:{account}:log-group:{name}:*"),
        Kind::Api
        | Kind::Stage
        | Kind::Authorizer
        | Kind::Integration
        | Kind::Route
        | Kind::QueuePolicy
        | Kind::Silent => {
            format!("arn:aws:local:{region}:{account}:{name}")
        }
    }
}

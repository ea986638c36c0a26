//! The HTTP API: its stage, authorizer, integrations and routes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::{Fault, TemplateError};
use super::function::resources;
use super::identity::Kind;
use super::intrinsics::Scope;
use super::model::{Api, Authorizer, Cors, FunctionDefinition, Route};
use super::properties::Properties;
use crate::gateway::RouteKey;

/// The one stage that adds nothing to the path.
const DEFAULT_STAGE: &str = "$default";

/// A function behind the API.
struct Integration {
    function: String,
    timeout: Duration,
}

pub(super) fn api(scope: &Scope<'_>, functions: &[FunctionDefinition]) -> Result<Option<Api>, TemplateError> {
    let mut apis = resources(scope, Kind::Api, &["Name", "Description", "Version", "Tags"])?;
    let (logical_id, mut properties) = match apis.pop() {
        None => return without_api(scope),
        Some(api) if apis.is_empty() => api,
        Some((second, _)) => {
            return Err(
                Fault::Wiring("one HTTP API is run, and this is a second".to_owned())
                    .at(format!("Resources.{second}")),
            );
        }
    };
    let protocol = properties.text("ProtocolType")?;
    if protocol != "HTTP" {
        return Err(Fault::invalid("HTTP", protocol).at(properties.at("ProtocolType")));
    }
    let cors = properties.map("CorsConfiguration")?.map(cors).transpose()?;
    properties.finish()?;
    let stage_variables = stage(scope, &logical_id)?;
    let authorizer = authorizer(scope, &logical_id)?;
    let integrations = integrations(scope, &logical_id, functions)?;
    let routes = routes(scope, &logical_id, authorizer.as_ref(), &integrations)?;
    Ok(Some(Api {
        logical_id,
        cors,
        stage_variables,
        authorizer,
        routes,
    }))
}

fn without_api(scope: &Scope<'_>) -> Result<Option<Api>, TemplateError> {
    for kind in [Kind::Stage, Kind::Authorizer, Kind::Integration, Kind::Route] {
        if let Some((name, _)) = resources(scope, kind, &[])?.first() {
            return Err(Fault::Wiring("it belongs to no API".to_owned()).at(format!("Resources.{name}")));
        }
    }
    Ok(None)
}

fn belongs(properties: &mut Properties, api: &str) -> Result<(), TemplateError> {
    let found = properties.text("ApiId")?;
    if found == api {
        Ok(())
    } else {
        Err(Fault::invalid(api, found).at(properties.at("ApiId")))
    }
}

fn cors(mut properties: Properties) -> Result<Cors, TemplateError> {
    let cors = Cors {
        allow_origins: properties.texts("AllowOrigins")?,
        allow_methods: properties.texts("AllowMethods")?,
        allow_headers: properties.texts("AllowHeaders")?,
        expose_headers: properties.texts("ExposeHeaders")?,
        max_age: properties.optional_number("MaxAge", 0, 86_400)?,
        allow_credentials: properties.flag("AllowCredentials", false)?,
    };
    if cors.allow_credentials && cors.allow_origins.iter().any(|origin| origin == "*") {
        return Err(Fault::invalid("origins by name, as credentials are allowed", "*")
            .at(properties.at("AllowOrigins")));
    }
    properties.finish()?;
    Ok(cors)
}

fn stage(scope: &Scope<'_>, api: &str) -> Result<BTreeMap<String, String>, TemplateError> {
    // Throttling protects an account from many callers; access is logged by the runner itself.
    let ignored = [
        "AutoDeploy",
        "DefaultRouteSettings",
        "RouteSettings",
        "AccessLogSettings",
        "Description",
        "Tags",
    ];
    let mut variables = None;
    for (name, mut properties) in resources(scope, Kind::Stage, &ignored)? {
        belongs(&mut properties, api)?;
        let stage_name = properties.text("StageName")?;
        if stage_name != DEFAULT_STAGE {
            return Err(Fault::invalid(DEFAULT_STAGE, stage_name).at(properties.at("StageName")));
        }
        let found = properties
            .map("StageVariables")?
            .map(Properties::into_texts)
            .transpose()?;
        properties.finish()?;
        if variables.replace(found.unwrap_or_default()).is_some() {
            return Err(Fault::Duplicate {
                what: "stage",
                name: stage_name,
            }
            .at(format!("Resources.{name}")));
        }
    }
    match variables {
        Some(variables) => Ok(variables.into_iter().collect()),
        None => Err(
            Fault::Wiring("the API has no stage, so nothing answers".to_owned())
                .at(format!("Resources.{api}")),
        ),
    }
}

fn authorizer(scope: &Scope<'_>, api: &str) -> Result<Option<Authorizer>, TemplateError> {
    let mut found = None;
    for (logical_id, mut properties) in resources(scope, Kind::Authorizer, &["Name"])? {
        belongs(&mut properties, api)?;
        let kind = properties.text("AuthorizerType")?;
        if kind != "JWT" {
            return Err(Fault::invalid("JWT", kind).at(properties.at("AuthorizerType")));
        }
        let source = properties.texts("IdentitySource")?;
        if !matches!(source.as_slice(), [one] if one.eq_ignore_ascii_case("$request.header.Authorization")) {
            return Err(Fault::invalid("$request.header.Authorization", source.join(", "))
                .at(properties.at("IdentitySource")));
        }
        let mut jwt = properties
            .map("JwtConfiguration")?
            .ok_or_else(|| properties.missing("JwtConfiguration"))?;
        let authorizer = Authorizer {
            issuer: jwt.text("Issuer")?,
            audience: jwt.texts("Audience")?,
            logical_id,
        };
        jwt.finish()?;
        let path = properties.path().to_owned();
        properties.finish()?;
        if let Some(other) = found.replace(authorizer) {
            return Err(Fault::Wiring(format!("{} is the authorizer already", other.logical_id)).at(path));
        }
    }
    Ok(found)
}

fn integrations(
    scope: &Scope<'_>,
    api: &str,
    functions: &[FunctionDefinition],
) -> Result<BTreeMap<String, Integration>, TemplateError> {
    let ignored = ["ConnectionType", "Description", "IntegrationMethod"];
    let mut found = BTreeMap::new();
    for (logical_id, mut properties) in resources(scope, Kind::Integration, &ignored)? {
        belongs(&mut properties, api)?;
        properties.only("IntegrationType", "AWS_PROXY")?;
        let version = properties.text("PayloadFormatVersion")?;
        if version != "2.0" {
            return Err(Fault::invalid("2.0", version).at(properties.at("PayloadFormatVersion")));
        }
        let uri = properties.text("IntegrationUri")?;
        let arn = uri
            .split_once(":path/2015-03-31/functions/")
            .and_then(|(_, rest)| rest.strip_suffix("/invocations"))
            .unwrap_or(&uri);
        let function = functions
            .iter()
            .find(|function| function.arn == arn)
            .ok_or_else(|| {
                Fault::invalid("a function of this template", &uri).at(properties.at("IntegrationUri"))
            })?;
        let timeout = properties
            .optional_number("TimeoutInMillis", 50, 30_000)?
            .unwrap_or(30_000);
        properties.finish()?;
        let function = function.logical_id.clone();
        found.insert(
            logical_id,
            Integration {
                function,
                timeout: Duration::from_millis(timeout),
            },
        );
    }
    Ok(found)
}

fn routes(
    scope: &Scope<'_>,
    api: &str,
    authorizer: Option<&Authorizer>,
    integrations: &BTreeMap<String, Integration>,
) -> Result<Vec<Route>, TemplateError> {
    let mut routes: Vec<Route> = Vec::new();
    for (logical_id, mut properties) in resources(scope, Kind::Route, &["OperationName"])? {
        belongs(&mut properties, api)?;
        let text = properties.text("RouteKey")?;
        let key = RouteKey::parse(&text)
            .map_err(|error| Fault::invalid("a route key", error).at(properties.at("RouteKey")))?;
        let target = properties.text("Target")?;
        let integration = target
            .strip_prefix("integrations/")
            .and_then(|name| integrations.get(name))
            .ok_or_else(|| {
                Fault::invalid("an integration of this API", &target).at(properties.at("Target"))
            })?;
        let authorized = authorized(&mut properties, authorizer)?;
        let path = properties.path().to_owned();
        properties.finish()?;
        if routes.iter().any(|other| other.key.same_place(&key)) {
            return Err(Fault::Duplicate {
                what: "the route key",
                name: text,
            }
            .at(path));
        }
        let (function, timeout) = (integration.function.clone(), integration.timeout);
        routes.push(Route {
            logical_id,
            key,
            function,
            authorized,
            timeout,
        });
    }
    Ok(routes)
}

fn authorized(properties: &mut Properties, authorizer: Option<&Authorizer>) -> Result<bool, TemplateError> {
    let kind = properties.optional_text("AuthorizationType")?;
    let id = properties.optional_text("AuthorizerId")?;
    match (kind.as_deref().unwrap_or("NONE"), id) {
        ("NONE", None) => Ok(false),
        ("JWT", Some(id)) if authorizer.is_some_and(|authorizer| authorizer.logical_id == id) => Ok(true),
        ("JWT", Some(id)) => Err(Fault::invalid("the authorizer", id).at(properties.at("AuthorizerId"))),
        ("JWT", None) => Err(properties.missing("AuthorizerId")),
        ("NONE", Some(_)) => {
            Err(Fault::invalid("JWT, as an authorizer is named", "NONE")
                .at(properties.at("AuthorizationType")))
        }
        (other, _) => Err(Fault::invalid("JWT or NONE", other).at(properties.at("AuthorizationType"))),
    }
}

//! The expressions, the refusals, and the template that is deployed.

mod expressions;
mod refusals;

use std::time::Duration;

use super::*;
use crate::schedule::Schedule;

/// The template that is deployed.
const DEPLOYED: &str = include_str!("../../../../../template.yaml");

fn deployed_template(deployment: &Deployment) -> Template {
    Template::parse(DEPLOYED, deployment).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn names_and_parameters_are_the_callers() {
    let mut deployment = Deployment::default().with_parameter("Nobody", "1");
    let error = Template::parse(DEPLOYED, &deployment).unwrap_err();
    assert_eq!(error.fault, Fault::UnknownParameter("Nobody".to_owned()));
    deployment.parameters.clear();
    deployment
        .names
        .insert("Table".to_owned(), "darkroom-Table-1A2B3C".to_owned());
    let template = deployed_template(&deployment);
    assert_eq!(template.tables()[0].name, "darkroom-Table-1A2B3C");
    assert_eq!(
        template.functions()[0].environment["TABLE_NAME"],
        "darkroom-Table-1A2B3C"
    );
    deployment.names.insert("Tabel".to_owned(), "x".to_owned());
    let error = Template::parse(DEPLOYED, &deployment).unwrap_err();
    assert_eq!(error.fault, Fault::UnknownReference("Tabel".to_owned()));
}

#[test]
fn the_deployed_template_is_understood() {
    let template = deployed_template(&Deployment::default());
    let routes = &template.api().unwrap().routes;
    let mut keys: Vec<String> = routes
        .iter()
        .map(|route| format!("{} -> {}", route.key, route.function))
        .collect();
    keys.sort();
    for expected in [
        "GET / -> WebFunction",
        "GET /health -> StatusFunction",
        "GET /images/{image_id} -> StatusFunction",
        "GET /images/{image_id}/thumbnails/{preset} -> DownloadFunction",
        "POST /images/ -> UploadUrlFunction",
        "POST /uploads -> UploadUrlFunction",
    ] {
        assert!(
            keys.iter().any(|key| key == expected),
            "{expected} is not among {keys:#?}"
        );
    }
    assert_eq!(routes.iter().find(|route| route.authorized), None);
    for binary in [
        "upload-url",
        "status",
        "download",
        "images",
        "web",
        "ingest",
        "thumbnail",
        "janitor",
    ] {
        assert!(
            template
                .functions()
                .iter()
                .any(|function| function.binary == binary),
            "{binary}"
        );
    }
    let ingest = template
        .functions()
        .iter()
        .find(|function| function.binary == "ingest")
        .unwrap();
    assert_eq!(
        ingest.queue_events[0].queue_arn,
        "arn:aws:sqs:us-east-1:000000000000:darkroom-IngestQueue"
    );
    let janitor = template
        .functions()
        .iter()
        .find(|function| function.binary == "janitor")
        .unwrap();
    assert_eq!(
        janitor.schedules[0].schedule,
        Schedule::Rate(Duration::from_secs(300))
    );
    let bucket = &template.buckets()[0];
    assert_eq!(bucket.name, "darkroom-000000000000-us-east-1");
    assert_eq!(bucket.notifications[0].prefix.as_deref(), Some("uploads/"));
    let table = &template.tables()[0];
    assert_eq!(
        (table.key.hash.as_str(), table.key.range.as_deref()),
        ("PK", Some("SK"))
    );
    assert_eq!(table.time_to_live.as_deref(), Some("expires_at"));
}

#[test]
fn an_issuer_turns_the_authorizer_on() {
    let template = deployed_template(&Deployment::default().with_parameter("JwtIssuer", "http://localhost"));
    let api = template.api().unwrap();
    assert_eq!(api.authorizer.as_ref().unwrap().audience, ["darkroom"]);
    for route in &api.routes {
        let open = matches!(
            route.logical_id.as_str(),
            "WelcomeRoute" | "AssetRoute" | "HealthRoute" | "BaseHealthRoute" | "DocsRoute" | "OpenApiRoute"
        );
        assert_eq!(route.authorized, !open, "{}", route.logical_id);
    }
    assert_eq!(template.functions()[0].environment["TENANCY"], "jwt");
}

#[test]
fn every_queue_that_feeds_a_worker_has_dead_letters_and_time() {
    let template = deployed_template(&Deployment::default());
    for function in template
        .functions()
        .iter()
        .filter(|function| function.binary != "janitor")
    {
        for event in &function.queue_events {
            let queue = template
                .queues()
                .iter()
                .find(|queue| queue.arn == event.queue_arn)
                .unwrap();
            assert!(queue.dead_letters.is_some(), "{}", queue.logical_id);
            let wanted = function.timeout.as_secs() * 6 + event.batching_window.as_secs();
            assert!(
                u64::from(queue.visibility_timeout) >= wanted,
                "{}",
                queue.logical_id
            );
        }
    }
}

#[test]
fn the_bucket_may_write_to_the_queue_that_it_tells() {
    let template = deployed_template(&Deployment::default());
    for queue in template.queues() {
        let told = template.buckets().iter().flat_map(|bucket| &bucket.notifications);
        let is_told = told
            .into_iter()
            .any(|notification| notification.queue_arn == queue.arn);
        let policy = queue.attributes.get("Policy");
        assert_eq!(policy.is_some(), is_told, "{}", queue.logical_id);
        let expected = ["s3.amazonaws.com", "sqs:SendMessage", queue.arn.as_str()];
        assert!(policy.is_none_or(|policy| expected.iter().all(|part| policy.contains(part))));
    }
}

//! What the template promises, held against the code and against itself.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use darkroom::functions::constructors;
use darkroom_domain::{Prediction, Upload, limits, parts};
use darkroom_runner::template::{Deployment, Template};
use serde_yaml_ng::Value;

use crate::system::TEMPLATE;

const LARGE_GROUPINGS: &str = include_str!("../../infra/large-groupings.yaml");

fn template() -> Template {
    Template::parse(TEMPLATE, &Deployment::default()).unwrap()
}

/// The template as it is written, with its resources by type.
fn resources(kind: &str) -> Vec<(String, Value)> {
    let document: Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    let resources = document["Resources"].as_mapping().unwrap().clone();
    resources
        .into_iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource["Properties"].clone()))
        .collect()
}

/// What an intrinsic function refers to, by its text.
fn text(value: &Value) -> String {
    serde_yaml_ng::to_string(value).unwrap()
}

#[test]
fn visibility_timeout_is_6x() {
    let template = template();
    let mut checked = 0;
    for function in template.functions() {
        for event in &function.queue_events {
            let queue = template
                .queues()
                .iter()
                .find(|queue| queue.arn == event.queue_arn)
                .unwrap();
            let visible = queue.visibility_timeout;
            assert!(
                u64::from(visible) >= 6 * function.timeout.as_secs(),
                "{}: {visible:?} for {:?}",
                queue.logical_id,
                function.timeout
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 16);
}

#[test]
fn every_queue_has_dead_letters_and_an_alarm() {
    let queues = resources("AWS::SQS::Queue");
    let alarms: Vec<String> = resources("AWS::CloudWatch::Alarm")
        .iter()
        .map(|(_, alarm)| text(alarm))
        .collect();
    let dead: BTreeSet<&String> = queues
        .iter()
        .map(|(name, _)| name)
        .filter(|name| name.ends_with("DeadLetterQueue"))
        .collect();
    assert!(!dead.is_empty() && dead.len() * 2 == queues.len());
    for (name, queue) in &queues {
        let about = |metric: &str| {
            alarms
                .iter()
                .any(|alarm| alarm.contains(&format!("{name}.QueueName")) && alarm.contains(metric))
        };
        if dead.contains(name) {
            assert!(about("NumberOfMessagesReceived"), "{name} has no alarm");
            assert!(queue["MessageRetentionPeriod"].as_u64() > Some(345_600), "{name}");
        } else {
            assert!(about("ApproximateAgeOfOldestMessage"), "{name} has no alarm");
            let policy = &queue["RedrivePolicy"];
            assert!(
                text(&policy["deadLetterTargetArn"]).contains("DeadLetterQueue"),
                "{name}"
            );
            assert_eq!(
                policy["maxReceiveCount"], 5,
                "{name}: as many as a job has attempts"
            );
        }
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
    }
}

#[test]
fn no_wildcard_iam() {
    let mut statements = 0;
    for (name, function) in resources("AWS::Serverless::Function") {
        let Some(policies) = function["Policies"].as_sequence() else {
            assert_eq!(name, "WebFunction", "only the page needs nothing");
            continue;
        };
        for statement in policies
            .iter()
            .flat_map(|policy| policy["Statement"].as_sequence().unwrap())
        {
            // A statement may stand behind a condition: then it is the second of three.
            let statement = match statement {
                Value::Tagged(condition) => &condition.value[1],
                statement => statement,
            };
            statements += 1;
            for action in statement["Action"].as_sequence().unwrap() {
                assert!(!action.as_str().unwrap().contains('*'), "{name}: {action:?}");
            }
            for resource in statement["Resource"].as_sequence().unwrap() {
                let resource = text(resource);
                // Behind a prefix of ours a star is what keys are: nothing else may be open.
                let open = resource
                    .replace("/uploads/*", "")
                    .replace("/originals/*", "")
                    .replace("/exports/*", "")
                    .replace("/answers/*", "")
                    .replace("/archives/*", "")
                    .replace("/models/*", "")
                    .replace("/media/*", "")
                    .replace("/evidence/*", "")
                    .replace("/batches/*", "")
                    .replace("/derived/*", "");
                assert!(!open.contains('*'), "{name}: {resource}");
            }
        }
    }
    assert!(statements > 15);
}

#[test]
fn the_bucket_is_closed() {
    let buckets = resources("AWS::S3::Bucket");
    let (_, bucket) = &buckets[0];
    for block in [
        "BlockPublicAcls",
        "BlockPublicPolicy",
        "IgnorePublicAcls",
        "RestrictPublicBuckets",
    ] {
        assert_eq!(bucket["PublicAccessBlockConfiguration"][block], true);
    }
    assert!(text(&bucket["BucketEncryption"]).contains("SSEAlgorithm"));
    assert!(text(&resources("AWS::S3::BucketPolicy")[0].1).contains("aws:SecureTransport"));
}

#[test]
fn the_bucket_keeps_what_is_promised_as_long_as_the_promise() {
    let buckets = resources("AWS::S3::Bucket");
    let rules = buckets[0].1["LifecycleConfiguration"]["Rules"]
        .as_sequence()
        .unwrap();
    let days_of = |find: &dyn Fn(&Value) -> Option<u64>| rules.iter().filter_map(find).min().unwrap();
    let day = 24 * 60 * 60;
    let parts = days_of(&|rule| rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"].as_u64()) * day;
    assert!(parts >= Upload::PROMISE_IN_PARTS.as_secs());
    let files = days_of(&|rule| {
        let is_theirs = rule["Prefix"] == "uploads/";
        is_theirs.then(|| rule["ExpirationInDays"].as_u64()).flatten()
    });
    let taken_up = Upload::PROMISE_IN_PARTS + Upload::GRACE + Upload::PATIENCE;
    assert!(files * day > taken_up.as_secs());
    let media = days_of(&|rule| {
        let is_theirs = rule["Prefix"] == "media/";
        is_theirs.then(|| rule["ExpirationInDays"].as_u64()).flatten()
    });
    assert!(media * day > Prediction::KEEP.as_secs());
}

#[test]
fn the_largest_archive_is_the_documented_one_and_fits_into_parts() {
    let document: Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    let parameter = &document["Parameters"]["MaxArchiveBytes"];
    assert_eq!(parameter["Default"].as_u64(), Some(limits::MAX_ARCHIVE_BYTES));
    let largest = parameter["MaxValue"].as_u64().unwrap();
    let bytes: u64 = parts::parts(largest, parts::part_bytes(largest))
        .map(|part| part.bytes)
        .sum();
    assert_eq!(bytes, largest);
}

#[test]
fn every_route_asks_for_a_token_but_six() {
    let open: BTreeSet<String> = resources("AWS::ApiGatewayV2::Route")
        .into_iter()
        .filter(|(_, route)| route["AuthorizationType"] == "NONE")
        .map(|(_, route)| route["RouteKey"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        open,
        [
            "GET /",
            "GET /assets/{version}/{file+}",
            "GET /base/health",
            "GET /docs",
            "GET /health",
            "GET /openapi.json"
        ]
        .map(str::to_owned)
        .into()
    );
}

#[test]
fn environment_variables_match_template() {
    let declared: BTreeSet<String> = template()
        .functions()
        .iter()
        .flat_map(|function| function.environment.keys().cloned())
        .filter(|name| name != "SSL_CERT_FILE")
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = Vec::new();
    for folder in ["shared", "functions"] {
        rust_files(&root.join(folder), &mut sources);
    }
    let mut read = BTreeSet::new();
    for source in &sources {
        let code = fs::read_to_string(source).unwrap();
        for call in [".require(\"", ".get(\"", ".parse_or(\"", "url(\""] {
            for rest in code.split(call).skip(1) {
                let name = rest.split('"').next().unwrap();
                if name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                    read.insert(name.to_owned());
                }
            }
        }
    }
    // Lambda itself sets the AWS_ ones, the stack beside this one those of its container.
    let of_lambda = |name: &String| {
        let of_container = name.starts_with("JOB_") && LARGE_GROUPINGS.contains(&format!("Name: {name},"));
        name.starts_with("AWS_") || name == "GSI" || of_container
    };
    let read: BTreeSet<String> = read.into_iter().filter(|name| !of_lambda(name)).collect();
    assert_eq!(read, declared, "read in the code, and declared in the template");
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_function_of_the_template_is_built_and_every_built_one_is_wired() {
    let template = template();
    let wired: BTreeSet<String> = template
        .functions()
        .iter()
        .map(|function| function.binary.clone())
        .collect();
    let built: BTreeSet<String> = constructors().keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(wired, built);
}

#[test]
fn functions_that_decode_have_room_for_the_largest_picture() {
    let template = template();
    let budget = darkroom_domain::ImageLimits::DEFAULT.memory_budget();
    for binary in [
        "thumbnail",
        "analyze",
        "kmeans",
        "segment",
        "predict",
        "detect",
        "embed",
        "batches",
    ] {
        let function = template
            .functions()
            .iter()
            .find(|function| function.binary == binary)
            .unwrap();
        let memory = u64::from(function.memory_megabytes) * 1024 * 1024;
        assert!(budget * 10 <= memory * 6, "{binary}: {budget} of {memory}");
    }
}

#[test]
fn every_function_is_built_where_its_code_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, function) in resources("AWS::Serverless::Function") {
        // `cargo lambda build --bin` looks among the packages of the folder it stands in, and no further.
        let folder = root.join(function["CodeUri"].as_str().unwrap());
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let package = format!(
            "name = \"darkroom-{}\"",
            folder.file_name().unwrap().to_str().unwrap()
        );
        assert!(manifest.contains(&package), "{name}: {}", folder.display());
    }
}

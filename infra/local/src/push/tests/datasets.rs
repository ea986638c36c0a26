//! Pushes into datasets.

use super::{
    server::{DATASET, Server},
    *,
};

const LOOK: &str = "GET /api/v1/IO/dataset/0192f0c1-2345-7abc-8def-0123456789ab";
const CREATE: &str = "POST /api/v1/IO/dataset/create-dataset";
const NOT_FOUND: &str =
    r#"{"code":"not_found","detail":"Dataset with id 0192f0c1-2345-7abc-8def-0123456789ab not found"}"#;

fn into_dataset(server: &Server, paths: &[&Path]) -> PushOptions {
    PushOptions {
        destination: Destination::Dataset(DATASET.parse().unwrap()),
        ..options(server, paths)
    }
}

fn into_new(server: &Server, title: &str, paths: &[&Path]) -> PushOptions {
    PushOptions {
        destination: Destination::NewDataset {
            title: title.to_owned(),
        },
        ..options(server, paths)
    }
}

/// What was asked of `POST /uploads`.
fn declarations(server: &Server) -> Vec<Value> {
    server
        .seen("POST /uploads")
        .iter()
        .map(|seen| serde_json::from_slice(&seen.body).unwrap())
        .collect()
}

#[tokio::test]
async fn a_dataset_takes_every_file_known_or_not() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"new"), ("c.png", b"new")]);
    let digest = |name: &str| {
        fingerprint::Fingerprint::of(&files.path().join(name), |_| {})
            .unwrap()
            .sha256
    };
    let known = [digest("a.png"), digest("b.png")];
    for digest in &known {
        let mut state = server.state.lock().unwrap();
        state.known.insert(digest.clone(), "i77".to_owned());
    }
    let options = PushOptions {
        out: Some(files.path().join("out")),
        ..into_dataset(&server, &[files.path()])
    };
    let report = push(&options).await.unwrap();

    let looked = server.seen(LOOK);
    assert_eq!(looked.len(), 1, "once, and not for every file");
    assert_eq!(looked[0].headers["authorization"], "Bearer hush");
    assert!(server.seen(CREATE).is_empty());
    let mut declared = declarations(&server);
    assert_eq!(declared.len(), 3);
    declared.sort_by_key(|wanted| wanted["filename"].as_str().unwrap().to_owned());
    for (wanted, sha256) in declared.iter().zip([&known[0], &known[1], &known[1]]) {
        assert_eq!(wanted["purpose"], "dataset_image");
        assert_eq!(wanted["dataset_id"], DATASET);
        assert_eq!(wanted["sha256"], *sha256, "storage checks what arrives");
    }
    let mut sent: Vec<_> = (1..=3)
        .flat_map(|number| server.seen(&format!("PUT /bucket/{number}")))
        .map(|seen| seen.body)
        .collect();
    sent.sort();
    assert_eq!(sent, [b"new", b"new", PNG]);

    let mut images: Vec<_> = report
        .files
        .iter()
        .map(|file| {
            assert_eq!((file.result, &file.same_as), (FileResult::Done, &None));
            assert_eq!(file.thumbnails.len(), 1);
            file.image_id.clone().unwrap()
        })
        .collect();
    images.sort();
    assert_eq!(images, ["i1", "i2", "i3"]);
    assert_eq!(report.dataset_id.unwrap().to_string(), DATASET);
    assert!(
        report.table().ends_with(&format!("dataset {DATASET}\n")),
        "{}",
        report.table()
    );
    let json: Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["dataset_id"], DATASET);
}

#[tokio::test]
async fn pictures_on_their_own_name_no_dataset() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let report = push(&options(&server, &[files.path()])).await.unwrap();
    assert!(declarations(&server)[0].get("dataset_id").is_none());
    assert!(server.seen(LOOK).is_empty() && server.seen(CREATE).is_empty());
    let json: Value = serde_json::from_str(&report.json()).unwrap();
    assert!(json.get("dataset_id").is_none() && !report.table().contains("dataset"));
}

#[tokio::test]
async fn a_new_dataset_is_made_once_and_sent_into() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", PNG)]);
    let title = "L\u{e4}ves \"and\" more";
    let report = push(&into_new(&server, title, &[files.path()])).await.unwrap();
    let created = server.seen(CREATE);
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].headers["authorization"], "Bearer hush");
    assert_eq!(created[0].headers["content-type"], "application/json");
    let body: Value = serde_json::from_slice(&created[0].body).unwrap();
    assert_eq!(body, json!({ "title": title }));
    let declared = declarations(&server);
    assert_eq!(declared.len(), 2);
    assert!(
        declared
            .iter()
            .all(|wanted| wanted["purpose"] == "dataset_image" && wanted["dataset_id"] == DATASET)
    );
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.dataset_id.unwrap().to_string(), DATASET);
}

#[tokio::test]
async fn no_dataset_is_made_for_nothing() {
    let server = Server::start().await;
    let files = folder(&[("notes.txt", b"no picture")]);
    let error = push(&into_new(&server, "Leaves", &[files.path()])).await;
    assert!(matches!(error, Err(PushError::NothingToPush)));
    assert!(server.seen(CREATE).is_empty());
}

#[tokio::test]
async fn a_dataset_that_is_not_there_is_told_once() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"b")]);
    server.instead(LOOK, 404, NOT_FOUND);
    let error = push(&into_dataset(&server, &[files.path()])).await.unwrap_err();
    assert!(matches!(error, PushError::NoDataset { .. }), "{error:?}");
    let expected = format!("there is no dataset {DATASET} at http://{}", server.address);
    assert_eq!(error.to_string(), expected);
    assert!(server.seen("POST /uploads").is_empty());
}

#[tokio::test]
async fn a_dataset_that_is_removed_meanwhile_ends_the_push() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"b"), ("c.png", b"c")]);
    server.instead(
        "POST /uploads",
        413,
        r#"{"code":"file_too_large","detail":"too large"}"#,
    );
    server.instead("POST /uploads", 404, NOT_FOUND);
    let options = PushOptions {
        concurrency: 1,
        ..into_dataset(&server, &[files.path()])
    };
    let error = push(&options).await.unwrap_err();
    assert!(matches!(error, PushError::NoDataset { .. }), "{error:?}");
    assert_eq!(
        server.seen("POST /uploads").len(),
        2,
        "the third file is not asked for"
    );
    // The same answer is the file's own affair where no dataset is meant.
    server.instead("POST /uploads", 404, NOT_FOUND);
    let options = PushOptions {
        destination: Destination::Images,
        ..options
    };
    let report = push(&options).await.unwrap();
    assert_eq!(report.files[0].error.as_ref().unwrap().code, "not_found");
    assert_eq!(report.files[1].result, FileResult::Done);
}

#[tokio::test]
async fn an_api_without_datasets_is_not_taken_for_a_missing_one() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    server.instead(LOOK, 404, r#"{"message":"Not Found"}"#);
    let error = push(&into_dataset(&server, &[files.path()])).await.unwrap_err();
    assert!(
        matches!(error, PushError::DatasetNotConfirmed { .. }),
        "{error:?}"
    );
    let expected = format!("cannot look for the dataset {DATASET}: http_404: Not Found");
    assert_eq!(error.to_string(), expected);
    assert!(server.seen("POST /uploads").is_empty());
}

#[tokio::test]
async fn creation_is_repeated_only_where_nothing_was_done() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let options = into_new(&server, "Leaves", &[files.path()]);
    server.instead(CREATE, 503, r#"{"message":"Service Unavailable"}"#);
    server.instead(CREATE, 429, "");
    assert!(push(&options).await.unwrap().is_success());
    assert_eq!(server.seen(CREATE).len(), 3);

    let asked = server.seen("POST /uploads").len();
    let refusals = [
        (
            422,
            r#"{"code":"validation_failed","detail":"title: too\u001b[2J long"}"#,
            "validation_failed: title: too\u{fffd}[2J long",
        ),
        (500, "", "http_500: 500 Internal Server Error"),
        (504, "", "http_504: 504 Gateway Timeout"),
        (
            200,
            r#"{"success":true,"dataset_id":"../etc"}"#,
            "invalid_answer: the answer",
        ),
        (
            200,
            r#"{"success":true}"#,
            "invalid_answer: the answer is not understood: missing field",
        ),
    ];
    for (number, (status, body, words)) in refusals.into_iter().enumerate() {
        server.instead(CREATE, status, body);
        let error = push(&options).await.unwrap_err();
        assert!(matches!(error, PushError::DatasetNotCreated(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("cannot create the dataset: {words}")),
            "{text}"
        );
        assert_eq!(server.seen(CREATE).len(), 4 + number, "{words}");
    }
    assert_eq!(
        server.seen("POST /uploads").len(),
        asked,
        "nothing is sent anywhere"
    );
}

#[tokio::test]
async fn a_duplicate_is_no_picture_of_the_dataset() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"b")]);
    server.instead("POST /uploads", 200, r#"{"duplicate_of":"i9"}"#);
    server.instead(
        "GET /uploads/1",
        200,
        r#"{"state":"accepted","image_id":"i9","duplicate":true}"#,
    );
    let options = PushOptions {
        concurrency: 1,
        ..into_dataset(&server, &[files.path()])
    };
    let report = push(&options).await.unwrap();
    for file in &report.files {
        assert_eq!(file.error.as_ref().unwrap().code, "invalid_answer", "{file:?}");
        assert_eq!(file.image_id, None);
    }
}

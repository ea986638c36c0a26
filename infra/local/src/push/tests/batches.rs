//! Pushes into batches.

use super::{
    server::{BATCH, Server},
    *,
};

const ANALYZE: &str = "PUT /batches/0192f0c1-2345-7abc-8def-00000000ba7c/analyze";
const STATUS: &str = "GET /batches/0192f0c1-2345-7abc-8def-00000000ba7c";
const READINESS: &str = "GET /batches/0192f0c1-2345-7abc-8def-00000000ba7c/readiness";
const ASK: &str = "POST /uploads/batch";

fn sorting(server: &Server, paths: &[&Path]) -> BatchOptions {
    BatchOptions {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        name: "Holi & day".to_owned(),
        grouping: Some(GroupingRequest::default()),
        url: format!("http://{}", server.address),
        token: Some("hush".to_owned()),
        concurrency: 3,
        timeout: Duration::from_secs(10),
        json: true,
    }
}

fn results(report: &BatchReport) -> Vec<(String, PhotographResult)> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    report
        .photographs
        .iter()
        .map(|photograph| (name(&photograph.path), photograph.result))
        .collect()
}

fn know(server: &Server, file: &Path, image: &str) {
    let digest = fingerprint::Fingerprint::of(file, |_| {}).unwrap().sha256;
    server
        .state
        .lock()
        .unwrap()
        .known
        .insert(digest, image.to_owned());
}

/// How many files have been sent to storage.
fn sent(server: &Server) -> usize {
    (1..20)
        .map(|number| server.seen(&format!("PUT /bucket/{number}")).len())
        .sum()
}

#[tokio::test]
async fn new_known_and_refused_files_come_back_grouped() {
    let server = Server::start().await;
    let files = folder(&[
        ("a.png", PNG),
        ("b/copy.png", PNG),
        ("c.png", b"known"),
        ("d-huge.png", b"much"),
        ("e-huge.png", b"much"),
        ("f.png", b"the best"),
    ]);
    know(&server, &files.path().join("c.png"), "i77");
    {
        let mut state = server.state.lock().unwrap();
        (state.batches.waiting, state.batches.looks) = (2, 2);
    }
    let report = push_batch(&sorting(&server, &[files.path()])).await.unwrap();

    use PhotographResult::{Known, New, Rejected};
    let expected = [
        ("a.png", New),
        ("copy.png", Known),
        ("c.png", Known),
        ("d-huge.png", Rejected),
        ("e-huge.png", Rejected),
        ("f.png", New),
    ];
    assert_eq!(
        results(&report),
        expected.map(|(name, result)| (name.to_owned(), result))
    );
    assert!(!report.is_success(), "two were refused");
    for refused in [3, 4] {
        let error = report.photographs[refused].error.as_ref().unwrap();
        assert_eq!(
            (error.code.as_str(), error.detail.as_str()),
            ("file_too_large", "Much.")
        );
    }
    assert_eq!(
        report.photographs[0].image_id, report.photographs[1].image_id,
        "the copy is the image of the first"
    );
    let questions = server.state.lock().unwrap().batches.questions.clone();
    assert_eq!(
        questions,
        [4, 1],
        "the copy is asked for once the first is known; what was refused is not asked for again"
    );
    assert_eq!(sent(&server), 2);
    assert_eq!(
        report.bytes_sent,
        u64::try_from(PNG.len() + b"the best".len()).unwrap()
    );
    for seen in server.seen(ASK) {
        assert_eq!(seen.headers["authorization"], "Bearer hush");
        assert!(seen.headers.contains_key("idempotency-key"));
    }
    assert!(
        !server.seen("PUT /bucket/1")[0]
            .headers
            .contains_key("authorization")
    );

    let described = report.described.unwrap();
    assert_eq!(
        (described.total, described.described, described.waiting),
        (3, 3, 0)
    );
    assert_eq!(server.seen(ANALYZE).len(), 1);
    let asked: Value = serde_json::from_slice(&server.seen(ANALYZE)[0].body).unwrap();
    assert_eq!(asked, json!({}), "what is not said is the API's own");
    assert_eq!(server.seen(STATUS).len(), 3, "looked at until it was complete");
    let groups = report.groups.as_ref().unwrap();
    let near = groups.near_duplicates;
    assert_eq!((near.exact, near.reencoded, near.similar), (1, 0, 2));
    let [group] = groups.groups.as_slice() else {
        panic!("{groups:?}")
    };
    assert_eq!((group.label.as_str(), group.size), ("Group 1", 3));
    let best = group.best.as_ref().unwrap();
    let known = &report.photographs;
    let file = known
        .iter()
        .find(|known| known.image_id.as_ref() == Some(&best.image_id));
    assert_eq!(
        best.file.as_ref(),
        file.map(|file| &file.path),
        "the file that was pushed"
    );
    assert_eq!(report.url, format!("http://{}/batches/{BATCH}", server.address));
}

#[tokio::test]
async fn the_same_once_more_sends_nothing_and_finds_the_same() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"b"), ("copy.png", PNG)]);
    let options = sorting(&server, &[files.path()]);
    let first = push_batch(&options).await.unwrap();
    assert!(first.is_success() && first.is_new, "{first:?}");
    let before = sent(&server);
    assert_eq!(before, 2);

    let second = push_batch(&options).await.unwrap();
    assert!(second.is_success() && !second.is_new, "{second:?}");
    assert_eq!(sent(&server), before);
    assert_eq!(second.bytes_sent, 0);
    assert!(
        results(&second)
            .iter()
            .all(|(_, result)| *result == PhotographResult::Known)
    );
    assert_eq!(second.groups, first.groups);
    assert_eq!(second.described, first.described);
    assert_eq!(server.seen("POST /batches/").len(), 1, "it was found by its name");
}

#[tokio::test]
async fn the_best_of_another_push_is_called_by_its_name() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    {
        let mut state = server.state.lock().unwrap();
        let members = [("i80", "x.png"), ("i81", "y.png")];
        state.batches.members = members
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .to_vec();
        state.batches.name = Some("Holi & day".to_owned());
    }
    let pages = [
        r#"{"groups":[{"label":"G","size":2,"best":"i81"}],"ungrouped":4,"moved":1,"next_offset":1}"#,
        r#"{"groups":[{"label":"H","size":1,"best":"gone"}],"ungrouped":4,"moved":1,"next_offset":1}"#,
    ];
    for page in pages {
        server.instead(&format!("{STATUS}/groups"), 200, page);
    }
    let report = push_batch(&sorting(&server, &[files.path()])).await.unwrap();
    let groups = report.groups.unwrap();
    let file = |number: usize| groups.groups[number].best.as_ref().unwrap().file.clone();
    assert_eq!(file(0), Some(PathBuf::from("y.png")));
    assert_eq!(file(1), None, "nobody knows it, and nobody asks for ever");
    assert_eq!((groups.moved, groups.ungrouped, groups.groups.len()), (1, 4, 2));
}

#[tokio::test]
async fn an_analysis_that_fails_is_told_and_the_files_stay_sent() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let options = sorting(&server, &[files.path()]);
    let failed = r#"{"status":"failed","progress":null,"error":{"code":"batch_too_large","detail":"Many."}}"#;
    server.instead(STATUS, 200, failed);
    let report = push_batch(&options).await.unwrap();
    assert!(!report.is_success() && report.groups.is_none());
    assert_eq!(report.error.as_ref().unwrap().code, "batch_too_large");
    assert_eq!(report.photographs[0].result, PhotographResult::New);
    assert!(report.described.is_some());

    server.instead(ANALYZE, 200, r#"{"status":"failed","error":null}"#);
    let report = push_batch(&options).await.unwrap();
    assert_eq!(report.error.unwrap().code, "analysis_failed");
    server.instead(ANALYZE, 422, r#"{"code":"validation_failed","detail":"no"}"#);
    let report = push_batch(&options).await.unwrap();
    assert_eq!(report.error.unwrap().code, "validation_failed");
    server.instead(ANALYZE, 200, r#"{"status":"puzzled"}"#);
    let report = push_batch(&options).await.unwrap();
    assert_eq!(report.error.unwrap().code, "invalid_answer");
}

#[tokio::test]
async fn photographs_that_join_meanwhile_are_waited_for_but_not_for_ever() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let options = sorting(&server, &[files.path()]);
    let missing =
        r#"{"code":"embeddings_missing","detail":"One or more images are missing feature embeddings."}"#;
    server.instead(ANALYZE, 400, missing);
    assert!(push_batch(&options).await.unwrap().is_success());
    assert_eq!(server.seen(ANALYZE).len(), 2);
    for _ in 0..9 {
        server.instead(ANALYZE, 400, missing);
    }
    let report = push_batch(&options).await.unwrap();
    assert_eq!(report.error.unwrap().code, "embeddings_missing");
    assert_eq!(server.seen(ANALYZE).len(), 5);

    let hasty = BatchOptions {
        timeout: Duration::from_millis(300),
        ..options
    };
    for _ in 0..50 {
        let standing = r#"{"total":3,"described":1,"failed":1,"waiting":1}"#;
        server.instead(READINESS, 200, standing);
    }
    let report = push_batch(&hasty).await.unwrap();
    assert_eq!(report.error.unwrap().code, "not_finished");
}

#[tokio::test]
async fn nobody_asks_for_groups_who_does_not_want_them() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    server.state.lock().unwrap().batches.waiting = 1;
    let options = BatchOptions {
        grouping: None,
        ..sorting(&server, &[files.path()])
    };
    let report = push_batch(&options).await.unwrap();
    assert!(report.is_success() && report.groups.is_none(), "{report:?}");
    assert_eq!(report.described.unwrap().waiting, 1);
    assert!(server.seen(ANALYZE).is_empty());
}

#[tokio::test]
async fn a_file_that_vanishes_ends_nothing_but_itself() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", b"b"), ("c.png", PNG)]);
    // Read, but gone when its turn comes to be sent: the answer to the question takes its place.
    let vanished = files.path().join("a.png");
    server.vanish(ASK, &vanished);
    let report = push_batch(&sorting(&server, &[files.path()])).await.unwrap();
    use PhotographResult::{Failed, New};
    let expected = [("a.png", Failed), ("b.png", New), ("c.png", New)];
    assert_eq!(
        results(&report),
        expected.map(|(name, result)| (name.to_owned(), result))
    );
    assert_eq!(report.photographs[0].error.as_ref().unwrap().code, "file_error");
    assert!(!report.is_success());
    assert_eq!(report.groups.unwrap().groups[0].size, 2);
}

#[tokio::test]
async fn nothing_is_grouped_where_nothing_came_through() {
    let server = Server::start().await;
    let files = folder(&[("huge.png", PNG)]);
    let report = push_batch(&sorting(&server, &[files.path()])).await.unwrap();
    assert!(!report.is_success() && report.groups.is_none() && report.error.is_none());
    assert!(server.seen(ANALYZE).is_empty());
}

#[tokio::test]
async fn many_are_asked_for_five_hundred_at_a_time() {
    let server = Server::start().await;
    let contents: Vec<(String, Vec<u8>)> = (0..501_u32)
        .map(|number| (format!("{number:04}.png"), number.to_le_bytes().to_vec()))
        .collect();
    let entries: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    let files = folder(&entries);
    let report = push_batch(&sorting(&server, &[files.path()])).await.unwrap();
    assert!(report.is_success(), "{:?}", report.error);
    let state = server.state.lock().unwrap();
    assert_eq!(state.batches.questions, [500, 1]);
    assert_eq!(state.batches.members.len(), 501);
}

#[tokio::test]
async fn a_batch_that_is_removed_meanwhile_ends_the_push() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG), ("b.png", PNG)]);
    server.instead(ASK, 404, r#"{"code":"not_found","detail":"Batch x not found"}"#);
    let options = sorting(&server, &[files.path()]);
    let error = push_batch(&options).await.unwrap_err();
    assert!(matches!(error, PushError::BatchRemoved { .. }), "{error:?}");
    assert_eq!(server.seen(ASK).len(), 1, "nothing more is asked");

    server.instead(ASK, 413, r#"{"message":"Request Too Long"}"#);
    let report = push_batch(&options).await.unwrap();
    let codes: Vec<_> = report
        .photographs
        .iter()
        .map(|photograph| photograph.error.as_ref().map(|error| error.code.as_str()))
        .collect();
    assert_eq!(
        codes,
        [Some("http_413"), None],
        "the copy is not held to what befell the first"
    );
}

#[tokio::test]
async fn hostile_answers_are_told_and_not_believed() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    let options = sorting(&server, &[files.path()]);
    for answer in [
        r#"{"results":[]}"#,
        r#"{"results":[{"duplicate_of":"1"},{"duplicate_of":"2"}]}"#,
        r#"{"results":[{"duplicate_within":0}]}"#,
        r#"{"results":[{}]}"#,
        "[]",
    ] {
        server.instead(ASK, 200, answer);
        let report = push_batch(&options).await.unwrap();
        assert_eq!(
            report.photographs[0].error.as_ref().unwrap().code,
            "invalid_answer",
            "{answer}"
        );
    }
    server.instead(
        "GET /batches/",
        200,
        r#"[{"id":"../x","batch_name":"Holi & day"}]"#,
    );
    let error = push_batch(&options).await.unwrap_err();
    assert!(matches!(error, PushError::BatchNotOpened { .. }), "{error:?}");
}

#[tokio::test]
async fn a_batch_whose_making_was_not_answered_is_found_and_not_made_again() {
    let server = Server::start().await;
    let files = folder(&[("a.png", PNG)]);
    server.instead("POST /batches/", 503, "");
    server.state.lock().unwrap().batches.name = None;
    let options = sorting(&server, &[files.path()]);
    assert!(push_batch(&options).await.unwrap().is_new);
    assert_eq!(
        server.seen("GET /batches/").len(),
        2,
        "looked for before each attempt"
    );
    // Another one, whose name only begins like it, is not taken for it.
    let other = format!(r#"[{{"id":"{BATCH}","batch_name":"Holi & day 2"}}]"#);
    server.instead("GET /batches/", 200, &other);
    assert!(push_batch(&options).await.unwrap().is_new);
}

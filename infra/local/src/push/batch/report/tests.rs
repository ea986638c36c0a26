//! What is written about a push into a batch.

use super::*;

const ID: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

fn report() -> BatchReport {
    let batch = OpenBatch {
        id: ID.parse().unwrap(),
        is_new: true,
    };
    let mut new = PhotographReport::new(Path::new("photos/cat.jpg"));
    new.result = PhotographResult::New;
    new.image_id = Some("i1".to_owned());
    let mut copy = PhotographReport {
        path: PathBuf::from("photos/copy.jpg"),
        ..new.clone()
    };
    copy.result = PhotographResult::Known;
    let rejected = PhotographReport::failed(
        Path::new("evil\u{1b}[2J.jpg"),
        &Fault::Rejected {
            code: "unsupported_format".to_owned(),
            detail: "Not an\u{7} image".to_owned(),
        },
    );
    let mut report = BatchReport::new("Holi\u{7}day", batch, "http://api", vec![new, copy, rejected]);
    report.bytes_sent = 2_048;
    report.took(Duration::from_millis(1_250));
    report.described = Some(Described {
        total: 9,
        described: 8,
        failed: 1,
        waiting: 0,
    });
    let group = |label: &str, size, image: &str, files: &HashMap<String, PathBuf>| BatchGroup {
        label: label.to_owned(),
        size,
        best: Some(BestPhotograph {
            image_id: image.to_owned(),
            file: files.get(image).cloned(),
        }),
        medoid: None,
        spread: Some(0.25),
        ranking_metric: Some("brisque".to_owned()),
    };
    let files = report.files();
    let by_hand = BatchGroup {
        best: None,
        ..group("By\u{1b} hand", 1, "i3", &files)
    };
    report.groups = Some(GroupsReport {
        groups: vec![
            group("Group 1", 5, "i1", &files),
            group("Group 2", 2, "i2", &files),
            by_hand,
        ],
        moved: 3,
        ungrouped: 1,
        near_duplicates: NearDuplicates {
            exact: 1,
            reencoded: 0,
            similar: 4,
        },
    });
    report
}

#[test]
fn the_table_tells_problems_groups_and_where_to_look() {
    let expected = "\
evil\u{fffd}[2J.jpg: rejected unsupported_format: Not an\u{fffd} image
3 files: 1 new, 1 known, 1 rejected (2.00 KiB sent in 1.2 s)
batch Holi\u{fffd}day (0192f0c1-2345-7abc-8def-0123456789ab, new): 9 photographs, 8 described, 1 not describable

GROUP       SIZE  BEST
Group 1        5  photos/cat.jpg (brisque)
Group 2        2  i2 (brisque)
By\u{fffd} hand       1
3 groups, 1 photograph in none, 3 moved since the analysis before
near-duplicates: 1 exact, 0 encoded anew, 4 similar

GET http://api/batches/0192f0c1-2345-7abc-8def-0123456789ab
GET http://api/batches/0192f0c1-2345-7abc-8def-0123456789ab/groups      the groups, explained
GET http://api/batches/0192f0c1-2345-7abc-8def-0123456789ab/duplicates  photographs that are nearly the same
GET http://api/batches/0192f0c1-2345-7abc-8def-0123456789ab/map         where each stands
";
    assert_eq!(report().table(), expected);
    assert!(!report().is_success(), "one was rejected");
}

#[test]
fn what_was_not_grouped_says_why() {
    let mut report = report();
    report.groups = None;
    report.photographs.truncate(2);
    assert!(report.is_success(), "one that cannot be described is no failure");
    report.error = Some(FileError {
        code: "batch_too_large".to_owned(),
        detail: "Too many.".to_owned(),
    });
    assert!(!report.is_success());
    let table = report.table();
    assert!(
        table.contains("\nnot grouped: batch_too_large: Too many.\n"),
        "{table}"
    );
    assert!(!table.contains("/groups"), "{table}");
}

#[test]
fn json_holds_the_same() {
    let json: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
    assert_eq!(json["batch_id"], ID);
    assert_eq!(json["photographs"][1]["result"], "known");
    assert_eq!(json["photographs"][2]["error"]["code"], "unsupported_format");
    assert_eq!(json["groups"]["groups"][0]["best"]["file"], "photos/cat.jpg");
    assert_eq!(json["groups"]["near_duplicates"]["similar"], 4);
    assert_eq!(json["described"]["failed"], 1);
    assert_eq!(
        json["summary"],
        serde_json::json!({ "new": 1, "known": 1, "rejected": 1, "failed": 0 })
    );
    assert!(json.get("error").is_none());
}

//! Reports, read.

use super::*;

fn segmented(failed: usize) -> ArchiveReport {
    let mut report = ArchiveReport::new(Path::new("holiday.zip"));
    report.result = ArchiveResult::Segmented;
    report.bytes_sent = 2_048;
    report.user_hash = Some("9f86d081".to_owned());
    report.job_id = Some("0193".to_owned());
    report.written = Some(PathBuf::from("holiday-segmented.zip"));
    let failure = |number| PictureFailure {
        file: format!("{number}\u{1b}.jpg"),
        code: "invalid_image".to_owned(),
        detail: "No image.".to_owned(),
    };
    report.pictures = Some(PicturesReport {
        segmented: 38,
        failed,
        failures: (1..=failed).map(failure).collect(),
    });
    report
}

fn report() -> SegmentReport {
    let mut sent = ArchiveReport::new(Path::new("later.zip"));
    sent.result = ArchiveResult::Sent;
    sent.job_id = Some("0194".to_owned());
    sent.user_hash = Some("ab12".to_owned());
    let mut failed = ArchiveReport::new(Path::new("no.zip"));
    failed.fail(&Fault::Rejected {
        code: "invalid_archive".to_owned(),
        detail: "Not\u{7} a zip.".to_owned(),
    });
    SegmentReport::new(vec![segmented(1), sent, failed], Duration::from_millis(1_250))
}

#[test]
fn the_table_tells_every_archive_its_failed_pictures_and_the_sum() {
    let expected = "\
ARCHIVE      RESULT     PICTURES           WRITTEN TO, JOB OR ERROR
holiday.zip  segmented  38 of 39 pictures  holiday-segmented.zip
    1\u{fffd}.jpg: invalid_image: No image.
later.zip    sent                          job 0194
    user hash ab12
    GET /api/download/ab12 has the result for 10 minutes once it is done
no.zip       failed                        invalid_archive: Not\u{fffd} a zip.

3 archives: 1 segmented, 1 sent, 1 failed (2.00 KiB sent in 1.2 s)
";
    assert_eq!(report().table(), expected);
    assert!(!report().is_success());
    let single = SegmentReport::new(vec![segmented(39)], Duration::ZERO);
    assert!(single.is_success(), "pictures are not archives");
}

#[test]
fn ten_pictures_are_named_and_the_others_counted() {
    let table = SegmentReport::new(vec![segmented(13)], Duration::ZERO).table();
    assert_eq!(table.matches("invalid_image").count(), 10);
    assert!(
        table.contains("    and 3 more: errors.json in the result has all\n"),
        "{table}"
    );
    let ten = SegmentReport::new(vec![segmented(10)], Duration::ZERO).table();
    assert!(!ten.contains("more"), "{ten}");
}

#[test]
fn a_result_that_is_still_to_come_is_not_lost() {
    let mut report = segmented(0);
    report.written = None;
    report.fail(&Fault::Unfinished(Duration::from_secs(300)));
    let report = SegmentReport::new(vec![report], Duration::ZERO);
    let table = report.table();
    for told in ["not_finished", "job 0193", "GET /api/download/9f86d081"] {
        assert!(table.contains(told), "{told}: {table}");
    }
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["archives"][0]["download"], "/api/download/9f86d081");
}

#[test]
fn json_holds_the_same() {
    let json: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
    let [holiday, later, no] = [0, 1, 2].map(|number| &json["archives"][number]);
    assert_eq!(holiday["result"], "segmented");
    assert_eq!(
        (&holiday["pictures"]["segmented"], &holiday["pictures"]["failed"]),
        (&38.into(), &1.into())
    );
    assert_eq!(holiday["pictures"]["failures"][0]["code"], "invalid_image");
    assert_eq!(holiday["written"], "holiday-segmented.zip");
    assert_eq!(
        (&later["job_id"], &later["user_hash"]),
        (&"0194".into(), &"ab12".into())
    );
    assert_eq!(no["error"]["code"], "invalid_archive");
    assert_eq!(json["summary"]["failed"], 1);
}

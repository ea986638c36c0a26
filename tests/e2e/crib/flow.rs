//! A kit goes out and comes back.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{bounds, issue, looked_at, numbers, person, predict, tray, whole_tray};
use crate::{
    segmentation::with_own_model,
    system::{System, Wishes},
};

/// Height and width of the picture that an answer leads to.
async fn proof(system: &System, url: &Value) -> (u32, u32) {
    let picture = system.follow(url.as_str().unwrap()).await;
    assert_eq!(picture.status(), StatusCode::OK);
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let disposition = picture.headers()["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("inline"), "{disposition}");
    let picture = image::load_from_memory(&picture.bytes().await.unwrap()).unwrap();
    (picture.width(), picture.height())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_photographed_at_issue_is_missed_at_return() {
    let system = with_own_model(Wishes::default()).await;
    let (worker, manager) = (
        person(&system, "Ivan", "worker").await,
        person(&system, "Olga", "manager").await,
    );

    // Issue: the tray is whole.
    let seen = looked_at(&system, &whole_tray()).await;
    assert_eq!(numbers(&seen["found_tools"], "id"), (1..=11).collect::<Vec<_>>());
    assert_eq!(
        seen["found_tools"][9]["name"],
        "Ключ рожковый/накидной 3\u{2044}4"
    );
    assert_eq!(
        (&seen["hand_check"], &seen["cached"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(seen["ml_predictions"].as_array().unwrap().len(), 11);
    for (index, tool) in whole_tray().iter().map(|(tool, _)| tool).enumerate() {
        let detections = seen["detections"].as_array().unwrap();
        let found = detections.iter().find(|found| found["tool_id"] == *tool).unwrap();
        assert_eq!(found["label"], tool.to_string());
        for (edge, expected) in found["box"].as_array().unwrap().iter().zip(bounds(index)) {
            assert!((edge.as_f64().unwrap() - expected).abs() < 1.0, "{found}");
        }
    }
    assert_eq!(proof(&system, &seen["processed_image_url"]).await, (640, 640));
    let (status, given) = issue(&system, worker, &seen).await;
    assert_eq!(status, StatusCode::CREATED, "{given}");
    assert_eq!((&given["type"], &given["status"]), (&json!("give"), &json!("ok")));
    assert_eq!(given["details"].as_array().unwrap().len(), 11);
    let (_, kit) = system.get("/toolkits/1").await;
    assert_eq!(
        (&kit["issued"]["user_id"], &kit["issued"]["transaction_id"]),
        (&json!(worker), &given["id"])
    );

    // Return: number 5 is missing, number 2 is there twice.
    let back: Vec<_> = whole_tray()
        .into_iter()
        .filter(|(tool, _)| *tool != 5)
        .chain([(2, 1.0)])
        .collect();
    let seen = looked_at(&system, &back).await;
    assert_eq!(
        (&seen["hand_check"], &seen["cached"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(numbers(&seen["missing_tools"], "id"), [5]);
    assert_eq!(numbers(&seen["extra_tools"], "id"), [2]);
    let question = json!({ "user_id": worker, "toolkit_id": 1, "prediction_ids": [seen["prediction_id"]] });
    let (status, compared) = system.post("/return-tools/compare-with-issued", &question).await;
    assert_eq!(
        (status, &compared["success"]),
        (StatusCode::OK, &json!(true)),
        "{compared}"
    );
    assert_eq!(compared["all_returned"], false);
    assert_eq!(compared["issued_transaction_id"], given["id"]);
    assert_eq!(numbers(&compared["missing_tools"], "tool_id"), [5]);
    assert_eq!(numbers(&compared["missing_tools"], "missing_quantity"), [1]);
    assert_eq!(
        compared["comparison_summary"],
        json!({ "total_issued": 11, "total_returned": 11, "missing_count": 1, "extra_count": 1 })
    );
    let odd = &compared["discrepancies"][0];
    assert_eq!(
        (
            &odd["tool_id"],
            &odd["issued_qty"],
            &odd["returned_qty"],
            &odd["difference"],
            &odd["type"]
        ),
        (&json!(2), &json!(1), &json!(2), &json!(1), &json!("excess"))
    );

    let (status, returned) = system.post("/return-tools/process-return", &question).await;
    assert_eq!(
        (status, &returned["success"]),
        (StatusCode::OK, &json!(true)),
        "{returned}"
    );
    let (_, taken) = system
        .get(&format!("/transactions/{}", returned["transaction_id"]))
        .await;
    assert_eq!(
        (&taken["type"], &taken["status"], &taken["counterpart"]),
        (&json!("take"), &json!("manual_check"), &given["id"])
    );
    let pictures = taken["processed_image_urls"].as_array().unwrap();
    assert_eq!(pictures, &[seen["processed_image_url"].clone()]);
    assert_eq!(proof(&system, &pictures[0]).await, (640, 640));
    assert!(
        system
            .keys()
            .await
            .iter()
            .filter(|key| key.starts_with("evidence/"))
            .count()
            == 2,
        "both photographs are kept for good"
    );
    let (_, kit) = system.get("/toolkits/1").await;
    assert_eq!(kit["issued"], Value::Null);

    // Somebody who may looks, and the case is closed.
    let report = format!("/transactions/{}/report", taken["id"]);
    let by = |inspector: u64| json!({ "inspector_id": inspector, "report_text": "Found in the bag.", "counts": [{ "tool_id": 5, "actual_qty": 1 }] });
    let (status, problem) = system.post(&report, &by(worker)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden"))
    );
    let (status, closed) = system.post(&report, &by(manager)).await;
    assert_eq!(
        (status, &closed["status"]),
        (StatusCode::OK, &json!("ok")),
        "{closed}"
    );
    assert_eq!(closed["report"]["inspector_id"], manager);
    let five = &closed["details"].as_array().unwrap()[4];
    assert_eq!(
        (&five["tool_id"], &five["actual_qty"], &five["discrepancy"]),
        (&json!(5), &json!(1), &json!(false))
    );
    let (status, _) = system.post(&report, &by(manager)).await;
    assert_eq!(status, StatusCode::CONFLICT);

    let (_, all) = system.get(&format!("/transactions?user_id={worker}")).await;
    assert_eq!(
        numbers(&all["items"], "id"),
        [taken["id"].as_u64().unwrap(), given["id"].as_u64().unwrap()]
    );
    let (_, gives) = system.get("/transactions?type=give&status=ok&toolkit_id=1").await;
    assert_eq!(numbers(&gives["items"], "id"), [given["id"].as_u64().unwrap()]);
    let (_, none) = system.get(&format!("/transactions?user_id={manager}")).await;
    assert_eq!(none["items"], json!([]));
    let (_, later) = system.get("/transactions?from=2100-01-01T00:00:00.000Z").await;
    assert_eq!(later["items"], json!([]));
    let (_, earlier) = system
        .get("/transactions?to=2100-01-01T00:00:00.000Z&limit=1")
        .await;
    assert_eq!(numbers(&earlier["items"], "id"), [taken["id"].as_u64().unwrap()]);
    let next = earlier["next_cursor"].as_str().unwrap();
    let (_, rest) = system.get(&format!("/transactions?cursor={next}")).await;
    assert_eq!(numbers(&rest["items"], "id"), [given["id"].as_u64().unwrap()]);
    // Whoever is named in the books stays in them.
    for path in [
        format!("/users/{worker}"),
        format!("/users/{manager}"),
        "/toolkits/1".to_owned(),
    ] {
        assert_eq!(system.delete(&path).await.0, StatusCode::CONFLICT, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_certain_is_looked_at_by_hand() {
    let system = with_own_model(Wishes::default()).await;
    let user = person(&system, "Ivan", "worker").await;
    let nearly: Vec<_> = whole_tray()
        .into_iter()
        .map(|(tool, score)| (tool, if tool == 7 { 0.45 } else { score }))
        .collect();
    let seen = looked_at(&system, &nearly).await;
    assert_eq!(seen["hand_check"], true);
    assert_eq!(numbers(&seen["missing_tools"], "id"), [7]);
    assert_eq!(numbers(&seen["uncertain"], "tool_id"), [7]);
    let (status, given) = issue(&system, user, &seen).await;
    assert_eq!(
        (status, &given["status"]),
        (StatusCode::CREATED, &json!("manual_check"))
    );
    // Nobody is certain of what went out, so that nobody is of what came back, though it is as much as was counted.
    let counted: Vec<_> = given["details"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|detail| detail["actual_qty"] == 1)
        .map(|detail| json!({ "tool_id": detail["tool_id"] }))
        .collect();
    let body = json!({ "user_id": user, "toolkit_id": 1, "returned_tools": counted });
    let (status, returned) = system.post("/return-tools/process-return", &body).await;
    let compared = &returned["comparison_result"];
    assert_eq!(
        (status, &compared["all_returned"], &compared["hand_check"]),
        (StatusCode::OK, &json!(true), &json!(true)),
        "{returned}"
    );
    let path = format!("/transactions/{}", returned["transaction_id"]);
    let (_, taken) = system.get(&path).await;
    assert_eq!(taken["status"], "manual_check");
    assert_eq!(
        taken["details"].as_array().unwrap().len(),
        11,
        "the seventh can be found by an inspector: {taken}"
    );

    // The same tray asked with less is whole, and another answer than the one before.
    let fields = [("toolkit_id", "1"), ("model", "tray"), ("confidence", "0.4")];
    let (_, seen_anew) = predict(&system, &tray(&nearly), &fields).await;
    assert_eq!(
        (&seen_anew["hand_check"], &seen_anew["cached"]),
        (&json!(false), &json!(false))
    );
    assert_ne!(seen_anew["prediction_id"], seen["prediction_id"]);
    // And so where the whole crib is told to ask with less.
    let (status, told) = system
        .post("/api/confidence/", &json!({ "confidence": 0.4 }))
        .await;
    assert_eq!(
        (status, &told["confidence"]),
        (StatusCode::OK, &json!(0.4)),
        "{told}"
    );
    let seen_anew = looked_at(&system, &nearly).await;
    assert_eq!(
        (&seen_anew["hand_check"], &seen_anew["cached"]),
        (&json!(false), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_kit_only_compares_anew() {
    let system = with_own_model(Wishes::default()).await;
    let first = looked_at(&system, &whole_tray()).await;
    let item = json!({ "tool_id": 3, "quantity": 2 });
    let (status, changed) = system.post("/toolkits/1/items", &item).await;
    assert_eq!(
        (status, &changed["quantity"]),
        (StatusCode::CREATED, &json!(2)),
        "{changed}"
    );
    let again = looked_at(&system, &whole_tray()).await;
    assert_eq!(
        (&first["cached"], &again["cached"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["prediction_id"], again["prediction_id"]);
    assert_eq!(
        (&first["hand_check"], &again["hand_check"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(numbers(&again["missing_tools"], "id"), [3]);
    // Another kit of the same picture: everything in it is a stranger there.
    let fields = [("toolkit_id", "2"), ("model", "tray")];
    let (_, table) = predict(&system, &tray(&whole_tray()), &fields).await;
    assert_eq!(
        (&table["cached"], &table["found_tools"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(
        numbers(&table["missing_tools"], "id"),
        (12..=17).collect::<Vec<_>>()
    );
    assert_eq!(numbers(&table["extra_tools"], "id"), (1..=11).collect::<Vec<_>>());
    assert!(
        table["extra_tools"]
            .as_array()
            .unwrap()
            .iter()
            .all(|tool| tool["type"] == "unexpected")
    );
    let (status, problem) = predict(&system, &tray(&[]), &[("toolkit_id", "99")]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_by_hand_and_several_photographs() {
    let system = with_own_model(Wishes::default()).await;
    let user = person(&system, "Ivan", "worker").await;
    // Two halves of a tray, counted together.
    let halves = [
        looked_at(&system, &whole_tray()[..6]).await,
        looked_at(&system, &whole_tray()[6..]).await,
    ];
    assert!(halves.iter().all(|half| half["hand_check"] == true));
    let fields = [("toolkit_id", "1"), ("model", "tray"), ("confidence", "0.6")];
    let (_, again) = predict(&system, &tray(&whole_tray()[..6]), &fields).await;
    let twice = json!({ "user_id": user, "toolkit_id": 1, "prediction_ids": [halves[0]["prediction_id"], again["prediction_id"]] });
    let (status, problem) = system.post("/transactions", &twice).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "one picture, asked about twice: {problem}"
    );
    let ids: Vec<_> = halves.iter().map(|half| half["prediction_id"].clone()).collect();
    let body = json!({ "user_id": user, "toolkit_id": 1, "prediction_ids": ids });
    let (status, given) = system.post("/transactions", &body).await;
    assert_eq!(
        (status, &given["status"]),
        (StatusCode::CREATED, &json!("ok")),
        "{given}"
    );
    assert_eq!(given["processed_image_urls"].as_array().unwrap().len(), 2);

    // Brought back without a photograph, counted by hand, one tool in two lines, one of another kit.
    let mut tools: Vec<_> = (1..=10)
        .map(|tool| json!({ "tool_id": tool, "name": "x", "serialNumber": "y", "quantity": 1 }))
        .collect();
    tools.push(json!({ "tool_id": 1, "name": "x", "serialNumber": "y", "quantity": 1 }));
    tools.push(json!({ "tool_id": 12, "quantity": 1 }));
    let body = json!({ "user_id": user, "toolkit_id": 1, "returned_tools": tools });
    let (_, compared) = system.post("/return-tools/compare-with-issued", &body).await;
    assert_eq!(numbers(&compared["missing_tools"], "tool_id"), [11]);
    assert_eq!(numbers(&compared["extra_tools"], "tool_id"), [1, 12]);
    let kinds: Vec<_> = compared["discrepancies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|odd| odd["type"].clone())
        .collect();
    assert_eq!(kinds, [json!("excess"), json!("unexpected")]);
    assert_eq!(compared["comparison_summary"]["total_returned"], 12);

    let with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    for (body, expected) in [
        (with("user_id", json!(99)), 404),
        (with("toolkit_id", json!(99)), 404),
        (with("toolkit_id", json!(2)), 409),
        (
            with("returned_tools", json!([{ "tool_id": 99, "quantity": 1 }])),
            422,
        ),
        (
            with("returned_tools", json!([{ "tool_id": 1, "quantity": 0 }])),
            422,
        ),
        (with("processed_image_url", json!("/media/../x.jpg")), 422),
        (json!({ "user_id": user, "toolkit_id": 1 }), 422),
    ] {
        let (status, problem) = system.post("/return-tools/process-return", &body).await;
        assert_eq!(status.as_u16(), expected, "{body}: {problem}");
    }
    let (status, _) = system.post("/return-tools/process-return", &body).await;
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = system.post("/return-tools/process-return", &body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("conflict"))
    );
}

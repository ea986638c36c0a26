//! Two at once: one wins, the other is told. And nobody sees another's crib.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{issue, looked_at, numbers, person, predict, tray, turned, whole_tray};
use crate::{
    segmentation::with_own_model,
    system::{Wishes, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_goes_to_one_and_comes_back_once() {
    let system = with_own_model(Wishes::default()).await;
    let seen = looked_at(&system, &whole_tray()).await;
    let mut people = Vec::new();
    for name in ["A", "B", "C", "D"] {
        people.push(person(&system, name, "worker").await);
    }
    let issued = join_all(people.iter().map(|user| issue(&system, *user, &seen))).await;
    let mut won: Vec<_> = issued
        .iter()
        .filter(|(status, _)| *status == StatusCode::CREATED)
        .collect();
    assert_eq!(won.len(), 1, "{issued:?}");
    for (status, problem) in issued.iter().filter(|(status, _)| *status != StatusCode::CREATED) {
        assert_eq!(
            (*status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("conflict")),
            "{problem}"
        );
    }
    let (_, given) = won.remove(0);
    let (_, books) = system.get("/transactions").await;
    assert_eq!(
        numbers(&books["items"], "id"),
        [given["id"].as_u64().unwrap()],
        "nothing is left of the others"
    );

    let seen = looked_at(&system, &turned(&whole_tray())).await;
    let body = json!({
        "user_id": given["user_id"], "toolkit_id": 1, "prediction_ids": [seen["prediction_id"]],
        "processed_image_url": seen["processed_image_url"], "hand_check": false,
    });
    let returned = join_all((0..4).map(|_| system.post("/return-tools/process-return", &body))).await;
    let won = returned
        .iter()
        .filter(|(status, _)| *status == StatusCode::OK)
        .count();
    let told = returned
        .iter()
        .filter(|(status, _)| *status == StatusCode::CONFLICT)
        .count();
    assert_eq!((won, told), (1, 3), "{returned:?}");
    let (_, books) = system.get("/transactions").await;
    let states: Vec<_> = books["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| (told["type"].clone(), told["status"].clone()))
        .collect();
    assert_eq!(
        states,
        [(json!("take"), json!("ok")), (json!("give"), json!("ok"))],
        "{books}"
    );
    // Whoever lost the race for the kit can be deleted, having taken nothing; who won it cannot.
    for user in people {
        let (status, _) = system.delete(&format!("/users/{user}")).await;
        let took = given["user_id"] == user;
        assert_eq!(status == StatusCode::CONFLICT, took, "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_issues_once() {
    let system = with_own_model(Wishes::default()).await;
    let seen = looked_at(&system, &whole_tray()).await;
    let user = person(&system, "Ivan", "worker").await;
    let body = json!({ "user_id": user, "toolkit_id": 1, "prediction_ids": [seen["prediction_id"]] });
    let send = async || {
        let request = system
            .api(Method::POST, "/transactions")
            .header("idempotency-key", "k1")
            .json(&body);
        answer(request.send().await.unwrap()).await
    };
    let at_once = futures::join!(send(), send(), send());
    let first = send().await;
    assert_eq!(first.0, StatusCode::CREATED, "{}", first.1);
    for (status, told) in [at_once.0, at_once.1, at_once.2] {
        if status == StatusCode::CONFLICT {
            assert_eq!(told["code"], "idempotency_in_progress", "{told}");
        } else {
            assert_eq!((status, &told), (StatusCode::CREATED, &first.1));
        }
    }
    let (_, books) = system.get("/transactions").await;
    assert_eq!(numbers(&books["items"], "id"), [first.1["id"].as_u64().unwrap()]);
    assert_eq!(send().await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_photograph_of_the_issue_does_not_prove_the_return() {
    let system = with_own_model(Wishes::default()).await;
    let user = person(&system, "Ivan", "worker").await;
    let seen = looked_at(&system, &whole_tray()).await;
    let (status, given) = issue(&system, user, &seen).await;
    assert_eq!(status, StatusCode::CREATED, "{given}");
    // The same picture is the same, whatever the model was told.
    let fields = [("toolkit_id", "1"), ("model", "tray"), ("confidence", "0.3")];
    let (_, anew) = predict(&system, &tray(&whole_tray()), &fields).await;
    assert_ne!(anew["prediction_id"], seen["prediction_id"]);
    for old in [&seen, &anew] {
        let id = old["prediction_id"].as_str().unwrap();
        for body in [
            json!({ "user_id": user, "toolkit_id": 1, "prediction_ids": [id] }),
            json!({
                "user_id": user, "toolkit_id": 1, "returned_tools": [],
                "processed_image_url": old["processed_image_url"],
            }),
        ] {
            for path in [
                "/return-tools/compare-with-issued",
                "/return-tools/process-return",
            ] {
                let (status, problem) = system.post(path, &body).await;
                assert_eq!(
                    (status, &problem["code"]),
                    (StatusCode::UNPROCESSABLE_ENTITY, &json!("validation_failed")),
                    "{problem}"
                );
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains(id), "{detail}");
            }
        }
    }
    let (_, kit) = system.get("/toolkits/1").await;
    assert_eq!(kit["issued"]["transaction_id"], given["id"], "it is out still");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_given_once_and_names_taken_once() {
    let system = with_own_model(Wishes::default()).await;
    let tool = |serial: &str| json!({ "name": "Молоток", "serial_number": serial, "category": "Ударные" });
    let serials: Vec<_> = (0..6).map(|number| format!("H-{}", number / 2)).collect();
    let made = join_all(
        serials
            .iter()
            .map(async |serial| system.post("/tools/", &tool(serial)).await),
    )
    .await;
    let mut ids: Vec<_> = made
        .iter()
        .filter(|(status, _)| *status == StatusCode::CREATED)
        .map(|(_, tool)| tool["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), 3, "each serial number once: {made:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(
        made.iter()
            .all(|(status, _)| matches!(status.as_u16(), 201 | 409)),
        "{made:?}"
    );
    // A tool that is being put into a kit is not deleted, or the other way round: never half of both.
    let id = ids[0];
    let put = json!({ "tool_id": id, "quantity": 1 });
    let tool = format!("/tools/{id}");
    let (item, gone) = futures::join!(system.post("/toolkits/2/items", &put), system.delete(&tool));
    let (_, kit) = system.get("/toolkits/2").await;
    let holds = numbers(&kit["items"], "tool_id").contains(&id);
    let exists = system.get(&format!("/tools/{id}")).await.0 == StatusCode::OK;
    assert_eq!(holds, exists, "{item:?} {gone:?}");
    assert!(
        item.0.as_u16() < 500 && gone.0.as_u16() < 500,
        "{item:?} {gone:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_anothers_crib() {
    let alice = with_own_model(Wishes {
        tokens: vec![("alice", "alice-token"), ("bob", "bob-token")],
        ..Wishes::default()
    })
    .await;
    let bob = alice.as_tenant("bob-token");
    let user = person(&alice, "Ivan", "manager").await;
    let seen = looked_at(&alice, &whole_tray()).await;
    let (_, given) = issue(&alice, user, &seen).await;
    let id = given["id"].as_u64().unwrap();
    let (_, kit) = alice.post("/toolkits/", &json!({ "name": "Mine" })).await;
    let prediction = seen["prediction_id"].as_str().unwrap();
    for path in [
        format!("/users/{user}"),
        format!("/transactions/{id}"),
        format!("/toolkits/{}", kit["id"]),
        format!("/predictions/{prediction}"),
        seen["processed_image_url"].as_str().unwrap().to_owned(),
    ] {
        let (status, problem) = bob.get(&path).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found")),
            "{path}"
        );
        let found = alice.api(Method::GET, &path).send().await.unwrap();
        assert!(matches!(found.status().as_u16(), 200 | 302), "{path}");
    }
    // His own kit of the same number is in his crib; her photograph proves nothing to him.
    let (_, own) = bob.get("/toolkits/1").await;
    assert_eq!(own["issued"], json!(null));
    let his = person(&bob, "Boris", "worker").await;
    assert_eq!(his, 1, "everybody counts from one");
    let (status, problem) = issue(&bob, his, &seen).await;
    assert!(matches!(status.as_u16(), 404 | 422), "{problem}");
    let again = looked_at(&bob, &whole_tray()).await;
    assert_eq!(again["cached"], false, "what she asked is not his to know");
    let (status, _) = bob
        .post(
            &format!("/transactions/{id}/report"),
            &json!({ "inspector_id": his, "report_text": "x" }),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

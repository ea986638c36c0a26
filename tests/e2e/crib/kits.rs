//! People, tools and kits: made, found, changed, deleted; and what a crib is furnished with.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::numbers;
use crate::system::{System, answer};

async fn in_russian(system: &System, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = system
        .api(method, path)
        .header("accept-language", "ru-RU,ru;q=0.9")
        .json(body);
    answer(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_crib_is_furnished_once() {
    let system = System::start().await;
    let both = futures::future::join_all((0..4).map(|_| system.get("/toolkits/"))).await;
    for (status, kits) in both {
        assert_eq!((status, &kits["total"]), (StatusCode::OK, &json!(2)), "{kits}");
    }
    let (_, kit) = system.get("/toolkits/1").await;
    assert_eq!(kit["name"], "Основной набор инструментов");
    assert_eq!(
        kit["description"],
        "Стандартный набор инструментов для технических работ"
    );
    assert_eq!(numbers(&kit["items"], "tool_id"), (1..=11).collect::<Vec<_>>());
    assert!(
        kit["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["quantity"] == 1)
    );
    assert_eq!(kit["items"][3]["tool"]["name"], "Коловорот");
    assert_eq!(kit["items"][3]["tool"]["category"], "Сверлильные инструменты");
    let (_, table) = system.get("/toolkits/2/items").await;
    let labels: Vec<_> = table
        .as_array()
        .unwrap_or_else(|| table["items"].as_array().unwrap())
        .iter()
        .map(|item| item["tool"]["labels"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(labels, ["cup", "fork", "knife", "spoon", "scissors", "bottle"]);
    // What was there from the beginning does not stand in the way of what comes after.
    let (status, tool) = system
        .post(
            "/tools/",
            &json!({ "name": "Молоток", "serial_number": "H-1", "category": "Ударные" }),
        )
        .await;
    assert_eq!((status, &tool["id"]), (StatusCode::CREATED, &json!(18)), "{tool}");
    let (status, kit) = system.post("/toolkits/", &json!({ "name": "Набор" })).await;
    assert_eq!(
        (status, &kit["id"], &kit["items"]),
        (StatusCode::CREATED, &json!(3), &json!([])),
        "{kit}"
    );
    // An emptied crib stays empty.
    assert_eq!(
        system.delete("/toolkits/2/items").await,
        (StatusCode::OK, json!({ "deleted": 6 }))
    );
    assert_eq!(system.delete("/toolkits/2").await.0, StatusCode::NO_CONTENT);
    let (_, kits) = system.get("/toolkits/").await;
    assert_eq!(numbers(&kits["items"], "id"), [1, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_pages_and_filters() {
    let system = System::start().await;
    let (_, page) = system.get("/tools/?limit=5&offset=10").await;
    assert_eq!(
        (
            &page["limit"],
            &page["offset"],
            &page["total"],
            numbers(&page["items"], "id")
        ),
        (&json!(5), &json!(10), &json!(17), vec![11, 12, 13, 14, 15])
    );
    let (_, all) = system.get("/tools/").await;
    assert_eq!((&all["limit"], &all["offset"]), (&json!(20), &json!(0)));
    for (query, expected) in [
        ("q=отвертка", vec![1, 2, 3]),
        ("q=ОТВЕРТКА&limit=2", vec![1, 2]),
        ("q=tool-01", vec![10, 11]),
        ("q=%25", vec![]),
        ("category=Ключи", vec![8, 10]),
        ("category=Ключ", vec![]),
        ("category=Ключи&q=разводной", vec![8]),
        ("offset=100", vec![]),
    ] {
        let (status, found) = system.get(&format!("/tools/?{query}")).await;
        assert_eq!(
            (status, numbers(&found["items"], "id")),
            (StatusCode::OK, expected),
            "{query}"
        );
    }
    let (_, kits) = system.get("/toolkits/?q=table").await;
    assert_eq!(
        (numbers(&kits["items"], "id"), &kits["total"]),
        (vec![2], &json!(1))
    );
    for query in ["limit=0", "limit=101", "offset=-1", "limit=many"] {
        for path in ["/tools/", "/toolkits/", "/users/"] {
            let (status, problem) = system.get(&format!("{path}?{query}")).await;
            assert_eq!(
                (status, &problem["code"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("validation_failed")),
                "{path}?{query}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_kept() {
    let system = System::start().await;
    let (status, ivan) = system
        .post(
            "/users/",
            &json!({ "name": "Иван", "employee_number": "001", "role": "worker" }),
        )
        .await;
    assert_eq!(
        (status, &ivan),
        (
            StatusCode::CREATED,
            &json!({ "id": 1, "name": "Иван", "employee_number": "001", "role": "worker" })
        )
    );
    let (_, olga) = system
        .post("/users/", &json!({ "name": "Ольга", "employee_number": "002" }))
        .await;
    assert_eq!((&olga["id"], &olga["role"]), (&json!(2), &Value::Null));
    let taken = json!({ "name": "X", "employee_number": "001" });
    let (status, problem) = in_russian(&system, Method::POST, "/users/", &taken).await;
    assert_eq!(
        (status, &problem["detail"], &problem["code"]),
        (
            StatusCode::CONFLICT,
            &json!("Пользователь с таким номером уже существует"),
            &json!("conflict")
        )
    );
    let (status, problem) = system.put("/users/2", &json!({ "employee_number": "001" })).await;
    assert_eq!(
        (status, problem["detail"].as_str().unwrap().is_ascii()),
        (StatusCode::CONFLICT, true)
    );

    // What is not named stays, what is null is cleared, a number that was given up is free.
    let (_, changed) = system
        .put("/users/2", &json!({ "role": "admin", "employee_number": "003" }))
        .await;
    assert_eq!(
        changed,
        json!({ "id": 2, "name": "Ольга", "employee_number": "003", "role": "admin" })
    );
    let (_, changed) = system.put("/users/2", &json!({ "role": null })).await;
    assert_eq!(
        (&changed["role"], &changed["name"]),
        (&Value::Null, &json!("Ольга"))
    );
    let (status, _) = system
        .post("/users/", &json!({ "name": "Пётр", "employee_number": "002" }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    for body in [
        json!({ "name": "", "employee_number": "9" }),
        json!({ "name": "x" }),
        json!({ "name": "x", "employee_number": "" }),
        json!({ "name": "x", "employee_number": "9", "role": "king" }),
        json!({ "name": "a\nb", "employee_number": "9" }),
        json!({ "name": "x".repeat(300), "employee_number": "9" }),
        json!([]),
    ] {
        let (status, problem) = system.post("/users/", &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem}");
    }
    assert_eq!(
        system.put("/users/1", &json!({ "name": null })).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(system.delete("/users/1").await.0, StatusCode::NO_CONTENT);
    for (method, path) in [
        (Method::GET, "/users/1"),
        (Method::DELETE, "/users/1"),
        (Method::PUT, "/users/1"),
        (Method::GET, "/users/x"),
    ] {
        let (status, problem) = in_russian(&system, method, path, &json!({ "name": "x" })).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Пользователь не найден")),
            "{path}"
        );
    }
    let (status, _) = system
        .post("/users/", &json!({ "name": "Новый", "employee_number": "001" }))
        .await;
    assert_eq!(
        status,
        StatusCode::CREATED,
        "the number of somebody who is gone is free"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_and_kits_hold_each_other() {
    let system = System::start().await;
    let tool =
        json!({ "name": "Молоток", "serial_number": "H-1", "category": "Ударные", "labels": ["hammer"] });
    let (_, made) = system.post("/tools/", &tool).await;
    let id = made["id"].as_u64().unwrap();
    assert_eq!(made["labels"], json!(["hammer"]));
    let (status, problem) = in_russian(&system, Method::POST, "/tools/", &tool).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::CONFLICT,
            &json!("Инструмент с таким серийным номером уже существует")
        )
    );
    let (_, kit) = system
        .post("/toolkits/", &json!({ "name": "Набор", "description": "x" }))
        .await;
    let items = format!("/toolkits/{}/items", kit["id"]);

    let (status, item) = system
        .post(&items, &json!({ "tool_id": id, "quantity": 2 }))
        .await;
    assert_eq!(
        (status, &item["quantity"], &item["tool"]["id"]),
        (StatusCode::CREATED, &json!(2), &json!(id)),
        "{item}"
    );
    let (status, again) = system
        .post(&items, &json!({ "tool_id": id, "quantity": 5 }))
        .await;
    assert_eq!(
        (status, &again["id"], &again["quantity"]),
        (StatusCode::CREATED, &item["id"], &json!(5)),
        "replaced"
    );
    let one = format!("{items}/{}", item["id"]);
    let (_, changed) = system.put(&one, &json!({ "quantity": 3 })).await;
    assert_eq!(changed["quantity"], 3);
    assert_eq!(system.put(&one, &json!({})).await.1["quantity"], 3);
    assert_eq!(system.get(&one).await.1["quantity"], 3);
    for (body, expected) in [
        (json!({ "tool_id": 999, "quantity": 1 }), 404),
        (json!({ "tool_id": id, "quantity": 0 }), 422),
        (json!({ "tool_id": id, "quantity": -1 }), 422),
        (json!({ "tool_id": id, "quantity": 1_000_000 }), 422),
        (json!({ "quantity": 1 }), 422),
    ] {
        let (status, problem) = system.post(&items, &body).await;
        assert_eq!(status.as_u16(), expected, "{body}: {problem}");
    }
    // What is in use stays.
    let (status, problem) = system.delete(&format!("/tools/{id}")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("conflict"))
    );
    let path = format!("/toolkits/{}", kit["id"]);
    let (status, problem) = in_russian(&system, Method::DELETE, &path, &json!({})).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::CONFLICT,
            &json!("В наборе есть позиции. Сначала удалите их.")
        )
    );
    let (_, cleared) = system.put(&path, &json!({ "description": null })).await;
    assert_eq!(
        (&cleared["description"], &cleared["name"]),
        (&Value::Null, &json!("Набор"))
    );

    assert_eq!(system.delete(&one).await.0, StatusCode::NO_CONTENT);
    let (status, problem) = in_russian(&system, Method::DELETE, &one, &json!({})).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::NOT_FOUND, &json!("Позиция набора не найдена"))
    );
    assert_eq!(
        system.delete(&format!("/tools/{id}")).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(system.delete(&path).await.0, StatusCode::NO_CONTENT);
    for path in [path.as_str(), &items] {
        let (status, problem) = in_russian(&system, Method::GET, path, &json!({})).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Набор не найден")),
            "{path}"
        );
    }
    let (status, problem) = in_russian(&system, Method::GET, &format!("/tools/{id}"), &json!({})).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::NOT_FOUND, &json!("Инструмент не найден"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn confidence_and_health() {
    let system = System::start().await;
    let (status, told) = system.get("/api/confidence/").await;
    assert_eq!(
        (status, &told["confidence"]),
        (StatusCode::OK, &json!(0.5)),
        "{told}"
    );
    for wrong in [json!(0), json!(1), json!(1.5), json!(-0.1)] {
        let (status, problem) = in_russian(
            &system,
            Method::POST,
            "/api/confidence/",
            &json!({ "confidence": wrong }),
        )
        .await;
        assert_eq!(
            (status, &problem["detail"]),
            (
                StatusCode::BAD_REQUEST,
                &json!("Значение уверенности должно быть от 0 до 1 (не включая границы 0 и 1)")
            ),
            "{wrong}"
        );
    }
    assert_eq!(
        system
            .post("/api/confidence/", &json!({ "confidence": 0.7 }))
            .await
            .0,
        StatusCode::OK
    );
    assert_eq!(system.get("/api/confidence/").await.1["confidence"], 0.7);
    let (status, health) = system.get("/base/health").await;
    assert_eq!(
        (status, health),
        (
            StatusCode::OK,
            json!({ "status": "healthy", "services": { "redis": "connected", "postgresql": "connected" } })
        )
    );
}

//! Datasets and the pictures in them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::{photo, png},
    system::{System, Wishes, answer},
};

const LIST: &str = "/api/v1/IO/dataset/get-datasets-list";

fn titles(list: &Value) -> Vec<&str> {
    list["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dataset| dataset["title"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_is_made_listed_changed_and_removed() {
    let system = System::start().await;
    let (status, empty) = system.post(LIST, &json!({ "start": 0, "end": 10 })).await;
    assert_eq!(
        (status, &empty["datasets"], &empty["total"]),
        (StatusCode::OK, &json!([]), &json!(0))
    );

    let create = "/api/v1/IO/dataset/create-dataset";
    let (status, created) = system
        .post(create, &json!({ "title": "Leaves", "description": "green" }))
        .await;
    assert_eq!((status, &created["success"]), (StatusCode::OK, &json!(true)));
    let id = created["dataset_id"].as_str().unwrap().to_owned();
    assert_eq!(
        created["message"],
        format!("Dataset 'Leaves' created successfully with ID: {id}")
    );
    assert_eq!(created["data"], Value::Null);
    let (status, untitled) = system.post(create, &json!({ "description": "x" })).await;
    assert_eq!(
        (status, &untitled["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("validation_failed"))
    );
    for title in ["Bark", "Roots", "", "Moss"] {
        system.dataset(title).await;
    }

    let list = async |request: Value| system.post(LIST, &request).await.1;
    let newest = list(json!({ "start": 0, "end": 2 })).await;
    assert_eq!(
        titles(&newest),
        ["Moss", ""],
        "newest first, without a description too"
    );
    assert_eq!(newest["total"], 5);
    assert_eq!(newest["datasets"][0]["description"], Value::Null);
    for field in ["title", "name"] {
        let sorted = list(json!({ "start": 1, "end": 9, "sort_field": field, "sort_order": "asc" })).await;
        assert_eq!(titles(&sorted), ["Bark", "Leaves", "Moss", "Roots"], "{field}");
    }
    let nulls = list(json!({ "start": 0, "end": 1, "sort_field": null, "sort_order": null })).await;
    assert_eq!(titles(&nulls), ["Leaves"], "null is by creation, ascending");
    let described =
        list(json!({ "start": 4, "end": 5, "sort_field": "description", "sort_order": "asc" })).await;
    assert_eq!(titles(&described), ["Leaves"]);
    for (request, text) in [
        (json!({ "start": 2, "end": 2 }), "end must be greater than start"),
        (json!({ "start": 0, "end": 501 }), "at most 500"),
        (json!({ "start": -1, "end": 2 }), "invalid value"),
        (
            json!({ "start": 0, "end": 2, "sort_field": "color" }),
            "unknown variant",
        ),
        (json!({ "end": 2 }), "missing field"),
    ] {
        let (status, problem) = system.post(LIST, &request).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{request}");
        assert!(problem["detail"].as_str().unwrap().contains(text), "{problem}");
    }

    let update = format!("/api/v1/IO/dataset/update-dataset/{id}");
    let (status, changed) = system.put(&update, &json!({ "title": "Blätter" })).await;
    assert_eq!((status, &changed["title"]), (StatusCode::OK, &json!("Blätter")));
    assert_eq!(changed["description"], "green", "what is missing stays");
    assert!(changed["updated_at"].is_string());
    let (status, unchanged) = system.put(&update, &json!({ "title": null })).await;
    assert_eq!(
        (status, &unchanged["detail"]),
        (StatusCode::BAD_REQUEST, &json!("No dataset fields to update"))
    );
    assert_eq!(
        system.get(&format!("/api/v1/IO/dataset/{id}")).await.1["title"],
        "Blätter"
    );

    let remove = format!("/api/v1/IO/dataset/remove-dataset/{id}");
    let (status, removed) = system.delete(&remove).await;
    assert_eq!(
        (status, &removed["message"]),
        (
            StatusCode::OK,
            &json!(format!(
                "Dataset 'Blätter' (ID: {id}) and 0 images deleted successfully"
            ))
        )
    );
    assert_eq!(list(json!({ "start": 0, "end": 9 })).await["total"], 4);
    for unknown in [id.as_str(), "77"] {
        let missing = json!(format!("Dataset with id {unknown} not found"));
        let update = format!("/api/v1/IO/dataset/update-dataset/{unknown}");
        let answers = [
            system
                .delete(&format!("/api/v1/IO/dataset/remove-dataset/{unknown}"))
                .await,
            system.put(&update, &json!({ "title": "x" })).await,
            system
                .post(
                    &format!("/api/v1/IO/dataset/get-images-list/{unknown}"),
                    &json!({ "start": 0, "end": 1 }),
                )
                .await,
        ];
        for (status, problem) in answers {
            assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &missing));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_into_a_dataset_and_out_of_it() {
    let system = System::start().await;
    let dataset = system.dataset("Leaves").await;
    let mut ids = Vec::new();
    for (number, name) in ["c.png", "a.png", "b.png"].into_iter().enumerate() {
        let content = png(20, 10, u32::try_from(number).unwrap());
        ids.push(system.dataset_image(&dataset, name, &content).await);
    }
    let list_path = format!("/api/v1/IO/dataset/get-images-list/{dataset}");
    let (_, list) = system.post(&list_path, &json!({ "start": 0, "end": 2 })).await;
    assert_eq!(
        (&list["total"], &list["dataset_id"]),
        (&json!(3), &json!(dataset))
    );
    assert_eq!((&list["start"], &list["end"]), (&json!(0), &json!(2)));
    assert_eq!(list["images"].as_array().unwrap().len(), 2);
    assert_eq!(list["images"][0]["id"], ids[0].as_str(), "as they came");
    let by_name = json!({ "start": 0, "end": 9, "sort_field": "original_filename", "sort_order": "desc" });
    let (_, list) = system.post(&list_path, &by_name).await;
    assert_eq!(list["images"][0]["original_filename"], "c.png");

    let (status, one) = system.get(&format!("/api/v1/IO/image/image/{}", ids[1])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        one,
        json!({ "id": ids[1], "filename": format!("{}.png", ids[1]), "original_filename": "a.png", "dataset_id": dataset })
    );
    let file = system
        .follow(&format!("/api/v1/IO/image/download-image/{}", ids[1]))
        .await;
    assert_eq!(file.headers()["content-type"], "image/png");
    assert!(
        file.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .contains("filename=\"a.png\"")
    );
    assert_eq!(file.bytes().await.unwrap().to_vec(), png(20, 10, 1));
    // It is developed as every picture is, and in no list of the library.
    assert_eq!(system.developed(&ids[1]).await["status"], "DONE");
    assert_eq!(system.get("/images").await.1["items"], json!([]));

    let remove = format!("/api/v1/IO/image/remove-image/{}", ids[1]);
    let (status, removed) = system.delete(&remove).await;
    assert_eq!(
        (status, &removed["message"]),
        (
            StatusCode::OK,
            &json!(format!("Image {} deleted successfully", ids[1]))
        )
    );
    let missing = json!(format!("Image with id {} not found", ids[1]));
    for (status, problem) in [
        system.delete(&remove).await,
        system.get(&format!("/api/v1/IO/image/image/{}", ids[1])).await,
        system
            .get(&format!("/api/v1/IO/image/download-image/{}", ids[1]))
            .await,
    ] {
        assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &missing));
    }
    let (_, list) = system.post(&list_path, &json!({ "start": 0, "end": 9 })).await;
    assert_eq!(list["total"], 2);

    let (_, removed) = system
        .delete(&format!("/api/v1/IO/dataset/remove-dataset/{dataset}"))
        .await;
    assert!(
        removed["message"]
            .as_str()
            .unwrap()
            .contains("and 2 images deleted"),
        "{removed}"
    );
    assert_eq!(
        system.get(&format!("/images/{}", ids[0])).await.0,
        StatusCode::NOT_FOUND
    );
    system.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_into_a_dataset_is_refused() {
    let system = System::start().await;
    let dataset = system.dataset("Leaves").await;
    let into =
        |dataset: &str| json!({ "title": "t", "dataset_id": dataset, "description": null }).to_string();
    let picture = png(8, 8, 1);
    let good = into(&dataset);
    let unknown = into("0192f0c1-2345-7abc-8def-0123456789ab");
    let bare = json!({ "dataset_id": dataset }).to_string();
    let cases: [(&str, &str, &[u8], u16, &str); 7] = [
        ("not-json", "image/png", &picture, 400, "Invalid form data"),
        (&bare, "image/png", &picture, 400, "Invalid form data"),
        (&good, "text/plain", &picture, 400, "File type not supported."),
        (
            &good,
            "image/svg+xml",
            b"<svg onload='x'/>",
            400,
            "File type not supported.",
        ),
        (
            &unknown,
            "image/png",
            &picture,
            404,
            "Dataset with id 0192f0c1-2345-7abc-8def-0123456789ab not found",
        ),
        (&good, "image/png", &picture[..20], 422, "damaged"),
        (&good, "image/png", b"", 422, "empty"),
    ];
    for (form_data, content_type, content, expected, text) in cases {
        let (status, problem) = system
            .post_dataset_image(form_data, "a.png", content_type, content)
            .await;
        assert_eq!(status.as_u16(), expected, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(text),
            "{text}: {problem}"
        );
    }
    let (status, problem) = system
        .post_file("/api/v1/IO/image/upload", "a.png", &picture)
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "no form_data");
    assert_eq!(problem["errors"][0]["loc"], json!(["body", "form_data"]));
    let (status, problem) = system
        .post_dataset_image(&good, "a.png", "image/png", &vec![0; 4 * 1024 * 1024 + 1])
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("use_presigned_upload"))
    );
    let list = format!("/api/v1/IO/dataset/get-images-list/{dataset}");
    let (_, list) = system.post(&list, &json!({ "start": 0, "end": 9 })).await;
    assert_eq!(list["total"], 0);
    assert!(system.keys().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promised_picture_lands_in_its_dataset() {
    let system = System::start().await;
    let dataset = system.dataset("Street").await;
    let content = photo("orientation_landscape_6.jpg");
    let request = json!({ "filename": "street.jpg", "content_type": "image/jpeg", "size": content.len(),
        "sha256": crate::system::sha256(&content), "purpose": "dataset_image", "dataset_id": dataset });
    // Twice the same file: each has its own analyses.
    for number in 1..=2 {
        let (status, promise) = system.post("/uploads", &request).await;
        assert_eq!(status, StatusCode::CREATED, "{promise}");
        assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
        let upload = system.decided(promise["upload_id"].as_str().unwrap()).await;
        assert_eq!(
            (&upload["state"], &upload["duplicate"]),
            (&json!("accepted"), &json!(false)),
            "{upload}"
        );
        let image = upload["image_id"].as_str().unwrap();
        assert_eq!(system.developed(image).await["dataset_id"], dataset.as_str());
        let list = format!("/api/v1/IO/dataset/get-images-list/{dataset}");
        let (_, list) = system.post(&list, &json!({ "start": 0, "end": 9 })).await;
        assert_eq!(list["total"], number);
    }
    for (purpose, id, expected) in [
        ("dataset_image", Some("0192f0c1-2345-7abc-8def-0123456789ab"), 404),
        ("dataset_image", None, 422),
        ("image", Some(dataset.as_str()), 422),
        ("magic", None, 422),
    ] {
        let mut request = request.clone();
        request["purpose"] = purpose.into();
        request["dataset_id"] = id.into();
        let (status, problem) = system.post("/uploads", &request).await;
        assert_eq!(status.as_u16(), expected, "{purpose} {id:?}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_comes_after_its_dataset_is_gone_is_refused() {
    let system = System::start().await;
    let dataset = system.dataset("Short").await;
    let content = png(9, 9, 9);
    let request = json!({ "filename": "a.png", "content_type": "image/png", "size": content.len(),
        "purpose": "dataset_image", "dataset_id": dataset });
    let (_, promise) = system.post("/uploads", &request).await;
    system
        .delete(&format!("/api/v1/IO/dataset/remove-dataset/{dataset}"))
        .await;
    assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
    let upload = system.decided(promise["upload_id"].as_str().unwrap()).await;
    assert_eq!(
        (&upload["state"], &upload["error"]["code"]),
        (&json!("rejected"), &json!("not_found"))
    );
    system.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbours_dataset_is_none() {
    let system = System::with(Wishes {
        tokens: vec![("alice", "a"), ("bob", "b")],
        ..Default::default()
    })
    .await;
    let dataset = system.dataset("Alice's").await;
    let image = system.dataset_image(&dataset, "a.png", &png(8, 8, 1)).await;
    let by_bob = async |method: Method, path: String, body: Value| {
        answer(
            system
                .api_as(Some("b"), method, &path)
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    let grid = json!({ "vertical_lines": [], "horizontal_lines": [] });
    for (method, path, body) in [
        (Method::GET, format!("/api/v1/IO/dataset/{dataset}"), json!({})),
        (
            Method::DELETE,
            format!("/api/v1/IO/dataset/remove-dataset/{dataset}"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/api/v1/IO/archive/export/{dataset}"),
            json!({}),
        ),
        (
            Method::GET,
            format!("/api/v1/IO/image/download-image/{image}"),
            json!({}),
        ),
        (
            Method::DELETE,
            format!("/api/v1/IO/image/remove-image/{image}"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/api/v1/analysis/manual/calculate-mean-lines/{image}"),
            grid,
        ),
        (
            Method::POST,
            format!("/api/v1/analysis/manual/gaussian-blur/{image}"),
            json!({}),
        ),
        (
            Method::GET,
            format!("/api/v1/analysis/crop/get-crop/{image}"),
            json!({}),
        ),
        (
            Method::POST,
            format!("/api/v1/analysis/kmeans/{image}"),
            json!({ "nclusters": 1, "colors": [[0, 0, 0]] }),
        ),
    ] {
        let (status, _) = by_bob(method.clone(), path.clone(), body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    let (_, list) = by_bob(Method::POST, LIST.to_owned(), json!({ "start": 0, "end": 9 })).await;
    assert_eq!(list["total"], 0);
    assert_eq!(
        system.get(&format!("/api/v1/IO/dataset/{dataset}")).await.0,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twice_makes_one_dataset() {
    let system = System::start().await;
    let twice = async |path: &str, body: &Value| {
        let mut answers = Vec::new();
        for _ in 0..2 {
            let request = system
                .api(Method::POST, path)
                .header("idempotency-key", "k")
                .json(body);
            answers.push(answer(request.send().await.unwrap()).await);
        }
        assert_eq!(answers[0], answers[1], "{path}");
        answers.remove(0).1
    };
    let create = "/api/v1/IO/dataset/create-dataset";
    let created = twice(create, &json!({ "title": "Once" })).await;
    let (_, list) = system.post(LIST, &json!({ "start": 0, "end": 9 })).await;
    assert_eq!(list["total"], 1);
    let dataset = created["dataset_id"].as_str().unwrap();
    twice(&format!("/api/v1/IO/archive/export/{dataset}"), &json!({})).await;
    assert_eq!(system.get("/jobs").await.1["items"].as_array().unwrap().len(), 1);
}

//! Crop, blur and means of a picture.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::{painted, photo, pixels, png},
    system::System,
};

const MANUAL: &str = "/api/v1/analysis/manual";

/// Black on the left, white on the right.
fn halves() -> Vec<u8> {
    painted(100, 40, |x, _| if x < 50 { [0; 3] } else { [255; 3] })
}

async fn image(system: &System, content: &[u8]) -> String {
    let dataset = system.dataset("Analysed").await;
    system.dataset_image(&dataset, "a.png", content).await
}

#[tokio::test(flavor = "multi_thread")]
async fn means_between_lines() {
    let system = System::start().await;
    let image = image(&system, &halves()).await;
    let result = format!("{MANUAL}/result/{image}");
    let (status, problem) = system.get(&result).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::NOT_FOUND,
            &json!(format!("Manual analysis result not found for image {image}"))
        )
    );
    let path = format!("{MANUAL}/calculate-mean-lines/{image}");
    let (status, means) = system
        .post(
            &path,
            &json!({ "vertical_lines": [50], "horizontal_lines": [20] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{means}");
    assert_eq!(means["means"], json!([[0.0, 255.0], [0.0, 255.0]]));
    assert_eq!(means["message"], "Successfully calculated mean for grid");
    assert_eq!(
        (&means["success"], &means["image_id"]),
        (&json!(true), &json!(image))
    );
    let (_, halved) = system
        .post(
            &path,
            &json!({ "vertical_lines": [80, 20.5, 80], "horizontal_lines": [] }),
        )
        .await;
    assert_eq!(
        halved["vertical_lines"],
        json!([0, 20, 80, 100]),
        "rounded to even, sorted, once"
    );
    assert_eq!(halved["horizontal_lines"], json!([0, 40]));
    assert_eq!(halved["means"], json!([[0.0, 127.5, 255.0]]));

    let (status, kept) = system.get(&result).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(kept["id"], halved["result_id"], "the newer replaced the older");
    assert_eq!(kept["brightness_data"], halved["means"]);
    assert_eq!(
        kept["parameters"],
        json!({ "image_id": image, "vertical_lines": [0, 20, 80, 100], "horizontal_lines": [0, 40],
            "image_width": 100, "image_height": 40 })
    );
    assert_eq!(kept["updated_at"], Value::Null);

    for (body, text) in [
        (
            json!({ "vertical_lines": [101], "horizontal_lines": [] }),
            "Vertical lines must be within image width (0-100)",
        ),
        (
            json!({ "vertical_lines": [], "horizontal_lines": [-1] }),
            "Horizontal lines must be within image height (0-40)",
        ),
        (
            json!({ "vertical_lines": ["a"], "horizontal_lines": [] }),
            "invalid type",
        ),
        (json!({ "vertical_lines": [] }), "missing field"),
    ] {
        let (status, problem) = system.post(&path, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(problem["detail"].as_str().unwrap().contains(text), "{problem}");
    }
    let (status, problem) = system
        .post(
            &format!("{MANUAL}/calculate-mean-lines/17"),
            &json!({ "vertical_lines": [], "horizontal_lines": [] }),
        )
        .await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::NOT_FOUND, &json!("Image 17 not found"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn means_too_large_for_a_record_are_kept_to_the_last_digit() {
    let system = System::start().await;
    let image = image(&system, &png(400, 300, 5)).await;
    let lines = |size: u32, step: u32| (1..size / step).map(|line| line * step).collect::<Vec<_>>();
    let grid = json!({ "vertical_lines": lines(400, 3), "horizontal_lines": lines(300, 3) });
    let path = format!("{MANUAL}/calculate-mean-lines/{image}");
    let (status, means) = system.post(&path, &grid).await;
    assert_eq!(status, StatusCode::OK, "{}", means["detail"]);
    assert!(means["means"].to_string().len() > 100_000);
    let (_, kept) = system.get(&format!("{MANUAL}/result/{image}")).await;
    assert!(kept["brightness_data"] == means["means"]);
    let files = |keys: Vec<String>| keys.into_iter().filter(|key| key.contains("/analyses/")).count();
    assert_eq!(files(system.keys().await), 1);
    // The next result takes the file of the former away.
    system.post(&path, &grid).await;
    assert_eq!(files(system.keys().await), 1);
    system
        .post(&path, &json!({ "vertical_lines": [], "horizontal_lines": [] }))
        .await;
    assert_eq!(files(system.keys().await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn means_of_cells_in_categories() {
    let system = System::start().await;
    let image = image(&system, &halves()).await;
    let path = format!("{MANUAL}/calculate-categorized-mean/{image}");
    let request = json!({
        "verticalLines": [50], "horizontalLines": [20], "imageID": image,
        "selectedCells": [
            { "row": 0, "col": 1, "categoryId": "bright" },
            { "row": 1, "col": 0, "categoryId": "dark" },
            { "row": 1, "col": 1, "categoryId": "bright" },
        ],
        "selectionCategories": [
            { "id": "dark", "name": "Dark", "color": "#000" },
            { "id": "bright", "name": "Bright", "color": "#fff" },
        ],
    });
    let (status, found) = system.post(&path, &request).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    assert_eq!(found["message"], "Calculated stats for 2 categories");
    assert_eq!(
        (&found["overallMean"], &found["allCellsMean"]),
        (&json!(170.0), &json!(0.0))
    );
    assert_eq!(
        (&found["totalCells"], &found["selectedCellsCount"]),
        (&json!(4), &json!(3))
    );
    let bright = &found["categoryResults"][0];
    assert_eq!(
        *bright,
        json!({ "categoryId": "bright", "categoryName": "Bright", "color": "#fff", "meanValue": 255.0, "cellCount": 2,
            "cells": [{ "row": 0, "col": 1 }, { "row": 1, "col": 1 }], "rowMeans": [255.0, 255.0],
            "rowMeansAverage": 255.0 })
    );
    assert_eq!(found["categoryResults"][1]["rowMeans"], json!([null, 0.0]));

    let (status, kept) = system
        .get(&format!("{MANUAL}/categorized-mean/{image}/result"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&kept["result_id"], &kept["method"]),
        (&found["resultId"], &json!("calculate_categorized_mean"))
    );
    let result = &kept["result"];
    assert_eq!(result["selectedCells"], request["selectedCells"]);
    assert_eq!(
        (&result["confirmed"], &result["categoryMeansAverage"]),
        (&json!(true), &json!(127.5))
    );

    let with = |name: &str, value: Value| {
        let mut request = request.clone();
        request[name] = value;
        request
    };
    for (body, expected, text) in [
        (
            with("imageID", json!("17")),
            422,
            "Image ID in URL and body must match",
        ),
        (
            with("selectedCells", json!([])),
            400,
            "No cells selected for calculation",
        ),
        (
            with(
                "selectedCells",
                json!([{ "row": 2, "col": 0, "categoryId": "dark" }]),
            ),
            422,
            "Cell row 2 out of bounds (0-1)",
        ),
        (
            with(
                "selectedCells",
                json!([{ "row": 0, "col": 0, "categoryId": "grey" }]),
            ),
            422,
            "Category ID 'grey' not found in definitions",
        ),
    ] {
        let (status, problem) = system.post(&path, &body).await;
        assert_eq!((status.as_u16(), &problem["detail"]), (expected, &json!(text)));
    }
    let nobody = format!("{MANUAL}/categorized-mean/17/result");
    assert_eq!(
        system.get(&nobody).await.1["detail"],
        "Categorized mean result not found for image 17"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blurred_picture_is_answered_as_png() {
    let system = System::start().await;
    // The first example that is recorded of the kernel of three.
    let ramp = painted(7, 7, |x, y| {
        let value = u8::try_from(5 * (7 * y + x)).unwrap();
        [value; 3]
    });
    let image = image(&system, &ramp).await;
    let path = format!("{MANUAL}/gaussian-blur/{image}");
    let blur = async |body: Value| system.api(Method::POST, &path).json(&body).send().await.unwrap();
    let grey = blur(json!({ "apply_viridis": false })).await;
    assert_eq!(grey.status(), StatusCode::OK);
    assert_eq!(grey.headers()["content-type"], "image/png");
    let (width, height, grey) = pixels(&grey.bytes().await.unwrap());
    assert_eq!((width, height), (7, 7));
    assert!(grey.iter().all(|[r, g, b]| r == g && g == b));
    let colored = blur(json!({ "kernel_size": 5, "sigma_x": 1.5 })).await;
    let (_, _, colored) = pixels(&colored.bytes().await.unwrap());
    assert_eq!(colored[0], [0x44, 0x01, 0x54], "the darkest of viridis");
    assert_eq!(colored[48], [0xfd, 0xe7, 0x25], "the brightest");
    for body in [
        json!({ "kernel_size": 4 }),
        json!({ "kernel_size": 0 }),
        json!({ "kernel_size": 1_000_001 }),
        json!({ "kernel_size": 0, "sigma_x": 1e300 }),
        json!({ "kernel_size": "three" }),
    ] {
        let (status, problem) = system.post(&path, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem}");
        assert_eq!(problem["code"], "validation_failed");
    }
    let (status, problem) = system
        .post(&format!("{MANUAL}/gaussian-blur/17"), &json!({}))
        .await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::NOT_FOUND, &json!("Image 17 not found"))
    );
    assert!(!system.keys().await.iter().any(|key| key.starts_with("answers/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blurred_picture_too_large_for_an_answer_is_fetched() {
    let system = System::start().await;
    let dataset = system.dataset("Large").await;
    // Noise does not pack: three megapixels in false colours are more than an answer carries.
    let content = png(1850, 1850, 3);
    let request = json!({ "filename": "noise.png", "content_type": "image/png", "size": content.len(),
        "purpose": "dataset_image", "dataset_id": dataset });
    let (status, promise) = system.post("/uploads", &request).await;
    assert_eq!(status, StatusCode::CREATED, "{promise}");
    assert_eq!(system.send(&promise, &content).await.status(), StatusCode::OK);
    let image = system.decided(promise["upload_id"].as_str().unwrap()).await["image_id"].clone();
    let path = format!("{MANUAL}/gaussian-blur/{}", image.as_str().unwrap());
    let answer = system
        .api(Method::POST, &path)
        .json(&json!({ "kernel_size": 1 }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()["location"].to_str().unwrap();
    let file = reqwest::get(location).await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    let (width, height, _) = pixels(&file.bytes().await.unwrap());
    assert_eq!((width, height), (1850, 1850));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crop_is_found_stored_and_replaced() {
    let system = System::start().await;
    let content = painted(160, 120, |x, y| {
        let inside = (30..130).contains(&x) && (20..100).contains(&y);
        if inside { [20, 30, 40] } else { [255; 3] }
    });
    let image = image(&system, &content).await;
    let found = json!({ "top": 22, "bottom": 97, "left": 32, "right": 127 });
    let auto = "/api/v1/analysis/crop/auto-crop";
    let (status, cropped) = system.post(auto, &json!({ "image_id": image })).await;
    assert_eq!(
        (status, &cropped["message"], &cropped["data"]),
        (StatusCode::OK, &json!("Image cropped successfully"), &found)
    );
    let get = format!("/api/v1/analysis/crop/get-crop/{image}");
    let (_, computed) = system.get(&get).await;
    assert_eq!(
        computed["message"],
        "Crop computed automatically (no prior data found)"
    );
    assert_eq!(computed["data"], found);
    assert_eq!(
        system.get(&get).await.1["message"],
        "Crop results retrieved successfully"
    );

    let store = format!("/api/v1/analysis/crop/crop-image/{image}");
    let own = json!({ "top": 5, "bottom": 25, "left": -10, "right": 5000 });
    let (status, stored) = system.post(&store, &own).await;
    assert_eq!(
        (status, &stored["message"], &stored["data"]),
        (
            StatusCode::OK,
            &json!("Image cropped and result saving in background"),
            &Value::Null
        )
    );
    assert_eq!(system.get(&get).await.1["data"], own);
    for empty in [
        json!({ "top": 5, "bottom": 5, "left": 1, "right": 2 }),
        json!({ "top": 5, "bottom": 9, "left": 2, "right": 1 }),
        json!({ "top": 500, "bottom": 900, "left": 0, "right": 10 }),
    ] {
        let (status, problem) = system.post(&store, &empty).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::BAD_REQUEST, &json!("Cropped area is empty"))
        );
    }
    for (status, problem) in [
        system.post(auto, &json!({ "image_id": "17" })).await,
        system.get("/api/v1/analysis/crop/get-crop/17").await,
        system.post("/api/v1/analysis/crop/crop-image/17", &own).await,
    ] {
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("Image not found"))
        );
    }
    let dataset = system.dataset("White").await;
    let white = painted(50, 50, |_, _| [255; 3]);
    let white = system.dataset_image(&dataset, "white.png", &white).await;
    let (status, problem) = system.post(auto, &json!({ "image_id": white })).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("No content found in image — entire image appears to be background")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn analyses_see_a_photograph_upright() {
    let system = System::start().await;
    let dataset = system.dataset("Street").await;
    let image = system
        .dataset_image(&dataset, "street.jpg", &photo("orientation_landscape_6.jpg"))
        .await;
    let (_, view) = system.get(&format!("/images/{image}")).await;
    let (width, height) = (view["width"].as_u64().unwrap(), view["height"].as_u64().unwrap());
    assert!(width > height, "the file lies on its side");
    let path = format!("{MANUAL}/calculate-mean-lines/{image}");
    let (status, means) = system
        .post(
            &path,
            &json!({ "vertical_lines": [width], "horizontal_lines": [height / 2] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{means}");
    let mean = |row: usize| means["means"][row][0].as_f64().unwrap();
    assert!(mean(0) > mean(1) + 20.0, "the sky is above: {means}");
    // What was analysed goes with the picture.
    assert_eq!(system.delete(&format!("/images/{image}")).await.0, StatusCode::OK);
    assert_eq!(
        system.get(&format!("{MANUAL}/result/{image}")).await.0,
        StatusCode::NOT_FOUND
    );
    system.until_empty().await;
}

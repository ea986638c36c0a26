//! One picture, answered in the request.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::form;
use crate::{
    crib::{bounds, predict, tray},
    pictures::{dimensions, painted, photo, png},
    segmentation::with_own_model,
    system::{System, Wishes, answer},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_cup_of_coffee() {
    let system = System::start().await;
    let (status, seen) = predict(
        &system,
        &photo("coffee.png"),
        &[("toolkit_id", "2"), ("confidence", "0.4")],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{seen}");
    assert_eq!(seen["found_tools"][0]["serial_number"], "TABLE-001");
    assert_eq!(seen["found_tools"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&seen["hand_check"], &seen["ml_predictions"]),
        (&json!(true), &json!([12]))
    );
    assert_eq!(seen["missing_tools"].as_array().unwrap().len(), 5);
    assert!(seen["inference_time_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (
            &seen["model"]["name"],
            seen["model"]["sha256"].as_str().map(str::len)
        ),
        (&json!("efficientdet_lite0"), Some(64))
    );
    // The table is seen and is no tool.
    let detections = seen["detections"].as_array().unwrap();
    let table = detections
        .iter()
        .find(|found| found["label"] == "dining table")
        .unwrap();
    assert_eq!(table["tool_id"], json!(null));
    let (width, height) = (seen["width"].as_f64().unwrap(), seen["height"].as_f64().unwrap());
    for found in detections {
        let edges: Vec<f64> = found["box"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| edge.as_f64().unwrap())
            .collect();
        assert!(
            0.0 <= edges[0] && edges[0] < edges[2] && edges[2] <= width,
            "{found}"
        );
        assert!(
            0.0 <= edges[1] && edges[1] < edges[3] && edges[3] <= height,
            "{found}"
        );
        assert!(found["confidence"].as_f64().unwrap() > 0.4);
    }
    // The prediction can be asked for again, by its id.
    let (status, kept) = system
        .get(&format!(
            "/predictions/{}",
            seen["prediction_id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        (status, kept["detections"].as_array().unwrap().len()),
        (StatusCode::OK, detections.len())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_is_shown_too() {
    let system = with_own_model(Wishes::default()).await;
    let (status, seen) = predict(&system, &tray(&[]), &[("toolkit_id", "1"), ("model", "tray")]).await;
    assert_eq!(
        (status, &seen["detections"], &seen["hand_check"]),
        (StatusCode::OK, &json!([]), &json!(true))
    );
    let picture = system.follow(seen["processed_image_url"].as_str().unwrap()).await;
    let picture = image::load_from_memory(&picture.bytes().await.unwrap())
        .unwrap()
        .to_rgb8();
    assert!(
        picture
            .pixels()
            .all(|pixel| pixel.0.iter().all(|value| value.abs_diff(114) < 3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_lie_in_the_upright_original() {
    let system = with_own_model(Wishes::default()).await;
    // Four times as large, so that the model looks at a smaller rendition.
    let small = image::load_from_memory(&tray(&[(3, 1.0), (8, 1.0)])).unwrap();
    let large = small
        .resize_exact(2560, 2560, image::imageops::FilterType::Nearest)
        .to_rgb8();
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 92)
        .encode_image(&large)
        .unwrap();
    let (status, seen) = predict(&system, &file, &[("toolkit_id", "1"), ("model", "tray")]).await;
    assert_eq!((status, &seen["width"]), (StatusCode::OK, &json!(2560)), "{seen}");
    for (index, tool) in [3, 8].into_iter().enumerate() {
        let found = seen["detections"]
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["tool_id"] == tool)
            .unwrap();
        for (edge, expected) in found["box"].as_array().unwrap().iter().zip(bounds(index)) {
            assert!((edge.as_f64().unwrap() - 4.0 * expected).abs() < 4.0, "{found}");
        }
    }
    let picture = system.follow(seen["processed_image_url"].as_str().unwrap()).await;
    let picture = image::load_from_memory(&picture.bytes().await.unwrap())
        .unwrap()
        .to_rgb8();
    assert_eq!(picture.dimensions(), (2560, 2560));
    // The frame of the first box, in the colour of its class, and the picture elsewhere.
    let differs = |x: u32, y: u32| {
        let (a, b) = (picture.get_pixel(x, y), large.get_pixel(x, y));
        a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 40)
    };
    assert!(differs(252, 400) && differs(400, 515) && !differs(2000, 2000) && !differs(380, 450));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_on_its_side_is_seen_and_shown_upright() {
    let system = System::start().await;
    let (status, seen) = predict(
        &system,
        &photo("orientation_landscape_6.jpg"),
        &[("toolkit_id", "2")],
    )
    .await;
    assert_eq!(
        (status, &seen["width"], &seen["height"]),
        (StatusCode::OK, &json!(1800), &json!(1200))
    );
    let shown = system.follow(seen["processed_image_url"].as_str().unwrap()).await;
    let shown = shown.bytes().await.unwrap();
    // It lies as it lay, and says so; and it says nothing else that the camera knew.
    assert_eq!(dimensions(&shown), (1200, 1800));
    let exif = shown.windows(6).position(|bytes| bytes == b"Exif\0\0").unwrap();
    let segment = usize::from(u16::from_be_bytes([shown[exif - 2], shown[exif - 1]]));
    assert!(segment < 64, "the orientation alone: {segment} bytes");
    let (_, with_place) = predict(&system, &photo("gps_starfish.jpg"), &[("toolkit_id", "2")]).await;
    let shown = system
        .follow(with_place["processed_image_url"].as_str().unwrap())
        .await;
    let shown = shown.bytes().await.unwrap();
    assert!(
        !shown.windows(6).any(|bytes| bytes == b"Exif\0\0"),
        "where it was taken is nobody's to know"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_detector_does_as_it_is_told() {
    let system = with_own_model(Wishes::default()).await;
    let picture = tray(&[(1, 0.9), (2, 0.7), (3, 0.95), (10, 0.6)]);
    let mut ids = Vec::new();
    for (field, value, expected) in [
        ("confidence", "0.5", vec![3, 1, 2, 10]),
        ("confidence", "0.65", vec![3, 1, 2]),
        ("classes", "1, 10", vec![1, 10]),
        ("max_det", "2", vec![3, 1]),
        ("iou", "0.9", vec![3, 1, 2, 10]),
    ] {
        let fields = [("toolkit_id", "1"), ("model", "tray"), (field, value)];
        let (status, seen) = predict(&system, &picture, &fields).await;
        assert_eq!(
            (status, &seen["ml_predictions"]),
            (StatusCode::OK, &json!(expected)),
            "{field}={value}"
        );
        assert_eq!(seen["cached"], false, "{field}={value}");
        ids.push(seen["prediction_id"].to_string());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each is another prediction");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_predicted() {
    let system = System::start().await;
    let picture = png(40, 30, 5);
    for (content, fields, status, code) in [
        (
            picture.as_slice(),
            vec![("toolkit_id", "2"), ("confidence", "1.5")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("confidence", "0")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("confidence", "NaN")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("iou", "2")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("max_det", "0")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("max_det", "100000")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("classes", "unicorn")],
            422,
            "validation_failed",
        ),
        (
            &picture,
            vec![("toolkit_id", "2"), ("model", "deeplabv3_mnv2_257")],
            422,
            "validation_failed",
        ),
        (&picture, vec![], 422, "validation_failed"),
        (&picture, vec![("toolkit_id", "two")], 422, "validation_failed"),
        (&picture, vec![("toolkit_id", "77")], 404, "not_found"),
        (
            b"%PDF-1.4 no picture",
            vec![("toolkit_id", "2")],
            415,
            "unsupported_format",
        ),
        (b"", vec![("toolkit_id", "2")], 422, "empty_file"),
        (
            &picture[..picture.len() / 2],
            vec![("toolkit_id", "2")],
            422,
            "corrupt_image",
        ),
    ] {
        let (found, problem) = predict(&system, content, &fields).await;
        assert_eq!(
            (found.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{fields:?}: {problem}"
        );
    }
    let nothing = form("other", &[("a.png", &picture)], &[("toolkit_id", "2")]);
    let response = system
        .api(Method::POST, "/predict/")
        .multipart(nothing)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let large = vec![0; (4 << 20) + 1];
    let (status, problem) = predict(&system, &large, &[("toolkit_id", "2")]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("use_presigned_upload"))
    );
    // A picture that says it is huge is refused by its header.
    let mut huge = painted(16, 16, |_, _| [0; 3]);
    huge[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let (status, problem) = predict(&system, &huge, &[("toolkit_id", "2")]).await;
    assert!(matches!(status.as_u16(), 413 | 422), "{problem}");
    assert!(
        !system.keys().await.iter().any(|key| key.starts_with("media/")),
        "nothing was drawn"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn media_are_shown_by_their_names_alone() {
    let system = System::start().await;
    let mine = "/media/processed_0192f0c1-2345-8abc-8def-0123456789ab.jpg";
    for (path, status) in [
        (mine, 404),
        ("/media/processed_x.jpg", 404),
        ("/media/temp_0192f0c1-2345-8abc-8def-0123456789ab.jpg", 404),
        ("/media/predictions.json", 404),
        ("/media/C:x.jpg", 403),
        ("/media/..x.jpg", 403),
    ] {
        let request = system.api(Method::GET, path).header("accept-language", "ru");
        let (found, problem) = answer(request.send().await.unwrap()).await;
        let text = if status == 404 {
            "Изображение не найдено"
        } else {
            "Доступ запрещен"
        };
        assert_eq!(
            (found.as_u16(), problem["detail"].as_str()),
            (status, Some(text)),
            "{path}: {problem}"
        );
    }
    // Slashes part paths, whichever way they are written: nothing is there, and nothing is told.
    for path in [
        "/media/..%2f..%2fetc%2fpasswd",
        "/media/a%2fb.jpg",
        "/media/..%5cboot.ini",
    ] {
        let (status, problem) = system.get(path).await;
        assert!(matches!(status.as_u16(), 403 | 404), "{path}: {problem}");
    }
}

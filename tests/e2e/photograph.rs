//! A photograph on its way through.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    pictures::{dimensions, encoded, photo, png},
    system::{System, sha256},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_becomes_three_upright_thumbnails() {
    let system = System::start().await;
    // Stored lying on its side, with EXIF orientation 6.
    let content = photo("orientation_landscape_6.jpg");
    let upload = system.upload("phone photo.jpg", "image/jpeg", &content).await;
    let decided = system.decided(&upload).await;
    assert_eq!(decided["state"], "accepted", "{decided}");
    let image = decided["image_id"].as_str().unwrap();
    let view = system.developed(image).await;
    assert_eq!(view["status"], "DONE", "{view}");
    assert_eq!(view["format"], "jpeg");
    assert_eq!(view["size"], content.len());
    assert_eq!(view["sha256"], sha256(&content));
    assert!(
        view["width"].as_u64() > view["height"].as_u64(),
        "upright it is a landscape: {view}"
    );

    let reference = image::load_from_memory(&photo("orientation_landscape_6.jpg"))
        .unwrap()
        .rotate90()
        .to_rgb8();
    for (preset, side) in [("100x100", 100), ("300x300", 300), ("1200x1200", 1200)] {
        let path = view["thumbnails"][preset].as_str().unwrap();
        assert_eq!(path, format!("/images/{image}/thumbnails/{preset}"));
        let jpeg = system.thumbnail(image, preset).await;
        assert_eq!(dimensions(&jpeg), (side, side));
        assert!(
            !jpeg.windows(4).any(|window| window == b"Exif"),
            "no metadata in a derivative"
        );
        // The same scene, upright: corner for corner.
        let made = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        let (width, height) = reference.dimensions();
        let offset = (width - height) / 2;
        for (x, y) in [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)] {
            let mean = |picture: &image::RgbImage, left: f64, size: f64| {
                let (cx, cy) = (left + x * size, y * size);
                let radius = size / 20.0;
                let mut sum = [0_f64; 3];
                let mut count = 0.0;
                for py in (cy - radius) as u32..(cy + radius) as u32 {
                    for px in (cx - radius) as u32..(cx + radius) as u32 {
                        for (channel, value) in sum.iter_mut().zip(picture.get_pixel(px, py).0) {
                            *channel += f64::from(value);
                        }
                        count += 1.0;
                    }
                }
                sum.map(|value| value / count)
            };
            let expected = mean(&reference, f64::from(offset), f64::from(height));
            let found = mean(&made, 0.0, f64::from(side));
            for (expected, found) in expected.iter().zip(found) {
                assert!(
                    (expected - found).abs() < 12.0,
                    "{preset} at {x},{y}: {expected} {found}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_comes_back_byte_for_byte() {
    let system = System::start().await;
    let content = photo("gps_starfish.jpg");
    let image = system.upload("été \"1\".jpg", "image/jpeg", &content).await;
    assert_eq!(system.developed(&image).await["status"], "DONE");

    let original = system.follow(&format!("/images/{image}/original")).await;
    assert_eq!(original.headers()["content-type"], "image/jpeg");
    let disposition = original.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        disposition.starts_with("attachment;") && disposition.contains("%C3%A9t%C3%A9"),
        "{disposition}"
    );
    assert_eq!(original.bytes().await.unwrap(), content);

    // Whoever asks for a picture is sent to it.
    let asked = system
        .api(Method::GET, &format!("/images/{image}"))
        .header("accept", "image/*")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::FOUND);
    assert_eq!(
        asked.headers()["location"].to_str().unwrap(),
        format!("/images/{image}/original")
    );

    // The old address of a thumbnail.
    let old = system
        .follow(&format!("/static/thumbnails/{image}_100x100.jpg"))
        .await;
    assert_eq!(
        old.bytes().await.unwrap(),
        system.thumbnail(&image, "100x100").await
    );
    // Where the position was taken stays out of what is shown.
    for preset in ["100x100", "300x300", "1200x1200"] {
        let jpeg = system.thumbnail(&image, preset).await;
        assert!(
            !jpeg
                .windows(4)
                .any(|window| window == b"Exif" || window == b"GPS\0")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_format_goes_through() {
    let system = System::start().await;
    let formats = [
        ("a.jpg", "image/jpeg", image::ImageFormat::Jpeg),
        ("a.png", "image/png", image::ImageFormat::Png),
        ("a.webp", "image/webp", image::ImageFormat::WebP),
        ("a.gif", "image/gif", image::ImageFormat::Gif),
        ("a.bmp", "image/bmp", image::ImageFormat::Bmp),
        ("a.tiff", "image/tiff", image::ImageFormat::Tiff),
    ];
    let mut images = Vec::new();
    for (number, (filename, content_type, format)) in formats.into_iter().enumerate() {
        let content = encoded(90, 60, u32::try_from(number).unwrap(), format);
        images.push((filename, system.upload(filename, content_type, &content).await));
    }
    for (filename, image) in images {
        let view = system.developed(&image).await;
        assert_eq!(view["status"], "DONE", "{filename}: {view}");
        assert_eq!(
            (view["width"].as_u64(), view["height"].as_u64()),
            (Some(90), Some(60))
        );
        assert_eq!(
            dimensions(&system.thumbnail(&image, "1200x1200").await),
            (1200, 1200),
            "{filename} is enlarged"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_posted_within_its_bounds() {
    let system = System::start().await;
    let content = png(40, 40, 7);
    let request = json!({ "filename": "a.png", "content_type": "image/png", "size": 100_000 });
    let (status, promise) = system.post("/uploads?method=post", &request).await;
    assert_eq!(
        (status, promise["method"].as_str()),
        (StatusCode::CREATED, Some("POST"))
    );
    let post = async |content: Vec<u8>| {
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in promise["fields"].as_object().unwrap() {
            form = form.text(name.clone(), value.as_str().unwrap().to_owned());
        }
        let form = form.part(
            "file",
            reqwest::multipart::Part::bytes(content).file_name("a.png"),
        );
        reqwest::Client::new()
            .post(promise["url"].as_str().unwrap())
            .multipart(form)
            .send()
            .await
            .unwrap()
    };
    let refused = post(vec![0; 100_001]).await;
    assert!(
        refused.status().is_client_error(),
        "one byte more than was declared"
    );
    let sent = post(content).await;
    assert!(sent.status().is_success(), "{}", sent.text().await.unwrap());
    let image = promise["upload_id"].as_str().unwrap();
    assert_eq!(system.developed(image).await["status"], "DONE");
}

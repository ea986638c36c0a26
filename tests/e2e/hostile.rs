//! Files that mean harm, or are just broken: each its own clear error, and nothing else suffers.

use serde_json::Value;

use crate::{
    pictures::{encoded, photo, png, png_header},
    system::System,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_file_has_its_own_error_and_the_good_one_goes_through() {
    let system = System::start().await;
    let whole = photo("gps_starfish.jpg");
    let truncated_header = whole[..40].to_vec();
    let mut changed_png = png(64, 64, 5);
    let middle = changed_png.len() / 2;
    changed_png.truncate(middle);
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        (
            "photo.jpg",
            "image/jpeg",
            b"Dear diary, this is no picture.".to_vec(),
            "unsupported_format",
        ),
        (
            "page.png",
            "image/png",
            b"<html><script>alert(1)</script></html>".to_vec(),
            "unsupported_format",
        ),
        (
            "drawing.png",
            "image/png",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "unsupported_format",
        ),
        (
            "bomb.png",
            "image/png",
            png_header(65_000, 65_000),
            "image_too_large",
        ),
        ("wide.png", "image/png", png_header(16_385, 1), "image_too_large"),
        ("nothing.png", "image/png", png_header(0, 10), "corrupt_image"),
        ("header.jpg", "image/jpeg", truncated_header, "corrupt_image"),
        (
            "liar.jpg",
            "image/jpeg",
            encoded(20, 20, 1, image::ImageFormat::Png),
            "format_mismatch",
        ),
        (
            "half.jpg",
            "image/jpeg",
            whole[..whole.len() / 2].to_vec(),
            "corrupt_image",
        ),
        ("half.png", "image/png", changed_png, "corrupt_image"),
        (
            "empty-data.png",
            "image/png",
            png_header(100, 100),
            "corrupt_image",
        ),
    ];
    let mut uploads = Vec::new();
    for (filename, content_type, content, code) in &cases {
        uploads.push((
            filename,
            code,
            system.upload(filename, content_type, content).await,
        ));
    }
    let good = system.upload("good.png", "image/png", &png(64, 64, 6)).await;
    for (filename, code, upload) in uploads {
        // Headers are examined at the door, pixels only by the worker: either way the picture tells.
        let view = system.developed(&upload).await;
        assert_eq!(view["status"], "ERROR", "{filename}: {view}");
        assert_eq!(view["error"]["code"], *code, "{filename}: {view}");
        assert!(!view["error"]["detail"].as_str().unwrap().is_empty());
        assert_eq!(
            view["thumbnails"],
            Value::Object(Default::default()),
            "{filename}"
        );
    }
    assert_eq!(system.developed(&good).await["status"], "DONE");
    let keys = system.keys().await;
    assert!(
        !keys.iter().any(|key| key.starts_with("uploads/")),
        "nothing is left at the door: {keys:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_do_nothing() {
    let system = System::start().await;
    let names = [
        "../../etc/passwd.png",
        "a b+c%20d.png",
        "日本 é.png",
        "x\"; rm -rf .png",
        ".png",
    ];
    for (seed, name) in names.into_iter().enumerate() {
        let content = png(33, 22, 100 + u32::try_from(seed).unwrap());
        let image = system.upload(name, "image/png", &content).await;
        let view = system.developed(&image).await;
        assert_eq!(
            (view["status"].as_str(), view["filename"].as_str()),
            (Some("DONE"), Some(name))
        );
        assert_eq!(
            system
                .follow(&format!("/images/{image}/original"))
                .await
                .bytes()
                .await
                .unwrap(),
            content
        );
    }
    let keys = system.keys().await;
    assert!(
        keys.iter()
            .all(|key| !key.contains("passwd") && !key.contains("..")),
        "{keys:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_nobody_was_promised_are_not_kept() {
    let system = System::start().await;
    let stray = "uploads/default/0192f0c1-2345-7abc-8def-0123456789ab";
    let strange = "uploads/a b+c%é";
    for key in [stray, strange] {
        let body = aws_sdk_s3::primitives::ByteStream::from(png(9, 9, 1));
        system
            .clients
            .s3()
            .put_object()
            .bucket(&system.bucket)
            .key(key)
            .body(body)
            .send()
            .await
            .unwrap();
    }
    let began = std::time::Instant::now();
    while system.keys().await.iter().any(|key| key == stray) {
        assert!(began.elapsed().as_secs() < 60, "still there");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let good = system.upload("good.png", "image/png", &png(64, 64, 6)).await;
    assert_eq!(
        system.developed(&good).await["status"],
        "DONE",
        "the queue goes on"
    );
}

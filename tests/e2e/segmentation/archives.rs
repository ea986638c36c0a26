//! What comes back of what archives hold.

use image::ImageFormat;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ended, json_of, result, segmented, taken, with_own_model, zip_of};
use crate::{
    pictures::{encoded, painted, photo, pixels, png},
    system::{System, Wishes},
};

fn percent(picture: &Value, label: &str) -> f64 {
    let areas = picture["areas"].as_array().unwrap();
    let area = areas.iter().find(|area| area["label"] == label);
    area.unwrap_or_else(|| panic!("no {label}: {picture}"))["percent"]
        .as_f64()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holiday_comes_back_segmented() {
    let system = System::start().await;
    let (astronaut, cat) = (photo("astronaut.png"), photo("chelsea.png"));
    let (job, hash) = taken(
        &system,
        "",
        &zip_of(&[
            ("holiday/", b""),
            ("holiday/astronaut.png", &astronaut),
            ("holiday/cats/chelsea.PNG", &cat),
            ("__MACOSX/holiday/._astronaut.png", b"not a picture"),
            ("holiday/.hidden.jpg", b"nor this"),
            ("holiday/notes.txt", b"passed over"),
            ("holiday/broken.jpg", b"\xff\xd8\xff\xe0 cut short"),
        ]),
    )
    .await;
    let view = ended(&system, &job).await;
    assert_eq!(view["status"], "SUCCESS", "{view}");
    assert_eq!(view["progress"], json!({ "done": 3, "total": 3 }));
    assert_eq!(view["result"]["archive"], format!("/api/download/{hash}"));
    assert_eq!(
        view["result"]["processed_files"],
        json!(["astronaut.png", "chelsea.png"])
    );
    assert_eq!(view["result"]["errors"][0]["file"], "holiday/broken.jpg");
    assert_eq!(view["result"]["errors"][0]["code"], "corrupt_image");

    let files = result(&system, &hash).await;
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["astronaut.png", "chelsea.png", "errors.json", "manifest.json"]
    );
    let errors = json_of(&files, "errors.json");
    assert_eq!(
        (&errors[0]["file"], &errors[1]),
        (&json!("holiday/broken.jpg"), &Value::Null)
    );
    let manifest = json_of(&files, "manifest.json");
    assert_eq!(
        (&manifest["archive"], &manifest["user_hash"]),
        (&json!("holiday.zip"), &json!(hash))
    );
    let pictures = manifest["pictures"].as_array().unwrap();
    let [first, second] = pictures.as_slice() else {
        panic!("{manifest}")
    };
    assert_eq!(
        (&first["name"], &first["file"]),
        (&json!("holiday/astronaut.png"), &json!("astronaut.png"))
    );
    assert_eq!((&first["width"], &first["height"]), (&json!(512), &json!(512)));
    assert_eq!(first["model"]["name"], "deeplabv3_mnv2_257");
    assert_eq!(
        first["model"]["sha256"],
        "e0cf040b55fa960d382ed680e722a4cba77cca32a1d95bbce9b549291a6e130c"
    );
    // What the model's card expects of these photographs.
    assert!((percent(first, "person") - 46.0).abs() < 2.0, "{first}");
    assert!((percent(second, "cat") - 77.0).abs() < 2.0, "{second}");

    // Painted at full resolution, and only where something is.
    let (width, height, painted) = pixels(&files["astronaut.png"]);
    let (_, _, original) = pixels(&astronaut);
    assert_eq!((width, height), (512, 512));
    let changed = painted.iter().zip(&original).filter(|(a, b)| a != b).count();
    let share = 100.0 * changed as f64 / original.len() as f64;
    assert!(
        (46.0..56.0).contains(&share),
        "{share} %: the person, its outline and its label"
    );

    // Once more, as the former service's page asks.
    let (_, left) = system.get(&format!("/api/archive_time_left/{hash}")).await;
    let seconds = left["seconds_left"].as_u64().unwrap();
    assert!((1..=600).contains(&seconds), "{left}");
    let (_, job) = system.get(&format!("/jobs/{job}")).await;
    assert_eq!(
        (&job["kind"], &job["state"]),
        (&json!("archive_segmentation"), &json!("done"))
    );
    assert_eq!(job["results"][0]["url"], format!("/api/download/{hash}"));
    assert_eq!(
        (&job["results"][0]["segmented"], &job["results"][0]["failed"]),
        (&json!(2), &json!(1))
    );
    let (_, jobs) = system.get("/jobs").await;
    assert_eq!(
        jobs["items"].as_array().unwrap().len(),
        1,
        "its pictures' jobs are not listed: {jobs}"
    );
    let (status, statistics) = system.get("/stats").await;
    assert_eq!(
        (status, &statistics["requests_total"]),
        (StatusCode::OK, &json!(2)),
        "{statistics}"
    );
    assert!(statistics["avg_processing_time_sec"].as_f64() > Some(0.0));
    // Of the archive that came in and of the single pictures nothing is left but what the bucket forgets by itself.
    let came_in = |keys: &[String]| keys.iter().any(|key| key.starts_with("uploads/"));
    system.until_keys(|keys| !came_in(keys)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_comes_back_in_its_own() {
    let system = with_own_model(Wishes::default()).await;
    let files: Vec<(&str, ImageFormat)> = vec![
        ("a.jpg", ImageFormat::Jpeg),
        ("b.JPEG", ImageFormat::Jpeg),
        ("c.png", ImageFormat::Png),
        ("d.bmp", ImageFormat::Bmp),
        ("e.tif", ImageFormat::Tiff),
        ("f.tiff", ImageFormat::Tiff),
        // Told by its content, and given back as its name promises.
        ("really-png.jpg", ImageFormat::Png),
    ];
    let contents: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(name, format)| (*name, encoded(61, 43, 5, *format)))
        .collect();
    let borrowed: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, content)| (*name, content.as_slice()))
        .collect();
    let made = segmented(&system, "?model=bright", &zip_of(&borrowed)).await;
    assert!(!made.contains_key("errors.json"), "{:?}", made.keys());
    for (name, format) in [
        ("a.jpg", ImageFormat::Jpeg),
        ("b.jpeg", ImageFormat::Jpeg),
        ("c.png", ImageFormat::Png),
        ("d.bmp", ImageFormat::Bmp),
        ("e.tif", ImageFormat::Tiff),
        ("f.tiff", ImageFormat::Tiff),
        ("really-png.jpg", ImageFormat::Jpeg),
    ] {
        assert_eq!(image::guess_format(&made[name]).unwrap(), format, "{name}");
        let (width, height, _) = pixels(&made[name]);
        assert_eq!((width, height), (61, 43), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_strange_and_foreign_names() {
    let system = with_own_model(Wishes::default()).await;
    let picture = png(20, 20, 1);
    let mut zip = zip_of(&[
        ("one/a.png", &picture),
        ("two/a.png", &picture),
        ("three/A.PNG", &picture),
        ("море/пляж.png", &picture),
        ("FOTX.png", &picture),
    ]);
    // As a program of another age writes an umlaut: one byte of code page 437, and no mark for UTF-8.
    for at in 0..zip.len() - 8 {
        if zip[at..].starts_with(b"FOTX.png") {
            zip[at + 3] = 0x81;
        }
    }
    let made = segmented(&system, "?model=bright", &zip).await;
    let names: Vec<&str> = made.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "A_3.png",
            "FOTü.png",
            "a.png",
            "a_2.png",
            "manifest.json",
            "пляж.png"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_strange_entry_does_not_cost_the_others() {
    let system = with_own_model(Wishes::default()).await;
    let picture = png(20, 20, 1);
    let mut zip = zip_of(&[
        ("good.png", &picture),
        ("secret.png", &picture),
        ("huge.png", &crate::pictures::png_header(60_000, 60_000)),
    ]);
    // The mark of encryption, in the directory alone: there it counts.
    let directory = zip
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"PK\x01\x02")
        .nth(1)
        .unwrap()
        .0;
    zip[directory + 8] |= 1;
    let made = segmented(&system, "?model=bright", &zip).await;
    let errors = json_of(&made, "errors.json");
    let codes: Vec<_> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (&error["file"], &error["code"]))
        .collect();
    assert_eq!(
        codes,
        [
            (&json!("secret.png"), &json!("invalid_archive")),
            (&json!("huge.png"), &json!("image_too_large"))
        ]
    );
    assert!(made.contains_key("good.png"));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_pictures() {
    let system = with_own_model(Wishes::default()).await;
    // Left half dark, right half bright, each with another line between: the answer to each is known.
    let contents: Vec<(String, Vec<u8>)> = (0..500_u32)
        .map(|number| {
            let edge = 2 + number % 12;
            let picture = painted(16, 16, |x, _| if x < edge { [10; 3] } else { [250; 3] });
            (format!("{:03}.png", number), picture)
        })
        .collect();
    let files: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    let made = segmented(&system, "?model=bright&output=mask", &zip_of(&files)).await;
    assert_eq!(made.len(), 501, "a mask for each, and the manifest");
    let manifest = json_of(&made, "manifest.json");
    let pictures = manifest["pictures"].as_array().unwrap();
    for (number, picture) in (0..500_u32).zip(pictures) {
        assert_eq!(
            picture["file"],
            format!("{number:03}.png"),
            "in the order of the archive"
        );
        let edge = 2 + number % 12;
        assert_eq!(picture["areas"][0]["pixels"], (16 - edge) * 16, "{picture}");
    }
    let (_, statistics) = system.get("/stats").await;
    assert_eq!(statistics["requests_total"], 500, "each counts once");
}

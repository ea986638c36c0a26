//! The photo sorter: photographs come in, and come back grouped, ranked and explained.

mod by_hand;
mod coming_in;
mod endings;
mod flow;
mod quality;

use image::{DynamicImage, GenericImageView, imageops::FilterType};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::photo,
    system::{System, answer, sha256},
};

/// A view of a scene: the same place, framed and lit a little otherwise each time.
fn view_of(scene: &str, number: u32) -> DynamicImage {
    let whole = image::load_from_memory(&photo(scene))
        .unwrap()
        .resize(360, 360, FilterType::Triangle);
    let (width, height) = whole.dimensions();
    let offset = 2 * number;
    whole
        .crop_imm(offset, offset / 2, width - 16, height - 16)
        .brighten(4 * i32::try_from(number).unwrap() - 8)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    picture
        .to_rgb8()
        .write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(
            &mut file, quality,
        ))
        .unwrap();
    file
}

/// Photographs of `count` views of each scene: name and content.
fn photographs(scenes: &[&str], count: u32) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for scene in scenes {
        for number in 0..count {
            let name = format!("{}-{number}.jpg", scene.split('.').next().unwrap());
            files.push((name, jpeg(&view_of(scene, number), 90)));
        }
    }
    files
}

impl System {
    async fn batch(&self, name: &str) -> String {
        let (status, batch) = self
            .post("/batches/", &json!({ "name": name, "image_ids": [] }))
            .await;
        assert_eq!(status, StatusCode::OK, "{batch}");
        assert_eq!(
            (&batch["batch_name"], &batch["status"], &batch["parameters"]),
            (&json!(name), &json!("pending"), &json!(null))
        );
        batch["id"].as_str().unwrap().to_owned()
    }

    /// Asks for promises for files, all for one batch; the results, in order.
    async fn promise_many(&self, batch: &str, files: &[(String, Vec<u8>)]) -> Vec<Value> {
        let uploads: Vec<Value> = files
            .iter()
            .map(|(name, content)| {
                json!({
                    "filename": name, "content_type": "image/jpeg", "size": content.len(),
                    "sha256": sha256(content),
                })
            })
            .collect();
        let (status, promised) = self
            .post(
                "/uploads/batch",
                &json!({ "batch_id": batch, "uploads": uploads }),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{promised}");
        promised["results"].as_array().unwrap().clone()
    }

    /// Sends files into a batch as a client does that knows their digests; the ids of the pictures.
    async fn push(&self, batch: &str, files: &[(String, Vec<u8>)]) -> Vec<String> {
        let mut images = Vec::new();
        for (promise, (name, content)) in self.promise_many(batch, files).await.iter().zip(files) {
            if let Some(known) = promise["duplicate_of"].as_str() {
                images.push(known.to_owned());
                continue;
            }
            assert!(promise["url"].is_string(), "{name}: {promise}");
            let sent = self.send(promise, content).await;
            assert_eq!(sent.status(), StatusCode::OK, "{}", sent.text().await.unwrap());
            images.push(promise["upload_id"].as_str().unwrap().to_owned());
        }
        for image in &images {
            assert_eq!(self.decided(image).await["state"], "accepted");
        }
        // An accepted photograph joins its batch a moment later.
        self.until(&format!("/batches/{batch}"), |view| {
            let view = view.to_string();
            images.iter().all(|image| view.contains(image.as_str()))
        })
        .await;
        images
    }

    /// Waits until all that can be known of the photographs of a batch is known.
    async fn described(&self, batch: &str) -> Value {
        self.until(&format!("/batches/{batch}/readiness"), |readiness| {
            readiness["waiting"] == 0
        })
        .await
    }

    async fn analyze(&self, batch: &str, parameters: &Value) -> Value {
        let (status, analyzed) = self.put(&format!("/batches/{batch}/analyze"), parameters).await;
        assert_eq!(status, StatusCode::OK, "{analyzed}");
        if analyzed["status"] == "processing" {
            return self
                .until(&format!("/batches/{batch}"), |batch| {
                    batch["status"] != "processing"
                })
                .await;
        }
        analyzed
    }

    /// Files as one form, in the field `files`.
    async fn post_files(&self, path: &str, files: &[(&str, &[u8])]) -> (StatusCode, Value) {
        let form = files
            .iter()
            .fold(reqwest::multipart::Form::new(), |form, (name, content)| {
                let part = reqwest::multipart::Part::bytes(content.to_vec()).file_name((*name).to_owned());
                form.part("files", part)
            });
        answer(self.api(Method::POST, path).multipart(form).send().await.unwrap()).await
    }
}

/// The label under which a photograph stands.
fn label_of<'a>(batch: &'a Value, image: &str) -> &'a str {
    batch["image_associations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|association| association["image"]["id"] == image)
        .unwrap_or_else(|| panic!("{image} is not in {batch}"))["group_label"]
        .as_str()
        .unwrap()
}

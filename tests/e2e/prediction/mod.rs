//! Predictions: what a detector finds in pictures; one at once, many by a job.

mod at_once;
mod kept;
mod many;

use reqwest::{Method, Response};

use crate::system::System;

/// A form of files under one name, and texts.
fn form(
    name: &'static str,
    files: &[(&str, &[u8])],
    fields: &[(&'static str, &str)],
) -> reqwest::multipart::Form {
    let mut form = reqwest::multipart::Form::new();
    for (filename, content) in files {
        let part = reqwest::multipart::Part::bytes(content.to_vec()).file_name((*filename).to_owned());
        form = form.part(name, part);
    }
    for (name, value) in fields {
        form = form.text(*name, (*value).to_owned());
    }
    form
}

async fn batch(system: &System, files: &[(&str, &[u8])], fields: &[(&'static str, &str)]) -> Response {
    let request = system
        .api(Method::POST, "/predict/batch")
        .multipart(form("images", files, fields));
    request.send().await.unwrap()
}

async fn zip(system: &System, name: &str, content: &[u8], fields: &[(&'static str, &str)]) -> Response {
    let request =
        system
            .api(Method::POST, "/predict/zip")
            .multipart(form("zip_file", &[(name, content)], fields));
    request.send().await.unwrap()
}

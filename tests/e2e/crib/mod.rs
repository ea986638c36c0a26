//! The tool crib: what lies in a tray, what is missing, who has it.

mod flow;
mod kits;
mod races;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures::painted,
    system::{System, answer},
};

/// The colours of the model `tray`, by the ids of the tools that its classes are named after.
const COLOURS: [(u32, [f64; 3]); 11] = [
    (1, [0.0, 0.0, 0.0]),
    (10, [0.0, 0.0, 1.0]),
    (11, [0.0, 1.0, 0.0]),
    (2, [0.0, 1.0, 1.0]),
    (3, [1.0, 0.0, 0.0]),
    (4, [1.0, 0.0, 1.0]),
    (5, [1.0, 1.0, 0.0]),
    (6, [1.0, 1.0, 1.0]),
    (7, [1.0, 0.5, 0.0]),
    (8, [0.0, 0.5, 1.0]),
    (9, [0.5, 0.0, 1.0]),
];
/// Cells of a tray along a side, and pixels of a cell.
const CELLS: u32 = 10;
const CELL: u32 = 64;

/// The colour of a tool of which the model is as sure as `score`.
fn colour(tool: u32, score: f64) -> [u8; 3] {
    let (_, mut colour) = COLOURS.into_iter().find(|(id, _)| *id == tool).unwrap();
    // The score is 1 - 8 d²; the way leads to the middle of a channel that is at its end.
    let away = ((1.0 - score) / 8.0).sqrt();
    let channel = colour.iter_mut().find(|value| **value != 0.5).unwrap();
    *channel += if *channel == 0.0 { away } else { -away };
    colour.map(|value| (value * 255.0).round() as u8)
}

/// A photograph of a tray: tools, and how sure the model is of them, from cell 11 on, with a cell between each two.
pub(crate) fn tray(tools: &[(u32, f64)]) -> Vec<u8> {
    let cells: Vec<_> = (0..tools.len()).map(cell).collect();
    painted(CELLS * CELL, CELLS * CELL, |x, y| {
        let place = (x / CELL, y / CELL);
        match cells.iter().position(|known| *known == place) {
            Some(index) => colour(tools[index].0, tools[index].1),
            None => [114; 3],
        }
    })
}

/// Column and row of the tool with this number in a tray.
fn cell(index: usize) -> (u32, u32) {
    let index = u32::try_from(index).unwrap();
    (1 + 2 * (index % 4), 1 + 2 * (index / 4))
}

/// The box of the tool with this number in a tray, in pixels.
pub(crate) fn bounds(index: usize) -> [f64; 4] {
    let (column, row) = cell(index);
    [column, row, column + 1, row + 1].map(|edge| f64::from(edge * CELL))
}

/// A tray with all eleven tools of the workshop.
fn whole_tray() -> Vec<(u32, f64)> {
    (1..=11).map(|tool| (tool, 1.0)).collect()
}

/// The same tools the other way round: another picture of the same tray.
fn turned(tools: &[(u32, f64)]) -> Vec<(u32, f64)> {
    tools.iter().rev().copied().collect()
}

/// Asks what lies in a picture.
pub(crate) async fn predict(
    system: &System,
    picture: &[u8],
    fields: &[(&'static str, &str)],
) -> (StatusCode, Value) {
    let part = reqwest::multipart::Part::bytes(picture.to_vec()).file_name("tray.png");
    let mut form = reqwest::multipart::Form::new().part("image", part);
    for (name, value) in fields {
        form = form.text(*name, (*value).to_owned());
    }
    let request = system.api(Method::POST, "/predict/").multipart(form);
    answer(request.send().await.unwrap()).await
}

/// What lies in a tray against the workshop's kit.
async fn looked_at(system: &System, tools: &[(u32, f64)]) -> Value {
    let (status, seen) = predict(system, &tray(tools), &[("toolkit_id", "1"), ("model", "tray")]).await;
    assert_eq!(status, StatusCode::OK, "{seen}");
    seen
}

/// A person of the crib; the id.
async fn person(system: &System, name: &str, role: &str) -> u64 {
    let body = json!({ "name": name, "employee_number": format!("E-{name}"), "role": role });
    let (status, user) = system.post("/users/", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{user}");
    user["id"].as_u64().unwrap()
}

/// Issues the workshop's kit to somebody, on the strength of a prediction.
async fn issue(system: &System, user: u64, seen: &Value) -> (StatusCode, Value) {
    let body = json!({ "user_id": user, "toolkit_id": 1, "prediction_ids": [seen["prediction_id"]] });
    system.post("/transactions", &body).await
}

/// The numbers under a name in a list.
fn numbers(list: &Value, name: &str) -> Vec<u64> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|item| item[name].as_u64().unwrap()).collect()
}

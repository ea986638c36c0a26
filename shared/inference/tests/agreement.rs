//! Agreement with ONNX Runtime on the networks, and with OpenCV and Pillow on the resampling.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

mod support;

use darkroom_inference::preprocess;
use serde_json::Value;
use support::{description, photo, shipped};

fn golden(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn sampled(entry: &Value) -> (usize, Vec<f32>) {
    let values = entry["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap() as f32);
    (entry["stride"].as_u64().unwrap() as usize, values.collect())
}

#[test]
fn the_networks_answer_as_in_onnx_runtime() {
    let golden = golden(include_str!("golden/networks.json"));
    assert_eq!(golden.len(), 8 * 3, "8 outputs of 5 models on 3 photographs");
    let mut names: Vec<_> = golden
        .iter()
        .map(|entry| entry["model"].as_str().unwrap())
        .collect();
    names.dedup();
    for name in names {
        let model = shipped(name);
        let mut seen: Option<(String, Vec<_>)> = None;
        let mut worst = 0f32;
        for entry in golden.iter().filter(|entry| entry["model"] == name) {
            let photo_name = entry["photo"].as_str().unwrap();
            if seen.as_ref().is_none_or(|(seen, _)| seen != photo_name) {
                let photo = photo(photo_name);
                let input = preprocess(&photo.pixels(), &model.description().input);
                seen = Some((photo_name.to_owned(), model.run_raw(&input.values).unwrap()));
            }
            let outputs = &seen.as_ref().unwrap().1;
            let values = &outputs
                .iter()
                .find(|output| entry["output"] == *output.name)
                .unwrap()
                .values;
            let (stride, expected) = sampled(entry);
            assert_eq!(values.len().div_ceil(stride), expected.len());
            for (value, expected) in values.iter().step_by(stride).zip(&expected) {
                let difference = (value - expected).abs() / expected.abs().max(1.0);
                worst = worst.max(difference);
                assert!(
                    difference < 1e-3,
                    "{name} on {photo_name}: {value} instead of {expected}"
                );
            }
        }
        println!("{name}: at most {worst} from ONNX Runtime");
    }
}

#[test]
fn pictures_are_resampled_as_by_opencv_and_pillow() {
    let contract = |case: &str| {
        let (kind, side) = case.split_once(' ').unwrap();
        let rest = match kind {
            "linear" => "",
            "letterbox" => ", fit = \"letterbox\"",
            "triangle" => ", resampling = \"triangle\"",
            _ if side == "224" => ", resampling = \"cubic\", fit = \"center_crop\", fraction = 0.875",
            _ => ", resampling = \"cubic\"",
        };
        let entry = format!(
            "name = \"it\"\nfile = \"it\"\ntask = \"embed\"\noutput = {{ layout = \"embedding\" }}\n\
             input = {{ width = {side}, height = {side}, scale = 1.0, layout = \"nhwc\"{rest} }}"
        );
        description(&entry).input
    };
    let golden = golden(include_str!("golden/resampling.json"));
    assert_eq!(golden.len(), 6 * 3, "6 cases on 3 photographs");
    for entry in golden {
        let (case, name) = (entry["case"].as_str().unwrap(), entry["photo"].as_str().unwrap());
        let input = preprocess(&photo(name).pixels(), &contract(case));
        let (stride, expected) = sampled(&entry);
        assert_eq!(input.values.len().div_ceil(stride), expected.len());
        let differences: Vec<f32> = input
            .values
            .iter()
            .step_by(stride)
            .zip(&expected)
            .map(|(a, b)| (a - b).abs())
            .collect();
        let greatest = differences.iter().copied().fold(0.0, f32::max);
        let mean = differences.iter().sum::<f32>() / differences.len() as f32;
        println!("{case} of {name}: at most {greatest}, {mean} on average");
        // They round to whole numbers, once or twice; the crate does not. Where a cubic overshoots, Pillow clips what
        // it has weighed along rows, the crate what it has weighed along columns.
        let limit = if case.starts_with("cubic") { 2.0 } else { 1.0 };
        assert!(
            greatest < limit && mean < 0.4,
            "{case} of {name}: at most {greatest}, {mean} on average"
        );
    }
}

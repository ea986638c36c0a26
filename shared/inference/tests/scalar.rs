//! Models that put one number on a picture.

mod support;

use darkroom_inference::{Fault, Library, Model};
use support::graph::{Attribute, Graph};
use support::{Photo, description};

const BRIGHTNESS: &str = r#"
    name = "musiq"
    file = "brightness.onnx"
    task = "quality"
    input = { width = 8, height = 8, fit = "center_crop" }
    output = { layout = "scalar" }
"#;

/// The mean of all samples, in a shape of its own.
fn brightness(sides: &[i64]) -> Vec<u8> {
    Graph::default()
        .input("image", &[1, 3, 8, 8])
        .node(
            "ReduceMean",
            &["image"],
            "mean",
            &[
                Attribute::Ints("axes", &[0, 1, 2, 3]),
                Attribute::Int("keepdims", 0),
            ],
        )
        .integers("sides", sides)
        .node("Reshape", &["mean", "sides"], "score", &[])
        .output("score", sides)
        .bytes()
}

fn grey(tone: u8) -> Photo {
    Photo {
        width: 32,
        height: 16,
        rgb: vec![[tone; 3]; 32 * 16],
    }
}

#[test]
fn a_picture_gets_its_number_whatever_axes_stand_about_it() {
    for sides in [&[1][..], &[1, 1], &[1, 1, 1, 1]] {
        let model = Model::load(&description(BRIGHTNESS), &brightness(sides), 1).unwrap();
        let score = |tone| model.score(&grey(tone).pixels()).unwrap().0;
        assert!((score(51) - 0.2).abs() < 1e-6, "{}", score(51));
        assert!((score(255) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn more_than_one_number_is_none() {
    let colours = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .node("GlobalAveragePool", &["image"], "means", &[])
        .output("means", &[1, 3, 1, 1])
        .bytes();
    let error = Model::load(&description(BRIGHTNESS), &colours, 1).unwrap_err();
    assert!(
        matches!(&error.fault, Fault::OutputShape { expected, .. } if expected == "one number"),
        "{error}"
    );
    let named = BRIGHTNESS.replace("\"scalar\"", "\"scalar\", output = \"mos\"");
    let error = Model::load(&description(&named), &brightness(&[1]), 1).unwrap_err();
    assert!(matches!(error.fault, Fault::MissingOutput { .. }), "{error}");
}

#[test]
fn a_number_that_is_none_is_a_fault() {
    let graph = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .node(
            "ReduceMean",
            &["image"],
            "mean",
            &[
                Attribute::Ints("axes", &[0, 1, 2, 3]),
                Attribute::Int("keepdims", 0),
            ],
        )
        .node("Log", &["mean"], "score", &[])
        .output("score", &[])
        .bytes();
    let model = Model::load(&description(BRIGHTNESS), &graph, 1).unwrap();
    assert!(model.score(&grey(255).pixels()).is_ok());
    let fault = model.score(&grey(0).pixels()).unwrap_err().fault;
    assert!(matches!(fault, Fault::NotFinite(_)), "{fault}");
}

#[test]
fn only_models_of_quality_are_asked_for_it() {
    let model = Model::load(&description(BRIGHTNESS), &brightness(&[1]), 1).unwrap();
    let fault = model.embed(&grey(9).pixels()).unwrap_err().fault;
    assert!(matches!(fault, Fault::Task { .. }), "{fault}");
    let refused = |entry: &str| {
        Library::parse(&format!("[[models]]\n{entry}"))
            .unwrap_err()
            .to_string()
    };
    let other = refused(
        &BRIGHTNESS
            .replace("\"quality\"", "\"detect\"")
            .replace("center_crop", "stretch"),
    );
    assert!(
        other.contains("scalar is no layout of the task detect"),
        "{other}"
    );
    let sure = refused(&format!("{BRIGHTNESS}\nthresholds = {{ confidence = 0.5 }}"));
    assert!(sure.contains("thresholds.confidence"), "{sure}");
}

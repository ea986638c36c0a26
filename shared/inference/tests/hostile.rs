//! Files that are not what they should be, and networks that answer with nonsense: typed errors, never a panic.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

mod support;

use darkroom_inference::{Fault, Model, SegmentOptions, Task};
use proptest::prelude::*;
use support::graph::{Graph, colours, yolo};
use support::{bytes, description, library, photo};

const DETECT: &str = r#"
    name = "mine"
    file = "mine.onnx"
    task = "detect"
    labels = ["red", "green", "blue"]
    input = { width = 64, height = 64 }
    output = { layout = "yolo" }
"#;
const SEMANTIC: &str = r#"
    name = "mine"
    file = "mine.onnx"
    task = "segment"
    input = { width = 8, height = 8 }
    output = { layout = "semantic_logits" }
"#;

#[expect(clippy::unwrap_used, reason = "only what must fail is asked here")]
fn fault(entry: &str, bytes: &[u8]) -> Fault {
    Model::load(&description(entry), bytes, 1).unwrap_err().fault
}

#[test]
fn a_shipped_model_must_be_the_very_file() {
    let library = library();
    let description = library.default_for(Task::Segment).unwrap();
    let mut bytes = bytes(description);
    let error = Model::load(description, &bytes[..bytes.len() - 1], 1).unwrap_err();
    assert!(matches!(error.fault, Fault::Size { found, .. } if found == bytes.len() as u64 - 1));
    bytes[1000] ^= 1;
    let error = Model::load(description, &bytes, 1).unwrap_err();
    assert!(matches!(error.fault, Fault::Digest { .. }));
    let text = error.to_string();
    assert!(
        text.contains("deeplabv3_mnv2_257") && text.contains("deeplabv3_mnv2_257_fp16.onnx"),
        "{text}"
    );
}

#[test]
fn a_cut_file_is_unreadable() {
    let whole = yolo(&[1, 3, 64, 64], false);
    // The last four bytes say which version of the operators is meant; a cut before them leaves a whole graph.
    for length in (0..whole.len()).filter(|length| *length != whole.len() - 4) {
        let fault = fault(DETECT, &whole[..length]);
        assert!(
            matches!(
                fault,
                Fault::Unreadable(_) | Fault::Input { .. } | Fault::OutputShape { .. }
            ),
            "{length}: {fault}"
        );
    }
}

#[test]
fn weights_in_another_file_are_not_read() {
    let graph = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .external("secret", &[1], "/etc/hostname")
        .node("Add", &["image", "secret"], "logits", &[])
        .output("logits", &[1, 3, 8, 8])
        .bytes();
    let fault = fault(SEMANTIC, &graph);
    assert!(
        matches!(&fault, Fault::Unreadable(reason) if reason.contains("external data")),
        "{fault}"
    );
}

#[test]
fn an_operator_or_a_tensor_that_does_not_exist_is_named() {
    let unknown = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .node("Teleport", &["image"], "logits", &[])
        .output("logits", &[1, 3, 8, 8])
        .bytes();
    assert!(matches!(fault(SEMANTIC, &unknown), Fault::Unreadable(reason) if reason.contains("Teleport")));
    let dangling = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .output("nowhere", &[1, 3, 8, 8])
        .bytes();
    assert!(matches!(fault(SEMANTIC, &dangling), Fault::Unreadable(_)));
}

#[test]
fn inputs_and_outputs_must_be_those_of_the_manifest() {
    let graph = yolo(&[1, 3, 64, 64], false);
    let other_size = DETECT.replace("width = 64, height = 64", "width = 32, height = 64");
    assert!(matches!(fault(&other_size, &graph), Fault::Input { .. }));
    let other_name = DETECT.replace("layout = \"yolo\"", "layout = \"yolo\", output = \"boxes0\"");
    assert_eq!(
        fault(&other_name, &graph),
        Fault::MissingOutput {
            output: "boxes0".into(),
            found: vec!["output0".into()]
        }
    );
    let too_few = DETECT.replace(", \"blue\"", "");
    assert_eq!(
        fault(&too_few, &graph),
        Fault::Labels {
            output: "output0".into(),
            labels: 2,
            classes: 3
        }
    );
    let masks = DETECT.replace("\"detect\"", "\"segment\"");
    assert!(
        matches!(fault(&masks, &graph), Fault::MissingOutput { .. }),
        "no prototypes"
    );
    let scores = DETECT.replace(
        "\"yolo\"",
        "\"boxes_scores\", boxes = \"output1\", scores = \"output0\"",
    );
    assert!(matches!(
        fault(&scores, &yolo(&[1, 3, 64, 64], true)),
        Fault::OutputShape { .. }
    ));
    let vector = "name = \"v\"\nfile = \"v\"\ntask = \"embed\"\ninput = { width = 64, height = 64 }\noutput = { layout = \"embedding\" }";
    assert!(matches!(fault(vector, &graph), Fault::OutputShape { .. }));
    let background = SEMANTIC.replace("semantic_logits\"", "semantic_logits\", background = 7");
    assert!(matches!(
        fault(&background, &colours(&[1, 3, 8, 8], &[1, 3, 8, 8])),
        Fault::OutputShape { .. }
    ));
}

#[test]
fn an_output_whose_shape_depends_on_the_picture_is_refused() {
    let graph = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .node("NonZero", &["image"], "logits", &[])
        .output("logits", &[4, 0])
        .bytes();
    let fault = fault(SEMANTIC, &graph);
    assert!(
        matches!(fault, Fault::OutputShape { .. } | Fault::Unreadable(_)),
        "{fault}"
    );
}

#[test]
fn what_is_not_a_number_is_an_error_or_not_found() {
    let picture = photo("coffee.png");
    let spoiled = |value: f32, width: i64| {
        Graph::default()
            .input("image", &[1, 3, width, width])
            .floats("nonsense", &[1], &[value])
            .node("Mul", &["image", "nonsense"], "logits", &[])
            .output("logits", &[1, 3, width, width])
            .bytes()
    };
    for value in [f32::NAN, f32::INFINITY] {
        let model = Model::load(&description(SEMANTIC), &spoiled(value, 8), 1).unwrap();
        for confidence in [None, Some(0.5)] {
            let options = SegmentOptions {
                confidence,
                ..Default::default()
            };
            let fault = model.segment(&picture.pixels(), &options).unwrap_err().fault;
            assert_eq!(fault, Fault::NotFinite("logits".into()));
        }
    }
    for values in [
        [f32::NAN; 7],
        [f32::INFINITY; 7],
        [f32::MAX; 7],
        [0.0, 0.0, f32::NAN, 1.0, 0.9, 0.8, 0.7],
    ] {
        let graph = Graph::default()
            .input("image", &[1, 3, 64, 64])
            .floats("head", &[1, 7, 1], &values)
            .node("Identity", &["head"], "output0", &[])
            .output("output0", &[1, 7, 1])
            .bytes();
        let model = Model::load(&description(DETECT), &graph, 1).unwrap();
        let (found, _) = model
            .detect(&picture.pixels(), &SegmentOptions::default())
            .unwrap();
        assert!(found.is_empty(), "{values:?}: {found:?}");
    }
}

#[test]
fn nonsense_in_masks_leaves_no_instance() {
    for value in [f32::NAN, f32::INFINITY, f32::MIN] {
        let graph = Graph::default()
            .input("images", &[1, 3, 64, 64])
            .floats("head", &[1, 6, 1], &[32.0, 32.0, 40.0, 40.0, 0.9, value])
            .floats("prototypes", &[1, 1, 4, 4], &[0.5; 16])
            .node("Identity", &["head"], "output0", &[])
            .node("Identity", &["prototypes"], "output1", &[])
            .output("output0", &[1, 6, 1])
            .output("output1", &[1, 1, 4, 4])
            .bytes();
        let entry = DETECT
            .replace("\"detect\"", "\"segment\"")
            .replace(r#"["red", "green", "blue"]"#, "[\"a\"]");
        let model = Model::load(&description(&entry), &graph, 1).unwrap();
        let (found, _) = model
            .segment(&photo("coffee.png").pixels(), &SegmentOptions::default())
            .unwrap();
        assert!(found.areas().is_empty(), "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_no_model(noise in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Model::load(&description(DETECT), &noise, 1).is_err());
    }

    #[test]
    fn a_changed_byte_never_brings_the_program_down(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut graph = yolo(&[1, 3, 64, 64], true);
        let at = at.index(graph.len());
        graph[at] = value;
        let entry = DETECT.replace("\"detect\"", "\"segment\"");
        if let Ok(model) = Model::load(&description(&entry), &graph, 1) {
            let picture = photo("coffee.png");
            let _ = model.segment(&picture.pixels(), &SegmentOptions::default());
        }
    }
}

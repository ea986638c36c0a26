//! The manifest: what is shipped, what an entry of one's own may leave out, and what is refused by name.

mod support;

use darkroom_inference::manifest::{Anchor, ChannelOrder, Fit, InputLayout, Resampling};
use darkroom_inference::{Library, ManifestError, OutputLayout, Task};
use sha2::{Digest, Sha256};
use support::{bytes, library, models_folder};

#[test]
fn every_shipped_model_is_pinned_and_has_a_card() {
    let library = library();
    assert_eq!(library.len(), 5);
    for model in library.iter() {
        let bytes = bytes(model);
        assert_eq!(model.bytes, Some(bytes.len() as u64), "{}", model.name);
        assert_eq!(
            model.sha256.as_deref(),
            Some(hex::encode(Sha256::digest(&bytes)).as_str()),
            "{}",
            model.name
        );
        assert!(
            model.licence != "not stated" && model.origin != "not stated",
            "{}",
            model.name
        );
        let card = std::fs::read_to_string(models_folder().join(format!("{}.md", model.name))).unwrap();
        assert!(
            card.contains(&model.file) && card.contains("## Licence"),
            "{}",
            model.name
        );
    }
    let default = |task| library.default_for(task).unwrap().name.as_str();
    assert_eq!(default(Task::Segment), "deeplabv3_mnv2_257");
    assert_eq!(default(Task::Detect), "efficientdet_lite0");
    assert_eq!(default(Task::Embed), "efficientnet_lite0");
    let detector = library.find(Task::Detect, "efficientdet_lite0").unwrap();
    assert_eq!(
        (detector.labels.len(), detector.labels.name(90)),
        (80, "toothbrush".to_owned())
    );
    assert_eq!(detector.labels.name(12), "class 12");
    assert_eq!(library.find(Task::Segment, "efficientdet_lite0"), None);
    assert!(
        library
            .iter()
            .all(|model| !model.title.to_lowercase().contains("oil"))
    );
}

const OWN: &str = "[[models]]\nname = \"own\"\nfile = \"best.onnx\"\ntask = \"segment\"\nlabels = [\"oil\"]\n\
    output = { layout = \"yolo\" }\n";

#[test]
fn an_export_of_ones_own_needs_few_lines() {
    let library = Library::parse(OWN).unwrap();
    let own = library.find(Task::Segment, "own").unwrap();
    let input = own.input;
    assert_eq!(
        (input.width, input.height, input.layout, input.channels),
        (640, 640, InputLayout::Nchw, ChannelOrder::Rgb)
    );
    assert_eq!(
        input.fit,
        Fit::Letterbox {
            pad: 114.0,
            anchor: Anchor::Centre
        }
    );
    assert_eq!(
        (input.scale, input.mean, input.std, input.resampling),
        (1.0 / 255.0, [0.0; 3], [1.0; 3], Resampling::Linear)
    );
    assert_eq!(
        own.output,
        OutputLayout::Yolo {
            output: None,
            prototypes: None
        }
    );
    assert_eq!(
        (
            own.thresholds.confidence,
            own.thresholds.iou,
            own.thresholds.max_detections
        ),
        (Some(0.25), 0.7, 300)
    );
    assert_eq!(
        (own.sha256.as_deref(), own.bytes, own.version.as_str()),
        (None, None, "1")
    );
}

#[test]
fn thresholds_by_label_become_thresholds_by_class() {
    let manifest = OWN.replace("[\"oil\"]", "{ 3 = \"oil\", 7 = \"algae\" }")
        + "thresholds = { confidence = 0.33, iou = 0.6, per_class = { algae = 0.8 } }";
    let library = Library::parse(&manifest).unwrap();
    let thresholds = &library.find(Task::Segment, "own").unwrap().thresholds;
    assert_eq!(thresholds.per_class, [(7, 0.8)].into());
    assert_eq!((thresholds.confidence, thresholds.iou), (Some(0.33), 0.6));
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("name = \"own\"", "name = \"../own\"", "name must"),
        ("best.onnx", "../best.onnx", "file must"),
        ("best.onnx", "/best.onnx", "file must"),
        ("best.onnx", "a\\\\best.onnx", "file must"),
        (
            "task = \"segment\"",
            "task = \"embed\"",
            "output.layout yolo is no layout of the task embed",
        ),
        ("task = \"segment\"", "task = \"paint\"", "`paint`"),
        ("task = \"segment\"\n", "", "`task`"),
        ("labels", "lables", "`lables`"),
        (
            "[\"oil\"]",
            "{ one = \"oil\" }",
            "labels \"one\" is not the number of a class",
        ),
        ("\"yolo\"", "\"yolo\", anchors = 3", "`anchors`"),
        ("\"yolo\"", "\"yollo\"", "`yollo`"),
        ("output =", "sha256 = \"abc\"\noutput =", "sha256 must"),
        ("output =", "bytes = 0\noutput =", "bytes must"),
        ("output =", "input = { width = 0 }\noutput =", "input.width must"),
        (
            "output =",
            "input = { height = 5000 }\noutput =",
            "input.height must",
        ),
        ("output =", "input = { depth = 3 }\noutput =", "`depth`"),
        (
            "output =",
            "input = { scale = 0.0 }\noutput =",
            "input.scale must",
        ),
        (
            "output =",
            "input = { scale = nan }\noutput =",
            "input.scale must",
        ),
        (
            "output =",
            "input = { mean = [inf, 0.0, 0.0] }\noutput =",
            "input.mean must",
        ),
        (
            "output =",
            "input = { std = [1.0, 0.0, 1.0] }\noutput =",
            "input.std must",
        ),
        ("output =", "input = { pad = 300 }\noutput =", "input.pad must"),
        (
            "output =",
            "input = { fit = \"stretch\", pad = 3 }\noutput =",
            "input.pad belongs",
        ),
        (
            "output =",
            "input = { fraction = 0.5 }\noutput =",
            "input.fraction belongs",
        ),
        (
            "output =",
            "input = { fit = \"center_crop\" }\noutput =",
            "input.fit must",
        ),
        (
            "output =",
            "thresholds = { confidence = 1.1 }\noutput =",
            "thresholds.confidence must",
        ),
        (
            "output =",
            "thresholds = { iou = nan }\noutput =",
            "thresholds.iou must",
        ),
        (
            "output =",
            "thresholds = { max_detections = 0 }\noutput =",
            "thresholds.max_detections must",
        ),
        (
            "output =",
            "thresholds = { per_class = { gold = 0.5 } }\noutput =",
            "thresholds.per_class.gold is none",
        ),
        (
            "{ layout = \"yolo\" }",
            "{ layout = \"semantic_logits\" }",
            "input.width is missing",
        ),
    ];
    for (from, to, expected) in cases {
        let manifest = OWN.replacen(from, to, 1);
        assert_ne!(manifest, OWN, "{from}");
        let message = Library::parse(&manifest).unwrap_err().to_string();
        let name = if to.contains("../own") {
            "model ../own: "
        } else {
            "model own: "
        };
        assert!(
            message.starts_with(name) && message.contains(expected),
            "{to}: {message}"
        );
    }
    assert!(matches!(
        Library::parse("models = 3"),
        Err(ManifestError::Syntax(_))
    ));
    assert!(matches!(
        Library::parse("[[modells]]"),
        Err(ManifestError::Syntax(_))
    ));
    assert!(matches!(
        Library::parse(&format!("{OWN}{OWN}")),
        Err(ManifestError::Twice(_))
    ));
    let two = OWN.replace("labels", "default = true\nlabels");
    let two = format!("{two}{}", two.replace("\"own\"", "\"other\""));
    assert!(matches!(
        Library::parse(&two),
        Err(ManifestError::TwoDefaults { .. })
    ));
    assert!(Library::parse("").unwrap().is_empty());
}

#[test]
fn a_manifest_of_ones_own_adds_replaces_and_takes_over_the_default() {
    let mut library = library();
    let own = OWN.replace("labels", "default = true\nlabels")
        + &OWN
            .replace("\"own\"", "\"yolov4_tiny\"")
            .replace("segment", "detect");
    library.extend(Library::parse(&own).unwrap());
    assert_eq!(library.len(), 6);
    assert_eq!(library.default_for(Task::Segment).unwrap().name, "own");
    assert!(
        library
            .find(Task::Segment, "deeplabv3_mnv2_257")
            .is_some_and(|model| !model.default)
    );
    assert_eq!(
        library.default_for(Task::Detect).unwrap().name,
        "efficientdet_lite0"
    );
    assert_eq!(
        library.find(Task::Detect, "yolov4_tiny").unwrap().file,
        "best.onnx"
    );
}

//! Exports of one's own: each layout on a small graph with a known answer.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of the tests' own"
)]

mod support;

use darkroom_inference::{Bounds, Fault, Model, Regions, SegmentOptions};
use support::graph::{Attribute, Graph, colours, yolo};
use support::{Photo, description};

const YOLO_DETECT: &str = r#"
    name = "quarters"
    file = "quarters.onnx"
    task = "detect"
    labels = ["red", "green", "blue"]
    input = { width = 64, height = 64 }
    output = { layout = "yolo" }
"#;
const YOLO_SEGMENT: &str = r#"
    name = "quarters"
    file = "quarters.onnx"
    task = "segment"
    labels = ["red", "green", "blue"]
    input = { width = 64, height = 64 }
    output = { layout = "yolo" }
"#;
const COLOURS: &str = r#"
    name = "colours"
    file = "colours.onnx"
    task = "segment"
    labels = ["red", "green", "blue"]
    input = { width = 8, height = 8 }
    output = { layout = "semantic_logits" }
"#;

fn painted(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Photo {
    let rgb = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| colour(x, y))
        .collect();
    Photo { width, height, rgb }
}

/// Twice as wide as high: red at the top left of the letterboxed square's picture, blue at the bottom right.
fn red_and_blue() -> Photo {
    painted(640, 640, |x, y| match (x < 320, y < 320) {
        (true, true) => [230, 10, 10],
        (false, false) => [10, 10, 204],
        _ => [20, 20, 20],
    })
}

#[test]
fn a_yolo_detector_sees_the_picture_and_boxes_come_back_in_its_pixels() {
    let model = Model::load(&description(YOLO_DETECT), &yolo(&[1, 3, 64, 64], false), 1).unwrap();
    let photo = red_and_blue();
    let (found, _) = model.detect(&photo.pixels(), &SegmentOptions::default()).unwrap();
    let labels: Vec<_> = found.iter().map(|detection| detection.label.as_str()).collect();
    assert_eq!(labels, ["red", "blue"]);
    assert!((found[0].score - 230.0 / 255.0).abs() < 1e-3 && (found[1].score - 0.8).abs() < 1e-3);
    // Centre 16, size 24 of 64, ten times as large.
    let bounds = found[0].bounds;
    assert_eq!(
        [bounds.x1, bounds.y1, bounds.x2, bounds.y2],
        [40.0, 40.0, 280.0, 280.0]
    );

    let only_blue = SegmentOptions {
        classes: Some([2].into()),
        ..Default::default()
    };
    let (found, _) = model.detect(&photo.pixels(), &only_blue).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].class, 2);
    let one = SegmentOptions {
        max_detections: Some(1),
        confidence: Some(0.0),
        ..Default::default()
    };
    assert_eq!(model.detect(&photo.pixels(), &one).unwrap().0.len(), 1);
}

#[test]
fn a_letterboxed_picture_gets_its_boxes_without_the_margins() {
    let model = Model::load(&description(YOLO_DETECT), &yolo(&[1, 3, 64, 64], false), 1).unwrap();
    // 640 x 320 fills rows 16 to 48 of 64: what lies above or below is cut off the boxes.
    let photo = painted(640, 320, |_, _| [255, 0, 0]);
    let (found, _) = model.detect(&photo.pixels(), &SegmentOptions::default()).unwrap();
    assert_eq!(found.len(), 4);
    let edges = |bounds: Bounds| [bounds.x1, bounds.y1, bounds.x2, bounds.y2];
    for expected in [[40.0, 0.0, 280.0, 120.0], [360.0, 200.0, 600.0, 320.0]] {
        assert!(
            found.iter().any(|detection| edges(detection.bounds) == expected),
            "{found:?}"
        );
    }
    // Half of each quarter is red, half is padding of 114.
    assert!(
        (found[0].score - (1.0 + 114.0 / 255.0) / 2.0).abs() < 1e-3,
        "{}",
        found[0].score
    );
}

#[test]
fn a_class_of_its_own_threshold_takes_the_stricter_one() {
    let entry = format!("{YOLO_DETECT}\n    thresholds = {{ per_class = {{ blue = 0.85 }} }}");
    let model = Model::load(&description(&entry), &yolo(&[1, 3, 64, 64], false), 1).unwrap();
    let photo = red_and_blue();
    let labels = |confidence| -> Vec<String> {
        let options = SegmentOptions {
            confidence,
            ..Default::default()
        };
        model
            .detect(&photo.pixels(), &options)
            .unwrap()
            .0
            .into_iter()
            .map(|found| found.label)
            .collect()
    };
    assert_eq!(labels(None), ["red"]);
    assert_eq!(labels(Some(0.95)), Vec::<String>::new());
}

#[test]
fn a_yolo_segmenter_gives_each_instance_its_mask() {
    let model = Model::load(&description(YOLO_SEGMENT), &yolo(&[1, 3, 64, 64], true), 2).unwrap();
    let photo = red_and_blue();
    let (segmentation, _) = model
        .segment(&photo.pixels(), &SegmentOptions::default())
        .unwrap();
    let Regions::Instances(instances) = &segmentation.regions else {
        panic!("no instances")
    };
    assert_eq!(instances.len(), 2);
    // Nodes stand at (n + 0.5) * 40 pixels; 4.5 lies at 200, so the red mask is the box from there on, the blue one
    // (below 11.5, at 480) up to there.
    let mut spans = Vec::new();
    instances[0].mask.spans(150, &mut spans);
    assert_eq!((spans.len(), spans[0].clone()), (1, 200..280));
    instances[0].mask.spans(39, &mut spans);
    assert!(spans.is_empty());
    instances[1].mask.spans(599, &mut spans);
    assert_eq!((spans.len(), spans[0].clone()), (1, 360..480));
    assert_eq!(instances[0].mask.area(), 80 * 240);
    let areas = segmentation.areas();
    assert_eq!(
        areas
            .iter()
            .map(|a| (a.label.as_str(), a.pixels))
            .collect::<Vec<_>>(),
        [("red", 19200), ("blue", 28800)]
    );
    assert!((areas[0].percent - 100.0 * 19200.0 / 409_600.0).abs() < 1e-9);

    let contours = segmentation.contours(1.0);
    assert_eq!(contours.len(), 2);
    assert_eq!(contours[0].instance, Some(0));
    let ring = &contours[0].rings[0];
    assert!((ring.area() - 19200.0).abs() < 1.0, "{}", ring.area());
    assert_eq!(ring.points().first(), ring.points().last());
    assert_eq!(
        ring.points().len(),
        5,
        "a rectangle has four corners: {:?}",
        ring.points()
    );
}

#[test]
fn an_instance_without_a_pixel_is_dropped() {
    // The only mask that could be is where the column's number is above 20, of 16 columns.
    let entry = YOLO_SEGMENT.replace("\"quarters\"", "\"nothing\"");
    let graph = Graph::default()
        .input("images", &[1, 3, 64, 64])
        .floats("head", &[1, 6, 1], &[32.0, 32.0, 40.0, 40.0, 0.9, -1.0])
        .floats("prototypes", &[1, 1, 16, 16], &[1.0; 256])
        .node("Identity", &["head"], "output0", &[])
        .node("Identity", &["prototypes"], "output1", &[])
        .output("output0", &[1, 6, 1])
        .output("output1", &[1, 1, 16, 16])
        .bytes();
    let entry = entry.replace(r#"["red", "green", "blue"]"#, r#"["thing"]"#);
    let model = Model::load(&description(&entry), &graph, 1).unwrap();
    let (segmentation, _) = model
        .segment(&red_and_blue().pixels(), &SegmentOptions::default())
        .unwrap();
    assert!(matches!(&segmentation.regions, Regions::Instances(instances) if instances.is_empty()));
    assert!(segmentation.areas().is_empty() && segmentation.contours(0.0).is_empty());
}

#[test]
fn open_shapes_load_and_answer_alike() {
    let photo = red_and_blue();
    let fixed = Model::load(&description(YOLO_DETECT), &yolo(&[1, 3, 64, 64], false), 1).unwrap();
    let open = Model::load(&description(YOLO_DETECT), &yolo(&[0, 3, 0, 0], false), 1).unwrap();
    let answer = |model: &Model| {
        model
            .detect(&photo.pixels(), &SegmentOptions::default())
            .unwrap()
            .0
    };
    assert_eq!(answer(&fixed), answer(&open));
}

#[test]
fn logits_become_a_class_for_every_pixel() {
    let model = Model::load(&description(COLOURS), &colours(&[1, 3, 8, 8], &[1, 3, 8, 8]), 1).unwrap();
    let photo = painted(80, 40, |x, _| if x < 40 { [250, 0, 0] } else { [0, 0, 250] });
    let (segmentation, _) = model
        .segment(&photo.pixels(), &SegmentOptions::default())
        .unwrap();
    let Regions::Semantic(semantic) = &segmentation.regions else {
        panic!("no class map")
    };
    for y in 0..40 {
        let row = semantic.map().row(y);
        assert!(row[..40].iter().all(|class| *class == 0) && row[40..].iter().all(|class| *class == 2));
    }
    assert!(semantic.map().row(40).is_empty());
    let contours = segmentation.contours(0.0);
    assert_eq!(contours.len(), 1, "red is the background");
    assert_eq!(contours[0].label, "blue");
    assert!((contours[0].rings[0].area() - 1600.0).abs() < 1.0);

    // An even picture has equal logits nearly everywhere: nothing reaches 0.9.
    let sure = SegmentOptions {
        confidence: Some(0.9),
        ..Default::default()
    };
    let (segmentation, _) = model.segment(&photo.pixels(), &sure).unwrap();
    assert_eq!(segmentation.areas()[0].percent, 100.0);
}

#[test]
fn channels_last_and_blue_first_see_the_same_picture() {
    let photo = painted(80, 40, |x, y| {
        if x < 40 {
            [200, 10, 0]
        } else {
            [0, 121, (y * 5) as u8]
        }
    });
    let map = |entry: &str, bytes: &[u8]| {
        let model = Model::load(&description(entry), bytes, 1).unwrap();
        match model
            .segment(&photo.pixels(), &SegmentOptions::default())
            .unwrap()
            .0
            .regions
        {
            Regions::Semantic(semantic) => semantic.map().classes().to_vec(),
            Regions::Instances(_) => panic!("no class map"),
        }
    };
    let plain = map(COLOURS, &colours(&[1, 3, 8, 8], &[1, 3, 8, 8]));
    let last = COLOURS.replace("height = 8", "height = 8, layout = \"nhwc\"");
    assert_eq!(plain, map(&last, &colours(&[1, 8, 8, 3], &[1, 8, 8, 3])));
    let blue_first = COLOURS.replace("height = 8", "height = 8, channels = \"bgr\"");
    let swapped: Vec<u8> = map(&blue_first, &colours(&[1, 3, 8, 8], &[1, 3, 8, 8]))
        .iter()
        .map(|c| 2 - c)
        .collect();
    let differing = plain.iter().zip(&swapped).filter(|(a, b)| a != b).count();
    assert!(differing < 8, "{differing}: ties alone may go the other way");
}

#[test]
fn a_single_logit_stands_against_the_background() {
    let graph = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .floats("weights", &[1, 3, 1, 1], &[10.0, 0.0, 0.0])
        .floats("bias", &[1], &[-5.0])
        .node(
            "Conv",
            &["image", "weights", "bias"],
            "mask",
            &[Attribute::Ints("kernel_shape", &[1, 1])],
        )
        .output("mask", &[1, 1, 8, 8])
        .bytes();
    let entry = COLOURS.replace(r#"["red", "green", "blue"]"#, r#"["nothing", "red"]"#);
    let model = Model::load(&description(&entry), &graph, 1).unwrap();
    let photo = painted(80, 40, |x, _| if x < 20 { [255, 0, 0] } else { [0, 255, 255] });
    let (segmentation, _) = model
        .segment(&photo.pixels(), &SegmentOptions::default())
        .unwrap();
    let areas = segmentation.areas();
    assert_eq!(
        areas.iter().map(|area| area.label.as_str()).collect::<Vec<_>>(),
        ["nothing", "red"]
    );
    assert!((areas[1].percent - 25.0).abs() < 0.1, "{areas:?}");
}

#[test]
fn a_model_answers_many_threads_at_once() {
    let model = Model::load(&description(YOLO_SEGMENT), &yolo(&[1, 3, 64, 64], true), 2).unwrap();
    let photo = red_and_blue();
    let areas = || {
        model
            .segment(&photo.pixels(), &SegmentOptions::default())
            .unwrap()
            .0
            .areas()
    };
    let expected = areas();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(areas)).collect();
        for worker in workers {
            assert_eq!(worker.join().unwrap(), expected);
        }
    });
}

#[test]
fn the_wrong_question_and_odd_options_are_typed_errors() {
    let model = Model::load(&description(YOLO_SEGMENT), &yolo(&[1, 3, 64, 64], true), 1).unwrap();
    let photo = red_and_blue();
    let fault = model
        .detect(&photo.pixels(), &SegmentOptions::default())
        .unwrap_err()
        .fault;
    assert!(matches!(fault, Fault::Task { .. }), "{fault}");
    assert!(matches!(
        model.embed(&photo.pixels()).unwrap_err().fault,
        Fault::Task { .. }
    ));
    for options in [
        SegmentOptions {
            confidence: Some(1.5),
            ..Default::default()
        },
        SegmentOptions {
            confidence: Some(f32::NAN),
            ..Default::default()
        },
        SegmentOptions {
            iou: Some(-0.1),
            ..Default::default()
        },
        SegmentOptions {
            max_detections: Some(0),
            ..Default::default()
        },
    ] {
        let fault = model.segment(&photo.pixels(), &options).unwrap_err().fault;
        assert!(matches!(fault, Fault::Option { .. }), "{fault}");
    }
}

#[test]
fn an_output_that_nobody_asks_for_may_be_anything() {
    let graph = Graph::default()
        .input("image", &[1, 3, 8, 8])
        .node("Shape", &["image"], "sides", &[])
        .node("Identity", &["image"], "logits", &[])
        .output("sides", &[4])
        .output("logits", &[1, 3, 8, 8])
        .bytes();
    let named = COLOURS.replace("\"semantic_logits\"", "\"semantic_logits\", output = \"logits\"");
    let model = Model::load(&description(&named), &graph, 1).unwrap();
    let photo = painted(16, 16, |_, _| [0, 200, 0]);
    let (segmentation, _) = model
        .segment(&photo.pixels(), &SegmentOptions::default())
        .unwrap();
    assert_eq!(segmentation.areas()[0].label, "green");
    // The first output, which counts where none is named, is no grid of logits.
    let fault = Model::load(&description(COLOURS), &graph, 1).unwrap_err().fault;
    assert!(matches!(fault, Fault::OutputShape { .. }), "{fault}");
}

#[test]
fn results_are_plain_json() {
    let model = Model::load(&description(YOLO_SEGMENT), &yolo(&[1, 3, 64, 64], true), 1).unwrap();
    let (segmentation, _) = model
        .segment(&red_and_blue().pixels(), &SegmentOptions::default())
        .unwrap();
    let Regions::Instances(instances) = &segmentation.regions else {
        panic!("no instances")
    };
    let detection = serde_json::to_value(&instances[0].detection).unwrap();
    let score = f64::from(instances[0].detection.score);
    let expected = serde_json::json!({"class": 0, "label": "red", "score": score, "x1": 40.0, "y1": 40.0, "x2": 280.0, "y2": 280.0});
    assert_eq!(detection, expected);
    let contour = serde_json::to_value(&segmentation.contours(1.0)[1]).unwrap();
    assert_eq!(contour["instance"], 1);
    assert_eq!(contour["rings"][0][0].as_array().unwrap().len(), 2);
    assert_eq!(
        serde_json::to_value(segmentation.areas()).unwrap()[1]["pixels"],
        28800
    );
}

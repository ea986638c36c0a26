//! From an entry as it is written to a description that is complete and makes sense.

use std::collections::BTreeMap;

use super::entry::{Entry, FitName, Input, LabelEntry, Output, ThresholdEntry};
use super::library::ManifestError;
use super::{
    Anchor, ChannelOrder, ClassAxis, Description, Fit, InputContract, InputLayout, Labels, OutputLayout,
    Resampling, Task, Thresholds,
};

/// Sides of a network's input above this are taken for a mistake: the input alone would need 200 MB.
const MAX_SIDE: u32 = 4096;
/// Classes above this are taken for a mistake.
const MAX_CLASSES: usize = 100_000;
/// More boxes than this say nothing about a picture.
const MAX_DETECTIONS: usize = 10_000;

/// Says which field of which model is wrong.
struct Checker<'a> {
    model: &'a str,
}

impl Checker<'_> {
    fn wrong(&self, field: &str, reason: impl Into<String>) -> ManifestError {
        ManifestError::Field {
            model: self.model.to_owned(),
            field: field.to_owned(),
            reason: reason.into(),
        }
    }

    fn ensure(&self, holds: bool, field: &str, reason: &str) -> Result<(), ManifestError> {
        if holds {
            Ok(())
        } else {
            Err(self.wrong(field, reason))
        }
    }

    fn fraction(&self, value: Option<f32>, field: &str) -> Result<(), ManifestError> {
        let inside = value.is_none_or(|value| (0.0..=1.0).contains(&value));
        self.ensure(inside, field, "must be from 0 to 1")
    }
}

pub(super) fn description(entry: Entry) -> Result<Description, ManifestError> {
    let name = entry.name;
    let checker = Checker { model: &name };
    checker.ensure(
        is_name(&name),
        "name",
        "must be 1 to 64 of a-z, 0-9, '-', '_' and '.', and begin with a letter or digit",
    )?;
    checker.ensure(
        is_relative_path(&entry.file),
        "file",
        "must be a path below the manifest's folder",
    )?;
    if let Some(digest) = &entry.sha256 {
        let is_hex = digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        checker.ensure(is_hex, "sha256", "must be 64 lower-case hexadecimal digits")?;
    }
    checker.ensure(entry.bytes != Some(0), "bytes", "must be above 0")?;
    let labels = labels(&checker, entry.labels)?;
    let output = output(&checker, entry.task, entry.output, entry.input.layout)?;
    let input = input(
        &checker,
        entry.task,
        &entry.input,
        matches!(output, OutputLayout::Yolo { .. }),
    )?;
    let thresholds = thresholds(&checker, entry.thresholds, &labels, &output)?;
    Ok(Description {
        version: entry.version.unwrap_or_else(|| "1".to_owned()),
        file: entry.file,
        sha256: entry.sha256,
        bytes: entry.bytes,
        licence: entry.licence.unwrap_or_else(|| "not stated".to_owned()),
        origin: entry.origin.unwrap_or_else(|| "not stated".to_owned()),
        title: entry.title.unwrap_or_else(|| name.clone()),
        task: entry.task,
        default: entry.default,
        input,
        output,
        labels,
        thresholds,
        name,
    })
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
}

/// A path that stays below the folder it is put into, on every system and as a key of object storage.
fn is_relative_path(file: &str) -> bool {
    file.len() <= 255
        && file.chars().all(|c| !c.is_control() && !matches!(c, '\\' | ':'))
        && file
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

fn labels(checker: &Checker<'_>, entry: Option<LabelEntry>) -> Result<Labels, ManifestError> {
    let labels = match entry {
        None => Labels::Unnamed,
        Some(LabelEntry::List(names)) => Labels::List(names),
        Some(LabelEntry::Map(names)) => {
            let mut map = BTreeMap::new();
            for (key, name) in names {
                let class = key.parse::<usize>().ok().filter(|class| *class < MAX_CLASSES);
                let class = class.ok_or_else(|| {
                    checker.wrong("labels", format!("{key:?} is not the number of a class"))
                })?;
                if map.insert(class, name).is_some() {
                    return Err(checker.wrong("labels", format!("class {class} is named twice")));
                }
            }
            Labels::Map(map)
        }
    };
    checker.ensure(labels.len() <= MAX_CLASSES, "labels", "are too many")?;
    Ok(labels)
}

fn input(
    checker: &Checker<'_>,
    task: Task,
    entry: &Input,
    yolo: bool,
) -> Result<InputContract, ManifestError> {
    let side = |value: Option<u32>, field: &str| {
        let value = value.or(yolo.then_some(640));
        let value = value.ok_or_else(|| checker.wrong(field, "is missing"))?;
        checker.ensure((1..=MAX_SIDE).contains(&value), field, "must be from 1 to 4096")?;
        Ok(value)
    };
    let contract = InputContract {
        width: side(entry.width, "input.width")?,
        height: side(entry.height, "input.height")?,
        layout: entry.layout.unwrap_or(InputLayout::Nchw),
        channels: entry.channels.unwrap_or(ChannelOrder::Rgb),
        scale: entry.scale.unwrap_or(1.0 / 255.0),
        mean: entry.mean.unwrap_or([0.0; 3]),
        std: entry.std.unwrap_or([1.0; 3]),
        fit: fit(checker, entry, yolo)?,
        resampling: entry.resampling.unwrap_or(Resampling::Linear),
    };
    checker.ensure(
        contract.scale.is_normal(),
        "input.scale",
        "must be a number other than 0",
    )?;
    checker.ensure(
        contract.mean.iter().all(|v| v.is_finite()),
        "input.mean",
        "must be numbers",
    )?;
    checker.ensure(
        contract.std.iter().all(|v| v.is_normal()),
        "input.std",
        "must be numbers other than 0",
    )?;
    checker.ensure(
        matches!(task, Task::Embed | Task::Quality) || !matches!(contract.fit, Fit::CenterCrop { .. }),
        "input.fit",
        "must be stretch or letterbox: a crop would leave a part of the picture unseen",
    )?;
    Ok(contract)
}

fn fit(checker: &Checker<'_>, entry: &Input, yolo: bool) -> Result<Fit, ManifestError> {
    let name = entry.fit.unwrap_or(if yolo {
        FitName::Letterbox
    } else {
        FitName::Stretch
    });
    if name != FitName::Letterbox {
        checker.ensure(
            entry.pad.is_none(),
            "input.pad",
            "belongs to the fit letterbox alone",
        )?;
        checker.ensure(
            entry.anchor.is_none(),
            "input.anchor",
            "belongs to the fit letterbox alone",
        )?;
    }
    if name != FitName::CenterCrop {
        checker.ensure(
            entry.fraction.is_none(),
            "input.fraction",
            "belongs to the fit center_crop alone",
        )?;
    }
    Ok(match name {
        FitName::Stretch => Fit::Stretch,
        FitName::Letterbox => {
            let pad = entry.pad.unwrap_or(114.0);
            checker.ensure((0.0..=255.0).contains(&pad), "input.pad", "must be from 0 to 255")?;
            Fit::Letterbox {
                pad,
                anchor: entry.anchor.unwrap_or(Anchor::Centre),
            }
        }
        FitName::CenterCrop => {
            let fraction = entry.fraction.unwrap_or(1.0);
            let inside = fraction > 0.0 && fraction <= 1.0;
            checker.ensure(inside, "input.fraction", "must be above 0 and at most 1")?;
            Fit::CenterCrop { fraction }
        }
    })
}

fn output(
    checker: &Checker<'_>,
    task: Task,
    entry: Output,
    input: Option<InputLayout>,
) -> Result<OutputLayout, ManifestError> {
    let (layout, name, tasks): (_, _, &[Task]) = match entry {
        Output::SemanticLogits {
            output,
            background,
            classes,
        } => {
            let classes = classes.unwrap_or(match input {
                Some(InputLayout::Nhwc) => ClassAxis::Last,
                _ => ClassAxis::First,
            });
            checker.ensure(background < 256, "output.background", "must be below 256")?;
            (
                OutputLayout::SemanticLogits {
                    output,
                    background,
                    classes,
                },
                "semantic_logits",
                &[Task::Segment],
            )
        }
        Output::Yolo { output, prototypes } => {
            checker.ensure(
                prototypes.is_none() || task == Task::Segment,
                "output.prototypes",
                "belongs to the task segment alone",
            )?;
            (
                OutputLayout::Yolo { output, prototypes },
                "yolo",
                &[Task::Detect, Task::Segment],
            )
        }
        Output::BoxesScores {
            boxes,
            scores,
            class_offset,
        } => {
            checker.ensure(class_offset < MAX_CLASSES, "output.class_offset", "is too large")?;
            (
                OutputLayout::BoxesScores {
                    boxes,
                    scores,
                    class_offset,
                },
                "boxes_scores",
                &[Task::Detect],
            )
        }
        Output::Embedding { output, logits } => (
            OutputLayout::Embedding { output, logits },
            "embedding",
            &[Task::Embed],
        ),
        Output::Scalar { output } => (OutputLayout::Scalar { output }, "scalar", &[Task::Quality]),
    };
    if !tasks.contains(&task) {
        return Err(checker.wrong("output.layout", format!("{name} is no layout of the task {task}")));
    }
    Ok(layout)
}

fn thresholds(
    checker: &Checker<'_>,
    entry: ThresholdEntry,
    labels: &Labels,
    output: &OutputLayout,
) -> Result<Thresholds, ManifestError> {
    let boxes = matches!(
        output,
        OutputLayout::Yolo { .. } | OutputLayout::BoxesScores { .. }
    );
    if !boxes {
        checker.ensure(
            entry.iou.is_none(),
            "thresholds.iou",
            "belongs to models of boxes alone",
        )?;
        checker.ensure(
            entry.max_detections.is_none(),
            "thresholds.max_detections",
            "belongs to models of boxes alone",
        )?;
        checker.ensure(
            entry.per_class.is_empty(),
            "thresholds.per_class",
            "belongs to models of boxes alone",
        )?;
    }
    checker.ensure(
        entry.confidence.is_none()
            || !matches!(
                output,
                OutputLayout::Embedding { .. } | OutputLayout::Scalar { .. }
            ),
        "thresholds.confidence",
        "means nothing to a model that finds nothing",
    )?;
    checker.fraction(entry.confidence, "thresholds.confidence")?;
    checker.fraction(entry.iou, "thresholds.iou")?;
    let max_detections = entry.max_detections.unwrap_or(300);
    checker.ensure(
        (1..=MAX_DETECTIONS).contains(&max_detections),
        "thresholds.max_detections",
        "must be from 1 to 10000",
    )?;
    let mut per_class = BTreeMap::new();
    for (label, value) in entry.per_class {
        let field = format!("thresholds.per_class.{label}");
        checker.fraction(Some(value), &field)?;
        let class = labels
            .class(&label)
            .ok_or_else(|| checker.wrong(&field, "is none of the labels"))?;
        per_class.insert(class, value);
    }
    Ok(Thresholds {
        confidence: entry.confidence.or(boxes.then_some(0.25)),
        iou: entry.iou.unwrap_or(0.7),
        max_detections,
        per_class,
    })
}

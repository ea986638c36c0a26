//! Which outputs of a graph mean what: the manifest's layout, checked against the graph.

use crate::error::Fault;
use crate::manifest::{ClassAxis, Description, OutputLayout, Task};
use crate::network::Signature;

/// The outputs of a graph, by place and size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Head {
    Semantic(SemanticHead),
    Yolo(YoloHead),
    BoxesScores {
        boxes: usize,
        scores: usize,
        classes: usize,
        class_offset: usize,
    },
    Embedding {
        output: usize,
        logits: Option<usize>,
    },
    Scalar {
        output: usize,
    },
}

/// A grid of logits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SemanticHead {
    pub(crate) output: usize,
    /// Classes in the output; a single one stands for two.
    pub(crate) classes: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) axis: ClassAxis,
    pub(crate) background: usize,
}

/// Boxes, scores and perhaps mask coefficients of anchors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct YoloHead {
    pub(crate) output: usize,
    pub(crate) classes: usize,
    pub(crate) anchors: usize,
    pub(crate) prototypes: Option<Prototypes>,
}

/// Basis of the masks of all anchors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prototypes {
    pub(crate) output: usize,
    pub(crate) count: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// An output that a layout can use: of fixed shape, its numbers 32-bit floats.
#[derive(Clone, Copy)]
struct Usable<'a> {
    place: usize,
    name: &'a str,
    shape: &'a [usize],
}

/// Looks up outputs by name or place.
struct Lookup<'a>(&'a [Signature]);

impl<'a> Lookup<'a> {
    fn usable(&self, place: usize) -> Option<Result<Usable<'a>, Fault>> {
        let Signature { name, shape } = self.0.get(place)?;
        Some(match shape {
            Ok(shape) => Ok(Usable { place, name, shape }),
            Err(found) => Err(Fault::OutputShape {
                output: name.clone(),
                expected: "32-bit floats in a shape that does not depend on the picture".to_owned(),
                found: found.clone(),
            }),
        })
    }

    fn named(&self, name: &str) -> Result<Usable<'a>, Fault> {
        let place = self.0.iter().position(|signature| signature.name == name);
        place.and_then(|place| self.usable(place)).unwrap_or_else(|| {
            let found = self.0.iter().map(|signature| signature.name.clone()).collect();
            Err(Fault::MissingOutput {
                output: name.to_owned(),
                found,
            })
        })
    }

    fn named_or(&self, name: Option<&str>, place: usize) -> Result<Usable<'a>, Fault> {
        match name {
            Some(name) => self.named(name),
            None => self
                .usable(place)
                .unwrap_or_else(|| self.named(&format!("no. {}", place + 1))),
        }
    }
}

fn shape(output: Usable<'_>, expected: impl Into<String>) -> Fault {
    Fault::OutputShape {
        output: output.name.to_owned(),
        expected: expected.into(),
        found: format!("{:?}", output.shape),
    }
}

/// Labels must fit the classes that are counted from `first`.
fn labelled(
    description: &Description,
    output: Usable<'_>,
    first: usize,
    classes: usize,
) -> Result<(), Fault> {
    if description.labels.fits(first, classes) {
        return Ok(());
    }
    Err(Fault::Labels {
        output: output.name.to_owned(),
        labels: description.labels.len(),
        classes,
    })
}

impl Head {
    pub(crate) fn new(description: &Description, outputs: &[Signature]) -> Result<Self, Fault> {
        let lookup = Lookup(outputs);
        match &description.output {
            OutputLayout::SemanticLogits {
                output,
                background,
                classes,
            } => semantic(description, &lookup, output.as_deref(), *background, *classes).map(Self::Semantic),
            OutputLayout::Yolo { output, prototypes } => {
                yolo(description, &lookup, output.as_deref(), prototypes.as_deref()).map(Self::Yolo)
            }
            OutputLayout::BoxesScores {
                boxes,
                scores,
                class_offset,
            } => boxes_scores(description, &lookup, boxes, scores, *class_offset),
            OutputLayout::Embedding { output, logits } => {
                embedding(description, &lookup, output.as_deref(), logits.as_deref())
            }
            OutputLayout::Scalar { output } => scalar(&lookup, output.as_deref()),
        }
    }
}

fn semantic(
    description: &Description,
    lookup: &Lookup<'_>,
    output: Option<&str>,
    background: usize,
    axis: ClassAxis,
) -> Result<SemanticHead, Fault> {
    let output = lookup.named_or(output, 0)?;
    let (classes, rows, columns) = match (axis, output.shape) {
        (ClassAxis::First, &[1, classes, rows, columns]) => (classes, rows, columns),
        (ClassAxis::Last, &[1, rows, columns, classes]) => (classes, rows, columns),
        (ClassAxis::First, _) => return Err(shape(output, "[1, classes, height, width]")),
        (ClassAxis::Last, _) => return Err(shape(output, "[1, height, width, classes]")),
    };
    if !(1..=256).contains(&classes) || rows == 0 || columns == 0 {
        return Err(shape(output, "1 to 256 classes on a grid that is not empty"));
    }
    let reported = classes.max(2);
    labelled(description, output, 0, reported)?;
    if background >= reported {
        return Err(shape(
            output,
            format!("the background, class {background}, among its classes"),
        ));
    }
    Ok(SemanticHead {
        output: output.place,
        classes,
        rows,
        columns,
        axis,
        background,
    })
}

fn yolo(
    description: &Description,
    lookup: &Lookup<'_>,
    output: Option<&str>,
    prototypes: Option<&str>,
) -> Result<YoloHead, Fault> {
    let output = lookup.named_or(output, 0)?;
    let &[1, values, anchors] = output.shape else {
        return Err(shape(output, "[1, 4 + classes, anchors]"));
    };
    let prototypes = if description.task == Task::Segment {
        let output = lookup.named_or(prototypes, 1)?;
        match output.shape {
            &[1, count, rows, columns] if count > 0 && rows > 0 && columns > 0 => Some(Prototypes {
                output: output.place,
                count,
                rows,
                columns,
            }),
            _ => return Err(shape(output, "prototypes [1, 32, height, width]")),
        }
    } else {
        None
    };
    let coefficients = prototypes.as_ref().map_or(0, |prototypes| prototypes.count);
    let classes = values.saturating_sub(4 + coefficients);
    if classes == 0 || anchors == 0 {
        let expected = format!("[1, 4 + classes + {coefficients}, anchors]");
        return Err(shape(output, expected));
    }
    labelled(description, output, 0, classes)?;
    Ok(YoloHead {
        output: output.place,
        classes,
        anchors,
        prototypes,
    })
}

fn boxes_scores(
    description: &Description,
    lookup: &Lookup<'_>,
    boxes: &str,
    scores: &str,
    class_offset: usize,
) -> Result<Head, Fault> {
    let boxes = lookup.named(boxes)?;
    let scores = lookup.named(scores)?;
    let &[1, anchors, 4] = boxes.shape else {
        return Err(shape(boxes, "[1, anchors, 4]"));
    };
    let classes = match scores.shape {
        &[1, as_many, classes] if as_many == anchors && classes > 0 => classes,
        _ => return Err(shape(scores, format!("[1, {anchors}, classes]"))),
    };
    labelled(description, scores, class_offset, classes)?;
    Ok(Head::BoxesScores {
        boxes: boxes.place,
        scores: scores.place,
        classes,
        class_offset,
    })
}

fn embedding(
    description: &Description,
    lookup: &Lookup<'_>,
    output: Option<&str>,
    logits: Option<&str>,
) -> Result<Head, Fault> {
    let output = lookup.named_or(output, 0)?;
    if vector_length(output).is_none() {
        return Err(shape(output, "[1, length]"));
    }
    let logits = logits.map(|name| lookup.named(name)).transpose()?;
    if let Some(logits) = logits {
        let classes = vector_length(logits).ok_or_else(|| shape(logits, "[1, classes]"))?;
        labelled(description, logits, 0, classes)?;
    }
    Ok(Head::Embedding {
        output: output.place,
        logits: logits.map(|logits| logits.place),
    })
}

fn scalar(lookup: &Lookup<'_>, output: Option<&str>) -> Result<Head, Fault> {
    let output = lookup.named_or(output, 0)?;
    if output.shape.iter().any(|length| *length != 1) {
        return Err(shape(output, "one number"));
    }
    Ok(Head::Scalar { output: output.place })
}

/// The length of a vector, whatever axes of length 1 stand about it.
fn vector_length(output: Usable<'_>) -> Option<usize> {
    let mut long = output.shape.iter().copied().filter(|length| *length != 1);
    match (long.next(), long.next()) {
        (Some(length), None) if length > 1 => Some(length),
        _ => None,
    }
}

//! A model that is ready to be asked.

use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::boxes;
use crate::class_map::{Verdict, class_map};
use crate::detection::{Candidate, Criteria, Detection, GradedDetections, graded, suppress};
use crate::embedding::Embedding;
use crate::error::{Fault, ModelError};
use crate::geometry::Placement;
use crate::head::{Head, SemanticHead, YoloHead};
use crate::manifest::{Description, Labels, Task, Thresholds};
use crate::mask::{Mask, MaskSource};
use crate::network::{Network, Outputs};
use crate::options::{DetectOptions, SegmentOptions, check_share};
use crate::pixels::Pixels;
use crate::preprocess::preprocess;
use crate::score_grid::ScoreGrid;
use crate::segmentation::{Instance, Regions, Segmentation, Semantic};
use crate::timing::{Stopwatch, Timing, milliseconds};

/// An output of a network as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct RawOutput {
    /// Name in the graph.
    pub name: String,
    /// Lengths of its axes.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub values: Vec<f32>,
}

/// A model that is ready to be asked, from any number of threads at once.
#[derive(Debug)]
pub struct Model {
    description: Description,
    labels: Arc<Labels>,
    digest: String,
    load_ms: f64,
    network: Network,
    head: Head,
}

impl Model {
    /// Checks a model's file against its description, and makes it ready to run on `threads` threads (0 counts as 1).
    ///
    /// A damaged or hostile file gives an error and no panic, but tract sets itself no limit of time or memory while it
    /// works out a graph's shapes: a file from strangers is to be loaded where the process has such limits.
    ///
    /// # Errors
    /// A file of another length or digest, one that is no ONNX graph tract can run, or a graph whose input, outputs or
    /// classes are not what the description says.
    pub fn load(description: &Description, bytes: &[u8], threads: usize) -> Result<Self, ModelError> {
        let start = Instant::now();
        let failed = |fault| failure(description, fault);
        if let Some(expected) = description
            .bytes
            .filter(|expected| *expected != bytes.len() as u64)
        {
            return Err(failed(Fault::Size {
                expected,
                found: bytes.len() as u64,
            }));
        }
        let digest = hex::encode(Sha256::digest(bytes));
        if let Some(expected) = description
            .sha256
            .as_ref()
            .filter(|expected| **expected != digest)
        {
            return Err(failed(Fault::Digest {
                expected: expected.clone(),
                found: digest,
            }));
        }
        let network = Network::load(bytes, &description.input, threads).map_err(failed)?;
        let head = Head::new(description, network.outputs()).map_err(failed)?;
        let load_ms = milliseconds(start.elapsed());
        tracing::info!(
            model = description.name,
            digest,
            model_load_ms = load_ms,
            "model loaded"
        );
        Ok(Self {
            labels: Arc::new(description.labels.clone()),
            description: description.clone(),
            digest,
            load_ms,
            network,
            head,
        })
    }

    /// The model's entry in the manifest.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Name in the manifest.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// Version in the manifest.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.description.version
    }

    /// SHA-256 of the file, in lower-case hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Names of the classes.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// What counts as found when the caller does not say.
    #[must_use]
    pub fn thresholds(&self) -> &Thresholds {
        &self.description.thresholds
    }

    /// How long loading took, in milliseconds.
    #[must_use]
    pub fn load_ms(&self) -> f64 {
        self.load_ms
    }

    /// Finds what every pixel belongs to, or the things in the picture and their pixels.
    ///
    /// # Errors
    /// A model for another task, an option out of its range, or a network that fails or gives what is not a number.
    pub fn segment(
        &self,
        pixels: &Pixels<'_>,
        options: &SegmentOptions,
    ) -> Result<(Segmentation, Timing), ModelError> {
        let mut stopwatch = Stopwatch::start();
        let regions = match &self.head {
            Head::Semantic(head) => self.semantic(head, pixels, options, &mut stopwatch),
            Head::Yolo(head) if self.description.task == Task::Segment => {
                self.instances(head, pixels, options, &mut stopwatch)
            }
            _ => Err(self.wrong_task(Task::Segment)),
        }
        .map_err(|fault| failure(&self.description, fault))?;
        let (width, height) = (pixels.width(), pixels.height());
        let segmentation = Segmentation {
            width,
            height,
            regions,
            labels: Arc::clone(&self.labels),
        };
        Ok((segmentation, stopwatch.finish()))
    }

    /// Finds the things in the picture, strongest first.
    ///
    /// # Errors
    /// A model for another task, an option out of its range, or a network that fails.
    pub fn detect(
        &self,
        pixels: &Pixels<'_>,
        options: &DetectOptions,
    ) -> Result<(Vec<Detection>, Timing), ModelError> {
        let (detections, timing) = self.detect_graded(pixels, options, 0.0)?;
        Ok((detections.sure, timing))
    }

    /// Finds the things in the picture, and those that the model is less sure of than it must be by no more than `margin`,
    /// 0 to 1, nor less than half as sure. What is sure is the same whatever the margin.
    ///
    /// # Errors
    /// Those of [`Self::detect`].
    pub fn detect_graded(
        &self,
        pixels: &Pixels<'_>,
        options: &DetectOptions,
        margin: f32,
    ) -> Result<(GradedDetections, Timing), ModelError> {
        let mut stopwatch = Stopwatch::start();
        let detections = self
            .detections(pixels, options, margin, &mut stopwatch)
            .map_err(|fault| failure(&self.description, fault))?;
        Ok((detections, stopwatch.finish()))
    }

    /// Makes the picture a vector.
    ///
    /// # Errors
    /// A model for another task, or a network that fails or gives what is not a number.
    pub fn embed(&self, pixels: &Pixels<'_>) -> Result<(Embedding, Timing), ModelError> {
        let mut stopwatch = Stopwatch::start();
        let embedding = self
            .embedding(pixels, &mut stopwatch)
            .map_err(|fault| failure(&self.description, fault))?;
        Ok((embedding, stopwatch.finish()))
    }

    /// Says how good the picture is, on the scale of the model.
    ///
    /// # Errors
    /// A model for another task, or a network that fails or gives what is not a number.
    pub fn score(&self, pixels: &Pixels<'_>) -> Result<(f32, Timing), ModelError> {
        let mut stopwatch = Stopwatch::start();
        let score = self
            .scalar(pixels, &mut stopwatch)
            .map_err(|fault| failure(&self.description, fault))?;
        Ok((score, stopwatch.finish()))
    }

    /// Runs the network on an input as [`preprocess`] makes it. This is for judging a network against another runtime; the results of a task come from the methods of that task.
    ///
    /// # Errors
    /// An input of another length, or a network that fails.
    pub fn run_raw(&self, input: &[f32]) -> Result<Vec<RawOutput>, ModelError> {
        let failed = |fault| failure(&self.description, fault);
        let outputs = self.network.run(input).map_err(failed)?;
        let signatures = self.network.outputs().iter().enumerate();
        signatures
            .map(|(index, signature)| {
                let values = outputs.values(index).map_err(failed)?;
                Ok(RawOutput {
                    name: signature.name.clone(),
                    shape: signature.shape.clone().unwrap_or_default(),
                    values: values.to_vec(),
                })
            })
            .collect()
    }

    fn semantic(
        &self,
        head: &SemanticHead,
        pixels: &Pixels<'_>,
        options: &SegmentOptions,
        stopwatch: &mut Stopwatch,
    ) -> Result<Regions, Fault> {
        options.check()?;
        let confidence = options.confidence.or(self.description.thresholds.confidence);
        let (outputs, placement) = self.infer(pixels, stopwatch)?;
        let values = self.finite(&outputs, head.output)?;
        let grid = ScoreGrid::new(values, head, &placement, self.input_size(), confidence);
        drop(outputs);
        let background = u8::try_from(head.background).unwrap_or_default();
        let verdict = Verdict::new(background, confidence, options.classes.as_ref());
        let map = class_map(&grid, pixels.width(), pixels.height(), &verdict);
        Ok(Regions::Semantic(Semantic {
            map,
            background,
            grid,
        }))
    }

    fn instances(
        &self,
        head: &YoloHead,
        pixels: &Pixels<'_>,
        options: &SegmentOptions,
        stopwatch: &mut Stopwatch,
    ) -> Result<Regions, Fault> {
        let criteria = self.criteria(options)?;
        let Some(prototypes) = &head.prototypes else {
            return Err(self.wrong_task(Task::Segment));
        };
        let (outputs, placement) = self.infer(pixels, stopwatch)?;
        let values = outputs.values(head.output)?;
        let source = MaskSource {
            prototypes,
            values: outputs.values(prototypes.output)?,
            placement: &placement,
            input: self.input_size(),
        };
        let kept = suppress(
            boxes::yolo(values, head, &criteria),
            criteria.iou,
            criteria.max_detections,
        );
        let instance = |candidate: Candidate| {
            let bounds = placement.bounds_in_picture(candidate.edges)?;
            let coefficients = boxes::yolo_coefficients(values, head, candidate.anchor);
            let mask = Mask::new(&source, &coefficients, bounds)?;
            Some(Instance {
                detection: candidate.named(bounds, &self.labels),
                mask,
            })
        };
        Ok(Regions::Instances(
            kept.into_iter().filter_map(instance).collect(),
        ))
    }

    fn detections(
        &self,
        pixels: &Pixels<'_>,
        options: &DetectOptions,
        margin: f32,
        stopwatch: &mut Stopwatch,
    ) -> Result<GradedDetections, Fault> {
        if self.description.task != Task::Detect {
            return Err(self.wrong_task(Task::Detect));
        }
        check_share("margin", margin)?;
        let criteria = Criteria {
            margin,
            ..self.criteria(options)?
        };
        let (outputs, placement) = self.infer(pixels, stopwatch)?;
        let candidates = match &self.head {
            Head::Yolo(head) => boxes::yolo(outputs.values(head.output)?, head, &criteria),
            Head::BoxesScores {
                boxes,
                scores,
                classes,
                class_offset,
            } => boxes::boxes_scores(
                outputs.values(*boxes)?,
                outputs.values(*scores)?,
                (*classes, *class_offset),
                self.input_size(),
                &criteria,
            ),
            Head::Semantic(_) | Head::Embedding { .. } | Head::Scalar { .. } => {
                return Err(self.wrong_task(Task::Detect));
            }
        };
        let detection = |candidate: Candidate| {
            placement
                .bounds_in_picture(candidate.edges)
                .map(|bounds| candidate.named(bounds, &self.labels))
        };
        let (sure, uncertain) = graded(candidates, &criteria);
        Ok(GradedDetections {
            sure: sure.into_iter().filter_map(detection).collect(),
            uncertain: uncertain.into_iter().filter_map(detection).collect(),
        })
    }

    fn embedding(&self, pixels: &Pixels<'_>, stopwatch: &mut Stopwatch) -> Result<Embedding, Fault> {
        let Head::Embedding { output, logits } = &self.head else {
            return Err(self.wrong_task(Task::Embed));
        };
        let (outputs, _) = self.infer(pixels, stopwatch)?;
        let vector = self.finite(&outputs, *output)?;
        let logits = logits.map(|logits| self.finite(&outputs, logits)).transpose()?;
        Ok(Embedding::new(vector, logits.unwrap_or_default()))
    }

    fn scalar(&self, pixels: &Pixels<'_>, stopwatch: &mut Stopwatch) -> Result<f32, Fault> {
        let Head::Scalar { output } = self.head else {
            return Err(self.wrong_task(Task::Quality));
        };
        let (outputs, _) = self.infer(pixels, stopwatch)?;
        let score = self.finite(&outputs, output)?.first().copied();
        score.ok_or_else(|| Fault::Run("it gave no number".to_owned()))
    }

    fn infer(&self, pixels: &Pixels<'_>, stopwatch: &mut Stopwatch) -> Result<(Outputs, Placement), Fault> {
        let input = preprocess(pixels, &self.description.input);
        stopwatch.preprocessed();
        let outputs = self.network.run(&input.values)?;
        stopwatch.inferred();
        Ok((outputs, input.placement))
    }

    /// An output in which one number that is not finite would spoil the whole.
    fn finite<'a>(&self, outputs: &'a Outputs, index: usize) -> Result<&'a [f32], Fault> {
        let values = outputs.values(index)?;
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        let name = self
            .network
            .outputs()
            .get(index)
            .map(|signature| signature.name.clone());
        Err(Fault::NotFinite(name.unwrap_or_default()))
    }

    fn criteria<'a>(&'a self, options: &'a SegmentOptions) -> Result<Criteria<'a>, Fault> {
        options.check()?;
        let thresholds = &self.description.thresholds;
        Ok(Criteria {
            confidence: options.confidence.or(thresholds.confidence).unwrap_or(0.25),
            iou: options.iou.unwrap_or(thresholds.iou),
            max_detections: options.max_detections.unwrap_or(thresholds.max_detections),
            margin: 0.0,
            thresholds,
            classes: options.classes.as_ref(),
        })
    }

    fn input_size(&self) -> (u32, u32) {
        (self.description.input.width, self.description.input.height)
    }

    fn wrong_task(&self, asked: Task) -> Fault {
        Fault::Task {
            asked,
            found: self.description.task,
        }
    }
}

fn failure(description: &Description, fault: Fault) -> ModelError {
    ModelError {
        model: description.name.clone(),
        file: description.file.clone(),
        fault,
    }
}

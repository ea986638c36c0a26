//! A graph that is ready to run: the only place that knows tract.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_linalg::multithread::Executor;
use tract_onnx::pb;
use tract_onnx::prelude::*;

use crate::enlargement::{self, Enlargement};
use crate::error::Fault;
use crate::manifest::{InputContract, InputLayout};

/// A graph that is ready to run, with outputs of known names and shapes. Running it needs only a shared reference.
pub(crate) struct Network {
    plan: Arc<TypedRunnableModel>,
    input: [usize; 4],
    outputs: Vec<Signature>,
    /// What is left to do to each output.
    enlargements: Vec<Option<Enlargement>>,
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Network")
            .field("input", &self.input)
            .field("outputs", &self.outputs)
            .finish()
    }
}

/// Name and shape of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    /// Lengths of its axes, where they are fixed and the numbers are 32-bit floats; what it is elsewhere. An output
    /// that no layout asks for may be anything.
    pub(crate) shape: Result<Vec<usize>, String>,
}

/// The outputs of one run, in the order of the graph.
pub(crate) struct Outputs(Vec<Values>);

/// The numbers of one output, as tract or an enlargement made them.
enum Values {
    Given(TValue),
    Enlarged(Vec<f32>),
}

impl Outputs {
    /// All numbers of one output, row-major.
    pub(crate) fn values(&self, index: usize) -> Result<&[f32], Fault> {
        match self.0.get(index) {
            Some(Values::Given(tensor)) => numbers(tensor),
            Some(Values::Enlarged(values)) => Ok(values),
            None => Err(Fault::Run(format!("it gave no output {index}"))),
        }
    }
}

fn numbers(tensor: &TValue) -> Result<&[f32], Fault> {
    let fault = |error: TractError| Fault::Run(chain(&error));
    tensor
        .try_as_plain_ram()
        .map_err(fault)?
        .as_slice::<f32>()
        .map_err(fault)
}

impl Network {
    /// Reads, checks and optimises a graph.
    pub(crate) fn load(bytes: &[u8], contract: &InputContract, threads: usize) -> Result<Self, Fault> {
        let (width, height) = (contract.width as usize, contract.height as usize);
        let input = match contract.layout {
            InputLayout::Nchw => [1, 3, height, width],
            InputLayout::Nhwc => [1, height, width, 3],
        };
        guarded(|| Self::optimise(bytes, input, threads))
            .unwrap_or_else(|panic| Err(Fault::Unreadable(panic)))
    }

    fn optimise(mut bytes: &[u8], input: [usize; 4], threads: usize) -> Result<Self, Fault> {
        let unreadable = |error: TractError| Fault::Unreadable(chain(&error));
        // Weights in other files are refused by tract itself, since it is told no folder.
        let onnx = tract_onnx::onnx()
            .with_ignore_output_shapes(true)
            .with_ignore_value_info(true);
        let proto = onnx.proto_model_for_read(&mut bytes).map_err(unreadable)?;
        let names = check_signature(&proto, input)?;
        let linear = enlargement::linear_outputs(&proto);
        let graph = onnx.model_for_proto_model(&proto).map_err(unreadable)?;
        drop(proto);
        let graph = graph
            .with_input_fact(0, f32::fact(input).into())
            .and_then(|graph| graph.into_typed())
            .and_then(|graph| graph.into_decluttered())
            .map_err(unreadable)?;
        let (graph, enlargements) = enlargement::split_off(graph, &linear).map_err(unreadable)?;
        let graph = graph.into_optimized().map_err(unreadable)?;
        let mut outputs = Vec::with_capacity(names.len());
        for (index, name) in names.into_iter().enumerate() {
            let fact = graph.output_fact(index).map_err(unreadable)?;
            let fixed = fact
                .shape
                .as_concrete()
                .filter(|_| fact.datum_type == f32::datum_type());
            let shape = match enlargements.get(index) {
                Some(Some(enlargement)) => Ok(enlargement.shape().to_vec()),
                _ => fixed.map(<[usize]>::to_vec).ok_or_else(|| format!("{fact:?}")),
            };
            outputs.push(Signature { shape, name });
        }
        let executor = if threads > 1 {
            Executor::multithread(threads)
        } else {
            Executor::SingleThread
        };
        let options = RunOptions {
            executor: Some(executor),
            ..RunOptions::default()
        };
        let plan = graph.into_runnable_with_options(&options).map_err(unreadable)?;
        Ok(Self {
            plan,
            input,
            outputs,
            enlargements,
        })
    }

    /// Names and shapes of the outputs.
    pub(crate) fn outputs(&self) -> &[Signature] {
        &self.outputs
    }

    /// Runs the graph on one input in the order of the contract.
    pub(crate) fn run(&self, values: &[f32]) -> Result<Outputs, Fault> {
        guarded(|| {
            let input = Tensor::from_shape(&self.input, values)?;
            self.plan.run(tvec!(input.into()))
        })
        .map_err(Fault::Run)?
        .map_err(|error| Fault::Run(chain(&error)))
        .and_then(|outputs| self.finished(outputs))
    }

    fn finished(&self, outputs: TVec<TValue>) -> Result<Outputs, Fault> {
        let mut finished = Vec::with_capacity(outputs.len());
        for (index, tensor) in outputs.into_iter().enumerate() {
            let Some(signature) = self.outputs.get(index) else {
                continue;
            };
            if let Some(Some(enlargement)) = self.enlargements.get(index) {
                let enlarged = enlargement.apply(numbers(&tensor)?);
                let enlarged =
                    enlarged.ok_or_else(|| wrong_shape(signature, &enlargement.shape(), &tensor))?;
                finished.push(Values::Enlarged(enlarged));
                continue;
            }
            if let Ok(shape) = &signature.shape
                && tensor.shape() != shape.as_slice()
            {
                return Err(wrong_shape(signature, shape, &tensor));
            }
            finished.push(Values::Given(tensor));
        }
        Ok(Outputs(finished))
    }
}

fn wrong_shape(signature: &Signature, expected: &[usize], found: &TValue) -> Fault {
    Fault::OutputShape {
        output: signature.name.clone(),
        expected: format!("{expected:?}"),
        found: format!("{:?}", found.shape()),
    }
}

/// The names of the outputs of a graph whose one input can hold `input`.
fn check_signature(proto: &pb::ModelProto, input: [usize; 4]) -> Result<Vec<String>, Fault> {
    let graph = proto
        .graph
        .as_ref()
        .ok_or_else(|| Fault::Unreadable("it holds no graph".into()))?;
    let constant = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let inputs: Vec<_> = graph.input.iter().filter(|info| !constant(&info.name)).collect();
    let expected = || format!("one tensor of 32-bit floats {input:?}");
    let [picture] = inputs.as_slice() else {
        return Err(Fault::Input {
            expected: expected(),
            found: format!("{} tensors", inputs.len()),
        });
    };
    if graph.output.is_empty() {
        return Err(Fault::Unreadable("its graph has no outputs".into()));
    }
    if let Some(pb::type_proto::Value::TensorType(tensor)) =
        picture.r#type.as_ref().and_then(|kind| kind.value.as_ref())
    {
        let dimensions: Option<Vec<_>> = tensor
            .shape
            .as_ref()
            .map(|shape| shape.dim.iter().map(dimension).collect());
        let fits = tensor.elem_type == pb::tensor_proto::DataType::Float as i32
            && dimensions.as_ref().is_none_or(|dimensions| {
                dimensions.len() == input.len()
                    && dimensions
                        .iter()
                        .zip(input)
                        .all(|(found, want)| found.is_none_or(|found| usize::try_from(found) == Ok(want)))
            });
        if !fits {
            let sides: Vec<_> = dimensions
                .unwrap_or_default()
                .iter()
                .map(|side| side.map_or_else(|| "any".to_owned(), |side| side.to_string()))
                .collect();
            let kind = pb::tensor_proto::DataType::try_from(tensor.elem_type)
                .map_or("an unknown type", |kind| kind.as_str_name());
            let found = format!("one tensor of {kind} [{}]", sides.join(", "));
            return Err(Fault::Input {
                expected: expected(),
                found,
            });
        }
    }
    Ok(graph.output.iter().map(|info| info.name.clone()).collect())
}

/// A dimension that the graph fixes; 0 and below are written by exporters for "any".
fn dimension(dimension: &pb::tensor_shape_proto::Dimension) -> Option<i64> {
    match &dimension.value {
        Some(pb::tensor_shape_proto::dimension::Value::DimValue(value)) if *value > 0 => Some(*value),
        _ => None,
    }
}

/// Turns a panic into its message. What the work touches is its own or only read, so nothing half-changed is seen.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        payload
            .downcast_ref::<&str>()
            .map(|message| (*message).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned())
    })
}

/// An error with all its causes, shortened: tract puts whole graphs into some.
fn chain(error: &TractError) -> String {
    const LONGEST: usize = 600;
    let mut text = format!("{error:#}");
    if text.len() > LONGEST {
        let end = text
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= LONGEST)
            .last()
            .unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

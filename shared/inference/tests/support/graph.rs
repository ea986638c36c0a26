//! Small ONNX graphs with known answers, written as bytes.

use prost::Message;
use tract_onnx::pb;

/// A graph in the making.
#[derive(Default)]
pub struct Graph(pb::GraphProto);

/// One attribute of a node.
pub enum Attribute<'a> {
    Int(&'a str, i64),
    Ints(&'a str, &'a [i64]),
}

fn info(name: &str, sides: &[i64]) -> pb::ValueInfoProto {
    let dim = sides
        .iter()
        .map(|side| {
            use pb::tensor_shape_proto::dimension::Value;
            // A side of 0 stands for one that the export left open.
            let value = if *side == 0 {
                Value::DimParam(format!("any{name}"))
            } else {
                Value::DimValue(*side)
            };
            pb::tensor_shape_proto::Dimension {
                value: Some(value),
                ..Default::default()
            }
        })
        .collect();
    let tensor = pb::type_proto::Tensor {
        elem_type: pb::tensor_proto::DataType::Float as i32,
        shape: Some(pb::TensorShapeProto { dim }),
    };
    let kind = pb::TypeProto {
        value: Some(pb::type_proto::Value::TensorType(tensor)),
        ..Default::default()
    };
    pb::ValueInfoProto {
        name: name.into(),
        r#type: Some(kind),
        ..Default::default()
    }
}

impl Graph {
    pub fn input(mut self, name: &str, sides: &[i64]) -> Self {
        self.0.input.push(info(name, sides));
        self
    }

    pub fn output(mut self, name: &str, sides: &[i64]) -> Self {
        self.0.output.push(info(name, sides));
        self
    }

    pub fn floats(mut self, name: &str, sides: &[i64], values: &[f32]) -> Self {
        assert_eq!(sides.iter().product::<i64>() as usize, values.len());
        self.0.initializer.push(pb::TensorProto {
            name: name.into(),
            dims: sides.to_vec(),
            data_type: pb::tensor_proto::DataType::Float as i32,
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ..Default::default()
        });
        self
    }

    pub fn integers(mut self, name: &str, values: &[i64]) -> Self {
        self.0.initializer.push(pb::TensorProto {
            name: name.into(),
            dims: vec![values.len() as i64],
            data_type: pb::tensor_proto::DataType::Int64 as i32,
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ..Default::default()
        });
        self
    }

    /// A tensor whose bytes lie in another file.
    pub fn external(mut self, name: &str, sides: &[i64], location: &str) -> Self {
        self.0.initializer.push(pb::TensorProto {
            name: name.into(),
            dims: sides.to_vec(),
            data_type: pb::tensor_proto::DataType::Float as i32,
            data_location: Some(pb::tensor_proto::DataLocation::External as i32),
            external_data: vec![pb::StringStringEntryProto {
                key: "location".into(),
                value: location.into(),
            }],
            ..Default::default()
        });
        self
    }

    pub fn node(
        mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[Attribute<'_>],
    ) -> Self {
        use pb::attribute_proto::AttributeType;
        let attribute = attributes
            .iter()
            .map(|attribute| match attribute {
                Attribute::Int(name, value) => pb::AttributeProto {
                    name: (*name).into(),
                    r#type: AttributeType::Int as i32,
                    i: *value,
                    ..Default::default()
                },
                Attribute::Ints(name, values) => pb::AttributeProto {
                    name: (*name).into(),
                    r#type: AttributeType::Ints as i32,
                    ints: values.to_vec(),
                    ..Default::default()
                },
            })
            .collect();
        self.0.node.push(pb::NodeProto {
            name: format!("make {output}"),
            op_type: operator.into(),
            input: inputs.iter().map(|name| (*name).into()).collect(),
            output: vec![output.into()],
            attribute,
            ..Default::default()
        });
        self
    }

    pub fn bytes(mut self) -> Vec<u8> {
        self.0.name = "test".into();
        let model = pb::ModelProto {
            ir_version: 8,
            graph: Some(self.0),
            opset_import: vec![pb::OperatorSetIdProto {
                domain: String::new(),
                version: 13,
            }],
            ..Default::default()
        };
        model.encode_to_vec()
    }
}

/// A YOLO head over a picture of 64 x 64: four anchors, one for each quarter of the input, with the mean red, green and
/// blue of that quarter as the scores of three classes. With `masks`, 32 coefficients and 16 x 16 prototypes are added:
/// the mask of each anchor is where the column's number is above 4.5 for the left quarters and below 11.5 for the right.
pub fn yolo(input: &[i64; 4], masks: bool) -> Vec<u8> {
    // Centre x of all anchors, then centre y, width, height.
    let boxes = [
        16.0, 48.0, 16.0, 48.0, 16.0, 16.0, 48.0, 48.0, 24.0, 24.0, 24.0, 24.0, 24.0, 24.0, 24.0, 24.0,
    ];
    let values = if masks { 39 } else { 7 };
    let mut graph = Graph::default()
        .input("images", input)
        .output("output0", &[1, values, 4])
        .floats("boxes", &[1, 4, 4], &boxes)
        .integers("flat", &[1, 3, 4])
        .node(
            "AveragePool",
            &["images"],
            "means",
            &[
                Attribute::Ints("kernel_shape", &[32, 32]),
                Attribute::Ints("strides", &[32, 32]),
            ],
        )
        .node("Reshape", &["means", "flat"], "scores", &[]);
    let parts: &[&str] = if masks {
        &["boxes", "scores", "coefficients"]
    } else {
        &["boxes", "scores"]
    };
    if masks {
        let mut coefficients = vec![0.0; 32 * 4];
        coefficients[..4].copy_from_slice(&[1.0, -1.0, 1.0, -1.0]);
        coefficients[4..8].copy_from_slice(&[-4.5, 11.5, -4.5, 11.5]);
        let mut prototypes = vec![0.0; 32 * 256];
        for row in 0..16 {
            for column in 0..16 {
                prototypes[row * 16 + column] = column as f32;
                prototypes[256 + row * 16 + column] = 1.0;
            }
        }
        graph = graph
            .floats("coefficients", &[1, 32, 4], &coefficients)
            .floats("prototypes", &[1, 32, 16, 16], &prototypes)
            .node("Identity", &["prototypes"], "output1", &[])
            .output("output1", &[1, 32, 16, 16]);
    }
    graph
        .node("Concat", parts, "output0", &[Attribute::Int("axis", 1)])
        .bytes()
}

/// A semantic head that gives back what it sees: the samples of red, green and blue are the logits of three classes.
pub fn colours(input: &[i64; 4], output: &[i64; 4]) -> Vec<u8> {
    Graph::default()
        .input("image", input)
        .node("Identity", &["image"], "logits", &[])
        .output("logits", output)
        .bytes()
}

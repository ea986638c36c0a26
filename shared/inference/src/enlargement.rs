//! The last step of networks that segment: their logits, enlarged to the size of the picture they were given.
//!
//! A general interpolation takes tract as long as a small network itself. Where an output comes from a linear resize of the
//! two last axes, that is split off when the graph is loaded and done here, with the same result: each column and row of the
//! enlarged output lies between two of the small one (ONNX, `Resize`, modes `half_pixel` and `align_corners`).

use tract_onnx::pb;
use tract_onnx::prelude::*;

/// Where the points of the large grid lie on the small one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alignment {
    /// Both grids are made of squares that cover the same area.
    HalfPixel,
    /// The outermost points of both grids are the same.
    Corners,
}

/// One enlargement of planes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enlargement {
    /// Batch and channels.
    planes: [usize; 2],
    /// Rows and columns before and after.
    from: [usize; 2],
    to: [usize; 2],
    alignment: Alignment,
}

/// Between which two points another lies, and how near it is to the second, 0..1.
#[derive(Clone, Copy, Debug)]
struct Tap {
    first: usize,
    second: usize,
    weight: f32,
}

/// For each output of a graph, in what way it is resized linearly, if it is and in a way that is known here.
pub(crate) fn linear_outputs(proto: &pb::ModelProto) -> Vec<Option<Alignment>> {
    let Some(graph) = &proto.graph else {
        return Vec::new();
    };
    let alignment = |output: &pb::ValueInfoProto| {
        let node = graph
            .node
            .iter()
            .find(|node| node.output.first() == Some(&output.name))?;
        let text = |name: &str| {
            let attribute = node.attribute.iter().find(|attribute| attribute.name == name);
            attribute.map(|attribute| attribute.s.as_slice())
        };
        let is_plain = node.op_type == "Resize"
            && text("mode") == Some(b"linear")
            && node.attribute.iter().all(|attribute| {
                let is_ours = [
                    "mode",
                    "coordinate_transformation_mode",
                    "nearest_mode",
                    "cubic_coeff_a",
                ];
                is_ours.contains(&attribute.name.as_str()) || attribute.i == 0
            });
        // By sizes: by factors, a grid of half pixels may begin elsewhere than it does here.
        let is_by_sizes = node.input.get(3).is_some_and(|sizes| !sizes.is_empty());
        match text("coordinate_transformation_mode") {
            Some(b"align_corners") if is_plain => Some(Alignment::Corners),
            None | Some(b"half_pixel") if is_plain && is_by_sizes => Some(Alignment::HalfPixel),
            _ => None,
        }
    };
    graph.output.iter().map(alignment).collect()
}

/// Takes outputs from before such a resize, and tells what is left to do to each.
pub(crate) fn split_off(
    mut graph: TypedModel,
    linear: &[Option<Alignment>],
) -> TractResult<(TypedModel, Vec<Option<Enlargement>>)> {
    let mut outlets = graph.output_outlets()?.to_vec();
    let mut enlargements = vec![None; outlets.len()];
    for ((outlet, enlargement), alignment) in outlets.iter_mut().zip(&mut enlargements).zip(linear) {
        let node = graph.node(outlet.node);
        let before = node.inputs.first().filter(|_| node.op.name() == "Resize");
        let (Some(before), Some(alignment)) = (before.copied(), *alignment) else {
            continue;
        };
        let (from, to) = (graph.outlet_fact(before)?, graph.outlet_fact(*outlet)?);
        let is_float = from.datum_type == f32::datum_type() && to.datum_type == f32::datum_type();
        let (Some(&[batch, channels, rows, columns]), Some(&[to_batch, to_channels, to_rows, to_columns])) =
            (from.shape.as_concrete(), to.shape.as_concrete())
        else {
            continue;
        };
        let grows = rows > 0 && columns > 0 && to_rows >= rows && to_columns >= columns;
        if is_float && grows && (batch, channels) == (to_batch, to_channels) {
            *enlargement = Some(Enlargement {
                planes: [batch, channels],
                from: [rows, columns],
                to: [to_rows, to_columns],
                alignment,
            });
            *outlet = before;
        }
    }
    graph.select_output_outlets(&outlets)?;
    Ok((graph, enlargements))
}

impl Enlargement {
    /// Batch, channels, rows and columns of what comes out.
    pub(crate) const fn shape(&self) -> [usize; 4] {
        let ([batch, channels], [rows, columns]) = (self.planes, self.to);
        [batch, channels, rows, columns]
    }

    /// Enlarges every plane; none if there are not as many numbers as there must be.
    pub(crate) fn apply(&self, values: &[f32]) -> Option<Vec<f32>> {
        let ([rows, columns], [to_rows, to_columns]) = (self.from, self.to);
        let planes = self.planes.iter().product::<usize>();
        if values.len() != planes * rows * columns {
            return None;
        }
        let across = taps(columns, to_columns, self.alignment);
        let down = taps(rows, to_rows, self.alignment);
        let mut enlarged = Vec::with_capacity(planes * to_rows * to_columns);
        let mut widened = vec![0.0; rows * to_columns];
        for plane in values.chunks_exact(rows * columns) {
            for (row, widened) in plane
                .chunks_exact(columns)
                .zip(widened.chunks_exact_mut(to_columns))
            {
                for (value, tap) in widened.iter_mut().zip(&across) {
                    let (first, second) = (row.get(tap.first)?, row.get(tap.second)?);
                    *value = first + (second - first) * tap.weight;
                }
            }
            for tap in &down {
                let row = |number: usize| widened.get(number * to_columns..(number + 1) * to_columns);
                let pairs = row(tap.first)?.iter().zip(row(tap.second)?);
                enlarged.extend(pairs.map(|(first, second)| first + (second - first) * tap.weight));
            }
        }
        Some(enlarged)
    }
}

/// Where `to` points lie among `from` points.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sides of grids, and places between 0 and the last point"
)]
fn taps(from: usize, to: usize, alignment: Alignment) -> Vec<Tap> {
    let last = from.saturating_sub(1);
    (0..to)
        .map(|point| {
            let place = match alignment {
                Alignment::HalfPixel => (point as f64 + 0.5) * from as f64 / to as f64 - 0.5,
                Alignment::Corners if to > 1 => point as f64 * last as f64 / (to - 1) as f64,
                Alignment::Corners => 0.0,
            };
            let place = place.clamp(0.0, last as f64);
            let first = (place.floor() as usize).min(last);
            Tap {
                first,
                second: (first + 1).min(last),
                weight: (place - first as f64) as f32,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enlarged(from: [usize; 2], to: [usize; 2], alignment: Alignment, values: &[f32]) -> Vec<f32> {
        let enlargement = Enlargement {
            planes: [1, values.len() / (from[0] * from[1])],
            from,
            to,
            alignment,
        };
        enlargement.apply(values).unwrap()
    }

    #[test]
    fn points_lie_where_the_standard_puts_them() {
        // The examples of ONNX's own description of the operator, by one axis.
        assert_eq!(
            enlarged([1, 2], [1, 4], Alignment::HalfPixel, &[1.0, 2.0]),
            [1.0, 1.25, 1.75, 2.0]
        );
        let corners = enlarged([2, 2], [4, 4], Alignment::Corners, &[1.0, 2.0, 3.0, 4.0]);
        for (found, wanted) in corners
            .iter()
            .zip([1.0, 1.333_333_4, 1.666_666_6, 2.0, 1.666_666_6])
        {
            assert!((found - wanted).abs() < 1e-6, "{corners:?}");
        }
        assert_eq!(corners.last(), Some(&4.0));
    }

    #[test]
    fn every_plane_is_enlarged_for_itself() {
        let twice = enlarged([1, 1], [2, 3], Alignment::Corners, &[5.0, -1.0]);
        assert_eq!(twice, [[5.0; 6], [-1.0; 6]].concat());
        let short = Enlargement {
            planes: [1, 2],
            from: [2, 2],
            to: [4, 4],
            alignment: Alignment::Corners,
        };
        assert_eq!(short.apply(&[0.0; 7]), None);
    }
}

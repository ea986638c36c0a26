//! A field of numbers at the low resolution of a network's output.

/// Numbers at the nodes of a grid, row by row; at least one row of at least one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    columns: usize,
    values: Vec<f32>,
}

impl Field {
    /// A field of rows of `columns` numbers; nothing if that leaves no row or a part of one.
    pub(crate) fn new(columns: usize, values: Vec<f32>) -> Option<Self> {
        let whole = columns > 0 && !values.is_empty() && values.len().is_multiple_of(columns);
        whole.then_some(Self { columns, values })
    }

    /// Nodes in a row.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Rows.
    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// One row; the last for those below it.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let start = row.min(self.rows() - 1) * self.columns;
        self.values.get(start..start + self.columns).unwrap_or_default()
    }

    /// The value between node rows: `fraction` of the way from `row` to the next, for every column, into `target`.
    pub(crate) fn between_rows(&self, row: usize, fraction: f32, target: &mut Vec<f32>) {
        target.clear();
        let pairs = self.row(row).iter().zip(self.row(row + 1));
        target.extend(pairs.map(|(above, below)| mix(*above, *below, fraction)));
    }
}

/// From `a` to `b` by a fraction of the way. Equal ends give their value exactly.
pub(crate) fn mix(a: f32, b: f32, fraction: f32) -> f32 {
    a + (b - a) * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_whole_and_hold_beyond_their_last_row() {
        assert!(Field::new(0, vec![1.0]).is_none());
        assert!(Field::new(2, vec![1.0; 3]).is_none());
        let field = Field::new(2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let mut row = Vec::new();
        field.between_rows(0, 0.5, &mut row);
        assert_eq!(row, [2.0, 3.0]);
        field.between_rows(1, 0.5, &mut row);
        assert_eq!(row, [3.0, 4.0]);
    }
}

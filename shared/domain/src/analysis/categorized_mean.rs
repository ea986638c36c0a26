//! Means of cells in categories.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure::{Code, Failure};

/// The most numbers that the rows of all categories may come to: what was found must fit into an answer.
pub const MAX_ROW_MEANS: usize = 100_000;

/// A cell that was put into a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SelectedCell {
    /// Row of cells from the top, from 0.
    pub row: i64,
    /// Column of cells from the left, from 0.
    pub col: i64,
    /// The category's id.
    pub category_id: String,
}

/// A category that cells are put into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The colour that it is shown in; whatever text the client uses.
    #[schema(example = "#00ff00")]
    pub color: String,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cell {
    /// Row of cells from the top, from 0.
    pub row: usize,
    /// Column of cells from the left, from 0.
    pub col: usize,
}

/// The grid, the cells and the categories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategorizedMeanParams {
    /// Where columns of cells begin, and where the last ends, in pixels.
    pub vertical_lines: Vec<u32>,
    /// Where rows of cells begin, and where the last ends, in pixels.
    pub horizontal_lines: Vec<u32>,
    /// The cells that were put into categories.
    pub selected_cells: Vec<SelectedCell>,
    /// The categories.
    pub selection_categories: Vec<Category>,
    /// How many cells were put into categories.
    pub selected_cells_count: usize,
}

/// The means of one category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryMean {
    /// The category's id.
    pub category_id: String,
    /// The category's name.
    pub category_name: String,
    /// The category's colour.
    pub color: String,
    /// The mean of the means of its cells.
    pub mean_value: f64,
    /// How many cells it has.
    pub cell_count: usize,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// For each row of the grid the mean of its cells there, or null where it has none.
    pub row_means: Vec<Option<f64>>,
    /// The mean of those of `rowMeans` that there are.
    pub row_means_average: f64,
}

/// What the categories come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategorizedMean {
    /// The mean over all selected cells: one that was selected twice counts twice.
    pub overall_mean: f64,
    /// The mean of the categories' means.
    pub category_means_average: f64,
    /// The categories, in the order of their first cells.
    pub category_results: Vec<CategoryMean>,
    /// How many cells the grid has.
    pub total_cells: usize,
    /// Always true: older clients look at it.
    pub confirmed: bool,
}

impl CategorizedMean {
    /// Puts the cells of a grid, whose `means` stand in rows, into categories.
    ///
    /// # Errors
    /// `invalid_request` without a cell; `validation_failed` for a cell outside of the grid, for a category that is not
    /// defined, and for more categories and rows than fit into an answer.
    pub fn of(
        means: &[Vec<f64>],
        selected: &[SelectedCell],
        categories: &[Category],
    ) -> Result<Self, Failure> {
        if selected.is_empty() {
            return Err(Failure::permanent(
                Code::InvalidRequest,
                "No cells selected for calculation",
            ));
        }
        let columns = means.first().map_or(0, Vec::len);
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut all = Mean::default();
        for selection in selected {
            let row = within("row", selection.row, means.len())?;
            let col = within("col", selection.col, columns)?;
            let mean = means
                .get(row)
                .and_then(|row| row.get(col))
                .copied()
                .unwrap_or_default();
            let category = categories
                .iter()
                .find(|category| category.id == selection.category_id)
                .ok_or_else(|| {
                    invalid(format!(
                        "Category ID '{}' not found in definitions",
                        selection.category_id
                    ))
                })?;
            all.add(mean);
            let known = groups.iter().position(|group| group.category.id == category.id);
            let index = match known {
                Some(index) => index,
                None => {
                    if (groups.len() + 1).saturating_mul(means.len()) > MAX_ROW_MEANS {
                        return Err(invalid(
                            "Too many categories for a grid with so many rows".to_owned(),
                        ));
                    }
                    groups.push(Group::new(category, means.len()));
                    groups.len() - 1
                }
            };
            if let Some(group) = groups.get_mut(index) {
                group.add(Cell { row, col }, mean);
            }
        }
        let category_results: Vec<CategoryMean> = groups.into_iter().map(Group::into_result).collect();
        let mut average = Mean::default();
        category_results
            .iter()
            .for_each(|result| average.add(result.mean_value));
        Ok(Self {
            overall_mean: all.value().unwrap_or_default(),
            category_means_average: average.value().unwrap_or_default(),
            category_results,
            total_cells: means.len().saturating_mul(columns),
            confirmed: true,
        })
    }
}

fn within(what: &str, index: i64, count: usize) -> Result<usize, Failure> {
    usize::try_from(index)
        .ok()
        .filter(|index| *index < count)
        .ok_or_else(|| {
            invalid(format!(
                "Cell {what} {index} out of bounds (0-{})",
                count.saturating_sub(1)
            ))
        })
}

fn invalid(detail: String) -> Failure {
    Failure::permanent(Code::ValidationFailed, detail)
}

/// A sum and how many numbers went into it.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count = self.count.saturating_add(1);
    }

    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

struct Group<'a> {
    category: &'a Category,
    cells: Vec<Cell>,
    mean: Mean,
    rows: Vec<Mean>,
}

impl<'a> Group<'a> {
    fn new(category: &'a Category, rows: usize) -> Self {
        Self {
            category,
            cells: Vec::new(),
            mean: Mean::default(),
            rows: vec![Mean::default(); rows],
        }
    }

    fn add(&mut self, cell: Cell, mean: f64) {
        self.cells.push(cell);
        self.mean.add(mean);
        if let Some(row) = self.rows.get_mut(cell.row) {
            row.add(mean);
        }
    }

    fn into_result(self) -> CategoryMean {
        let row_means: Vec<Option<f64>> = self.rows.into_iter().map(Mean::value).collect();
        let mut average = Mean::default();
        row_means.iter().flatten().for_each(|mean| average.add(*mean));
        CategoryMean {
            category_id: self.category.id.clone(),
            category_name: self.category.name.clone(),
            color: self.category.color.clone(),
            mean_value: self.mean.value().unwrap_or_default(),
            cell_count: self.cells.len(),
            cells: self.cells,
            row_means,
            row_means_average: average.value().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(row: i64, col: i64, category: &str) -> SelectedCell {
        SelectedCell {
            row,
            col,
            category_id: category.to_owned(),
        }
    }

    fn categories() -> Vec<Category> {
        ["A", "B"]
            .map(|id| Category {
                id: id.to_owned(),
                name: format!("category {id}"),
                color: "#fff".to_owned(),
            })
            .into()
    }

    const MEANS: [[f64; 2]; 2] = [[10.0, 20.0], [30.0, 40.0]];

    fn means() -> Vec<Vec<f64>> {
        MEANS.map(|row| row.to_vec()).into()
    }

    #[test]
    fn the_recorded_example() {
        let selected = [cell(0, 0, "A"), cell(1, 1, "A"), cell(0, 1, "B")];
        let found = CategorizedMean::of(&means(), &selected, &categories()).unwrap();
        assert!((found.overall_mean - 70.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.category_means_average, 22.5);
        let [a, b] = found.category_results.as_slice() else {
            panic!("two categories")
        };
        assert_eq!(
            (a.mean_value, a.row_means_average, a.row_means.as_slice()),
            (25.0, 25.0, &[Some(10.0), Some(40.0)][..])
        );
        assert_eq!(
            (b.mean_value, b.row_means_average, b.row_means.as_slice()),
            (20.0, 20.0, &[Some(20.0), None][..])
        );
        assert_eq!((found.total_cells, a.cell_count), (4, 2));
        let json = serde_json::to_value(b).unwrap();
        assert_eq!(json["rowMeans"], serde_json::json!([20.0, null]));
        assert_eq!(json["cells"], serde_json::json!([{ "row": 0, "col": 1 }]));
    }

    #[test]
    fn a_cell_that_is_selected_twice_counts_twice() {
        let selected = [cell(0, 0, "A"), cell(0, 0, "A"), cell(1, 1, "A")];
        let found = CategorizedMean::of(&means(), &selected, &categories()).unwrap();
        assert_eq!(found.overall_mean, 20.0);
        assert_eq!(found.category_results[0].cell_count, 3);
    }

    #[test]
    fn what_is_wrong_is_said_in_the_recorded_words() {
        let of = |selected: &[SelectedCell]| {
            let failure = CategorizedMean::of(&means(), selected, &categories()).unwrap_err();
            (failure.code, failure.detail)
        };
        assert_eq!(
            of(&[]),
            (
                Code::InvalidRequest,
                "No cells selected for calculation".to_owned()
            )
        );
        for (selected, text) in [
            (cell(2, 0, "A"), "Cell row 2 out of bounds (0-1)"),
            (cell(0, 5, "A"), "Cell col 5 out of bounds (0-1)"),
            (cell(-1, 0, "A"), "Cell row -1 out of bounds (0-1)"),
            (cell(0, 0, "C"), "Category ID 'C' not found in definitions"),
        ] {
            assert_eq!(of(&[selected]), (Code::ValidationFailed, text.to_owned()));
        }
    }

    #[test]
    fn an_answer_stays_within_bounds() {
        let rows = vec![vec![1.0]; 1000];
        let categories: Vec<Category> = (0..200)
            .map(|number| Category {
                id: number.to_string(),
                name: String::new(),
                color: String::new(),
            })
            .collect();
        let selected: Vec<SelectedCell> = (0..200)
            .map(|number| cell(number, 0, &number.to_string()))
            .collect();
        assert!(CategorizedMean::of(&rows, &selected[..100], &categories).is_ok());
        assert!(CategorizedMean::of(&rows, &selected, &categories).is_err());
    }
}

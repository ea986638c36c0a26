//! What groups are called.

use std::collections::BTreeSet;

use crate::failure::{Code, Failure};

/// What photographs in no group stand under.
pub const UNGROUPED: &str = "Ungrouped";

/// Longest label, in characters.
const MAX_LABEL: usize = 50;

/// Holds a label against its limits.
///
/// # Errors
/// `validation_failed` when it is empty, longer than 50 characters, or has control characters.
pub fn check_label(label: &str) -> Result<(), Failure> {
    if label.trim().is_empty() || label.chars().count() > MAX_LABEL || label.chars().any(char::is_control) {
        return Err(Failure::permanent(
            Code::ValidationFailed,
            format!("A label has 1 to {MAX_LABEL} characters, and none of them is a control character."),
        ));
    }
    Ok(())
}

/// What new clusters are called: as the group that each carries on, if it does; the others "Group 1", "Group 2", and so
/// on, by what is not `taken`.
#[must_use]
pub fn labels_of_clusters<'a>(
    carried_on: &[Option<&'a str>],
    taken: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut used: BTreeSet<String> = carried_on
        .iter()
        .flatten()
        .copied()
        .chain(taken)
        .map(ToOwned::to_owned)
        .collect();
    let mut number = 0_u32;
    carried_on
        .iter()
        .map(|label| match label {
            Some(label) => (*label).to_owned(),
            None => loop {
                number += 1;
                let label = format!("Group {number}");
                if used.insert(label.clone()) {
                    break label;
                }
            },
        })
        .collect()
}

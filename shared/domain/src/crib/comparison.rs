//! What should lie in a tray, and what does: two multisets of tools.

use std::collections::BTreeMap;

use super::entities::{Tool, Toolkit, ToolkitItem};
use crate::ids::ToolId;

/// A tool that should be there, and how many of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The tool.
    pub tool_id: ToolId,
    /// What it is called.
    pub name: String,
    /// Its serial number.
    pub serial_number: String,
    /// How many there should be.
    pub quantity: u32,
}

impl Expected {
    /// So many of a tool.
    #[must_use]
    pub fn of(tool: &Tool, quantity: u32) -> Self {
        Self {
            tool_id: tool.id,
            name: tool.name.clone(),
            serial_number: tool.serial_number.clone(),
            quantity,
        }
    }

    /// What belongs into a kit, named by `tools`. What is not among them is called by its id.
    #[must_use]
    pub fn of_kit(kit: &Toolkit, tools: &[Tool]) -> Vec<Self> {
        let expected = |item: &ToolkitItem| match tools.iter().find(|tool| tool.id == item.tool_id) {
            Some(tool) => Self::of(tool, item.quantity),
            None => Self {
                tool_id: item.tool_id,
                name: item.tool_id.to_string(),
                serial_number: String::new(),
                quantity: item.quantity,
            },
        };
        kit.items.iter().map(expected).collect()
    }
}

/// One tool that was expected, found, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCount {
    /// The tool.
    pub tool_id: ToolId,
    /// What it is called.
    pub name: String,
    /// Its serial number.
    pub serial_number: String,
    /// How many there should be.
    pub expected: u32,
    /// How many there are.
    pub actual: u32,
}

/// How there can be too much of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surplus {
    /// It belongs there, but not so often.
    Excess,
    /// It does not belong there.
    Unexpected,
}

impl ToolCount {
    /// How many are missing.
    #[must_use]
    pub const fn missing(&self) -> u32 {
        self.expected.saturating_sub(self.actual)
    }

    /// How many are there that should not be, and why not.
    #[must_use]
    pub const fn surplus(&self) -> Option<(u32, Surplus)> {
        match self.actual.checked_sub(self.expected) {
            None | Some(0) => None,
            Some(surplus) if self.expected == 0 => Some((surplus, Surplus::Unexpected)),
            Some(surplus) => Some((surplus, Surplus::Excess)),
        }
    }
}

/// What should be there against what is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Each tool that was expected or found, by its id.
    pub tools: Vec<ToolCount>,
}

impl Comparison {
    /// Tools of which not all are there.
    pub fn missing(&self) -> impl Iterator<Item = &ToolCount> {
        self.tools.iter().filter(|count| count.missing() > 0)
    }

    /// Tools of which there are too many, or any at all.
    pub fn surplus(&self) -> impl Iterator<Item = (&ToolCount, u32, Surplus)> {
        self.tools
            .iter()
            .filter_map(|count| count.surplus().map(|(surplus, why)| (count, surplus, why)))
    }

    /// Whether all is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// Whether all is there and nothing else.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.tools.iter().all(|count| count.expected == count.actual)
    }
}

/// Counts against what was expected. Tools that were not expected get their names from `tools`; what is in neither is called
/// by its id.
#[must_use]
pub fn compare(expected: &[Expected], counts: &BTreeMap<ToolId, u32>, tools: &[Tool]) -> Comparison {
    let mut compared: BTreeMap<ToolId, ToolCount> = BTreeMap::new();
    for expected in expected {
        let count = compared.entry(expected.tool_id).or_insert_with(|| ToolCount {
            tool_id: expected.tool_id,
            name: expected.name.clone(),
            serial_number: expected.serial_number.clone(),
            expected: 0,
            actual: counts.get(&expected.tool_id).copied().unwrap_or(0),
        });
        count.expected = count.expected.saturating_add(expected.quantity);
    }
    for (tool_id, actual) in counts.iter().filter(|(_, actual)| **actual > 0) {
        compared.entry(*tool_id).or_insert_with(|| {
            let known = tools.iter().find(|tool| tool.id == *tool_id);
            ToolCount {
                tool_id: *tool_id,
                name: known.map_or_else(|| tool_id.to_string(), |tool| tool.name.clone()),
                serial_number: known.map_or_else(String::new, |tool| tool.serial_number.clone()),
                expected: 0,
                actual: *actual,
            }
        });
    }
    Comparison {
        tools: compared.into_values().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::TenantId;
    use proptest::prelude::*;

    fn tool(id: u32) -> Tool {
        Tool {
            id: ToolId::new(id),
            tenant: TenantId::single(),
            name: format!("tool {id}"),
            serial_number: format!("T-{id}"),
            category: "test".to_owned(),
            labels: Vec::new(),
            uses: 0,
            version: 1,
        }
    }

    proptest! {
        #[test]
        fn a_comparison_is_the_difference_of_two_multisets(
            wanted in prop::collection::vec((1u32..6, 0u32..4), 0..6),
            found in prop::collection::btree_map(1u32..8, 0u32..5, 0..6),
        ) {
            let tools: Vec<Tool> = (1..8).map(tool).collect();
            let expected: Vec<_> = wanted.iter().map(|&(id, quantity)| Expected::of(&tools[id as usize - 1], quantity)).collect();
            let counts: BTreeMap<_, _> = found.iter().map(|(&id, &count)| (ToolId::new(id), count)).collect();
            let comparison = compare(&expected, &counts, &tools);
            for id in 1..8 {
                let should: i64 = wanted.iter().filter(|(wanted, _)| *wanted == id).map(|(_, quantity)| i64::from(*quantity)).sum();
                let is = i64::from(found.get(&id).copied().unwrap_or(0));
                let count = comparison.tools.iter().find(|count| count.tool_id == ToolId::new(id));
                let (missing, surplus) = count.map_or((0, 0), |count| {
                    (i64::from(count.missing()), count.surplus().map_or(0, |(surplus, _)| i64::from(surplus)))
                });
                prop_assert_eq!((missing, surplus), ((should - is).max(0), (is - should).max(0)));
            }
            prop_assert_eq!(comparison.is_exact(), comparison.is_complete() && comparison.surplus().next().is_none());
        }
    }
}

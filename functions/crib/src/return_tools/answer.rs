//! What went out against what came back, as clients are told.

use darkroom_domain::{
    ToolId, TransactionId,
    crib::{Comparison, Surplus, ToolCount},
};
use darkroom_http::Language;
use serde::Serialize;
use utoipa::ToSchema;

use crate::transaction::UncertainObject;

/// What went out against what came back.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReturnComparison {
    /// Always true: what could not be compared is a problem.
    success: bool,
    /// What came of it, in the caller's language.
    pub(super) message: String,
    /// What went out.
    issued_tools: Vec<ToolQuantity>,
    /// What came back.
    returned_tools: Vec<ToolQuantity>,
    /// Of what too little came back.
    missing_tools: Vec<UnreturnedTool>,
    /// Of what too much came back.
    extra_tools: Vec<UnissuedTool>,
    /// Whether nothing is missing. There may be something too much.
    all_returned: bool,
    /// The transaction by which the kit had gone out.
    issued_transaction_id: TransactionId,
    /// The same in numbers.
    comparison_summary: ComparisonSummary,
    /// What came back too often, or should not have come at all.
    discrepancies: Vec<Discrepancy>,
    /// Whether somebody has to look: something differs, is not certain, or the request said so.
    hand_check: bool,
    /// What may be a tool, or may not; of many the surest 50. Nothing where the tools were counted by hand.
    uncertain: Vec<UncertainObject>,
    /// Paths of the pictures that prove it.
    processed_image_urls: Vec<String>,
}

/// A tool, and how many of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolQuantity {
    tool_id: ToolId,
    name: String,
    serial_number: String,
    quantity: u32,
}

/// A tool of which too little came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct UnreturnedTool {
    tool_id: ToolId,
    name: String,
    serial_number: String,
    /// How many went out.
    quantity: u32,
    /// How many of them are missing.
    missing_quantity: u32,
}

/// A tool of which too much came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct UnissuedTool {
    tool_id: ToolId,
    name: String,
    serial_number: String,
    /// How many came back.
    quantity: u32,
    /// How many of them are too many.
    extra_quantity: u32,
}

/// How many tools, counted one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ComparisonSummary {
    total_issued: u64,
    total_returned: u64,
    missing_count: u64,
    extra_count: u64,
}

/// A tool of which too much came back, and why that is too much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Discrepancy {
    tool_id: ToolId,
    name: String,
    issued_qty: u32,
    returned_qty: u32,
    /// How many more came back than went out.
    difference: u32,
    #[serde(rename = "type")]
    kind: DiscrepancyKind,
}

/// Why something is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiscrepancyKind {
    /// It went out, but not so often.
    Excess,
    /// It did not go out.
    Unexpected,
}

impl ReturnComparison {
    pub(super) fn of(
        give: TransactionId,
        comparison: &Comparison,
        is_uncertain: bool,
        uncertain: Vec<UncertainObject>,
        processed_image_urls: Vec<String>,
        language: Language,
    ) -> Self {
        let counts = &comparison.tools;
        let summary = ComparisonSummary {
            total_issued: total(counts.iter().map(|count| count.expected)),
            total_returned: total(counts.iter().map(|count| count.actual)),
            missing_count: total(comparison.missing().map(ToolCount::missing)),
            extra_count: total(comparison.surplus().map(|(_, surplus, _)| surplus)),
        };
        let hand_check = is_uncertain || !comparison.is_exact();
        Self {
            success: true,
            message: message(summary, hand_check, language),
            issued_tools: quantities(counts, |count| count.expected),
            returned_tools: quantities(counts, |count| count.actual),
            missing_tools: comparison.missing().map(UnreturnedTool::of).collect(),
            extra_tools: comparison
                .surplus()
                .map(|(count, surplus, _)| UnissuedTool::of(count, surplus))
                .collect(),
            all_returned: comparison.is_complete(),
            issued_transaction_id: give,
            comparison_summary: summary,
            discrepancies: comparison
                .surplus()
                .map(|(count, surplus, why)| Discrepancy::of(count, surplus, why))
                .collect(),
            hand_check,
            uncertain,
            processed_image_urls,
        }
    }
}

impl UnreturnedTool {
    fn of(count: &ToolCount) -> Self {
        Self {
            tool_id: count.tool_id,
            name: count.name.clone(),
            serial_number: count.serial_number.clone(),
            quantity: count.expected,
            missing_quantity: count.missing(),
        }
    }
}

impl UnissuedTool {
    fn of(count: &ToolCount, surplus: u32) -> Self {
        Self {
            tool_id: count.tool_id,
            name: count.name.clone(),
            serial_number: count.serial_number.clone(),
            quantity: count.actual,
            extra_quantity: surplus,
        }
    }
}

impl Discrepancy {
    fn of(count: &ToolCount, surplus: u32, why: Surplus) -> Self {
        Self {
            tool_id: count.tool_id,
            name: count.name.clone(),
            issued_qty: count.expected,
            returned_qty: count.actual,
            difference: surplus,
            kind: match why {
                Surplus::Excess => DiscrepancyKind::Excess,
                Surplus::Unexpected => DiscrepancyKind::Unexpected,
            },
        }
    }
}

/// The tools of which there are any, by one of their counts.
fn quantities(counts: &[ToolCount], quantity: impl Fn(&ToolCount) -> u32) -> Vec<ToolQuantity> {
    let counted = counts.iter().map(|count| ToolQuantity {
        tool_id: count.tool_id,
        name: count.name.clone(),
        serial_number: count.serial_number.clone(),
        quantity: quantity(count),
    });
    counted.filter(|tool| tool.quantity > 0).collect()
}

fn total(quantities: impl Iterator<Item = u32>) -> u64 {
    quantities.map(u64::from).sum()
}

/// What came of a comparison, in a sentence or two.
fn message(summary: ComparisonSummary, hand_check: bool, language: Language) -> String {
    let (missing, extra) = (summary.missing_count, summary.extra_count);
    let mut message = match (language, missing, extra) {
        (Language::English, 0, 0) => "All tools are back.".to_owned(),
        (Language::English, 0, _) => format!("All tools are back. Too many: {extra}."),
        (Language::English, _, 0) => format!("Tools are missing: {missing}."),
        (Language::English, ..) => format!("Tools are missing: {missing}. Too many: {extra}."),
        (Language::Russian, 0, 0) => "Все инструменты возвращены.".to_owned(),
        (Language::Russian, 0, _) => format!("Все инструменты возвращены. Лишних: {extra}."),
        (Language::Russian, _, 0) => format!("Не хватает инструментов: {missing}."),
        (Language::Russian, ..) => format!("Не хватает инструментов: {missing}. Лишних: {extra}."),
    };
    if hand_check {
        message.push_str(match language {
            Language::English => " To be checked by hand.",
            Language::Russian => " Требуется ручная проверка.",
        });
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_tell_what_is_missing_and_what_is_too_much() {
        let told = |missing_count, extra_count, hand_check| {
            let summary = ComparisonSummary {
                missing_count,
                extra_count,
                ..ComparisonSummary::default()
            };
            [Language::English, Language::Russian].map(|language| message(summary, hand_check, language))
        };
        assert_eq!(
            told(0, 0, false),
            ["All tools are back.", "Все инструменты возвращены."]
        );
        assert_eq!(
            told(0, 0, true),
            [
                "All tools are back. To be checked by hand.",
                "Все инструменты возвращены. Требуется ручная проверка."
            ]
        );
        assert_eq!(
            told(2, 1, true),
            [
                "Tools are missing: 2. Too many: 1. To be checked by hand.",
                "Не хватает инструментов: 2. Лишних: 1. Требуется ручная проверка."
            ]
        );
        assert!(told(3, 0, true)[0].starts_with("Tools are missing: 3. To"));
        assert!(told(0, 4, true)[1].starts_with("Все инструменты возвращены. Лишних: 4."));
    }
}

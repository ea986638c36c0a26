//! What a new crib is furnished with, so that there is something to try from the first minute.

use super::entities::{Crib, Tool, Toolkit, ToolkitItem};
use crate::{
    ids::{ToolId, ToolkitId, ToolkitItemId},
    tenant::TenantId,
};

/// A crib, its tools and its kits.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed {
    /// The crib.
    pub crib: Crib,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// Its kits.
    pub toolkits: Vec<Toolkit>,
}

/// Name, serial number, category and label of the tools of the workshop's kit. The labels are the names of the eleven
/// classes of the workshop's own detector, whose order is 1, 10, 11, 2, …, 9.
const WORKSHOP: [[&str; 4]; 11] = [
    ["Отвертка «-»", "TOOL-001", "Отвертки", "1"],
    ["Отвертка «+»", "TOOL-002", "Отвертки", "2"],
    ["Отвертка на смещенный крест", "TOOL-003", "Отвертки", "3"],
    ["Коловорот", "TOOL-004", "Сверлильные инструменты", "4"],
    ["Пассатижи контровочные", "TOOL-005", "Пассатижи", "5"],
    ["Пассатижи", "TOOL-006", "Пассатижи", "6"],
    ["Шэрница", "TOOL-007", "Режущие инструменты", "7"],
    ["Разводной ключ", "TOOL-008", "Ключи", "8"],
    [
        "Открывашка для банок с маслом",
        "TOOL-009",
        "Специальные инструменты",
        "9",
    ],
    ["Ключ рожковый/накидной 3\u{2044}4", "TOOL-010", "Ключи", "10"],
    ["Бокорезы", "TOOL-011", "Режущие инструменты", "11"],
];

/// The same of the table's kit, whose labels the detector knows that is shipped.
const TABLE: [[&str; 4]; 6] = [
    ["Cup", "TABLE-001", "Table", "cup"],
    ["Fork", "TABLE-002", "Table", "fork"],
    ["Knife", "TABLE-003", "Table", "knife"],
    ["Spoon", "TABLE-004", "Table", "spoon"],
    ["Scissors", "TABLE-005", "Table", "scissors"],
    ["Bottle", "TABLE-006", "Table", "bottle"],
];

/// What a new crib is furnished with: the workshop's kit of eleven tools, and a kit of six things of a table.
#[must_use]
pub fn seed(tenant: &TenantId) -> Seed {
    let tools: Vec<Tool> = WORKSHOP
        .iter()
        .chain(&TABLE)
        .zip(1..)
        .map(|([name, serial_number, category, label], id)| Tool {
            id: ToolId::new(id),
            tenant: tenant.clone(),
            name: (*name).to_owned(),
            serial_number: (*serial_number).to_owned(),
            category: (*category).to_owned(),
            labels: vec![(*label).to_owned()],
            uses: 1,
            version: 1,
        })
        .collect();
    let kit = |id, name: &str, description: &str, tools: &[Tool]| Toolkit {
        id: ToolkitId::new(id),
        tenant: tenant.clone(),
        name: name.to_owned(),
        description: Some(description.to_owned()),
        items: tools
            .iter()
            .map(|tool| ToolkitItem {
                id: ToolkitItemId::new(tool.id.number()),
                tool_id: tool.id,
                quantity: 1,
            })
            .collect(),
        issued: None,
        uses: 0,
        version: 1,
    };
    let (workshop, table) = tools.split_at(WORKSHOP.len());
    let toolkits = vec![
        kit(
            1,
            "Основной набор инструментов",
            "Стандартный набор инструментов для технических работ",
            workshop,
        ),
        kit(
            2,
            "Table kit",
            "Six things that the shipped detector knows",
            table,
        ),
    ];
    Seed {
        crib: Crib {
            tenant: tenant.clone(),
            confidence: None,
            user_count: 0,
            tool_count: 17,
            toolkit_count: 2,
            last_user: 0,
            last_tool: 17,
            last_toolkit: 2,
            last_item: 17,
            last_transaction: 0,
        },
        tools,
        toolkits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_seed_is_whole() {
        let Seed {
            crib,
            tools,
            toolkits,
        } = seed(&TenantId::single());
        assert_eq!((tools.len(), toolkits.len()), (17, 2));
        assert_eq!(crib.last_tool as usize, tools.len());
        assert_eq!(
            (crib.tool_count as usize, crib.toolkit_count as usize),
            (tools.len(), toolkits.len())
        );
        assert_eq!(
            toolkits.iter().map(|kit| kit.items.len()).collect::<Vec<_>>(),
            [11, 6]
        );
        let items: HashSet<_> = toolkits
            .iter()
            .flat_map(|kit| &kit.items)
            .map(|item| item.id)
            .collect();
        assert_eq!(items.len(), crib.last_item as usize);
        let serials: HashSet<_> = tools.iter().map(|tool| &tool.serial_number).collect();
        assert_eq!(serials.len(), tools.len());
        assert!(
            toolkits
                .iter()
                .flat_map(|kit| &kit.items)
                .all(|item| { tools.iter().any(|tool| tool.id == item.tool_id) })
        );
        assert_eq!(
            tools[9].name.chars().nth_back(1),
            Some('\u{2044}'),
            "a fraction's slash"
        );
    }
}

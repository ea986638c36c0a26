//! Who and what there is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{ToolId, ToolkitId, ToolkitItemId, TransactionId, UserId},
    tenant::TenantId,
    timestamp::Timestamp,
};

/// The most tools that a kit may hold, counted by their kinds.
pub const MAX_ITEMS: usize = 200;
/// The most of one tool that a kit may hold.
pub const MAX_QUANTITY: u32 = 1_000;
/// The most people that a crib may know.
pub const MAX_USERS: u32 = 20_000;
/// The most tools that a crib may know.
pub const MAX_TOOLS: u32 = 2_000;
/// The most kits that a crib may know.
pub const MAX_TOOLKITS: u32 = 2_000;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes kits.
    Worker,
    /// Also closes inspections.
    Manager,
    /// Also closes inspections.
    Admin,
}

impl Role {
    /// Whether somebody in this role may close an inspection.
    #[must_use]
    pub const fn may_inspect(self) -> bool {
        matches!(self, Self::Manager | Self::Admin)
    }
}

/// A person who takes kits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose crib it is.
    pub tenant: TenantId,
    /// The person's name.
    pub name: String,
    /// Unlike everybody else's.
    pub employee_number: String,
    /// What the person may do, where that is known.
    pub role: Option<Role>,
    /// How many transactions and inspections name the person, who cannot be deleted as long as there are any.
    pub uses: u64,
    /// Counts the changes of this record.
    pub version: u64,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its id.
    pub id: ToolId,
    /// Whose crib it is.
    pub tenant: TenantId,
    /// What it is called.
    pub name: String,
    /// Unlike every other's.
    pub serial_number: String,
    /// What kind of tool it is.
    pub category: String,
    /// What models call it: labels of their classes.
    pub labels: Vec<String>,
    /// How many kits hold it: it cannot be deleted as long as there are any.
    pub uses: u64,
    /// Counts the changes of this record.
    pub version: u64,
}

/// A place of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolkitItem {
    /// Its id.
    pub id: ToolkitItemId,
    /// Which tool belongs there.
    pub tool_id: ToolId,
    /// How many of it, from 1 on.
    pub quantity: u32,
}

/// A kit that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIssue {
    /// Who has it.
    pub user_id: UserId,
    /// Since which transaction.
    pub transaction_id: TransactionId,
    /// Since when.
    pub issued_at: Timestamp,
}

/// A kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolkit {
    /// Its id.
    pub id: ToolkitId,
    /// Whose crib it is.
    pub tenant: TenantId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What belongs into it, by the ids of the items; each tool once.
    pub items: Vec<ToolkitItem>,
    /// Who has it; none while it is in the crib.
    pub issued: Option<OpenIssue>,
    /// How many transactions name it: it cannot be deleted as long as there are any.
    pub uses: u64,
    /// Counts the changes of this record.
    pub version: u64,
}

impl Toolkit {
    /// The place of a tool in it, if it has one.
    #[must_use]
    pub fn item_of(&self, tool: ToolId) -> Option<&ToolkitItem> {
        self.items.iter().find(|item| item.tool_id == tool)
    }
}

/// What a crib as a whole knows: which ids were given, and what counts as found. That it is there tells that the crib was
/// furnished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crib {
    /// Whose it is.
    pub tenant: TenantId,
    /// What a model must be sure of where a request does not say, above 0 and below 1; the model's own if none.
    pub confidence: Option<f32>,
    /// How many people there are.
    pub user_count: u32,
    /// How many tools there are.
    pub tool_count: u32,
    /// How many kits there are.
    pub toolkit_count: u32,
    /// The last id given to a person.
    pub last_user: u32,
    /// The last id given to a tool.
    pub last_tool: u32,
    /// The last id given to a kit.
    pub last_toolkit: u32,
    /// The last id given to a place of a kit.
    pub last_item: u32,
    /// The last id given to a transaction.
    pub last_transaction: u32,
}

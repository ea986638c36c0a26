//! `/tools/`: the tools that there are.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod one;

use darkroom_cloud::CribEntry;
use darkroom_domain::{Code, Failure, TenantId, ToolId, crib::Tool};
use darkroom_http::Language;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    phrases::{NO_MORE_TOOLS, NO_TOOL, SERIAL_NUMBER_TAKEN},
};

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToolView {
    id: ToolId,
    #[schema(example = "Разводной ключ")]
    name: String,
    /// Unlike every other's.
    #[schema(example = "TOOL-008")]
    serial_number: String,
    #[schema(example = "Ключи")]
    category: String,
    /// What models call it.
    #[schema(example = json!(["8"]))]
    labels: Vec<String>,
}

impl From<Tool> for ToolView {
    fn from(tool: Tool) -> Self {
        Self {
            id: tool.id,
            name: tool.name,
            serial_number: tool.serial_number,
            category: tool.category,
            labels: tool.labels,
        }
    }
}

impl Service {
    /// The tool with this id.
    pub(crate) async fn tool(
        &self,
        tenant: &TenantId,
        id: Option<ToolId>,
        language: Language,
    ) -> Result<Tool, Failure> {
        let tool = match id {
            Some(id) => self.records.tool(tenant, id).await?,
            None => None,
        };
        tool.ok_or_else(|| NO_TOOL.failure(Code::NotFound, language))
    }
}

/// The tool that was written, or why none was.
fn written(entry: CribEntry<Tool>, language: Language) -> Result<ToolView, Failure> {
    match entry {
        CribEntry::Done(tool) => Ok(tool.into()),
        CribEntry::Taken => Err(SERIAL_NUMBER_TAKEN.failure(Code::Conflict, language)),
        CribEntry::Full => Err(NO_MORE_TOOLS.failure(Code::Conflict, language)),
    }
}

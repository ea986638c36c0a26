//! The tools of a crib.

use darkroom_domain::{
    Failure, RecordKey, Subject, TenantId, ToolId,
    crib::{MAX_TOOLS, Tool},
    record_key::TOOL_PREFIX,
};

use super::{
    super::{Records, item::Record},
    CribEntry, SerialNumberRecord, Series,
    entry::Counted,
};

impl Record for Tool {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Tool(self.id))
    }
}

impl Records {
    /// The tool, if there is one. A crib that nobody ever asked for anything is furnished first.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn tool(&self, tenant: &TenantId, id: ToolId) -> Result<Option<Tool>, Failure> {
        let key = RecordKey::new(tenant.clone(), Subject::Tool(id));
        match self.get(&key).await? {
            None => {
                self.crib(tenant).await?;
                self.get(&key).await
            }
            found => Ok(found),
        }
    }

    /// All tools of a crib, by their ids. One that nobody ever asked for anything is furnished first.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn tools(&self, tenant: &TenantId) -> Result<Vec<Tool>, Failure> {
        let tools = self.present_tools(tenant).await?;
        if !tools.is_empty() {
            return Ok(tools);
        }
        self.crib(tenant).await?;
        self.present_tools(tenant).await
    }

    async fn present_tools(&self, tenant: &TenantId) -> Result<Vec<Tool>, Failure> {
        let any = RecordKey::new(tenant.clone(), Subject::Tool(ToolId::new(0)));
        let most = usize::try_from(MAX_TOOLS).unwrap_or(usize::MAX);
        self.partition(&any, TOOL_PREFIX, None, most).await
    }

    /// An id for a tool, above all that were given before.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn next_tool_id(&self, tenant: &TenantId) -> Result<ToolId, Failure> {
        self.next(tenant, Series::Tools).await.map(ToolId::new)
    }

    /// Writes a tool that is new.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_tool(&self, tool: Tool) -> Result<CribEntry<Tool>, Failure> {
        let mark = self.creation(&SerialNumberRecord::of(&tool))?;
        self.enter(tool, Some(mark), Counted::Tools).await
    }

    /// Writes a tool back, which was read as `before`, if nobody wrote it since, and raises the version.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_tool(&self, before: &Tool, after: Tool) -> Result<CribEntry<Tool>, Failure> {
        let after = Tool {
            version: before.version.saturating_add(1),
            ..after
        };
        let (old, new) = (SerialNumberRecord::of(before), SerialNumberRecord::of(&after));
        self.alter(after, before.version, &old, &new).await
    }

    /// Forgets a tool if nobody wrote it since it was read, or put it into a kit.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn delete_tool(&self, tool: &Tool) -> Result<(), Failure> {
        let mark = SerialNumberRecord::of(tool).key();
        self.leave(&tool.key(), tool.version, Some(&mark), Counted::Tools)
            .await
    }
}

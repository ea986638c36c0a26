//! Which photographs are in a batch, and which of them are no duplicates.

use darkroom_domain::{
    BatchId, BatchMember, Code, Failure, ImageId, RecordKey, Subject, TenantId, Timestamp,
    record_key::{DISTINCT_PREFIX, MEMBER_PREFIX},
    sorter::DistinctPair,
};

use super::super::{Records, item::Record, table::uncontended};
use crate::fault::fault;

/// How often a member is read anew when another has just written it.
const TRIES: u32 = 5;

impl Records {
    /// The photographs of a batch, by their ids; at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn batch_members(
        &self,
        tenant: &TenantId,
        batch: BatchId,
        limit: usize,
    ) -> Result<Vec<BatchMember>, Failure> {
        let any = ImageId::from_uuid(uuid::Uuid::nil());
        let any = RecordKey::new(tenant.clone(), Subject::BatchMember(batch, any));
        self.partition(&any, MEMBER_PREFIX, None, limit).await
    }

    /// Puts a photograph into a batch. One that is in it stays as it is, but for the name of a copy: `copy_named` is what
    /// the very same file was called when it came again. Doing it twice is doing it once.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn join_batch(
        &self,
        tenant: &TenantId,
        batch: BatchId,
        image: ImageId,
        copy_named: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let key = RecordKey::new(tenant.clone(), Subject::BatchMember(batch, image));
        for _ in 0..TRIES {
            let known: Option<BatchMember> = self.get(&key).await?;
            let before = known.as_ref().map_or(0, |member| member.also_named.len());
            let is_new = known.is_none();
            let mut member = known.unwrap_or_else(|| BatchMember {
                tenant: tenant.clone(),
                batch_id: batch,
                image_id: image,
                added_at: now,
                also_named: Vec::new(),
            });
            if let Some(name) = copy_named
                && before < BatchMember::MAX_NAMES
                && !member.also_named.iter().any(|known| known == name)
            {
                member.also_named.push(name.to_owned());
            } else if !is_new {
                return Ok(());
            }
            // Names are only ever added: their number tells whether another wrote meanwhile.
            let request = self
                .clients
                .dynamodb()
                .put_item()
                .table_name(&self.table)
                .set_item(Some(member.to_item()?));
            let request = if is_new {
                request.condition_expression("attribute_not_exists(PK)")
            } else {
                request
                    .condition_expression("size(also_named) = :before")
                    .expression_attribute_values(
                        ":before",
                        aws_sdk_dynamodb::types::AttributeValue::N(before.to_string()),
                    )
            };
            match uncontended(|| request.clone().send()).await {
                Ok(_) => return Ok(()),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|error| error.is_conditional_check_failed_exception()) => {}
                Err(error) => return Err(fault("PutItem", error)),
            }
        }
        Err(Failure::temporary(
            Code::Conflict,
            "Somebody else changed this at the same moment. Try again.",
        ))
    }

    /// Takes a photograph out of a batch; one that is not in it is out already.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn leave_batch(
        &self,
        tenant: &TenantId,
        batch: BatchId,
        image: ImageId,
    ) -> Result<(), Failure> {
        let key = RecordKey::new(tenant.clone(), Subject::BatchMember(batch, image));
        self.delete_one(&key).await
    }

    /// The pairs of a batch that somebody said are no duplicates; at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn distinct_pairs(
        &self,
        tenant: &TenantId,
        batch: BatchId,
        limit: usize,
    ) -> Result<Vec<DistinctPair>, Failure> {
        let any = ImageId::from_uuid(uuid::Uuid::nil());
        let any = RecordKey::new(tenant.clone(), Subject::DistinctPair(batch, any, any));
        self.partition(&any, DISTINCT_PREFIX, None, limit).await
    }

    /// Remembers that two photographs are no duplicates. Doing it twice is doing it once.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn remember_distinct(&self, pair: &DistinctPair) -> Result<(), Failure> {
        match self.put_new(pair).await {
            Err(failure) if failure.code == Code::Conflict => Ok(()),
            ended => ended,
        }
    }

    /// Forgets that two photographs are no duplicates.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn forget_distinct(&self, pair: &DistinctPair) -> Result<(), Failure> {
        self.delete_one(&pair.key()).await
    }
}

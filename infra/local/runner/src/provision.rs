//! Creates what the template declares on an endpoint, or makes sure that it is there. Doing it again changes nothing.

mod attempt;
mod buckets;
mod queues;
mod tables;

use std::collections::BTreeMap;

pub use attempt::ProvisionError;

use crate::template::Template;
use darkroom_cloud::Clients;

/// What becomes of resources that are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provision {
    /// They are created, and set to what the template says.
    #[default]
    Create,
    /// They are an error: somebody else deploys.
    Expect,
}

/// Provisions everything and tells the URL of each queue by logical id.
///
/// Queues come before buckets, as a bucket is only told of queues that exist.
pub(crate) async fn provision(
    template: &Template,
    clients: &Clients,
    how: Provision,
) -> Result<BTreeMap<String, String>, ProvisionError> {
    let urls = queues::provision(template.queues(), clients.sqs(), how).await?;
    for table in template.tables() {
        tables::provision(table, clients.dynamodb(), how).await?;
    }
    for bucket in template.buckets() {
        buckets::provision(bucket, &template.deployment().region, clients.s3(), how).await?;
    }
    Ok(urls)
}

//! The photo sorter: batches, the photographs in them, and what is known of each.

mod analyses;
mod batches;
mod descriptions;
mod members;

use darkroom_domain::{Batch, BatchMember, Description, RecordKey, Subject, Timestamp, sorter::DistinctPair};
use uuid::Uuid;

use super::item::Record;

impl Record for Batch {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Batch(self.id))
    }

    fn due(&self) -> Option<(Timestamp, Uuid)> {
        self.due_at.map(|at| (at, *self.id.as_uuid()))
    }
}

impl Record for BatchMember {
    fn key(&self) -> RecordKey {
        let subject = Subject::BatchMember(self.batch_id, self.image_id);
        RecordKey::new(self.tenant.clone(), subject)
    }
}

impl Record for DistinctPair {
    fn key(&self) -> RecordKey {
        let subject = Subject::DistinctPair(self.batch_id, self.first, self.second);
        RecordKey::new(self.tenant.clone(), subject)
    }
}

impl Record for Description {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::Description(self.image_id))
    }
}

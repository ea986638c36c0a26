//! The people of a crib.

use darkroom_domain::{Failure, RecordKey, Subject, TenantId, UserId, crib::User, record_key::USER_PREFIX};

use super::{
    super::{Records, item::Record},
    CribEntry, EmployeeNumberRecord, Series,
    entry::Counted,
};

impl Record for User {
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant.clone(), Subject::User(self.id))
    }
}

impl Records {
    /// The person, if there is one.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn user(&self, tenant: &TenantId, id: UserId) -> Result<Option<User>, Failure> {
        self.get(&RecordKey::new(tenant.clone(), Subject::User(id))).await
    }

    /// The first people of a crib by their ids, at most `limit`.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn users(&self, tenant: &TenantId, limit: usize) -> Result<Vec<User>, Failure> {
        let any = RecordKey::new(tenant.clone(), Subject::User(UserId::new(0)));
        self.partition(&any, USER_PREFIX, None, limit).await
    }

    /// An id for a person, above all that were given before.
    ///
    /// # Errors
    /// `unavailable` or `internal`.
    pub async fn next_user_id(&self, tenant: &TenantId) -> Result<UserId, Failure> {
        self.next(tenant, Series::Users).await.map(UserId::new)
    }

    /// Writes a person who is new.
    ///
    /// # Errors
    /// `conflict` when there is one of this id; `unavailable` or `internal`.
    pub async fn create_user(&self, user: User) -> Result<CribEntry<User>, Failure> {
        let mark = self.creation(&EmployeeNumberRecord::of(&user))?;
        self.enter(user, Some(mark), Counted::Users).await
    }

    /// Writes a person back, who was read as `before`, if nobody wrote it since, and raises the version.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn save_user(&self, before: &User, after: User) -> Result<CribEntry<User>, Failure> {
        let after = User {
            version: before.version.saturating_add(1),
            ..after
        };
        let (old, new) = (EmployeeNumberRecord::of(before), EmployeeNumberRecord::of(&after));
        self.alter(after, before.version, &old, &new).await
    }

    /// Forgets a person if nobody wrote it since it was read, or named it.
    ///
    /// # Errors
    /// `conflict` when somebody did, or deleted it; `unavailable` or `internal`.
    pub async fn delete_user(&self, user: &User) -> Result<(), Failure> {
        let mark = EmployeeNumberRecord::of(user).key();
        self.leave(&user.key(), user.version, Some(&mark), Counted::Users)
            .await
    }
}

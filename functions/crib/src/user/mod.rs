//! `/users/`: the people who take kits.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod one;

use darkroom_cloud::CribEntry;
use darkroom_domain::{
    Code, Failure, TenantId, UserId,
    crib::{Role, User},
};
use darkroom_http::Language;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Service,
    phrases::{EMPLOYEE_NUMBER_TAKEN, NO_MORE_USERS, NO_USER},
};

/// A person who takes kits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: UserId,
    #[schema(example = "Иван Петров")]
    name: String,
    /// Unlike everybody else's.
    #[schema(example = "E-1024")]
    employee_number: String,
    /// What the person may do; null where that is not known.
    role: Option<Role>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            employee_number: user.employee_number,
            role: user.role,
        }
    }
}

impl Service {
    /// The person with this id.
    pub(crate) async fn user(
        &self,
        tenant: &TenantId,
        id: Option<UserId>,
        language: Language,
    ) -> Result<User, Failure> {
        let user = match id {
            Some(id) => self.records.user(tenant, id).await?,
            None => None,
        };
        user.ok_or_else(|| NO_USER.failure(Code::NotFound, language))
    }
}

/// The person who was written, or why none was.
fn written(entry: CribEntry<User>, language: Language) -> Result<UserView, Failure> {
    match entry {
        CribEntry::Done(user) => Ok(user.into()),
        CribEntry::Taken => Err(EMPLOYEE_NUMBER_TAKEN.failure(Code::Conflict, language)),
        CribEntry::Full => Err(NO_MORE_USERS.failure(Code::Conflict, language)),
    }
}

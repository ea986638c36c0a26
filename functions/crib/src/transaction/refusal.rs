//! Why a kit does not go out or come back, in words.

use darkroom_domain::{
    Code, Failure, TenantId,
    crib::{MAX_DETAIL_TEXT, MAX_DETAILS, OpenIssue, Refusal, User},
};
use darkroom_http::{HttpError, Language, Phrase};

use crate::Service;

const NOT_OUT: Phrase = Phrase::new(
    "The kit is in the crib: nobody has it who could return it.",
    "Набор не выдан: возвращать нечего.",
);
const CHANGED: Phrase = Phrase::new(
    "Somebody else changed this at the same moment. Try again.",
    "Данные только что изменил кто-то другой. Повторите запрос.",
);
const MAY_NOT_INSPECT: Phrase = Phrase::new(
    "Only a manager or an admin closes an inspection.",
    "Закрыть проверку может только менеджер или администратор.",
);
const NOTHING_TO_INSPECT: Phrase = Phrase::new(
    "There is nothing to inspect: the transaction is closed.",
    "Проверять нечего: операция закрыта.",
);

/// Somebody else changed a record again and again.
pub(crate) fn changed_meanwhile(language: Language) -> Failure {
    Failure::temporary(Code::Conflict, CHANGED.spoken(language))
}

impl Service {
    /// The answer to a refusal. Who has the kit is called by name.
    pub(crate) async fn refused(&self, tenant: &TenantId, refusal: Refusal, language: Language) -> HttpError {
        let holder = match refusal {
            Refusal::IsOut(open) | Refusal::HeldByAnother(open) => {
                match self.records.user(tenant, open.user_id).await {
                    Ok(user) => user,
                    Err(failure) => return failure.into(),
                }
            }
            _ => None,
        };
        Failure::permanent(refusal.code(), words(refusal, holder.as_ref(), language)).into()
    }
}

fn words(refusal: Refusal, holder: Option<&User>, language: Language) -> String {
    match refusal {
        Refusal::IsOut(open) => {
            let (who, id, since) = (
                called(open, holder, language),
                open.transaction_id,
                open.issued_at,
            );
            match language {
                Language::English => {
                    format!("The kit is out already: {who} has it since {since}, by transaction {id}.")
                }
                Language::Russian => format!("Набор уже выдан: {who}, {since}, операция {id}."),
            }
        }
        Refusal::HeldByAnother(open) => {
            let (who, id) = (called(open, holder, language), open.transaction_id);
            match language {
                Language::English => {
                    format!("The kit is out with somebody else: {who} has it, by transaction {id}.")
                }
                Language::Russian => {
                    format!("Набор выдан другому пользователю: {who}, операция {id}.")
                }
            }
        }
        Refusal::TooManyTools => match language {
            Language::English => format!(
                "A transaction tells of at most {MAX_DETAILS} kinds of tools, with names of {MAX_DETAIL_TEXT} bytes of JSON in all."
            ),
            Language::Russian => format!(
                "В одной операции не больше {MAX_DETAILS} видов инструментов, а их названия — не больше {MAX_DETAIL_TEXT} байт JSON."
            ),
        },
        Refusal::Unrelated(tool) => match language {
            Language::English => format!("The transaction has nothing to do with tool {tool}."),
            Language::Russian => format!("Инструмент {tool} не относится к этой операции."),
        },
        Refusal::NotOut => NOT_OUT.spoken(language).to_owned(),
        Refusal::NotTheOpenIssue => CHANGED.spoken(language).to_owned(),
        Refusal::MayNotInspect => MAY_NOT_INSPECT.spoken(language).to_owned(),
        Refusal::NothingToInspect => NOTHING_TO_INSPECT.spoken(language).to_owned(),
    }
}

/// Name and employee number of who has a kit.
fn called(open: OpenIssue, holder: Option<&User>, language: Language) -> String {
    match (holder, language) {
        (Some(user), _) => format!("{} ({})", user.name, user.employee_number),
        (None, Language::English) => format!("user {}", open.user_id),
        (None, Language::Russian) => format!("пользователь {}", open.user_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{Timestamp, ToolId, TransactionId, UserId};

    #[test]
    fn who_has_a_kit_is_told_by_name_and_transaction() {
        let open = OpenIssue {
            user_id: UserId::new(7),
            transaction_id: TransactionId::new(41),
            issued_at: Timestamp::UNIX_EPOCH,
        };
        let ivan = User {
            id: UserId::new(7),
            tenant: TenantId::single(),
            name: "Иван".to_owned(),
            employee_number: "E-1".to_owned(),
            role: None,
            uses: 1,
            version: 1,
        };
        for refusal in [Refusal::IsOut(open), Refusal::HeldByAnother(open)] {
            for language in [Language::English, Language::Russian] {
                let told = words(refusal, Some(&ivan), language);
                assert!(told.contains("Иван (E-1)") && told.contains("41"), "{told}");
            }
            assert!(words(refusal, None, Language::English).contains("user 7"));
        }
    }

    #[test]
    fn every_refusal_has_words_in_both_languages_and_a_code() {
        let tool = ToolId::new(5);
        for (refusal, code, english, russian) in [
            (Refusal::NotOut, Code::Conflict, "in the crib", "не выдан"),
            (
                Refusal::NotTheOpenIssue,
                Code::Conflict,
                "same moment",
                "Повторите",
            ),
            (Refusal::TooManyTools, Code::ValidationFailed, "400", "400"),
            (Refusal::MayNotInspect, Code::Forbidden, "manager", "менеджер"),
            (Refusal::NothingToInspect, Code::Conflict, "closed", "закрыта"),
            (
                Refusal::Unrelated(tool),
                Code::ValidationFailed,
                "tool 5",
                "Инструмент 5",
            ),
        ] {
            assert_eq!(refusal.code(), code);
            for (language, part) in [(Language::English, english), (Language::Russian, russian)] {
                let told = words(refusal, None, language);
                assert!(told.contains(part), "{told}");
            }
        }
    }
}

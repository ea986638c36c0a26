//! `GET /transactions`.

use std::sync::Arc;

use axum::{Json, extract::State};
use darkroom_cloud::{TransactionFilter, TransactionPage};
use darkroom_domain::{
    Code, Failure, Timestamp, ToolkitId, TransactionId, UserId,
    crib::{TransactionKind, TransactionStatus},
};
use darkroom_http::{
    HttpError, HttpResult, Problem, Query, Tenant,
    cursor::{cursor_of, id_of_cursor},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::TransactionView;
use crate::Service;

/// Which transactions, and which part of their list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransactionListOptions {
    /// Transactions on a page, 1 to 100.
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 100)]
    limit: usize,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those of this person.
    user_id: Option<UserId>,
    /// Only those of this kit.
    toolkit_id: Option<ToolkitId>,
    /// Only those in this state.
    status: Option<TransactionStatus>,
    /// Only those this way.
    #[serde(rename = "type")]
    kind: Option<TransactionKind>,
    /// Only those from this moment on (RFC 3339).
    from: Option<Timestamp>,
    /// Only those before this moment (RFC 3339).
    to: Option<Timestamp>,
}

const fn twenty() -> usize {
    20
}

/// How many bytes the transactions of a page may be, as Lambda carries them: it answers at most 6 MB.
const MAX_PAGE: usize = 4_000_000;

/// Some transactions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionList {
    items: Vec<TransactionView>,
    /// Asks for the next page; none on the last. Where many transactions do not fit the filter, a page may have few
    /// transactions, or none, and still a next one; where they are large, it may have fewer than `limit`.
    next_cursor: Option<String>,
}

impl TransactionList {
    /// As much of a page as an answer has room for, but one transaction in any case. The next page begins behind the last
    /// that is told.
    fn of(page: TransactionPage, room: usize) -> Result<Self, Failure> {
        let (mut items, mut size) = (Vec::new(), 0_usize);
        let mut next = page.next;
        for transaction in page.items {
            let view = TransactionView::from(transaction);
            size = size.saturating_add(carried(&view)?);
            if let Some(last) = items.last().filter(|_| size > room) {
                let last: &TransactionView = last;
                next = Some(last.id);
                break;
            }
            items.push(view);
        }
        Ok(Self {
            items,
            next_cursor: next.map(cursor_behind),
        })
    }
}

/// The bytes of a transaction in an answer of Lambda, which carries the JSON of a body as a string of JSON: quotes and
/// backslashes take one more.
fn carried(view: &TransactionView) -> Result<usize, Failure> {
    let json = serde_json::to_vec(view).map_err(Failure::unknown)?;
    let escaped = json.iter().filter(|byte| matches!(byte, b'"' | b'\\'));
    Ok(json.len().saturating_add(escaped.count()))
}

/// List transactions
///
/// Newest first.
#[utoipa::path(get, path = "/transactions", tag = "transactions", params(TransactionListOptions), responses(
    (status = 200, description = "Some transactions", body = TransactionList),
    (status = 400, description = "The cursor is none of ours", body = Problem),
    (status = 422, description = "A filter is none, or the limit is out of its range", body = Problem),
))]
pub(crate) async fn list_transactions(
    State(service): State<Arc<Service>>,
    Tenant(tenant): Tenant,
    Query(options): Query<TransactionListOptions>,
) -> HttpResult<Json<TransactionList>> {
    if !(1..=100).contains(&options.limit) {
        return Err(HttpError::validation(&["query", "limit"], "must be 1 to 100"));
    }
    let after = options.cursor.as_deref().map(transaction_behind).transpose()?;
    let filter = TransactionFilter {
        user_id: options.user_id,
        toolkit_id: options.toolkit_id,
        status: options.status,
        kind: options.kind,
        from: options.from,
        to: options.to,
    };
    let page = service
        .records
        .transaction_page(&tenant, &filter, after, options.limit)
        .await?;
    Ok(Json(TransactionList::of(page, MAX_PAGE)?))
}

/// The cursor behind a transaction: cursors are of one shape everywhere.
fn cursor_behind(id: TransactionId) -> String {
    cursor_of(&Uuid::from_u128(id.number().into()))
}

fn transaction_behind(cursor: &str) -> Result<TransactionId, Failure> {
    let number = id_of_cursor(cursor)?.as_u128();
    let number = u32::try_from(number)
        .map_err(|_| Failure::permanent(Code::InvalidRequest, "The cursor is none of ours."))?;
    Ok(TransactionId::new(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use darkroom_domain::{
        TenantId, ToolId,
        crib::{Transaction, TransactionDetail},
    };

    /// A transaction that tells of as much as one may, in names that take the most room.
    fn large(id: u32) -> Transaction {
        let detail = |tool| TransactionDetail {
            tool_id: ToolId::new(tool),
            name: "\"".repeat(58),
            serial_number: String::new(),
            expected_qty: 1,
            actual_qty: 1,
            discrepancy: false,
        };
        Transaction {
            id: TransactionId::new(id),
            tenant: TenantId::single(),
            user_id: UserId::new(1),
            toolkit_id: ToolkitId::new(1),
            kind: TransactionKind::Give,
            transaction_time: Timestamp::UNIX_EPOCH,
            status: TransactionStatus::Ok,
            details: (0..400).map(detail).collect(),
            predictions: Vec::new(),
            counterpart: None,
            inspection: None,
            version: 1,
        }
    }

    #[test]
    fn a_page_has_its_room_and_the_next_begins_behind_what_was_told() {
        let all: Vec<_> = (1..=100).rev().map(large).collect();
        let mut told = Vec::new();
        let mut pages = 0;
        while told.len() < all.len() {
            let page = TransactionPage {
                items: all[told.len()..].to_vec(),
                next: None,
            };
            let list = TransactionList::of(page, MAX_PAGE).unwrap();
            let answer = serde_json::to_string(&serde_json::to_string(&list).unwrap()).unwrap();
            assert!(answer.len() < 4_100_000, "{} bytes", answer.len());
            told.extend(list.items.iter().map(|item| item.id));
            pages += 1;
            let next = list
                .next_cursor
                .map(|cursor| transaction_behind(&cursor).unwrap());
            assert_eq!(next, told.last().copied().filter(|_| told.len() < all.len()));
        }
        assert_eq!(
            told,
            all.iter().map(|transaction| transaction.id).collect::<Vec<_>>()
        );
        assert!(pages > 1, "what is large takes several pages");
    }

    #[test]
    fn a_page_tells_one_transaction_in_any_case_and_keeps_the_cursor_of_the_books() {
        let page = |next| TransactionPage {
            items: vec![large(9), large(8)],
            next,
        };
        let list = TransactionList::of(page(None), 1).unwrap();
        assert_eq!(
            (list.items.len(), list.next_cursor),
            (1, Some(cursor_behind(TransactionId::new(9))))
        );
        let next = Some(TransactionId::new(8));
        let list = TransactionList::of(page(next), MAX_PAGE).unwrap();
        assert_eq!((list.items.len(), list.next_cursor), (2, next.map(cursor_behind)));
    }

    #[test]
    fn cursors_round_trip_and_others_are_refused() {
        for number in [1, 12, u32::MAX] {
            let id = TransactionId::new(number);
            assert_eq!(transaction_behind(&cursor_behind(id)).unwrap(), id);
        }
        let too_large = cursor_of(&Uuid::from_u128(1 << 32));
        for other in ["", "12", too_large.as_str(), "0000000g"] {
            let failure = transaction_behind(other).unwrap_err();
            assert_eq!(failure.code, Code::InvalidRequest, "{other}");
        }
    }
}

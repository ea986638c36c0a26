use std::collections::BTreeMap;

use super::*;
use crate::{
    crib::{Expected, Role, Tool, User, compare, seed},
    tenant::TenantId,
};
use proptest::prelude::*;

fn kit() -> (Toolkit, Vec<Tool>) {
    let mut seed = seed(&TenantId::single());
    (seed.toolkits.remove(1), seed.tools)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000).unwrap()
}

/// A movement with so many of each tool of the table's kit, whose tools have the ids 12 to 17.
fn movement(id: u32, user: u32, expected: &[Expected], counts: &[(u32, u32)]) -> Movement {
    let counts: BTreeMap<_, _> = counts
        .iter()
        .map(|&(tool, count)| (ToolId::new(tool), count))
        .collect();
    Movement {
        id: TransactionId::new(id),
        user_id: UserId::new(user),
        at: at(i64::from(id)),
        comparison: compare(expected, &counts, &kit().1),
        is_uncertain: false,
        predictions: Vec::new(),
    }
}

const WHOLE: [(u32, u32); 6] = [(12, 1), (13, 1), (14, 1), (15, 1), (16, 1), (17, 1)];

fn issued(counts: &[(u32, u32)]) -> (Toolkit, Transaction) {
    let (kit, tools) = kit();
    let expected = Expected::of_kit(&kit, &tools);
    kit.issue(movement(1, 7, &expected, counts)).unwrap()
}

fn user(role: Option<Role>) -> User {
    User {
        id: UserId::new(9),
        tenant: TenantId::single(),
        name: "Inspector".to_owned(),
        employee_number: "9".to_owned(),
        role,
        uses: 0,
        version: 1,
    }
}

#[test]
fn a_kit_goes_out_once_and_comes_back_once() {
    let (kit, give) = issued(&WHOLE);
    assert_eq!(
        (give.kind, give.status),
        (TransactionKind::Give, TransactionStatus::Ok)
    );
    assert_eq!((kit.uses, kit.version), (1, 1));
    let open = kit.issued.unwrap();
    assert_eq!((open.user_id, open.transaction_id), (give.user_id, give.id));
    assert_eq!(
        kit.clone().issue(movement(2, 8, &[], &[])),
        Err(Refusal::IsOut(open))
    );

    let back = movement(3, 7, &give.went_out(), &WHOLE);
    let (kit, give, take) = kit.take_back(give, back.clone()).unwrap();
    assert_eq!(kit.issued, None);
    assert_eq!(
        (give.counterpart, take.counterpart),
        (Some(take.id), Some(give.id))
    );
    assert_eq!(
        (take.kind, take.status),
        (TransactionKind::Take, TransactionStatus::Ok)
    );
    assert_eq!(kit.clone().take_back(give, back), Err(Refusal::NotOut));
    assert!(
        kit.issue(movement(4, 8, &[], &[])).is_ok(),
        "the next one gets it"
    );
}

#[test]
fn only_who_has_a_kit_brings_it_back_and_only_by_the_open_issue() {
    let (kit, give) = issued(&WHOLE);
    let other = kit
        .clone()
        .take_back(give.clone(), movement(2, 8, &[], &[]))
        .unwrap_err();
    assert_eq!(other, Refusal::HeldByAnother(kit.issued.unwrap()));
    let own = movement(2, 7, &[], &[]);
    for strange in [
        Transaction {
            id: TransactionId::new(99),
            ..give.clone()
        },
        Transaction {
            kind: TransactionKind::Take,
            ..give.clone()
        },
        Transaction {
            toolkit_id: crate::ids::ToolkitId::new(1),
            ..give.clone()
        },
        Transaction {
            counterpart: Some(TransactionId::new(2)),
            ..give.clone()
        },
    ] {
        assert_eq!(
            kit.clone().take_back(strange, own.clone()),
            Err(Refusal::NotTheOpenIssue)
        );
    }
}

#[test]
fn what_differs_or_is_uncertain_is_checked_by_hand() {
    let (_, give) = issued(&[(12, 1), (13, 2), (14, 1), (15, 1), (16, 1), (3, 1)]);
    assert_eq!(give.status, TransactionStatus::ManualCheck);
    let told: Vec<_> = give
        .details
        .iter()
        .map(|detail| {
            (
                detail.tool_id.number(),
                detail.expected_qty,
                detail.actual_qty,
                detail.discrepancy,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (3, 0, 1, true),
            (12, 1, 1, false),
            (13, 1, 2, true),
            (14, 1, 1, false),
            (15, 1, 1, false),
            (16, 1, 1, false),
            (17, 1, 0, true)
        ]
    );
    let (kit, tools) = kit();
    let expected = Expected::of_kit(&kit, &tools);
    let uncertain = Movement {
        is_uncertain: true,
        ..movement(1, 7, &expected, &WHOLE)
    };
    let (_, give) = kit.issue(uncertain).unwrap();
    assert_eq!(give.status, TransactionStatus::ManualCheck);
    assert!(give.details.iter().all(|detail| !detail.discrepancy));
}

#[test]
fn a_kit_of_which_tools_are_missing_is_back_all_the_same() {
    let (kit, give) = issued(&WHOLE);
    let back = movement(2, 7, &give.went_out(), &[(12, 1)]);
    let (kit, _, take) = kit.take_back(give, back).unwrap();
    assert_eq!((kit.issued, take.status), (None, TransactionStatus::ManualCheck));
}

#[test]
fn an_inspection_closes_a_check_once_and_corrects_what_went_out() {
    let (_, give) = issued(&[(12, 1), (13, 1), (14, 1), (15, 1), (16, 1)]);
    let counts = BTreeMap::from([(ToolId::new(17), 1)]);
    let report = || "The bottle was there.".to_owned();
    for role in [None, Some(Role::Worker)] {
        let refused = give.clone().inspected(&user(role), report(), &counts, at(5));
        assert_eq!(refused, Err(Refusal::MayNotInspect));
    }
    let stranger = BTreeMap::from([(ToolId::new(1), 1)]);
    assert_eq!(
        give.clone()
            .inspected(&user(Some(Role::Admin)), report(), &stranger, at(5)),
        Err(Refusal::Unrelated(ToolId::new(1)))
    );
    let closed = give
        .inspected(&user(Some(Role::Manager)), report(), &counts, at(5))
        .unwrap();
    assert_eq!(closed.status, TransactionStatus::Ok);
    assert_eq!(closed.inspection.as_ref().unwrap().created_at, at(5));
    assert!(closed.went_out().iter().all(|expected| expected.quantity == 1));
    assert!(closed.details.iter().all(|detail| !detail.discrepancy));
    assert_eq!(
        closed.inspected(&user(Some(Role::Admin)), report(), &counts, at(6)),
        Err(Refusal::NothingToInspect)
    );
}

#[test]
fn a_transaction_has_its_room() {
    let (kit, _) = kit();
    let many: Vec<_> = (0..=u32::try_from(MAX_DETAILS).unwrap())
        .map(|id| (id, 1))
        .collect();
    assert_eq!(
        kit.clone().issue(movement(1, 7, &[], &many)),
        Err(Refusal::TooManyTools)
    );
    assert!(kit.clone().issue(movement(1, 7, &[], &many[1..])).is_ok());
    let mut long = movement(1, 7, &[], &WHOLE);
    // Each name and each serial number has its quotes; a quote in a name takes two bytes.
    let room = MAX_DETAIL_TEXT / 6 - 4;
    for (letter, length) in [("x", room), ("\"", room / 2), ("\\", room / 2), ("я", room / 2)] {
        for count in &mut long.comparison.tools {
            count.name = letter.repeat(length);
            count.serial_number.clear();
        }
        assert!(kit.clone().issue(long.clone()).is_ok(), "{letter}");
        long.comparison.tools[0].serial_number.push('x');
        assert_eq!(
            kit.clone().issue(long.clone()),
            Err(Refusal::TooManyTools),
            "{letter}"
        );
    }
}

/// A tool of the table's kit or of the other, and how many.
fn tray() -> impl Strategy<Value = BTreeMap<u32, u32>> {
    prop::collection::btree_map(9u32..18, 0u32..4, 0..9)
}

proptest! {
    #[test]
    fn what_comes_back_is_held_against_what_went_out(out in tray(), back in tray()) {
        let pairs = |tray: &BTreeMap<u32, u32>| tray.iter().map(|(id, count)| (*id, *count)).collect::<Vec<_>>();
        let (kit, give) = issued(&pairs(&out));
        let back_again = movement(2, 7, &give.went_out(), &pairs(&back));
        let exact = back_again.comparison.is_exact();
        let (kit, give, take) = kit.take_back(give, back_again).unwrap();
        prop_assert_eq!(kit.issued, None);
        prop_assert_eq!(give.counterpart, Some(take.id));
        prop_assert_eq!(take.status == TransactionStatus::Ok, exact);
        for id in 0..20 {
            let detail = take.details.iter().find(|detail| detail.tool_id == ToolId::new(id));
            let (issued, returned) = detail.map_or((0, 0), |detail| (detail.expected_qty, detail.actual_qty));
            prop_assert_eq!(issued, out.get(&id).copied().unwrap_or(0));
            prop_assert_eq!(returned, back.get(&id).copied().unwrap_or(0));
            prop_assert_eq!(detail.is_some_and(|detail| detail.discrepancy), issued != returned);
        }
    }
}

use std::collections::BTreeMap;

use super::*;
use crate::transaction::photograph;
use darkroom_domain::{
    TransactionId,
    crib::{Expected, MAX_DETAIL_TEXT, MAX_DETAILS, Movement, Role, ToolCount, User, seed},
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tools() -> Vec<Tool> {
    seed(&TenantId::single()).tools
}

/// The table's kit, whose tools have the ids 12 to 17, issued with so many of each, and inspected where that was not all.
fn issued(counts: &[(u32, u32)]) -> (Toolkit, Transaction) {
    let seed = seed(&TenantId::single());
    let kit = seed.toolkits[1].clone();
    let counts = counts
        .iter()
        .map(|&(tool, count)| (ToolId::new(tool), count))
        .collect();
    let movement = Movement {
        id: TransactionId::new(41),
        user_id: UserId::new(7),
        at: Timestamp::UNIX_EPOCH,
        comparison: compare(&Expected::of_kit(&kit, &seed.tools), &counts, &seed.tools),
        is_uncertain: false,
        predictions: Vec::new(),
    };
    let (kit, give) = kit.issue(movement).unwrap();
    let give = Transaction {
        status: TransactionStatus::Ok,
        ..give
    };
    (kit, give)
}

fn returned(fields: Value) -> ToolReturn {
    let mut body = json!({ "user_id": 7, "toolkit_id": 2 });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    serde_json::from_value(body).unwrap()
}

/// The answer to a return, as JSON.
fn answered(
    give: Transaction,
    returned: &ToolReturn,
    photographs: Vec<Prediction>,
    tools: &[Tool],
    language: Language,
) -> Value {
    let kit = seed(&TenantId::single()).toolkits.remove(1);
    let held = HeldAgainst::of(kit, give, returned, photographs, tools, language).unwrap();
    serde_json::to_value(held.answer(language)).unwrap()
}

#[test]
fn a_comparison_has_the_recorded_names() {
    let (_, give) = issued(&[(12, 1), (13, 2)]);
    let returned = returned(json!({ "returned_tools": [
        { "tool_id": 12, "name": "x", "serialNumber": "y", "quantity": 1 },
        { "tool_id": 12, "name": "x", "serial_number": "y", "serialNumber": "y" },
        { "tool_id": 13, "quantity": 1 },
        { "tool_id": 1, "quantity": 2 },
    ] }));
    let answer = answered(give, &returned, Vec::new(), &tools(), Language::English);
    let cup = |quantity| json!({ "tool_id": 12, "name": "Cup", "serial_number": "TABLE-001", "quantity": quantity });
    let fork = |quantity| json!({ "tool_id": 13, "name": "Fork", "serial_number": "TABLE-002", "quantity": quantity });
    let driver = json!({ "tool_id": 1, "name": "Отвертка «-»", "serial_number": "TOOL-001", "quantity": 2 });
    let with = |mut tool: Value, name: &str, quantity: u32| {
        tool[name] = quantity.into();
        tool
    };
    assert_eq!(
        answer,
        json!({
            "success": true,
            "message": "Tools are missing: 1. Too many: 3. To be checked by hand.",
            "issued_tools": [cup(1), fork(2)],
            "returned_tools": [driver, cup(2), fork(1)],
            "missing_tools": [with(fork(2), "missing_quantity", 1)],
            "extra_tools": [with(driver.clone(), "extra_quantity", 2), with(cup(2), "extra_quantity", 1)],
            "all_returned": false,
            "issued_transaction_id": 41,
            "comparison_summary": { "total_issued": 3, "total_returned": 5, "missing_count": 1, "extra_count": 3 },
            "discrepancies": [
                { "tool_id": 1, "name": "Отвертка «-»", "issued_qty": 0, "returned_qty": 2, "difference": 2, "type": "unexpected" },
                { "tool_id": 12, "name": "Cup", "issued_qty": 1, "returned_qty": 2, "difference": 1, "type": "excess" },
            ],
            "hand_check": true,
            "uncertain": [],
            "processed_image_urls": [],
        })
    );
}

#[test]
fn photographs_tell_what_came_back_and_what_may_have() {
    let (_, give) = issued(&[(12, 1), (13, 1)]);
    let photographs = vec![photograph(1, &[("cup", 0.9)], &[("fork", 0.45)])];
    let id = photographs[0].id;
    let by_photograph = returned(json!({ "prediction_ids": [id] }));
    let answer = answered(
        give.clone(),
        &by_photograph,
        photographs.clone(),
        &tools(),
        Language::Russian,
    );
    assert_eq!(answer["missing_tools"][0]["tool_id"], 13);
    assert_eq!(
        answer["message"],
        "Не хватает инструментов: 1. Требуется ручная проверка."
    );
    assert_eq!(
        answer["processed_image_urls"],
        json!([format!("/media/processed_{id}.jpg")])
    );
    let uncertain = &answer["uncertain"][0];
    assert_eq!(
        (&uncertain["tool_id"], &uncertain["box"]),
        (&json!(13), &json!([1.0, 2.0, 3.0, 4.0]))
    );

    // Where both are given, the list counts: somebody has looked.
    let both = returned(json!({
        "prediction_ids": [id],
        "returned_tools": [{ "tool_id": 12 }, { "tool_id": 13 }],
    }));
    let answer = answered(give, &both, photographs, &tools(), Language::English);
    assert_eq!(
        (
            &answer["all_returned"],
            &answer["hand_check"],
            &answer["uncertain"]
        ),
        (&json!(true), &json!(false), &json!([]))
    );
    assert_eq!(answer["processed_image_urls"].as_array().unwrap().len(), 1);
}

#[test]
fn who_asks_for_a_check_gets_one() {
    for (hand_check, expected) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let (_, give) = issued(&[(12, 1)]);
        let whole = returned(json!({ "returned_tools": [{ "tool_id": 12 }], "hand_check": hand_check }));
        let answer = answered(give, &whole, Vec::new(), &tools(), Language::English);
        assert_eq!(
            (&answer["hand_check"], &answer["all_returned"]),
            (&json!(expected), &json!(true))
        );
    }
}

#[test]
fn what_went_out_unchecked_is_no_measure_for_what_comes_back() {
    let (_, checked) = issued(&[(12, 1)]);
    let unchecked = Transaction {
        status: TransactionStatus::ManualCheck,
        ..checked.clone()
    };
    let all = returned(json!({ "returned_tools": [{ "tool_id": 12 }] }));
    for (give, message, hand_check) in [
        (checked, "All tools are back.", false),
        (unchecked, "All tools are back. To be checked by hand.", true),
    ] {
        let answer = answered(give, &all, Vec::new(), &tools(), Language::English);
        assert_eq!(answer["all_returned"], true);
        assert_eq!(
            (&answer["message"], &answer["hand_check"]),
            (&json!(message), &json!(hand_check))
        );
    }
}

#[test]
fn a_photograph_of_some_classes_only_is_looked_at_by_hand() {
    let (_, give) = issued(&[(12, 1)]);
    let mut cup = photograph(1, &[("cup", 0.9)], &[]);
    let by_photograph = returned(json!({ "prediction_ids": [cup.id] }));
    let by_hand = returned(json!({ "prediction_ids": [cup.id], "returned_tools": [{ "tool_id": 12 }] }));
    let hand_check = |cup: &Prediction, returned: &ToolReturn| {
        let photographs = vec![cup.clone()];
        let answer = answered(give.clone(), returned, photographs, &tools(), Language::English);
        answer["hand_check"] == true
    };
    assert!(!hand_check(&cup, &by_photograph));
    cup.classes = Some(vec!["cup".to_owned()]);
    assert!(hand_check(&cup, &by_photograph));
    assert!(
        !hand_check(&cup, &by_hand),
        "it is evidence only: somebody has looked"
    );
}

#[test]
fn what_neither_went_out_nor_came_back_is_on_the_books_but_not_told() {
    let (kit, give) = issued(&[(12, 1)]);
    let nothing = returned(json!({ "returned_tools": [] }));
    let answer = answered(give.clone(), &nothing, Vec::new(), &tools(), Language::English);
    for list in ["returned_tools", "extra_tools", "discrepancies"] {
        assert_eq!(answer[list], json!([]), "{list}");
    }
    for list in ["issued_tools", "missing_tools"] {
        assert_eq!(answer[list].as_array().unwrap().len(), 1, "{list}");
    }
    let held = HeldAgainst::of(kit, give, &nothing, Vec::new(), &tools(), Language::English).unwrap();
    let movement = Movement {
        id: TransactionId::new(42),
        user_id: UserId::new(7),
        at: Timestamp::UNIX_EPOCH,
        comparison: held.comparison,
        is_uncertain: held.is_uncertain,
        predictions: Vec::new(),
    };
    let (_, _, take) = held.kit.take_back(held.give, movement).unwrap();
    // The fork was not seen either time; the inspector finds it in the tray.
    let inspector = User {
        id: UserId::new(9),
        tenant: TenantId::single(),
        name: "Olga".to_owned(),
        employee_number: "E-9".to_owned(),
        role: Some(Role::Manager),
        uses: 0,
        version: 1,
    };
    let found = BTreeMap::from([(ToolId::new(13), 1)]);
    let closed = take.inspected(&inspector, "A fork.".to_owned(), &found, Timestamp::UNIX_EPOCH);
    let closed = closed.unwrap();
    let fork = closed
        .details
        .iter()
        .find(|detail| detail.tool_id == ToolId::new(13));
    assert_eq!(
        fork.map(|fork| (fork.expected_qty, fork.actual_qty)),
        Some((0, 1))
    );
}

#[test]
fn a_tool_that_was_forgotten_meanwhile_comes_back_by_its_name() {
    let (_, give) = issued(&[(12, 1), (13, 1)]);
    let mut known = tools();
    known.retain(|tool| tool.id != ToolId::new(13));
    let list = returned(json!({ "returned_tools": [{ "tool_id": 12 }, { "tool_id": 13 }] }));
    let answer = answered(give.clone(), &list, Vec::new(), &known, Language::English);
    assert_eq!(answer["returned_tools"][1]["name"], "Fork");
    assert_eq!(answer["hand_check"], false);
    let strange = returned(json!({ "returned_tools": [{ "tool_id": 99 }] }));
    assert!(compare_with_issued(&strange, &give, &[], &known, Language::English).is_err());
}

#[test]
fn nothing_at_all_can_come_back_but_somebody_must_say_so() {
    let (_, give) = issued(&[(12, 1), (13, 2)]);
    let nothing = returned(json!({ "returned_tools": [] }));
    assert!(nothing.checked(Language::English).is_ok());
    let answer = answered(give, &nothing, Vec::new(), &tools(), Language::English);
    assert_eq!(answer["comparison_summary"]["missing_count"], 3);
    assert!(returned(json!({})).checked(Language::Russian).is_err());
    let picture = "/media/processed_00000000-0000-8000-8000-000000000001.jpg";
    assert!(
        returned(json!({ "processed_image_url": picture }))
            .checked(Language::English)
            .is_err(),
        "a picture is proof; it is not counted"
    );
}

#[test]
fn only_pictures_of_predictions_prove_anything() {
    let id = photograph(1, &[], &[]).id;
    let url = format!("/media/processed_{id}.jpg");
    let with = |url: &str| returned(json!({ "returned_tools": [], "processed_image_url": url }));
    for ours in [
        url.clone(),
        format!("https://elsewhere{url}"),
        format!("http://127.0.0.1:8333{url}"),
    ] {
        assert_eq!(
            with(&ours).checked(Language::English).unwrap(),
            Some(id),
            "{ours}"
        );
    }
    assert_eq!(with("").checked(Language::English).unwrap(), None);
    for strange in [
        " ".to_owned(),
        format!("processed_{id}.jpg"),
        format!("https:/{url}"),
        format!("//elsewhere{url}"),
        format!("ftp://elsewhere{url}"),
        format!("https://elsewhere/stage{url}"),
        format!("https://processed_{id}.jpg"),
        "https://".to_owned(),
        "https://elsewhere".to_owned(),
        format!("/media/../media/processed_{id}.jpg"),
        format!("/media/processed_{id}.png"),
        format!("{url}?x"),
        "/media/processed_00000000-0000-8000-8000-00000000000A.jpg".to_owned(),
        "/media/temp_1.jpg".to_owned(),
    ] {
        assert!(with(&strange).checked(Language::English).is_err(), "{strange}");
    }
}

/// The largest answer is kept with its idempotency key, in an item of 400 KB.
#[test]
fn the_largest_answer_has_its_room() {
    // The quotes round a name and an empty serial number take four bytes, each quote in a name two.
    let text = (MAX_DETAIL_TEXT / MAX_DETAILS - 4) / 2;
    let mut known = tools();
    known[11].name = "\u{1f527}".repeat(255);
    known[11].labels = vec!["w".repeat(100)];
    let uncertain = vec![(known[11].labels[0].as_str(), 0.123_456_79_f32); 300];
    let photographs = [photograph(1, &[], &uncertain)];
    let seen = Seen::of(&photographs, &[], &known);
    let comparison = Comparison {
        tools: (1..=u32::try_from(MAX_DETAILS).unwrap())
            .map(|id| ToolCount {
                tool_id: ToolId::new(id * 10_000_000),
                name: "\"".repeat(text),
                serial_number: String::new(),
                expected: 999,
                actual: 1_000,
            })
            .collect(),
    };
    let urls = picture_urls(&[photographs[0].id; 21]);
    let id = TransactionId::new(u32::MAX);
    let answer = ReturnComparison::of(id, &comparison, true, seen.uncertain, urls, Language::Russian);
    let size = serde_json::to_vec(&answer).unwrap().len();
    assert!(size < 400_000, "{size} bytes");
}

/// Tools of either kit, and how many.
fn tray() -> impl Strategy<Value = BTreeMap<u32, u32>> {
    prop::collection::btree_map(9u32..18, 1u32..5, 0..9)
}

/// The quantities under a name in a list, by their tools.
fn quantities(list: &Value, name: &str) -> BTreeMap<u32, u32> {
    let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let list = list.as_array().unwrap().iter();
    list.map(|tool| (number(&tool["tool_id"]), number(&tool[name])))
        .collect()
}

proptest! {
    #[test]
    fn a_return_is_the_difference_of_two_multisets(out in tray(), back in tray()) {
        let pairs: Vec<_> = out.iter().map(|(id, count)| (*id, *count)).collect();
        let (kit, give) = issued(&pairs);
        // The same list in single lines, and backwards.
        let lines: Vec<_> = back
            .iter()
            .rev()
            .flat_map(|(id, count)| (0..*count).map(move |_| json!({ "tool_id": id })))
            .collect();
        let list = returned(json!({ "returned_tools": lines }));
        let answer = answered(give.clone(), &list, Vec::new(), &tools(), Language::English);
        let (issued, returned) = (quantities(&answer["issued_tools"], "quantity"), quantities(&answer["returned_tools"], "quantity"));
        prop_assert_eq!(&issued, &out);
        prop_assert_eq!(&returned, &back);
        let missing = quantities(&answer["missing_tools"], "missing_quantity");
        let extra = quantities(&answer["extra_tools"], "extra_quantity");
        for id in 0..20 {
            let of = |counts: &BTreeMap<u32, u32>| counts.get(&id).copied().unwrap_or(0);
            let both = of(&issued).min(of(&returned));
            prop_assert_eq!(of(&missing) + both, of(&issued));
            prop_assert_eq!(of(&extra) + both, of(&returned));
        }
        let summary = &answer["comparison_summary"];
        let number = |name: &str| summary[name].as_u64().unwrap();
        prop_assert_eq!(number("total_issued") - number("missing_count"), number("total_returned") - number("extra_count"));
        prop_assert_eq!(&answer["all_returned"], &json!(missing.is_empty()));
        prop_assert_eq!(&answer["hand_check"], &json!(out != back));
        prop_assert_eq!(quantities(&answer["discrepancies"], "difference"), extra);
        for odd in answer["discrepancies"].as_array().unwrap() {
            let expected = if odd["issued_qty"] == 0 { "unexpected" } else { "excess" };
            prop_assert_eq!(&odd["type"], expected);
        }
        // What is put down is what was told, and what of the kit was there neither time.
        let known: Vec<_> = give.details.iter().map(|detail| detail.tool_id).collect();
        let (comparison, _) = compare_with_issued(&list, &give, &[], &tools(), Language::English).unwrap();
        let movement = Movement {
            id: TransactionId::new(42),
            user_id: UserId::new(7),
            at: Timestamp::UNIX_EPOCH,
            comparison,
            is_uncertain: false,
            predictions: Vec::new(),
        };
        let (_, _, take) = kit.take_back(give, movement).unwrap();
        prop_assert_eq!(take.status == TransactionStatus::ManualCheck, out != back);
        prop_assert!(known.iter().all(|tool| take.details.iter().any(|detail| detail.tool_id == *tool)));
        for detail in &take.details {
            prop_assert!(known.contains(&detail.tool_id) || detail.actual_qty > 0);
        }
    }
}

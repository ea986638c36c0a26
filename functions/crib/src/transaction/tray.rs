//! What lies in a tray: as photographs show it, or as it was counted by hand.

use std::collections::BTreeMap;

use darkroom_domain::{
    DetectedObject, Prediction, PredictionId, ToolId,
    crib::{Expected, MAX_DETAILS, MAX_QUANTITY, Tool, recognize},
};
use darkroom_http::{HttpError, HttpResult, Language};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most photographs that one tray is counted from.
pub(crate) const MAX_PHOTOGRAPHS: usize = 20;

/// The most objects that an answer tells as uncertain: answers have their room.
const MAX_UNCERTAIN: usize = 50;

/// A tool, and how many of it were counted by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) struct CountedTool {
    /// The tool.
    pub(crate) tool_id: ToolId,
    /// From 1 on. A tool that is named twice is there as often as both say.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000)]
    pub(crate) quantity: u32,
}

pub(crate) const fn one() -> u32 {
    1
}

/// Something that may be a tool, or may not: the model is a little less sure of it than it must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct UncertainObject {
    /// The tool that it may be.
    tool_id: ToolId,
    /// The name of the tool.
    name: String,
    /// The name of the model's class.
    label: String,
    /// How sure the model is, 0..1.
    confidence: f32,
    /// Left, top, right and bottom in pixels of the upright picture.
    #[serde(rename = "box")]
    bounds: [f32; 4],
    /// In which photograph.
    prediction_id: PredictionId,
}

/// What lies in a tray, as all its photographs show it together, or as it was counted by hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// How many there are of each tool.
    pub(crate) counts: BTreeMap<ToolId, u32>,
    /// What may be a tool, the surest first; of many the first ones.
    pub(crate) uncertain: Vec<UncertainObject>,
    /// Whether somebody has to look: something may be a tool, or not all that lies there was looked for.
    pub(crate) is_uncertain: bool,
}

impl Seen {
    /// What photographs show where these tools are `expected`, of all `tools`. Whatever lies in two of them is counted
    /// twice: they show parts of a tray.
    pub(crate) fn of(photographs: &[Prediction], expected: &[Expected], tools: &[Tool]) -> Self {
        let sure: Vec<_> = merged(photographs, |prediction| &prediction.detections)
            .into_iter()
            .map(|(_, object)| object.clone())
            .collect();
        let nearly = merged(photographs, |prediction| &prediction.uncertain);
        let uncertain: Vec<_> = nearly.iter().map(|(_, object)| (*object).clone()).collect();
        let recognized = recognize(&sure, &uncertain, expected, tools);
        let uncertain = nearly.into_iter().zip(&recognized.uncertain);
        // Who looked for some classes only saw nothing of the others.
        let is_partial = photographs.iter().any(|prediction| prediction.classes.is_some());
        Self {
            counts: recognized.counts(),
            is_uncertain: is_partial || recognized.is_uncertain(),
            uncertain: uncertain
                .filter_map(|((prediction_id, object), tool)| {
                    let tool = tools.iter().find(|known| Some(known.id) == *tool)?;
                    Some(UncertainObject {
                        tool_id: tool.id,
                        name: tool.name.clone(),
                        label: object.label.clone(),
                        confidence: object.confidence,
                        bounds: object.bounds,
                        prediction_id,
                    })
                })
                .take(MAX_UNCERTAIN)
                .collect(),
        }
    }
}

/// The objects of all photographs, the surest first.
fn merged<'a>(
    photographs: &'a [Prediction],
    objects: impl Fn(&'a Prediction) -> &'a [DetectedObject],
) -> Vec<(PredictionId, &'a DetectedObject)> {
    let mut merged: Vec<_> = photographs
        .iter()
        .flat_map(|prediction| objects(prediction).iter().map(|object| (prediction.id, object)))
        .collect();
    merged.sort_by(|(_, one), (_, other)| other.confidence.total_cmp(&one.confidence));
    merged
}

/// Holds the ids of photographs against the rules: not too many, none twice.
///
/// # Errors
/// 422.
pub(crate) fn check_photographs(ids: &[PredictionId], language: Language) -> HttpResult<()> {
    const FIELD: [&str; 2] = ["body", "prediction_ids"];
    if ids.len() > MAX_PHOTOGRAPHS {
        return Err(HttpError::validation(
            &FIELD,
            match language {
                Language::English => format!("must be at most {MAX_PHOTOGRAPHS}"),
                Language::Russian => format!("Не больше {MAX_PHOTOGRAPHS} распознаваний"),
            },
        ));
    }
    for (index, id) in ids.iter().enumerate() {
        if ids.iter().take(index).any(|earlier| earlier == id) {
            return Err(named_twice(*id, language));
        }
    }
    Ok(())
}

/// What is said of a prediction whose picture is counted already.
pub(super) fn named_twice(id: PredictionId, language: Language) -> HttpError {
    HttpError::validation(
        &["body", "prediction_ids"],
        match language {
            Language::English => format!("the picture of prediction {id} is named twice"),
            Language::Russian => format!("Снимок распознавания {id} указан дважды"),
        },
    )
}

/// Holds the length of a list of tools in the body against what a transaction tells of, before anything is looked for.
///
/// # Errors
/// 422.
pub(super) fn check_length<T>(tools: &[T], field: &str, language: Language) -> HttpResult<()> {
    if tools.len() <= MAX_DETAILS {
        return Ok(());
    }
    Err(HttpError::validation(
        &["body", field],
        match language {
            Language::English => format!("must be at most {MAX_DETAILS}"),
            Language::Russian => format!("Не больше {MAX_DETAILS} строк"),
        },
    ))
}

/// How many there are of each tool that was counted by hand in the list `field` of the body. Nothing of that is uncertain.
///
/// # Errors
/// 422 for a list that is too long, for none or too many of a tool, and for a tool that is not `known`.
pub(crate) fn count_by_hand(
    tools: &[CountedTool],
    field: &str,
    known: impl Fn(ToolId) -> bool,
    language: Language,
) -> HttpResult<Seen> {
    check_length(tools, field, language)?;
    let mut counts: BTreeMap<ToolId, u32> = BTreeMap::new();
    for (index, tool) in tools.iter().enumerate() {
        let index = index.to_string();
        if !known(tool.tool_id) {
            return Err(HttpError::validation(
                &["body", field, &index, "tool_id"],
                unknown_tool(tool.tool_id, language),
            ));
        }
        let count = counts.entry(tool.tool_id).or_default();
        *count = count.saturating_add(tool.quantity);
        if tool.quantity == 0 || *count > MAX_QUANTITY {
            return Err(HttpError::validation(
                &["body", field, &index, "quantity"],
                match language {
                    Language::English => {
                        format!("must be 1 to {MAX_QUANTITY}, all of the same tool together")
                    }
                    Language::Russian => {
                        format!("Количество одного инструмента: от 1 до {MAX_QUANTITY}")
                    }
                },
            ));
        }
    }
    Ok(Seen {
        counts,
        ..Seen::default()
    })
}

fn unknown_tool(id: ToolId, language: Language) -> String {
    match language {
        Language::English => format!("there is no tool {id}"),
        Language::Russian => format!("Инструмент {id} не найден"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use darkroom_domain::{
        PredictionTimes, TenantId, Timestamp, archive::ModelUse, crib::seed, prediction::Prediction,
    };

    /// A photograph on which there are these labels, and nearly these.
    pub(crate) fn photograph(id: u128, sure: &[(&str, f32)], uncertain: &[(&str, f32)]) -> Prediction {
        let objects = |labels: &[(&str, f32)]| {
            labels
                .iter()
                .map(|&(label, confidence)| DetectedObject {
                    class: 0,
                    label: label.to_owned(),
                    confidence,
                    bounds: [1.0, 2.0, 3.0, 4.0],
                })
                .collect()
        };
        Prediction {
            id: format!("00000000-0000-8000-8000-{id:012}").parse().unwrap(),
            tenant: TenantId::single(),
            sha256: "0".repeat(64),
            width: 640,
            height: 640,
            model: ModelUse {
                name: "m".to_owned(),
                version: "1".to_owned(),
                sha256: "1".repeat(64),
                confidence: 0.5,
                iou: None,
            },
            classes: None,
            max_detections: 100,
            detections: objects(sure),
            uncertain: objects(uncertain),
            times: PredictionTimes::default(),
            created_at: Timestamp::UNIX_EPOCH,
            kept_until: Timestamp::UNIX_EPOCH.after(Prediction::KEEP),
            is_evidence: false,
        }
    }

    #[test]
    fn photographs_are_counted_together() {
        let seed = seed(&TenantId::single());
        let expected = Expected::of_kit(&seed.toolkits[1], &seed.tools);
        let photographs = [
            photograph(1, &[("cup", 0.9), ("person", 0.8)], &[("fork", 0.45)]),
            photograph(2, &[("cup", 0.95), ("1", 0.7)], &[("dog", 0.49), ("knife", 0.47)]),
        ];
        let seen = Seen::of(&photographs, &expected, &seed.tools);
        let counts: Vec<_> = seen
            .counts
            .iter()
            .map(|(tool, count)| (tool.number(), *count))
            .collect();
        assert_eq!(counts, [(1, 1), (12, 2)]);
        // A dog is no tool, however nearly it is there.
        let told = serde_json::to_value(&seen.uncertain).unwrap();
        assert_eq!(
            (
                told[0]["name"].as_str(),
                told[1]["name"].as_str(),
                told[2].as_object()
            ),
            (Some("Knife"), Some("Fork"), None)
        );
        assert_eq!(told[0]["prediction_id"], photographs[1].id.to_string());
        assert_eq!(told[0]["box"], serde_json::json!([1.0, 2.0, 3.0, 4.0]));
        assert_eq!(Seen::of(&[], &expected, &seed.tools), Seen::default());
    }

    #[test]
    fn who_looked_for_some_classes_only_does_not_know_what_else_is_there() {
        let seed = seed(&TenantId::single());
        let expected = Expected::of_kit(&seed.toolkits[1], &seed.tools);
        let mut photographs = [photograph(1, &[("cup", 0.9)], &[]), photograph(2, &[], &[])];
        assert!(!Seen::of(&photographs, &expected, &seed.tools).is_uncertain);
        photographs[1].classes = Some(vec!["fork".to_owned()]);
        let seen = Seen::of(&photographs, &expected, &seed.tools);
        assert!(seen.is_uncertain && seen.uncertain.is_empty());
    }

    #[test]
    fn a_list_of_any_length_is_refused_before_anything_is_looked_for() {
        let tools = [CountedTool {
            tool_id: ToolId::new(1),
            quantity: 1,
        }; MAX_DETAILS + 1];
        let search = |_| panic!("the list is too long");
        for language in [Language::English, Language::Russian] {
            let error = count_by_hand(&tools, "tools", search, language).unwrap_err();
            assert!(format!("{error:?}").contains("400"), "{error:?}");
        }
    }

    #[test]
    fn a_photograph_counts_once() {
        let ids: Vec<_> = (0..=20).map(|id| photograph(id, &[], &[]).id).collect();
        assert!(check_photographs(&ids[..20], Language::English).is_ok());
        assert!(check_photographs(&ids, Language::English).is_err());
        let twice = [ids[0], ids[1], ids[0]];
        for language in [Language::English, Language::Russian] {
            let error = check_photographs(&twice, language).unwrap_err();
            assert!(format!("{error:?}").contains(&ids[0].to_string()), "{error:?}");
        }
    }

    #[test]
    fn counts_by_hand_add_up_within_bounds() {
        let tools = |list: &[(u32, u32)]| -> Vec<CountedTool> {
            list.iter()
                .map(|&(tool, quantity)| CountedTool {
                    tool_id: ToolId::new(tool),
                    quantity,
                })
                .collect()
        };
        let count = |list: &[(u32, u32)]| {
            count_by_hand(&tools(list), "tools", |tool| tool.number() < 5, Language::English)
        };
        assert_eq!(
            count(&[(1, 2), (3, 1), (1, 1)]).unwrap().counts,
            BTreeMap::from([(ToolId::new(1), 3), (ToolId::new(3), 1)])
        );
        assert_eq!(count(&[]).unwrap(), Seen::default());
        assert!(count(&[(1, 1); MAX_DETAILS]).is_ok());
        assert!(count(&[(1, 1); MAX_DETAILS + 1]).is_err());
        assert!(count(&[(1, 999), (1, 1)]).is_ok());
        for refused in [
            &[(1, 0)][..],
            &[(1, 1000), (1, 1)],
            &[(1, u32::MAX), (1, u32::MAX)],
            &[(1, 1), (5, 1)],
        ] {
            assert!(count(refused).is_err(), "{refused:?}");
        }
        let counted: CountedTool = serde_json::from_str(r#"{"tool_id": 4}"#).unwrap();
        assert_eq!(counted.quantity, 1);
        assert!(serde_json::from_str::<CountedTool>(r#"{"tool_id": 4, "quantity": -1}"#).is_err());
    }
}

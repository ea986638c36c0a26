//! Which detection is which tool.
//!
//! Tools are told by labels: each tool names the labels by which models call it, and a label may be that of several tools.
//! Which detection is which tool is a matching: as many places of the kit are filled as can be, so that a thing that could
//! be either of two tools never leaves one of them missing while the other is there twice.

use std::collections::BTreeMap;

use super::{comparison::Expected, entities::Tool};
use crate::{ids::ToolId, prediction::DetectedObject};

/// Which tool each object is; none where no tool is called that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognized {
    /// Of what was found, in its order.
    pub sure: Vec<Option<ToolId>>,
    /// Of what was nearly found, in its order.
    pub uncertain: Vec<Option<ToolId>>,
}

impl Recognized {
    /// How many there are of each tool, what is uncertain left out.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<ToolId, u32> {
        let mut counts = BTreeMap::new();
        for tool in self.sure.iter().flatten() {
            let count: &mut u32 = counts.entry(*tool).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// Whether something that may be a tool is not certain.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.uncertain.iter().any(Option::is_some)
    }
}

/// Tells which tool each object is, of those that are `expected`, and otherwise of all `tools`.
///
/// As many places as can be are filled by what was found (Kuhn's augmenting paths; the surest objects choose first). What
/// is left over is one too many of the first tool of its label that is expected, or an unexpected tool, or none at
/// all. What is uncertain is taken for a tool that is still missing, where it can be.
#[must_use]
pub fn recognize(
    sure: &[DetectedObject],
    uncertain: &[DetectedObject],
    expected: &[Expected],
    tools: &[Tool],
) -> Recognized {
    let mut matching = Matching::new(expected, tools);
    for (object, detected) in sure.iter().enumerate() {
        matching.place(object, &detected.label);
    }
    let placed = matching.placed(sure.len());
    let recognized = sure
        .iter()
        .zip(placed)
        .map(|(detected, place)| place.or_else(|| matching.left_over(&detected.label)))
        .collect();
    let uncertain = uncertain
        .iter()
        .map(|detected| {
            matching
                .missing(&detected.label)
                .or_else(|| matching.left_over(&detected.label))
        })
        .collect();
    Recognized {
        sure: recognized,
        uncertain,
    }
}

/// The places of a kit, and the objects that fill them.
struct Matching<'a> {
    /// The tools that are expected, by their ids.
    wanted: Vec<Wanted<'a>>,
    tools: &'a [Tool],
}

struct Wanted<'a> {
    tool: &'a Tool,
    quantity: usize,
    /// The objects that fill its places, and their labels.
    objects: Vec<(usize, &'a str)>,
}

impl<'a> Matching<'a> {
    fn new(expected: &[Expected], tools: &'a [Tool]) -> Self {
        let mut quantities: BTreeMap<ToolId, u32> = BTreeMap::new();
        for expected in expected {
            let quantity = quantities.entry(expected.tool_id).or_default();
            *quantity = quantity.saturating_add(expected.quantity);
        }
        let wanted = quantities.into_iter().filter_map(|(id, quantity)| {
            let tool = tools.iter().find(|tool| tool.id == id)?;
            Some(Wanted {
                tool,
                quantity: usize::try_from(quantity).unwrap_or(usize::MAX),
                objects: Vec::new(),
            })
        });
        Self {
            wanted: wanted.collect(),
            tools,
        }
    }

    /// Finds a place for an object, moving others where that helps.
    fn place(&mut self, object: usize, label: &'a str) {
        let mut visited = vec![false; self.wanted.len()];
        self.augment((object, label), &mut visited);
    }

    fn augment(&mut self, object: (usize, &'a str), visited: &mut [bool]) -> bool {
        for place in 0..self.wanted.len() {
            let (Some(wanted), Some(seen)) = (self.wanted.get_mut(place), visited.get_mut(place)) else {
                continue;
            };
            if *seen || !is_called(wanted.tool, object.1) {
                continue;
            }
            *seen = true;
            if wanted.objects.len() < wanted.quantity {
                wanted.objects.push(object);
                return true;
            }
            // Whoever sits here may have another place to go to. Each label only once: they are all alike.
            let mut tried: Vec<&str> = Vec::new();
            for seat in 0..wanted.objects.len() {
                let Some(sitting) = self
                    .wanted
                    .get(place)
                    .and_then(|wanted| wanted.objects.get(seat))
                    .copied()
                else {
                    continue;
                };
                if tried.contains(&sitting.1) {
                    continue;
                }
                tried.push(sitting.1);
                if self.augment(sitting, visited) {
                    if let Some(seat) = self
                        .wanted
                        .get_mut(place)
                        .and_then(|wanted| wanted.objects.get_mut(seat))
                    {
                        *seat = object;
                    }
                    return true;
                }
            }
        }
        false
    }

    /// The tool whose place each of the objects fills, if it does.
    fn placed(&self, objects: usize) -> Vec<Option<ToolId>> {
        let mut placed = vec![None; objects];
        for wanted in &self.wanted {
            for (object, _) in &wanted.objects {
                if let Some(place) = placed.get_mut(*object) {
                    *place = Some(wanted.tool.id);
                }
            }
        }
        placed
    }

    /// The first tool of this label of which some are missing.
    fn missing(&self, label: &str) -> Option<ToolId> {
        self.wanted
            .iter()
            .find(|wanted| wanted.objects.len() < wanted.quantity && is_called(wanted.tool, label))
            .map(|wanted| wanted.tool.id)
    }

    /// The first tool of this label, of those expected or of all.
    fn left_over(&self, label: &str) -> Option<ToolId> {
        let expected = self.wanted.iter().map(|wanted| wanted.tool);
        expected
            .chain(self.tools)
            .find(|tool| is_called(tool, label))
            .map(|tool| tool.id)
    }
}

fn is_called(tool: &Tool, label: &str) -> bool {
    tool.labels.iter().any(|known| known == label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crib::comparison::{Surplus, ToolCount, compare},
        tenant::TenantId,
    };
    use proptest::prelude::*;

    fn tool(id: u32, labels: &[&str]) -> Tool {
        Tool {
            id: ToolId::new(id),
            tenant: TenantId::single(),
            name: format!("tool {id}"),
            serial_number: format!("T-{id}"),
            category: "test".to_owned(),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            uses: 0,
            version: 1,
        }
    }

    fn objects(labels: &[&str]) -> Vec<DetectedObject> {
        labels
            .iter()
            .map(|&label| DetectedObject {
                class: 0,
                label: label.to_owned(),
                confidence: 0.9,
                bounds: [0.0, 0.0, 1.0, 1.0],
            })
            .collect()
    }

    fn ids(tools: &[Option<ToolId>]) -> Vec<u32> {
        tools.iter().map(|id| id.map_or(0, ToolId::number)).collect()
    }

    #[test]
    fn duplicates_do_not_hide_a_missing_tool() {
        // The kit of three with one tool three times: the original called that complete.
        let tools = [tool(1, &["1"]), tool(2, &["2"]), tool(3, &["3"])];
        let expected: Vec<_> = tools.iter().map(|tool| Expected::of(tool, 1)).collect();
        let found = recognize(&objects(&["1", "1", "1"]), &[], &expected, &tools);
        assert_eq!(ids(&found.sure), [1, 1, 1]);
        let comparison = compare(&expected, &found.counts(), &tools);
        let missing: Vec<_> = comparison.missing().map(|count| count.tool_id.number()).collect();
        assert_eq!(missing, [2, 3]);
        let surplus: Vec<_> = comparison
            .surplus()
            .map(|(count, surplus, why)| (count.tool_id.number(), surplus, why))
            .collect();
        assert_eq!(surplus, [(1, 2, Surplus::Excess)]);
        assert!(!comparison.is_complete());
    }

    #[test]
    fn quantities_count_and_strangers_are_told() {
        let tools = [tool(1, &["fork"]), tool(2, &["knife"]), tool(9, &["saw"])];
        let expected = [Expected::of(&tools[0], 2), Expected::of(&tools[1], 1)];
        let found = recognize(
            &objects(&["fork", "saw", "knife", "person"]),
            &[],
            &expected,
            &tools,
        );
        assert_eq!(ids(&found.sure), [1, 9, 2, 0]);
        let comparison = compare(&expected, &found.counts(), &tools);
        assert_eq!(comparison.missing().map(ToolCount::missing).sum::<u32>(), 1);
        let surplus: Vec<_> = comparison
            .surplus()
            .map(|(count, _, why)| (count.name.clone(), why))
            .collect();
        assert_eq!(surplus, [("tool 9".to_owned(), Surplus::Unexpected)]);
        let whole = recognize(&objects(&["fork", "fork", "knife"]), &[], &expected, &tools);
        assert!(compare(&expected, &whole.counts(), &tools).is_exact());
    }

    #[test]
    fn a_thing_that_could_be_either_of_two_tools_makes_way() {
        let tools = [tool(1, &["pliers", "cutter"]), tool(2, &["pliers"])];
        let expected: Vec<_> = tools.iter().map(|tool| Expected::of(tool, 1)).collect();
        // Both go to the first tool at first; the pliers make way for the cutter.
        let found = recognize(&objects(&["pliers", "cutter"]), &[], &expected, &tools);
        assert_eq!(ids(&found.sure), [2, 1]);
    }

    #[test]
    fn what_is_uncertain_is_taken_for_what_is_missing() {
        let tools = [tool(1, &["cup"]), tool(2, &["cup"]), tool(3, &["fork"])];
        let expected: Vec<_> = tools.iter().take(2).map(|tool| Expected::of(tool, 1)).collect();
        let found = recognize(
            &objects(&["cup"]),
            &objects(&["cup", "fork", "dog"]),
            &expected,
            &tools,
        );
        assert_eq!(
            (ids(&found.sure), ids(&found.uncertain)),
            (vec![1], vec![2, 3, 0])
        );
        assert!(found.is_uncertain());
        assert!(!recognize(&[], &objects(&["dog"]), &expected, &tools).is_uncertain());
    }

    /// The greatest number of places that objects can fill, tried in every way.
    fn most(objects: &[&str], free: &mut [u32], tools: &[Tool]) -> u32 {
        let Some((first, rest)) = objects.split_first() else {
            return 0;
        };
        let mut best = most(rest, free, tools);
        for place in 0..tools.len() {
            if free[place] > 0 && is_called(&tools[place], first) {
                free[place] -= 1;
                best = best.max(1 + most(rest, free, tools));
                free[place] += 1;
            }
        }
        best
    }

    const LABELS: [&str; 4] = ["a", "b", "c", "d"];

    proptest! {
        #[test]
        fn as_many_places_are_filled_as_can_be(
            kit in prop::collection::vec((1u8..16, 1u32..3), 1..4),
            found in prop::collection::vec(0usize..4, 0..6),
        ) {
            let tools: Vec<Tool> = kit.iter().zip(1..).map(|((labels, _), id)| {
                let called: Vec<_> = (0..4).filter(|bit| labels >> bit & 1 == 1).map(|bit| LABELS[bit]).collect();
                tool(id, &called)
            }).collect();
            let expected: Vec<_> = tools.iter().zip(&kit).map(|(tool, (_, quantity))| Expected::of(tool, *quantity)).collect();
            let labels: Vec<_> = found.iter().map(|&label| LABELS[label]).collect();
            let recognized = recognize(&objects(&labels), &[], &expected, &tools);
            let comparison = compare(&expected, &recognized.counts(), &tools);
            let filled: u32 = comparison.tools.iter().map(|count| count.actual.min(count.expected)).sum();
            let mut free: Vec<u32> = kit.iter().map(|(_, quantity)| *quantity).collect();
            prop_assert_eq!(filled, most(&labels, &mut free, &tools));
            // Nothing is lost: each object that a tool is called after is counted once.
            let called = labels.iter().filter(|label| tools.iter().any(|tool| is_called(tool, label))).count();
            let counted: u32 = recognized.counts().values().sum();
            prop_assert_eq!(counted as usize, called);
            for (object, id) in labels.iter().zip(&recognized.sure) {
                if let Some(id) = id {
                    let tool = tools.iter().find(|tool| tool.id == *id).unwrap();
                    prop_assert!(is_called(tool, object));
                }
            }
        }
    }
}

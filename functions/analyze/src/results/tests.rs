use darkroom_domain::analysis::categorized_mean::{CategorizedMean, CategorizedMeanParams, Category};
use serde_json::json;
use uuid::Uuid;

use super::*;

fn categorized(name: String) -> Findings {
    Findings::CalculateCategorizedMean {
        params: CategorizedMeanParams {
            vertical_lines: vec![0, 10],
            horizontal_lines: vec![0, 10],
            selected_cells: Vec::new(),
            selection_categories: vec![Category {
                id: "1".to_owned(),
                name,
                color: "red".to_owned(),
            }],
            selected_cells_count: 0,
        },
        data: CategorizedMean {
            overall_mean: 0.0,
            category_means_average: 0.0,
            category_results: Vec::new(),
            total_cells: 1,
            confirmed: true,
        },
    }
}

#[test]
fn parameters_that_are_too_large_are_left_to_their_own_route() {
    let told = parameters(&categorized("Sky".to_owned())).unwrap().unwrap();
    assert_eq!(told["selectionCategories"][0]["name"], "Sky");
    assert_eq!(
        parameters(&categorized("n".repeat(MAX_PARAMETERS))).unwrap(),
        None
    );
}

#[test]
fn scores_come_in_the_order_of_their_measures_with_their_scales() {
    let image = ImageId::from_uuid(Uuid::from_u128(7));
    let mut description = Description::unknown(TenantId::single(), image, Timestamp::UNIX_EPOCH);
    let score = |score| QualityScore {
        score,
        version: "1".to_owned(),
        analyzed_at: Timestamp::UNIX_EPOCH,
    };
    for (name, value) in [
        ("sharpness", Some(0.5)),
        ("niqe", None),
        // A measure that a later version knew.
        ("taste", Some(1.0)),
        ("brisque", Some(21.5)),
    ] {
        description.scores.insert(name.to_owned(), score(value));
    }
    let view = serde_json::to_value(DescriptionView::from(description)).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    assert_eq!(
        view,
        json!({
            "model": null, "model_sha256": null, "described_at": at,
            "scores": [
                { "metric": "brisque", "score": 21.5, "better": "lower", "range": [0.0, 100.0], "version": "1", "analyzed_at": at },
                { "metric": "niqe", "score": null, "better": "lower", "range": [0.0, null], "version": "1", "analyzed_at": at },
                { "metric": "sharpness", "score": 0.5, "better": "higher", "range": [0.0, 1.0], "version": "1", "analyzed_at": at },
            ],
        })
    );
}

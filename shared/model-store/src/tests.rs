//! Models are loaded once, however long whoever asks for them waits.

use darkroom_cloud::Connection;

use super::*;

const NAME: &str = "efficientdet_lite0";
const WEIGHTS: &[ShippedWeights] = &[ShippedWeights {
    file: "efficientdet_lite0_fp16.onnx",
    bytes: include_bytes!("../../../models/efficientdet_lite0_fp16.onnx"),
}];

/// Models that are shipped: nothing is asked of any cloud for them.
fn store() -> Arc<ModelStore> {
    let environment = Environment::from_iter([
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("AWS_REGION", "us-east-1"),
        ("BUCKET_NAME", "none"),
    ]);
    let files = Connection::of(&environment).unwrap().files().unwrap();
    Arc::new(ModelStore::new(&environment, &files, WEIGHTS).unwrap())
}

#[tokio::test]
async fn loading_goes_on_where_nobody_waits_for_it() {
    let store = store();
    let impatient = Duration::from_millis(1);
    let failure = store
        .model_within(Task::Detect, NAME, impatient)
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::Unavailable);
    assert!(failure.is_retryable());
    // Nobody asks any more: it is loaded all the same.
    let loaded = async {
        while store.ready.lock().await.is_empty() {
            tokio::time::sleep(impatient).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), loaded)
        .await
        .unwrap();
    let model = store
        .model_within(Task::Detect, NAME, Duration::from_secs(1))
        .await
        .unwrap();
    let again = store.model(Task::Detect, NAME).await.unwrap();
    assert!(Arc::ptr_eq(&model, &again), "loaded once");
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_told_as_ever() {
    let minute = Duration::from_secs(60);
    let store = store();
    let within = async |name| store.model_within(Task::Detect, name, minute).await.unwrap_err();
    assert_eq!(within("anvil").await.code, Code::ValidationFailed);
    assert_eq!(
        within("yolov4_tiny").await.code,
        Code::ModelFailed,
        "its file is not there"
    );
}

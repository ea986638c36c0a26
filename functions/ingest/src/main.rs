//! The process of the `ingest` function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    darkroom_lambda::run(darkroom_ingest::function).await
}

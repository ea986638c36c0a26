//! The process of the `download` function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    darkroom_lambda::run(darkroom_download::function).await
}

//! The process of the `analyze` function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    darkroom_lambda::run(darkroom_analyze::function).await
}

//! The process of the `segment` function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    darkroom_lambda::run(darkroom_segment::function).await
}

//! The process of the `upload-url` function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    darkroom_lambda::run(darkroom_upload_url::function).await
}

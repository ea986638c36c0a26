//! The process that does one analysis which the `cluster` function has no room for.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    darkroom_cluster::large_grouping::run().await
}

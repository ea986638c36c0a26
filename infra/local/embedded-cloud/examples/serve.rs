//! Serves an embedded cloud until Ctrl-C: `serve [PORT] [DATA_DIRECTORY]`.

use std::net::{Ipv4Addr, SocketAddr};

use darkroom_embedded_cloud::{EmbeddedCloud, EmbeddedCloudOptions};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example tells where it listens")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(4566), |port| port.parse())?;
    let mut options = match arguments.next() {
        Some(directory) => EmbeddedCloudOptions::persistent(directory),
        None => EmbeddedCloudOptions::ephemeral(),
    };
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let cloud = EmbeddedCloud::start(options).await?;
    println!("{}", cloud.endpoint());
    tokio::signal::ctrl_c().await?;
    cloud.shutdown().await;
    Ok(())
}

//! Starting and stopping the services together.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use rustack_auth::StaticCredentialProvider;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::clock;
use crate::data_directory::OpenDirectory;
use crate::dynamodb::TableServer;
use crate::options::EmbeddedCloudOptions;
use crate::router::Router;
use crate::s3::notification::EventSource;
use crate::s3::{ObjectStorage, lifecycle};
use crate::server::serve;
use crate::sqs::Queues;
use crate::start_error::StartError;
use crate::store::Store;

/// How often lifecycle rules are applied. They count in days.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10 * 60);

const USERS_GONE_INTERVAL: Duration = Duration::from_millis(2);
const USERS_GONE_ATTEMPTS: u32 = 500;

/// Running services. They stop when this is dropped; [`EmbeddedCloud::shutdown`] lets requests in progress finish.
#[derive(Debug)]
pub struct EmbeddedCloud {
    address: SocketAddr,
    queues: Queues,
    tables: TableServer,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    sweeping: AbortOnDrop,
    store: Arc<Store>,
}

impl EmbeddedCloud {
    /// Starts the services; when this returns they answer.
    ///
    /// # Errors
    ///
    /// If the data directory or the address cannot be had.
    pub async fn start(options: EmbeddedCloudOptions) -> Result<Self, StartError> {
        let EmbeddedCloudOptions {
            data,
            address,
            credentials,
            region,
            account,
        } = options;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback { address });
        }
        // Before the data: a port that is taken is then reported at once.
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => StartError::PortTaken { address },
                _ => StartError::Listen { address, source },
            })?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address, source })?;
        let opening = spawn_blocking(move || {
            let directory = OpenDirectory::open(&data)?;
            let (store, database) = open(&directory)?;
            Ok::<_, StartError>((Arc::new(store.keeping(directory)), database))
        });
        let (store, database) = opening.await.map_err(StartError::Interrupted)??;

        let pair = (credentials.access_key.clone(), credentials.secret_key.clone());
        let keys = Arc::new(StaticCredentialProvider::new([pair]));
        let queues = Queues::new(&address.ip().to_string(), address.port(), &region, &account);
        let (table_server, tables) =
            TableServer::start(database, Arc::clone(&keys))
                .await
                .map_err(|source| StartError::Listen {
                    address: SocketAddr::new(address.ip(), 0),
                    source,
                })?;
        let storage = ObjectStorage {
            store: Arc::clone(&store),
            queues: queues.clone(),
            source: EventSource {
                region: region.clone(),
                account,
            },
        };
        let router = Router {
            objects: storage.service(&credentials),
            queues: queues.service(&region, keys),
            tables,
            store: Arc::clone(&store),
        };
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            address,
            queues,
            tables: table_server,
            stop,
            serving: tokio::spawn(serve(listener, router, stopped)),
            sweeping: AbortOnDrop(tokio::spawn(sweep(Arc::clone(&store)))),
            store,
        })
    }

    /// The address of all services, as `AWS_ENDPOINT_URL` takes it: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops taking connections and waits, a few seconds at most, for requests in progress.
    pub async fn shutdown(self) {
        drop(self.sweeping);
        let _ = self.stop.send(());
        // Receives that wait for messages would hold the server up.
        self.queues.shut_down().await;
        let _ = self.serving.await;
        self.tables.shut_down().await;
        // Connections drop what they hold an instant after they are counted as ended. The data directory is free
        // for another process when this returns.
        for _ in 0..USERS_GONE_ATTEMPTS {
            if Arc::strong_count(&self.store) == 1 {
                break;
            }
            tokio::time::sleep(USERS_GONE_INTERVAL).await;
        }
    }
}

fn open(directory: &OpenDirectory) -> Result<(Store, Database), StartError> {
    let unusable = |source| StartError::DirectoryUnusable {
        directory: directory.path().to_owned(),
        source,
    };
    let objects = directory.path().join("s3");
    std::fs::create_dir_all(&objects).map_err(unusable)?;
    directory
        .durability()
        .directory(directory.path())
        .map_err(unusable)?;
    let store = Store::open(&objects, directory.durability()).map_err(unusable)?;
    let database = if directory.is_ephemeral() {
        Database::memory()
    } else {
        open_database(&directory.path().join("dynamodb.sqlite"))
    };
    let database = database.map_err(|error| StartError::DatabaseUnusable {
        directory: directory.path().to_owned(),
        reason: error.to_string(),
    })?;
    Ok((store, database))
}

fn open_database(path: &Path) -> dynoxide::Result<Database> {
    Database::new(&path.to_string_lossy())
}

async fn sweep(store: Arc<Store>) {
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        let store = Arc::clone(&store);
        match spawn_blocking(move || lifecycle::sweep(&store, clock::now())).await {
            Ok(Ok(swept)) if swept.objects > 0 || swept.uploads > 0 => {
                tracing::info!(swept.objects, swept.uploads, "lifecycle rules were applied");
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "lifecycle rules cannot be applied"),
            Err(error) => tracing::error!(%error, "applying lifecycle rules has failed"),
        }
    }
}

#[derive(Debug)]
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

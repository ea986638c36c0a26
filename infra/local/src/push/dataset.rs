//! Where the pictures go: on their own, or into a dataset.

use bytes::Bytes;
use darkroom_domain::DatasetId;
use http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{
    api::Api,
    error::{Fault, PushError},
    http_client::json,
    progress::Progress,
    report::printable,
    retry::with_retries,
};

/// Where the pictures go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Destination {
    /// They stand on their own; what is known already is not sent.
    #[default]
    Images,
    /// Into this dataset, every file, whether it is known or not.
    Dataset(DatasetId),
    /// Into a dataset that is made first.
    NewDataset {
        /// What it is called: at most 1024 bytes, and may be empty.
        title: String,
    },
}

#[derive(Serialize)]
struct NewDataset<'a> {
    title: &'a str,
}

/// What `POST /api/v1/IO/dataset/create-dataset` answers.
#[derive(Deserialize)]
struct DatasetCreated {
    dataset_id: DatasetId,
}

impl Destination {
    /// The dataset to send into, known to be there; none where pictures stand on their own.
    ///
    /// A new one is told at once, so that whoever breaks off knows where to go on.
    pub(super) async fn prepare(
        &self,
        api: &Api,
        progress: &Progress,
    ) -> Result<Option<DatasetId>, PushError> {
        match self {
            Self::Images => Ok(None),
            Self::Dataset(id) => match api.find_dataset(*id).await {
                Ok(()) => Ok(Some(*id)),
                Err(Fault::NoDataset(id)) => Err(api.no_dataset(id)),
                Err(fault) => Err(PushError::DatasetNotConfirmed {
                    dataset_id: *id,
                    reason: reason(&fault),
                }),
            },
            Self::NewDataset { title } => match api.create_dataset(title).await {
                Ok(id) => {
                    progress.say(&format!("dataset {id}: created"));
                    Ok(Some(id))
                }
                Err(fault) => Err(PushError::DatasetNotCreated(reason(&fault))),
            },
        }
    }
}

impl Api {
    /// Whether the dataset is there, so that a wrong id is told once and not for every file.
    async fn find_dataset(&self, id: DatasetId) -> Result<(), Fault> {
        let path = format!("/api/v1/IO/dataset/{id}");
        let found: Result<serde::de::IgnoredAny, Fault> = with_retries(async |_| {
            json(self.call(self.request(Method::GET, &path), Bytes::new()).await?).await
        })
        .await;
        found.map(drop).map_err(|fault| fault.about_dataset(id))
    }

    /// Makes a dataset. The question has no key: it is repeated only where the answer says that nothing was done.
    async fn create_dataset(&self, title: &str) -> Result<DatasetId, Fault> {
        let body = serde_json::to_vec(&NewDataset { title })
            .map_err(|error| Fault::Unintelligible(error.to_string()))?;
        let created: Result<DatasetCreated, Fault> = with_retries(async |_| {
            let request = self
                .request(Method::POST, "/api/v1/IO/dataset/create-dataset")
                .header(header::CONTENT_TYPE, "application/json");
            let answer = match self.call(request, body.clone().into()).await {
                Ok(answer) => json(answer).await,
                Err(fault) => Err(fault),
            };
            match answer {
                Err(fault) if fault.has_done_nothing() => Err(fault),
                decided => Ok(decided),
            }
        })
        .await?;
        created.map(|created| created.dataset_id)
    }
}

impl Fault {
    /// The same, where the API itself says that there is no such dataset. A gateway that does not know the route says
    /// 404 too, but without a code.
    pub(super) fn about_dataset(self, id: DatasetId) -> Self {
        match self {
            Self::Refused {
                status: StatusCode::NOT_FOUND,
                code: Some(_),
                ..
            } => Self::NoDataset(id),
            other => other,
        }
    }

    /// Whether the answer says that the request was turned away before anything came of it.
    fn has_done_nothing(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE,
                ..
            }
        )
    }
}

fn reason(fault: &Fault) -> String {
    printable(&format!("{}: {fault}", fault.code()))
}

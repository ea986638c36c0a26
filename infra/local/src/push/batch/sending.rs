//! The way of photographs into a batch: read, asked for in large numbers, sent several at once.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    time::{Duration, Instant},
};

use darkroom_cloud::Ids;
use darkroom_domain::BatchId;
use futures::{Stream, StreamExt, stream};
use http::StatusCode;
use tokio::sync::{Semaphore, mpsc};

use super::{
    BatchOptions,
    api::{Declaration, Delivery, PROMISE_AGE, Promise},
    copies::{Copies, Photograph, refused},
    report::{PhotographReport, PhotographResult},
};
use crate::push::{
    api::Api,
    error::{Fault, PushError},
    progress::Progress,
    streaming::Span,
    transfer::{accepted, fingerprint},
};

/// How many files are asked for in one question.
const QUESTION: usize = 500;

/// How many files are read for their digests at once.
const READ: usize = 2;

/// How many files that were sent are waited for at once, beside those that are being sent.
const AWAITED: usize = 64;

/// What the API says to a file, and when it said so.
struct Answer {
    promise: Promise,
    at: Instant,
}

/// What the photographs of one push share.
pub(super) struct Sending<'a> {
    api: &'a Api,
    ids: &'a dyn Ids,
    progress: &'a Progress,
    batch: BatchId,
    name: &'a str,
    concurrency: usize,
    timeout: Duration,
    promise_age: Duration,
    /// One permit for each transfer to storage.
    transfers: Semaphore,
    bytes_sent: Cell<u64>,
    /// Whether the batch was removed meanwhile.
    is_batch_gone: Cell<bool>,
}

impl<'a> Sending<'a> {
    pub(super) fn new(
        api: &'a Api,
        ids: &'a dyn Ids,
        progress: &'a Progress,
        batch: BatchId,
        options: &'a BatchOptions,
    ) -> Self {
        let concurrency = options.concurrency.max(1);
        Self {
            api,
            ids,
            progress,
            batch,
            name: &options.name,
            concurrency,
            timeout: options.timeout,
            promise_age: PROMISE_AGE,
            transfers: Semaphore::new(concurrency),
            bytes_sent: Cell::default(),
            is_batch_gone: Cell::default(),
        }
    }

    /// Bytes sent to storage.
    pub(super) const fn bytes_sent(&self) -> u64 {
        self.bytes_sent.get()
    }

    /// Sends the files: what became of each, in their order.
    ///
    /// Files with the same content come after one another, so that the second finds the first known: it joins the batch
    /// under its own name, and is not sent.
    ///
    /// # Errors
    /// When the batch is no longer there.
    pub(super) async fn send(&self, files: Vec<PathBuf>) -> Result<Vec<PhotographReport>, PushError> {
        let reports = RefCell::new(
            files
                .iter()
                .map(|path| PhotographReport::new(path))
                .collect::<Vec<_>>(),
        );
        let settle = |(position, report): (usize, PhotographReport)| {
            self.told(&report);
            if let Some(place) = reports.borrow_mut().get_mut(position) {
                *place = report;
            }
        };
        let mut later = Copies::default();
        let (sender, receiver) = mpsc::channel(QUESTION);
        let reading = async {
            let mut read = stream::iter(files.into_iter().enumerate())
                .map(async |(position, path)| self.read(position, path).await)
                .buffered(READ);
            while let Some(photograph) = read.next().await {
                if sender.send(photograph).await.is_err() {
                    break;
                }
            }
            drop(read);
            drop(sender);
        };
        let first_of_each = received(receiver).filter_map(|read| {
            let photograph = match read {
                Ok(photograph) => later.unless_first(photograph),
                Err(failed) => {
                    settle(failed);
                    None
                }
            };
            std::future::ready(photograph)
        });
        let sending = self.send_all(first_of_each, settle);
        tokio::join!(reading, sending);

        let Copies { rounds, first } = later;
        for round in rounds {
            let mut unsent = Vec::with_capacity(round.len());
            for copy in round {
                let refused = first
                    .get(&copy.fingerprint.sha256)
                    .and_then(|(position, _)| refused(&copy, reports.borrow().get(*position)?));
                match refused {
                    Some(report) => settle((copy.position, report)),
                    None => unsent.push(copy),
                }
            }
            self.send_all(stream::iter(unsent), settle).await;
        }
        if self.is_batch_gone.get() {
            return Err(PushError::BatchRemoved {
                name: self.name.to_owned(),
                batch_id: self.batch,
            });
        }
        Ok(reports.into_inner())
    }

    /// Reads a file, or tells why it cannot be read.
    async fn read(&self, position: usize, path: PathBuf) -> Result<Photograph, (usize, PhotographReport)> {
        let progress = self.progress.file(&path);
        let fingerprint = fingerprint(&path, &progress).await;
        progress.close();
        match fingerprint {
            Ok(fingerprint) => Ok(Photograph {
                position,
                path,
                fingerprint,
            }),
            Err(fault) => Err((position, PhotographReport::failed(&path, &fault))),
        }
    }

    /// Asks for files in large numbers, each time when those before are on their way, and sends them.
    async fn send_all(
        &self,
        photographs: impl Stream<Item = Photograph>,
        settle: impl Fn((usize, PhotographReport)),
    ) {
        photographs
            .chunks(QUESTION)
            .then(|asked| self.promise(asked))
            .flat_map(stream::iter)
            .map(async |(photograph, answer)| {
                let mut report = PhotographReport::new(&photograph.path);
                if let Err(fault) = self.deliver(&photograph, answer, &mut report).await {
                    report.fail(&fault);
                }
                (photograph.position, report)
            })
            .buffer_unordered(self.concurrency.saturating_add(AWAITED))
            .for_each(async |settled| settle(settled))
            .await;
    }

    /// Each file with what the API says to it.
    async fn promise(&self, photographs: Vec<Photograph>) -> Vec<(Photograph, Result<Answer, Fault>)> {
        match self.ask(&photographs).await {
            Ok(answers) => photographs.into_iter().zip(answers.into_iter().map(Ok)).collect(),
            // Each file is told the same, and a fault is not made to be copied.
            Err(fault) => photographs
                .into_iter()
                .map(|photograph| (photograph, Err(fault.for_another())))
                .collect(),
        }
    }

    async fn ask(&self, photographs: &[Photograph]) -> Result<Vec<Answer>, Fault> {
        if self.is_batch_gone.get() {
            return Err(Fault::from_state("batch", "removed"));
        }
        let names: Vec<_> = photographs
            .iter()
            .map(|photograph| {
                let path = &photograph.path;
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()
            })
            .collect();
        let declarations: Vec<Declaration<'_>> = names
            .iter()
            .zip(photographs)
            .map(|(name, photograph)| Declaration::new(name, &photograph.fingerprint))
            .collect();
        let at = Instant::now();
        let key = self.ids.next().to_string();
        let promises = self
            .api
            .promise_photographs(self.batch, &declarations, &key)
            .await
            .inspect_err(|fault| {
                // A gateway that does not know the route says 404 too, but without a code.
                let is_gone = matches!(
                    fault,
                    Fault::Refused {
                        status: StatusCode::NOT_FOUND,
                        code: Some(_),
                        ..
                    }
                );
                self.is_batch_gone.set(self.is_batch_gone.get() || is_gone);
            })?;
        Ok(promises
            .into_iter()
            .map(|promise| Answer { promise, at })
            .collect())
    }

    /// Sends one file as was said, and waits until it is accepted.
    async fn deliver(
        &self,
        photograph: &Photograph,
        answer: Result<Answer, Fault>,
        report: &mut PhotographReport,
    ) -> Result<(), Fault> {
        let mut answer = answer?;
        let mut permit = None;
        if matches!(answer.promise, Promise::Upload(_)) {
            let granted = self.transfers.acquire().await;
            permit = Some(granted.map_err(|error| Fault::Connection(error.to_string()))?);
            // Behind a slow line its turn may come when the promise has all but run out.
            if answer.at.elapsed() >= self.promise_age {
                let again = self.ask(std::slice::from_ref(photograph)).await?;
                answer = again
                    .into_iter()
                    .next()
                    .ok_or_else(|| Fault::Unintelligible("no answer".to_owned()))?;
            }
        }
        match answer.promise {
            Promise::Duplicate { duplicate_of } => {
                report.image_id = Some(duplicate_of);
                report.result = PhotographResult::Known;
                Ok(())
            }
            Promise::Refused { error } => Err(Fault::Rejected {
                code: error.code,
                detail: error.detail,
            }),
            Promise::Within { .. } => {
                let message = "a duplicate of another file, where there is none";
                Err(Fault::Unintelligible(message.to_owned()))
            }
            Promise::Upload(delivery) => {
                self.put(photograph, &delivery).await?;
                drop(permit);
                let (image_id, is_known) = accepted(self.api, &delivery.upload_id, self.timeout).await?;
                report.image_id = Some(image_id);
                report.result = if is_known {
                    PhotographResult::Known
                } else {
                    PhotographResult::New
                };
                Ok(())
            }
        }
    }

    async fn put(&self, photograph: &Photograph, delivery: &Delivery) -> Result<(), Fault> {
        let Photograph {
            path, fingerprint, ..
        } = photograph;
        let progress = self.progress.file(path);
        progress.doing_bytes("sending", fingerprint.size);
        let on_bytes = {
            let progress = progress.clone();
            move |bytes| progress.at(bytes)
        };
        let sent = self
            .api
            .put(
                path,
                Span::whole(fingerprint.size),
                (&delivery.method, &delivery.url),
                &delivery.headers,
                on_bytes,
            )
            .await;
        progress.close();
        sent?;
        self.bytes_sent
            .set(self.bytes_sent.get().saturating_add(fingerprint.size));
        Ok(())
    }

    /// One more file is through.
    fn told(&self, report: &PhotographReport) {
        match report.problem() {
            Some(line) => self.progress.finish(&line),
            None => self.progress.finish_quietly(),
        }
    }
}

/// What comes through a channel, as a stream.
fn received<T>(receiver: mpsc::Receiver<T>) -> impl Stream<Item = T> {
    stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|item| (item, receiver))
    })
}

#[cfg(test)]
mod tests {
    use darkroom_cloud::clock::RandomIds;

    use super::*;
    use crate::push::tests::server::{BATCH, Server};

    #[tokio::test]
    async fn a_promise_that_has_all_but_run_out_is_not_relied_upon() {
        let server = Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        std::fs::write(&file, b"late").unwrap();
        let options = BatchOptions {
            paths: Vec::new(),
            name: "Late".to_owned(),
            grouping: None,
            url: format!("http://{}", server.address),
            token: None,
            concurrency: 1,
            timeout: Duration::from_secs(10),
            json: true,
        };
        let api = Api::new(&options.url, None).unwrap();
        let progress = Progress::new(1, true);
        let mut sending = Sending::new(&api, &RandomIds, &progress, BATCH.parse().unwrap(), &options);
        sending.promise_age = Duration::ZERO;
        let reports = sending.send(vec![file]).await.unwrap();
        assert_eq!(reports[0].result, PhotographResult::New, "{reports:?}");
        assert_eq!(server.seen("POST /uploads/batch").len(), 2);
        assert!(server.seen("PUT /bucket/1").is_empty(), "the old promise is left");
        assert_eq!(server.seen("PUT /bucket/2").len(), 1);
    }
}

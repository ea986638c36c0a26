//! From photographs to groups: waiting until all are described, and asking for the groups.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use darkroom_domain::BatchId;

use super::{
    GroupingRequest,
    api::{BatchStatus, Groups, Readiness},
    report::{BatchGroup, BestPhotograph, Described, GroupsReport},
};
use crate::push::{
    api::Api,
    error::Fault,
    progress::{FileProgress, Progress},
    retry,
    waiting::{self, Step},
};

/// How long accepted photographs may take to be counted in their batch.
const JOINING: Duration = Duration::from_secs(15);

/// How often an analysis is asked for that finds photographs not described yet.
const ATTEMPTS: u32 = 3;

/// What came of the photographs once they were sent.
pub(super) struct Outcome {
    pub(super) described: Option<Described>,
    /// The groups; none where nobody asked for them, or there is nothing to group.
    pub(super) groups: Result<Option<GroupsReport>, Fault>,
}

/// The batch that is analyzed.
pub(super) struct Analysis<'a> {
    pub(super) api: &'a Api,
    pub(super) batch: BatchId,
    pub(super) progress: &'a Progress,
    pub(super) timeout: Duration,
}

impl Analysis<'_> {
    /// Waits for the descriptions of the batch, which should have `photographs` by now, and for its groups. `files` are
    /// the files of images here.
    pub(super) async fn run(
        &self,
        request: Option<GroupingRequest>,
        photographs: u64,
        files: &HashMap<String, PathBuf>,
    ) -> Outcome {
        let Some(request) = request else {
            // Nobody waits: this is how far it is now.
            return Outcome {
                described: self.api.readiness(self.batch).await.ok().map(Described::from),
                groups: Ok(None),
            };
        };
        let mut described = None;
        let groups = self.grouped(&request, photographs, files, &mut described).await;
        Outcome { described, groups }
    }

    async fn grouped(
        &self,
        request: &GroupingRequest,
        photographs: u64,
        files: &HashMap<String, PathBuf>,
        described: &mut Option<Described>,
    ) -> Result<Option<GroupsReport>, Fault> {
        let progress = self.progress.file(Path::new("describing"));
        self.joined(photographs).await?;
        let mut attempt = 1;
        loop {
            let readiness = self.described(&progress).await?;
            *described = Some(readiness.into());
            if readiness.total == 0 {
                return Ok(None);
            }
            self.progress.say(&format!(
                "{} of {} photographs described; grouping",
                readiness.described, readiness.total
            ));
            progress.doing("grouping");
            match self.analyze(request, &progress).await {
                // Somebody else has put a photograph into the batch meanwhile.
                Err(fault) if fault.code() == "embeddings_missing" && attempt < ATTEMPTS => attempt += 1,
                Err(fault) => return Err(fault),
                Ok(()) => break,
            }
        }
        progress.doing("fetching the groups");
        let groups = self.explained(files).await?;
        progress.close();
        Ok(Some(groups))
    }

    /// Waits until the photographs that were sent are counted, as far as that is to be expected: somebody may take some
    /// of them out again.
    async fn joined(&self, photographs: u64) -> Result<(), Fault> {
        let counted = waiting::wait(JOINING.min(self.timeout), async || {
            match self.api.readiness(self.batch).await {
                Ok(readiness) if readiness.total >= photographs => Ok(Step::Done(())),
                Ok(readiness) => Ok(Step::Moving(readiness.total)),
                Err(fault) => unknown(fault),
            }
        });
        match counted.await {
            Err(Fault::Unfinished(_)) => {
                self.progress.say(&format!(
                    "the batch has fewer photographs than {photographs}; going on"
                ));
                Ok(())
            }
            counted => counted,
        }
    }

    /// Waits until every photograph is described, or is known not to be describable.
    async fn described(&self, progress: &FileProgress) -> Result<Readiness, Fault> {
        waiting::wait(self.timeout, async || {
            let readiness = match self.api.readiness(self.batch).await {
                Ok(readiness) => readiness,
                Err(fault) => return unknown(fault),
            };
            let through = readiness.total.saturating_sub(readiness.waiting);
            progress.doing_pictures("described", through, readiness.total);
            Ok(match readiness.waiting {
                0 => Step::Done(readiness),
                _ => Step::Moving(readiness),
            })
        })
        .await
    }

    /// Has the groups made, and waits for them.
    async fn analyze(&self, request: &GroupingRequest, progress: &FileProgress) -> Result<(), Fault> {
        if let Step::Done(()) = step(self.api.analyze(self.batch, request).await?, progress)? {
            return Ok(());
        }
        waiting::wait(self.timeout, async || {
            match self.api.batch_status(self.batch).await {
                Ok(status) => step(status, progress),
                Err(fault) => unknown(fault),
            }
        })
        .await
    }

    /// The groups, each with the file that is the best of it.
    async fn explained(&self, files: &HashMap<String, PathBuf>) -> Result<GroupsReport, Fault> {
        let Groups {
            mut groups,
            ungrouped,
            moved,
            next_offset,
        } = self.api.groups(self.batch, 0).await?;
        let (mut offset, mut next) = (0, next_offset);
        // An answer that leads back would be asked for for ever.
        while let Some(further) = next.filter(|next| *next > offset) {
            let page = self.api.groups(self.batch, further).await?;
            groups.extend(page.groups);
            (offset, next) = (further, page.next_offset);
        }
        let near_duplicates = self.api.near_duplicates(self.batch).await?;
        let elsewhere: HashSet<&str> = groups
            .iter()
            .filter_map(|group| group.best.as_deref())
            .filter(|best| !files.contains_key(*best))
            .collect();
        let names = self.names(elsewhere).await?;
        let groups = groups
            .into_iter()
            .map(|group| BatchGroup {
                best: group.best.map(|image_id| BestPhotograph {
                    file: files.get(&image_id).or_else(|| names.get(&image_id)).cloned(),
                    image_id,
                }),
                label: group.label,
                size: group.size,
                medoid: group.medoid,
                spread: group.spread,
                ranking_metric: group.ranking_metric,
            })
            .collect();
        Ok(GroupsReport {
            groups,
            ungrouped,
            moved,
            near_duplicates,
        })
    }

    /// What photographs of the batch are called that were sent another time.
    async fn names(&self, mut wanted: HashSet<&str>) -> Result<HashMap<String, PathBuf>, Fault> {
        let mut names = HashMap::new();
        let mut offset = 0;
        while !wanted.is_empty() {
            let members = self.api.members(self.batch, offset).await?;
            let next = members.next_offset;
            for (id, name) in members.into_names() {
                if wanted.remove(id.as_str()) {
                    names.insert(id, PathBuf::from(name));
                }
            }
            match next {
                // Anything else would ask for ever.
                Some(next) if next > offset => offset = next,
                _ => break,
            }
        }
        Ok(names)
    }
}

/// What the status of a batch says of its analysis.
fn step(batch: BatchStatus, progress: &FileProgress) -> Result<Step<(), String>, Fault> {
    match batch.status.as_str() {
        "complete" => Ok(Step::Done(())),
        "failed" => Err(batch
            .error
            .map_or_else(|| Fault::from_state("analysis", "failed"), Fault::from)),
        "pending" | "processing" => {
            if let Some(share) = batch.progress {
                progress.doing_pictures("grouping", share.done, share.total);
            }
            Ok(Step::Moving(format!("{} {:?}", batch.status, batch.progress)))
        }
        other => Err(Fault::Unintelligible(format!("a batch that is {other:?}"))),
    }
}

/// What may pass is no reason to leave a batch alone that is worked on for long.
fn unknown<T, M>(fault: Fault) -> Result<Step<T, M>, Fault> {
    if retry::may_pass(&fault) {
        Ok(Step::Unknown(fault))
    } else {
        Err(fault)
    }
}

impl From<Readiness> for Described {
    fn from(readiness: Readiness) -> Self {
        Self {
            total: readiness.total,
            described: readiness.described,
            failed: readiness.failed,
            waiting: readiness.waiting,
        }
    }
}

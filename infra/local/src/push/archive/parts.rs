//! A large archive, sent in parts.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{StreamExt, TryStreamExt};
use http::StatusCode;
use tokio::sync::Semaphore;

use super::api::{Part, PartsPromise};
use crate::push::{api::Api, error::Fault, progress::FileProgress, streaming::Span};

/// An archive whose parts are sent straight from its file.
pub(super) struct InParts<'a> {
    pub(super) api: &'a Api,
    pub(super) path: &'a Path,
    pub(super) size: u64,
    pub(super) upload_id: &'a str,
    /// One permit for each transfer of the push.
    pub(super) transfers: &'a Semaphore,
    pub(super) concurrency: usize,
    pub(super) progress: &'a FileProgress,
}

impl InParts<'_> {
    /// Sends all parts, and says so. Where addresses have expired, new ones are asked for, for as long as that helps.
    pub(super) async fn send(&self, promise: PartsPromise) -> Result<(), Fault> {
        let PartsPromise {
            part_bytes,
            mut parts,
            complete,
        } = promise;
        let plan = Plan {
            size: self.size,
            part_bytes,
        };
        plan.check_all(&parts)?;
        let mut missing_before = None;
        while let Some(refusal) = self.send_missing(plan, parts).await? {
            parts = self.api.parts(self.upload_id).await?;
            plan.check(&parts)?;
            let missing = parts.iter().filter(|part| !part.is_received).count();
            // From the second time on, something must have arrived meanwhile: addresses that are refused for another
            // reason than their age are not asked for without end.
            if missing > 0 && missing_before.is_some_and(|before| missing >= before) {
                return Err(refusal);
            }
            missing_before = Some(missing);
            tracing::debug!(missing, "new addresses for the parts");
        }
        self.api.complete(&complete).await
    }

    /// Sends those parts that are not there; answers with the refusal if an address was refused on the way.
    async fn send_missing(&self, plan: Plan, mut parts: Vec<Part>) -> Result<Option<Fault>, Fault> {
        parts.retain(|part| !part.is_received);
        let missing: u64 = parts
            .iter()
            .fold(0, |bytes, part| bytes.saturating_add(part.bytes));
        let sent = Arc::new(AtomicU64::new(self.size.saturating_sub(missing)));
        let refusal = RefCell::new(None);
        futures::stream::iter(parts)
            .map(async |part| {
                let permit = self.transfers.acquire().await;
                let _permit = permit.map_err(|error| Fault::Connection(error.to_string()))?;
                // The other addresses are as old.
                if refusal.borrow().is_some() {
                    return Ok(());
                }
                match self.send_part(plan, &part, &sent).await {
                    Err(fault) if is_refused(&fault) => {
                        refusal.replace(Some(fault));
                        Ok(())
                    }
                    decided => decided,
                }
            })
            .buffer_unordered(self.concurrency)
            .try_collect::<()>()
            .await?;
        Ok(refusal.into_inner())
    }

    async fn send_part(&self, plan: Plan, part: &Part, sent: &Arc<AtomicU64>) -> Result<(), Fault> {
        let invalid = || Fault::Unintelligible(format!("part {} has no address", part.number));
        let url = part.url.as_deref().ok_or_else(invalid)?;
        let span = plan.span(part).ok_or_else(|| plan.misfit(part))?;
        let on_bytes = {
            let (progress, sent) = (self.progress.clone(), Arc::clone(sent));
            let of_part = Arc::new(AtomicU64::new(0));
            move |bytes: u64| {
                // Another attempt begins at nothing: the sum goes back then, which adding with a carry does as well.
                let change = bytes.wrapping_sub(of_part.swap(bytes, Ordering::Relaxed));
                let before = sent.fetch_add(change, Ordering::Relaxed);
                progress.at(before.wrapping_add(change));
            }
        };
        self.api
            .put(self.path, span, ("PUT", url), &BTreeMap::new(), on_bytes)
            .await
    }
}

/// Whether the storage refuses an address, as it does those that have expired.
fn is_refused(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Refused {
            status: StatusCode::FORBIDDEN,
            ..
        }
    )
}

/// How a file is cut into parts: all of the same size but the last.
#[derive(Clone, Copy)]
struct Plan {
    size: u64,
    part_bytes: u64,
}

impl Plan {
    /// Which bytes a part has; none where it does not fit.
    fn span(self, part: &Part) -> Option<Span> {
        let offset = part.number.checked_sub(1)?.checked_mul(self.part_bytes)?;
        let length = self.size.checked_sub(offset)?.min(self.part_bytes);
        (length > 0 && length == part.bytes).then_some(Span { offset, length })
    }

    fn misfit(self, part: &Part) -> Fault {
        Fault::Unintelligible(format!(
            "part {} of {} bytes, where {} bytes go in parts of {}",
            part.number, part.bytes, self.size, self.part_bytes
        ))
    }

    /// Every part fits, and none is there twice.
    fn check(self, parts: &[Part]) -> Result<(), Fault> {
        let mut numbers = HashSet::new();
        for part in parts {
            if self.span(part).is_none() || !numbers.insert(part.number) {
                return Err(self.misfit(part));
            }
        }
        Ok(())
    }

    /// They are all there as well.
    fn check_all(self, parts: &[Part]) -> Result<(), Fault> {
        self.check(parts)?;
        let whole = parts
            .iter()
            .fold(0_u64, |bytes, part| bytes.saturating_add(part.bytes));
        if whole != self.size {
            return Err(Fault::Unintelligible(format!(
                "parts of {whole} bytes for a file of {}",
                self.size
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(u64, u64)]) -> Vec<Part> {
        let part = |&(number, bytes)| Part {
            number,
            bytes,
            is_received: false,
            url: None,
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn parts_are_the_file_and_nothing_else() {
        let plan = Plan {
            size: 20,
            part_bytes: 8,
        };
        let whole = parts(&[(2, 8), (1, 8), (3, 4)]);
        assert!(plan.check_all(&whole).is_ok());
        let spans: Vec<_> = whole
            .iter()
            .map(|part| plan.span(part).map(|span| span.offset))
            .collect();
        assert_eq!(spans, [Some(8), Some(0), Some(16)]);
        for wrong in [
            &[(1, 8), (2, 8)][..],
            &[(1, 8), (2, 8), (3, 8)],
            &[(1, 8), (1, 8), (3, 4)],
            &[(0, 8), (1, 8), (2, 4)],
            &[(1, 8), (2, 8), (3, 4), (4, 0)],
            &[(u64::MAX, 8)],
            &[],
        ] {
            assert!(plan.check_all(&parts(wrong)).is_err(), "{wrong:?}");
        }
        let endless = Plan {
            size: 20,
            part_bytes: 0,
        };
        assert!(endless.check_all(&parts(&[(1, 0)])).is_err());
        assert!(plan.check(&parts(&[(3, 4)])).is_ok(), "what is missing is fewer");
    }
}

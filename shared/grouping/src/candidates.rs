//! For each of many sites, the few others that may be nearest.

/// A site, and a lower bound of what it is away.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) bound: f32,
    pub(crate) site: u32,
}

/// Collects, for each of a number of slots, the candidates with the least bounds. A slot's candidates are cut down only when
/// its room is full, so that one costs little wherever it comes.
#[derive(Debug)]
pub(crate) struct Collector {
    keep: usize,
    room: Vec<Candidate>,
    counts: Vec<usize>,
    /// By slot, the bound from which on candidates were or will be left out.
    limits: Vec<f32>,
}

impl Collector {
    /// Keeps at least `keep` candidates for each slot with a limit; slots without one collect nothing.
    pub(crate) fn new(slots: usize, keep: usize, wanted: impl Fn(usize) -> bool) -> Self {
        let limits = (0..slots).map(|slot| {
            if wanted(slot) {
                f32::INFINITY
            } else {
                f32::NEG_INFINITY
            }
        });
        Self {
            keep,
            room: vec![Candidate::default(); slots * 2 * keep],
            counts: vec![0; slots],
            limits: limits.collect(),
        }
    }

    pub(crate) fn limits(&self) -> &[f32] {
        &self.limits
    }

    pub(crate) fn limit(&self, slot: usize) -> f32 {
        self.limits.get(slot).copied().unwrap_or(f32::NEG_INFINITY)
    }

    /// Takes a candidate if it is below the slot's limit.
    #[inline]
    pub(crate) fn offer(&mut self, slot: usize, bound: f32, site: u32) {
        let begin = slot * 2 * self.keep;
        let room = self.room.get_mut(begin..begin + 2 * self.keep);
        if let (Some(room), Some(count), Some(limit)) =
            (room, self.counts.get_mut(slot), self.limits.get_mut(slot))
            && bound < *limit
        {
            if let Some(free) = room.get_mut(*count) {
                *free = Candidate { bound, site };
                *count += 1;
            }
            if *count == room.len() {
                *limit = cut(room, self.keep);
                *count = self.keep;
            }
        }
    }

    /// What collectors of the same slots have found together.
    pub(crate) fn join(collectors: Vec<Self>) -> Neighborhoods {
        let slots = collectors.first().map_or(0, |first| first.counts.len());
        let mut joined = Neighborhoods::default();
        joined.begins.push(0);
        let mut all = Vec::new();
        for slot in 0..slots {
            let mut limit = f32::INFINITY;
            all.clear();
            for collector in &collectors {
                let begin = slot * 2 * collector.keep;
                let count = collector.counts.get(slot).copied().unwrap_or_default();
                all.extend(collector.room.get(begin..begin + count).into_iter().flatten());
                limit = limit.min(collector.limit(slot));
                if all.len() > collector.keep {
                    limit = limit.min(cut(&mut all, collector.keep));
                    all.truncate(collector.keep);
                }
            }
            all.sort_unstable_by(|a, b| a.bound.total_cmp(&b.bound).then(a.site.cmp(&b.site)));
            joined.candidates.extend_from_slice(&all);
            joined.begins.push(joined.candidates.len());
            joined.limits.push(limit);
        }
        joined
    }
}

/// Brings the `keep` least to the front, and tells the greatest bound among them.
fn cut(room: &mut [Candidate], keep: usize) -> f32 {
    let (_, last, _) = room.select_nth_unstable_by(keep - 1, |a, b| a.bound.total_cmp(&b.bound));
    last.bound
}

/// Candidates by slot, each slot's with the least bound first.
#[derive(Debug, Default)]
pub(crate) struct Neighborhoods {
    candidates: Vec<Candidate>,
    begins: Vec<usize>,
    limits: Vec<f32>,
}

impl Neighborhoods {
    /// The candidates of a slot.
    pub(crate) fn of(&self, slot: usize) -> &[Candidate] {
        let bound = |at: usize| self.begins.get(at).copied().unwrap_or_default();
        self.candidates
            .get(bound(slot)..bound(slot + 1))
            .unwrap_or_default()
    }

    /// The bound that everything reaches which is not among the slot's candidates.
    pub(crate) fn limit(&self, slot: usize) -> f32 {
        self.limits.get(slot).copied().unwrap_or(f32::NEG_INFINITY)
    }
}

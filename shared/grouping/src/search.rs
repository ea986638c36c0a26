//! Walks over pairs of sites, block by block, on several threads.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crate::bounds::{Bounds, Columns, Strip};
use crate::candidates::{Collector, Neighborhoods};
use crate::kernel;
use crate::progress::{Cancelled, Reporter};

/// Rows that a thread takes at a time.
const ROWS: usize = 4096;

/// What, besides the distance, decides how near two sites are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach<'r> {
    /// By site, a bound of its core distance: no other is nearer.
    pub(crate) cores: &'r [f32],
    /// By site, a number: only sites of different numbers are candidates.
    pub(crate) components: &'r [u32],
}

/// A part of the pairs: some columns, and the rows they are compared with.
#[derive(Clone, Debug)]
struct Block {
    columns: Range<usize>,
    rows: Range<usize>,
}

/// How many threads to use for vectors that are worth them.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The nearest candidates of all sites that are `wanted`, by one walk over all pairs.
pub(crate) fn nearest_of_all(
    bounds: &Bounds<'_, '_>,
    reach: Option<Reach<'_>>,
    keep: usize,
    wanted: impl Fn(usize) -> bool + Sync,
    threads: usize,
    reporter: &mut Reporter<'_>,
) -> Result<Neighborhoods, Cancelled> {
    let sites = bounds.space().len();
    let blocks = triangle(sites, bounds.columns());
    let collectors = walk(
        &blocks,
        threads,
        reporter,
        || Collector::new(sites, keep, &wanted),
        |collector, block, columns, strip, fresh| {
            if fresh {
                bounds.pack(block.columns.clone(), columns);
            }
            let mut found = Vec::new();
            bounds.against(columns, block.rows.clone(), strip, |row, line| {
                if let Some(reach) = reach {
                    let cores = cores_of(&reach, block.columns.clone());
                    kernel::raise(bounds.space().level(), line, cores, core_of(&reach, row));
                }
                let limits = collector.limits().get(block.columns.clone()).unwrap_or_default();
                found.clear();
                kernel::below(
                    bounds.space().level(),
                    line,
                    limits,
                    collector.limit(row),
                    &mut found,
                );
                for position in &found {
                    let column = block.columns.start + *position as usize;
                    if column < row
                        && reach.is_none_or(|reach| differ(&reach, column, row))
                        && let Some(bound) = line.get(*position as usize)
                    {
                        collector.offer(column, *bound, number(row));
                        collector.offer(row, *bound, number(column));
                    }
                }
            });
        },
    )?;
    Ok(Collector::join(collectors))
}

/// The nearest candidates of a few sites, by slots in their order.
pub(crate) fn nearest_of_some(
    bounds: &Bounds<'_, '_>,
    sites: &[u32],
    reach: Reach<'_>,
    keep: usize,
    threads: usize,
    reporter: &mut Reporter<'_>,
) -> Result<Neighborhoods, Cancelled> {
    let mut columns = Columns::default();
    bounds.pack(sites.iter().map(|site| *site as usize), &mut columns);
    let cores: Vec<f32> = sites.iter().map(|site| core_of(&reach, *site as usize)).collect();
    let rows = ranges(0..bounds.space().len(), ROWS / 2);
    let blocks: Vec<Block> = rows
        .map(|rows| Block {
            columns: 0..sites.len(),
            rows,
        })
        .collect();
    let collectors = walk(
        &blocks,
        threads,
        reporter,
        || Collector::new(sites.len(), keep, |_| true),
        |collector, block, _, strip, _| {
            let mut found = Vec::new();
            bounds.against(&columns, block.rows.clone(), strip, |row, line| {
                kernel::raise(bounds.space().level(), line, &cores, core_of(&reach, row));
                found.clear();
                kernel::below(
                    bounds.space().level(),
                    line,
                    collector.limits(),
                    f32::NEG_INFINITY,
                    &mut found,
                );
                for position in &found {
                    let position = *position as usize;
                    if let (Some(site), Some(bound)) = (sites.get(position), line.get(position))
                        && differ(&reach, *site as usize, row)
                    {
                        collector.offer(position, *bound, number(row));
                    }
                }
            });
        },
    )?;
    Ok(Collector::join(collectors))
}

/// All pairs of sites with a bound below `limit`, each once, given to one of as many results as there are threads.
pub(crate) fn pairs_below<R: Send>(
    bounds: &Bounds<'_, '_>,
    limit: impl Fn(&R) -> f32 + Sync,
    threads: usize,
    reporter: &mut Reporter<'_>,
    begin: impl Fn() -> R + Sync,
    take: impl Fn(&mut R, usize, usize) + Sync,
) -> Result<Vec<R>, Cancelled> {
    let blocks = triangle(bounds.space().len(), bounds.columns());
    let none = vec![f32::NEG_INFINITY; bounds.columns()];
    walk(
        &blocks,
        threads,
        reporter,
        begin,
        |result, block, columns, strip, fresh| {
            if fresh {
                bounds.pack(block.columns.clone(), columns);
            }
            let mut found = Vec::new();
            bounds.against(columns, block.rows.clone(), strip, |row, line| {
                found.clear();
                kernel::below(bounds.space().level(), line, &none, limit(result), &mut found);
                for position in &found {
                    let column = block.columns.start + *position as usize;
                    if column < row {
                        take(result, column, row);
                    }
                }
            });
        },
    )
}

/// Lets each thread take the next block until none is left. `work` is told whether the block's columns are others than
/// those of the thread's last block.
fn walk<R: Send>(
    blocks: &[Block],
    threads: usize,
    reporter: &mut Reporter<'_>,
    begin: impl Fn() -> R + Sync,
    work: impl Fn(&mut R, &Block, &mut Columns, &mut Strip, bool) + Sync,
) -> Result<Vec<R>, Cancelled> {
    let size = |block: &Block| block.columns.len() as u64 * block.rows.len() as u64;
    let whole = blocks.iter().map(size).sum::<u64>().max(1);
    let (next, done, stop) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let run = |tell: &mut dyn FnMut(u64)| {
        let mut result = begin();
        let (mut columns, mut strip, mut packed) = (Columns::default(), Strip::default(), None);
        while !stop.load(Ordering::Relaxed) {
            let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let fresh = packed.as_ref() != Some(&block.columns);
            work(&mut result, block, &mut columns, &mut strip, fresh);
            packed = Some(block.columns.clone());
            tell(done.fetch_add(size(block), Ordering::Relaxed) + size(block));
        }
        result
    };
    thread::scope(|scope| {
        let others = threads.min(blocks.len()).saturating_sub(1);
        let others: Vec<_> = (0..others).map(|_| scope.spawn(|| run(&mut |_| ()))).collect();
        let mut cancelled = None;
        let mut results = vec![run(&mut |done| {
            if let Err(error) = reporter.report(done as f64 / whole as f64) {
                stop.store(true, Ordering::Relaxed);
                cancelled = Some(error);
            }
        })];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        cancelled.map_or(Ok(results), Err)
    })
}

/// Blocks that hold every pair of two of `sites` once, in the half where the row has the greater number.
fn triangle(sites: usize, columns: usize) -> Vec<Block> {
    let blocks = ranges(0..sites, columns);
    blocks
        .flat_map(|columns| {
            ranges(columns.start..sites, ROWS).map(move |rows| Block {
                columns: columns.clone(),
                rows,
            })
        })
        .collect()
}

fn ranges(whole: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    whole
        .clone()
        .step_by(size)
        .map(move |begin| begin..(begin + size).min(whole.end))
}

fn cores_of<'r>(reach: &Reach<'r>, sites: Range<usize>) -> &'r [f32] {
    reach.cores.get(sites).unwrap_or_default()
}

fn core_of(reach: &Reach<'_>, site: usize) -> f32 {
    reach.cores.get(site).copied().unwrap_or_default()
}

fn differ(reach: &Reach<'_>, a: usize, b: usize) -> bool {
    reach.components.get(a) != reach.components.get(b)
}

/// Sites are numbered in 32 bits: [`Vectors::MOST`](crate::Vectors::MOST).
pub(crate) fn number(site: usize) -> u32 {
    u32::try_from(site).unwrap_or(u32::MAX)
}

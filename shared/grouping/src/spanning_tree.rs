//! The minimum spanning tree of mutual reachability, after Borůvka: every component reaches for its nearest other, again and
//! again, until one is left.
//!
//! Most components find it among the candidates that their sites came with. The others search anew, among the sites of other
//! components alone: all together in one walk over all pairs if they are many, else a few at a time, because what one site
//! finds often spares others of its component the search.

use std::cmp::Ordering;

use crate::bounds::{Bounds, round_down};
use crate::candidates::{Candidate, Neighborhoods};
use crate::disjoint_sets::DisjointSets;
use crate::progress::{Cancelled, Reporter};
use crate::search::{Reach, nearest_of_all, nearest_of_some, number};

/// Two sites and how far they are apart.
///
/// Edges have a total order, so that there is one minimum spanning tree: many edges weigh the same, namely the core distance of
/// a site, and of those the shortest comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edge {
    /// The reduced mutual reachability distance: the greatest of the distance and both core distances.
    pub(crate) weight: f64,
    /// The reduced distance.
    pub(crate) length: f64,
    /// The site of lower number.
    pub(crate) low: u32,
    /// The other.
    pub(crate) high: u32,
}

impl Edge {
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let weight = self.weight.total_cmp(&other.weight);
        let length = || self.length.total_cmp(&other.length);
        let sites = || (self.low, self.high).cmp(&(other.low, other.high));
        weight.then_with(length).then_with(sites)
    }
}

/// The edges of the tree, in no particular order.
pub(crate) fn spanning_tree(
    bounds: &Bounds<'_, '_>,
    nearest: Neighborhoods,
    cores: &[f64],
    keep: usize,
    threads: usize,
    reporter: &mut Reporter<'_>,
) -> Result<Vec<Edge>, Cancelled> {
    let mut forest = Forest::new(bounds, &nearest, cores, keep, threads);
    drop(nearest);
    while forest.edges.len() + 1 < forest.sites.len() {
        forest.begin_round();
        forest.search(reporter)?;
        forest.join();
    }
    Ok(forest.edges)
}

/// What is known of a site.
#[derive(Debug)]
struct Site {
    core: f64,
    /// The least bounds first; some may be of the site's own component by now.
    candidates: Vec<Candidate>,
    /// No site that is not among the candidates is nearer, unless it is of the same component.
    limit: f64,
    component: u32,
    /// In this round, its nearest site of another component has been considered.
    settled: bool,
}

struct Forest<'b, 's, 'a> {
    bounds: &'b Bounds<'s, 'a>,
    keep: usize,
    threads: usize,
    sites: Vec<Site>,
    /// Core distances as bounds.
    cores: Vec<f32>,
    sets: DisjointSets,
    edges: Vec<Edge>,
    /// By the name of a component, the least edge to another that was found in this round.
    least: Vec<Option<Edge>>,
    /// The largest component only waits for the others: they need not be searched from both sides.
    largest: u32,
}

impl<'b, 's, 'a> Forest<'b, 's, 'a> {
    fn new(
        bounds: &'b Bounds<'s, 'a>,
        nearest: &Neighborhoods,
        cores: &[f64],
        keep: usize,
        threads: usize,
    ) -> Self {
        let sites = (0..)
            .zip(cores)
            .enumerate()
            .map(|(slot, (component, core))| Site {
                core: *core,
                candidates: nearest.of(slot).to_vec(),
                limit: f64::from(nearest.limit(slot)) / bounds.unit(),
                component,
                settled: false,
            });
        Self {
            bounds,
            keep,
            threads,
            sites: sites.collect(),
            cores: cores
                .iter()
                .map(|core| round_down(core * bounds.unit()))
                .collect(),
            sets: DisjointSets::new(cores.len()),
            edges: Vec::with_capacity(cores.len().saturating_sub(1)),
            least: vec![None; cores.len()],
            largest: 0,
        }
    }

    /// Tells each site its component, and considers the candidates that are known.
    fn begin_round(&mut self) {
        self.least.fill(None);
        for (name, site) in (0..).zip(&mut self.sites) {
            site.component = self.sets.find(name);
            site.settled = false;
            if self.sets.size(site.component) > self.sets.size(self.largest) {
                self.largest = site.component;
            }
        }
        self.largest = self.sets.find(self.largest);
        for site in 0..self.sites.len() {
            self.consider(site);
        }
    }

    /// Searches until every component but the largest has its least edge.
    fn search(&mut self, reporter: &mut Reporter<'_>) -> Result<(), Cancelled> {
        loop {
            let mut open: Vec<u32> = (0..)
                .zip(&self.sites)
                .filter(|(_, site)| self.is_open(site))
                .map(|(name, _)| name)
                .collect();
            if open.is_empty() {
                return Ok(());
            }
            let components: Vec<u32> = self.sites.iter().map(|site| site.component).collect();
            let reach = Reach {
                cores: &self.cores,
                components: &components,
            };
            if open.len() * 2 > self.sites.len() {
                let wanted: Vec<bool> = self.sites.iter().map(|site| self.is_open(site)).collect();
                let wanted = |site: usize| wanted.get(site).copied().unwrap_or_default();
                reporter.stage(0.9);
                let found = nearest_of_all(
                    self.bounds,
                    Some(reach),
                    self.keep,
                    wanted,
                    self.threads,
                    reporter,
                )?;
                self.learn(&open, &found, |_, site| site);
            } else {
                let limit = |site: &u32| self.sites.get(*site as usize).map_or(0.0, |site| site.limit);
                open.sort_by(|a, b| limit(a).total_cmp(&limit(b)).then(a.cmp(b)));
                open.truncate(self.bounds.columns());
                reporter.stage(0.1);
                let found = nearest_of_some(self.bounds, &open, reach, self.keep, self.threads, reporter)?;
                self.learn(&open, &found, |slot, _| slot);
            }
        }
    }

    /// Replaces the candidates of sites by what was found anew.
    fn learn(&mut self, sites: &[u32], found: &Neighborhoods, slot: impl Fn(usize, usize) -> usize) {
        for (position, name) in sites.iter().enumerate() {
            let slot = slot(position, *name as usize);
            if let Some(site) = self.sites.get_mut(*name as usize) {
                site.candidates = found.of(slot).to_vec();
                site.limit = f64::from(found.limit(slot)) / self.bounds.unit();
            }
        }
        for name in sites {
            self.consider(*name as usize);
        }
        for name in sites {
            if self
                .sites
                .get(*name as usize)
                .is_some_and(|site| self.is_open(site))
            {
                self.consider_all(*name as usize);
            }
        }
    }

    /// Whether a site may have an edge that is less than the least of its component, or the same weight.
    fn is_open(&self, site: &Site) -> bool {
        site.component != self.largest
            && !site.settled
            && self
                .least_of(site.component)
                .is_none_or(|least| site.limit.max(site.core) <= least.weight)
            && site.limit < f64::INFINITY
    }

    fn least_of(&self, component: u32) -> Option<Edge> {
        self.least.get(component as usize).copied().flatten()
    }

    /// Considers the edges from a site to its candidates that may be the least of its component.
    fn consider(&mut self, name: usize) {
        let Some(site) = self.sites.get_mut(name) else {
            return;
        };
        if site.component == self.largest {
            return;
        }
        let (component, core) = (site.component, site.core);
        let candidates = std::mem::take(&mut site.candidates);
        for candidate in &candidates {
            let bound = (f64::from(candidate.bound) / self.bounds.unit()).max(core);
            let Some(other) = self.sites.get(candidate.site as usize) else {
                continue;
            };
            if let Some(least) = self.least_of(component) {
                if bound > least.weight {
                    break;
                }
                if other.core > least.weight {
                    continue;
                }
            }
            if other.component != component {
                self.offer(name, candidate.site as usize);
            }
        }
        if let Some(site) = self.sites.get_mut(name) {
            site.candidates = candidates;
        }
    }

    /// Considers the edges from a site to all others: where too many are about as far as each other.
    fn consider_all(&mut self, name: usize) {
        let Some(site) = self.sites.get_mut(name) else {
            return;
        };
        site.settled = true;
        let component = site.component;
        for other in 0..self.sites.len() {
            if self
                .sites
                .get(other)
                .is_some_and(|other| other.component != component)
            {
                self.offer(name, other);
            }
        }
    }

    /// Considers an edge between two components, for both.
    fn offer(&mut self, a: usize, b: usize) {
        let (Some(one), Some(other)) = (self.sites.get(a), self.sites.get(b)) else {
            return;
        };
        let length = self.bounds.space().reduced(a, b);
        let edge = Edge {
            weight: length.max(one.core).max(other.core),
            length,
            low: number(a.min(b)),
            high: number(a.max(b)),
        };
        for component in [one.component, other.component] {
            if let Some(least) = self.least.get_mut(component as usize)
                && least.is_none_or(|least| edge.compare(&least).is_lt())
            {
                *least = Some(edge);
            }
        }
    }

    /// Joins every component but the largest to its nearest.
    fn join(&mut self) {
        for (name, least) in (0..).zip(&self.least) {
            if name != self.largest
                && let Some(edge) = least
                && self.sets.unite(edge.low, edge.high).is_some()
            {
                self.edges.push(*edge);
            }
        }
    }
}

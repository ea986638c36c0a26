//! What several tests need: generated vectors, and HDBSCAN in the plainest way.
#![allow(dead_code, reason = "every test uses a part of it")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what is wrong here is to fail the test"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use darkroom_grouping::{Grouping, Metric, Parameters, Vectors, group};

/// `SplitMix64`, as in tests/golden/make.py.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Between -1 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 40) as f64 / f64::from(1 << 23) - 1.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }
}

/// Vectors about a few centres, and every `noise`-th anywhere.
pub(crate) struct Set {
    pub(crate) seed: u64,
    pub(crate) vectors: usize,
    pub(crate) dimensions: usize,
    pub(crate) clusters: usize,
    pub(crate) spread: f64,
    pub(crate) noise: usize,
}

impl Set {
    pub(crate) fn generated(&self) -> Vec<f32> {
        let mut numbers = Numbers(self.seed);
        let centers: Vec<Vec<f64>> = (0..self.clusters)
            .map(|_| (0..self.dimensions).map(|_| numbers.unit()).collect())
            .collect();
        let mut values = Vec::new();
        for vector in 0..self.vectors {
            let center = &centers[vector % self.clusters];
            for at in center {
                values.push(if vector % self.noise == 0 {
                    numbers.unit() as f32
                } else {
                    (at + self.spread * numbers.unit()) as f32
                });
            }
        }
        values
    }
}

pub(crate) fn grouped(values: &[f32], dimensions: usize, parameters: &Parameters) -> Grouping {
    let vectors = Vectors::new(values, dimensions).unwrap();
    group(&vectors, parameters, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Whether two labellings differ in nothing but names.
pub(crate) fn same_partition(a: &[Option<u32>], b: &[Option<u32>]) -> bool {
    let (mut there, mut back) = (BTreeMap::new(), BTreeMap::new());
    let mut agree = |a: u32, b: u32| *there.entry(a).or_insert(b) == b && *back.entry(b).or_insert(a) == a;
    let pairs = a.iter().zip(b);
    a.len() == b.len()
        && pairs.into_iter().all(|pair| match pair {
            (None, None) => true,
            (Some(a), Some(b)) => agree(*a, *b),
            _ => false,
        })
}

pub(crate) fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let differences = a
        .iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
    match metric {
        Metric::Euclidean => differences
            .map(|difference| difference * difference)
            .sum::<f64>()
            .sqrt(),
        Metric::Manhattan => differences.sum(),
        Metric::Chebyshev => differences.fold(0.0, f64::max),
        Metric::Cosine => 1.0 - cosine(a, b),
    }
}

pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum::<f64>()
    };
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}

/// Mutual reachability of all pairs, and HDBSCAN over it.
pub(crate) struct Naive {
    distances: Vec<Vec<f64>>,
    mutual: Vec<Vec<f64>>,
    cores: Vec<f64>,
}

impl Naive {
    pub(crate) fn new(values: &[f32], dimensions: usize, metric: Metric, min_samples: usize) -> Self {
        let rows: Vec<&[f32]> = values.chunks_exact(dimensions).collect();
        let n = rows.len();
        let distances: Vec<Vec<f64>> = (0..n)
            .map(|a| {
                (0..n)
                    .map(|b| {
                        if a == b {
                            0.0
                        } else {
                            distance(metric, rows[a], rows[b])
                        }
                    })
                    .collect()
            })
            .collect();
        let cores: Vec<f64> = distances
            .iter()
            .map(|row| {
                let mut row = row.clone();
                row.sort_by(f64::total_cmp);
                row[min_samples.min(n - 1)]
            })
            .collect();
        let mutual = (0..n)
            .map(|a| {
                (0..n)
                    .map(|b| distances[a][b].max(cores[a]).max(cores[b]))
                    .collect()
            })
            .collect();
        Self {
            distances,
            mutual,
            cores,
        }
    }

    /// HDBSCAN as the papers write it.
    pub(crate) fn labels(&self, min_cluster_size: usize) -> Vec<Option<u32>> {
        let edges = self.spanning_tree();
        let n = self.cores.len();
        // Each cluster: members, birth, parent. Top down, by taking edges away from the heaviest.
        let mut clusters = vec![(0.0_f64, None::<usize>, 0.0_f64, 0.0_f64)];
        let mut falls = vec![(0_usize, 0.0_f64); n];
        let mut open = vec![(edges, (0..n).collect::<Vec<_>>(), 0_usize)];
        while let Some((mut edges, members, cluster)) = open.pop() {
            edges.sort_by(|a, b| a.2.total_cmp(&b.2));
            let Some((a, _, weight)) = edges.pop() else {
                // Only reached by clusters of one, which there are none of.
                continue;
            };
            let lambda = 1.0 / weight;
            let mut side = vec![a];
            let mut seen = vec![false; n];
            seen[a] = true;
            while let Some(at) = side.pop() {
                for (x, y, _) in &edges {
                    for (from, to) in [(*x, *y), (*y, *x)] {
                        if from == at && !seen[to] {
                            seen[to] = true;
                            side.push(to);
                        }
                    }
                }
            }
            let parts: Vec<Vec<usize>> = [true, false]
                .into_iter()
                .map(|wanted| {
                    members
                        .iter()
                        .copied()
                        .filter(|member| seen[*member] == wanted)
                        .collect()
                })
                .collect();
            let large: Vec<bool> = parts.iter().map(|part| part.len() >= min_cluster_size).collect();
            for (part, is_large) in parts.into_iter().zip(&large) {
                let within: Vec<_> = edges
                    .iter()
                    .copied()
                    .filter(|(x, _, _)| part.contains(x))
                    .collect();
                if large == [true, true] {
                    clusters[cluster].2 += (lambda - clusters[cluster].0) * part.len() as f64;
                    clusters[cluster].3 = clusters[cluster].3.max(lambda);
                    clusters.push((lambda, Some(cluster), 0.0, 0.0));
                    open.push((within, part, clusters.len() - 1));
                } else if *is_large {
                    open.push((within, part, cluster));
                } else {
                    for member in part {
                        falls[member] = (cluster, lambda);
                        clusters[cluster].2 += lambda - clusters[cluster].0;
                        clusters[cluster].3 = clusters[cluster].3.max(lambda);
                    }
                }
            }
        }
        let mut chosen = vec![true; clusters.len()];
        let mut value: Vec<f64> = clusters.iter().map(|cluster| cluster.2).collect();
        for at in (0..clusters.len()).rev() {
            let children: Vec<usize> = (0..clusters.len())
                .filter(|child| clusters[*child].1 == Some(at))
                .collect();
            let below: f64 = children.iter().map(|child| value[*child]).sum();
            if below > value[at] {
                chosen[at] = false;
                value[at] = below;
            }
        }
        falls
            .iter()
            .map(|(cluster, lambda)| {
                let mut found = None;
                let mut at = Some(*cluster);
                while let Some(cluster) = at {
                    if chosen[cluster] {
                        found = Some(cluster);
                    }
                    at = clusters[cluster].1;
                }
                found
                    .filter(|found| *found > 0 || *lambda >= clusters[0].3)
                    .map(|found| found as u32)
            })
            .collect()
    }

    /// Kruskal's tree: of edges of equal weight the shorter comes first.
    fn spanning_tree(&self) -> Vec<(usize, usize, f64)> {
        let n = self.cores.len();
        let mut pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (0..a).map(move |b| (b, a))).collect();
        let key = |(a, b): &(usize, usize)| (self.mutual[*a][*b], self.distances[*a][*b]);
        pairs.sort_by(|one, other| key(one).partial_cmp(&key(other)).unwrap());
        let mut sets: Vec<usize> = (0..n).collect();
        let mut edges = Vec::new();
        for (a, b) in pairs {
            if sets[a] != sets[b] {
                let (kept, gone) = (sets[a], sets[b]);
                sets.iter_mut()
                    .filter(|set| **set == gone)
                    .for_each(|set| *set = kept);
                edges.push((a, b, self.mutual[a][b]));
            }
        }
        edges
    }
}

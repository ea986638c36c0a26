#!/usr/bin/env python3
"""Writes groupings.json: what Python's hdbscan makes of generated vectors.

Edges of mutual reachability often weigh the same, and then the answer of the reference depends on the order of the vectors:
small differences, but for most sets. So its answer is stored twice: as it is, with whether it stays the same when the vectors
are shuffled; and, to be compared to the last digit, from a spanning tree in which of equal edges the shortest comes first.

Needs `pip install hdbscan numpy scikit-learn`; run as `python make.py` in this folder. The vectors are not stored: the tests
generate the same ones (see `generated` in tests/reference.rs), with integer arithmetic up to the last step.
"""

import json
from pathlib import Path

import hdbscan
import numpy as np
from hdbscan._hdbscan_linkage import label
from hdbscan._hdbscan_reachability import mutual_reachability
from hdbscan._hdbscan_tree import outlier_scores
from hdbscan.hdbscan_ import _tree_to_labels
from sklearn.metrics import adjusted_rand_score, pairwise_distances

MASK = (1 << 64) - 1
SETS = [
    # seed, vectors, dimensions, clusters, spread, every which vector is noise
    {"seed": 1, "vectors": 150, "dimensions": 8, "clusters": 4, "spread": 0.25, "noise": 5},
    {"seed": 2, "vectors": 120, "dimensions": 3, "clusters": 3, "spread": 0.125, "noise": 7},
    {"seed": 3, "vectors": 90, "dimensions": 21, "clusters": 6, "spread": 0.5, "noise": 4},
    {"seed": 4, "vectors": 60, "dimensions": 2, "clusters": 2, "spread": 0.5, "noise": 3},
]
PARAMETERS = [(5, 5), (3, 2), (8, 1), (4, 12)]
METRICS = ["cosine", "euclidean", "manhattan", "chebyshev"]


class Numbers:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        mixed ^= mixed >> 31
        return (mixed >> 40) / (1 << 23) - 1.0


def generated(seed, vectors, dimensions, clusters, spread, noise):
    numbers = Numbers(seed)
    centers = [[numbers.next() for _ in range(dimensions)] for _ in range(clusters)]
    rows = []
    for vector in range(vectors):
        if vector % noise == 0:
            rows.append([numbers.next() for _ in range(dimensions)])
        else:
            rows.append([center + spread * numbers.next() for center in centers[vector % clusters]])
    return np.array(rows, np.float32).astype(np.float64)


def spanning_tree(vectors, min_samples, metric):
    """Kruskal's, over edges by weight and then by length."""
    lengths = pairwise_distances(vectors, metric=metric)
    # There and back are not always equal in the last digit, and what should be equal would not be.
    lengths = np.maximum(lengths, lengths.T)
    weights = mutual_reachability(lengths.copy(), min_samples)
    rows, columns = np.triu_indices(len(vectors), 1)
    sets = list(range(len(vectors)))

    def find(vector):
        while sets[vector] != vector:
            sets[vector] = sets[sets[vector]]
            vector = sets[vector]
        return vector

    edges = []
    for pair in np.lexsort((lengths[rows, columns], weights[rows, columns])):
        row, column = rows[pair], columns[pair]
        if find(row) != find(column):
            sets[find(row)] = find(column)
            edges.append((row, column, weights[row, column]))
    return np.array(edges, float)


def hdbscan_of(vectors, min_cluster_size, min_samples, metric):
    return hdbscan.HDBSCAN(min_cluster_size=min_cluster_size, min_samples=min_samples, metric=metric, algorithm="generic",
                           allow_single_cluster=True).fit(vectors)


def is_settled(vectors, found, *parameters):
    """Whether shuffling the vectors changes nothing."""
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(vectors))
        shuffled = hdbscan_of(vectors[order], *parameters)
        if (adjusted_rand_score(found.labels_[order], shuffled.labels_) < 1.0
                or (abs(found.probabilities_[order] - shuffled.probabilities_) > 1e-6).any()
                or (abs(found.outlier_scores_[order] - shuffled.outlier_scores_) > 1e-6).any()):
            return False
    return True


def answer(labels, probabilities, scores):
    return {
        "labels": labels.tolist(),
        "probabilities": [round(float(value), 5) for value in probabilities],
        "outlier_scores": [round(float(value), 5) for value in scores],
    }


def main():
    cases = []
    for each in SETS:
        vectors = generated(**each)
        for min_cluster_size, min_samples in PARAMETERS:
            for metric in METRICS:
                parameters = (min_cluster_size, min_samples, metric)
                found = hdbscan_of(vectors, *parameters)
                hierarchy = label(spanning_tree(vectors, min_samples, metric))
                labels, probabilities, persistence, tree, _ = _tree_to_labels(
                    vectors, hierarchy, min_cluster_size, allow_single_cluster=True)
                cases.append({
                    **each,
                    "min_cluster_size": min_cluster_size,
                    "min_samples": min_samples,
                    "metric": metric,
                    "labels_as_given": found.labels_.tolist(),
                    "settled": is_settled(vectors, found, *parameters),
                    **answer(labels, probabilities, outlier_scores(tree)),
                    "persistence": [round(float(value), 5) for value in persistence],
                })
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    Path(__file__).with_name("groupings.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()

//! The greatest eigenvalues of a symmetric matrix, by orthogonal iteration (Rutishauser 1969).

/// More vectors are iterated than are wanted: the nearer the next eigenvalues, the slower it would be else.
const BLOCK: usize = 8;
const MOST_ITERATIONS: usize = 300;
/// A residual of this share of the greatest eigenvalue is small enough.
const PRECISION: f64 = 1e-7;

/// The greatest eigenvalues of a symmetric matrix without negative ones, given row by row, with unit eigenvectors: at most
/// `count`, the greatest first. The start is fixed, so that equal matrices give equal answers.
pub(crate) fn leading(matrix: &[f64], side: usize, count: usize) -> Vec<(f64, Vec<f64>)> {
    let mut start = 0x9E37_79B9_7F4A_7C15_u64;
    let mut basis: Vec<Vec<f64>> = (0..BLOCK.min(side))
        .map(|_| (0..side).map(|_| next(&mut start)).collect())
        .collect();
    let mut values = vec![0.0; basis.len()];
    for _ in 0..MOST_ITERATIONS {
        orthonormalize(&mut basis);
        let images: Vec<Vec<f64>> = basis.iter().map(|vector| product(matrix, side, vector)).collect();
        let small: Vec<Vec<f64>> = basis
            .iter()
            .map(|a| images.iter().map(|b| dot(a, b)).collect())
            .collect();
        let (ritz, rotation) = jacobi(small);
        basis = rotated(&basis, &rotation);
        let images = rotated(&images, &rotation);
        let greatest = ritz.first().copied().unwrap_or_default();
        let settled = basis
            .iter()
            .zip(&images)
            .zip(&ritz)
            .take(count)
            .all(|((vector, image), value)| {
                let residual = image
                    .iter()
                    .zip(vector)
                    .map(|(image, own)| (image - value * own).powi(2));
                residual.sum::<f64>().sqrt() <= greatest * PRECISION
            });
        values = ritz;
        if settled {
            break;
        }
        basis = images;
    }
    orthonormalize(&mut basis);
    values.into_iter().zip(basis).take(count).collect()
}

/// A number between -1 and 1 (`SplitMix64`).
fn next(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn product(matrix: &[f64], side: usize, vector: &[f64]) -> Vec<f64> {
    let mut image = vec![0.0; side];
    // By columns, which are the rows too: sums that do not wait for each other.
    for (row, value) in matrix.chunks_exact(side.max(1)).zip(vector) {
        for (sum, entry) in image.iter_mut().zip(row) {
            *sum += entry * value;
        }
    }
    image
}

/// Gram-Schmidt, twice; a vector that depends on those before it becomes zero.
fn orthonormalize(basis: &mut [Vec<f64>]) {
    for position in 0..basis.len() {
        let (before, rest) = basis.split_at_mut(position);
        let Some(vector) = rest.first_mut() else { return };
        let whole = dot(vector, vector).sqrt();
        for other in before.iter().chain(&*before) {
            let share = dot(vector, other);
            for (value, other) in vector.iter_mut().zip(other) {
                *value -= share * other;
            }
        }
        let norm = dot(vector, vector).sqrt();
        let factor = if norm > whole * 1e-12 { 1.0 / norm } else { 0.0 };
        vector.iter_mut().for_each(|value| *value *= factor);
    }
}

/// The combinations of vectors that the rows of `rotation` tell.
fn rotated(vectors: &[Vec<f64>], rotation: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let combine = |shares: &Vec<f64>| {
        let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
        for (vector, share) in vectors.iter().zip(shares) {
            for (sum, value) in sum.iter_mut().zip(vector) {
                *sum += value * share;
            }
        }
        sum
    };
    rotation.iter().map(combine).collect()
}

/// All eigenvalues of a small symmetric matrix, the greatest first, and its unit eigenvectors as rows (Jacobi 1846).
#[expect(
    clippy::indexing_slicing,
    reason = "a square of at most BLOCK by BLOCK, and both indices are below its side"
)]
fn jacobi(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let side = matrix.len();
    let unit = |row: usize| {
        (0..side)
            .map(|column| f64::from(u8::from(row == column)))
            .collect()
    };
    let mut vectors: Vec<Vec<f64>> = (0..side).map(unit).collect();
    for _ in 0..30 {
        for p in 0..side {
            for q in p + 1..side {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for row in &mut matrix {
                    (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
                }
                for column in 0..side {
                    let (a, b) = (matrix[p][column], matrix[q][column]);
                    (matrix[p][column], matrix[q][column]) = (cosine * a - sine * b, sine * a + cosine * b);
                    let (a, b) = (vectors[p][column], vectors[q][column]);
                    (vectors[p][column], vectors[q][column]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = vectors
        .into_iter()
        .enumerate()
        .map(|(place, vector)| (matrix[place][place], vector))
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs.into_iter().unzip()
}

//! The answer of a model that embeds.

/// A picture as a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// The vector as the model gives it.
    pub vector: Vec<f32>,
    /// The vector scaled to length 1: the product of two of these is their cosine. All zeros stay as they are.
    pub normalized: Vec<f32>,
    /// Probabilities by class, where the model has a classifier; empty where it has none.
    pub probabilities: Vec<f32>,
}

impl Embedding {
    /// From the outputs of a network, all of them finite.
    pub(crate) fn new(vector: &[f32], logits: &[f32]) -> Self {
        let length = vector
            .iter()
            .map(|value| f64::from(*value).powi(2))
            .sum::<f64>()
            .sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        let normalized = vector
            .iter()
            .map(|value| crate::rounding::single(f64::from(*value) * scale))
            .collect();
        let greatest = logits.iter().copied().fold(f32::MIN, f32::max);
        let mut probabilities: Vec<f32> = logits.iter().map(|logit| (logit - greatest).exp()).collect();
        let sum: f32 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|value| *value /= sum);
        Self {
            vector: vector.to_vec(),
            normalized,
            probabilities,
        }
    }

    /// The classes of the greatest probabilities, strongest first; of equal ones the lower class.
    #[must_use]
    pub fn top(&self, count: usize) -> Vec<(usize, f32)> {
        let mut ranked: Vec<(usize, f32)> = self.probabilities.iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(count);
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_get_length_one_and_logits_become_probabilities() {
        let embedding = Embedding::new(&[3.0, 0.0, -4.0], &[0.0, 2f32.ln(), 2f32.ln(), 5f32.ln()]);
        assert_eq!(embedding.vector, [3.0, 0.0, -4.0]);
        assert_eq!(embedding.normalized, [0.6, 0.0, -0.8]);
        let top = embedding.top(3);
        assert_eq!(top.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [3, 1, 2]);
        assert!((top[0].1 - 0.5).abs() < 1e-6);
    }

    #[test]
    fn huge_numbers_and_zeros_stay_finite() {
        let huge = Embedding::new(&[f32::MAX, f32::MAX], &[f32::MAX, f32::MIN]);
        assert!(
            huge.normalized
                .iter()
                .all(|value| (value - 0.5f32.sqrt()).abs() < 1e-6)
        );
        assert_eq!(huge.probabilities, [1.0, 0.0]);
        assert_eq!(Embedding::new(&[0.0; 2], &[]).normalized, [0.0; 2]);
    }
}

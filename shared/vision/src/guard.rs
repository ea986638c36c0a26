//! Keeps a decoder's panic within one file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use darkroom_domain::{Code, Failure};

/// Runs work on one file and turns a panic in it into a failure, so that other work in the process goes on.
///
/// The work owns or only reads what it touches, hence nothing half-changed can be seen after a panic.
///
/// # Errors
/// What the work itself returns, or `decode_panic`.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(payload) => {
            let message = payload
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("a panic without a message");
            Err(
                Failure::permanent(Code::DecodePanic, "The image made its decoder break down.")
                    .because(message),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_failure_of_its_own_code() {
        let failure = guarded::<()>(|| panic!("index {} out of range", 7)).unwrap_err();
        assert_eq!(failure.code, Code::DecodePanic);
        assert_eq!(failure.cause.as_deref(), Some("index 7 out of range"));
        assert!(!failure.is_retryable());
        assert!(!failure.detail.contains("index"));
    }

    #[test]
    fn results_pass_through() {
        assert_eq!(guarded(|| Ok(3)), Ok(3));
        let failure = Failure::permanent(Code::CorruptImage, "cut");
        assert_eq!(guarded::<()>(|| Err(failure.clone())), Err(failure));
    }
}

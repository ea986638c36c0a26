//! What goes wrong with archives, as failures.

use std::io;

use darkroom_domain::{Code, Failure};

/// The archive is damaged, encrypted, or not of the shape it must have.
pub(crate) fn invalid(detail: impl Into<String>) -> Failure {
    Failure::permanent(Code::InvalidArchive, detail)
}

/// The archive is above a limit.
pub(crate) fn too_large(detail: impl Into<String>) -> Failure {
    Failure::permanent(Code::ArchiveTooLarge, detail)
}

/// The archive ends before its own records say that it does.
pub(crate) fn cut_short() -> Failure {
    invalid("The archive is cut short.")
}

/// What kept an archive from being read. A failure that came along inside of the error is that failure: storage that
/// does not answer stays temporary, and is not taken for a damaged archive. An archive that ends too early is no error of
/// its reader, but [`cut_short`].
pub(crate) fn while_reading(error: io::Error) -> Failure {
    carried(error, "The archive cannot be read at the moment.")
}

/// What kept an archive from being written, likewise.
pub(crate) fn while_writing(error: io::Error) -> Failure {
    carried(error, "The archive cannot be written at the moment.")
}

fn carried(error: io::Error, detail: &str) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => Failure::temporary(Code::Unavailable, detail).because(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_inside_of_an_error_comes_back_as_it_was() {
        let failure = Failure::temporary(Code::Unavailable, "No answer from the bucket.").because("503");
        for kind in [io::ErrorKind::Other, io::ErrorKind::UnexpectedEof] {
            assert_eq!(while_reading(io::Error::new(kind, failure.clone())), failure);
            assert_eq!(while_writing(io::Error::new(kind, failure.clone())), failure);
        }
    }

    #[test]
    fn other_errors_may_pass() {
        for error in [
            io::Error::other("socket closed"),
            io::ErrorKind::UnexpectedEof.into(),
        ] {
            let failure = while_reading(error);
            assert_eq!(failure.code, Code::Unavailable);
            assert!(failure.is_retryable());
            assert!(!failure.detail.contains("socket"));
        }
        assert!(!cut_short().is_retryable());
    }
}

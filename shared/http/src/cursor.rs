//! Where a list goes on.

use darkroom_domain::{Code, Failure};
use uuid::Uuid;

/// The cursor behind the entry with this id: the id in hexadecimal. It needs no signature: it leads into the caller's own
/// list, wherever it came from.
#[must_use]
pub fn cursor_of(id: &Uuid) -> String {
    id.simple().to_string()
}

/// The id that a cursor stands for.
///
/// # Errors
/// `invalid_request` for a text that [`cursor_of`] did not write.
pub fn id_of_cursor(cursor: &str) -> Result<Uuid, Failure> {
    cursor
        .parse::<Uuid>()
        .ok()
        .filter(|uuid| cursor_of(uuid) == cursor)
        .ok_or_else(|| Failure::permanent(Code::InvalidRequest, "The cursor is none of ours."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_others_are_refused() {
        let id: Uuid = "0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap();
        assert_eq!(id_of_cursor(&cursor_of(&id)).unwrap(), id);
        for other in [
            "",
            "1",
            "0192f0c1-2345-7abc-8def-0123456789ab",
            "0192F0C123457ABC8DEF0123456789AB",
        ] {
            assert!(id_of_cursor(other).is_err(), "{other}");
        }
    }
}

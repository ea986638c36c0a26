//! Numbers that only ever grow, also across restarts and crashes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::durable::{Durability, write_json};

/// How many numbers are set aside by one write to the disk.
const BLOCK: u64 = 1 << 20;

/// Hands out numbers; the upper end of the block in use is on the disk before its first number is used, so a
/// crash skips numbers but never repeats one.
#[derive(Debug)]
pub(crate) struct Sequence {
    path: PathBuf,
    temporary: PathBuf,
    durability: Durability,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: u64,
    reserved: u64,
}

impl Sequence {
    /// Continues the sequence kept in `path`, or begins one; never below `floor`.
    pub(crate) fn open(
        path: PathBuf,
        temporary: &Path,
        durability: Durability,
        floor: u64,
    ) -> io::Result<Self> {
        let reserved = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let next = u64::max(reserved, floor).saturating_add(1);
        let state = Mutex::new(State { next, reserved: 0 });
        Ok(Self {
            path,
            temporary: temporary.to_owned(),
            durability,
            state,
        })
    }

    /// The next number.
    pub(crate) fn next(&self) -> io::Result<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.next > state.reserved {
            let reserved = state.next.saturating_add(BLOCK);
            write_json(self.durability, &self.temporary, &self.path, &reserved)?;
            state.reserved = reserved;
        }
        let number = state.next;
        state.next = number.saturating_add(1);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_across_reopening_and_above_what_the_store_holds() {
        let directory = tempfile::tempdir().unwrap();
        let open = |floor| {
            let path = directory.path().join("sequence");
            Sequence::open(path, directory.path(), Durability::Synchronised, floor).unwrap()
        };
        let first = open(0);
        let a = first.next().unwrap();
        let b = first.next().unwrap();
        drop(first);
        let c = open(0).next().unwrap();
        let d = open(10 * BLOCK).next().unwrap();
        assert!(a < b && b < c && c < d, "{a} {b} {c} {d}");
        assert!(d > 10 * BLOCK);
    }
}

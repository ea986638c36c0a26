//! The central directory as a whole that is right or refused: what the archive holds, and where.

use std::collections::{HashMap, hash_map};

use darkroom_domain::Failure;

use super::{
    Entry,
    end::End,
    extents::{Extent, bounds},
    packed::PackedEntry,
    record::{Method, Record, visit_all},
};
use crate::{
    fault::invalid,
    limits::ArchiveLimits,
    name::{fault_of, is_directory, shown, without_slash},
};

/// All files of an archive.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    packed: Vec<PackedEntry>,
    /// The number of each file by its name; none for directories, whose names are taken nevertheless.
    numbers: HashMap<String, Option<usize>>,
}

impl Directory {
    pub(super) fn find(&self, name: &str) -> Option<(&Entry, &PackedEntry)> {
        let number = (*self.numbers.get(name)?)?;
        self.entries.get(number).zip(self.packed.get(number))
    }
}

/// Reads the whole directory and holds it against the limits.
pub(super) fn read(bytes: &[u8], end: &End, limits: &ArchiveLimits) -> Result<Directory, Failure> {
    let mut directory = Directory::default();
    let mut extents = Vec::new();
    let mut unpacked = Some(0_u64);
    visit_all(bytes, end.entries, |record| {
        let label = shown(record.name);
        let (name, method) = check(record, &label)?;
        limits.check_entry(&label, record.size, record.compressed)?;
        unpacked = unpacked.and_then(|sum| sum.checked_add(record.size));
        limits.check_unpacked(unpacked)?;

        let number = (!is_directory(name)).then_some(directory.entries.len());
        match directory.numbers.entry(without_slash(name).to_owned()) {
            hash_map::Entry::Occupied(_) => {
                return Err(invalid(format!("The archive has two entries {label}.")));
            }
            hash_map::Entry::Vacant(vacant) => vacant.insert(number),
        };
        extents.push(Extent::of(record, number, &label)?);
        if number.is_some() {
            directory.entries.push(Entry {
                name: name.to_owned(),
                size: record.size,
                compressed: record.compressed,
            });
            directory.packed.push(record.packed(method, end.directory_offset));
        }
        Ok(())
    })?;
    let bounds = bounds(extents, end.directory_offset, |number| {
        let entry = directory.entries.get(number)?;
        Some(shown(entry.name.as_bytes()))
    })?;
    for (number, bound) in bounds {
        if let Some(packed) = directory.packed.get_mut(number) {
            packed.bound = bound;
        }
    }
    Ok(directory)
}

/// Checks what one record says for itself, and gives its name and method.
fn check<'bytes>(record: &Record<'bytes>, label: &str) -> Result<(&'bytes str, Method), Failure> {
    let name = str::from_utf8(record.name).map_err(|_| {
        invalid(format!(
            "The archive's entry {label} has a name that is not UTF-8."
        ))
    })?;
    if let Some(fault) = fault_of(name) {
        return Err(invalid(format!(
            "The name of the archive's entry {label} {fault}."
        )));
    }
    let method = record.check(label, is_directory(name))?;
    Ok((name, method))
}

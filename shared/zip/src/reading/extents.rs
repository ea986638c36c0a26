//! Which bytes of an archive belong to which entry: no two share any.

use darkroom_domain::Failure;

use super::record::Record;
use crate::fault::invalid;

/// The bytes that an entry takes up at the least, and which file it is; none for directories.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    offset: u64,
    end: u64,
    number: Option<usize>,
}

impl Extent {
    /// Those of a record; `label` is its name for a person.
    pub(super) fn of(record: &Record<'_>, number: Option<usize>, label: &str) -> Result<Self, Failure> {
        Ok(Self {
            offset: record.offset,
            end: record.least_end().ok_or_else(|| overlapping(label))?,
            number,
        })
    }
}

/// The bound that each file may not reach beyond, by its number: where the next entry begins, or the directory. Were two
/// entries allowed to share their bytes, a small archive could unpack to any size without a suspicious ratio.
///
/// `label` gives the name of a file for a person.
pub(super) fn bounds(
    mut extents: Vec<Extent>,
    directory_offset: u64,
    label: impl Fn(usize) -> Option<String>,
) -> Result<Vec<(usize, u64)>, Failure> {
    extents.sort_by_key(|extent| extent.offset);
    let mut bounds = Vec::with_capacity(extents.len());
    let mut bound = directory_offset;
    for extent in extents.iter().rev() {
        if extent.end > bound {
            let label = extent.number.and_then(label);
            return Err(overlapping(label.as_deref().unwrap_or("\"a directory\"")));
        }
        bounds.extend(extent.number.map(|number| (number, bound)));
        bound = extent.offset;
    }
    Ok(bounds)
}

fn overlapping(label: &str) -> Failure {
    invalid(format!(
        "The archive's entry {label} lies over another entry or outside of the archive."
    ))
}

//! Where results are written.

use std::{
    collections::HashSet,
    ffi::OsStr,
    io,
    path::{Path, PathBuf, is_separator},
};

use crate::push::error::PushError;

/// For each of `archives` the file that its result is written to, no two alike, whatever their case, and none of them an
/// archive that is sent.
///
/// `out` is a folder when it is one, or ends in a separator: then it is made. Otherwise it is a file. Where it is not
/// given, results go into the working directory.
///
/// # Errors
/// When one file is named for several results or for an archive itself, or there is no such folder.
pub(super) fn targets(archives: &[PathBuf], out: Option<&Path>) -> Result<Vec<PathBuf>, PushError> {
    match out {
        None => Ok(within(Path::new(""), archives)),
        Some(folder) if folder.is_dir() || ends_in_separator(folder) => {
            std::fs::create_dir_all(folder).map_err(|source| PushError::Unwritable {
                path: folder.to_owned(),
                source,
            })?;
            Ok(within(folder, archives))
        }
        Some(file) if archives.len() == 1 => target(file, archives).map(|file| vec![file]),
        Some(file) => Err(PushError::OutTakesOne(file.to_owned())),
    }
}

/// One file for one result.
fn target(file: &Path, archives: &[PathBuf]) -> Result<PathBuf, PushError> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(PushError::Unwritable {
            path: file.to_owned(),
            source: io::Error::new(io::ErrorKind::NotFound, "there is no such folder"),
        });
    }
    if is_sent(file, archives) {
        return Err(PushError::OutIsSent(file.to_owned()));
    }
    Ok(file.to_owned())
}

fn within(folder: &Path, archives: &[PathBuf]) -> Vec<PathBuf> {
    let mut given = HashSet::new();
    let mut targets = Vec::with_capacity(archives.len());
    for archive in archives {
        let stem = archive
            .file_stem()
            .unwrap_or(OsStr::new("archive"))
            .to_string_lossy();
        let plain = std::iter::once(format!("{stem}-segmented.zip"));
        let numbered = (2_u64..).map(|number| format!("{stem}-segmented-{number}.zip"));
        let free = plain
            .chain(numbered)
            .find(|name| !is_sent(&folder.join(name), archives) && given.insert(name.to_lowercase()));
        targets.extend(free.map(|name| folder.join(name)));
    }
    targets
}

/// Whether an archive that is sent lies there.
fn is_sent(file: &Path, archives: &[PathBuf]) -> bool {
    file.canonicalize().is_ok_and(|file| {
        archives
            .iter()
            .any(|archive| archive.canonicalize().is_ok_and(|archive| archive == file))
    })
}

fn ends_in_separator(path: &Path) -> bool {
    path.to_string_lossy().ends_with(is_separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn results_are_named_after_their_archives_and_told_apart() {
        let archives = names(&[
            "a/holiday.zip",
            "b/Holiday.zip",
            "c/holiday.zip",
            "two.dots.zip",
            "bare",
        ]);
        assert_eq!(
            targets(&archives, None).unwrap(),
            names(&[
                "holiday-segmented.zip",
                "Holiday-segmented-2.zip",
                "holiday-segmented-3.zip",
                "two.dots-segmented.zip",
                "bare-segmented.zip",
            ])
        );
    }

    #[test]
    fn a_folder_is_one_that_is_there_or_ends_like_one() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let archives = names(&["holiday.zip"]);
        let written = |out: &Path| targets(&archives, Some(out)).unwrap().remove(0);
        assert_eq!(written(root), root.join("holiday-segmented.zip"));
        let made = root.join("deep/er/");
        assert_eq!(written(&made), made.join("holiday-segmented.zip"));
        assert!(made.is_dir());
        assert_eq!(written(&root.join("result.zip")), root.join("result.zip"));
        assert_eq!(written(Path::new("result.zip")), Path::new("result.zip"));
        let nowhere = targets(&archives, Some(&root.join("missing/result.zip")));
        assert!(
            matches!(nowhere, Err(PushError::Unwritable { .. })),
            "{nowhere:?}"
        );
        let two = targets(&names(&["a.zip", "b.zip"]), Some(&root.join("result.zip")));
        assert!(matches!(two, Err(PushError::OutTakesOne(_))), "{two:?}");
    }

    #[test]
    fn no_result_takes_the_place_of_an_archive_that_is_sent() {
        let root = tempfile::tempdir().unwrap();
        let archives = ["holiday.zip", "holiday-segmented.zip"].map(|name| root.path().join(name));
        for archive in &archives {
            std::fs::write(archive, "").unwrap();
        }
        assert_eq!(
            targets(&archives, Some(root.path())).unwrap(),
            ["holiday-segmented-2.zip", "holiday-segmented-segmented.zip"].map(|name| root.path().join(name))
        );
        let [holiday, _] = &archives;
        let itself = targets(
            std::slice::from_ref(holiday),
            Some(&root.path().join(".").join("holiday.zip")),
        );
        assert!(matches!(itself, Err(PushError::OutIsSent(_))), "{itself:?}");
    }
}

//! What the thumbnails are called.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// For each of `files` the stem that its thumbnails in `folder` begin with, no two alike, whatever their case.
///
/// The second `cat` becomes `cat-2`. No stem is given that could name one of the files themselves.
pub(super) fn stems(files: &[PathBuf], folder: &Path) -> Vec<String> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let beside: Vec<String> = files
        .iter()
        .filter(|file| parent(file).as_deref() == Some(folder.as_path()))
        .filter_map(|file| Some(file.file_name()?.to_string_lossy().to_lowercase()))
        .collect();
    let endangers = |stem: &str| beside.iter().any(|name| name.starts_with(&format!("{stem}_")));
    // Files keep their own stem where they can, so that `cat-2.png` is not pushed aside by a second `cat.png`.
    let own: Vec<String> = files.iter().map(|file| stem(file)).collect();
    let mut reserved: HashSet<String> = own.iter().map(|stem| stem.to_lowercase()).collect();
    let mut given = HashSet::new();
    let mut stems = Vec::with_capacity(files.len());
    for stem in own {
        let lower = stem.to_lowercase();
        if given.insert(lower.clone()) && !endangers(&lower) {
            stems.push(stem);
            continue;
        }
        let free = (2_u64..)
            .map(|number| format!("{stem}-{number}"))
            .find(|candidate| {
                let lower = candidate.to_lowercase();
                !endangers(&lower) && reserved.insert(lower)
            });
        stems.push(free.unwrap_or(stem));
    }
    stems
}

/// The name of one thumbnail; none where the preset could lead out of the folder.
pub(super) fn file_name(stem: &str, preset: &str) -> Option<String> {
    let is_plain = !preset.is_empty()
        && preset
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '-');
    is_plain.then(|| format!("{stem}_{preset}.jpg"))
}

fn stem(file: &Path) -> String {
    file.file_stem()
        .map_or_else(|| "image".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn parent(file: &Path) -> Option<PathBuf> {
    file.canonicalize().ok()?.parent().map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(files: &[&str]) -> Vec<String> {
        stems(
            &files.iter().map(PathBuf::from).collect::<Vec<_>>(),
            Path::new("/nowhere/out"),
        )
    }

    #[test]
    fn equal_stems_are_told_apart() {
        assert_eq!(
            plan(&["a/cat.png", "b/cat.jpg", "c/Cat.webp", "dog.gif"]),
            ["cat", "cat-2", "Cat-3", "dog"]
        );
    }

    #[test]
    fn a_suffix_takes_nobodys_own_name() {
        assert_eq!(
            plan(&["a/cat.png", "b/cat.png", "cat-2.png"]),
            ["cat", "cat-3", "cat-2"]
        );
    }

    #[test]
    fn names_need_no_extension() {
        assert_eq!(
            plan(&["a/.profile", "a/noext", "a/two.dots.jpg"]),
            [".profile", "noext", "two.dots"]
        );
    }

    #[test]
    fn no_thumbnail_takes_the_place_of_a_pushed_file() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["cat.jpg", "cat_100x100.jpg"].map(|name| folder.path().join(name));
        for file in &files {
            std::fs::write(file, "").unwrap();
        }
        assert_eq!(stems(&files, folder.path()), ["cat-2", "cat_100x100"]);
    }

    #[test]
    fn a_preset_does_not_lead_out_of_the_folder() {
        assert_eq!(file_name("cat", "100x100").as_deref(), Some("cat_100x100.jpg"));
        for preset in ["", "../100x100", "a/b", "a\\b", "..", "C:"] {
            assert_eq!(file_name("cat", preset), None, "{preset}");
        }
    }
}

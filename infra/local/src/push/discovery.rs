//! Which files a push means.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use darkroom_domain::ImageFormat;

use super::error::PushError;

/// The files that `paths` mean, in the order given and by name within folders, each once.
///
/// A file that is named is taken whatever it is called. Of a folder, and the folders in it, files with the extension
/// of an image are taken. Names that begin with a dot, links to folders and the folder `except` are passed over.
///
/// # Errors
/// When a path leads nowhere, a folder cannot be read, or there is nothing to push.
pub(super) fn discover(paths: &[PathBuf], except: Option<&Path>) -> Result<Vec<PathBuf>, PushError> {
    let except = except.and_then(|folder| folder.canonicalize().ok());
    let mut found = Found {
        except,
        seen: HashSet::new(),
        files: Vec::new(),
    };
    for path in paths {
        let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
        if metadata.is_dir() {
            found.folder(path)?;
        } else {
            found.file(path.clone())?;
        }
    }
    if found.files.is_empty() {
        return Err(PushError::NothingToPush);
    }
    Ok(found.files)
}

struct Found {
    except: Option<PathBuf>,
    seen: HashSet<PathBuf>,
    files: Vec<PathBuf>,
}

impl Found {
    fn file(&mut self, path: PathBuf) -> Result<(), PushError> {
        let canonical = path.canonicalize().map_err(|source| unreadable(&path, source))?;
        if self.seen.insert(canonical) {
            self.files.push(path);
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> Result<(), PushError> {
        if self.except.is_some() && folder.canonicalize().ok() == self.except {
            return Ok(());
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> = entries
            .map_err(|source| unreadable(folder, source))?
            .into_iter()
            .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        for path in paths {
            // A link to a folder could lead back to where we are.
            let is_link = path.is_symlink();
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    if !is_link {
                        self.folder(&path)?;
                    }
                }
                Ok(metadata) if metadata.is_file() && has_image_extension(&path) => self.file(path)?,
                Ok(_) => {}
                // A link to nothing, or a file that went away while we looked.
                Err(_) => tracing::debug!(path = %path.display(), "passed over"),
            }
        }
        Ok(())
    }
}

/// Whether the name ends like that of an accepted image.
fn has_image_extension(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .and_then(ImageFormat::from_extension)
        .is_some()
}

fn unreadable(path: &Path, source: io::Error) -> PushError {
    PushError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, names: &[&str]) {
        for name in names {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
    }

    fn names(root: &Path, files: &[PathBuf]) -> Vec<String> {
        let name = |path: &PathBuf| {
            path.strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/")
        };
        files.iter().map(name).collect()
    }

    #[test]
    fn folders_give_their_images_and_named_files_are_taken_as_they_are() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let all = [
            "b.JPG",
            "a.tiff",
            "notes.txt",
            ".hidden.png",
            "._b.JPG",
            "deep/er/c.webp",
            ".git/d.png",
        ];
        touch(root, &all);
        assert_eq!(
            names(root, &discover(&[root.to_owned()], None).unwrap()),
            ["a.tiff", "b.JPG", "deep/er/c.webp"]
        );
        let given = [root.join("notes.txt"), root.to_owned(), root.join("a.tiff")];
        let expected = ["notes.txt", "a.tiff", "b.JPG", "deep/er/c.webp"];
        assert_eq!(names(root, &discover(&given, None).unwrap()), expected);
    }

    #[test]
    fn the_folder_for_results_is_not_pushed() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), &["a.jpg", "out/a_100x100.jpg"]);
        let files = discover(&[root.path().to_owned()], Some(&root.path().join("out"))).unwrap();
        assert_eq!(names(root.path(), &files), ["a.jpg"]);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let root = tempfile::tempdir().unwrap();
        let error = discover(&[root.path().join("missing.jpg")], None).unwrap_err();
        assert!(error.to_string().contains("missing.jpg"), "{error}");
        assert!(matches!(
            discover(&[root.path().to_owned()], None),
            Err(PushError::NothingToPush)
        ));
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_in_circles() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), &["deep/a.jpg"]);
        std::os::unix::fs::symlink(root.path(), root.path().join("deep/up")).unwrap();
        std::os::unix::fs::symlink("nowhere.png", root.path().join("broken.png")).unwrap();
        std::os::unix::fs::symlink(root.path().join("deep/a.jpg"), root.path().join("same.jpg")).unwrap();
        let files = discover(&[root.path().to_owned()], None).unwrap();
        assert_eq!(names(root.path(), &files), ["deep/a.jpg"]);
    }
}

//! Which entries of an archive are pictures, and what is made of them is called.

use std::collections::{HashMap, HashSet};

use super::order::ArchiveOutput;

/// The extensions of pictures that are segmented, whatever their case.
pub const SEGMENTED_EXTENSIONS: [&str; 6] = ["jpg", "jpeg", "png", "bmp", "tif", "tiff"];
/// The extensions of pictures in which tools are looked for, whatever their case.
pub const PREDICTED_EXTENSIONS: [&str; 7] = ["jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp"];

/// The name of the list of what was found, in the result.
pub const MANIFEST_NAME: &str = "manifest.json";
/// The name of the list of what could not be segmented, in the result.
pub const ERRORS_NAME: &str = "errors.json";

/// The most bytes of a stem: with a number and an extension it fits into what file systems take.
const STEM_BYTES: usize = 200;

/// The last component of an entry's path, if it is a picture's by these extensions; none for what is hidden, wherever in the
/// path, for what macOS adds, and for anything with another extension.
#[must_use]
pub fn picture_name<'path>(path: &'path str, extensions: &[&'static str]) -> Option<&'path str> {
    let mut components = path.split(['/', '\\']);
    let is_hidden = |component: &str| component.starts_with('.') && component != ".";
    if components.any(|component| is_hidden(component) || component == "__MACOSX") {
        return None;
    }
    let name = path.rsplit(['/', '\\']).next()?;
    extension(name, extensions).map(|_| name)
}

fn extension(name: &str, extensions: &[&'static str]) -> Option<&'static str> {
    let (stem, extension) = name.rsplit_once('.')?;
    extensions
        .iter()
        .copied()
        .find(|known| !stem.is_empty() && known.eq_ignore_ascii_case(extension))
}

/// Gives names to what is made of pictures: `<stem><extension>`, with a number behind the stem where one is taken. Names that
/// differ only in case count as one, since they do on many machines.
#[derive(Debug)]
pub struct ResultNames {
    output: ArchiveOutput,
    taken: HashSet<String>,
    /// The number to try next, by name.
    next: HashMap<String, u32>,
}

impl ResultNames {
    /// Names for this output.
    #[must_use]
    pub fn new(output: ArchiveOutput) -> Self {
        Self {
            output,
            taken: [MANIFEST_NAME, ERRORS_NAME].map(str::to_owned).into(),
            next: HashMap::new(),
        }
    }

    /// A name for what is made of the picture with this name, which no other has.
    pub fn name(&mut self, picture: &str) -> String {
        let stem = safe(picture.rsplit_once('.').map_or(picture, |(stem, _)| stem));
        let extension = match self.output {
            ArchiveOutput::Overlay => extension(picture, &SEGMENTED_EXTENSIONS).unwrap_or("jpg"),
            ArchiveOutput::Mask => "png",
            ArchiveOutput::Json => "json",
        };
        let plain = format!("{stem}.{extension}");
        let next = self.next.entry(plain.to_lowercase()).or_insert(1);
        loop {
            let name = match *next {
                1 => plain.clone(),
                number => format!("{stem}_{number}.{extension}"),
            };
            *next = next.saturating_add(1);
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

/// The stem as any system can unpack it.
fn safe(stem: &str) -> String {
    let mut safe = String::with_capacity(stem.len());
    for character in stem.chars() {
        if safe.len() + character.len_utf8() > STEM_BYTES {
            break;
        }
        let is_refused = character.is_control() || r#"\/:*?"<>|"#.contains(character);
        safe.push(if is_refused { '_' } else { character });
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_names() {
        for (path, name) in [
            ("a.jpg", Some("a.jpg")),
            ("holiday/Sea.JPEG", Some("Sea.JPEG")),
            ("deep\\er\\b.TIFF", Some("b.TIFF")),
            ("/abs/c.tif", Some("c.tif")),
            ("C:\\d.bmp", Some("d.bmp")),
            ("море.png", Some("море.png")),
            ("./here/e.png", Some("e.png")),
            ("__MACOSX/a.jpg", None),
            ("x/__MACOSX/._a.jpg", None),
            ("dir/.x.jpg", None),
            (".git/a.jpg", None),
            ("../x.jpg", None),
            ("a.gif", None),
            ("a.webp", None),
            (".jpg", None),
            ("jpg", None),
            ("a.jpg/", None),
            ("", None),
        ] {
            assert_eq!(picture_name(path, &SEGMENTED_EXTENSIONS), name, "{path}");
        }
    }

    #[test]
    fn trays_may_be_photographed_in_more_formats() {
        for (path, name) in [
            ("trays/a.WebP", Some("a.WebP")),
            ("b.tif", Some("b.tif")),
            ("c.tiff", Some("c.tiff")),
            ("d.gif", None),
            ("._e.jpg", None),
            ("dir/._f.jpg", None),
            ("__MACOSX/g.jpg", None),
            ("dir.jpg/", None),
        ] {
            assert_eq!(picture_name(path, &PREDICTED_EXTENSIONS), name, "{path}");
        }
    }

    #[test]
    fn equal_names_get_numbers() {
        let mut names = ResultNames::new(ArchiveOutput::Overlay);
        let given: Vec<String> = ["a.jpg", "A.JPG", "a.png", "a_2.jpg", "a.jpg", "my_result_1.BMP"]
            .map(|name| names.name(name))
            .into();
        assert_eq!(
            given,
            [
                "a.jpg",
                "A_2.jpg",
                "a.png",
                "a_2_2.jpg",
                "a_3.jpg",
                "my_result_1.bmp"
            ]
        );
        let mut names = ResultNames::new(ArchiveOutput::Json);
        assert_eq!(names.name("manifest.jpg"), "manifest_2.json");
        assert_eq!(names.name("a.jpg"), "a.json");
        assert_eq!(names.name("a.png"), "a_2.json");
        assert_eq!(ResultNames::new(ArchiveOutput::Mask).name("a.tif"), "a.png");
    }

    #[test]
    fn names_can_be_unpacked_anywhere() {
        let mut names = ResultNames::new(ArchiveOutput::Overlay);
        assert_eq!(names.name("what?\u{7}:.jpg"), "what___.jpg");
        let long = names.name(&format!("{}.png", "é".repeat(400)));
        assert_eq!(long.len(), 200 + 4);
    }

    #[test]
    fn thousands_of_equal_names_take_no_time_to_speak_of() {
        let mut names = ResultNames::new(ArchiveOutput::Overlay);
        let given: HashSet<String> = (0..20_000).map(|_| names.name("a.jpg")).collect();
        assert_eq!(given.len(), 20_000);
    }
}

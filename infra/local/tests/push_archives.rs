//! `darkroom push --segment` sends archives to `darkroom serve`, with models of the operator's own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, with functions of its own beside"
)]

mod support;

use std::{ffi::OsStr, io::Cursor, path::Path};

use darkroom_domain::Timestamp;
use darkroom_zip::{Archive, ArchiveLimits, ArchiveWriter};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use support::{Darkroom, report};

fn picture() -> Vec<u8> {
    let picture = RgbImage::from_fn(40, 30, |x, _| Rgb([if x < 20 { 250 } else { 5 }; 3]));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut file, ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

#[test]
fn an_archive_comes_back_segmented() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    let darkroom = Darkroom::ephemeral(&[OsStr::new("--models"), models.as_os_str()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holiday.zip");
    let mut zip = ArchiveWriter::new(Vec::new());
    for (name, content) in [
        ("beach/a.png", picture().as_slice()),
        ("b.png", &picture()),
        ("broken.png", b"no picture"),
        ("notes.txt", b"passed over"),
    ] {
        zip.stored(name, content, Timestamp::UNIX_EPOCH).unwrap();
    }
    std::fs::write(&path, zip.finish().unwrap()).unwrap();

    let arguments = ["--segment", "--model", "bright", "--output", "mask", "--out"].map(OsStr::new);
    let places = [folder.path().as_os_str(), path.as_os_str()];
    let told = report(&darkroom.push(&[&arguments[..], &places].concat()));
    let archive = &told["archives"][0];
    assert_eq!(archive["result"], "segmented", "{told}");
    assert_eq!(
        (&archive["pictures"]["segmented"], &archive["pictures"]["failed"]),
        (&2.into(), &1.into())
    );
    assert_eq!(archive["pictures"]["failures"][0]["file"], "broken.png");
    let written = folder.path().join("holiday-segmented.zip");
    assert_eq!(archive["written"], written.to_str().unwrap());
    let bytes = std::fs::read(written).unwrap();
    let length = u64::try_from(bytes.len()).unwrap();
    let result = Archive::open(Cursor::new(bytes), length, &ArchiveLimits::DEFAULT).unwrap();
    let mut names: Vec<&str> = result.entries().iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a.png", "b.png", "errors.json", "manifest.json"]);

    let wrong = ["--segment", "--model", "bright", "--classes", "unicorn", "--out"].map(OsStr::new);
    let refused = darkroom.push(&[&wrong[..], &places].concat());
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8_lossy(&refused.stdout);
    assert!(told.contains("unicorn"), "{told}");
}

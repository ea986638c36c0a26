//! What is told of a file before it is sent.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use darkroom_domain::ImageFormat;
use sha2::{Digest, Sha256};

/// Bytes read at a time.
const CHUNK: usize = 128 * 1024;

/// Size, digest and kind of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Bytes.
    pub(super) size: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub(super) sha256: String,
    /// Told from the first bytes, else from the name.
    pub(super) media_type: &'static str,
}

impl Fingerprint {
    /// Reads the file once, a piece at a time; `on_bytes` hears how many bytes each piece has.
    pub(super) fn of(path: &Path, mut on_bytes: impl FnMut(u64)) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut chunk = vec![0; CHUNK];
        let mut hasher = Sha256::new();
        let mut size = 0_u64;
        let mut format = None;
        loop {
            let length = match file.read(&mut chunk) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let bytes = chunk.get(..length).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            if size == 0 {
                format = darkroom_vision::sniff(bytes);
            }
            hasher.update(bytes);
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            size = size.saturating_add(length);
            on_bytes(length);
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        let media_type = format
            .or_else(|| ImageFormat::from_extension(extension.unwrap_or_default()))
            .map_or("application/octet-stream", ImageFormat::media_type);
        Ok(Self {
            size,
            sha256: hex::encode(hasher.finalize()),
            media_type,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(name: &str, content: &[u8]) -> Fingerprint {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut heard = 0;
        let fingerprint = Fingerprint::of(&path, |bytes| heard += bytes).unwrap();
        assert_eq!(heard, fingerprint.size);
        fingerprint
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        // FIPS 180-4: one block, and a million letters, which are more than one piece.
        let abc = fingerprint("abc.bin", b"abc");
        assert_eq!(
            abc.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!((abc.size, abc.media_type), (3, "application/octet-stream"));
        let million = fingerprint("a", &vec![b'a'; 1_000_000]);
        assert_eq!(
            million.sha256,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
        assert_eq!(million.size, 1_000_000);
    }

    #[test]
    fn content_goes_before_the_name() {
        assert_eq!(
            fingerprint("a.jpg", b"\x89PNG\r\n\x1a\n....").media_type,
            "image/png"
        );
        assert_eq!(fingerprint("a.JPG", b"not an image").media_type, "image/jpeg");
        assert_eq!(fingerprint("empty.webp", b"").media_type, "image/webp");
    }
}

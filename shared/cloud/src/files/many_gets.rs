//! Links to many files at once.
//!
//! The SDK takes some tenths of a millisecond for a link, which a page of a thousand thumbnails waits for. Links that differ in
//! their key alone have all else in common: the SDK signs the first, and what it says of host and query is signed for the
//! others, following "Authenticating requests: using query parameters (AWS signature version 4)" of the Amazon S3 API
//! reference.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use darkroom_domain::{Failure, FileKey, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use time::macros::format_description;

use super::{
    Files,
    post_policy::{hmac_sha256, signing_key},
    sign::Presentation,
};
use crate::fault::unreadable;

/// What stands as it is in the path of a link, as signatures ask for it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What stands before the signature in a query.
const SIGNATURE: &str = "&X-Amz-Signature=";

/// A link of the SDK that is not of the shape that its documentation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a presigned URL of another shape than is known")]
struct UnknownShape;

impl Files {
    /// Signs a GET of each of some files, as at the moment `since`, from which on they `last`; in their order. With the same
    /// credentials the same file is given the very same URL for the same moment.
    ///
    /// # Errors
    /// `internal` when they cannot be signed.
    pub async fn presign_gets_since(
        &self,
        keys: &[FileKey],
        presentation: Presentation<'_>,
        since: Timestamp,
        lasts: Duration,
    ) -> Result<Vec<String>, Failure> {
        let Some(first) = keys.first() else {
            return Ok(Vec::new());
        };
        let validity = PresigningConfig::builder()
            .start_time(SystemTime::from(since.as_offset_date_time()))
            .expires_in(lasts)
            .build()
            .map_err(|error| unreadable("duration", error))?;
        let signed = self.signed_get(first, presentation, validity).await?;
        let secret = self.clients.credentials().secret_access_key();
        let signer = Signer::new(since, secret, self.clients.region())?;
        let pattern =
            Pattern::of(&signed, &first.to_string()).ok_or_else(|| unreadable("link", UnknownShape))?;
        keys.iter()
            .map(|key| pattern.link(&key.to_string(), &signer))
            .collect()
    }
}

/// What is the same in all links.
#[derive(Debug)]
struct Pattern<'a> {
    /// With its port, where it has one.
    host: &'a str,
    /// All that stands before the path.
    origin: &'a str,
    /// All of the path that stands before the key.
    folder: &'a str,
    /// What stands in the query before the signature.
    before: &'a str,
    /// What stands there behind it: the token of a session.
    behind: &'a str,
    /// Both, in the order in which they are signed.
    canonical_query: String,
}

impl<'a> Pattern<'a> {
    /// What the other links have in common with a link to `key`.
    fn of(link: &'a str, key: &str) -> Option<Self> {
        let (address, query) = link.split_once('?')?;
        let (before, signed) = query.split_once(SIGNATURE)?;
        let behind = signed.find('&').map_or("", |end| signed.split_at(end).1);
        let (_, after_scheme) = address.split_once("://")?;
        let (host, _) = after_scheme.split_once('/')?;
        let (origin, path) = address.split_at_checked(address.len() - after_scheme.len() + host.len())?;
        let mut parameters: Vec<&str> = before.split('&').chain(behind.split('&').skip(1)).collect();
        parameters.sort_by_key(|parameter| parameter.split_once('='));
        Some(Self {
            host,
            origin,
            folder: path.strip_suffix(&encoded(key))?,
            before,
            behind,
            canonical_query: parameters.join("&"),
        })
    }

    /// The link to a key.
    fn link(&self, key: &str, signer: &Signer) -> Result<String, Failure> {
        let Self {
            host,
            origin,
            folder,
            before,
            behind,
            canonical_query,
        } = self;
        let path = format!("{folder}{}", encoded(key));
        let request = format!("GET\n{path}\n{canonical_query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let signature = signer.signature(&request)?;
        Ok(format!("{origin}{path}?{before}{SIGNATURE}{signature}{behind}"))
    }
}

fn encoded(key: &str) -> String {
    utf8_percent_encode(key, ENCODED).to_string()
}

/// Signs requests to S3 of one moment.
struct Signer {
    key: Vec<u8>,
    /// Moment and scope, as they stand before what is signed.
    preface: String,
}

impl Signer {
    fn new(moment: Timestamp, secret: &str, region: &str) -> Result<Self, Failure> {
        let moment = moment.as_offset_date_time();
        let write = |format| moment.format(format).map_err(|error| unreadable("time", error));
        let day = write(format_description!("[year][month][day]"))?;
        let second = write(format_description!("[year][month][day]T[hour][minute][second]Z"))?;
        Ok(Self {
            key: signing_key(secret, &day, region)?,
            preface: format!("AWS4-HMAC-SHA256\n{second}\n{day}/{region}/s3/aws4_request\n"),
        })
    }

    /// The signature of a canonical request, in hexadecimal.
    fn signature(&self, request: &str) -> Result<String, Failure> {
        let text = format!("{}{}", self.preface, hex::encode(Sha256::digest(request)));
        Ok(hex::encode(hmac_sha256(&self.key, text.as_bytes())?))
    }
}

#[cfg(test)]
mod tests {
    use darkroom_domain::{ImageId, ThumbnailPreset};
    use uuid::Uuid;

    use super::*;
    use crate::{Connection, Environment};

    const SINCE: &str = "2026-01-31T12:05:00.000Z";
    const LASTS: Duration = Duration::from_secs(900);

    fn files(more: &[(&'static str, &'static str)]) -> Files {
        let always = [
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ),
            ("BUCKET_NAME", "darkroom-000000000000-eu-west-1"),
            ("AWS_REGION", "eu-west-1"),
        ];
        let environment: Environment = always.into_iter().chain(more.iter().copied()).collect();
        Connection::of(&environment).unwrap().files().unwrap()
    }

    fn thumbnails() -> Vec<FileKey> {
        let tenants = ["default", "auth0|7/..#x", "..", "~ +%20&?=é", "a-b_c.d"];
        tenants
            .iter()
            .zip(0_u128..)
            .map(|(tenant, number)| FileKey::Thumbnail {
                tenant: tenant.parse().unwrap(),
                image: ImageId::from_uuid(Uuid::from_u128(number)),
                preset: ThumbnailPreset::ALL[usize::try_from(number % 4).unwrap()],
            })
            .collect()
    }

    #[tokio::test]
    async fn each_link_is_the_one_that_the_sdk_would_make() {
        let since = SINCE.parse().unwrap();
        let presentation = Presentation {
            content_type: "image/jpeg",
            disposition: "inline; filename=\"a b.jpg\"",
            cache_control: Some("private, max-age=600"),
        };
        for deployment in [
            &[][..],
            &[("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjE/+abc==")],
            &[("AWS_ENDPOINT_URL", "http://127.0.0.1:8334")],
            &[("AWS_ENDPOINT_URL", "https://s3.example/under/")],
        ] {
            let files = files(deployment);
            let keys = thumbnails();
            let links = files
                .presign_gets_since(&keys, presentation, since, LASTS)
                .await
                .unwrap();
            assert_eq!(links.len(), keys.len());
            for (key, link) in keys.iter().zip(&links) {
                let validity = PresigningConfig::builder()
                    .start_time(SystemTime::from(since.as_offset_date_time()))
                    .expires_in(LASTS)
                    .build()
                    .unwrap();
                let expected = files.signed_get(key, presentation, validity).await.unwrap();
                assert_eq!(*link, expected, "{deployment:?}");
                // The page may show pictures of this origin and of no other.
                let path = link.strip_prefix(&files.origin());
                assert!(path.is_some_and(|path| path.starts_with('/')), "{link}");
            }
        }
    }

    #[test]
    fn the_published_example_has_the_published_signature() {
        let moment = "2013-05-24T00:00:00.000Z".parse().unwrap();
        let signer = Signer::new(moment, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1").unwrap();
        let link = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let pattern = Pattern::of(link, "test.txt").unwrap();
        assert_eq!(pattern.link("test.txt", &signer).unwrap(), link);
        assert_ne!(pattern.link("Test.txt", &signer).unwrap(), link);
    }

    #[test]
    fn a_link_of_another_shape_is_none() {
        for link in [
            "",
            "https://bucket.example/a",
            "https://bucket.example/a?X-Amz-Date=1",
            "https://bucket.example/b?x=1&X-Amz-Signature=0",
            "bucket.example/a?x=1&X-Amz-Signature=0",
            "https://a?x=1&X-Amz-Signature=0",
        ] {
            assert!(Pattern::of(link, "a").is_none(), "{link}");
        }
    }
}

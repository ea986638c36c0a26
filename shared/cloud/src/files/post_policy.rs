//! POST policies: forms that a browser posts to the bucket by itself, with bounds on their size.
//!
//! The SDK signs no forms. The document and its signature follow "Creating a POST policy" and "Calculating a
//! signature" of the Amazon S3 API reference (signature version 4).

use std::{ops::RangeInclusive, time::Duration};

use aws_credential_types::Credentials;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use darkroom_domain::{Failure, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use time::macros::format_description;

use crate::fault::unreadable;

/// A form that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPost {
    /// Where it posts to.
    pub url: String,
    /// Its fields, in an order that may be kept; the field `file` comes last and is the client's.
    pub fields: Vec<(String, String)>,
}

/// What a form may post.
#[derive(Debug)]
pub(crate) struct PostPolicy<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) url: String,
    pub(crate) key: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) sizes: RangeInclusive<u64>,
    pub(crate) region: &'a str,
    pub(crate) credentials: &'a Credentials,
    pub(crate) now: Timestamp,
    pub(crate) expires_in: Duration,
}

impl PostPolicy<'_> {
    pub(crate) fn sign(&self) -> Result<PresignedPost, Failure> {
        let moment = self.now.as_offset_date_time();
        let write = |format| moment.format(format).map_err(|error| unreadable("time", error));
        let day = write(format_description!("[year][month][day]"))?;
        let second = write(format_description!("[year][month][day]T[hour][minute][second]Z"))?;
        let credential = format!(
            "{}/{day}/{}/s3/aws4_request",
            self.credentials.access_key_id(),
            self.region
        );

        let mut fields = vec![
            ("key".to_owned(), self.key.to_owned()),
            ("Content-Type".to_owned(), self.content_type.to_owned()),
            ("x-amz-algorithm".to_owned(), "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential".to_owned(), credential),
            ("x-amz-date".to_owned(), second),
        ];
        if let Some(token) = self.credentials.session_token() {
            fields.push(("x-amz-security-token".to_owned(), token.to_owned()));
        }
        let mut conditions: Vec<Value> = vec![
            json!({ "bucket": self.bucket }),
            json!(["content-length-range", self.sizes.start(), self.sizes.end()]),
        ];
        conditions.extend(fields.iter().map(|(name, value)| json!({ name.as_str(): value })));
        let document = json!({
            "expiration": self.now.after(self.expires_in).to_string(),
            "conditions": conditions,
        });
        let policy = BASE64.encode(document.to_string());
        let key = signing_key(self.credentials.secret_access_key(), &day, self.region)?;
        let signature = hex::encode(hmac_sha256(&key, policy.as_bytes())?);
        fields.push(("policy".to_owned(), policy));
        fields.push(("x-amz-signature".to_owned(), signature));
        Ok(PresignedPost {
            url: self.url.clone(),
            fields,
        })
    }
}

/// The key that requests to S3 of one day are signed with.
pub(super) fn signing_key(secret: &str, day: &str, region: &str) -> Result<Vec<u8>, Failure> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day, region, "s3", "aws4_request"] {
        key = hmac_sha256(&key, part.as_bytes())?;
    }
    Ok(key)
}

pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| unreadable("key", error))?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    /// The published example, "Example: browser-based upload using HTTP POST (using AWS signature version 4)": its
    /// policy in base64, for the secret above, 29 December 2015, us-east-1.
    const EXAMPLE_POLICY: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";

    #[test]
    fn the_published_example_has_the_published_signature() {
        let key = signing_key(SECRET, "20151229", "us-east-1").unwrap();
        assert_eq!(
            hex::encode(hmac_sha256(&key, EXAMPLE_POLICY.as_bytes()).unwrap()),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
    }

    #[test]
    fn the_document_names_every_field_and_the_sizes() {
        let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", SECRET, Some("token".to_owned()));
        let post = PostPolicy {
            bucket: "photos",
            url: "http://127.0.0.1:1/photos".to_owned(),
            key: "uploads/default/x",
            content_type: "image/png",
            sizes: 1..=10,
            region: "us-east-1",
            credentials: &credentials,
            now: Timestamp::from_unix_milliseconds(1_451_347_200_000).unwrap(),
            expires_in: Duration::from_secs(60),
        }
        .sign()
        .unwrap();
        let field = |name: &str| {
            post.fields
                .iter()
                .find(|(field, _)| field == name)
                .unwrap()
                .1
                .clone()
        };
        assert_eq!(field("x-amz-date"), "20151229T000000Z");
        assert_eq!(
            field("x-amz-credential"),
            "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"
        );
        let document: Value = serde_json::from_slice(&BASE64.decode(field("policy")).unwrap()).unwrap();
        assert_eq!(document["expiration"], "2015-12-29T00:01:00.000Z");
        let conditions = document["conditions"].as_array().unwrap();
        assert!(conditions.contains(&json!(["content-length-range", 1, 10])));
        assert!(conditions.contains(&json!({ "bucket": "photos" })));
        for (name, value) in &post.fields {
            if name != "policy" && name != "x-amz-signature" {
                assert!(
                    conditions.contains(&json!({ name.as_str(): value })),
                    "{name} is not in the policy"
                );
            }
        }
    }
}

//! The codes of errors, for people.

use std::fmt::Write;

use darkroom_domain::Code;
use darkroom_http::problem::status_of;

/// What each code means, and what to do.
const MEANINGS: &[(Code, &str)] = &[
    (Code::InvalidRequest, "The request is not well-formed. Mend it."),
    (
        Code::ValidationFailed,
        "A field is missing or out of its range; <code>errors</code> names it.",
    ),
    (Code::Unauthorized, "A bearer token is missing or not valid."),
    (
        Code::Forbidden,
        "Somebody in another role may do this, or a name that leads elsewhere was asked for.",
    ),
    (Code::NotFound, "There is no such thing, or it is not yours."),
    (
        Code::MethodNotAllowed,
        "The path exists, but not for this method.",
    ),
    (
        Code::Conflict,
        "The thing is not in a state that allows this. Read it again.",
    ),
    (
        Code::UsePresignedUpload,
        "Too large to be sent directly: <code>POST /uploads</code> gives a URL to send it to.",
    ),
    (
        Code::IdempotencyKeyReused,
        "This idempotency key was used with another request. Take a new one.",
    ),
    (
        Code::IdempotencyInProgress,
        "The same request is still under way. Ask again in a moment.",
    ),
    (
        Code::ModelMissing,
        "The deployment has no model for this. The detail says how to bring one.",
    ),
    (
        Code::EmbeddingsMissing,
        "Photographs of the batch are not described yet. Ask again when they are.",
    ),
    (
        Code::BatchTooLarge,
        "The batch has more photographs than this deployment groups.",
    ),
    (Code::FilenameMissing, "The upload has no file name."),
    (Code::EmptyFile, "The file has no bytes."),
    (Code::FileTooLarge, "The file has more bytes than the limit."),
    (
        Code::UnsupportedFormat,
        "Not an accepted format. Send JPEG, PNG, WebP, GIF, BMP or TIFF.",
    ),
    (
        Code::FormatMismatch,
        "The file is of another format than was declared.",
    ),
    (
        Code::SizeMismatch,
        "What arrived is not as many bytes as were declared.",
    ),
    (
        Code::DigestMismatch,
        "What arrived has another SHA-256 than was declared.",
    ),
    (
        Code::ImageTooLarge,
        "The picture has more pixels, or a longer side, than the limit.",
    ),
    (
        Code::CorruptImage,
        "The picture cannot be decoded: it is cut short or damaged.",
    ),
    (
        Code::DecodePanic,
        "A decoder broke down on this file. Other files are not touched by it.",
    ),
    (
        Code::InvalidArchive,
        "The archive is damaged, encrypted, or not of the shape it must have.",
    ),
    (
        Code::ArchiveTooLarge,
        "The archive has more entries or unpacks to more bytes than the limits.",
    ),
    (
        Code::Cancelled,
        "The job was called off. It can be started again: <code>POST /jobs/{job_id}/redrive</code>.",
    ),
    (
        Code::Expired,
        "The result was kept as long as it is kept, and is gone. Ask for it anew.",
    ),
    (
        Code::ModelFailed,
        "The model cannot be loaded, or does not do what its manifest says; the detail tells what is wrong.",
    ),
    (Code::Timeout, "The work did not finish in its time."),
    (
        Code::UploadExpired,
        "The file was not sent before the promise ran out. Ask for a new one.",
    ),
    (Code::FileMissing, "The file was gone when the work on it began."),
    (
        Code::AttemptsExhausted,
        "All attempts failed. The job can be started again: <code>POST /jobs/{job_id}/redrive</code>.",
    ),
    (
        Code::Unavailable,
        "Something that this service relies on does not answer. Ask again in a moment.",
    ),
    (
        Code::Internal,
        "A fault of ours. <code>request_id</code> helps to find it.",
    ),
];

/// The rows of the table, each with its code as the anchor that problems point to.
pub(crate) fn rows() -> String {
    MEANINGS.iter().fold(String::new(), |mut rows, (code, meaning)| {
        let status = status_of(*code).as_u16();
        // Writing to a string does not fail.
        let _ = writeln!(
            rows,
            "<tr id=\"{code}\"><td><a href=\"#{code}\"><code>{code}</code></a></td><td>{status}</td><td>{meaning}</td></tr>"
        );
        rows
    })
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn every_code_is_explained_once() {
        let schema = serde_json::to_value(Code::schema()).unwrap();
        let mut codes: Vec<&str> = schema["enum"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap())
            .collect();
        let mut explained: Vec<&str> = MEANINGS.iter().map(|(code, _)| code.as_str()).collect();
        codes.sort_unstable();
        explained.sort_unstable();
        assert_eq!(explained, codes);
    }

    #[test]
    fn problems_point_to_their_row() {
        assert!(rows().contains(
            "<tr id=\"not_found\"><td><a href=\"#not_found\"><code>not_found</code></a></td><td>404</td>"
        ));
    }
}

//! What every HTTP function needs: problems, the tenant, extractors, and the way from a router to a function.

pub mod cursor;
pub mod disposition;
pub mod extract;
pub mod form;
mod function;
mod idempotency;
pub mod image_view;
pub mod job_view;
pub mod language;
pub mod photograph_view;
pub mod problem;
pub mod redirect;
pub mod tenancy;

pub use disposition::Disposition;
pub use extract::{JsonBody, Named, PathId, Query, not_found, prefers_image};
pub use form::{Form, FormFile, checked_filename};
pub use function::{http_function, open_http_function};
pub use idempotency::{idempotent, once};
pub use image_view::{ImageStatus, ImageView};
pub use job_view::{JobView, job_path, predictions_path, segmented_archive_path};
pub use language::{Language, Phrase, TOOLKIT_NOT_FOUND};
pub use photograph_view::PhotographView;
pub use problem::{FieldError, HttpError, HttpResult, Problem};
pub use redirect::{FileRedirect, LINK};
pub use tenancy::{Tenancy, Tenant};

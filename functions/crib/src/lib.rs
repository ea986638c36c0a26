//! The tool crib: people, tools, kits; kits going out and coming back.

mod attempts;
mod confidence;
mod field;
mod item;
mod page;
mod path;
mod phrases;
mod return_tools;
mod text;
mod tool;
mod toolkit;
mod transaction;
mod user;

use std::sync::Arc;

use axum::routing::get;
use darkroom_cloud::{Connection, Environment, EnvironmentError, Files, Ground, Records};
use darkroom_http::http_function;
use darkroom_lambda::Function;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
struct Service {
    files: Files,
    records: Records,
    ground: Ground,
}

/// The function.
///
/// # Errors
/// When the environment is not what the template promises.
pub fn function(environment: &Environment) -> Result<Function, EnvironmentError> {
    let connection = Connection::of(environment)?;
    let service = Service {
        files: connection.files()?,
        records: connection.records()?,
        ground: Ground::default(),
    };
    http_function(environment, routes(), service)
}

/// The API document of these routes.
#[must_use]
pub fn api() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(user::list::list_users, user::create::create_user))
        .routes(routes!(
            user::one::get_user,
            user::one::update_user,
            user::one::delete_user
        ))
        .routes(routes!(tool::list::list_tools, tool::create::create_tool))
        .routes(routes!(
            tool::one::get_tool,
            tool::one::update_tool,
            tool::one::delete_tool
        ))
        .routes(routes!(
            toolkit::list::list_toolkits,
            toolkit::create::create_toolkit
        ))
        .routes(routes!(
            toolkit::one::get_toolkit,
            toolkit::one::update_toolkit,
            toolkit::one::delete_toolkit
        ))
        .routes(routes!(
            item::list::list_toolkit_items,
            item::put::put_toolkit_item,
            item::clear::clear_toolkit_items
        ))
        .routes(routes!(
            item::one::get_toolkit_item,
            item::one::update_toolkit_item,
            item::one::delete_toolkit_item
        ))
        .routes(routes!(
            transaction::list::list_transactions,
            transaction::issue::issue_kit
        ))
        .routes(routes!(transaction::one::show_transaction))
        .routes(routes!(transaction::inspect::report_transaction))
        .routes(routes!(return_tools::compare::compare_return))
        .routes(routes!(return_tools::process::process_return))
        .routes(routes!(confidence::get_confidence, confidence::set_confidence))
        // Lists answer with a slash behind them and without.
        .route(
            "/users",
            get(user::list::list_users).post(user::create::create_user),
        )
        .route(
            "/tools",
            get(tool::list::list_tools).post(tool::create::create_tool),
        )
        .route(
            "/toolkits",
            get(toolkit::list::list_toolkits).post(toolkit::create::create_toolkit),
        )
        .route(
            "/transactions/",
            get(transaction::list::list_transactions).post(transaction::issue::issue_kit),
        )
        .route(
            "/api/confidence",
            get(confidence::get_confidence).post(confidence::set_confidence),
        )
}

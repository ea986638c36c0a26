//! The tool crib: tools, the kits that they make up, the people who take kits, and what was in a kit when it went out and
//! when it came back.
//!
//! A kit is a thing that exists once: it is in the crib, or with one person. Whoever issues it or takes it back changes
//! its record on the condition that nobody else did.

mod comparison;
mod entities;
mod movement;
mod recognition;
mod seed;
mod transaction;

pub use self::{
    comparison::{Comparison, Expected, Surplus, ToolCount, compare},
    entities::{
        Crib, MAX_ITEMS, MAX_QUANTITY, MAX_TOOLKITS, MAX_TOOLS, MAX_USERS, OpenIssue, Role, Tool, Toolkit,
        ToolkitItem, User,
    },
    movement::{MAX_DETAIL_TEXT, MAX_DETAILS, Movement, Refusal},
    recognition::{Recognized, recognize},
    seed::{Seed, seed},
    transaction::{Inspection, Transaction, TransactionDetail, TransactionKind, TransactionStatus},
};

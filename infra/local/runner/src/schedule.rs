//! Schedules, as `EventBridge` rules write them, and the events they send.

mod cron;
mod expression;
mod rule;

pub use cron::Cron;
pub use expression::{Schedule, ScheduleError};
pub(crate) use rule::{Rule, run};

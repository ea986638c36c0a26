//! The report for a person.

use std::fmt::Write;

use super::{BatchGroup, BatchReport, Described, GroupsReport, NearDuplicates, PhotographResult};
use crate::push::report::printable;

/// The widest that a label is given room.
const WIDEST: usize = 50;

impl BatchReport {
    /// The report for a person: what was wrong with files, one line for all of them, the groups, and where to look.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::new();
        // Writing to a string does not fail.
        for problem in self
            .photographs
            .iter()
            .filter_map(|photograph| photograph.problem())
        {
            let _ = writeln!(table, "{problem}");
        }
        let counts: Vec<String> = PhotographResult::ALL
            .into_iter()
            .map(|result| (self.count(result), result.word()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let _ = writeln!(
            table,
            "{}: {} ({} sent in {:.1} s)",
            counted(u64::try_from(self.photographs.len()).unwrap_or(u64::MAX), "file"),
            counts.join(", "),
            indicatif::BinaryBytes(self.bytes_sent),
            self.seconds
        );
        let is_new = if self.is_new { ", new" } else { "" };
        let _ = write!(
            table,
            "batch {} ({}{is_new})",
            printable(&self.name),
            self.batch_id
        );
        if let Some(described) = &self.described {
            let _ = write!(table, ": {}", described.words());
        }
        table.push('\n');
        if let Some(groups) = &self.groups {
            table.push('\n');
            table.push_str(&groups.table());
        }
        if let Some(error) = &self.error {
            let reason = printable(&format!("{}: {}", error.code, error.detail));
            let _ = writeln!(table, "not grouped: {reason}");
        }
        let _ = writeln!(table, "\nGET {}", printable(&self.url));
        for (route, what) in [
            ("groups", "the groups, explained"),
            ("duplicates", "photographs that are nearly the same"),
            ("map", "where each stands"),
        ] {
            if self.groups.is_some() {
                let _ = writeln!(table, "GET {}/{route:11} {what}", printable(&self.url));
            }
        }
        table
    }
}

impl Described {
    fn words(self) -> String {
        let mut words = format!(
            "{}, {} described",
            counted(self.total, "photograph"),
            self.described
        );
        for (count, what) in [(self.waiting, "waiting"), (self.failed, "not describable")] {
            if count > 0 {
                let _ = write!(words, ", {count} {what}");
            }
        }
        words
    }
}

impl GroupsReport {
    fn table(&self) -> String {
        let labels: Vec<String> = self.groups.iter().map(|group| printable(&group.label)).collect();
        let width = labels
            .iter()
            .map(|label| label.chars().count())
            .max()
            .unwrap_or_default()
            .clamp(5, WIDEST);
        let mut table = String::new();
        if !self.groups.is_empty() {
            let _ = writeln!(table, "{:width$}  {:>6}  BEST", "GROUP", "SIZE");
        }
        for (group, label) in self.groups.iter().zip(&labels) {
            let line = format!("{label:width$}  {:>6}  {}", group.size, group.remark());
            let _ = writeln!(table, "{}", line.trim_end());
        }
        let groups = u64::try_from(self.groups.len()).unwrap_or(u64::MAX);
        let _ = write!(table, "{}", counted(groups, "group"));
        let _ = write!(table, ", {} in none", counted(self.ungrouped, "photograph"));
        if self.moved > 0 {
            let _ = write!(table, ", {} moved since the analysis before", self.moved);
        }
        let NearDuplicates {
            exact,
            reencoded,
            similar,
        } = self.near_duplicates;
        let _ = writeln!(
            table,
            "\nnear-duplicates: {exact} exact, {reencoded} encoded anew, {similar} similar"
        );
        table
    }
}

impl BatchGroup {
    fn remark(&self) -> String {
        let Some(best) = &self.best else {
            return String::new();
        };
        let file = best.file.as_ref().map(|file| file.to_string_lossy());
        let by = self
            .ranking_metric
            .as_ref()
            .map(|metric| format!(" ({metric})"))
            .unwrap_or_default();
        printable(&format!(
            "{}{by}",
            file.unwrap_or_else(|| best.image_id.as_str().into())
        ))
    }
}

/// So many of something.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

//! What is seen while a push is under way, on standard error: bars on a terminal, else one line for each file.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

const TOTAL: &str = "{prefix:28} {bar:24} {pos}/{len} files, {elapsed}";
const BYTES: &str = "{prefix:28} {bar:24} {bytes}/{total_bytes} {msg}";
const PICTURES: &str = "{prefix:28} {bar:24} {pos}/{len} pictures {msg}";
const SPINNER: &str = "{prefix:28} {spinner} {msg}";

/// Where progress goes.
pub(super) enum Progress {
    Bars { bars: MultiProgress, total: ProgressBar },
    Lines,
}

impl Progress {
    pub(super) fn new(files: usize, json: bool) -> Self {
        if json || !io::stdout().is_terminal() || !io::stderr().is_terminal() {
            return Self::Lines;
        }
        let bars = MultiProgress::new();
        let total = bars.add(ProgressBar::new(u64::try_from(files).unwrap_or(u64::MAX)));
        total.set_style(style(TOTAL));
        total.set_prefix("total");
        total.tick();
        Self::Bars { bars, total }
    }

    /// The progress of one file that begins now.
    pub(super) fn file(&self, path: &Path) -> FileProgress {
        let Self::Bars { bars, total } = self else {
            return FileProgress(None);
        };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let name: String = name.chars().filter(|char| !char.is_control()).take(28).collect();
        let bar = bars.insert_before(total, ProgressBar::new_spinner());
        bar.set_style(style(SPINNER));
        bar.set_prefix(name);
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        FileProgress(Some(bar))
    }

    /// Something that is worth a line of its own, whatever becomes of the rest.
    pub(super) fn say(&self, line: &str) {
        // A reader that has gone away is no reason to stop.
        match self {
            Self::Bars { bars, .. } => drop(bars.println(line)),
            Self::Lines => drop(writeln!(io::stderr(), "{line}")),
        }
    }

    /// One more file is through: `line` says what became of it.
    pub(super) fn finish(&self, line: &str) {
        match self {
            Self::Bars { total, .. } => total.inc(1),
            // A reader that has gone away is no reason to stop sending.
            Self::Lines => drop(writeln!(io::stderr(), "{line}")),
        }
    }

    /// One more file is through, and there is nothing to say about it.
    pub(super) fn finish_quietly(&self) {
        if let Self::Bars { total, .. } = self {
            total.inc(1);
        }
    }

    /// All files are through, or no more will be.
    pub(super) fn close(&self) {
        if let Self::Bars { bars, total } = self {
            total.finish_and_clear();
            // The bars of files that were broken off.
            drop(bars.clear());
        }
    }
}

/// The progress of one file; its bar goes when this does.
#[derive(Clone)]
pub(super) struct FileProgress(Option<ProgressBar>);

impl FileProgress {
    /// What is being done, where nobody knows how long it takes.
    pub(super) fn doing(&self, what: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_style(style(SPINNER));
            bar.set_message(what);
        }
    }

    /// What is being done, for this many bytes.
    pub(super) fn doing_bytes(&self, what: &'static str, size: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(0);
            bar.set_length(size);
            bar.set_style(style(BYTES));
            bar.set_message(what);
        }
    }

    /// What is being done, with so many pictures of so many.
    pub(super) fn doing_pictures(&self, what: &'static str, done: u64, total: u64) {
        if let Some(bar) = &self.0 {
            bar.set_style(style(PICTURES));
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(what);
        }
    }

    /// So many bytes of them are done.
    pub(super) fn at(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }

    pub(super) fn close(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_understood() {
        for template in [TOTAL, BYTES, PICTURES, SPINNER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}

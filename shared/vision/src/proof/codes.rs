//! The Huffman tables that a scan is written with: those of the file, with codes added where they lack some.

use super::layout::{Component, Layout};
use super::words::SHORT;
use crate::encode::huffman::{CodeTable, Part};

/// No code is longer.
const LONGEST: u8 = 16;

/// Huffman tables.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) means: [Option<CodeTable>; 4],
    pub(super) others: [Option<CodeTable>; 4],
    kept: u8,
}

/// Symbols that tables have no code for.
#[derive(Debug, Default)]
pub(super) struct MissingSymbols {
    means: [Vec<u8>; 4],
    others: [Vec<u8>; 4],
}

impl MissingSymbols {
    /// Notes a symbol.
    #[cold]
    pub(super) fn add(&mut self, component: &Component, part: Part, symbol: u8) {
        let tables = match part {
            Part::Mean => self.means.get_mut(component.means),
            Part::Others => self.others.get_mut(component.others),
        };
        if let Some(symbols) = tables
            && !symbols.contains(&symbol)
        {
            symbols.push(symbol);
        }
    }

    fn is_empty(&self) -> bool {
        self.means.iter().chain(&self.others).all(Vec::is_empty)
    }
}

impl Codes {
    /// Those of a file.
    pub(super) fn of(layout: &Layout) -> Self {
        Self {
            means: layout.means.clone(),
            others: layout.others.clone(),
            kept: LONGEST,
        }
    }

    /// Codes of up to so many bits are the same as in the file; 0 if none are.
    pub(super) const fn kept(&self) -> u8 {
        self.kept
    }

    pub(super) fn table(&self, component: &Component, part: Part) -> Option<&CodeTable> {
        match part {
            Part::Mean => self.means.get(component.means)?.as_ref(),
            Part::Others => self.others.get(component.others)?.as_ref(),
        }
    }

    /// The tables with codes for more symbols; none if there are none to add.
    pub(super) fn with(&self, missing: &MissingSymbols) -> Option<Self> {
        if missing.is_empty() {
            return None;
        }
        let mut codes = Self {
            means: self.means.clone(),
            others: self.others.clone(),
            kept: self.kept,
        };
        let tables = codes.means.iter_mut().chain(&mut codes.others);
        for (table, added) in tables.zip(missing.means.iter().chain(&missing.others)) {
            if let Some(table) = table
                && !added.is_empty()
            {
                let kept;
                (*table, kept) = extended(table, added);
                codes.kept = codes.kept.min(kept);
            }
        }
        Some(codes)
    }
}

/// A table with more symbols, and how long the codes are that stay as they are.
///
/// As few codes are changed as can be: bits with the others in them are copied.
fn extended(table: &CodeTable, added: &[u8]) -> (CodeTable, u8) {
    (SHORT..=LONGEST)
        .rev()
        .find_map(|kept| Some((extended_behind(table, kept, added)?, kept)))
        .unwrap_or_else(|| (rearranged(table, added), 0))
}

/// A table whose codes of up to `kept` bits stay: the others become longer where that makes room for more symbols. None if
/// there is not enough.
fn extended_behind(table: &CodeTable, kept: u8, added: &[u8]) -> Option<CodeTable> {
    let mut lengths = [0_u8; LONGEST as usize];
    // What is left, in codes of 16 bits; the one of all ones must not be used.
    let mut room = (1_u32 << LONGEST) - 1;
    let mut waiting = u32::try_from(table.symbols.len() + added.len()).ok()?;
    let mut least = 1;
    for (count, length) in table.lengths.iter().zip(1_u8..) {
        for _ in 0..*count {
            waiting = waiting.checked_sub(1)?;
            let mut longer = length.max(least);
            if length > kept {
                // Codes of 16 bits for all that come after it must be left.
                while longer < LONGEST && (1 << (LONGEST - longer)) + waiting > room {
                    longer += 1;
                }
            }
            least = longer;
            room = room.checked_sub(1 << (LONGEST - longer))?;
            let place = lengths.get_mut(usize::from(longer) - 1)?;
            *place = place.checked_add(1)?;
        }
    }
    room.checked_sub(waiting)?;
    let [.., last] = &mut lengths;
    *last = last.checked_add(u8::try_from(waiting).ok()?)?;
    Some(CodeTable::assigned(lengths, [&table.symbols, added].concat()))
}

/// A table made anew. How long the codes are says how often their symbols come, more or less.
fn rearranged(table: &CodeTable, added: &[u8]) -> CodeTable {
    let mut counts = [0; 256];
    for (count, symbol) in counts.iter_mut().zip(0..=u8::MAX) {
        *count = match table.code(symbol).length {
            0 => u32::from(added.contains(&symbol)),
            length => 4 << LONGEST.saturating_sub(length),
        };
    }
    CodeTable::shortest(&counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(counts: &[(usize, u8)], symbols: std::ops::Range<u8>) -> CodeTable {
        let mut lengths = [0; 16];
        for (length, count) in counts {
            lengths[length - 1] = *count;
        }
        CodeTable::assigned(lengths, symbols.collect())
    }

    /// Every symbol has a code of its own, none begins another, and none is all ones.
    fn check(table: &CodeTable) {
        let mut space = 0;
        for (index, symbol) in table.symbols.iter().enumerate() {
            let code = table.code(*symbol);
            assert!((1..=16).contains(&code.length));
            space += 1_u32 << (16 - code.length);
            assert_ne!(u32::from(code.bits), (1 << code.length) - 1, "all ones");
            for other in &table.symbols[index + 1..] {
                let other = table.code(*other);
                assert!(other.length >= code.length);
                assert_ne!(other.bits >> (other.length - code.length), code.bits);
            }
        }
        assert!(space < 1 << 16);
    }

    fn check_extended(before: &CodeTable, added: &[u8], expected_kept: u8) {
        let (after, kept) = extended(before, added);
        assert_eq!(kept, expected_kept);
        check(&after);
        assert_eq!(after.symbols.len(), before.symbols.len() + added.len());
        for symbol in added {
            assert!(after.code(*symbol).length > 0, "{symbol}");
        }
        for symbol in &before.symbols {
            let code = before.code(*symbol);
            if code.length <= kept {
                assert_eq!(after.code(*symbol), code, "{symbol}");
            }
        }
    }

    #[test]
    fn codes_are_added_behind_the_last_one_where_there_is_room() {
        check_extended(&table(&[(1, 1), (2, 1)], 0..2), &[0x21, 0xF0], 16);
        check_extended(&table(&[(2, 3), (4, 3)], 0..6), &[200], 16);
    }

    #[test]
    fn the_longest_codes_move_where_there_is_no_room() {
        // Each of these leaves only the code of all ones.
        let full = |longest: u8| {
            let mut counts: Vec<(usize, u8)> = (1..16).map(|length| (length, 1)).collect();
            counts.push((16, 1));
            table(&counts, 0..longest)
        };
        check_extended(&full(16), &[0x21], 14);
        check_extended(&full(16), &[0x21, 0x31, 0x41], 13);
        check_extended(&full(16), &[0x21, 0x31, 0x41, 0x51, 0x61, 0x71, 0x81], 12);
    }

    #[test]
    fn tables_without_any_room_are_made_anew() {
        let filled = CodeTable::assigned([0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], vec![1, 2, 3, 4]);
        let (after, kept) = extended(&filled, &[9]);
        assert_eq!(kept, 0);
        check(&after);
        assert_eq!(after.symbols.len(), 5);
    }

    #[test]
    fn only_tables_that_lack_something_are_changed() {
        let missing = MissingSymbols::default();
        let codes = Codes {
            means: [Some(table(&[(1, 1)], 0..1)), None, None, None],
            others: [Some(table(&[(1, 1)], 0..1)), None, None, None],
            kept: 16,
        };
        assert!(codes.with(&missing).is_none());
        let component = Component {
            horizontal: 1,
            vertical: 1,
            divisors: 0,
            means: 0,
            others: 0,
        };
        let mut missing = missing;
        missing.add(&component, Part::Others, 7);
        missing.add(&component, Part::Others, 7);
        let with = codes.with(&missing).unwrap();
        assert_eq!(with.table(&component, Part::Mean).unwrap().symbols, [0]);
        assert_eq!(with.table(&component, Part::Others).unwrap().symbols, [0, 7]);
    }
}

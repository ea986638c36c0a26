//! Entropy coding: what is to be said is collected and counted first, then said in the shortest codes.

use super::bits::BitWriter;

/// Which tables a block is coded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Luma,
    Chroma,
}

/// A word of the scan: which code table, the symbol of the code, and the bits that follow it.
#[derive(Clone, Copy)]
struct Token {
    table: u8,
    symbol: u8,
    bits: u16,
}

/// Sixteen zeros.
const ZERO_RUN: u8 = 0xF0;
const END_OF_BLOCK: u8 = 0;

/// The words of a whole scan in order, and how often each symbol comes.
pub(super) struct Tokens {
    tokens: Vec<Token>,
    counts: [[u32; 256]; 4],
}

impl Tokens {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            tokens: Vec::with_capacity(capacity),
            counts: [[0; 256]; 4],
        }
    }

    /// Adds a block of quantised coefficients in zigzag order.
    pub(super) fn push_block(&mut self, class: Class, block: &[i16; 64], last_mean: &mut i16) {
        let (means, others) = match class {
            Class::Luma => (0, 1),
            Class::Chroma => (2, 3),
        };
        words(block, last_mean, |part, symbol, bits| {
            let table = match part {
                Part::Mean => means,
                Part::Others => others,
            };
            self.push(table, symbol, bits);
        });
    }

    fn push(&mut self, table: u8, symbol: u8, bits: u16) {
        if let Some(count) = self
            .counts
            .get_mut(usize::from(table))
            .and_then(|counts| counts.get_mut(usize::from(symbol)))
        {
            *count += 1;
        }
        self.tokens.push(Token { table, symbol, bits });
    }

    /// The codes of fewest bits: for luma means, other luma, chroma means, other chroma.
    pub(super) fn codes(&self) -> [CodeTable; 4] {
        self.counts.each_ref().map(CodeTable::shortest)
    }

    /// Bytes of the scan but for the stuffed ones.
    pub(super) fn encoded_length(&self, codes: &[CodeTable; 4]) -> usize {
        let bits: u64 = self
            .counts
            .iter()
            .zip(codes)
            .flat_map(|(counts, table)| counts.iter().zip(&table.codes).zip(0_u8..=255))
            .map(|((count, code), symbol)| u64::from(*count) * u64::from(code.length + (symbol & 15)))
            .sum();
        usize::try_from(bits / 8 + 1).unwrap_or(0)
    }

    /// Writes the scan.
    pub(super) fn write(&self, codes: &[CodeTable; 4], file: &mut Vec<u8>) {
        let mut writer = BitWriter::new(file);
        for token in &self.tokens {
            let Some(code) = codes
                .get(usize::from(token.table))
                .and_then(|table| table.codes.get(usize::from(token.symbol)))
            else {
                continue;
            };
            // A code has at most 16 bits, and so have the bits after it.
            let extra = token.symbol & 15;
            writer.push(
                u32::from(code.bits) << extra | u32::from(token.bits),
                u32::from(code.length + extra),
            );
        }
        writer.finish();
    }
}

/// Which of the two code tables of a component a word is coded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Mean,
    Others,
}

/// Hands out what is to be said of a block of quantised coefficients in zigzag order (T.81, F.1.2): symbols, each with the
/// bits that follow its code.
#[inline]
pub(crate) fn words(block: &[i16; 64], last_mean: &mut i16, mut say: impl FnMut(Part, u8, u16)) {
    let [mean, ..] = *block;
    let (size, bits) = magnitude(mean - *last_mean);
    *last_mean = mean;
    say(Part::Mean, size, bits);

    // One bit for each coefficient but the mean that is not zero: most are, and need not be looked at.
    let mut remaining = (1_u64..64)
        .zip(block.iter().skip(1))
        .fold(0, |bits, (place, coefficient)| {
            bits | u64::from(*coefficient != 0) << place
        });
    let mut next = 1;
    while remaining != 0 {
        let place = remaining.trailing_zeros();
        remaining &= remaining - 1;
        let mut zeros = place - next;
        while zeros >= 16 {
            say(Part::Others, ZERO_RUN, 0);
            zeros -= 16;
        }
        let coefficient = block.get(place as usize).copied().unwrap_or(0);
        let (size, bits) = magnitude(coefficient);
        let zeros = u8::try_from(zeros).unwrap_or(0);
        say(Part::Others, zeros << 4 | size, bits);
        next = place + 1;
    }
    if next < 64 {
        say(Part::Others, END_OF_BLOCK, 0);
    }
}

/// How many bits a number takes, and those bits: negative numbers are less by one, so that their first bit is 0.
fn magnitude(value: i16) -> (u8, u16) {
    let size = 16 - value.unsigned_abs().leading_zeros();
    let mask = u16::MAX.checked_shr(16 - size).unwrap_or(0);
    let bits = value.wrapping_add(value >> 15).cast_unsigned() & mask;
    (u8::try_from(size).unwrap_or(0), bits)
}

/// The code of a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) bits: u16,
    /// 0 for a symbol that has no code.
    pub(crate) length: u8,
}

/// A Huffman table.
#[derive(Clone, Debug)]
pub(crate) struct CodeTable {
    /// How many codes there are of each length from 1 to 16 bits.
    pub(crate) lengths: [u8; 16],
    /// The symbols by increasing code.
    pub(crate) symbols: Vec<u8>,
    codes: [Code; 256],
}

impl CodeTable {
    /// The codes of at most 16 bits that take the fewest bits for the given counts (T.81, K.2), none of them all ones.
    pub(crate) fn shortest(counts: &[u32; 256]) -> Self {
        let mut by_depth = depths(counts);
        let mut lengths = limited(&by_depth);
        // The longest code is the reserved one.
        if let Some(longest) = lengths.iter_mut().rev().find(|count| **count > 0) {
            *longest -= 1;
        }
        // The rarest symbols get the longest codes, however the lengths were limited.
        by_depth.sort_unstable_by_key(|leaf| (leaf.depth, leaf.symbol));
        let symbols: Vec<u8> = by_depth
            .iter()
            .filter_map(|leaf| u8::try_from(leaf.symbol).ok())
            .collect();
        Self::assigned(lengths, symbols)
    }

    /// The codes that a file means by these lengths and symbols (T.81, annex C).
    pub(crate) fn assigned(lengths: [u8; 16], symbols: Vec<u8>) -> Self {
        let mut codes = [Code::default(); 256];
        let mut next = 0_u16;
        let mut remaining = symbols.iter();
        for (count, length) in lengths.iter().zip(1_u8..) {
            for symbol in remaining.by_ref().take(usize::from(*count)) {
                if let Some(code) = codes.get_mut(usize::from(*symbol)) {
                    *code = Code { bits: next, length };
                }
                next = next.wrapping_add(1);
            }
            next <<= 1;
        }
        Self {
            lengths,
            symbols,
            codes,
        }
    }

    /// The code of a symbol.
    #[inline]
    pub(crate) fn code(&self, symbol: u8) -> Code {
        self.codes.get(usize::from(symbol)).copied().unwrap_or_default()
    }
}

struct Leaf {
    /// A symbol, or [`RESERVED`].
    symbol: u16,
    depth: u8,
}

/// A symbol that is never written, with a count of its own: it takes the code of all ones, which must not be used.
const RESERVED: u16 = 256;

/// The symbols that come at all, each with its depth in Huffman's tree.
fn depths(counts: &[u32; 256]) -> Vec<Leaf> {
    struct Node {
        count: u64,
        leaves: Vec<Leaf>,
    }
    let mut nodes: Vec<Node> = counts
        .iter()
        .zip(0_u16..)
        .filter(|(count, _)| **count > 0)
        .map(|(count, symbol)| Node {
            count: u64::from(*count),
            leaves: vec![Leaf { symbol, depth: 0 }],
        })
        .collect();
    // Counted as half a symbol, so that no other is rarer.
    for node in &mut nodes {
        node.count *= 2;
    }
    nodes.push(Node {
        count: 1,
        leaves: vec![Leaf {
            symbol: RESERVED,
            depth: 0,
        }],
    });
    while nodes.len() > 1 {
        // The two rarest come last.
        nodes.sort_by_key(|node| std::cmp::Reverse(node.count));
        let (Some(mut a), Some(b)) = (nodes.pop(), nodes.pop()) else {
            break;
        };
        a.count += b.count;
        a.leaves.extend(b.leaves);
        for leaf in &mut a.leaves {
            leaf.depth = leaf.depth.saturating_add(1);
        }
        nodes.push(a);
    }
    nodes.pop().map(|root| root.leaves).unwrap_or_default()
}

/// How many codes of each length from 1 to 16 bits, the longer ones having been shortened (T.81, figure K.3).
#[expect(
    clippy::indexing_slicing,
    reason = "a depth of 8 bits is a place in the table, and pairs move towards its root"
)]
fn limited(leaves: &[Leaf]) -> [u8; 16] {
    const LONGEST: usize = 16;
    let mut counts = [0_u16; 257];
    for leaf in leaves {
        counts[usize::from(leaf.depth)] += 1;
    }
    for length in (LONGEST + 1..counts.len()).rev() {
        while counts[length] > 0 {
            // Two siblings: one takes their parent's place, the other shares that of a shorter code.
            let mut shorter = length - 2;
            while counts[shorter] == 0 && shorter > 1 {
                shorter -= 1;
            }
            counts[length] = counts[length].saturating_sub(2);
            counts[length - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] = counts[shorter].saturating_sub(1);
        }
    }
    let mut lengths = [0; LONGEST];
    for (length, count) in lengths.iter_mut().zip(counts.into_iter().skip(1)) {
        *length = u8::try_from(count).unwrap_or(u8::MAX);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_those_of_the_standard() {
        for (value, expected) in [
            (0, (0, 0)),
            (1, (1, 1)),
            (-1, (1, 0)),
            (2, (2, 2)),
            (-2, (2, 1)),
            (-3, (2, 0)),
            (2047, (11, 2047)),
            (-2047, (11, 0)),
        ] {
            assert_eq!(magnitude(value), expected, "{value}");
        }
    }

    fn table(counts: &[(u8, u32)]) -> CodeTable {
        let mut all = [0; 256];
        for (symbol, count) in counts {
            all[usize::from(*symbol)] = *count;
        }
        CodeTable::shortest(&all)
    }

    /// No code begins another, and none is all ones.
    fn check(table: &CodeTable) {
        let used: Vec<Code> = table
            .symbols
            .iter()
            .map(|symbol| table.codes[usize::from(*symbol)])
            .collect();
        let mut space = 0_u32;
        for (index, code) in used.iter().enumerate() {
            assert!((1..=16).contains(&code.length));
            assert_ne!(u32::from(code.bits), (1_u32 << code.length) - 1, "all ones");
            space += 1 << (16 - code.length);
            for other in &used[index + 1..] {
                assert!(other.length >= code.length);
                assert_ne!(
                    other.bits >> (other.length - code.length),
                    code.bits,
                    "a code begins another"
                );
            }
        }
        assert!(space < 1 << 16);
        assert_eq!(
            table
                .lengths
                .iter()
                .map(|count| usize::from(*count))
                .sum::<usize>(),
            table.symbols.len()
        );
    }

    #[test]
    fn frequent_symbols_get_short_codes() {
        let table = table(&[(7, 1000), (9, 10), (200, 400), (0, 1)]);
        check(&table);
        assert_eq!(table.symbols, [7, 200, 9, 0]);
        assert_eq!(table.lengths[..4], [1, 1, 1, 1]);
    }

    #[test]
    fn one_symbol_alone_has_a_code() {
        let table = table(&[(5, 12)]);
        check(&table);
        assert_eq!(table.codes[5].length, 1);
    }

    #[test]
    fn codes_are_never_longer_than_sixteen_bits() {
        // Fibonacci's numbers make the deepest tree there is.
        let (mut a, mut b) = (1_u32, 1);
        let counts: Vec<(u8, u32)> = (0..40)
            .map(|symbol| {
                (a, b) = (b, a + b);
                (symbol, a)
            })
            .collect();
        let table = table(&counts);
        check(&table);
        assert_eq!(table.symbols.len(), 40);
        assert_eq!(table.symbols[0], 39);
    }
}

//! Huffman tables arranged for reading: code and number by one look-up.

use crate::encode::huffman::CodeTable;

/// What the next bits say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    /// The number that follows the code, if code and number are short; otherwise 0.
    pub(super) value: i16,
    /// The symbol of the code if the value is 0, otherwise only the zeros before the value.
    pub(super) symbol: u8,
    /// Bits of the code, and of the value if there is one; 0 if the code is longer than the table knows.
    pub(super) length: u8,
}

/// Bits that are looked up at once.
const LOOKED_UP: u32 = 11;
/// Codes that are found among those bits.
pub(super) const SHORT: u8 = 11;
const _: () = assert!(SHORT as u32 == LOOKED_UP);

/// A Huffman table arranged for reading.
#[derive(Debug)]
pub(super) struct Words {
    /// By the next bits.
    short: Box<[Word; 1 << LOOKED_UP]>,
    /// Codes that are longer, by their first bit at the highest place: the code, its length, its symbol.
    long: Vec<(u16, u8, u8)>,
}

impl Words {
    /// For a table.
    pub(super) fn new(table: &CodeTable) -> Self {
        let mut short = Box::new([Word::default(); 1 << LOOKED_UP]);
        let mut long = Vec::new();
        let mut symbols = table.symbols.iter();
        // The next code, its first bit at the place of 2 to the 15.
        let mut next = 0_u32;
        for (count, length) in table.lengths.iter().zip(1_u8..) {
            for symbol in symbols.by_ref().take(usize::from(*count)) {
                let code = u16::try_from(next).unwrap_or(u16::MAX);
                let step = 1_u32 << (16 - length);
                if u32::from(length) <= LOOKED_UP {
                    let first = next >> (16 - LOOKED_UP);
                    let last = (next + step) >> (16 - LOOKED_UP);
                    for bits in first..last {
                        if let Some(word) = short.get_mut(bits as usize) {
                            *word = short_word(bits, length, *symbol);
                        }
                    }
                } else {
                    long.push((code, length, *symbol));
                }
                next += step;
            }
        }
        Self { short, long }
    }

    /// What 16 bits begin with, if it is short.
    #[inline]
    pub(super) fn begins(&self, bits: u16) -> Word {
        self.short
            .get(usize::from(bits >> (16 - LOOKED_UP)))
            .copied()
            .unwrap_or_default()
    }

    /// Which of the longer codes 16 bits begin with.
    pub(super) fn long(&self, bits: u16) -> Option<Word> {
        let after = self.long.partition_point(|(code, ..)| *code <= bits);
        let (code, length, symbol) = *self.long.get(after.checked_sub(1)?)?;
        let differing = (code ^ bits) >> (16 - u32::from(length));
        (differing == 0).then_some(Word {
            value: 0,
            symbol,
            length,
        })
    }
}

/// What is known from looked-up bits that begin with a code.
fn short_word(bits: u32, length: u8, symbol: u8) -> Word {
    let size = symbol & 15;
    let whole = length + size;
    if size == 0 || u32::from(whole) > LOOKED_UP {
        return Word {
            value: 0,
            symbol,
            length,
        };
    }
    let number = bits >> (LOOKED_UP - u32::from(whole)) & ((1 << size) - 1);
    let number = i16::try_from(number).unwrap_or(0);
    let value = if number >> (size - 1) == 0 {
        number - (1 << size) + 1
    } else {
        number
    };
    Word {
        value,
        symbol: symbol >> 4,
        length: whole,
    }
}

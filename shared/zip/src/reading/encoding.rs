//! The names of entries as text, whatever program wrote them.

use std::borrow::Cow;

use super::record::{Record, extra_field};
use crate::{
    layout::{UNICODE_NAME_EXTRA, UNICODE_NAME_VERSION},
    name::NAME_BYTES,
};

/// Code page 437 from byte 128 on, the character set of the IBM PC, in which names without a mark are (APPNOTE.TXT,
/// appendix D.1). The mapping is that of the Unicode Consortium: VENDORS/MICSFT/PC/CP437.TXT, version 2.00.
const CODE_PAGE_437: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å', // 0x80
    'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', '¢', '£', '¥', '₧', 'ƒ', // 0x90
    'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '⌐', '¬', '½', '¼', '¡', '«', '»', // 0xa0
    '░', '▒', '▓', '│', '┤', '╡', '╢', '╖', '╕', '╣', '║', '╗', '╝', '╜', '╛', '┐', // 0xb0
    '└', '┴', '┬', '├', '─', '┼', '╞', '╟', '╚', '╔', '╩', '╦', '╠', '═', '╬', '╧', // 0xc0
    '╨', '╤', '╥', '╙', '╘', '╒', '╓', '╫', '╪', '┘', '┌', '█', '▄', '▌', '▐', '▀', // 0xd0
    'α', 'ß', 'Γ', 'π', 'Σ', 'σ', 'µ', 'τ', 'Φ', 'Θ', 'Ω', 'δ', '∞', 'φ', 'ε', '∩', // 0xe0
    '≡', '±', '≥', '≤', '⌠', '⌡', '÷', '≈', '°', '∙', '·', '√', 'ⁿ', '²', '■', '\u{a0}', // 0xf0
];

/// The name of an entry: in UTF-8 if it is marked so, with what is broken replaced; else that of the extra field for
/// UTF-8, if it belongs to this name; else in UTF-8 if it is valid, since macOS and Linux often forget the mark; else in
/// code page 437.
///
/// Of a name that is too long the end is kept: it has the file's own name.
pub(super) fn decoded(record: &Record<'_>) -> String {
    let name = if record.is_named_in_utf_8() {
        String::from_utf8_lossy(record.name)
    } else if let Some(name) = unicode_name(record) {
        Cow::Borrowed(name)
    } else if let Ok(name) = str::from_utf8(record.name) {
        Cow::Borrowed(name)
    } else {
        record.name.iter().map(|byte| character(*byte)).collect()
    };
    let cut = name.ceil_char_boundary(name.len().saturating_sub(NAME_BYTES));
    match name.get(cut..) {
        Some(end) if cut > 0 => end.to_owned(),
        _ => name.into_owned(),
    }
}

/// The name of the extra field (4.6.9). A program that does not know the field may have changed the name without it: the
/// field then has the CRC of another name.
fn unicode_name<'bytes>(record: &Record<'bytes>) -> Option<&'bytes str> {
    let mut fields = extra_field(record.extra, UNICODE_NAME_EXTRA)?;
    if fields.u8()? != UNICODE_NAME_VERSION || fields.u32()? != crc32fast::hash(record.name) {
        return None;
    }
    str::from_utf8(fields.rest()).ok().filter(|name| !name.is_empty())
}

fn character(byte: u8) -> char {
    byte.checked_sub(128)
        .and_then(|position| CODE_PAGE_437.get(usize::from(position)))
        .copied()
        .unwrap_or_else(|| char::from(byte))
}

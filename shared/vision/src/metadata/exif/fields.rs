//! The entries of an EXIF block, by tag and as what they are to be.

use exif::{Context, Error, Exif, In, Reader, Tag, Value};

use super::survey::Survey;

/// The type of UTF-8 texts since EXIF 3.0, which the reader does not know.
const TYPE_UTF8: u16 = 129;

/// A quotient of two positive numbers, as it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::metadata) struct Ratio {
    pub(super) numerator: u64,
    pub(super) denominator: u64,
}

impl Ratio {
    /// None for a denominator of 0.
    pub(in crate::metadata) fn new(numerator: u32, denominator: u32) -> Option<Self> {
        (denominator != 0).then_some(Self {
            numerator: u64::from(numerator),
            denominator: u64::from(denominator),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "both are below 2^32")]
    pub(super) fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// The entries of a block, those of its first image.
pub(super) struct Fields {
    exif: Exif,
    survey: Survey,
}

impl Fields {
    pub(super) fn of(block: &[u8]) -> Option<Self> {
        let survey = Survey::of(block)?;
        let mut reader = Reader::new();
        let exif = match reader.continue_on_error(true).read_raw(block.to_vec()) {
            Ok(exif) => exif,
            Err(Error::PartialResult(partial)) => partial.into_inner().0,
            Err(_) => return None,
        };
        Some(Self { exif, survey })
    }

    fn value(&self, context: Context, tag: u16) -> Option<&Value> {
        if self.survey.is_oversized(tag) {
            return None;
        }
        let field = self.exif.get_field(Tag(context, tag), In::PRIMARY)?;
        Some(&field.value)
    }

    /// A value of the EXIF directory, or where TIFF/EP and some editors put it, of the image's.
    fn photograph(&self, tag: u16) -> Option<&Value> {
        self.value(Context::Exif, tag)
            .or_else(|| self.value(Context::Tiff, tag))
    }

    /// The first text of a tag that is not blank; texts end with a 0.
    pub(super) fn text(&self, tag: u16) -> Option<&[u8]> {
        self.text_of(self.photograph(tag)?)
    }

    /// The first text of a tag of the GPS directory.
    pub(super) fn gps_text(&self, tag: u16) -> Option<&[u8]> {
        self.text_of(self.value(Context::Gps, tag)?)
    }

    fn text_of<'fields>(&'fields self, value: &'fields Value) -> Option<&'fields [u8]> {
        let is_told = |text: &&[u8]| !text.trim_ascii().is_empty();
        let bytes = match value {
            Value::Ascii(texts) => return texts.iter().map(Vec::as_slice).find(is_told),
            Value::Byte(bytes) | Value::Undefined(bytes, _) => bytes,
            Value::Unknown(TYPE_UTF8, count, position) => self.unknown(*count, *position)?,
            _ => return None,
        };
        bytes.split(|&byte| byte == 0).find(is_told)
    }

    /// The bytes of a value whose type the reader does not know; `position` is that of the field that holds the value or its
    /// offset.
    fn unknown(&self, count: u32, position: u32) -> Option<&[u8]> {
        let block = self.exif.buf();
        let (count, position) = (usize::try_from(count).ok()?, usize::try_from(position).ok()?);
        let field = block.get(position..)?;
        if count <= 4 {
            return field.get(..count);
        }
        let offset = *field.first_chunk()?;
        let offset = if self.exif.little_endian() {
            u32::from_le_bytes(offset)
        } else {
            u32::from_be_bytes(offset)
        };
        block.get(usize::try_from(offset).ok()?..)?.get(..count)
    }

    /// The bytes of a tag that holds numbers of 8 bits.
    pub(super) fn octets(&self, tag: u16) -> Option<&[u8]> {
        match self.photograph(tag)? {
            Value::Byte(octets) | Value::Undefined(octets, _) => Some(octets),
            _ => None,
        }
    }

    /// The first of a tag's integers.
    pub(super) fn integer(&self, tag: u16) -> Option<u32> {
        self.photograph(tag)?.get_uint(0)
    }

    /// The first of a tag's numbers, above 0.
    pub(super) fn ratio(&self, tag: u16) -> Option<Ratio> {
        let value = self.photograph(tag)?;
        let ratio = match value {
            Value::Rational(_) | Value::SRational(_) => ratios(value)?.first().copied().flatten(),
            _ => Ratio::new(value.get_uint(0)?, 1),
        };
        ratio.filter(|ratio| ratio.numerator > 0)
    }

    /// The ratios of a tag of the GPS directory, none in the place of one that is negative or divides by 0.
    pub(super) fn gps_ratios(&self, tag: u16) -> Option<Vec<Option<Ratio>>> {
        ratios(self.value(Context::Gps, tag)?)
    }
}

fn ratios(value: &Value) -> Option<Vec<Option<Ratio>>> {
    match value {
        Value::Rational(ratios) => Some(
            ratios
                .iter()
                .map(|ratio| Ratio::new(ratio.num, ratio.denom))
                .collect(),
        ),
        Value::SRational(ratios) => Some(
            ratios
                .iter()
                .map(|ratio| Ratio::new(u32::try_from(ratio.num).ok()?, u32::try_from(ratio.denom).ok()?))
                .collect(),
        ),
        _ => None,
    }
}

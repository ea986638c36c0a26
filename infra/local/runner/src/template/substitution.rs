//! The text of `Fn::Sub`.

use super::error::{Fault, TemplateError};

/// A part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    /// What stands between `${` and `}`.
    Reference(&'t str),
}

/// Cuts the text at its references; `${!Name}` is the text `${Name}`.
pub(crate) fn pieces<'t>(text: &'t str, path: &str) -> Result<Vec<Piece<'t>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else {
            return Err(Fault::invalid("a closing brace", text).at(path));
        };
        pieces.push(Piece::Text(before));
        match name.strip_prefix('!') {
            Some(literal) => pieces.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]),
            None => pieces.push(Piece::Reference(name.trim())),
        }
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

//! A picture file, opened to be looked at small and drawn into at its full resolution.
//!
//! That is what predictions need: a model looks at some hundred pixels a side, and what it found is drawn as boxes into
//! the whole picture.
//!
//! Neither takes the whole picture of a JPEG as cameras write it: baseline, luma and chroma in one scan, chroma at full or
//! half resolution. Its scan is read once; on the way the blocks become the means of their pixels at the scale that is asked
//! for, without ever being whole, and it is noted where each unit of the scan begins. To draw, only units that a line or
//! a label touches are decoded, drawn on, and transformed and quantised by the file's own tables; everything else is copied
//! bit by bit. What is not drawn on is thus exactly what it was, at the quality that it had, turned as it was turned.
//!
//! Every other file is decoded, drawn on and encoded. So is a damaged one: what a decoder tolerates or refuses, it tolerates or
//! refuses here.

mod bits;
mod coded;
mod codes;
mod inverse;
mod layout;
mod profile;
mod reduction;
mod rewrite;
mod sheet;
mod tile;
mod words;

use std::fmt;

use darkroom_domain::{Failure, ImageFormat, ImageLimits};

use self::coded::Coded;
use self::profile::Profile;
use self::rewrite::rewritten;
use self::sheet::Sheet;
use crate::decode::{corrupt, decode};
use crate::draw::{self, Canvas, ClassColors};
use crate::encode::{self, Quality};
use crate::guard::guarded;
use crate::header;
use crate::orientation::Orientation;
use crate::picture::Picture;

/// One box to draw, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledBox {
    /// Left, top, right and bottom in pixels of the upright picture at its full resolution.
    pub bounds: [f32; 4],
    /// Which class it is of: it chooses the [colours](ClassColors).
    pub class: usize,
    /// What its label says.
    pub text: String,
}

/// A picture file, opened to be looked at and drawn into.
pub struct Proof {
    width: u32,
    height: u32,
    scale: u32,
    /// Where the left and top borders of the rendition are in the full picture, negated.
    beyond: [f32; 2],
    profile: Profile,
    source: Source,
}

/// What the full picture is drawn into.
enum Source {
    /// The scan of a JPEG, and the picture at the smaller scale, or as it is.
    Coded {
        coded: Box<Coded>,
        orientation: Orientation,
        rendition: Picture,
    },
    /// The pixels, and the picture at the smaller scale if there is one.
    Decoded {
        full: Picture,
        rendition: Option<Picture>,
    },
}

impl Proof {
    /// Opens a file. `least` are the width and height that the [rendition](Self::rendition) must still have: typically
    /// those of a model's input.
    ///
    /// # Errors
    /// Those of [`decode`](crate::decode()).
    pub fn open(bytes: &[u8], limits: &ImageLimits, least: (u32, u32)) -> Result<Self, Failure> {
        guarded(|| {
            let header = header::read(bytes, limits)?;
            let (width, height) = header.inspection.upright_dimensions();
            let scale = reduction::scale(width, height, least);
            let usual = header.complete && header.inspection.format == ImageFormat::Jpeg;
            let (coded, profile) = if usual {
                let coded = Coded::read(bytes, scale, limits.memory_budget());
                (coded, Profile::read(bytes))
            } else {
                (None, Profile::default())
            };
            let orientation = header.inspection.orientation;
            let mut beyond = [0.0; 2];
            let source = match coded {
                Some((coded, Some(reduced))) => {
                    let rendition = orientation.apply(reduced).into_rgb();
                    let (left, top) = orientation.begins_at_ends();
                    let over = |ends: bool, full: u32| match ends {
                        true => f32::from(u8::try_from(full.div_ceil(scale) * scale - full).unwrap_or(0)),
                        false => 0.0,
                    };
                    beyond = [over(left, width), over(top, height)];
                    Source::Coded {
                        coded: Box::new(coded),
                        orientation,
                        rendition,
                    }
                }
                Some((coded, None)) => Source::Coded {
                    coded: Box::new(coded),
                    orientation,
                    rendition: decode(bytes, limits)?,
                },
                None => {
                    let full = decode(bytes, limits)?;
                    let rendition = match scale {
                        1 => None,
                        scale => Some(reduction::reduced(&full, scale)?),
                    };
                    Source::Decoded { full, rendition }
                }
            };
            Ok(Self {
                width,
                height,
                scale,
                beyond,
                profile,
                source,
            })
        })
    }

    /// Pixels of a row of the upright picture at its full resolution.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows of the upright picture at its full resolution.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The upright picture at the smallest of the scales 1, 1/2, 1/4 and 1/8 at which it is as wide and as high as was
    /// asked for; at full resolution if it is smaller than that. Its sides are those of the picture divided by
    /// [`scale`](Self::scale), rounded up.
    #[must_use]
    pub const fn rendition(&self) -> &Picture {
        match &self.source {
            Source::Coded { rendition, .. }
            | Source::Decoded {
                rendition: Some(rendition),
                ..
            } => rendition,
            Source::Decoded {
                full,
                rendition: None,
            } => full,
        }
    }

    /// How many pixels of the full picture stand behind one of the rendition, along each side: 1, 2, 4 or 8.
    #[must_use]
    pub const fn scale(&self) -> u32 {
        self.scale
    }

    /// Where left, top, right and bottom of something in the rendition are in the full picture.
    ///
    /// That is the scale times each coordinate, to the pixel: where the sides of the picture are no multiples of the
    /// scale, the ratio of the sides would be wrong by a part of a pixel, and in a turned picture it is the first column
    /// or row of the rendition that stands for fewer pixels.
    #[must_use]
    pub fn full_bounds(&self, [left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
        let scale = f32::from(u8::try_from(self.scale).unwrap_or(1));
        let [over_left, over_top] = self.beyond;
        [
            left * scale - over_left,
            top * scale - over_top,
            right * scale - over_left,
            bottom * scale - over_top,
        ]
    }

    /// The picture at full resolution as a JPEG file, with boxes drawn into it: later ones cover earlier ones.
    ///
    /// The file tells nothing but how its pixels lie and, if the file that was opened is a JPEG too, their colour profile. A
    /// scan that cannot be kept is written anew at [high quality](Quality::HIGH).
    ///
    /// # Errors
    /// An unknown failure if a side is above 65,535 pixels; `corrupt_image` for a scan that says what no encoder does, and
    /// cannot be said again.
    pub fn annotated(self, boxes: &[LabelledBox]) -> Result<Vec<u8>, Failure> {
        guarded(|| match self.source {
            Source::Coded {
                coded,
                orientation,
                rendition,
            } => {
                drop(rendition);
                let mut sheet = Sheet::new(&coded, orientation);
                draw_all(&mut sheet, boxes);
                let drawn = sheet.into_units();
                drawn
                    .and_then(|drawn| rewritten(&coded, &drawn, orientation, &self.profile))
                    .ok_or_else(|| corrupt("the scan cannot be written again"))
            }
            Source::Decoded { full, rendition } => {
                drop(rendition);
                let mut full = full;
                draw_all(&mut full, boxes);
                let file = encode::jpeg_of_quality(&full.into_raster(), Quality::HIGH)?;
                Ok(self.profile.insert_into(file))
            }
        })
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Proof({}x{}, 1/{})",
            self.width, self.height, self.scale
        )
    }
}

fn draw_all(canvas: &mut impl Canvas, boxes: &[LabelledBox]) {
    let line_width = draw::line_width(canvas.width(), canvas.height());
    for found in boxes {
        let colors = ClassColors::of(found.class);
        draw::labelled_box(canvas, found.bounds, line_width, colors, &found.text);
    }
}

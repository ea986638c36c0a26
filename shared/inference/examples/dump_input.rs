//! Writes the tensor that a model of a manifest is given for a picture: `dump_input MANIFEST MODEL PICTURE OUTPUT`.
//!
//! The output is 32-bit floats in little-endian order. `tests/golden/make.py` gives them to ONNX Runtime.

use std::error::Error;

use darkroom_inference::{Library, Pixels, preprocess};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [manifest, model, picture, output] = arguments.as_slice() else {
        return Err("dump_input MANIFEST MODEL PICTURE OUTPUT".into());
    };
    let library = Library::parse(&std::fs::read_to_string(manifest)?)?;
    let description = library
        .iter()
        .find(|description| &description.name == model)
        .ok_or("no such model")?;
    let picture = image::ImageReader::open(picture)?.decode()?.to_rgb8();
    let (width, height) = picture.dimensions();
    let pixels = Pixels::new(width, height, picture.as_raw().as_chunks().0)?;
    let input = preprocess(&pixels, &description.input);
    let bytes: Vec<u8> = input
        .values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    std::fs::write(output, bytes)?;
    Ok(())
}

//! What a model costs on a picture: `measure MANIFEST MODEL PICTURE [THREADS]`, one line of JSON.
//!
//! Times are the medians of seven answers. On Linux the peak memory of the process before the first answer (with the
//! picture and the loaded model) and after the last is added.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use darkroom_inference::{Library, Model, ModelError, Pixels, SegmentOptions, Task, Timing};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (manifest, name, picture, threads) = match arguments.as_slice() {
        [manifest, name, picture] => (manifest, name, picture, 1),
        [manifest, name, picture, threads] => (manifest, name, picture, threads.parse()?),
        _ => return Err("measure MANIFEST MODEL PICTURE [THREADS]".into()),
    };
    let library = Library::parse(&std::fs::read_to_string(manifest)?)?;
    let description = library
        .iter()
        .find(|model| &model.name == name)
        .ok_or("no such model")?;
    let file = Path::new(manifest)
        .parent()
        .ok_or("no folder")?
        .join(&description.file);
    let picture = image::ImageReader::open(picture)?.decode()?.into_rgb8();
    let (width, height) = picture.dimensions();
    let pixels = Pixels::new(width, height, picture.as_raw().as_chunks().0)?;
    let model = Model::load(description, &std::fs::read(file)?, threads)?;
    let before = peak_kilobytes();
    let mut timings = Vec::new();
    for _ in 0..7 {
        timings.push(answer(&model, description.task, &pixels)?);
    }
    let median = |part: fn(&Timing) -> f64| {
        let mut times: Vec<f64> = timings.iter().map(part).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::json!({
            "model": name, "width": width, "height": height, "threads": threads,
            "load_ms": model.load_ms(),
            "preprocess_ms": median(|timing| timing.preprocess_ms),
            "inference_ms": median(|timing| timing.inference_ms),
            "postprocess_ms": median(|timing| timing.postprocess_ms),
            "peak_kilobytes_loaded": before,
            "peak_kilobytes": peak_kilobytes(),
        })
    )?;
    Ok(())
}

fn answer(model: &Model, task: Task, pixels: &Pixels<'_>) -> Result<Timing, ModelError> {
    let options = SegmentOptions::default();
    Ok(match task {
        Task::Embed => model.embed(pixels)?.1,
        Task::Detect => model.detect(pixels, &options)?.1,
        Task::Segment => model.segment(pixels, &options)?.1,
        Task::Quality => model.score(pixels)?.1,
    })
}

/// The greatest resident memory so far, where the system tells.
fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

//! Clusters the colours of a picture on request, for comparison with other programs (see `benches/compare_clusters.py`).
//!
//! Each line of standard input is a JSON object `{"in": path, "clusters": number, "seed": number}`, where `"space"` may be
//! `"lab"`. Each is answered with a line `{"ms", "cpu", "compactness", "centers", "iterations"}`: milliseconds of wall clock
//! and of processor time from decoded pixels to the label of every pixel, and what was found.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use darkroom_domain::ImageLimits;
use darkroom_vision::clusters::Options;
use darkroom_vision::{ColorSpace, Picture, decode, of_colors};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

fn decoded(path: &str) -> Result<Picture, Box<dyn Error>> {
    let limits = ImageLimits {
        bytes: u64::MAX,
        ..ImageLimits::DEFAULT
    };
    Ok(decode(&fs::read(path)?, &limits)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", json!({ "ready": 1 }));
    stdout().flush()?;
    let mut loaded: Option<(String, Picture)> = None;
    for line in stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let path = request
            .get("in")
            .and_then(Value::as_str)
            .ok_or("a request names its file in `in`")?;
        // Pictures are decoded once, as all programs are compared from decoded pixels.
        let picture = match loaded.take() {
            Some((name, picture)) if name == path => picture,
            _ => decoded(path)?,
        };
        let number = |name| request.get(name).and_then(Value::as_u64);
        let options = Options {
            clusters: u32::try_from(number("clusters").unwrap_or(8))?,
            seed: number("seed").unwrap_or(0),
            ..Options::default()
        };
        let space = match request.get("space").and_then(Value::as_str) {
            Some("lab") => ColorSpace::Lab,
            _ => ColorSpace::Rgb,
        };
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let clusters = of_colors(&picture, space, &options)?;
        let cpu = processor_milliseconds() - processor;
        let ms = wall.elapsed().as_secs_f64() * 1e3;
        let answer = json!({
            "ms": ms,
            "cpu": cpu,
            "compactness": clusters.compactness,
            "centers": clusters.centers,
            "iterations": clusters.iterations,
        });
        println!("{answer}");
        stdout().flush()?;
        loaded = Some((path.to_owned(), picture));
    }
    Ok(())
}

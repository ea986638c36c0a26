//! Makes thumbnails on request, for comparison with other programs (see `benches/compare_thumbnails.py`).
//!
//! Each line of standard input is a JSON object `{"in": path, "out": prefix}`, where `out` may be missing. Each is
//! answered with a line `{"ms", "cpu", "sizes"}`: milliseconds of wall clock and of processor time without reading and
//! writing files, and the bytes of the thumbnails. With `out`, they are written to `PREFIX_100.jpg` and so on.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use darkroom_domain::ImageLimits;
use darkroom_vision::thumbnails;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", json!({ "ready": 1 }));
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let path = request
            .get("in")
            .and_then(Value::as_str)
            .ok_or("a request names its file in `in`")?;
        let file = fs::read(path)?;
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let made = thumbnails(
            &file,
            &ImageLimits {
                bytes: u64::MAX,
                ..ImageLimits::DEFAULT
            },
        )?;
        let cpu = processor_milliseconds() - processor;
        let ms = wall.elapsed().as_secs_f64() * 1e3;
        if let Some(prefix) = request.get("out").and_then(Value::as_str) {
            for thumbnail in &made.files {
                fs::write(
                    format!("{prefix}_{}.jpg", thumbnail.preset.side()),
                    &thumbnail.jpeg,
                )?;
            }
        }
        let sizes: Vec<usize> = made.files.iter().map(|thumbnail| thumbnail.jpeg.len()).collect();
        println!("{}", json!({ "ms": ms, "cpu": cpu, "sizes": sizes }));
        stdout().flush()?;
    }
    Ok(())
}

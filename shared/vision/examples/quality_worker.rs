//! Measures the quality of a picture on request, for comparison with other programs (see `benches/compare_quality.py`).
//!
//! Each line of standard input is a JSON object `{"in": path, "metrics": [name, ...]}`. Each is answered with a line
//! `{"ms", "cpu", "scores"}`: milliseconds of wall clock and of processor time from decoded pixels to all of these metrics,
//! and what was measured, by name; a metric that is not defined for the picture has its reason in place of a number.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use darkroom_domain::{ImageLimits, QualityMetric};
use darkroom_vision::{Picture, decode, quality};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

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

fn metrics(request: &Value) -> Result<Vec<QualityMetric>, Box<dyn Error>> {
    let names = request.get("metrics").and_then(Value::as_array);
    names
        .ok_or("a request names its metrics in `metrics`")?
        .iter()
        .map(|name| {
            let metric = name.as_str().and_then(|name| name.parse().ok());
            metric.ok_or_else(|| format!("{name} is no metric").into())
        })
        .collect()
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
        let metrics = metrics(&request)?;
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let measured = quality(&picture, &metrics);
        let cpu = processor_milliseconds() - processor;
        let ms = wall.elapsed().as_secs_f64() * 1e3;
        let scores: Map<String, Value> = measured
            .into_iter()
            .map(|(metric, score)| {
                let value = score.map_or_else(|reason| json!(reason.to_string()), |score| json!(score));
                (metric.name().to_owned(), value)
            })
            .collect();
        println!("{}", json!({ "ms": ms, "cpu": cpu, "scores": scores }));
        stdout().flush()?;
        loaded = Some((path.to_owned(), picture));
    }
    Ok(())
}

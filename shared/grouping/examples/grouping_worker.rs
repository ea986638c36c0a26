//! Groups vectors on request, for comparison with other programs (see `benches/compare_grouping.py`).
//!
//! Each line of standard input is a JSON object `{"in", "dimensions", "metric", "min_cluster_size", "min_samples", "threads",
//! "out"}`: the vectors are read from the file `in`, values of 32 bits in little-endian order, and the labels written to the file
//! `out` as integers of 32 bits, -1 where there is none. Each is answered with a line `{"ms", "cpu", "groups", "ungrouped"}`: milliseconds of wall
//! clock and of processor time without reading and writing files.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Instant;

use darkroom_grouping::{Grouping, Metric, Parameters, Vectors, group_on};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("{}", json!({ "ready": 1 }));
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}

fn answer(line: &str) -> Result<Value> {
    let request: Value = serde_json::from_str(line)?;
    let text = |name: &str| {
        request
            .get(name)
            .and_then(Value::as_str)
            .ok_or("a name is missing")
    };
    let number = |name: &str, default: usize| {
        let number = request.get(name).and_then(Value::as_u64);
        number
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(default)
    };
    let values = read(text("in")?)?;
    let vectors = Vectors::new(&values, number("dimensions", 384))?;
    let metric: Metric = text("metric").unwrap_or("euclidean").parse()?;
    let parameters = Parameters::new(number("min_cluster_size", 5), number("min_samples", 5), metric)?;
    let threads = NonZeroUsize::new(number("threads", 1)).unwrap_or(NonZeroUsize::MIN);

    let (wall, processor) = (Instant::now(), processor_milliseconds());
    let grouping = group_on(threads, &vectors, &parameters, &mut |_| ControlFlow::Continue(()))?;
    let processor = processor_milliseconds() - processor;
    let wall = wall.elapsed().as_secs_f64() * 1e3;

    if let Ok(out) = text("out") {
        fs::write(out, labels(&grouping)?)?;
    }
    Ok(json!({
        "ms": wall,
        "cpu": processor,
        "groups": grouping.groups.len(),
        "ungrouped": grouping.labels.iter().filter(|label| label.is_none()).count(),
    }))
}

/// A little at a time: that the file is not in memory twice.
fn read(path: &str) -> Result<Vec<f32>> {
    let mut file = BufReader::new(fs::File::open(path)?);
    let mut values = Vec::with_capacity(usize::try_from(fs::metadata(path)?.len() / 4)?);
    let mut bytes = [0; 4];
    while file.read_exact(&mut bytes).is_ok() {
        values.push(f32::from_le_bytes(bytes));
    }
    Ok(values)
}

fn labels(grouping: &Grouping) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for label in &grouping.labels {
        bytes.extend(label.map_or(Ok(-1), i32::try_from)?.to_le_bytes());
    }
    Ok(bytes)
}

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

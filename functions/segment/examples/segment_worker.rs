//! Segments a picture on request, for comparison with other programs (see `benches/compare_segmentation.py`).
//!
//! Started as `segment_worker MANIFEST MODEL`, where the model's file lies beside the manifest. Each line of standard input is
//! a JSON object `{"in": path, "out": path}`: the overlay is written to `out`, in the format that its name promises. Each is
//! answered with a line `{"ms", "cpu", "stages", "areas"}`: milliseconds of wall clock and of processor time from the file's
//! bytes to those of the overlay, how the wall clock is made up, and the share of each class.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, Write, stdin, stdout},
    path::Path,
    time::{Duration, Instant},
};

use darkroom_domain::{ArchiveOutput, ImageLimits};
use darkroom_inference::{Library, Model, SegmentOptions, Task};
use darkroom_segment::picture::{PictureOrder, segmented};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [manifest, name] = arguments.as_slice() else {
        return Err("usage: segment_worker MANIFEST MODEL".into());
    };
    let library = Library::parse(&fs::read_to_string(manifest)?)?;
    let description = library
        .find(Task::Segment, name)
        .ok_or("there is no such model")?;
    let file = Path::new(manifest).with_file_name(&description.file);
    let (wall, processor) = (Instant::now(), processor_milliseconds());
    let model = Model::load(description, &fs::read(file)?, 1)?;
    let ready = json!({
        "ready": 1,
        "load_ms": milliseconds(wall.elapsed()),
        "load_cpu": processor_milliseconds() - processor,
    });
    println!("{ready}");
    stdout().flush()?;
    let limits = ImageLimits {
        bytes: u64::MAX,
        ..ImageLimits::DEFAULT
    };
    for line in stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let path = |name| {
            let path = request.get(name).and_then(Value::as_str);
            path.ok_or("a request names its files in `in` and `out`")
        };
        let (from, to) = (path("in")?, path("out")?);
        let order = PictureOrder {
            options: SegmentOptions::default(),
            output: ArchiveOutput::Overlay,
            extension: to.rsplit('.').next().unwrap_or_default().to_owned(),
        };
        let bytes = fs::read(from)?;
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let made = segmented(&bytes, &limits, &model, &order)?;
        let cpu = processor_milliseconds() - processor;
        let ms = milliseconds(wall.elapsed());
        fs::write(to, &made.bytes)?;
        let stages = &made.stages;
        let answer = json!({
            "ms": ms,
            "cpu": cpu,
            "stages": {
                "decode": milliseconds(stages.decode),
                "preprocess": stages.model.preprocess_ms,
                "inference": stages.model.inference_ms,
                "postprocess": stages.model.postprocess_ms,
                "paint": milliseconds(stages.paint),
                "encode": milliseconds(stages.encode),
            },
            "areas": made.findings.areas,
        });
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}

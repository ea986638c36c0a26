//! Looks for things in pictures on request, for comparison with other programs.
//!
//! Started as `predict_worker MANIFEST MODEL`, where the model's file lies beside the manifest. Each line of standard input is
//! a JSON object `{"in": path, "out": path}`: the picture with the boxes is written to `out`, which may be left out. Each is
//! answered with a line `{"ms", "cpu", "stages", "width", "height", "detections", "uncertain"}`: milliseconds of wall clock and of
//! processor time from the file's bytes to those of the picture with the boxes, and how the wall clock is made up.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, Write, stdin, stdout},
    path::Path,
    time::Instant,
};

use darkroom_domain::{DetectionOrder, ImageLimits};
use darkroom_inference::{Library, Model, Task};
use darkroom_prediction::{Parameters, detected};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [manifest, name] = arguments.as_slice() else {
        return Err("usage: predict_worker MANIFEST MODEL".into());
    };
    let library = Library::parse(&fs::read_to_string(manifest)?)?;
    let description = library.find(Task::Detect, name).ok_or("there is no such model")?;
    let file = Path::new(manifest).with_file_name(&description.file);
    let wall = Instant::now();
    let model = Model::load(description, &fs::read(file)?, 1)?;
    let ready = json!({"ready": 1, "load_ms": wall.elapsed().as_secs_f64() * 1e3});
    println!("{ready}");
    stdout().flush()?;
    let parameters = Parameters::of(&DetectionOrder::default(), description)?;
    let limits = ImageLimits {
        bytes: u64::MAX,
        ..ImageLimits::DEFAULT
    };
    for line in stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let path = |name| request.get(name).and_then(Value::as_str);
        let bytes = fs::read(path("in").ok_or("a request names its file in `in`")?)?;
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let found = detected(&bytes, &limits, &model, &parameters)?;
        let cpu = processor_milliseconds() - processor;
        let ms = wall.elapsed().as_secs_f64() * 1e3;
        if let Some(to) = path("out") {
            fs::write(to, &found.annotated)?;
        }
        let answer = json!({
            "ms": ms,
            "cpu": cpu,
            "stages": found.times,
            "width": found.width,
            "height": found.height,
            "detections": found.detections,
            "uncertain": found.uncertain,
        });
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}

//! Describes photographs on request, for measuring how long that takes.
//!
//! Started as `describe_worker MANIFEST`, where the file of the model that embeds lies beside the manifest. Each line of standard
//! input is the path of a photograph. Each is answered with a line `{"ms", "cpu", "stages", "pixels"}`: milliseconds of wall clock
//! and of processor time from the file's bytes to what is known of it, and how the wall clock is made up.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, Write, stdin, stdout},
    path::Path,
    time::{Duration, Instant},
};

use darkroom_domain::ImageLimits;
use darkroom_inference::{Library, Model, Task};
use darkroom_photograph::describe;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = env::args().nth(1).ok_or("usage: describe_worker MANIFEST")?;
    let library = Library::parse(&fs::read_to_string(&manifest)?)?;
    let description = library
        .default_for(Task::Embed)
        .ok_or("no model embeds where none is named")?;
    let file = Path::new(&manifest).with_file_name(&description.file);
    let model = Model::load(description, &fs::read(file)?, 1)?;
    println!("{}", json!({"ready": 1, "load_ms": model.load_ms()}));
    stdout().flush()?;
    let limits = ImageLimits {
        bytes: u64::MAX,
        ..ImageLimits::DEFAULT
    };
    for line in stdin().lock().lines() {
        let bytes = fs::read(line?)?;
        let inspection = darkroom_vision::inspect(&bytes, &limits)?;
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let described = describe(&bytes, &limits, &model)?;
        let cpu = processor_milliseconds() - processor;
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let times = described.times;
        let answer = json!({
            "ms": milliseconds(wall.elapsed()),
            "cpu": cpu,
            "stages": {
                "decoding": milliseconds(times.decoding),
                "inference": milliseconds(times.inference),
                "hashing": milliseconds(times.hashing),
                "quality": milliseconds(times.quality),
            },
            "pixels": u64::from(inspection.width) * u64::from(inspection.height),
        });
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}

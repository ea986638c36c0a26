//! Runs analyses on request, for comparison with other programs (see `benches/compare_analyses.py`).
//!
//! Each line of standard input is a JSON object with an `operation`. `{"operation": "load", "in", "width", "height"}` reads
//! L values without a header, which `blur` (with `kernel_size`, `sigma_x`, `sigma_y`), `means` (with `vertical` and
//! `horizontal` lines), `crop`, `histogram` and `png` then work on; `decode`, `picture` and `lightness` (with its histogram)
//! work on the image file `in`. Each is answered with a line `{"ms", "cpu", "answer"}`: milliseconds of wall clock and of
//! processor time without reading and writing files. With `out`, pixels are written to that file, without a header.
#![allow(clippy::print_stdout, reason = "the protocol is spoken over standard output")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use darkroom_domain::ImageLimits;
use darkroom_vision::{
    BlurParameters, Grid, Lightness, Raster, auto_crop, decode, decode_for_analysis, encode, gaussian_blur,
    grid_means, lightness, stretched, viridis,
};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const LIMITS: ImageLimits = ImageLimits {
    bytes: u64::MAX,
    ..ImageLimits::DEFAULT
};

/// What an operation gives: something to say, and pixels.
struct Outcome {
    answer: Value,
    pixels: Pixels,
}

enum Pixels {
    None,
    Raster(Raster),
    File(Vec<u8>),
}

impl Pixels {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Raster(raster) => raster.data(),
            Self::File(bytes) => bytes,
        }
    }
}

/// What the next operation works on.
struct Worker {
    lightness: Lightness,
}

impl Worker {
    fn perform(&self, request: &Value, file: &[u8]) -> Result<Outcome> {
        let source = &self.lightness;
        Ok(match text(request, "operation")? {
            "decode" => sized(decode(file, &LIMITS)?.into_raster()),
            "picture" => sized(decode_for_analysis(file, &LIMITS)?.into_raster()),
            "lightness" => {
                let lightness = lightness(file, &LIMITS)?;
                let histogram = lightness.histogram().to_vec();
                let size = [lightness.width(), lightness.height()];
                Outcome {
                    answer: json!({ "size": size, "histogram": histogram }),
                    pixels: Pixels::Raster(lightness.into_raster()),
                }
            }
            "blur" => {
                let parameters = BlurParameters {
                    kernel_size: request.get("kernel_size").and_then(Value::as_i64).unwrap_or(3),
                    sigma_x: number(request, "sigma_x"),
                    sigma_y: number(request, "sigma_y"),
                };
                let (horizontal, vertical) = parameters.kernels()?;
                sized(gaussian_blur(source, &horizontal, &vertical).into_raster())
            }
            "means" => {
                let (vertical, horizontal) = (numbers(request, "vertical"), numbers(request, "horizontal"));
                let grid = Grid::new(source.width(), source.height(), &vertical, &horizontal)?;
                said(json!(grid_means(source, &grid)))
            }
            "histogram" => said(json!(source.histogram().to_vec())),
            "crop" => said(json!(auto_crop(source).map(|found| [
                found.top,
                found.bottom,
                found.left,
                found.right
            ]))),
            "viridis" => sized(viridis(&stretched(source))),
            "viridis_png" => {
                let file = encode::png(&viridis(&stretched(source)))?;
                Outcome {
                    answer: json!(file.len()),
                    pixels: Pixels::File(file),
                }
            }
            "png" => {
                let file = encode::png(&source.clone().into_raster())?;
                Outcome {
                    answer: json!(file.len()),
                    pixels: Pixels::File(file),
                }
            }
            other => return Err(format!("no operation is called {other}").into()),
        })
    }
}

fn said(answer: Value) -> Outcome {
    Outcome {
        answer,
        pixels: Pixels::None,
    }
}

fn sized(raster: Raster) -> Outcome {
    Outcome {
        answer: json!([raster.width(), raster.height()]),
        pixels: Pixels::Raster(raster),
    }
}

fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str> {
    let value = request.get(name).and_then(Value::as_str);
    Ok(value.ok_or_else(|| format!("the request lacks {name}"))?)
}

fn number(request: &Value, name: &str) -> f64 {
    request.get(name).and_then(Value::as_f64).unwrap_or_default()
}

fn numbers(request: &Value, name: &str) -> Vec<f64> {
    let values = request.get(name).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn processor_milliseconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u32::try_from(time.tv_sec).unwrap_or(u32::MAX);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    f64::from(seconds) * 1e3 + f64::from(nanoseconds) / 1e6
}

fn main() -> Result<()> {
    println!("{}", json!({ "ready": 1 }));
    stdout().flush()?;
    let mut worker = Worker {
        lightness: Lightness::new(1, 1, vec![0])?,
    };
    for line in stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let file = match text(&request, "in") {
            Ok(path) => fs::read(path)?,
            Err(_) => Vec::new(),
        };
        let size = |name| {
            let size = request.get(name).and_then(Value::as_u64);
            u32::try_from(size.unwrap_or_default())
        };
        let (wall, processor) = (Instant::now(), processor_milliseconds());
        let outcome = if text(&request, "operation")? == "load" {
            worker.lightness = Lightness::new(size("width")?, size("height")?, file)?;
            Ok(said(Value::Null))
        } else {
            worker.perform(&request, &file)
        };
        let cpu = processor_milliseconds() - processor;
        let ms = wall.elapsed().as_secs_f64() * 1e3;
        let answer = match outcome {
            Ok(Outcome { answer, pixels }) => {
                if let Ok(path) = text(&request, "out") {
                    fs::write(path, pixels.bytes())?;
                }
                json!({ "ms": ms, "cpu": cpu, "answer": answer })
            }
            Err(error) => json!({ "ms": ms, "cpu": cpu, "error": error.to_string() }),
        };
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}

//! The command line.

use std::{
    net::IpAddr,
    num::{NonZeroU16, NonZeroU64},
    path::PathBuf,
    time::Duration,
};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{NonEmptyStringValueParser, RangedU64ValueParser},
};
use darkroom::{
    push::{BatchOptions, Destination, GroupingRequest, PushOptions, SegmentOptions, SegmentationRequest},
    serve::{ServeOptions, parse_token},
};
use darkroom_cloud::Environment;
use darkroom_domain::{ArchiveOutput, DatasetId, GroupingParameters, sorter::GroupingMetric};

/// One line for each request and job of ours, and only warnings of what we build on.
const LOG: &str = "warn,darkroom=info,darkroom_http=warn,dynoxide=error,s3s=off";

const EXAMPLES: &str = "\
Examples:
  darkroom                                          the whole system on this machine, data in ./.darkroom
  darkroom serve --ephemeral --port 0               the same on any free port, nothing kept
  darkroom serve --token ann=SECRET                 only with a token, ann's pictures are ann's
  darkroom serve --models ./models                  with models of your own, which ./models/manifest.toml names
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 darkroom   the functions here, S3, SQS and DynamoDB there
  darkroom push photos/ --wait --out thumbnails     send a folder, fetch the thumbnails
  darkroom push leaves/ --new-dataset Leaves        make a dataset, and send a folder into it
  darkroom push holiday.zip --segment --wait        send an archive, fetch it back segmented
  darkroom push photos/ --batch Holiday             send photographs, get them grouped, the best of each told
  darkroom openapi > docs/openapi.json              the API document";

/// A serverless darkroom for images: serve it on this machine, push pictures to it, print its API document.
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "darkroom", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Push(Push),
    Openapi(OpenApi),
}

/// Run the whole system in this process until Ctrl-C.
///
/// S3, SQS and DynamoDB are embedded, and keep their data in one directory. Where the environment variable
/// AWS_ENDPOINT_URL is set, none of them is started and the services at that address are used, with
/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (on this machine: test, test and us-east-1 where unset).
///
/// Exit code 1: something does not start. 2: the command line is wrong.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "shown in a terminal as it stands")]
pub(crate) struct Serve {
    /// Where objects and tables are kept; created if there is none. One process at a time [default: ./.darkroom]
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    data: Option<PathBuf>,

    /// Port of the API; 0 is any free one, see what is printed
    #[arg(long, value_name = "N", default_value_t = ServeOptions::PORT)]
    port: u16,

    /// Port of the embedded S3, SQS and DynamoDB, on loopback always; 0 is any free one. Presigned URLs name it
    /// [default: 9333]
    #[arg(long, value_name = "N")]
    s3_port: Option<u16>,

    /// Keep nothing: the data is gone when the process ends
    #[arg(long)]
    ephemeral: bool,

    /// Address of the API. Anything beyond loopback needs at least one --token
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    listen: IpAddr,

    /// Ask callers for `Authorization: Bearer SECRET`; NAME is the tenant whose pictures they see. Repeatable
    #[arg(long = "token", value_name = "NAME=SECRET")]
    tokens: Vec<String>,

    /// Deployment template to run instead of the one built in
    #[arg(long, value_name = "PATH")]
    template: Option<PathBuf>,

    /// Directory with your own models: a manifest.toml and the .onnx files that it names. They come beside the built-in
    /// ones, also where AWS_ENDPOINT_URL is set
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,

    /// What is logged to standard error: levels, by module, such as `info` or `warn,darkroom_runner=debug`
    #[arg(long, value_name = "FILTER", default_value = LOG)]
    pub(crate) log: String,
}

impl Serve {
    pub(crate) fn options(&self) -> Result<ServeOptions, String> {
        // Read here and not by the parser, which would repeat a secret that it does not understand.
        let tokens = self
            .tokens
            .iter()
            .map(|token| parse_token(token))
            .collect::<Result<_, _>>();
        Ok(ServeOptions {
            data: self.data.clone(),
            port: self.port,
            s3_port: self.s3_port,
            ephemeral: self.ephemeral,
            listen: self.listen,
            tokens: tokens.map_err(|message| format!("--token: {message}"))?,
            template: self.template.clone(),
            models: self.models.clone(),
        })
    }
}

/// What is pushed.
#[derive(Debug)]
pub(crate) enum Pushed {
    /// Pictures, each on its own or into a dataset.
    Pictures(PushOptions),
    /// Archives of pictures to segment.
    Archives(SegmentOptions),
    /// Photographs, into a batch.
    Photographs(BatchOptions),
}

/// Send pictures: files, and folders with all that is in them; or, with --segment, zip archives.
///
/// Files go straight to storage by presigned URLs. What is there already, by its SHA-256, is not sent; into a dataset
/// every file is, each time. Of folders, files ending in .jpg .jpeg .png .webp .gif .bmp .tif .tiff are taken; names that begin with a dot and links to
/// folders are not. What fails for a passing reason is tried again, five times in all.
///
/// With --segment the pictures in each archive are segmented, and come back in an archive. Large archives go in parts.
///
/// With --batch the files are photographs: they join a batch, are described and grouped, and the groups are told, each with
/// its best photograph. The same once more sends nothing, and finds the same groups.
///
/// Exit code 0: all is well. 1: some files, or some archives, failed; pictures in an archive that could not be segmented are told
/// in the report, and change nothing about the code; or the photographs could not be grouped. 2: the command line is wrong, nothing answers, or there is no such
/// dataset.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "shown in a terminal as it stands")]
pub(crate) struct Push {
    /// Files, whatever they are called, and folders; with --segment zip archives
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Send into this dataset: all files become pictures of it, even those that are known already
    #[arg(long, value_name = "ID", conflicts_with = "new_dataset")]
    dataset: Option<DatasetId>,

    /// Make a dataset called TITLE first, tell its id, and send into it. To go on after a failure: --dataset with that id
    #[arg(long, value_name = "TITLE")]
    new_dataset: Option<String>,

    #[command(flatten)]
    segmentation: Segmentation,

    #[command(flatten)]
    batch: Batch,

    /// Where the API answers [default: the variable DARKROOM_URL, else http://127.0.0.1:8333]
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// Bearer token, where the API asks for one [default: the variable DARKROOM_TOKEN]
    #[arg(long, value_name = "SECRET")]
    token: Option<String>,

    /// Wait for each picture until its thumbnails are made, or it is refused; for each archive until it is segmented,
    /// and fetch the result as NAME-segmented.zip into the working directory
    #[arg(long)]
    wait: bool,

    /// Fetch the thumbnails into this folder as NAME_PRESET.jpg, such as cat_100x100.jpg; a second cat becomes cat-2. With
    /// --segment fetch the results: into a folder that is there or ends with a slash, else, for one archive, as this file.
    /// Replaces those of a former run, never what is sent. Means --wait
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,

    /// How many files are under way at once; parts of large archives count as files
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZeroU16,

    /// How long to wait for each stage of a picture, in seconds; for an archive, while nothing of it moves
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    timeout: NonZeroU64,

    /// Print the report as JSON; progress goes to standard error
    #[arg(long)]
    pub(crate) json: bool,
}

/// The heading of the options for archives, each of which names it: one for all would also head those that follow.
const ARCHIVES: &str = "Archives";

#[derive(Debug, Args)]
struct Segmentation {
    /// The paths are zip archives: segment the pictures in them. Without --wait their jobs are told
    #[arg(long, help_heading = ARCHIVES, conflicts_with_all = ["dataset", "new_dataset"])]
    segment: bool,

    /// The model, one of the built-in or of the operator's own [default: the API's]
    #[arg(long, help_heading = ARCHIVES, value_name = "NAME", requires = "segment")]
    model: Option<String>,

    /// What the model must be sure of, 0 to 1 [default: the model's]
    #[arg(long, help_heading = ARCHIVES, value_name = "0..1", requires = "segment", value_parser = parse_confidence)]
    confidence: Option<f32>,

    /// Only these classes, by the model's labels, parted by commas [default: all]
    #[arg(
        long,
        help_heading = ARCHIVES,
        value_name = "A,B",
        requires = "segment",
        value_delimiter = ',',
        value_parser = parse_class
    )]
    classes: Vec<String>,

    /// What comes back of each picture [default: overlay]
    #[arg(long, help_heading = ARCHIVES, value_enum, requires = "segment")]
    output: Option<Output>,
}

/// The heading of the options for photographs.
const BATCHES: &str = "Batches of photographs";

#[derive(Debug, Args)]
struct Batch {
    /// The files are photographs of the batch called NAME, which is made if there is none: send them into it, wait until they
    /// are described, and have them grouped
    #[arg(
        long,
        help_heading = BATCHES,
        value_name = "NAME",
        value_parser = NonEmptyStringValueParser::new(),
        conflicts_with_all = ["dataset", "new_dataset", "segment", "out"]
    )]
    batch: Option<String>,

    /// Send only: wait for no description, and ask for no groups
    #[arg(
        long,
        help_heading = BATCHES,
        requires = "batch",
        conflicts_with_all = ["min_cluster_size", "min_samples", "metric"]
    )]
    no_analyze: bool,

    /// How many photographs make a group, at the least [default: 5]
    #[arg(
        long,
        help_heading = BATCHES,
        value_name = "N",
        requires = "batch",
        value_parser = RangedU64ValueParser::<u32>::new().range(2..=u64::from(GroupingParameters::MAX))
    )]
    min_cluster_size: Option<u32>,

    /// How many neighbours close by a photograph must have to be in the midst of a group: more make groups fewer and
    /// clearer [default: 5]
    #[arg(
        long,
        help_heading = BATCHES,
        value_name = "N",
        requires = "batch",
        value_parser = RangedU64ValueParser::<u32>::new().range(1..=u64::from(GroupingParameters::MAX))
    )]
    min_samples: Option<u32>,

    /// How far two photographs are from each other: cosine, euclidean, manhattan or chebyshev [default: cosine]
    #[arg(long, help_heading = BATCHES, value_name = "METRIC", requires = "batch")]
    metric: Option<GroupingMetric>,
}

/// What comes back of each picture.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    /// The picture with what was found painted over it
    Overlay,
    /// A PNG with the number of its class for each pixel
    Mask,
    /// Areas, boxes and outlines
    Json,
}

impl From<Output> for ArchiveOutput {
    fn from(output: Output) -> Self {
        match output {
            Output::Overlay => Self::Overlay,
            Output::Mask => Self::Mask,
            Output::Json => Self::Json,
        }
    }
}

fn parse_confidence(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|confidence| (0.0..=1.0).contains(confidence))
        .ok_or_else(|| "a number from 0 to 1 is expected".to_owned())
}

fn parse_class(text: &str) -> Result<String, String> {
    let label = text.trim();
    if label.is_empty() {
        return Err("a label is expected before and after each comma".to_owned());
    }
    Ok(label.to_owned())
}

impl Push {
    pub(crate) fn options(self, environment: &Environment) -> Pushed {
        let Self {
            paths,
            dataset,
            new_dataset,
            segmentation,
            batch,
            url,
            token,
            wait,
            out,
            concurrency,
            timeout,
            json,
        } = self;
        let of_environment = |name: &str| environment.get(name).map(str::to_owned);
        let url = url
            .or_else(|| of_environment("DARKROOM_URL"))
            .unwrap_or_else(|| format!("http://127.0.0.1:{}", ServeOptions::PORT));
        let token = token.or_else(|| of_environment("DARKROOM_TOKEN"));
        let concurrency = usize::from(concurrency.get());
        let timeout = Duration::from_secs(timeout.get());
        if segmentation.segment {
            return Pushed::Archives(SegmentOptions {
                archives: paths,
                request: SegmentationRequest {
                    model: segmentation.model,
                    confidence: segmentation.confidence,
                    classes: segmentation.classes,
                    output: segmentation.output.map(ArchiveOutput::from),
                },
                url,
                token,
                wait,
                out,
                concurrency,
                timeout,
                json,
            });
        }
        if let Some(name) = batch.batch {
            return Pushed::Photographs(BatchOptions {
                paths,
                name,
                grouping: (!batch.no_analyze).then_some(GroupingRequest {
                    min_cluster_size: batch.min_cluster_size,
                    min_samples: batch.min_samples,
                    metric: batch.metric,
                }),
                url,
                token,
                concurrency,
                timeout,
                json,
            });
        }
        let destination = match (dataset, new_dataset) {
            (Some(id), _) => Destination::Dataset(id),
            (None, Some(title)) => Destination::NewDataset { title },
            (None, None) => Destination::Images,
        };
        Pushed::Pictures(PushOptions {
            paths,
            destination,
            url,
            token,
            wait,
            out,
            concurrency,
            timeout,
            json,
        })
    }
}

/// Print the OpenAPI document of all HTTP functions: JSON with its keys sorted.
#[derive(Debug, Args)]
pub(crate) struct OpenApi {}

#[cfg(test)]
mod tests;

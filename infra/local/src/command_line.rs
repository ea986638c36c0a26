//! The command line.

use std::{
    net::IpAddr,
    num::{NonZeroU16, NonZeroU64},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use darkroom::{
    push::{Destination, PushOptions},
    serve::{ServeOptions, parse_token},
};
use darkroom_cloud::Environment;
use darkroom_domain::DatasetId;

/// One line for each request and job of ours, and only warnings of what we build on.
const LOG: &str = "warn,darkroom=info,darkroom_http=warn,dynoxide=error,s3s=off";

const EXAMPLES: &str = "\
Examples:
  darkroom                                          the whole system on this machine, data in ./.darkroom
  darkroom serve --ephemeral --port 0               the same on any free port, nothing kept
  darkroom serve --token ann=SECRET                 only with a token, ann's pictures are ann's
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 darkroom   the functions here, S3, SQS and DynamoDB there
  darkroom push photos/ --wait --out thumbnails     send a folder, fetch the thumbnails
  darkroom push leaves/ --new-dataset Leaves        make a dataset, and send a folder into it
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
        })
    }
}

/// Send pictures: files, and folders with all that is in them.
///
/// Files go straight to storage by presigned URLs. What is there already, by its SHA-256, is not sent; into a dataset
/// every file is, each time. Of folders, files ending in .jpg .jpeg .png .webp .gif .bmp .tif .tiff are taken; names that begin with a dot and links to
/// folders are not. What fails for a passing reason is tried again, five times in all.
///
/// Exit code 0: all is well. 1: some files failed. 2: the command line is wrong, nothing answers, or there is no such
/// dataset.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "shown in a terminal as it stands")]
pub(crate) struct Push {
    /// Files, whatever they are called, and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Send into this dataset: all files become pictures of it, even those that are known already
    #[arg(long, value_name = "ID", conflicts_with = "new_dataset")]
    dataset: Option<DatasetId>,

    /// Make a dataset called TITLE first, tell its id, and send into it. To go on after a failure: --dataset with that id
    #[arg(long, value_name = "TITLE")]
    new_dataset: Option<String>,

    /// Where the API answers [default: the variable DARKROOM_URL, else http://127.0.0.1:8333]
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// Bearer token, where the API asks for one [default: the variable DARKROOM_TOKEN]
    #[arg(long, value_name = "SECRET")]
    token: Option<String>,

    /// Wait for each picture until its thumbnails are made, or it is refused
    #[arg(long)]
    wait: bool,

    /// Fetch the thumbnails into DIR as NAME_PRESET.jpg, such as cat_100x100.jpg; a second cat becomes cat-2.
    /// Replaces those of a former run. Means --wait
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// How many files are under way at once
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZeroU16,

    /// How long to wait for each stage of a picture, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    timeout: NonZeroU64,

    /// Print the report as JSON; progress goes to standard error
    #[arg(long)]
    pub(crate) json: bool,
}

impl Push {
    pub(crate) fn options(self, environment: &Environment) -> PushOptions {
        let Self {
            paths,
            dataset,
            new_dataset,
            url,
            token,
            wait,
            out,
            concurrency,
            timeout,
            json,
        } = self;
        let of_environment = |name: &str| environment.get(name).map(str::to_owned);
        let destination = match (dataset, new_dataset) {
            (Some(id), _) => Destination::Dataset(id),
            (None, Some(title)) => Destination::NewDataset { title },
            (None, None) => Destination::Images,
        };
        PushOptions {
            paths,
            destination,
            url: url
                .or_else(|| of_environment("DARKROOM_URL"))
                .unwrap_or_else(|| format!("http://127.0.0.1:{}", ServeOptions::PORT)),
            token: token.or_else(|| of_environment("DARKROOM_TOKEN")),
            wait,
            out,
            concurrency: usize::from(concurrency.get()),
            timeout: Duration::from_secs(timeout.get()),
            json,
        }
    }
}

/// Print the OpenAPI document of all HTTP functions: JSON with its keys sorted.
#[derive(Debug, Args)]
pub(crate) struct OpenApi {}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<CommandLine, clap::Error> {
        CommandLine::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_command() {
        let line = parse("darkroom").unwrap();
        assert!(line.command.is_none());
        let options = line.serve.options().unwrap();
        assert_eq!((options.port, options.s3_port), (8333, None));
        assert!(options.listen.is_loopback() && options.tokens.is_empty() && !options.ephemeral);
        assert!(parse("darkroom --ephemeral --port 0").unwrap().serve.ephemeral);
        assert!(parse("darkroom serve --ephemeral --data x").is_err());
        assert!(parse("darkroom serve --port 70000").is_err());
    }

    #[test]
    fn a_secret_that_is_not_understood_is_not_repeated() {
        let line = parse("darkroom --token hush").unwrap();
        let message = line.serve.options().unwrap_err();
        assert!(
            message.contains("NAME=SECRET") && !message.contains("hush"),
            "{message}"
        );
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let environment = Environment::from_iter([
            ("DARKROOM_URL", "https://a"),
            ("DARKROOM_TOKEN", "of-environment"),
        ]);
        let options = |line: &str| match parse(line).unwrap().command {
            Some(Command::Push(push)) => push.options(&environment),
            other => panic!("{other:?}"),
        };
        let named = options("darkroom push a --url https://b --token given");
        assert_eq!(
            (named.url.as_str(), named.token.as_deref()),
            ("https://b", Some("given"))
        );
        let unnamed = options("darkroom push a");
        assert_eq!(
            (unnamed.url.as_str(), unnamed.token.as_deref()),
            ("https://a", Some("of-environment"))
        );
        assert_eq!(unnamed.destination, Destination::Images);
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        assert_eq!(
            options(&format!("darkroom push a --dataset {id}")).destination,
            Destination::Dataset(id.parse().unwrap())
        );
        let title = "Leaves".to_owned();
        assert_eq!(
            options("darkroom push --new-dataset Leaves a").destination,
            Destination::NewDataset { title }
        );
        for wrong in [
            "darkroom push",
            "darkroom push a --concurrency 0",
            "darkroom push a --timeout 0",
            "darkroom push a --dataset leaves",
            "darkroom push a --dataset 0192f0c1-2345-7abc-8def-0123456789ab --new-dataset Leaves",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

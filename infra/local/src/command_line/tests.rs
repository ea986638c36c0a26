//! The command line, read.

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
        Some(Command::Push(push)) => match push.options(&environment) {
            Pushed::Pictures(options) => options,
            other => panic!("{other:?}"),
        },
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

#[test]
fn archives_are_segmented_as_asked() {
    let options = |line: &str| match parse(line).unwrap().command {
        Some(Command::Push(push)) => match push.options(&Environment::default()) {
            Pushed::Archives(options) => options,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let plain = options("darkroom push a.zip b.zip --segment");
    assert_eq!(plain.request, SegmentationRequest::default());
    assert_eq!(plain.archives.len(), 2);
    assert!(!plain.wait && plain.out.is_none());
    let asked = options(
        "darkroom push --segment a.zip --model bright --confidence 0.5 --classes dog,cat --output mask --wait",
    );
    let request = SegmentationRequest {
        model: Some("bright".to_owned()),
        confidence: Some(0.5),
        classes: vec!["dog".to_owned(), "cat".to_owned()],
        output: Some(ArchiveOutput::Mask),
    };
    assert_eq!(asked.request, request);
    assert!(asked.wait);
    for wrong in [
        "darkroom push --segment",
        "darkroom push a.zip --segment --new-dataset Leaves",
        "darkroom push a.zip --segment --dataset 0192f0c1-2345-7abc-8def-0123456789ab",
        "darkroom push a.zip --segment --confidence 1.1",
        "darkroom push a.zip --segment --confidence=-0.1",
        "darkroom push a.zip --segment --confidence NaN",
        "darkroom push a.zip --segment --classes dog,,cat",
        "darkroom push a.zip --segment --output video",
        "darkroom push a.zip --model bright",
        "darkroom push a.zip --confidence 0.5",
        "darkroom push a.zip --classes dog",
        "darkroom push a.zip --output mask",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn photographs_are_grouped_as_asked() {
    let options = |line: &str| match parse(line).unwrap().command {
        Some(Command::Push(push)) => match push.options(&Environment::default()) {
            Pushed::Photographs(options) => options,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let plain = options("darkroom push photos more --batch Holiday");
    assert_eq!((plain.name.as_str(), plain.paths.len()), ("Holiday", 2));
    assert_eq!(plain.grouping, Some(GroupingRequest::default()));
    let asked = options(
        "darkroom push photos --batch Holiday --min-cluster-size 3 --min-samples 1 --metric euclidean --wait",
    );
    let request = GroupingRequest {
        min_cluster_size: Some(3),
        min_samples: Some(1),
        metric: Some(GroupingMetric::Euclidean),
    };
    assert_eq!(asked.grouping, Some(request));
    assert_eq!(
        options("darkroom push photos --batch Holiday --no-analyze").grouping,
        None
    );
    for wrong in [
        "darkroom push --batch Holiday",
        "darkroom push photos --batch=",
        "darkroom push photos --batch Holiday --new-dataset Leaves",
        "darkroom push photos --batch Holiday --dataset 0192f0c1-2345-7abc-8def-0123456789ab",
        "darkroom push photos --batch Holiday --segment",
        "darkroom push photos --batch Holiday --out thumbnails",
        "darkroom push photos --batch Holiday --min-cluster-size 1",
        "darkroom push photos --batch Holiday --min-cluster-size 10001",
        "darkroom push photos --batch Holiday --min-samples 0",
        "darkroom push photos --batch Holiday --metric minkowski",
        "darkroom push photos --batch Holiday --no-analyze --metric cosine",
        "darkroom push photos --no-analyze",
        "darkroom push photos --min-cluster-size 3",
        "darkroom push photos --metric cosine",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn models_are_for_serving() {
    let line = parse("darkroom serve --models ./models --ephemeral").unwrap();
    let Some(Command::Serve(serve)) = line.command else {
        panic!("{line:?}")
    };
    assert_eq!(serve.options().unwrap().models, Some(PathBuf::from("./models")));
    assert!(
        parse("darkroom --models ./models")
            .unwrap()
            .serve
            .models
            .is_some()
    );
    assert!(parse("darkroom push a.zip --models ./models").is_err());
}

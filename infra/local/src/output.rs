//! What is written for people.

use std::io::{self, Write};

use darkroom::serve::{ServeOptions, Server};

/// Writes to standard output. A reader that has gone away wants no more.
pub(crate) fn show(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// One line on standard error.
pub(crate) fn error(message: &str) {
    let line = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let _ = writeln!(io::stderr(), "darkroom: {line}");
}

/// Where to look, once everything answers.
pub(crate) fn welcome(options: &ServeOptions, server: &Server) -> String {
    let api = server.api_url();
    let data = match (server.is_embedded(), options.ephemeral) {
        (false, _) => "at that endpoint".to_owned(),
        (true, true) => "in memory and a temporary folder, gone at the end".to_owned(),
        (true, false) => {
            let directory = options.data_directory();
            directory
                .canonicalize()
                .unwrap_or(directory)
                .display()
                .to_string()
        }
    };
    let whose = if server.is_embedded() {
        "embedded"
    } else {
        "not started here"
    };
    let token = if options.tokens.is_empty() {
        ""
    } else {
        " --token SECRET"
    };
    let url = if options.port == ServeOptions::PORT && options.listen.is_loopback() {
        String::new()
    } else {
        format!(" --url {api}")
    };
    let mut text = format!(
        "\
Darkroom is ready.

  Page           {api}/
  API            {api}
  Documentation  {api}/docs
  S3, SQS, DDB   {} ({whose})
  Data           {data}

Try it:  drop photographs onto the page, or: darkroom push PHOTO.jpg --wait --out thumbnails{url}{token}
Stop it: Ctrl-C
",
        server.endpoint()
    );
    if !options.listen.is_loopback() && server.is_embedded() {
        text.push_str(
            "\nOther machines reach the API, but not the embedded storage: they can send small files to\n\
             POST /images, and presigned URLs work on this machine only.\n",
        );
    }
    text
}

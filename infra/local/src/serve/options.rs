//! What can be chosen about a system on one machine.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use darkroom_runner::Token;

use super::ServeError;

/// What names the operator's own models, in their directory.
const MODEL_MANIFEST: &str = "manifest.toml";

/// How a system on one machine is set up.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where the embedded cloud keeps its data; `.darkroom` in the working directory where nothing is said.
    pub data: Option<PathBuf>,
    /// Where the API listens; 0 is any free port.
    pub port: u16,
    /// Where the embedded cloud listens, on loopback always; [`ServeOptions::S3_PORT`] where nothing is said.
    pub s3_port: Option<u16>,
    /// Whether the data ends with the process.
    pub ephemeral: bool,
    /// The address of the API; only with tokens may others than this machine reach it.
    pub listen: IpAddr,
    /// Who may call; empty means that everybody may, as one tenant.
    pub tokens: Vec<Token>,
    /// A template other than the one built in.
    pub template: Option<PathBuf>,
    /// The directory with the operator's own models, a `manifest.toml` among them.
    pub models: Option<PathBuf>,
}

impl ServeOptions {
    /// The port of the API where nothing is said.
    pub const PORT: u16 = 8333;
    /// The port of the embedded cloud where nothing is said.
    pub const S3_PORT: u16 = 9333;

    /// Where the data of a system that keeps it is.
    #[must_use]
    pub fn data_directory(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(".darkroom"))
    }

    /// What the template's parameter for the operator's own models says: an absolute path.
    ///
    /// # Errors
    /// When there is no manifest in the directory, or its name is no text.
    pub(super) fn models_parameter(&self) -> Result<Option<String>, ServeError> {
        let Some(directory) = &self.models else {
            return Ok(None);
        };
        if !directory.join(MODEL_MANIFEST).is_file() {
            return Err(ServeError::NoModels(directory.clone()));
        }
        // Left as it is named, for a link to lead to other models after the next start.
        let path = std::path::absolute(directory).ok();
        let text = path.and_then(|path| path.to_str().map(str::to_owned));
        text.map(Some)
            .ok_or_else(|| ServeError::ModelsUnnameable(directory.clone()))
    }

    /// Refuses options that are for the embedded cloud, which is not started.
    pub(super) const fn refuse_embedded(&self) -> Result<(), ServeError> {
        let option = match self {
            Self { data: Some(_), .. } => "--data",
            Self { ephemeral: true, .. } => "--ephemeral",
            Self { s3_port: Some(_), .. } => "--s3-port",
            Self { .. } => return Ok(()),
        };
        Err(ServeError::OptionWithoutEffect(option))
    }
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            data: None,
            port: Self::PORT,
            s3_port: None,
            ephemeral: false,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tokens: Vec::new(),
            template: None,
            models: None,
        }
    }
}

/// Reads `NAME=SECRET`.
///
/// # Errors
/// A sentence for whoever wrote it, without the secret.
pub fn parse_token(text: &str) -> Result<Token, String> {
    let (tenant, secret) = text.split_once('=').ok_or("a token is written NAME=SECRET")?;
    let token = Token {
        tenant: tenant.to_owned(),
        secret: secret.to_owned(),
    };
    if token.tenant.parse::<darkroom_domain::TenantId>().is_err() {
        return Err(format!("{tenant:?} cannot be the name of a tenant"));
    }
    if token.secret.is_empty() || !token.secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a secret consists of visible ASCII characters".to_owned());
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_by_an_absolute_path_if_there_are_any() {
        let directory = tempfile::tempdir().unwrap();
        let options = ServeOptions {
            models: Some(directory.path().to_owned()),
            ..ServeOptions::default()
        };
        let error = options.models_parameter().unwrap_err();
        assert!(
            error.is_usage() && error.to_string().contains(MODEL_MANIFEST),
            "{error}"
        );
        std::fs::write(directory.path().join(MODEL_MANIFEST), "").unwrap();
        let parameter = options.models_parameter().unwrap().unwrap();
        assert_eq!(std::path::Path::new(&parameter), directory.path());

        let relative = ServeOptions {
            models: Some("../../tests/fixtures/models".into()),
            ..ServeOptions::default()
        };
        let parameter = relative.models_parameter().unwrap().unwrap();
        assert!(std::path::Path::new(&parameter).is_absolute(), "{parameter}");
        assert_eq!(ServeOptions::default().models_parameter().unwrap(), None);
    }

    #[test]
    fn tokens_are_read_and_never_repeated() {
        let token = parse_token("ann=se=cret").unwrap();
        assert_eq!((token.tenant.as_str(), token.secret.as_str()), ("ann", "se=cret"));
        for text in ["", "ann", "=hush", "ann=", "ann=hush hush", "a\nb=hush"] {
            let message = parse_token(text).unwrap_err();
            assert!(!message.contains("hush"), "{message}");
        }
    }
}

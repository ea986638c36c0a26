//! The runner on real services: those that `AWS_ENDPOINT_URL` names, else the embedded cloud.

#[cfg(test)]
mod functions;
#[cfg(test)]
mod system;

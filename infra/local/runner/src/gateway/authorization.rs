//! Bearer tokens: the local stand-in for an issuer of JWTs.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// A caller by name, and the secret that proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The name of the tenant: the claim `sub`.
    pub tenant: String,
    /// What the caller shows.
    pub secret: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the tokens given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A name or secret is empty, or the secret could not stand in a header.
    #[error("the token of tenant {0:?} needs a name and a secret of visible ASCII characters")]
    Invalid(String),
    /// Two tokens have the same secret.
    #[error("the tenants {0:?} and {1:?} have the same token")]
    Shared(String, String),
}

/// The tokens that open routes, by their digests.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Vec<(String, [u8; 32])>);

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.iter().map(|(tenant, _)| tenant))
            .finish()
    }
}

impl Tokens {
    pub(crate) fn new(tokens: &[Token]) -> Result<Self, TokenError> {
        let mut known: Vec<(String, [u8; 32])> = Vec::with_capacity(tokens.len());
        for Token { tenant, secret } in tokens {
            if tenant.is_empty() || secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(TokenError::Invalid(tenant.clone()));
            }
            let digest = digest(secret);
            if let Some((other, _)) = known.iter().find(|(_, known)| *known == digest) {
                return Err(TokenError::Shared(other.clone(), tenant.clone()));
            }
            known.push((tenant.clone(), digest));
        }
        Ok(Self(known))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose token the request shows. Digests are compared, all of them, in constant time.
    pub(crate) fn tenant(&self, headers: &HeaderMap) -> Option<&str> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
            return None;
        };
        let (scheme, secret) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let shown = digest(secret.trim());
        let (mut matched, mut position) = (Choice::from(0), 0_u64);
        for (index, (_, known)) in (0_u64..).zip(&self.0) {
            let equal = known.as_slice().ct_eq(shown.as_slice());
            position.conditional_assign(&index, equal);
            matched |= equal;
        }
        if !bool::from(matched) {
            return None;
        }
        usize::try_from(position)
            .ok()
            .and_then(|position| self.0.get(position))
            .map(|(tenant, _)| tenant.as_str())
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(tenant: &str, secret: &str) -> Token {
        Token {
            tenant: tenant.to_owned(),
            secret: secret.to_owned(),
        }
    }

    #[test]
    fn a_token_names_its_tenant() {
        let tokens = Tokens::new(&[token("ann", "one"), token("bob", "two"), token("bob", "three")]).unwrap();
        for (value, expected) in [
            ("Bearer one", Some("ann")),
            ("bearer two", Some("bob")),
            ("BEARER  three", Some("bob")),
            ("Bearer one ", Some("ann")),
            ("Bearer onE", None),
            ("Bearer on", None),
            ("Bearer ", None),
            ("Bearer", None),
            ("one", None),
            ("Basic one", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(tokens.tenant(&headers), expected, "{value}");
        }
        assert_eq!(tokens.tenant(&HeaderMap::new()), None);
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer one"));
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer two"));
        assert_eq!(tokens.tenant(&twice), None);
    }

    #[test]
    fn tokens_that_protect_nothing_are_refused() {
        for (tenant, secret) in [
            ("", "secret"),
            ("ann", ""),
            ("ann", "two words"),
            ("ann", "s\u{e9}cret"),
        ] {
            assert_eq!(
                Tokens::new(&[token(tenant, secret)]).unwrap_err(),
                TokenError::Invalid(tenant.to_owned())
            );
        }
        let shared = Tokens::new(&[token("ann", "one"), token("bob", "one")]).unwrap_err();
        assert_eq!(shared, TokenError::Shared("ann".to_owned(), "bob".to_owned()));
        assert!(!format!("{:?}", token("ann", "hush")).contains("hush"));
    }
}

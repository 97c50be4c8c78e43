//! ID tokens: JSON web tokens (RFC 7519) as OpenID Connect Core 1.0 wants them checked, section 3.1.3.7. Two algorithms
//! are spoken, RS256 and ES256; whatever else a token says of itself is refused.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;
use yizhan_kit::Moment;

/// How far two clocks may differ.
const LEEWAY_S: i64 = 60;

/// A public key of the provider, as its key set (RFC 7517) gives it.
#[derive(Deserialize, Clone, Debug)]
pub struct WebKey {
    kty: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    #[serde(default)]
    crv: String,
}

/// The provider's keys.
#[derive(Deserialize, Clone, Debug, Default)]
pub struct WebKeys {
    /// The keys.
    pub keys: Vec<WebKey>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

/// What a token must say.
pub struct Expectation<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// For which sign-in.
    pub nonce: &'a str,
    /// What time it really is.
    pub now: Moment,
}

/// Why a token is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// It is no token.
    Unreadable,
    /// None of the provider's keys signed it.
    Signature,
    /// It names a key that the key set does not have: the set may be old.
    UnknownKey,
    /// It is from somebody else, for somebody else, or for another sign-in.
    NotForUs,
    /// Its time is over, or has not come.
    Time,
}

/// Checks a token and gives its claims.
///
/// # Errors
/// The doubt.
pub fn check(token: &str, keys: &WebKeys, expected: &Expectation<'_>) -> Result<Value, Doubt> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Doubt::Unreadable);
    };
    let signed = &token.as_bytes()[..header.len() + 1 + claims.len()];
    let header: Header = read(header)?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| Doubt::Unreadable)?;
    let kind = match header.alg.as_str() {
        "RS256" => "RSA",
        "ES256" => "EC",
        _ => return Err(Doubt::Signature),
    };
    let named = |key: &&WebKey| key.kty == kind && (header.kid.is_empty() || key.kid == header.kid);
    let mut candidates = keys.keys.iter().filter(named).peekable();
    if candidates.peek().is_none() {
        return Err(Doubt::UnknownKey);
    }
    if !candidates.any(|key| is_signed(key, signed, &signature)) {
        return Err(Doubt::Signature);
    }
    let claims: Value = read(claims)?;
    is_for_us(&claims, expected)?;
    Ok(claims)
}

fn read<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Doubt> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Doubt::Unreadable)?;
    serde_json::from_slice(&bytes).map_err(|_| Doubt::Unreadable)
}

fn is_signed(key: &WebKey, signed: &[u8], signature: &[u8]) -> bool {
    let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
    match (key.kty.as_str(), key.crv.as_str()) {
        ("RSA", _) => RsaPublicKeyComponents { n: bytes(&key.n), e: bytes(&key.e) }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            .is_ok(),
        ("EC", "P-256") => {
            let point = [&[4][..], &bytes(&key.x), &bytes(&key.y)].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
        }
        _ => false,
    }
}

fn is_for_us(claims: &Value, expected: &Expectation<'_>) -> Result<(), Doubt> {
    let audience: Vec<&str> = match &claims["aud"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let party = claims["azp"].as_str();
    let ours = claims["iss"] == expected.issuer
        && audience.contains(&expected.client)
        && party.map_or(audience.len() == 1, |party| party == expected.client)
        && claims["nonce"] == expected.nonce;
    if !ours {
        return Err(Doubt::NotForUs);
    }
    let now = expected.now.0 / 1000;
    let time = |name: &str| claims[name].as_i64().ok_or(Doubt::Time);
    if time("exp")? + LEEWAY_S <= now || time("iat")? - LEEWAY_S > now {
        return Err(Doubt::Time);
    }
    Ok(())
}

//! Sign-in by the identity provider that a district already has: OpenID Connect, authorization code with PKCE. The
//! provider says who somebody is; what they may do here stays a fact in the journal.

use super::sessions;
use super::token::{Expectation, WebKeys, check};
use crate::app::{App, store};
use crate::config::Oidc;
use crate::outward;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use yizhan_core::problem;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Kind, Problem};

/// How long somebody may take at the provider.
const WAITS_MS: i64 = 10 * 60_000;

/// How long the provider may take to answer us.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer of a provider, in bytes.
const ANSWER: u64 = 256 * 1024;

/// Where the provider sends people back to.
pub const BACK: &str = "/sign-in/oidc/back";

/// The provider cannot be asked, or what it says is not believed.
pub static PROVIDER: Kind = Kind {
    code: "identity-provider",
    status: 502,
    title_zh: "统一身份认证暂时不可用",
    title_en: "The identity provider cannot be used at the moment",
};

/// What a provider says about itself.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// A sign-in under way, kept until its answer comes.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    nonce: String,
    verifier: String,
    to: String,
}

/// Somebody whom a provider has named.
pub struct Entered {
    /// What it says of them, checked.
    pub claims: serde_json::Value,
    /// Where they wanted to go.
    pub to: String,
}

/// A sign-in that has begun.
pub struct Begun {
    /// Where to send the browser.
    pub to: String,
    /// What the browser must bring back, in its cookie and in the address.
    pub state: String,
}

/// The provider by which staff sign in.
///
/// # Errors
/// `forbidden` without one.
pub fn configured(app: &App) -> Result<Oidc, Problem> {
    let none = || problem::FORBIDDEN.problem("没有配置统一身份认证。", "No identity provider is configured.");
    app.config.oidc.clone().ok_or_else(none)
}

/// Begins a sign-in: `back` is where the provider sends the browser back to, `to` where somebody wants to go. Asks the
/// provider where its pages are. Blocking.
///
/// # Errors
/// `identity-provider` when it cannot be asked.
pub fn begin(app: &App, oidc: &Oidc, back: &str, scope: &str, to: &str) -> Result<Begun, Problem> {
    let found = discover(oidc)?;
    let chance = || BASE64URL_NOPAD.encode(&random::<32>(app.vault.entropy()));
    let under_way = UnderWay { nonce: chance(), verifier: chance(), to: to.chars().take(100).collect() };
    let challenge = BASE64URL_NOPAD.encode(&hash(HashKind::Sha256, under_way.verifier.as_bytes()).0);
    let state = base32(&random::<20>(app.vault.entropy()));
    let kept = serde_json::to_vec(&under_way).map_err(|error| store(&error))?;
    let (name, until) = (named(app, back, &state), app.real_clock.now().plus_ms(WAITS_MS));
    app.with_working(|working| working.put("oidc", &name, &kept, until)).map_err(|error| store(&error))?;
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", &oidc.client_id),
            ("redirect_uri", &address(app, back)),
            ("scope", scope),
            ("state", &state),
            ("nonce", &under_way.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let joint = if found.authorization_endpoint.contains('?') { '&' } else { '?' };
    Ok(Begun { to: format!("{}{joint}{query}", found.authorization_endpoint), state })
}

/// Ends a sign-in: the code that the provider sent is changed for a token, and the token is checked. Blocking.
///
/// # Errors
/// `wrong-password` when the sign-in is not ours; `identity-provider`.
pub fn finish(app: &App, oidc: &Oidc, back: &str, state: &str, code: &str) -> Result<Entered, Problem> {
    let name = named(app, back, state);
    let now = app.real_clock.now();
    let under_way = app.with_working(|working| {
        let found = working.get("oidc", &name, now)?;
        working.delete("oidc", &name)?;
        Ok::<_, String>(found)
    });
    let under_way: Option<UnderWay> =
        under_way.map_err(|error| store(&error))?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let under_way = under_way.ok_or_else(|| {
        problem::WRONG_PASSWORD.problem("登录已超时，请重新开始。", "This sign-in is over; please begin again.")
    })?;
    let found = discover(oidc)?;
    let secret = oidc.secret().map_err(|error| store(&error))?;
    let tokens: Tokens = ask(oidc, "the token endpoint", |agent| {
        agent.post(&found.token_endpoint).send_form([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &address(app, back)),
            ("client_id", &oidc.client_id),
            ("client_secret", &secret),
            ("code_verifier", &under_way.verifier),
        ])
    })?;
    let keys: WebKeys = ask(oidc, "the key set", |agent| agent.get(&found.jwks_uri).call())?;
    let expected = Expectation {
        issuer: &oidc.issuer,
        client: &oidc.client_id,
        nonce: &under_way.nonce,
        now: app.real_clock.now(),
    };
    let claims = check(&tokens.id_token, &keys, &expected).map_err(|doubt| disbelieved(&format!("{doubt:?}")))?;
    Ok(Entered { claims, to: under_way.to })
}

/// The session of whoever the provider names, by their login name here.
///
/// # Errors
/// `identity-provider` when it names nobody; `wrong-password` when they have no place here.
pub fn session(app: &App, oidc: &Oidc, claims: &serde_json::Value) -> Result<String, Problem> {
    let login =
        claims[&oidc.login_claim].as_str().ok_or_else(|| disbelieved(&format!("no claim {}", oidc.login_claim)))?;
    let staff = app.image().staff_by_login(login).ok_or_else(|| {
        problem::WRONG_PASSWORD.problem(
            format!("“{login}”在本系统没有岗位，请联系管理员。"),
            format!("{login:?} has no place here; ask the administrator."),
        )
    })?;
    sessions::begin(app, staff)
}

/// Under which name a sign-in under way is kept.
fn named(app: &App, back: &str, state: &str) -> String {
    app.vault.digest("oidc", format!("{back} {state}").as_bytes()).to_string()
}

fn address(app: &App, back: &str) -> String {
    format!("{}{back}", app.config.public_url())
}

fn discover(oidc: &Oidc) -> Result<Discovery, Problem> {
    let address = format!("{}/.well-known/openid-configuration", oidc.issuer.trim_end_matches('/'));
    let found: Discovery = ask(oidc, "the discovery document", |agent| agent.get(&address).call())?;
    if found.issuer != oidc.issuer {
        return Err(disbelieved("the discovery document is another issuer's"));
    }
    Ok(found)
}

/// Asks the provider something. Blocking.
fn ask<T: for<'de> Deserialize<'de>>(
    oidc: &Oidc,
    what: &str,
    call: impl FnOnce(&ureq::Agent) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<T, Problem> {
    let mut config = outward::settings(TIMEOUT);
    if let Some(file) = &oidc.authority {
        let own = std::fs::read(file).map_err(|error| disbelieved(&format!("{}: {error}", file.display())))?;
        let own = Certificate::from_pem(&own).map_err(|error| disbelieved(&format!("{}: {error}", file.display())))?;
        config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(vec![own]))).build());
    }
    let agent: ureq::Agent = config.build().into();
    let answer = call(&agent).and_then(|mut answer| answer.body_mut().with_config().limit(ANSWER).read_to_vec());
    let bytes = answer.map_err(|error| disbelieved(&format!("{what}: {error}")))?;
    serde_json::from_slice(&bytes).map_err(|error| disbelieved(&format!("{what}: {error}")))
}

/// `identity-provider`; why goes to the log, for it may say more than strangers should know.
fn disbelieved(why: &str) -> Problem {
    tracing::warn!(why, "the identity provider");
    PROVIDER.problem(
        "统一身份认证没有成功，请稍后再试，或使用密码登录。",
        "Signing in by the identity provider did not succeed; try again later, or use your password.",
    )
}

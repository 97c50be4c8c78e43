//! Sessions and passwords, in working state. Real time, whatever the zone's clock says.

use crate::answer::cookie;
use crate::app::{App, Request, store};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Moment, Problem};

/// The session cookie.
pub const COOKIE: &str = "yizhan";

const FOR_EVER: Moment = Moment(i64::MAX);

/// A password as it is kept.
#[derive(Serialize, Deserialize)]
struct Credential {
    staff: u32,
    hash: String,
    failures: u32,
    locked_until: Moment,
}

/// A session as it is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Session {
    staff: u32,
    instead_of: Option<u32>,
    seen: Moment,
}

/// Keeps a password for a login name.
///
/// # Errors
/// When it is shorter than ten characters, or the store fails.
pub fn set_password(app: &App, login: &str, staff: SubjectId, password: &str) -> Result<(), Problem> {
    if password.chars().count() < 10 {
        return Err(problem::FORM_INVALID.problem("密码至少 10 个字符。", "A password has at least ten characters."));
    }
    let salt: [u8; 16] = random(app.vault.entropy());
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| store(&error))?
        .to_string();
    put(app, "credential", login, &Credential { staff: staff.0, hash, failures: 0, locked_until: Moment(0) }, FOR_EVER)
}

/// Signs somebody in: the answer is the session's token.
///
/// # Errors
/// `wrong-password`, and `locked-out` after too many of them.
pub fn sign_in(app: &App, login: &str, password: &str) -> Result<String, Problem> {
    let now = app.real_clock.now();
    let wrong = || problem::WRONG_PASSWORD.problem("用户名或密码不对。", "The name or the password is wrong.");
    let Some(mut credential) = get::<Credential>(app, "credential", login, now)? else {
        // As slow as a wrong password, so that names cannot be told apart by time.
        let _ = Argon2::default().hash_password_with_salt(password.as_bytes(), b"no such account!");
        return Err(wrong());
    };
    if credential.locked_until > now {
        let minutes = u32::try_from((credential.locked_until.0 - now.0) / 60_000 + 1).unwrap_or(u32::MAX);
        return Err(problem::LOCKED_OUT
            .problem(
                format!("账号已锁定，请 {minutes} 分钟后再试。"),
                format!("The account is locked; try again in {minutes} minutes."),
            )
            .retry_after(minutes.saturating_mul(60)));
    }
    let kept = PasswordHash::new(&credential.hash).map_err(|error| store(&error))?;
    if Argon2::default().verify_password(password.as_bytes(), &kept).is_err() {
        credential.failures += 1;
        if credential.failures >= app.config.lock_after {
            credential.failures = 0;
            credential.locked_until = now.plus_ms(i64::from(app.config.lock_minutes) * 60_000);
        }
        put(app, "credential", login, &credential, FOR_EVER)?;
        return Err(wrong());
    }
    if credential.failures > 0 {
        credential.failures = 0;
        put(app, "credential", login, &credential, FOR_EVER)?;
    }
    begin(app, SubjectId(credential.staff))
}

/// Begins a session without a password: after one was checked, and in a demonstration.
///
/// # Errors
/// When the store fails.
pub fn begin(app: &App, staff: SubjectId) -> Result<String, Problem> {
    let token = base32(&random::<20>(app.vault.entropy()));
    let now = app.real_clock.now();
    keep(app, &token, &Session { staff: staff.0, instead_of: None, seen: now })?;
    Ok(token)
}

/// The cookie that carries a session's token.
pub fn cookie_of(app: &App, token: &str) -> String {
    let secure = if app.config.public_url().starts_with("https:") { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// Ends the session of a request, if it has one.
///
/// # Errors
/// When the store fails.
pub fn end(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = cookie(headers, COOKIE) else { return Ok(()) };
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    app.with_working(|working| working.delete("session", &name)).map_err(|error| store(&error))
}

/// Acts in a colleague's place from now on, or as oneself again.
///
/// # Errors
/// `forbidden` when the colleague has not delegated today.
pub fn act_for(app: &App, headers: &HeaderMap, whom: Option<SubjectId>) -> Result<Viewer, Problem> {
    let own = staff(app, headers)?;
    let Actor::Staff { id, .. } = own.actor else { return Ok(own) };
    let viewer = Viewer::of(&app.image(), Actor::Staff { id, instead_of: whom }, app.now().day())?;
    let token = cookie(headers, COOKIE).unwrap_or_default();
    keep(app, token, &Session { staff: id.0, instead_of: whom.map(|whom| whom.0), seen: app.real_clock.now() })?;
    Ok(viewer)
}

/// Who a request comes from: staff by their session, else a resident.
///
/// # Errors
/// When the store fails.
pub fn actor(app: &App, headers: &HeaderMap) -> Result<Actor, Problem> {
    let Some(token) = cookie(headers, COOKIE) else { return Ok(Actor::Resident) };
    let now = app.real_clock.now();
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let Some(mut session) = get::<Session>(app, "session", &name, now)? else { return Ok(Actor::Resident) };
    if now.0 - session.seen.0 > 60_000 {
        session.seen = now;
        keep(app, token, &session)?;
    }
    Ok(Actor::Staff { id: SubjectId(session.staff), instead_of: session.instead_of.map(SubjectId) })
}

/// The staff member a request comes from, as the gate knows them.
///
/// # Errors
/// `sign-in` when nobody is signed in; `forbidden` when the account has no role today.
pub fn staff(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let actor = actor(app, headers)?;
    if !matches!(actor, Actor::Staff { .. }) {
        return Err(problem::SIGN_IN.problem("请先登录。", "Please sign in first."));
    }
    Viewer::of(&app.image(), actor, app.now().day())
}

/// The request behind a staff member's write: their idempotency key, within their own scope.
pub fn request(viewer: &Viewer, headers: &HeaderMap, body: &[u8]) -> Request {
    match headers.get("idempotency-key").and_then(|value| value.to_str().ok()) {
        Some(key) => Request::keyed(&viewer.actor.to_string(), key, body),
        None => Request::unkeyed(body),
    }
}

fn keep(app: &App, token: &str, session: &Session) -> Result<(), Problem> {
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let until = session.seen.plus_ms(i64::from(app.config.idle_minutes) * 60_000);
    put(app, "session", &name, session, until)
}

fn put(app: &App, kind: &str, name: &str, value: &impl Serialize, until: Moment) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(value).map_err(|error| store(&error))?;
    app.with_working(|working| working.put(kind, name, &bytes, until)).map_err(|error| store(&error))
}

fn get<T: for<'de> Deserialize<'de>>(app: &App, kind: &str, name: &str, now: Moment) -> Result<Option<T>, Problem> {
    let bytes = app.with_working(|working| working.get(kind, name, now)).map_err(|error| store(&error))?;
    bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(|error| store(&error))
}

//! Sessions, in working state. Real time, whatever the zone's clock says.

use super::credential::{Credential, credential, keep_credential};
use crate::answer::{caller, cookie};
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
use yizhan_kit::{Kind, Moment, Problem};

pub use super::credential::set_password;

/// The session cookie.
pub const COOKIE: &str = "yizhan";

/// The cookie of a field phone's session: the console beside it in the same browser keeps its own.
pub const PHONE_COOKIE: &str = "yizhan-field";

/// The role wants a second factor, and none was given.
pub static FACTOR_NEEDED: Kind =
    Kind { code: "factor-needed", status: 403, title_zh: "需要动态口令", title_en: "A second factor is needed" };

/// The header by which a request says that it comes from a field phone, and from which.
pub const PHONE_HEADER: &str = "field-phone";

/// A session as it is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Session {
    staff: u32,
    instead_of: Option<u32>,
    seen: Moment,
    /// When it began: an age at which it ends however much it is used.
    #[serde(default)]
    begun: Option<Moment>,
    /// When a second factor was given, for what asks for one.
    #[serde(default)]
    proved: Option<Moment>,
    /// When something else vouched for them: an identity provider, whose second factor is its own, or the first code of a new one.
    #[serde(default)]
    vouched: Option<Moment>,
    /// The field phone it belongs to, and when it ends whatever is done with it.
    #[serde(default)]
    phone: Option<(String, Moment)>,
}

impl Session {
    fn of(staff: u32, now: Moment) -> Self {
        Self { staff, instead_of: None, seen: now, begun: Some(now), proved: None, vouched: None, phone: None }
    }
}

/// Signs somebody in: the answer is the session's token.
///
/// # Errors
/// `wrong-password`, `second-factor` when the account wants a code as well, `locked-out` after too many failures.
pub fn sign_in(app: &App, login: &str, password: &str, code: Option<&str>) -> Result<String, Problem> {
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
    let known = Argon2::default().verify_password(password.as_bytes(), &kept).is_ok();
    if known && credential.factor.is_some() && code.is_none() {
        return Err(problem::SECOND_FACTOR
            .problem("请输入动态口令或恢复码。", "Enter the code of your authenticator, or a recovery code."));
    }
    let turn = app.taking.lock().expect("no panic while a code is taken");
    if credential.factor.is_some() {
        // As it is now that it is our turn: somebody may just have used the same code.
        credential = super::credential::credential(app, login)?.ok_or_else(wrong)?;
    }
    let factor = credential.factor.as_mut();
    let passed = known && factor.is_none_or(|factor| super::factor::take(app, factor, code.unwrap_or_default()));
    if !passed {
        credential.failures += 1;
        if credential.failures >= app.config.lock_after {
            credential.failures = 0;
            credential.locked_until = now.plus_ms(i64::from(app.config.lock_minutes) * 60_000);
        }
        keep_credential(app, login, &credential)?;
        return Err(wrong());
    }
    if credential.failures > 0 || credential.factor.is_some() {
        credential.failures = 0;
        keep_credential(app, login, &credential)?;
    }
    drop(turn);
    let proved = credential.factor.is_some().then_some(now);
    open(app, Session { proved, ..Session::of(credential.staff, now) })
}

/// Takes a code of an account's second factor; wrong ones lock the account as wrong passwords do.
///
/// # Errors
/// `second-factor` where the account has none or no code was given, `wrong-password`, `locked-out`.
pub fn prove(app: &App, login: &str, code: &str) -> Result<(), Problem> {
    let now = app.real_clock.now();
    let _turn = app.taking.lock().expect("no panic while a code is taken");
    let credential = credential(app, login)?;
    let Some(mut credential) = credential.filter(|kept| kept.factor.is_some()) else {
        return Err(problem::SECOND_FACTOR.problem(
            "这个账号还没有动态口令，请先在工作台“我的账号”里启用。",
            "This account has no second factor yet; set one up under “My account” in the console.",
        ));
    };
    if credential.locked_until > now {
        return Err(problem::LOCKED_OUT.problem("账号已锁定，请稍后再试。", "The account is locked; try again later."));
    }
    if code.trim().is_empty() {
        return Err(problem::SECOND_FACTOR.problem("请输入动态口令。", "Enter the code of your authenticator."));
    }
    let taken = credential.factor.as_mut().is_some_and(|factor| super::factor::take(app, factor, code));
    if taken {
        credential.failures = 0;
    } else {
        credential.failures += 1;
        if credential.failures >= app.config.lock_after {
            credential.failures = 0;
            credential.locked_until = now.plus_ms(i64::from(app.config.lock_minutes) * 60_000);
        }
    }
    keep_credential(app, login, &credential)?;
    let wrong =
        || problem::WRONG_PASSWORD.problem("动态口令不对，或者已经用过。", "The code is wrong, or was used before.");
    if taken { Ok(()) } else { Err(wrong()) }
}

/// Begins a session without a password: an identity provider checked who it is.
///
/// # Errors
/// When the store fails.
pub fn begin(app: &App, staff: SubjectId) -> Result<String, Problem> {
    let now = app.real_clock.now();
    open(app, Session { vouched: Some(now), ..Session::of(staff.0, now) })
}

/// Begins a session in a demonstration, where one click stands for the password and for the second factor.
///
/// # Errors
/// When the store fails.
pub fn begin_in_demonstration(app: &App, staff: SubjectId) -> Result<String, Problem> {
    let now = app.real_clock.now();
    open(app, Session { proved: Some(now), ..Session::of(staff.0, now) })
}

/// Begins the short session of a field phone. It is not drawn out by use: the phone asks for the next one with its secret.
///
/// # Errors
/// When the store fails.
pub fn begin_on(app: &App, staff: SubjectId, phone: &str, minutes: i64) -> Result<String, Problem> {
    let now = app.real_clock.now();
    let phone = Some((phone.to_owned(), now.plus_ms(minutes * 60_000)));
    open(app, Session { phone, ..Session::of(staff.0, now) })
}

fn open(app: &App, session: Session) -> Result<String, Problem> {
    let token = base32(&random::<20>(app.vault.entropy()));
    keep(app, &token, &session)?;
    Ok(token)
}

/// Whose session a token is.
pub fn whose(app: &App, token: &str) -> Option<Actor> {
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let session = get::<Session>(app, "session", &name, app.real_clock.now()).ok()??;
    Some(Actor::Staff { id: SubjectId(session.staff), instead_of: session.instead_of.map(SubjectId) })
}

/// When a second factor was last given in a request's session.
///
/// # Errors
/// When the store fails.
pub fn proved_at(app: &App, headers: &HeaderMap) -> Result<Option<Moment>, Problem> {
    let Some(token) = cookie(headers, COOKIE) else { return Ok(None) };
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    Ok(get::<Session>(app, "session", &name, app.real_clock.now())?.and_then(|session| session.proved))
}

fn is_proved(app: &App, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(token) = cookie(headers, COOKIE) else { return Ok(false) };
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let session = get::<Session>(app, "session", &name, app.real_clock.now())?;
    Ok(session.is_some_and(|session| session.proved.is_some() || session.vouched.is_some()))
}

/// The first code of a new second factor was given in a request's session. It is no proof for what asks for a code again.
///
/// # Errors
/// When the store fails.
pub fn vouch(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = cookie(headers, COOKIE) else { return Ok(()) };
    let (name, now) = (app.vault.digest("session", token.as_bytes()).to_string(), app.real_clock.now());
    let Some(session) = get::<Session>(app, "session", &name, now)? else { return Ok(()) };
    keep(app, token, &Session { vouched: Some(now), ..session })
}

/// The cookie that carries a session's token.
pub fn cookie_of(app: &App, token: &str) -> String {
    named_cookie(app, COOKIE, token)
}

/// As [`cookie_of`], for the session of a field phone.
pub fn phone_cookie_of(app: &App, token: &str) -> String {
    named_cookie(app, PHONE_COOKIE, token)
}

fn named_cookie(app: &App, name: &str, token: &str) -> String {
    let secure = if app.config.public_url().starts_with("https:") { "; Secure" } else { "" };
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}")
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

/// A session as its owner sees it.
pub(super) struct Open {
    /// Its name: a digest, of no use to anyone but for ending it.
    pub(super) name: String,
    /// When it was last used.
    pub(super) seen: Moment,
    /// Whether it is the one that asks.
    pub(super) own: bool,
}

/// The sessions of a member of staff.
pub(super) fn all_of(app: &App, headers: &HeaderMap, staff: SubjectId) -> Result<Vec<Open>, Problem> {
    let now = app.real_clock.now();
    let own = cookie(headers, COOKIE).map(|token| app.vault.digest("session", token.as_bytes()).to_string());
    let kept = app.with_working(|working| working.list("session", now)).map_err(|error| store(&error))?;
    let theirs = kept.into_iter().filter_map(|(name, bytes)| {
        let session: Session = serde_json::from_slice(&bytes).ok()?;
        (session.staff == staff.0).then(|| Open { own: own.as_ref() == Some(&name), seen: session.seen, name })
    });
    Ok(theirs.collect())
}

/// Ends every session of a member of staff: their password, their role or their account changed.
///
/// # Errors
/// When the store fails.
pub fn end_all_of(app: &App, staff: SubjectId) -> Result<(), Problem> {
    let all = all_of(app, &HeaderMap::new(), staff)?;
    end_named(app, &all.into_iter().map(|session| session.name).collect::<Vec<_>>())
}

/// Ends sessions by name.
pub(super) fn end_named(app: &App, names: &[String]) -> Result<(), Problem> {
    names
        .iter()
        .try_for_each(|name| app.with_working(|working| working.delete("session", name)).map_err(|error| store(&error)))
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
    let seen = app.real_clock.now();
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let session = get::<Session>(app, "session", &name, seen)?.filter(|session| session.phone.is_none());
    if let Some(session) = session {
        keep(app, token, &Session { instead_of: whom.map(|whom| whom.0), seen, ..session })?;
    }
    Ok(viewer)
}

/// Who a request comes from: staff by their session, else a resident. Whoever says that they are a field phone is never
/// taken for a resident: what a worker sends after their session ended would be sent in nobody's name, and again in theirs.
///
/// # Errors
/// `sign-in` for a phone without a session, `phone-revoked` for one that was revoked; when the store fails.
pub fn actor(app: &App, headers: &HeaderMap) -> Result<Actor, Problem> {
    if let Some(phone) = headers.get(PHONE_HEADER) {
        return on_phone(app, headers, phone.to_str().unwrap_or_default());
    }
    let Some(token) = cookie(headers, COOKIE) else { return Ok(Actor::Resident) };
    let now = app.real_clock.now();
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let Some(mut session) = get::<Session>(app, "session", &name, now)? else { return Ok(Actor::Resident) };
    if session.phone.is_some() {
        return Ok(Actor::Resident);
    }
    app.lanes.remember(token);
    if now.0 - session.seen.0 > 60_000 {
        session.seen = now;
        keep(app, token, &session)?;
    }
    Ok(Actor::Staff { id: SubjectId(session.staff), instead_of: session.instead_of.map(SubjectId) })
}

/// The worker whose field phone a request comes from.
fn on_phone(app: &App, headers: &HeaderMap, phone: &str) -> Result<Actor, Problem> {
    crate::field::act::must_be_good(app, phone)?;
    let over = || problem::SIGN_IN.problem("登录已到时，请用这部手机的密钥续期。", "The session is over; renew it.");
    let token = cookie(headers, PHONE_COOKIE).ok_or_else(over)?;
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let session = get::<Session>(app, "session", &name, app.real_clock.now())?.ok_or_else(over)?;
    match session.phone {
        Some((own, _)) if own == phone => {
            app.lanes.remember(token);
            Ok(Actor::Staff { id: SubjectId(session.staff), instead_of: None })
        }
        _ => Err(over()),
    }
}

/// The staff member a request comes from, as the gate knows them.
///
/// # Errors
/// `sign-in` when nobody is signed in; `forbidden` when the account has no role today; `factor-needed`.
pub fn staff(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = known(app, headers)?;
    let asked = app.config.factor_roles.iter().any(|role| role == viewer.role.as_str());
    if asked && headers.get(PHONE_HEADER).is_none() && !is_proved(app, headers)? {
        return Err(FACTOR_NEEDED.problem(
            "这个岗位必须用动态口令登录：请先在“我的账号”里启用，再继续。",
            "This role wants a second factor: set one up under “My account”, then go on.",
        ));
    }
    Ok(viewer)
}

/// As [`staff`], for one's own account, where a second factor is set up.
///
/// # Errors
/// As for [`staff`], but for `factor-needed`; `forbidden` for an administrator who comes from elsewhere than administrators may.
pub fn known(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let actor = actor(app, headers)?;
    if !matches!(actor, Actor::Staff { .. }) {
        return Err(problem::SIGN_IN.problem("请先登录。", "Please sign in first."));
    }
    let viewer = Viewer::of(&app.image(), actor, app.now().day())?;
    let from = &app.config.administrators_from;
    let elsewhere = |caller| !from.is_empty() && !from.iter().any(|network| network.holds(caller));
    if viewer.role.is_administrator() && caller().is_some_and(elsewhere) {
        return Err(problem::FORBIDDEN.problem(
            "管理员只能在规定的网络里办事，这里不在其中。",
            "Administrators work from their own network only, and this is not it.",
        ));
    }
    Ok(viewer)
}

/// A viewer as they look at a part of their area, by its code, where they asked to.
///
/// # Errors
/// `unknown-region`; `forbidden` when it is no part of theirs.
pub fn narrowed(viewer: Viewer, area: Option<&str>) -> Result<Viewer, Problem> {
    let Some(text) = area.filter(|text| !text.is_empty()) else { return Ok(viewer) };
    let area = text.parse().map_err(|_| {
        problem::UNKNOWN_REGION.problem(format!("没有区划“{text}”。"), format!("There is no region {text:?}."))
    })?;
    viewer.narrowed(area)
}

/// The request behind a staff member's write: their idempotency key, within their own scope.
pub fn request(viewer: &Viewer, headers: &HeaderMap, body: &[u8]) -> Request {
    match headers.get("idempotency-key").and_then(|value| value.to_str().ok()) {
        Some(key) => Request::keyed(&viewer.actor.to_string(), key, body),
        None => Request::unkeyed(body),
    }
}

/// As [`request`], for one of several writes under the same key.
pub fn request_part(viewer: &Viewer, headers: &HeaderMap, part: &str, body: &[u8]) -> Request {
    let scope = format!("{} {part}", viewer.actor);
    match headers.get("idempotency-key").and_then(|value| value.to_str().ok()) {
        Some(key) => Request::keyed(&scope, key, body),
        None => Request::unkeyed(body),
    }
}

fn keep(app: &App, token: &str, session: &Session) -> Result<(), Problem> {
    let name = app.vault.digest("session", token.as_bytes()).to_string();
    let idle = session.seen.plus_ms(i64::from(app.config.idle_minutes) * 60_000);
    let aged = session.begun.map(|begun| begun.plus_ms(i64::from(app.config.session_hours) * 3_600_000));
    let until = session.phone.as_ref().map_or(idle.min(aged.unwrap_or(idle)), |(_, until)| *until);
    put(app, "session", &name, session, until)
}

pub(super) fn put(app: &App, kind: &str, name: &str, value: &impl Serialize, until: Moment) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(value).map_err(|error| store(&error))?;
    app.with_working(|working| working.put(kind, name, &bytes, until)).map_err(|error| store(&error))
}

pub(super) fn get<T: for<'de> Deserialize<'de>>(
    app: &App,
    kind: &str,
    name: &str,
    now: Moment,
) -> Result<Option<T>, Problem> {
    let bytes = app.with_working(|working| working.get(kind, name, now)).map_err(|error| store(&error))?;
    bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(|error| store(&error))
}

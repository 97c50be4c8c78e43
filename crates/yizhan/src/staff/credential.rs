//! Passwords and second factors as they are kept, in working state.

use super::sessions::{get, put};
use crate::app::{App, store};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::id::random;
use yizhan_kit::{Moment, Problem};
use zxcvbn::Score;

const FOR_EVER: Moment = Moment(i64::MAX);

/// As what working state keeps them.
const KIND: &str = "credential";

/// The fewest characters of a password.
const SHORTEST: usize = 12;

/// A password as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Credential {
    pub(super) staff: u32,
    pub(super) hash: String,
    pub(super) failures: u32,
    pub(super) locked_until: Moment,
    /// What the account wants beside its password.
    #[serde(default)]
    pub(super) factor: Option<Factor>,
}

/// A second factor as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Factor {
    /// The account it was made for.
    pub(super) login: String,
    /// The secret shared with the authenticator, sealed.
    pub(super) sealed: Vec<u8>,
    /// The half minute whose code was taken last: no code is good twice.
    pub(super) last_taken: i64,
    /// Digests of the recovery codes that are left.
    pub(super) recovery: Vec<String>,
}

/// A password that is good enough, hashed and not yet kept.
pub struct Hashed(String);

/// How an account stands.
#[derive(Default)]
pub struct AccountStanding {
    /// Whether it has a password.
    pub password: bool,
    /// Whether it wants a second factor.
    pub factor: bool,
    /// Whether it is locked now.
    pub locked: bool,
}

/// Keeps a password for a login name. Slow on purpose.
///
/// # Errors
/// When it is easily guessed, or the store fails.
pub fn set_password(app: &App, login: &str, staff: SubjectId, password: &str) -> Result<(), Problem> {
    keep(app, login, staff, hashed(app, login, password)?)
}

/// Keeps a password that was hashed before. It takes no second factor away.
///
/// # Errors
/// When the store fails.
pub fn keep(app: &App, login: &str, staff: SubjectId, hashed: Hashed) -> Result<(), Problem> {
    let factor = credential(app, login)?.and_then(|kept| kept.factor);
    let credential = Credential { staff: staff.0, hash: hashed.0, failures: 0, locked_until: Moment(0), factor };
    keep_credential(app, login, &credential)
}

/// Hashes a password that is good enough: twelve characters, without the login name, and not among those that are tried first: common
/// words, names, dates, rows of the keyboard, what was found in breaches. Slow on purpose.
///
/// # Errors
/// `form-invalid`, saying what is asked for.
pub fn hashed(app: &App, login: &str, password: &str) -> Result<Hashed, Problem> {
    if password.chars().count() < SHORTEST {
        return Err(problem::FORM_INVALID.problem(
            format!("密码至少 {SHORTEST} 个字符。"),
            format!("A password has at least {SHORTEST} characters."),
        ));
    }
    let guesses = zxcvbn::zxcvbn(password, &[login]);
    if guesses.score() < Score::Three || password.to_lowercase().contains(&login.to_lowercase()) {
        return Err(problem::FORM_INVALID.problem(
            "密码太容易猜：不要包含用户名，不要用常见密码、姓名、日期或键盘上连着的键。",
            "That is easily guessed: leave out the login name, common passwords, names, dates and rows of the keyboard.",
        ));
    }
    let salt: [u8; 16] = random(app.vault.entropy());
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| store(&error))?;
    Ok(Hashed(hash.to_string()))
}

/// How an account stands.
///
/// # Errors
/// When the store fails.
pub fn standing(app: &App, login: &str) -> Result<AccountStanding, Problem> {
    let now = app.real_clock.now();
    Ok(credential(app, login)?.map_or_else(AccountStanding::default, |kept| AccountStanding {
        password: true,
        factor: kept.factor.is_some(),
        locked: kept.locked_until > now,
    }))
}

/// Unlocks an account before its time.
///
/// # Errors
/// When the store fails.
pub fn unlock(app: &App, login: &str) -> Result<(), Problem> {
    let Some(mut kept) = credential(app, login)? else { return Ok(()) };
    (kept.failures, kept.locked_until) = (0, Moment(0));
    keep_credential(app, login, &kept)
}

/// Takes the second factor of an account away: whoever holds it lost it.
///
/// # Errors
/// When the store fails.
pub fn forget_factor(app: &App, login: &str) -> Result<(), Problem> {
    let Some(mut kept) = credential(app, login)? else { return Ok(()) };
    kept.factor = None;
    keep_credential(app, login, &kept)
}

/// What is kept of an account.
pub(super) fn credential(app: &App, login: &str) -> Result<Option<Credential>, Problem> {
    get(app, KIND, login, app.real_clock.now())
}

/// Keeps what was changed of an account.
pub(super) fn keep_credential(app: &App, login: &str, credential: &Credential) -> Result<(), Problem> {
    put(app, KIND, login, credential, FOR_EVER)
}

/// Whether a password is the account's. Slow on purpose.
///
/// # Errors
/// `wrong-password`, or the store's failure.
pub(super) fn must_know(app: &App, login: &str, password: &str) -> Result<(), Problem> {
    let wrong = || problem::WRONG_PASSWORD.problem("密码不对。", "The password is wrong.");
    let none = || match &app.demo {
        Some(_) => {
            problem::WRONG_PASSWORD.problem("演示账号没有密码。", "An account of the demonstration has no password.")
        }
        None => wrong(),
    };
    let credential = credential(app, login)?.ok_or_else(none)?;
    let kept = PasswordHash::new(&credential.hash).map_err(|error| store(&error))?;
    Argon2::default().verify_password(password.as_bytes(), &kept).map_err(|_| wrong())
}

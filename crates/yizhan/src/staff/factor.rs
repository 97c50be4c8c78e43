//! The second factor: codes of an authenticator, and recovery codes for whoever lost it.

use super::credential::{Factor, credential, keep_credential, must_know};
use crate::app::{App, store};
use yizhan_core::problem;
use yizhan_kit::id::{base32, random};
use yizhan_kit::otp::{self, Secret};
use yizhan_kit::{Moment, Problem};

/// How many recovery codes are given out.
const RECOVERY: usize = 8;

/// How long an offered secret waits for its first code.
const OFFERED_MS: i64 = 10 * 60_000;

/// What an authenticator is given.
pub struct Offer {
    /// The secret, for typing in.
    pub secret: String,
    /// The secret, for scanning.
    pub uri: String,
}

/// Offers an account a secret; nothing changes before the first code comes back. Who has a second factor already gives a
/// code of it.
///
/// # Errors
/// `wrong-password`, for the password or the code; or the store's failure.
pub fn offer(app: &App, login: &str, password: &str, code: &str) -> Result<Offer, Problem> {
    must_know(app, login, password)?;
    let mut credential = credential(app, login)?.ok_or_else(wrong)?;
    if let Some(factor) = &mut credential.factor {
        if !take(app, factor, code) {
            return Err(wrong());
        }
        keep_credential(app, login, &credential)?;
    }
    let secret: Secret = random(app.vault.entropy());
    let until = app.real_clock.now().plus_ms(OFFERED_MS);
    let sealed = app.vault.seal_working(login, &secret);
    app.with_working(|working| working.put("factor-offer", login, &sealed, until)).map_err(|error| store(&error))?;
    Ok(Offer { secret: otp::text(&secret), uri: otp::uri(&secret, "yizhan", login) })
}

/// Takes the first code of an offered secret: from now on the account wants one at every sign-in. The answer is the
/// recovery codes, which are shown this once.
///
/// # Errors
/// `wrong-password` for a wrong code or an offer that has run out, or the store's failure.
pub fn accept(app: &App, login: &str, code: &str) -> Result<Vec<String>, Problem> {
    let now = app.real_clock.now();
    let offered = app.with_working(|working| working.get("factor-offer", login, now)).map_err(|error| store(&error))?;
    let sealed = offered.ok_or_else(wrong)?;
    let taken = otp::check(&opened(app, login, &sealed)?, code, now, 0).ok_or_else(wrong)?;
    let codes: Vec<String> = (0..RECOVERY).map(|_| base32(&random::<10>(app.vault.entropy()))).collect();
    let recovery = codes.iter().map(|code| digest(app, code)).collect();
    let mut credential = credential(app, login)?.ok_or_else(wrong)?;
    credential.factor = Some(Factor { login: login.to_owned(), sealed, last_taken: taken, recovery });
    keep_credential(app, login, &credential)?;
    app.with_working(|working| working.delete("factor-offer", login)).map_err(|error| store(&error))?;
    Ok(codes)
}

/// Takes the second factor away again.
///
/// # Errors
/// `wrong-password`, for the password or the code; or the store's failure.
pub fn remove(app: &App, login: &str, password: &str, code: &str) -> Result<(), Problem> {
    must_know(app, login, password)?;
    let mut credential = credential(app, login)?.ok_or_else(wrong)?;
    if credential.factor.as_mut().is_some_and(|factor| !take(app, factor, code)) {
        return Err(wrong());
    }
    credential.factor = None;
    keep_credential(app, login, &credential)
}

/// Whether a code is good now; it is not again. The caller keeps the factor as it is afterwards.
pub(super) fn take(app: &App, factor: &mut Factor, code: &str) -> bool {
    let now: Moment = app.real_clock.now();
    let Ok(secret) = opened(app, &factor.login, &factor.sealed) else { return false };
    if let Some(step) = otp::check(&secret, code, now, factor.last_taken) {
        factor.last_taken = step;
        return true;
    }
    let typed = digest(app, &code.trim().to_lowercase());
    let before = factor.recovery.len();
    factor.recovery.retain(|kept| *kept != typed);
    factor.recovery.len() < before
}

fn opened(app: &App, login: &str, sealed: &[u8]) -> Result<Secret, Problem> {
    let plain = app.vault.open_working(login, sealed).map_err(|_| store(&"a second factor cannot be opened"))?;
    plain.try_into().map_err(|_| store(&"a second factor has the wrong length"))
}

fn digest(app: &App, code: &str) -> String {
    app.vault.digest("recovery", code.as_bytes()).to_string()
}

fn wrong() -> Problem {
    problem::WRONG_PASSWORD.problem("动态口令不对，或者已经用过。", "The code is wrong, or was used before.")
}

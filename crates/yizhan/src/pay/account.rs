//! Where people are paid: the account of a person or a household, sealed, and opened for the bank's file alone.

use crate::app::{App, store};
use serde::{Deserialize, Serialize};
use yizhan_core::access::Seen;
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::service::NewSealed;
use yizhan_core::vault::Vault;
use yizhan_kit::{Day, Problem};

/// An account at a bank.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct BankAccount {
    /// The bank.
    pub bank: String,
    /// The number.
    pub number: String,
    /// In whose name it is; empty where it is the payee's own.
    #[serde(default)]
    pub holder: String,
}

/// The account that somebody is paid to: their own, or their household's. Opened by the program itself.
///
/// # Errors
/// The store's failure. A key that was destroyed leaves no account.
pub fn find(app: &App, seen: &Seen<'_>, subject: SubjectId, on: Day) -> Result<Option<BankAccount>, Problem> {
    let kind = seen.image().kind(subject).cloned().unwrap_or_default();
    if let Some(own) = of(app, seen, subject, &format!("{kind}.account"))? {
        return Ok(Some(own));
    }
    match crate::register::view::household_of(seen, subject, on) {
        Some(household) if household != subject => of(app, seen, household, "household.account"),
        _ => Ok(None),
    }
}

fn of(app: &App, seen: &Seen<'_>, subject: SubjectId, attribute: &str) -> Result<Option<BankAccount>, Problem> {
    let Some(Value::Sealed(_)) = seen.latest(subject, attribute) else { return Ok(None) };
    let Some(last) = seen.last_fact(subject) else { return Ok(None) };
    let rows = app.read(|reader| reader.facts_back(last)).map_err(|error| store(&error))?;
    let Some(row) = rows.iter().find(|row| *row.attribute == *attribute) else { return Ok(None) };
    let (Some(key), Some(sealed)) = (row.key, &row.sealed) else { return Ok(None) };
    let Ok(key) = app.key(key) else { return Ok(None) };
    let plain = app.vault.unseal(Some(&key), sealed).map_err(|_| store(&"an account cannot be opened"))?;
    serde_json::from_slice(&plain).map(Some).map_err(|error| store(&error))
}

/// An account as it is recorded: sealed under a key of its own.
///
/// # Panics
/// Never: an account is JSON.
pub fn sealed(vault: &Vault, kind: &str, account: &BankAccount) -> NewSealed {
    let (key, secret) = vault.new_key("money", &[vault.blind("account", &account.number)]);
    let plain = serde_json::to_vec(account).expect("an account is JSON");
    NewSealed { attribute: format!("{kind}.account"), key, sealed: vault.seal(&secret, "money", &plain) }
}

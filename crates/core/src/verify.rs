//! Proof that a zone is what it was: the chain, the fold, the sealed bodies, the keys, the signed heads.

use crate::heads::SignedHead;
use crate::row::{JournalRow, KeyRow};
use crate::vault::Vault;
use crate::waist::load::Depth;
use crate::waist::{ReadError, Reader};
use crate::zone::rebuild;
use serde::Serialize;
use yizhan_kit::Fen;
use yizhan_kit::digest::HashKind;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Nothing is wrong.
    pub ok: bool,
    /// How many acts were checked.
    pub acts: u64,
    /// The hash of the last good act.
    pub head: String,
    /// What is wrong, each with its act, table and row.
    pub faults: Vec<String>,
}

/// Checks everything that can be read. Without a vault the keys are not opened.
///
/// # Errors
/// When the engine itself fails.
pub fn verify(
    reader: &mut Reader,
    kind: HashKind,
    vault: Option<&Vault>,
    heads: &[SignedHead],
) -> Result<Report, ReadError> {
    let rebuilt = rebuild(reader, kind, Depth::Bodies);
    let mut faults: Vec<String> = rebuilt.faults.iter().map(ToString::to_string).collect();
    match reader.head() {
        Ok(head) if rebuilt.complete && (head.seq != rebuilt.image.seq || head.hash != rebuilt.image.hash) => {
            // A zone that is served meanwhile has gone on: the next act is there.
            let goes_on = head.seq > rebuilt.image.seq && reader.one::<JournalRow>(rebuilt.image.seq + 1)?.is_some();
            if !goes_on {
                faults.push(format!("head: it says act {}, the rows end at act {}", head.seq, rebuilt.image.seq));
            }
        }
        Ok(_) => {}
        Err(what) => faults.push(format!("head: {what}")),
    }
    for (fund, sum) in rebuilt.image.ledger.trial_balance().into_iter().filter(|(_, sum)| *sum != Fen(0)) {
        faults.push(format!("ledger: the trial balance of {fund} is {sum}"));
    }
    for n in &rebuilt.undead_keys {
        if reader.key(*n)?.is_some() {
            faults.push(format!("key {n}: its forgetting is on record, but it is still there"));
        }
    }
    if let Some(vault) = vault {
        check_keys(reader, vault, &mut faults)?;
    }
    let signer = vault.map(|vault| vault.signing_key().verifying_key());
    for head in heads {
        faults.extend(head.fault(reader, signer.as_ref())?);
    }
    Ok(Report { ok: faults.is_empty(), acts: rebuilt.image.seq, head: rebuilt.image.hash.to_string(), faults })
}

fn check_keys(reader: &mut Reader, vault: &Vault, faults: &mut Vec<String>) -> Result<(), ReadError> {
    let mut after = -1;
    loop {
        let page = reader.page::<KeyRow>(after, 4096)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = i64::try_from(last.n).unwrap_or(i64::MAX);
        faults.extend(
            page.iter().filter(|row| vault.key(row).is_err()).map(|row| format!("key {}: it cannot be opened", row.n)),
        );
    }
}

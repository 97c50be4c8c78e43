//! What money comes to, fund by fund: counted once from the rows of transfers alone, once from the ledger, so that one is
//! held against the other.

use crate::ledger::Ledger;
use crate::row::TransferRow;
use crate::waist::Reader;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use yizhan_kit::digest::{HashKind, hash};

/// What the money of a fund comes to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FundSum {
    /// How many accounts hold something or have something on its way.
    pub accounts: u64,
    /// What those that hold more than nothing hold together, in fen.
    pub held_fen: i64,
    /// What is set aside and on its way, in fen.
    pub waiting_fen: i64,
    /// SHA-256 over the lines `account posted leaving arriving`, in fen, in order of account.
    pub sha256: String,
}

/// The places of what is settled, on its way out and on its way in.
const POSTED: usize = 0;
const LEAVING: usize = 1;
const ARRIVING: usize = 2;

/// Posted, leaving and arriving of each account, fund by fund.
type Held = BTreeMap<String, BTreeMap<u32, [i64; 3]>>;

/// Adds up the rows of transfers up to an act.
pub(super) fn of_rows(reader: &mut Reader, last: u64) -> Result<BTreeMap<String, FundSum>, String> {
    let mut held = Held::new();
    let mut pending: BTreeMap<u64, i64> = BTreeMap::new();
    let mut after = -1;
    loop {
        let page = reader.page::<TransferRow>(after, 8192).map_err(|error| error.to_string())?;
        let Some(end) = page.last() else { break };
        after = i64::try_from(end.n).unwrap_or(i64::MAX);
        for row in page.iter().take_while(|row| row.seq <= last) {
            let fund = held.entry(row.fund.to_string()).or_default();
            let mut add = |account: u32, place: usize, fen: i64| fund.entry(account).or_default()[place] += fen;
            let mut waits = |fen: i64| {
                add(row.debit.0, LEAVING, fen);
                add(row.credit.0, ARRIVING, fen);
            };
            if &*row.phase == "pending" {
                waits(row.amount_fen);
                pending.insert(row.n, row.amount_fen);
                continue;
            }
            if let Some(freed) = row.pending.and_then(|n| pending.remove(&n)) {
                waits(-freed);
            }
            if &*row.phase != "void" {
                add(row.debit.0, POSTED, -row.amount_fen);
                add(row.credit.0, POSTED, row.amount_fen);
            }
        }
        if end.seq > last {
            break;
        }
    }
    Ok(sums(&held))
}

/// Adds up what a ledger says.
pub fn of_ledger(ledger: &Ledger) -> BTreeMap<String, FundSum> {
    let mut held = Held::new();
    for (fund, account, balance) in ledger.accounts() {
        let line = [balance.posted.0, balance.leaving.0, balance.arriving.0];
        held.entry(fund.to_string()).or_default().insert(account.0, line);
    }
    sums(&held)
}

fn sums(held: &Held) -> BTreeMap<String, FundSum> {
    let sum = |accounts: &BTreeMap<u32, [i64; 3]>| {
        let mut sum = FundSum::default();
        let mut lines = String::new();
        for (account, [posted, leaving, arriving]) in accounts {
            if [posted, leaving, arriving] == [&0, &0, &0] {
                continue;
            }
            sum.accounts += 1;
            sum.held_fen += (*posted).max(0);
            sum.waiting_fen += leaving;
            lines.push_str(&format!("{account} {posted} {leaving} {arriving}\n"));
        }
        sum.sha256 = hash(HashKind::Sha256, lines.as_bytes()).to_string();
        sum
    };
    held.iter().map(|(fund, accounts)| (fund.clone(), sum(accounts))).collect()
}

//! Money in memory: balances by fund and account, and transfers that are pending. Debits equal credits in every fund,
//! because a transfer is the only thing that moves a balance and it moves two by the same amount.

use crate::row::{SubjectId, TransferRow};
use std::sync::Arc;
use yizhan_kit::Fen;

/// A transfer that waits to be posted or voided.
#[derive(Clone, Debug)]
struct Pending {
    fund: Arc<str>,
    debit: SubjectId,
    credit: SubjectId,
    amount: Fen,
}

/// What an account holds in a fund.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Balance {
    /// What is settled.
    pub posted: Fen,
    /// What is on its way out.
    pub leaving: Fen,
    /// What is on its way in.
    pub arriving: Fen,
}

/// All balances of a zone.
#[derive(Clone, Default)]
pub struct Ledger {
    balances: imbl::HashMap<(Arc<str>, SubjectId), Balance>,
    pending: imbl::HashMap<u64, Pending>,
}

impl Ledger {
    /// What an account holds in a fund.
    pub fn balance(&self, fund: &str, account: SubjectId) -> Balance {
        self.balances.get(&(Arc::from(fund), account)).copied().unwrap_or_default()
    }

    /// The sum of all settled balances, fund by fund: nothing, always.
    pub fn trial_balance(&self) -> Fen {
        self.balances.values().fold(Fen(0), |sum, balance| sum.checked_add(balance.posted).expect("sums of a zone fit"))
    }

    /// Takes one row in.
    ///
    /// # Errors
    /// Names what makes the row impossible: no amount, the same account twice, a settled or unknown pending transfer.
    pub fn apply(&mut self, row: &TransferRow) -> Result<(), &'static str> {
        let amount = Fen(row.amount_fen);
        if row.amount_fen <= 0 {
            return Err("moves no money");
        }
        if row.debit == row.credit {
            return Err("moves money from an account to itself");
        }
        match (&*row.phase, row.pending) {
            ("direct", None) => self.post(&row.fund, row.debit, row.credit, amount),
            ("pending", None) => {
                self.change(&row.fund, row.debit, |balance| add(&mut balance.leaving, amount))?;
                self.change(&row.fund, row.credit, |balance| add(&mut balance.arriving, amount))?;
                let pending = Pending { fund: row.fund.clone(), debit: row.debit, credit: row.credit, amount };
                self.pending.insert(row.n, pending);
                Ok(())
            }
            ("post" | "void", Some(n)) => {
                let Some(held) = self.pending.remove(&n) else {
                    return Err("settles a transfer that is not pending");
                };
                if held.debit != row.debit || held.credit != row.credit || held.fund != row.fund || amount > held.amount
                {
                    return Err("does not fit the transfer it settles");
                }
                let back = Fen(-held.amount.0);
                self.change(&row.fund, row.debit, |balance| add(&mut balance.leaving, back))?;
                self.change(&row.fund, row.credit, |balance| add(&mut balance.arriving, back))?;
                if &*row.phase == "post" { self.post(&row.fund, row.debit, row.credit, amount) } else { Ok(()) }
            }
            _ => Err("is in no known phase"),
        }
    }

    fn post(&mut self, fund: &Arc<str>, debit: SubjectId, credit: SubjectId, amount: Fen) -> Result<(), &'static str> {
        self.change(fund, debit, |balance| add(&mut balance.posted, Fen(-amount.0)))?;
        self.change(fund, credit, |balance| add(&mut balance.posted, amount))
    }

    fn change(
        &mut self,
        fund: &Arc<str>,
        account: SubjectId,
        act: impl FnOnce(&mut Balance) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        act(self.balances.entry((fund.clone(), account)).or_default())
    }
}

fn add(balance: &mut Fen, amount: Fen) -> Result<(), &'static str> {
    *balance = balance.checked_add(amount).ok_or("overflows a balance")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u64, phase: &str, pending: Option<u64>, debit: u32, credit: u32, amount_fen: i64) -> TransferRow {
        TransferRow {
            n,
            seq: n,
            case: SubjectId(1),
            phase: phase.into(),
            pending,
            fund: "relief".into(),
            debit: SubjectId(debit),
            credit: SubjectId(credit),
            amount_fen,
        }
    }

    #[test]
    fn money_is_conserved_through_both_phases() {
        let mut ledger = Ledger::default();
        ledger.apply(&row(1, "direct", None, 7, 8, 1_000)).unwrap();
        ledger.apply(&row(2, "pending", None, 8, 9, 400)).unwrap();
        assert_eq!(
            ledger.balance("relief", SubjectId(8)),
            Balance { posted: Fen(1_000), leaving: Fen(400), arriving: Fen(0) }
        );
        ledger.apply(&row(3, "post", Some(2), 8, 9, 400)).unwrap();
        assert_eq!(ledger.balance("relief", SubjectId(9)).posted, Fen(400));
        assert_eq!(
            ledger.balance("relief", SubjectId(8)),
            Balance { posted: Fen(600), leaving: Fen(0), arriving: Fen(0) }
        );
        assert_eq!(ledger.trial_balance(), Fen(0));
    }

    #[test]
    fn refuses_what_cannot_be() {
        let check = |rows: &[TransferRow], expected: &str| {
            let mut ledger = Ledger::default();
            let refused = rows.iter().find_map(|row| ledger.apply(row).err());
            assert_eq!(refused, Some(expected));
            assert_eq!(ledger.trial_balance(), Fen(0));
        };
        check(&[row(1, "direct", None, 1, 2, 0)], "moves no money");
        check(&[row(1, "direct", None, 1, 1, 5)], "moves money from an account to itself");
        check(&[row(1, "post", Some(9), 1, 2, 5)], "settles a transfer that is not pending");
        check(
            &[row(1, "pending", None, 1, 2, 5), row(2, "post", Some(1), 1, 2, 6)],
            "does not fit the transfer it settles",
        );
        check(&[row(1, "gift", None, 1, 2, 5)], "is in no known phase");
    }
}

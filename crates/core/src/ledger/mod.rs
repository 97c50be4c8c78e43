//! Money in memory: what every account holds in every fund, what is on its way, and each movement back to the act and the
//! case that made it.
//!
//! Invariants: debits equal credits in every fund, because a transfer is the only thing that moves a balance and it moves
//! two by the same amount; what is pending is settled once, posted or void; nothing is ever changed, a mistake is corrected
//! by another transfer. Transfers of one act stand or fall together. Model: TigerBeetle's two-phase transfers.

#[cfg(test)]
mod tests;

use crate::row::{SubjectId, TransferRow};
use std::sync::Arc;
use yizhan_kit::Fen;

/// In which phase a transfer is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Both phases at once.
    Direct,
    /// Set aside: it waits to be posted or voided.
    Pending,
    /// A pending transfer arrives, in whole or in part; what is left of it is released.
    Post,
    /// A pending transfer does not take place.
    Void,
}

impl Phase {
    /// As it is written in a row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Pending => "pending",
            Self::Post => "post",
            Self::Void => "void",
        }
    }

    /// As it was written in a row.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Direct, Self::Pending, Self::Post, Self::Void].into_iter().find(|phase| phase.as_str() == text)
    }
}

/// Why money cannot move so, the gravest reason first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Its phase is none.
    UnknownPhase,
    /// It moves nothing, or less.
    NoAmount,
    /// It names the same account twice.
    SameAccount,
    /// What it settles is not pending, or no longer.
    NotPending,
    /// It settles a transfer between other accounts, in another fund, or of less.
    DoesNotFit,
    /// The sum of a balance is more than can be written.
    Overflow,
    /// The fund is in no catalog.
    UnknownFund,
    /// The account would give more than it has.
    Overdraft,
    /// No case is cited.
    NoCase,
}

impl Refused {
    /// What is wrong, in both languages.
    pub fn says(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownPhase => ("转账阶段不对", "is in no known phase"),
            Self::NoAmount => ("金额必须大于零", "moves no money"),
            Self::SameAccount => ("收付是同一个账户", "moves money from an account to itself"),
            Self::NotPending => ("这笔待付已经结清，或者不存在", "settles a transfer that is not pending"),
            Self::DoesNotFit => ("与所结清的待付不符", "does not fit the transfer it settles"),
            Self::Overflow => ("余额超出可记范围", "overflows a balance"),
            Self::UnknownFund => ("目录里没有这项资金", "names a fund that no catalog has"),
            Self::Overdraft => {
                ("付款账户余额不足，这项资金不许透支", "would overdraw an account, which the fund forbids")
            }
            Self::NoCase => ("没有依据的办件", "cites no case"),
        }
    }
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

impl Balance {
    /// What can be given: what is settled less what is on its way out.
    pub fn free(&self) -> Fen {
        Fen(self.posted.0 - self.leaving.0)
    }
}

/// A transfer that moved money, without words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    /// Its row number.
    pub(crate) n: u32,
    /// The act.
    pub(crate) seq: u32,
    /// The case.
    pub(crate) case: SubjectId,
    /// Who gave.
    pub(crate) debit: SubjectId,
    /// Who received.
    pub(crate) credit: SubjectId,
    /// Whole fen.
    pub(crate) amount: i64,
    /// The place of its fund.
    pub(crate) fund: u16,
    /// The place of its rule.
    pub(crate) rule: u16,
}

/// A transfer as it is remembered: 56 bytes.
#[derive(Clone, Copy, Debug)]
struct Kept {
    amount: i64,
    seq: u32,
    case: u32,
    debit: u32,
    credit: u32,
    /// The pending transfer it settles; 0 where none.
    settles: u32,
    /// The transfer that settled it; 0 while pending, and of others.
    settled_by: u32,
    /// The transfer before it of whoever gives, of whoever receives, and of the case.
    before: [u32; 3],
    fund: u16,
    rule: u16,
    phase: Phase,
}

/// A transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Its row number.
    pub n: u64,
    /// The act.
    pub seq: u64,
    /// The case that allows it.
    pub case: SubjectId,
    /// The rule it follows; empty where none is cited.
    pub rule: Arc<str>,
    /// Its phase.
    pub phase: Phase,
    /// The pending transfer it settles.
    pub settles: Option<u64>,
    /// The transfer that settled it.
    pub settled_by: Option<u64>,
    /// The fund.
    pub fund: Arc<str>,
    /// Who gives.
    pub debit: SubjectId,
    /// Who receives.
    pub credit: SubjectId,
    /// How much.
    pub amount: Fen,
}

impl Transfer {
    /// Whether it moved money: it was direct, or posted.
    pub fn moves(&self) -> bool {
        matches!(self.phase, Phase::Direct | Phase::Post)
    }

    /// Whether it still waits.
    pub fn waits(&self) -> bool {
        self.phase == Phase::Pending && self.settled_by.is_none()
    }
}

/// All balances and transfers of a zone.
#[derive(Clone, Default)]
pub struct Ledger {
    /// Names of funds and rules.
    words: imbl::Vector<Arc<str>>,
    accounts: imbl::HashMap<(u16, u32), Balance>,
    /// The latest transfer of each subject, whatever the fund.
    of_subject: imbl::HashMap<u32, u32>,
    kept: imbl::Vector<Kept>,
    /// The latest transfer of each case.
    of_case: imbl::HashMap<u32, u32>,
    pending: usize,
}

/// What the catalog and the register say of accounts.
pub trait Limits {
    /// Whether an account may give more than it has in a fund; nothing when the fund is unknown.
    fn may_owe(&self, fund: &str, account: SubjectId) -> Option<bool>;
    /// Whether a subject is a case.
    fn is_case(&self, subject: SubjectId) -> bool;
}

impl Ledger {
    /// What an account holds in a fund.
    pub fn balance(&self, fund: &str, account: SubjectId) -> Balance {
        let known = self.find_word(fund).and_then(|fund| self.accounts.get(&(fund, account.0)));
        known.copied().unwrap_or_default()
    }

    /// How many transfers there are.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many of them are pending.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// A transfer by row number.
    pub fn transfer(&self, n: u64) -> Option<Transfer> {
        let kept = self.at(u32::try_from(n).ok()?)?;
        Some(Transfer {
            n,
            seq: u64::from(kept.seq),
            case: SubjectId(kept.case),
            rule: self.words[usize::from(kept.rule)].clone(),
            phase: kept.phase,
            settles: Some(u64::from(kept.settles)).filter(|n| *n > 0),
            settled_by: Some(u64::from(kept.settled_by)).filter(|n| *n > 0),
            fund: self.words[usize::from(kept.fund)].clone(),
            debit: SubjectId(kept.debit),
            credit: SubjectId(kept.credit),
            amount: Fen(kept.amount),
        })
    }

    /// All transfers in order.
    pub fn transfers(&self) -> impl Iterator<Item = Transfer> + '_ {
        (1..=self.kept.len() as u64).filter_map(|n| self.transfer(n))
    }

    /// The transfers of an account in a fund, from its latest back.
    pub fn statement<'a>(&'a self, fund: &str, account: SubjectId) -> impl Iterator<Item = Transfer> + 'a {
        let fund = self.find_word(fund);
        self.of_account(account)
            .filter(move |kept| Some(kept.1.fund) == fund)
            .filter_map(|(n, _)| self.transfer(u64::from(n)))
    }

    /// What a subject received by transfers that moved money, in all funds, from the latest back: the act, the rule it
    /// follows, the amount.
    pub fn received(&self, account: SubjectId) -> impl Iterator<Item = (u64, &str, Fen)> + '_ {
        let moved = move |kept: &Kept| kept.credit == account.0 && matches!(kept.phase, Phase::Direct | Phase::Post);
        let received = self.of_account(account).filter(move |(_, kept)| moved(kept));
        received.map(|(_, kept)| (u64::from(kept.seq), &*self.words[usize::from(kept.rule)], Fen(kept.amount)))
    }

    /// The transfers after a number that moved money, in order, as they are kept: for whoever follows the whole ledger.
    pub(crate) fn moved_after(&self, n: u64) -> impl Iterator<Item = Moved> + '_ {
        let first = usize::try_from(n).unwrap_or(usize::MAX).min(self.kept.len());
        let rows = self.kept.focus().narrow(first..).into_iter().zip(n + 1..);
        let moved = rows.filter(|(kept, _)| matches!(kept.phase, Phase::Direct | Phase::Post));
        moved.map(|(kept, n)| Moved {
            n: u32::try_from(n).expect("fewer than 2^32 transfers in a zone"),
            seq: kept.seq,
            case: SubjectId(kept.case),
            debit: SubjectId(kept.debit),
            credit: SubjectId(kept.credit),
            amount: kept.amount,
            fund: kept.fund,
            rule: kept.rule,
        })
    }

    /// A fund or a rule by its place.
    pub(crate) fn word_at(&self, place: u16) -> &Arc<str> {
        &self.words[usize::from(place)]
    }

    fn of_account(&self, account: SubjectId) -> impl Iterator<Item = (u32, &Kept)> + '_ {
        let last = self.of_subject.get(&account.0).copied().unwrap_or(0);
        self.chain(last, move |kept| if kept.debit == account.0 { 0 } else { 1 })
    }

    /// The transfers of a case, from its latest back.
    pub fn of_case(&self, case: SubjectId) -> impl Iterator<Item = Transfer> + '_ {
        let last = self.of_case.get(&case.0).copied().unwrap_or(0);
        self.chain(last, |_| 2).filter_map(|(n, _)| self.transfer(u64::from(n)))
    }

    fn chain<'a>(
        &'a self,
        last: u32,
        which: impl Fn(&Kept) -> usize + 'a,
    ) -> impl Iterator<Item = (u32, &'a Kept)> + 'a {
        let mut next = last;
        std::iter::from_fn(move || {
            let (n, kept) = (next, self.at(next)?);
            next = kept.before[which(kept)];
            Some((n, kept))
        })
    }

    /// The funds in which an account ever had something.
    pub fn funds_of(&self, account: SubjectId) -> Vec<Arc<str>> {
        let words = self.words.iter().enumerate();
        let known = |n: usize| u16::try_from(n).is_ok_and(|fund| self.accounts.contains_key(&(fund, account.0)));
        words.filter(|(n, _)| known(*n)).map(|(_, word)| word.clone()).collect()
    }

    /// Every account with its fund and balance, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = (&Arc<str>, SubjectId, Balance)> {
        let all = self.accounts.iter();
        all.map(|((fund, account), held)| (&self.words[usize::from(*fund)], SubjectId(*account), *held))
    }

    /// The sum of all settled balances, fund by fund: nothing, always.
    ///
    /// # Panics
    /// When a zone's money is more than can be written.
    pub fn trial_balance(&self) -> Vec<(Arc<str>, Fen)> {
        let mut sums: std::collections::BTreeMap<&Arc<str>, Fen> = std::collections::BTreeMap::new();
        for (fund, _, balance) in self.accounts() {
            let sum = sums.entry(fund).or_default();
            *sum = sum.checked_add(balance.posted).expect("sums of a zone fit");
        }
        sums.into_iter().map(|(fund, sum)| (fund.clone(), sum)).collect()
    }

    /// Takes one row in, if the rules of its fund allow it: what is decided now. What was decided before is taken as it is.
    ///
    /// # Errors
    /// Why money cannot move so.
    pub fn decide(&mut self, row: &TransferRow, limits: &impl Limits) -> Result<(), Refused> {
        if !limits.is_case(row.case) {
            return Err(Refused::NoCase);
        }
        let may_owe = limits.may_owe(&row.fund, row.debit).ok_or(Refused::UnknownFund)?;
        self.apply(row)?;
        let leaves = matches!(&*row.phase, "direct" | "pending");
        if leaves && !may_owe && self.balance(&row.fund, row.debit).free() < Fen(0) {
            return Err(Refused::Overdraft);
        }
        Ok(())
    }

    /// Takes one row in.
    ///
    /// # Errors
    /// What makes the row impossible; the ledger may then be half changed and is to be thrown away.
    pub fn apply(&mut self, row: &TransferRow) -> Result<(), Refused> {
        let phase = Phase::parse(&row.phase).ok_or(Refused::UnknownPhase)?;
        if row.amount_fen <= 0 {
            return Err(Refused::NoAmount);
        }
        if row.debit == row.credit {
            return Err(Refused::SameAccount);
        }
        let amount = row.amount_fen;
        let (fund, rule) = (self.word(&row.fund), self.word(row.rule.as_deref().unwrap_or_default()));
        let mut settles = 0;
        match (phase, row.pending) {
            (Phase::Direct | Phase::Pending, None) => {}
            (Phase::Post | Phase::Void, Some(n)) => {
                settles = u32::try_from(n).map_err(|_| Refused::NotPending)?;
                self.settle(row, settles, fund)?;
            }
            _ => return Err(Refused::UnknownPhase),
        }
        let n = u32::try_from(self.kept.len() + 1).expect("fewer than 2^32 transfers in a zone");
        let (leaving, posted) = match phase {
            Phase::Direct | Phase::Post => (0, amount),
            Phase::Pending => (amount, 0),
            Phase::Void => (0, 0),
        };
        self.change((fund, row.debit.0), |balance| {
            Some(Balance {
                posted: plus(balance.posted, -posted)?,
                leaving: plus(balance.leaving, leaving)?,
                ..*balance
            })
        })?;
        self.change((fund, row.credit.0), |balance| {
            Some(Balance {
                posted: plus(balance.posted, posted)?,
                arriving: plus(balance.arriving, leaving)?,
                ..*balance
            })
        })?;
        let before = [
            self.of_subject.insert(row.debit.0, n).unwrap_or(0),
            self.of_subject.insert(row.credit.0, n).unwrap_or(0),
            self.of_case.insert(row.case.0, n).unwrap_or(0),
        ];
        self.pending += usize::from(phase == Phase::Pending);
        self.kept.push_back(Kept {
            amount,
            seq: u32::try_from(row.seq).expect("fewer than 2^32 acts in a zone"),
            case: row.case.0,
            debit: row.debit.0,
            credit: row.credit.0,
            settles,
            settled_by: 0,
            before,
            fund,
            rule,
            phase,
        });
        Ok(())
    }

    /// Releases what a pending transfer held, before it is posted or because it is void.
    fn settle(&mut self, row: &TransferRow, pending: u32, fund: u16) -> Result<(), Refused> {
        let n = u32::try_from(self.kept.len() + 1).expect("fewer than 2^32 transfers in a zone");
        let held = *self.at(pending).ok_or(Refused::NotPending)?;
        if held.phase != Phase::Pending || held.settled_by != 0 {
            return Err(Refused::NotPending);
        }
        let same = (held.debit, held.credit, held.fund, held.case) == (row.debit.0, row.credit.0, fund, row.case.0);
        let whole = row.phase.as_ref() == "post" || row.amount_fen == held.amount;
        if !same || row.amount_fen > held.amount || !whole {
            return Err(Refused::DoesNotFit);
        }
        let release = |balance: &Balance, leaving: i64, arriving: i64| {
            Some(Balance {
                leaving: plus(balance.leaving, -leaving)?,
                arriving: plus(balance.arriving, -arriving)?,
                ..*balance
            })
        };
        self.change((fund, held.debit), |balance| release(balance, held.amount, 0))?;
        self.change((fund, held.credit), |balance| release(balance, 0, held.amount))?;
        self.kept.set(pending as usize - 1, Kept { settled_by: n, ..held });
        self.pending -= 1;
        Ok(())
    }

    /// Changes a balance.
    fn change(&mut self, account: (u16, u32), act: impl FnOnce(&Balance) -> Option<Balance>) -> Result<(), Refused> {
        let held = self.accounts.entry(account).or_default();
        *held = act(held).ok_or(Refused::Overflow)?;
        Ok(())
    }

    fn at(&self, n: u32) -> Option<&Kept> {
        self.kept.get((n as usize).checked_sub(1)?)
    }

    /// The number of a name, given to it now if it is new. There are some dozens of them.
    fn word(&mut self, text: &str) -> u16 {
        self.find_word(text).unwrap_or_else(|| {
            self.words.push_back(text.into());
            u16::try_from(self.words.len() - 1).expect("fewer than 65536 funds and rules")
        })
    }

    fn find_word(&self, text: &str) -> Option<u16> {
        self.words.iter().position(|word| **word == *text).and_then(|n| u16::try_from(n).ok())
    }
}

fn plus(balance: Fen, amount: i64) -> Option<Fen> {
    balance.checked_add(Fen(amount))
}

//! Money seen through the gate: accounts of those the viewer has business with, and what their cases moved.

use super::{Deed, Role, Seen, may};
use crate::checkout::Order;
use crate::ledger::{Balance, Transfer};
use crate::row::SubjectId;
use crate::service;
use std::sync::Arc;
use yizhan_kit::{Fen, Problem};

impl Seen<'_> {
    /// Whether the viewer may look into an account: whose it is lies in their area, and they count or audit.
    fn looks_into(&self, account: SubjectId) -> bool {
        let role = self.viewer().role;
        role == Role::System || (may(role, Deed::Count) && self.place_of(account).is_some())
    }

    fn must_count(&self) -> Result<(), Problem> {
        if self.viewer().role == Role::System { Ok(()) } else { self.viewer().must(Deed::Count) }
    }

    /// What an account holds in a fund.
    pub fn balance(&self, fund: &str, account: SubjectId) -> Option<Balance> {
        self.looks_into(account).then(|| self.image().ledger.balance(fund, account))
    }

    /// The funds in which an account ever had something.
    pub fn funds_of(&self, account: SubjectId) -> Vec<Arc<str>> {
        if self.looks_into(account) { self.image().ledger.funds_of(account) } else { Vec::new() }
    }

    /// The transfers of an account in a fund, from its latest back.
    pub fn statement(&self, fund: &str, account: SubjectId) -> impl Iterator<Item = Transfer> {
        let shown = self.looks_into(account);
        self.image().ledger.statement(fund, account).take_while(move |_| shown)
    }

    /// What a case moved, from its latest transfer back.
    pub fn transfers_of(&self, case: SubjectId) -> impl Iterator<Item = Transfer> {
        let shown = self.case(case).is_ok();
        self.image().ledger.of_case(case).take_while(move |_| shown)
    }

    /// The orders of a case, in order of making.
    pub fn orders_of(&self, case: SubjectId) -> Vec<Order> {
        if self.case(case).is_ok() { service::orders_of(self.image(), case) } else { Vec::new() }
    }

    /// An order, for whoever sees its case.
    pub fn order(&self, subject: SubjectId) -> Option<Order> {
        service::order(self.image(), subject).filter(|order| self.case(order.case).is_ok())
    }

    /// The transfers after a number, in order, for the program itself: whoever follows the ledger.
    pub fn transfers_after(&self, n: u64) -> impl Iterator<Item = Transfer> {
        let own = self.viewer().role == Role::System;
        let ledger = &self.image().ledger;
        (n + 1..=ledger.len() as u64).take_while(move |_| own).filter_map(|n| ledger.transfer(n))
    }

    /// A transfer, for whoever may look into the account of either side or sees its case.
    pub fn transfer(&self, n: u64) -> Option<Transfer> {
        let found = self.image().ledger.transfer(n)?;
        let shown = self.looks_into(found.debit) || self.looks_into(found.credit) || self.case(found.case).is_ok();
        shown.then_some(found)
    }

    /// Every transfer of the viewer's area, in order.
    pub fn transfers(&self) -> impl Iterator<Item = Transfer> {
        let all = self.sees_all() || self.viewer().role == Role::System;
        let mine = move |one: &Transfer| all || self.looks_into(one.debit) || self.looks_into(one.credit);
        self.image().ledger.transfers().filter(mine)
    }

    /// Every account of the viewer's area with its fund and balance, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = (&Arc<str>, SubjectId, Balance)> {
        self.image().ledger.accounts().filter(|(_, account, _)| self.looks_into(*account))
    }

    /// How many transfers there are in the zone, and how many of them wait.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn counted(&self) -> Result<(usize, usize), Problem> {
        self.must_count()?;
        Ok((self.image().ledger.len(), self.image().ledger.pending()))
    }

    /// The sum of all balances, fund by fund.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn trial_balance(&self) -> Result<Vec<(Arc<str>, Fen)>, Problem> {
        self.must_count()?;
        Ok(self.image().ledger.trial_balance())
    }
}

//! A person's years: the bills in force in order, what each came to, and what becomes of the later ones when one is cancelled.

use super::bill::Bill;
use super::engine::{Account, Slip, Table};
use std::collections::BTreeMap;
use yizhan_kit::Day;

/// A person's settled bills, by year of discharge.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Person {
    years: BTreeMap<i32, PersonYear>,
}

/// One year: its account and the bills in force, in order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PersonYear {
    account: Account,
    bills: Vec<Settled>,
}

/// A bill in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The number by which it is cancelled; larger than those of the bills before it.
    pub line: u64,
    /// The bill.
    pub bill: Bill,
    /// What it came to.
    pub slip: Slip,
}

/// What a cancellation came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancelled {
    /// The bill with the amounts last in force.
    pub was: Settled,
    /// The account before it.
    pub before: Account,
    /// The later bills of the year whose amounts changed, each with the account before it.
    pub changed: Vec<(Settled, Account)>,
}

/// A bill earlier than the person's last one in force, which ended on this day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfOrder(pub Day);

/// There is no such bill in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoCancel;

impl Person {
    /// Settles the person's next bill, and says what the account was before it.
    ///
    /// # Errors
    /// When it ends before the last one that is in force.
    ///
    /// # Panics
    /// When the bill is not one of the table's policy, or its number not larger than those before it.
    pub fn settle(&mut self, table: &Table, line: u64, bill: Bill) -> Result<(Settled, Account), OutOfOrder> {
        let last = self.years.values().rev().find_map(|year| year.bills.last());
        if let Some(last) = last.filter(|last| last.bill.discharged > bill.discharged) {
            return Err(OutOfOrder(last.bill.discharged));
        }
        Ok(self.settle_next(table, line, bill))
    }

    /// Settles a bill after those that were settled before it, whenever it ended: as a desk does, where papers come late.
    ///
    /// # Panics
    /// As [`Self::settle`].
    pub fn settle_next(&mut self, table: &Table, line: u64, bill: Bill) -> (Settled, Account) {
        self.years.entry(bill.year()).or_default().settle(table, line, bill)
    }

    /// Cancels a bill: it is as if it had not been.
    ///
    /// # Errors
    /// When none of this number is in force.
    pub fn cancel(&mut self, table: &Table, line: u64) -> Result<Cancelled, NoCancel> {
        let year = self.years.values_mut().find(|year| year.place(line).is_some());
        year.ok_or(NoCancel)?.cancel(table, line)
    }

    /// The bills in force, in order.
    pub fn in_force(&self) -> impl Iterator<Item = &Settled> {
        self.years.values().flat_map(|year| &year.bills)
    }
}

impl PersonYear {
    /// The account after its last bill.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Settles the next bill of the year, and says what the account was before it.
    ///
    /// # Panics
    /// As [`Person::settle`].
    pub fn settle(&mut self, table: &Table, line: u64, bill: Bill) -> (Settled, Account) {
        assert!(self.bills.last().is_none_or(|last| last.line < line), "bills are numbered as they come");
        let before = self.account;
        let settled = Settled { line, bill, slip: table.settle(&mut self.account, &bill) };
        self.bills.push(settled);
        (settled, before)
    }

    /// Cancels a bill and settles the later ones again.
    ///
    /// # Errors
    /// When none of this number is in force.
    pub fn cancel(&mut self, table: &Table, line: u64) -> Result<Cancelled, NoCancel> {
        let place = self.place(line).ok_or(NoCancel)?;
        let was = self.bills.remove(place);
        self.account = Account::default();
        for settled in &self.bills[..place] {
            table.settle(&mut self.account, &settled.bill);
        }
        let before = self.account;
        let mut changed = Vec::new();
        for settled in &mut self.bills[place..] {
            let before = self.account;
            let slip = table.settle(&mut self.account, &settled.bill);
            if slip != settled.slip {
                settled.slip = slip;
                changed.push((*settled, before));
            }
        }
        Ok(Cancelled { was, before, changed })
    }

    fn place(&self, line: u64) -> Option<usize> {
        self.bills.binary_search_by_key(&line, |settled| settled.line).ok()
    }
}

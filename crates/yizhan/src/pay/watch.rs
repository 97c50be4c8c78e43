//! What is unusual among payments, for auditors to look at: nothing is stopped by it. Pure, but for gathering at the end.

use crate::app::{App, store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::Catalog;
use yizhan_core::image::fact::Value;
use yizhan_core::row::{KeyRow, SubjectId};
use yizhan_kit::{Day, Digest16, Fen, Problem};

/// What is unusual.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum What {
    /// Several payments to one payee by one rule within a month, each a little below the threshold, together above it.
    Split,
    /// One bank account for people of many households.
    SharedAccount,
    /// A payment after the payee's death was recorded to have happened.
    AfterDeath,
    /// A round sum among amounts that are not.
    Round,
}

impl What {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::SharedAccount => "shared-account",
            Self::AfterDeath => "after-death",
            Self::Round => "round",
        }
    }
}

/// A payment as the watch sees it.
#[derive(Clone, Debug)]
pub struct Payment {
    /// The transfer.
    pub n: u64,
    /// When it arrived.
    pub day: Day,
    /// The case.
    pub case: u32,
    /// The rule.
    pub rule: String,
    /// Who was paid.
    pub payee: u32,
    /// The household they belong to, or themselves.
    pub household: u32,
    /// How much.
    pub amount: Fen,
    /// A keyed digest of the bank account.
    pub account: Option<Digest16>,
    /// The day they died.
    pub died: Option<Day>,
}

/// From which amount on a payment needs more signatures, and how many households may share an account.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The threshold.
    pub threshold: Fen,
    /// Households.
    pub households: usize,
}

/// Something to look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unusual {
    /// What.
    pub what: What,
    /// The transfers, in order.
    pub transfers: Vec<u64>,
}

/// Days within which payments belong together.
const TOGETHER: i32 = 30;

/// Payments of a case from which on a round sum among them is unusual, and of how many of them at most one may be round.
const MANY: usize = 10;

/// What a round sum is a multiple of: a hundred yuan.
const ROUND: i64 = 10_000;

/// Everything unusual among payments, the gravest first.
pub fn unusual(payments: &[Payment], limits: Limits) -> Vec<Unusual> {
    let mut found = after_death(payments);
    found.extend(shared(payments, limits.households));
    found.extend(split(payments, limits.threshold));
    found.extend(round(payments));
    found
}

fn after_death(payments: &[Payment]) -> Vec<Unusual> {
    let late = payments.iter().filter(|one| one.died.is_some_and(|died| died < one.day));
    late.map(|one| Unusual { what: What::AfterDeath, transfers: vec![one.n] }).collect()
}

fn shared(payments: &[Payment], most: usize) -> Vec<Unusual> {
    let mut by_account: BTreeMap<[u8; 16], (BTreeSet<u32>, Vec<u64>)> = BTreeMap::new();
    for one in payments {
        let Some(account) = one.account else { continue };
        let (households, transfers) = by_account.entry(account.0).or_default();
        households.insert(one.household);
        transfers.push(one.n);
    }
    let many = by_account.into_values().filter(|(households, _)| households.len() > most);
    many.map(|(_, transfers)| Unusual { what: What::SharedAccount, transfers }).collect()
}

fn split(payments: &[Payment], threshold: Fen) -> Vec<Unusual> {
    // A payment far below the threshold evades nothing.
    let near = |one: &&Payment| one.amount < threshold && one.amount.0 * 2 >= threshold.0;
    let mut by_payee: BTreeMap<(u32, &str), Vec<&Payment>> = BTreeMap::new();
    for one in payments.iter().filter(near) {
        by_payee.entry((one.payee, &one.rule)).or_default().push(one);
    }
    let mut found = Vec::new();
    for mut list in by_payee.into_values() {
        list.sort_by_key(|one| (one.day, one.n));
        let mut from = 0;
        while from < list.len() {
            let until = list[from].day.plus(TOGETHER);
            let to = from + list[from..].iter().take_while(|one| one.day < until).count();
            if to - from > 1 {
                found.push(Unusual { what: What::Split, transfers: list[from..to].iter().map(|one| one.n).collect() });
                from = to;
            } else {
                from += 1;
            }
        }
    }
    found
}

fn round(payments: &[Payment]) -> Vec<Unusual> {
    let mut by_case: BTreeMap<(u32, &str), Vec<&Payment>> = BTreeMap::new();
    for one in payments {
        by_case.entry((one.case, &one.rule)).or_default().push(one);
    }
    let mut found = Vec::new();
    for list in by_case.into_values().filter(|list| list.len() >= MANY) {
        let round: Vec<u64> = list.iter().filter(|one| one.amount.0 % ROUND == 0).map(|one| one.n).collect();
        if !round.is_empty() && round.len() * MANY <= list.len() {
            found.push(Unusual { what: What::Round, transfers: round });
        }
    }
    found
}

/// The limits of the catalog on a day.
pub fn limits(catalog: &Catalog, on: Day) -> Limits {
    let number = |name: &str, unit: &str, otherwise: i64| {
        let dated = catalog.parameters.get(name).and_then(|one| one.at(on));
        dated.and_then(|dated| yizhan_core::rule::number(unit, &dated.value)).unwrap_or(otherwise)
    };
    Limits {
        threshold: Fen(number("payment-threshold", "yuan", i64::MAX)),
        households: usize::try_from(number("account-households", "count", 3)).unwrap_or(usize::MAX),
    }
}

/// The payments of the viewer's area that arrived, with what the watch needs to know of their payees.
///
/// # Errors
/// The store's failure.
pub fn payments(app: &App, seen: &Seen<'_>) -> Result<Vec<Payment>, Problem> {
    let image = seen.image();
    let program = Viewer::program();
    let all = program.look(image);
    let today = app.now().day();
    let accounts = accounts(app)?;
    let people = |subject: SubjectId| matches!(image.kind(subject).map(|kind| &**kind), Some("person" | "household"));
    let moved = seen.transfers().filter(|one| one.moves() && people(one.credit));
    Ok(moved
        .map(|one| {
            let household = crate::register::view::household_of(&all, one.credit, today);
            let died = all.spells(one.credit, "person.left-for");
            let died = died.iter().find(|spell| matches!(&spell.value, Value::Text(code) if **code == *"1"));
            Payment {
                n: one.n,
                day: image.act(one.seq).map_or(today, |act| act.at().day()),
                case: one.case.0,
                rule: one.rule.to_string(),
                payee: one.credit.0,
                household: household.unwrap_or(one.credit).0,
                amount: one.amount,
                account: accounts
                    .get(&one.credit)
                    .or_else(|| household.and_then(|household| accounts.get(&household)))
                    .copied(),
                died: died.map(|spell| spell.from),
            }
        })
        .collect())
}

/// The digest of each account that was recorded, the latest of each subject.
fn accounts(app: &App) -> Result<HashMap<SubjectId, Digest16>, Problem> {
    let mut accounts = HashMap::new();
    let mut after = 0;
    loop {
        let page: Vec<KeyRow> = app.read(|reader| reader.page(after, 4_096)).map_err(|error| store(&error))?;
        let Some(last) = page.last() else { return Ok(accounts) };
        after = i64::try_from(last.n).unwrap_or(i64::MAX);
        for row in page.iter().filter(|row| *row.purpose == *"money") {
            accounts.extend(row.digests().next().map(|digest| (row.subject, digest)));
        }
    }
}

//! Bills by seed: what a district's hospitals might send in a year, and some that they would not.

use super::reference::{CATEGORIES, KINDS, PlainBill, PlainSlip};
use yizhan_core::settlement::{Bill, Policy, Slip};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen};

/// What a line asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// To settle.
    Bill(PlainBill),
    /// To cancel the bill of a line, counted from 1.
    Cancel(usize),
}

/// A bill of a person on a day.
pub fn bill(random: &SeededEntropy, person: usize, on: Day) -> PlainBill {
    // Most people keep their category; a few change it within the year.
    let usual = [1, 1, 1, 1, 0, 0, 0, 2, 2, 3][person % 10];
    let category = if random.below(20) == 0 { random.below(CATEGORIES.len() as u64) as usize } else { usual };
    let kind = if random.below(5) == 0 { random.below(KINDS.len() as u64) as usize } else { 0 };
    let most = *random.pick(&[3_000_u64, 10_000, 10_000, 30_000, 30_000, 100_000, 800_000]);
    let total = random.below(most * 100 + 1) as i64;
    let part = |share: u64| if random.below(2) == 0 { random.below(total as u64 / share + 1) as i64 } else { 0 };
    PlainBill {
        person,
        category: CATEGORIES[category],
        kind: KINDS[kind],
        level: 1 + random.below(3) as u8,
        on,
        total,
        out: [part(5), part(10), part(10)],
    }
}

/// Bills of some people by day, from 2020-01-01 on for so many days, and cancellations among them where they are asked for:
/// one of so many lines.
pub fn lines(seed: u64, people: usize, lines: usize, days: usize, cancelled_one_in: Option<u64>) -> Vec<Deed> {
    let random = SeededEntropy::new(seed);
    let first = Day::from_ymd(2020, 1, 1).expect("a day");
    let mut deeds: Vec<Deed> = Vec::with_capacity(lines);
    let mut alive: Vec<usize> = Vec::new();
    for line in 0..lines {
        let cancels = cancelled_one_in.is_some_and(|one_in| random.below(one_in) == 0);
        if cancels && !alive.is_empty() {
            deeds.push(Deed::Cancel(alive.swap_remove(random.below(alive.len() as u64) as usize)));
            continue;
        }
        let on = first.plus(i32::try_from(line * days / lines).expect("few days"));
        deeds.push(Deed::Bill(bill(&random, random.below(people as u64) as usize, on)));
        alive.push(line + 1);
    }
    deeds
}

/// The bill as the engine takes it.
///
/// # Panics
/// When the policy does not know its category or kind.
pub fn of_policy(policy: &Policy, plain: &PlainBill) -> Bill {
    Bill {
        category: policy.category(plain.category).expect("a category of the policy"),
        kind: policy.kind(plain.kind).expect("a kind of the policy"),
        level: plain.level - 1,
        admitted: plain.on,
        discharged: plain.on,
        total: Fen(plain.total),
        own_pay: Fen(plain.out[0]),
        over_limit: Fen(plain.out[1]),
        first_pay: Fen(plain.out[2]),
    }
}

/// The bill as a line of JSON.
pub fn line(plain: &PlainBill) -> String {
    let [own, over, first] = plain.out.map(Fen);
    let PlainBill { person, category, kind, level, on, total, .. } = plain;
    format!(
        "{{\"person\":\"P{person}\",\"category\":\"{category}\",\"kind\":\"{kind}\",\"level\":{level},\"admitted\":\"{on}\",\"discharged\":\"{on}\",\"total\":\"{}\",\"own_pay\":\"{own}\",\"over_limit\":\"{over}\",\"first_pay\":\"{first}\"}}",
        Fen(*total)
    )
}

/// Whether the engine and the reference come to the same, to the fen.
pub fn agrees(slip: &Slip, plain: &PlainSlip) -> bool {
    let same = |own: &[Fen], other: &[i64]| own.iter().map(|fen| fen.0).eq(other.iter().copied());
    same(&slip.base[..6], &plain.base) && same(&slip.pay[..6], &plain.pay) && slip.personal.0 == plain.personal
}

//! The six layers again, written apart from the engine and from the catalog, as plainly as can be: exact fractions, one
//! person-year from its first bill, the figures of `illustrative-2020` set down here a second time. It decides who is right.

use yizhan_kit::Day;

/// The categories that it knows.
pub const CATEGORIES: [&str; 4] = ["resident", "registered-poor", "subsistence", "destitute"];

/// The kinds of care that it knows.
pub const KINDS: [&str; 3] = ["inpatient", "outpatient-chronic", "outpatient"];

/// A bill, amounts in fen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainBill {
    /// Whose.
    pub person: usize,
    /// One of [`CATEGORIES`].
    pub category: &'static str,
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// 1, 2 or 3.
    pub level: u8,
    /// Admission and discharge.
    pub on: Day,
    /// Everything.
    pub total: i64,
    /// Out of scope: own pay, over limit, first pay.
    pub out: [i64; 3],
}

/// What each of the six layers applies to and pays, and what is left to the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainSlip {
    /// In fen.
    pub base: [i64; 6],
    /// In fen.
    pub pay: [i64; 6],
    /// In fen.
    pub personal: i64,
}

const YUAN: i128 = 100;

/// Hundredths of a fen to whole fen, half up.
fn rounded(hundredths: i128) -> i128 {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    if rest >= 50 { whole + 1 } else { whole }
}

/// What lies between two amounts.
fn between(amount: i128, from: i128, to: i128) -> i128 {
    if amount <= from { 0 } else { (if amount > to { to } else { amount }) - from }
}

/// Layer 2 on a sum of the year, in hundredths of a fen.
fn serious_illness(category: &str, sum: i128) -> i128 {
    let (threshold, percents) =
        if category == "resident" { (14_000, [60, 65, 70, 75]) } else { (5_000, [65, 75, 80, 85]) };
    let bounds = [threshold, 100_000, 200_000, 300_000, 1_000_000_000_000_000];
    (0..4).map(|band| between(sum, bounds[band] * YUAN, bounds[band + 1] * YUAN) * percents[band]).sum()
}

/// Settles one person's bills of one year, from the first.
pub fn person_year(bills: &[PlainBill]) -> Vec<PlainSlip> {
    let mut slips = Vec::new();
    for last in 0..bills.len() {
        slips.push(last_of(&bills[..=last], &slips));
    }
    slips
}

/// What the last of some bills comes to after the slips of those before it. Everything of the year is added up anew.
fn last_of(bills: &[PlainBill], before: &[PlainSlip]) -> PlainSlip {
    let bill = bills.last().expect("one at least");
    let poor = bill.category == "registered-poor";
    let helped = bill.category != "resident";
    let stay = bill.kind == "inpatient";
    let counted = bill.kind != "outpatient";
    let paid = |layer: usize, kinds: &[&str]| -> i128 {
        let slips = bills.iter().zip(before).filter(|(bill, _)| kinds.contains(&bill.kind));
        slips.map(|(_, slip)| i128::from(slip.pay[layer])).sum()
    };
    let borne = |layer: usize| -> i128 {
        let slips = bills.iter().zip(before).filter(|(bill, _)| bill.kind != "outpatient");
        slips.map(|(_, slip)| i128::from(slip.base[layer])).sum()
    };
    let out: i128 = bill.out.iter().map(|part| i128::from(*part)).sum();
    let mut rest = i128::from(bill.total) - out;
    let mut slip = PlainSlip { base: [0; 6], pay: [0; 6], personal: 0 };
    for layer in 0..6 {
        let base = rest;
        let pay = match layer {
            0 if stay => {
                let admission = bills.iter().filter(|bill| bill.kind == "inpatient").count();
                let whole = [200, 500, 1_000][usize::from(bill.level) - 1] * YUAN;
                let deductible = match admission {
                    1 => whole,
                    2 => whole / 2,
                    _ => 0,
                };
                let above = if base > deductible { base - deductible } else { 0 };
                let due = rounded(above * [85, 70, 55][usize::from(bill.level) - 1]);
                due.min(150_000 * YUAN - paid(0, &["inpatient"]))
            }
            0 if counted => rounded(base * 60).min(5_000 * YUAN - paid(0, &["outpatient-chronic"])),
            0 => {
                let due = rounded(base * [50, 40, 0][usize::from(bill.level) - 1]).min(60 * YUAN);
                due.min(300 * YUAN - paid(0, &["outpatient"]))
            }
            1 if counted => {
                let due = |sum| {
                    let due = rounded(serious_illness(bill.category, sum));
                    if helped { due } else { due.min(400_000 * YUAN) }
                };
                let pay = due(borne(1) + base) - due(borne(1));
                let left = 400_000 * YUAN - paid(1, &["inpatient", "outpatient-chronic"]);
                if helped { pay } else { pay.min(left.max(0)) }
            }
            2 if stay && poor => rounded(base * 10),
            3 if counted && helped => {
                let due = rounded(base * if bill.category == "destitute" { 100 } else { 70 });
                due.min(10_000 * YUAN - paid(3, &["inpatient", "outpatient-chronic"]))
            }
            4 if stay && poor => rounded(base * [95, 80, 70][usize::from(bill.level) - 1]),
            5 if counted && helped => {
                let due = |sum| rounded(between(sum, 5_000 * YUAN, sum) * 70).min(20_000 * YUAN);
                due(borne(5) + base) - due(borne(5))
            }
            _ => 0,
        };
        slip.base[layer] = i64::try_from(base).expect("a bill's amount");
        slip.pay[layer] = i64::try_from(pay).expect("a bill's amount");
        rest = base - pay;
    }
    slip.personal = i64::try_from(rest + out).expect("a bill's amount");
    slip
}

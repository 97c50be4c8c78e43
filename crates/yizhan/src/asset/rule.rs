//! What is due of a rent, and when. Pure.

use yizhan_kit::{Day, Fen};

/// The months that a payment of rent covers.
pub fn months(pays: &str) -> i32 {
    match pays {
        "quarter" => 3,
        "half" => 6,
        _ => 12,
    }
}

/// A rent as its contract says.
pub struct Rent {
    /// What a year costs.
    pub year: Fen,
    /// How many months a payment covers.
    pub months: i32,
    /// The first day of the contract.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// The last day that is paid for.
    pub paid_until: Option<Day>,
}

impl Rent {
    /// The day from which rent is owed on a day, and how much by then: it is paid in advance, period by period. Nothing where
    /// everything is paid, or the contract does not hold.
    pub fn owed(&self, on: Day) -> Option<(Day, Fen)> {
        let due = self.paid_until.map_or(self.first, |paid| paid.plus(1)).max(self.first);
        let until = on.min(self.last);
        if due > until {
            return None;
        }
        // One period for each beginning that has come.
        let begun = (0..1_200).take_while(|n| later(due, n * self.months) <= until).count();
        let periods = i64::try_from(begun).ok()?;
        let amount = i128::from(self.year.0) * i128::from(periods) * i128::from(self.months) / 12;
        Some((due, Fen(i64::try_from(amount).ok()?)))
    }
}

/// So many months later; the last day of a shorter month.
fn later(day: Day, months: i32) -> Day {
    let (year, month, date) = day.ymd();
    let all = year * 12 + i32::from(month) - 1 + months;
    let (year, month) = (all.div_euclid(12), u8::try_from(all.rem_euclid(12) + 1).unwrap_or(1));
    (1..=date).rev().find_map(|date| Day::from_ymd(year, month, date)).unwrap_or(day)
}

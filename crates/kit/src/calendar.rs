//! Working days: weekdays without holidays, and the weekends that are worked in exchange.

use crate::Day;
use std::collections::BTreeSet;

/// Which days are worked.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct WorkCalendar {
    /// Weekdays that are not worked.
    pub holidays: BTreeSet<Day>,
    /// Weekends that are.
    pub workdays: BTreeSet<Day>,
}

impl WorkCalendar {
    /// Whether a day is worked.
    pub fn is_workday(&self, day: Day) -> bool {
        if self.workdays.contains(&day) {
            return true;
        }
        day.weekday() < 5 && !self.holidays.contains(&day)
    }

    /// The n-th working day after a day; the day itself for none.
    pub fn plus_workdays(&self, day: Day, workdays: u32) -> Day {
        let mut day = day;
        for _ in 0..workdays {
            day = day.plus(1);
            while !self.is_workday(day) {
                day = day.plus(1);
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spring_festival_is_not_worked() {
        let day = |text: &str| -> Day { text.parse().unwrap() };
        let calendar = WorkCalendar {
            holidays: (11..=17).map(|n| day(&format!("2021-02-{n}"))).collect(),
            workdays: [day("2021-02-07"), day("2021-02-20")].into(),
        };
        let check =
            |from: &str, n: u32, to: &str| assert_eq!(calendar.plus_workdays(day(from), n), day(to), "{from} + {n}");
        check("2021-02-05", 0, "2021-02-05");
        check("2021-02-05", 1, "2021-02-07");
        check("2021-02-05", 5, "2021-02-18");
        check("2021-02-19", 1, "2021-02-20");
        check("2021-02-19", 2, "2021-02-22");
        assert!(!calendar.is_workday(day("2021-02-06")));
    }
}

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

    /// How many working days come after a day, up to and with another one; none when that one is not later.
    /// It undoes [`Self::plus_workdays`].
    pub fn workdays_between(&self, after: Day, until: Day) -> u32 {
        let mut workdays = 0;
        let mut day = after;
        while day < until {
            day = day.plus(1);
            workdays += u32::from(self.is_workday(day));
        }
        workdays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// The holiday of 2021, with the two weekends worked for it.
    fn spring_festival() -> WorkCalendar {
        WorkCalendar {
            holidays: (11..=17).map(|n| day(&format!("2021-02-{n}"))).collect(),
            workdays: [day("2021-02-07"), day("2021-02-20")].into(),
        }
    }

    #[test]
    fn spring_festival_is_not_worked() {
        let calendar = spring_festival();
        let check = |from: &str, n: u32, to: &str| {
            assert_eq!(calendar.plus_workdays(day(from), n), day(to), "{from} + {n}");
            assert_eq!(calendar.workdays_between(day(from), day(to)), n, "{from} to {to}");
        };
        check("2021-02-05", 0, "2021-02-05");
        check("2021-02-05", 1, "2021-02-07");
        check("2021-02-05", 5, "2021-02-18");
        check("2021-02-19", 1, "2021-02-20");
        check("2021-02-19", 2, "2021-02-22");
    }

    #[test]
    fn each_day_is_worked_or_not() {
        let calendar = spring_festival();
        let check = |text: &str, worked: bool| assert_eq!(calendar.is_workday(day(text)), worked, "{text}");
        check("2021-02-05", true);
        check("2021-02-06", false);
        check("2021-02-07", true);
        check("2021-02-10", true);
        check("2021-02-11", false);
        check("2021-02-17", false);
        check("2021-02-18", true);
        check("2021-02-20", true);
        check("2021-02-21", false);
    }

    #[test]
    fn working_days_between_are_counted_without_the_first_day() {
        let calendar = spring_festival();
        let check = |after: &str, until: &str, n: u32| {
            assert_eq!(calendar.workdays_between(day(after), day(until)), n, "{after} to {until}");
        };
        check("2021-02-10", "2021-02-17", 0);
        check("2021-02-10", "2021-02-18", 1);
        check("2021-02-05", "2021-02-22", 8);
        check("2021-02-18", "2021-02-18", 0);
        check("2021-02-18", "2021-02-10", 0);
    }
}

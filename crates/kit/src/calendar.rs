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

    /// When a period really ends: later by the days of holidays of three days or more within it, and never on a day that is
    /// not worked (税收征收管理法实施细则第一百零九条). What the tax administration announces for a month goes before it.
    pub fn deadline(&self, first: Day, last: Day) -> Day {
        let (mut day, mut free, mut later) = (first, 0, 0);
        while day <= last {
            if self.is_workday(day) {
                later += if free >= 3 { free } else { 0 };
                free = 0;
            } else {
                free += 1;
            }
            day = day.plus(1);
        }
        let mut end = last.plus(later);
        while !self.is_workday(end) {
            end = end.plus(1);
        }
        end
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

    #[test]
    fn a_period_ends_later_by_the_long_holidays_within_it_and_on_a_day_that_is_worked() {
        let october = WorkCalendar {
            holidays: (1..=8).map(|n| day(&format!("2020-10-0{n}"))).collect(),
            workdays: [day("2020-09-27"), day("2020-10-10")].into(),
        };
        let check = |calendar: &WorkCalendar, first: &str, last: &str, ends: &str| {
            assert_eq!(calendar.deadline(day(first), day(last)), day(ends), "{first} to {last}");
        };
        check(&october, "2020-10-01", "2020-10-15", "2020-10-23"); // eight days later, as was announced
        check(&october, "2020-10-09", "2020-10-15", "2020-10-15"); // a weekend is no long holiday
        check(&october, "2020-10-09", "2020-10-11", "2020-10-12"); // a Sunday
        check(&october, "2020-09-28", "2020-10-05", "2020-10-09"); // within the holiday: the day after it
        check(&spring_festival(), "2021-02-08", "2021-02-18", "2021-02-25");
    }
}

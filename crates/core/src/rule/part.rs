//! Parts of the calendar: days, weeks, months and what a year is divided into. What is owed once in each part is counted by
//! them.

use yizhan_kit::Day;

/// A part of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// A day.
    Day,
    /// From Monday to Sunday.
    Week,
    /// So many months of a year, which they divide: 1, 2, 3, 4, 6 or 12.
    Months(u8),
}

/// The parts that have a name, as the catalog writes them.
const NAMES: [(&str, Part); 8] = [
    ("day", Part::Day),
    ("week", Part::Week),
    ("month", Part::Months(1)),
    ("two-months", Part::Months(2)),
    ("quarter", Part::Months(3)),
    ("four-months", Part::Months(4)),
    ("half-year", Part::Months(6)),
    ("year", Part::Months(12)),
];

impl Part {
    /// What [`Part::parse`] takes.
    pub const EXPECTED: &str = "day, week, month, two-months, quarter, four-months, half-year or year";

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        NAMES.into_iter().find(|(name, _)| *name == text).map(|(_, part)| part)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        NAMES.into_iter().find(|(_, part)| *part == self).map_or("year", |(name, _)| name)
    }

    /// One of so many equal parts of it; nothing where the calendar has no such part.
    pub fn divided(self, times: u8) -> Option<Self> {
        match (self, times) {
            (part, 1) => Some(part),
            (Self::Week, 7) => Some(Self::Day),
            (Self::Months(months), times) if times > 0 && months % times == 0 => Some(Self::Months(months / times)),
            _ => None,
        }
    }

    /// The first day of the part that a day lies in.
    pub fn start(self, day: Day) -> Day {
        match self {
            Self::Day => day,
            Self::Week => day.plus(-i32::from(day.weekday())),
            Self::Months(months) => {
                let (year, month, _) = day.ymd();
                first_of(year, (month - 1) / months * months + 1).unwrap_or(day)
            }
        }
    }

    /// The last day of the part that a day lies in.
    pub fn end(self, day: Day) -> Day {
        match self {
            Self::Day => day,
            Self::Week => self.start(day).plus(6),
            Self::Months(months) => {
                let (year, month, _) = self.start(day).ymd();
                let next = month + months;
                let next = if next > 12 { first_of(year + 1, next - 12) } else { first_of(year, next) };
                next.map_or(day, |next| next.plus(-1))
            }
        }
    }

    /// The part after the one that a day lies in: its last day.
    pub fn next_end(self, day: Day) -> Day {
        self.end(self.end(day).plus(1))
    }
}

fn first_of(year: i32, month: u8) -> Option<Day> {
    Day::from_ymd(year, month, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_calendar() {
        // part, day, first day, last day, last day of the next
        let rows = [
            ("day", "2021-02-28", "2021-02-28", "2021-02-28", "2021-03-01"),
            ("week", "2021-02-01", "2021-02-01", "2021-02-07", "2021-02-14"),
            ("week", "2021-01-31", "2021-01-25", "2021-01-31", "2021-02-07"),
            ("month", "2020-02-29", "2020-02-01", "2020-02-29", "2020-03-31"),
            ("month", "2020-12-31", "2020-12-01", "2020-12-31", "2021-01-31"),
            ("two-months", "2021-04-30", "2021-03-01", "2021-04-30", "2021-06-30"),
            ("quarter", "2021-02-01", "2021-01-01", "2021-03-31", "2021-06-30"),
            ("quarter", "2020-10-01", "2020-10-01", "2020-12-31", "2021-03-31"),
            ("four-months", "2021-05-01", "2021-05-01", "2021-08-31", "2021-12-31"),
            ("half-year", "2021-06-30", "2021-01-01", "2021-06-30", "2021-12-31"),
            ("year", "2020-12-31", "2020-01-01", "2020-12-31", "2021-12-31"),
        ];
        for (part, day, first, last, next) in rows {
            let part = Part::parse(part).unwrap();
            let day: Day = day.parse().unwrap();
            let found = [part.start(day), part.end(day), part.next_end(day)].map(|day| day.to_string());
            assert_eq!(found, [first, last, next], "{} of {day}", part.as_str());
        }
    }

    #[test]
    fn a_part_is_divided_where_the_calendar_divides_it() {
        let year = Part::Months(12);
        assert_eq!(year.divided(4), Part::parse("quarter"));
        assert_eq!(year.divided(2), Part::parse("half-year"));
        assert_eq!(year.divided(12), Part::parse("month"));
        assert_eq!(Part::Week.divided(7), Some(Part::Day));
        assert_eq!((year.divided(5), Part::Months(1).divided(2), year.divided(0)), (None, None, None));
    }
}

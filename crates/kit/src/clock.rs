//! Moments, civil days and clocks. The civil calendar is China's: +08:00, no daylight saving.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY_MS: i64 = 86_400_000;
const ZONE_MS: i64 = 8 * 3_600_000;

/// A moment: milliseconds since 1970-01-01T00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment(pub i64);

/// A civil day at +08:00: days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub i32);

/// A text that is no day or no moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadTime(String);

impl fmt::Display for BadTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no day or time", self.0)
    }
}

impl std::error::Error for BadTime {}

impl Moment {
    /// The civil day.
    pub fn day(self) -> Day {
        let days = self.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Later by so many milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Minutes since midnight at +08:00.
    pub fn minutes_of_day(self) -> u16 {
        u16::try_from(self.0.saturating_add(ZONE_MS).rem_euclid(DAY_MS) / 60_000).unwrap_or(0)
    }

    /// A time of day on a civil day.
    pub fn at(day: Day, minutes: u16) -> Self {
        Self(i64::from(day.0) * DAY_MS - ZONE_MS + i64::from(minutes) * 60_000)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.saturating_add(ZONE_MS).rem_euclid(DAY_MS);
        let (hour, minute, second, milli) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}.{milli:03}+08:00", self.day())
    }
}

impl FromStr for Moment {
    type Err = BadTime;

    /// Reads RFC 3339 at +08:00, with or without seconds, milliseconds and offset.
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime(text.to_owned());
        let (day, time) = text.split_once('T').ok_or_else(bad)?;
        let time = time.strip_suffix("+08:00").unwrap_or(time);
        let (time, millis) = time.split_once('.').unwrap_or((time, "0"));
        if !(1..=3).contains(&millis.len()) || !millis.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let number = |part: &str, below: i64| {
            let fits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i64>().ok().filter(|n| fits && *n < below).ok_or_else(bad)
        };
        let mut parts = time.split(':');
        let hour = number(parts.next().unwrap_or(""), 24)?;
        let minute = number(parts.next().unwrap_or(""), 60)?;
        let second = parts.next().map_or(Ok(0), |part| number(part, 60))?;
        let millis: i64 = format!("{millis:0<3}").parse().map_err(|_| bad())?;
        if parts.next().is_some() {
            return Err(bad());
        }
        let day: Day = day.parse()?;
        Ok(day.start().plus_ms(hour * 3_600_000 + minute * 60_000 + second * 1000 + millis))
    }
}

impl Day {
    /// A day by year, month and day of month; absent when there is none such between 1850 and 2200.
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1850..=2200).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
            return None;
        }
        // Years begin in March, eras of 400 years.
        let (month, day) = (i32::from(month), i32::from(day));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Some(Self(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468))
    }

    /// Year, month and day of month.
    pub fn ymd(self) -> (i32, u8, u8) {
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * m + 2) / 5 + 1;
        let month = if m < 10 { m + 3 } else { m - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            i32::try_from(year).expect("six million years at most"),
            u8::try_from(month).unwrap_or(0),
            u8::try_from(day).unwrap_or(0),
        )
    }

    /// Later by so many days.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Midnight at +08:00.
    pub fn start(self) -> Moment {
        Moment::at(self, 0)
    }

    /// The day of the week, 0 for Monday.
    pub fn weekday(self) -> u8 {
        u8::try_from((i64::from(self.0) + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// Full years from a birth to a day.
    pub fn age_years(birth: Self, on: Self) -> i32 {
        let (born, now) = (birth.ymd(), on.ymd());
        now.0 - born.0 - i32::from((now.1, now.2) < (born.1, born.2))
    }
}

fn month_length(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(n, b)| if n == 4 || n == 7 { *b == b'-' } else { b.is_ascii_digit() });
        let parse = || Self::from_ymd(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?);
        shaped.then(parse).flatten().ok_or_else(|| BadTime(text.to_owned()))
    }
}

macro_rules! as_text {
    ($($name:ty),*) => {
        $(impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        })*
    };
}

as_text!(Moment, Day);

/// Something that knows what time it is. Whoever needs the time takes one.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;
}

/// The machine's clock.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is moved, for tests.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Stands at a moment.
    pub fn at(moment: Moment) -> Self {
        Self(AtomicI64::new(moment.0))
    }

    /// Stands at another moment.
    pub fn set(&self, moment: Moment) {
        self.0.store(moment.0, Ordering::SeqCst);
    }

    /// Moves on.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }
}

/// A clock for demonstrations: it runs like another one, from a moment of its own, and can be moved.
pub struct DemoClock {
    real: Box<dyn Clock>,
    ahead_ms: AtomicI64,
}

impl DemoClock {
    /// Begins at a moment and runs as the other clock runs.
    pub fn starting_at(moment: Moment, real: Box<dyn Clock>) -> Self {
        let ahead_ms = AtomicI64::new(moment.0 - real.now().0);
        Self { real, ahead_ms }
    }

    /// Moves to another moment and runs on from there.
    pub fn set(&self, moment: Moment) {
        self.ahead_ms.store(moment.0 - self.real.now().0, Ordering::SeqCst);
    }

    /// Moves to the same time on the next day.
    pub fn next_day(&self) {
        self.ahead_ms.fetch_add(DAY_MS, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Moment {
        self.real.now().plus_ms(self.ahead_ms.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_what_the_calendar_says() {
        let check = |text: &str, number: i32, weekday: u8| {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.0, day.weekday()), (number, weekday), "{text}");
            assert_eq!(day.to_string(), text);
        };
        check("1970-01-01", 0, 3);
        check("2000-02-29", 11_016, 1);
        check("2021-02-01", 18_659, 0);
        check("1900-03-01", -25_508, 3);
    }

    #[test]
    fn refuses_what_is_no_day() {
        for text in [
            "2021-02-29",
            "1900-02-29",
            "2021-13-01",
            "2021-00-10",
            "2021-04-31",
            "21-01-01",
            "2021/01/01",
            "",
            "１９７０-01-01",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_day_comes_back() {
        for n in Day::from_ymd(1850, 1, 1).unwrap().0..Day::from_ymd(2200, 12, 31).unwrap().0 {
            let (year, month, day) = Day(n).ymd();
            assert_eq!(Day::from_ymd(year, month, day), Some(Day(n)));
        }
    }

    #[test]
    fn moments_are_written_at_beijing_time() {
        let check = |text: &str, written: &str| {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string(), written);
            assert_eq!(written.parse::<Moment>().unwrap(), moment);
        };
        check("2021-02-01T09:00", "2021-02-01T09:00:00.000+08:00");
        check("2021-02-01T23:59:59.5+08:00", "2021-02-01T23:59:59.500+08:00");
        assert_eq!("2021-02-01T00:30".parse::<Moment>().unwrap().day().to_string(), "2021-02-01");
        assert_eq!("2021-02-01T07:30".parse::<Moment>().unwrap().minutes_of_day(), 450);
        check("2021-02-01T09:00:01+08:00", "2021-02-01T09:00:01.000+08:00");
        check("1969-12-31T23:59:59.999+08:00", "1969-12-31T23:59:59.999+08:00");
        assert_eq!("1970-01-01T08:00".parse(), Ok(Moment(0)));
        assert_eq!(Moment::at("2021-02-01".parse().unwrap(), 450).to_string(), "2021-02-01T07:30:00.000+08:00");
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for bad in [
            "2021-02-01",
            "2021-02-01T24:00",
            "2021-02-01T9:00",
            "2021-02-01T09:60",
            "2021-02-01T09:00:00:00",
            "2021-02-01T09:00:00.1234",
            "2021-02-01T09:00:00.",
            "2021-02-01T09:00:00.+5",
            "2021-02-01T09:00:00.-5",
            "2021-02-01T09:00:00Z",
            "2021-02-01T09:00:00+09:00",
            "2021-02-29T09:00",
            "2021-02-01 09:00",
        ] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        for moment in [Moment(i64::MIN), Moment(i64::MAX)] {
            assert!(moment.minutes_of_day() < 1440);
            assert!(moment.day().weekday() < 7);
            assert!(!moment.plus_ms(moment.0).to_string().is_empty());
        }
    }

    #[test]
    fn days_and_moments_are_texts_in_json() {
        let check = |json: &str| {
            assert_eq!(serde_json::to_string(&serde_json::from_str::<(Day, Moment)>(json).unwrap()).unwrap(), json);
        };
        check(r#"["2021-02-01","2021-02-01T09:00:00.000+08:00"]"#);
        assert!(serde_json::from_str::<Day>("18659").is_err());
        assert!(serde_json::from_str::<Day>(r#""2021-02-30""#).is_err());
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let age = |birth: &str, on: &str| Day::age_years(birth.parse().unwrap(), on.parse().unwrap());
        assert_eq!(age("1961-02-02", "2021-02-01"), 59);
        assert_eq!(age("1961-02-02", "2021-02-02"), 60);
        assert_eq!(age("1960-02-29", "2021-02-28"), 60);
    }

    #[test]
    fn a_demonstration_has_its_own_day() {
        let clock = DemoClock::starting_at("2021-02-01T09:00".parse().unwrap(), Box::new(FixedClock::at(Moment(5))));
        clock.next_day();
        assert_eq!(clock.now().to_string(), "2021-02-02T09:00:00.000+08:00");
        clock.set("2021-02-12T08:30".parse().unwrap());
        assert_eq!(clock.now().to_string(), "2021-02-12T08:30:00.000+08:00");
    }

    #[test]
    fn a_fixed_clock_stands_until_it_is_moved() {
        let clock = FixedClock::at(Moment(5));
        assert_eq!((clock.now(), clock.now()), (Moment(5), Moment(5)));
        clock.advance_ms(7);
        assert_eq!(clock.now(), Moment(12));
        clock.set(Moment(-1));
        assert_eq!(clock.now(), Moment(-1));
    }

    #[test]
    fn the_machine_s_clock_is_past_the_day_this_was_written() {
        assert!(SystemClock.now() > "2021-02-01T00:00".parse().unwrap());
    }
}

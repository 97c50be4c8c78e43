//! What is told of what is counted: sums, times, how many different; altogether, by year and by part of an area.

use crate::catalog::report::Measure;
use yizhan_kit::Day;

/// How many different numbers there are.
#[derive(Clone, Default, Debug)]
pub(super) struct Met {
    words: Vec<u64>,
    count: u64,
}

impl Met {
    pub(super) fn insert(&mut self, n: u32) {
        let (word, bit) = (n as usize / 64, 1 << (n % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let known = &mut self.words[word];
        if *known & bit == 0 {
            *known |= bit;
            self.count += 1;
        }
    }

    pub(super) fn has(&self, n: u32) -> bool {
        self.words.get(n as usize / 64).is_some_and(|word| word >> (n % 64) & 1 != 0)
    }
}

/// One thing that is counted.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    /// Its number among things of its sort: a transfer's, a fact's act, a case's subject.
    pub(super) n: u64,
    pub(super) day: Day,
    /// What it adds: fen, a number, one or nothing of a rate.
    pub(super) amount: i64,
    /// Whom it concerns.
    pub(super) who: u32,
    /// What of it must be different to count.
    pub(super) ids: &'a [u32],
    /// In which part of the area it lies.
    pub(super) part: Option<u16>,
}

/// A total.
#[derive(Clone, Default, Debug)]
pub(super) struct Total {
    sum: i128,
    items: u64,
    met: Met,
    /// Whom it concerns, of a part or a year: so that no cell tells of somebody.
    people: Met,
}

impl Total {
    pub(super) fn take(&mut self, measure: Measure, item: &Item<'_>) {
        self.items += 1;
        self.sum += i128::from(item.amount);
        if measure.is_distinct() {
            for id in item.ids {
                self.met.insert(*id);
            }
        }
    }

    /// What it comes to, over what: a mean or a rate of nothing is nothing.
    pub(super) fn quantity(&self, measure: Measure) -> Option<Quantity> {
        let whole = |n: i128| Some(Quantity { numer: n, denom: 1 });
        match measure {
            Measure::Mean | Measure::Rate => {
                let denom = i64::try_from(self.items).ok().filter(|items| *items > 0)?;
                Some(Quantity { numer: self.sum, denom })
            }
            Measure::Times | Measure::Gaps => whole(i128::from(self.items)),
            _ if measure.is_distinct() => whole(i128::from(self.met.count)),
            _ => whole(self.sum),
        }
    }

    /// Takes an item in, and whom it concerns.
    fn take_of(&mut self, measure: Measure, item: &Item<'_>) {
        self.take(measure, item);
        // Of a rate those concern it who are so.
        if measure != Measure::Rate || item.amount != 0 {
            self.people.insert(item.who);
        }
    }

    /// What it comes to with whom it concerns.
    pub(super) fn cell(&self, measure: Measure) -> Cell {
        Cell { quantity: self.quantity(measure), items: self.items, people: self.people.count }
    }

    /// How many things it was counted from.
    pub(super) fn items(&self) -> u64 {
        self.items
    }
}

/// What a figure is of a year or of a part of the area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    /// What it is.
    pub quantity: Option<Quantity>,
    /// How many records are behind it.
    pub items: u64,
    /// How many different subjects they concern.
    pub people: u64,
}

/// A quantity: fen, a number, or a fraction of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quantity {
    /// Above the line.
    pub numer: i128,
    /// Below the line, more than nothing.
    pub denom: i64,
}

impl Quantity {
    /// A whole number.
    pub fn whole(n: i64) -> Self {
        Self { numer: i128::from(n), denom: 1 }
    }

    /// How much more it is than another.
    pub fn less(self, other: Self) -> Self {
        let whole = self.denom == other.denom;
        let numer = self.numer * i128::from(other.denom) - other.numer * i128::from(self.denom);
        match i64::try_from(i128::from(self.denom) * i128::from(other.denom)) {
            _ if whole => Self { numer: self.numer - other.numer, denom: self.denom },
            Ok(denom) => Self { numer, denom },
            // So large a denominator leaves no digit that is printed.
            Err(_) => Self { numer: 0, denom: 1 },
        }
    }

    /// Whether it is the same as another, however it is written.
    pub fn is(self, other: Self) -> bool {
        self.numer * i128::from(other.denom) == other.numer * i128::from(self.denom)
    }

    /// Exactly, as it is kept: `126000/1`.
    pub fn exact(self) -> String {
        format!("{}/{}", self.numer, self.denom)
    }

    /// Reads what [`Self::exact`] wrote.
    pub fn from_exact(text: &str) -> Option<Self> {
        let (numer, denom) = text.split_once('/')?;
        let denom: i64 = denom.parse().ok().filter(|denom| *denom > 0)?;
        Some(Self { numer: numer.parse().ok()?, denom })
    }

    /// As it is printed in a unit: 万元 and 元 of fen, % of a part, others as they are. What does not come out has so many decimals,
    /// rounded half up.
    pub fn text(&self, unit: &str, money: bool) -> String {
        let (times, by, decimals) = match (money, unit) {
            (true, unit) if unit.starts_with('万') => (1, 1_000_000, 6),
            (true, _) if self.denom == 1 => (1, 100, 2),
            // A mean of amounts is told to the yuan.
            (true, _) => (1, 100, 0),
            (false, "%") => (100, 1, 2),
            (false, _) => (1, 1, if self.denom == 1 { 0 } else { 2 }),
        };
        decimal(self.numer * times, i128::from(self.denom) * by, decimals)
    }
}

/// A fraction with so many decimals at most, without zeros at the end.
fn decimal(numer: i128, denom: i128, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let (sign, numer) = if numer < 0 { ("-", -numer) } else { ("", numer) };
    let scaled = (numer * scale * 2 + denom) / (denom * 2);
    let (whole, part) = (scaled / scale, scaled % scale);
    let part = format!("{part:0width$}", width = decimals as usize);
    let part = part.trim_end_matches('0');
    if part.is_empty() || decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Totals of a figure: altogether, by year, by part of the area.
#[derive(Clone, Default, Debug)]
pub(super) struct Cells {
    pub(super) whole: Total,
    pub(super) years: Vec<Total>,
    pub(super) parts: Vec<Total>,
}

impl Cells {
    pub(super) fn new(years: usize, parts: usize) -> Self {
        Self { whole: Total::default(), years: vec![Total::default(); years], parts: vec![Total::default(); parts] }
    }

    /// Takes an item in; `year` is its place among the years told apart.
    pub(super) fn take(&mut self, measure: Measure, item: &Item<'_>, year: Option<usize>) {
        self.whole.take(measure, item);
        if let Some(total) = year.and_then(|year| self.years.get_mut(year)) {
            total.take_of(measure, item);
        }
        if let Some(total) = item.part.and_then(|part| self.parts.get_mut(usize::from(part))) {
            total.take_of(measure, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_the_shortest_decimals() {
        let check = |numer: i128, denom: i64, unit: &str, money: bool, expected: &str| {
            assert_eq!(Quantity { numer, denom }.text(unit, money), expected, "{numer}/{denom} {unit}");
        };
        check(1_234_567, 1, "万元", true, "1.234567");
        check(1_500_000, 1, "万元", true, "1.5");
        check(-50, 1, "万元", true, "-0.00005");
        check(516_000, 1, "元/年", true, "5160");
        check(12_345, 1, "元", true, "123.45");
        check(1_000, 3, "元", true, "3");
        check(1_050, 7, "元", true, "2");
        check(7, 7, "%", false, "100");
        check(2, 3, "%", false, "66.67");
        check(42, 1, "人", false, "42");
        check(5, 2, "人", false, "2.5");
    }

    #[test]
    fn quantities_are_kept_exactly_and_taken_from_each_other() {
        let (two_thirds, half) = (Quantity { numer: 2, denom: 3 }, Quantity { numer: 1, denom: 2 });
        assert_eq!(Quantity::from_exact(&two_thirds.exact()), Some(two_thirds));
        assert_eq!(Quantity::from_exact("-5/1"), Some(Quantity::whole(-5)));
        assert_eq!([Quantity::from_exact("1/0"), Quantity::from_exact("1")], [None, None]);
        assert_eq!(two_thirds.less(half), Quantity { numer: 1, denom: 6 });
        assert_eq!(Quantity::whole(7).less(Quantity::whole(9)), Quantity::whole(-2));
        assert!(half.is(Quantity { numer: 2, denom: 4 }) && !half.is(two_thirds));
    }

    #[test]
    fn the_same_counts_once_where_it_must_be_different() {
        let mut total = Total::default();
        for who in [7, 9, 7, 700] {
            total.take(Measure::Persons, &Item { n: 1, day: Day(0), amount: 5, who, ids: &[who], part: None });
        }
        assert_eq!(total.quantity(Measure::Persons), Some(Quantity::whole(3)));
        assert_eq!(total.quantity(Measure::Times), Some(Quantity::whole(4)));
        assert_eq!(total.quantity(Measure::Sum), Some(Quantity::whole(20)));
        assert!(total.met.has(700) && !total.met.has(8));
        assert_eq!(Total::default().quantity(Measure::Rate), None);
    }
}

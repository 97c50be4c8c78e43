//! Who lives together: a head, and whoever of spouse, children, parents and grandchildren fits the size of the household.

use super::Maker;
use yizhan_kit::Day;

/// Whose household it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Supported as destitute: the old and the disabled without family.
    Destitute,
    /// On the register, or helped beside it.
    Poor,
    /// Anybody's.
    Ordinary,
}

/// Somebody, as far as the family knows.
pub(super) struct Kin {
    /// The code of the relation to the head.
    pub relation: &'static str,
    pub male: bool,
    /// Full years when the demonstration begins.
    pub age: i32,
    pub birth: Day,
    /// The code of the marital status.
    pub marital: &'static str,
}

const SINGLE: &str = "10";
const MARRIED: &str = "20";
const WIDOWED: &str = "30";
const DIVORCED: &str = "40";

/// A family while it grows.
struct Family<'a> {
    maker: &'a Maker<'a>,
    kin: Vec<Kin>,
}

impl Maker<'_> {
    /// So many people who belong together, the head first.
    pub(super) fn family(&self, size: usize, sort: Sort) -> Vec<Kin> {
        let mut family = Family { maker: self, kin: Vec::with_capacity(size) };
        let lot = self.below(100);
        match (sort, size) {
            (Sort::Destitute, 1) if lot < 80 => family.head(62..90, SINGLE),
            (Sort::Destitute, 1) => family.head(32..60, SINGLE),
            (Sort::Destitute, _) if lot < 65 => {
                family.head(66..86, MARRIED);
                family.spouse();
            }
            (Sort::Destitute, _) => family.head(62..84, SINGLE),
            (_, 1) => family.alone(sort, lot),
            (_, 2) => family.two(sort, lot),
            _ => family.several(size, lot),
        }
        while family.kin.len() < size {
            family.other(62..84);
        }
        family.kin
    }

    /// A birth by which somebody is so many full years old when the demonstration begins.
    pub(super) fn birth(&self, age: i32) -> Day {
        let (year, month, day) = self.today.ymd();
        let birthday = Day::from_ymd(year - age, month, day).unwrap_or(self.today);
        // Nobody was born after the register was taken up.
        let days = if age == 0 { 30 + self.below(330) } else { self.below(365) };
        birthday.plus(-i32::try_from(days).unwrap_or(0))
    }

    /// An age of a range.
    fn age(&self, range: std::ops::Range<i32>) -> i32 {
        let years = usize::try_from(range.end - range.start).unwrap_or(1).max(1);
        range.start + i32::try_from(self.below(years)).unwrap_or(0)
    }

    /// Whether a chance of so many in a hundred comes true.
    pub(super) fn percent(&self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

impl Family<'_> {
    fn add(&mut self, relation: &'static str, male: bool, age: i32, marital: &'static str) {
        let birth = self.maker.birth(age);
        self.kin.push(Kin { relation, male, age, birth, marital });
    }

    fn head(&mut self, ages: std::ops::Range<i32>, marital: &'static str) {
        let (age, male) = (self.maker.age(ages), self.maker.percent(if marital == WIDOWED { 40 } else { 75 }));
        self.add("01", male, age, marital);
    }

    fn spouse(&mut self) {
        let head = &mut self.kin[0];
        head.marital = MARRIED;
        let (male, years) = (!head.male, head.age);
        let age = (years - 4 + self.maker.age(0..7)).clamp(23, 92);
        self.add("02", male, age, MARRIED);
    }

    /// Somebody of another or no relation.
    fn other(&mut self, ages: std::ops::Range<i32>) {
        let (age, male) = (self.maker.age(ages), self.maker.percent(50));
        self.add("99", male, age, SINGLE);
    }

    /// A child, at least twenty years younger than the head and the spouse.
    fn child(&mut self, ages: std::ops::Range<i32>) {
        let eldest = self.kin.iter().filter(|kin| matches!(kin.relation, "01" | "02")).map(|kin| kin.age - 20).min();
        let last = ages.end.min(eldest.unwrap_or(0) + 1).max(1);
        let first = ages.start.min(last - 1).max(0);
        let (age, male) = (self.maker.age(first..last), self.maker.percent(55));
        let marital = if age > 26 && self.maker.percent(20) { DIVORCED } else { SINGLE };
        self.add(if male { "03" } else { "04" }, male, age, marital);
    }

    fn grandchild(&mut self) {
        let last = (self.kin[0].age - 41).clamp(1, 18);
        let (age, male) = (self.maker.age((last - 10).max(0)..last), self.maker.percent(50));
        self.add(if male { "07" } else { "08" }, male, age, SINGLE);
    }

    /// A father or a mother of the head; both are married to each other.
    fn parents(&mut self, count: usize) {
        let youngest = self.kin[0].age + 20;
        let first_male = self.maker.percent(45);
        for male in [first_male, !first_male].into_iter().take(count) {
            let age = self.maker.age(youngest..youngest + 10).min(94);
            self.add(if male { "11" } else { "12" }, male, age, if count > 1 { MARRIED } else { WIDOWED });
        }
    }

    fn alone(&mut self, sort: Sort, lot: usize) {
        let young = if sort == Sort::Poor { 24 } else { 40 };
        if lot < young {
            self.head(30..60, if lot.is_multiple_of(3) { DIVORCED } else { SINGLE });
        } else {
            self.head(60..91, WIDOWED);
        }
    }

    fn two(&mut self, sort: Sort, lot: usize) {
        let lot = if sort == Sort::Poor { lot } else { (lot + 20) % 100 };
        match lot {
            0..38 => {
                self.head(60..86, MARRIED);
                self.spouse();
            }
            38..58 => {
                self.head(33..60, MARRIED);
                self.spouse();
            }
            58..72 => {
                self.head(56..86, WIDOWED);
                self.child(22..50);
            }
            72..82 => {
                self.head(36..60, SINGLE);
                self.parents(1);
            }
            82..93 => {
                self.head(28..52, DIVORCED);
                self.child(3..19);
            }
            _ => {
                self.head(60..79, WIDOWED);
                self.grandchild();
            }
        }
    }

    /// Three and more.
    fn several(&mut self, size: usize, lot: usize) {
        match (size, lot) {
            (3, 84..92) => {
                self.head(36..58, SINGLE);
                self.parents(2);
            }
            (3, 92..) => {
                self.head(60..76, MARRIED);
                self.spouse();
                self.grandchild();
            }
            (3, 70..84) => {
                self.head(34..54, MARRIED);
                self.spouse();
                self.parents(1);
            }
            (4.., 80..) => self.generations(size),
            _ => {
                self.head(28..54, MARRIED);
                self.spouse();
                let parents = if size > 3 { (lot % 3).min(size - 3) } else { 0 };
                for _ in 0..(size - 2 - parents) {
                    self.child(2..22);
                }
                self.parents(parents);
            }
        }
    }

    /// A couple, a married son, his wife, their children.
    fn generations(&mut self, size: usize) {
        self.head(50..64, MARRIED);
        self.spouse();
        let eldest = self.kin.iter().map(|kin| kin.age).min().unwrap_or(50) - 22;
        let son = self.maker.age(24..eldest.max(25));
        self.add("03", true, son, MARRIED);
        self.add("05", false, (son - 2).max(22), MARRIED);
        while self.kin.len() < size {
            let (age, male) = (self.maker.age(0..(son - 21).max(1)), self.maker.percent(50));
            self.add(if male { "07" } else { "08" }, male, age, SINGLE);
        }
    }
}

//! What is on record of a household that is followed: its category and history, its income, its papers, how it lives.

use super::home::{Home, Standing, Watch};
use super::person::Member;
use super::{Entry, Maker};
use yizhan_kit::Day;

/// The papers that are on file of nearly everybody.
const PAPERS: [&str; 6] =
    ["aid-agreement-paper", "application-paper", "vote-paper", "notice-paper", "income-paper", "card-posted"];

impl Maker<'_> {
    /// What every household has on record.
    pub(super) fn plain_household(&self, home: &Home) -> Entry {
        let mut entry = Entry::new("household", home.known);
        entry.is("area", home.area);
        entry.is("number", format_args!("{}{:04}", home.area, home.number));
        entry.is("registered", home.standing == Standing::Registered);
        entry.is("housing-area", self.days(40, 140));
        let piped = self.day_of(2017, 3).max(home.known);
        entry.since(piped, "tap-water", home.water.tapped);
        entry.since(piped, "water-point", home.water.id);
        entry
    }

    /// What one that is followed has besides.
    pub(super) fn followed_household(&self, home: &Home) -> Entry {
        let mut entry = self.plain_household(home);
        if home.subsistence > home.known {
            entry.is("attribute", "1");
        }
        entry.since(home.subsistence, "attribute", home.attribute);
        if home.standing == Standing::Registered {
            self.register(&mut entry, home);
        }
        self.monitoring(&mut entry, home);
        let mu_tenths = i64::from(self.days(3, 24)) * i64::try_from(home.members.len()).unwrap_or(1);
        entry.is("farmland", format_args!("{}.{}", mu_tenths / 10, mu_tenths % 10));
        self.incomes(&mut entry, home, mu_tenths);
        self.living(&mut entry, home);
        for (n, paper) in PAPERS.into_iter().enumerate() {
            let missing = self.nth(paper, &[61 + n * 17, 300 + n * 41, 570 + n * 29, 905 + n * 13]);
            entry.since(home.known.max(self.day_of(2019, 6)), paper, !missing);
        }
        if home.members.iter().any(|member| member.kin.age >= 60 && !member.destitute) {
            let day = home.known.max(self.day_of(2019, 3));
            entry.since(day, "support-agreement", !self.nth("unsupported", &[50, 210, 390, 480]));
            entry.since(day, "filial-fund", self.percent(70));
        }
        if let Some(helper) = home.helper {
            entry.since(self.founded, "helper", helper);
        }
        entry
    }

    fn register(&self, entry: &mut Entry, home: &Home) {
        let (year, month, _) = home.known.ymd();
        entry.is("identified-on", home.known);
        entry.is("lifted", "0");
        let first = year.max(2015) + i32::from(year >= 2015 && month > 6);
        let lifted = (*self.chance.pick(&[2015, 2016, 2016, 2016, 2017, 2017, 2018])).clamp(first, 2018);
        let day = self.day_of(lifted, 12);
        entry.since(day, "lifted", "1");
        entry.since(day, "lifted-year", lifted);
        let (cause, other) = self.causes(home);
        entry.is("cause", cause);
        if let Some(other) = other {
            entry.is("other-cause", other);
        }
        let helped = home.known.plus(self.days(20, 90));
        entry.since(helped, "help-measures", true);
        entry.since(helped, "help-measures-on", helped);
    }

    /// Why a household became poor: only what its members bear out.
    fn causes(&self, home: &Home) -> (&'static str, Option<&'static str>) {
        let any = |of: fn(&Member) -> bool| home.members.iter().any(of);
        let mut likely = vec!["7", "7", "9", "9", "4"];
        for (cause, borne_out) in [
            ("1", any(|member| member.ill())),
            ("1", any(|member| member.ill())),
            ("1", any(|member| member.health == "3")),
            ("2", any(|member| member.disability.is_some())),
            ("2", any(|member| member.severe())),
            ("3", any(|member| matches!(member.student, "3" | "4" | "5" | "6" | "7"))),
            ("8", !any(|member| member.able())),
            ("11", any(|member| member.able() && !member.works())),
        ] {
            if borne_out {
                likely.extend([cause; 4]);
            }
        }
        let (cause, other) = (self.code(&likely), self.code(&likely));
        (cause, (other != cause && self.percent(40)).then_some(other))
    }

    fn monitoring(&self, entry: &mut Entry, home: &Home) {
        let (since, measures) = match (home.standing, home.watch) {
            (Standing::Helped, _) => {
                let day = self.founded.plus(-self.days(20, 70));
                entry.since(day, "instant-help", true);
                entry.since(day, "instant-help-on", day);
                (day, !self.gap("help-without-measures", &[6]))
            }
            (_, Watch::Never) => return,
            (standing, watch) => {
                let late = self.nth("watched-lately", &[11]);
                let day = if late { self.founded.plus(-6) } else { self.day_of(2020, 4 + self.below(7)) };
                entry.since(day, "monitored", if standing == Standing::Registered { "1" } else { "2" });
                entry.since(day, "monitored-on", day);
                if watch == Watch::Once {
                    entry.since(day, "risk-removed", false);
                    entry.since(self.day_of(2020, 12), "risk-removed", true);
                }
                let without = watch == Watch::Now && (late || self.gap("watched-without-measures", &[7, 19]));
                (day, !without)
            }
        };
        entry.since(since, "help-measures", false);
        if measures {
            let day = since.plus(self.days(4, 20)).min(self.founded);
            entry.since(day, "help-measures", true);
            entry.since(day, "help-measures-on", day);
        }
    }

    fn living(&self, entry: &mut Entry, home: &Home) {
        entry.is("toilet", self.percent(93));
        entry.is("fuel", self.code(&["1", "2", "3", "3", "4", "4"]));
        entry.is("electricity", true);
        entry.is("road", self.code(&["2", "3", "3", "3", "3", "4"]));
        entry.is("cooperative", self.percent(35));
        entry.is("broadband", self.percent(70));
        let day = home.known.max(self.year(2019));
        entry.since(day, "enough-food", !self.gap("hungry", &[480]));
        entry.since(day, "enough-clothing", !self.gap("cold", &[205, 760]));
        let last = match home.called_again {
            false if self.percent(88) => self.days(0, 10),
            _ => self.days(14, 30),
        };
        // Month by month for more than a year, and here and there too late.
        let mut days = vec![self.founded.plus(-last)];
        while days.len() < 15 {
            let before = if self.percent(4) { self.days(35, 50) } else { self.days(23, 30) };
            days.push(days[days.len() - 1].plus(-before));
        }
        for day in days.into_iter().rev() {
            entry.since(day, "visited", day);
        }
    }

    /// The first of January.
    pub(super) fn year(&self, year: i32) -> Day {
        Day::from_ymd(year, 1, 1).unwrap_or(self.founded)
    }

    /// A number from a range, both ends included.
    pub(super) fn days(&self, first: i32, last: i32) -> i32 {
        first + i32::try_from(self.below(usize::try_from(last - first + 1).unwrap_or(1))).unwrap_or(0)
    }
}

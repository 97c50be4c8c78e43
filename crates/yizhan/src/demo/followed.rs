//! What is on record of a member of a household that is followed, with the few gaps that a district has: somebody who has not
//! got what is due, somebody who has what is not.

use super::home::{Home, Standing};
use super::person::{RECORDS_BEGIN, Soul};
use super::site::Sites;
use super::{Entry, Maker, Person};
use yizhan_core::service::AddSubject;
use yizhan_kit::Day;

impl Maker<'_> {
    pub(super) fn followed_person(&self, person: &Person, soul: &Soul, home: &Home, sites: &Sites) -> AddSubject {
        let mut entry = self.born(soul, home.ethnic);
        let known = home.known.max(soul.kin.birth);
        entry.since(known, "relation", soul.kin.relation);
        entry.since(known, "marital", soul.kin.marital);
        if soul.kin.birth > home.known {
            entry.since(soul.kin.birth, "came-by", "1");
        } else if soul.kin.relation == "05" {
            entry.since(self.day_of(2018, 5).max(known), "came-by", "2");
        }
        self.school(&mut entry, soul, home, sites, known);
        let ill = self.body(&mut entry, soul, known);
        self.labour(&mut entry, soul, known);
        self.insured(&mut entry, soul, home, known);
        self.allowances(&mut entry, soul, home, known, ill);
        entry.add(Some(self.identity(person)), Vec::new())
    }

    fn school(&self, entry: &mut Entry, soul: &Soul, home: &Home, sites: &Sites, known: Day) {
        let schooling = self.schooling(soul);
        let last = schooling.len() - 1;
        let (mut begun, mut left) = (None, None);
        for (n, (stage, day)) in schooling.into_iter().enumerate() {
            entry.since(if last == 0 { day.max(known) } else { day }, "student", stage);
            if stage == "0" {
                left = begun.map(|_| day);
                continue;
            }
            begun = begun.or(Some(day));
            // A school is named as long as one attends it.
            if matches!(soul.student, "1" | "2" | "3" | "4" | "5")
                && let Some(school) = sites.school(home.area, stage)
            {
                entry.since(day, "school", school);
            }
            if matches!(stage, "2" | "3" | "4" | "5") {
                entry.since(day, "boards", n == last && soul.boards);
            }
        }
        if soul.exempt {
            entry.since(self.day_of(2020, 8), "exempt-from-school", true);
        }
        if let Some(education) = self.education(soul) {
            entry.since(known, "education", education);
        }
        let Some(begun) = begun.filter(|_| home.standing == Standing::Registered) else { return };
        let aid = self.day_of(2019, 9).max(known).max(begun);
        if soul.student != "8" && left.is_none_or(|left| left > aid) {
            entry.since(aid, "school-aid", soul.student == "0" || !self.gap("school-aid", &[9, 40, 88]));
        }
        if let Some(left) = left.filter(|left| *left > aid) {
            entry.since(left, "school-aid", false);
        }
        if matches!(soul.student, "5" | "6") {
            let since = self.schooling(soul).last().map_or(aid, |(_, day)| aid.max(*day));
            entry.since(since, "rain-dew", !self.gap("rain-dew", &[3, 14]));
        }
    }

    /// Health and doctors; the day from which the health is as it is.
    fn body(&self, entry: &mut Entry, soul: &Soul, known: Day) -> Day {
        let mut since = known;
        if soul.health != "1" && self.percent(20) {
            // Fell ill while on the register.
            entry.since(known, "health", "1");
            since = self.day_of(2017 + i32::try_from(self.below(3)).unwrap_or(0), 3).max(known);
        }
        entry.since(since, "health", soul.health);
        if let Some((kind, grade)) = soul.disability {
            entry.since(since, "disability-kind", kind);
            entry.since(since, "disability-grade", grade);
        }
        if soul.mental {
            entry.since(since, "mental-illness", true);
        }
        let care = match soul.kin.age {
            _ if soul.severe() => self.code(&["2", "2", "3"]),
            75.. => self.code(&["1", "1", "2"]),
            _ => "1",
        };
        entry.since(known, "self-care", care);
        if soul.ill() {
            entry.since(since.max(self.year(2018)), "chronic-card", !self.gap("chronic", &[100, 300, 480]));
        } else if soul.health == "4" && self.gap("chronic-not-due", &[20]) {
            entry.since(since.max(self.year(2018)), "chronic-card", true);
        }
        if !self.gap("unsigned", &[100, 300, 600, 1_100, 1_700]) {
            entry.since(known.max(self.day_of(2018, 5)), "doctor-signed", true);
        } else {
            entry.since(known, "doctor-signed", false);
        }
        if soul.ill() || soul.mental {
            let late = if soul.mental { self.gap("mental-unvisited", &[6, 21]) } else { self.percent(4) };
            let last = if late { self.day_of(2020, 9) } else { self.founded.plus(-self.days(1, 68)) };
            for before in (0..6).rev() {
                entry.since(last.plus(-before * 88), "doctor-visited", last.plus(-before * 88));
            }
        }
        since
    }

    fn labour(&self, entry: &mut Entry, soul: &Soul, known: Day) {
        let grown = self.grown(soul, known);
        if grown > known {
            entry.since(known, "labour", "4");
        }
        entry.since(grown, "labour", soul.labour);
        if soul.kin.age < 16 {
            return;
        }
        if soul.works() && soul.post.is_none() {
            for day in [self.year(2019).plus(-1), self.year(2020).plus(-1)].into_iter().filter(|day| *day > grown) {
                entry.since(day, "months-worked", self.days(1, 11));
            }
            entry.since(self.year(2021).plus(-1), "months-worked", soul.months);
            entry.since(self.day_of(2020, 3).max(grown), "works-away", soul.away);
        } else {
            entry.since(self.year(2021).plus(-1), "months-worked", 0);
        }
        if let Some(post) = soul.post {
            entry.since(self.day_of(2019, 4), "post", post);
        }
        if soul.soldier {
            entry.since(self.day_of(2020, 9), "soldier", true);
        }
    }

    fn insured(&self, entry: &mut Entry, soul: &Soul, home: &Home, known: Day) {
        let (begin, year) = (known.max(self.year(RECORDS_BEGIN)), self.year(2021));
        // Whoever has not paid for the new year was insured in the old one.
        for name in ["medical-insured", "critical-insured"] {
            entry.since(begin, name, true);
        }
        if soul.soldier || self.gap("uninsured", &[77, 900, 1_800]) {
            for name in ["medical-insured", "critical-insured"] {
                entry.since(year, name, false);
            }
        }
        let aided = !soul.soldier && !soul.employee;
        entry.since(begin, "premium-aid", aided);
        if aided && self.gap("premium", &[500, 1_500]) {
            entry.since(year, "premium-aid", false);
        }
        if soul.kin.age < 16 {
            return;
        }
        let grown = self.birthday(soul, 16).max(begin);
        entry.since(grown, "employee-pension", soul.employee);
        entry.since(grown, "pension-insured", !soul.employee && !soul.in_school());
        if soul.kin.age >= 60 {
            let draws =
                if soul.employee { self.gap("two-pensions", &[2]) } else { !self.gap("pension", &[30, 222, 401]) };
            entry.since(self.birthday(soul, 60).max(home.known), "pension-received", draws);
        }
    }

    fn allowances(&self, entry: &mut Entry, soul: &Soul, home: &Home, known: Day, ill: Day) {
        let poor = home.subsistence.max(known);
        if soul.subsistence && poor > known {
            entry.since(known, "subsistence", false);
        }
        entry.since(if soul.subsistence { poor } else { known }, "subsistence", soul.subsistence);
        if soul.destitute || home.attribute == "6" {
            entry.since(known, "destitute", soul.destitute);
        }
        let disabled = soul.disability.is_some();
        let born = |years: i32| self.birthday(soul, years);
        let due = [
            ("elder-allowance", soul.kin.age >= 70, born(70).max(known), &[40, 141, 260, 377][..]),
            ("hard-elder-allowance", soul.kin.age >= 60 && soul.subsistence, born(60).max(poor), &[21, 90]),
            ("living-allowance", disabled && soul.subsistence, poor.max(ill), &[9, 44]),
            ("care-allowance", soul.severe(), ill, &[7, 33]),
        ];
        for (name, is_due, since, missing) in due {
            let since = since.max(self.year(RECORDS_BEGIN));
            if is_due {
                entry.since(since, name, !self.gap(name, missing));
            } else if self.not_due(name, soul) {
                entry.since(self.day_of(2020, 6), name, true);
            }
        }
    }

    /// Whether somebody has an allowance that is not due: almost nobody.
    fn not_due(&self, name: &str, soul: &Soul) -> bool {
        match name {
            "hard-elder-allowance" => {
                soul.subsistence && (57..60).contains(&soul.kin.age) && self.gap("elder-not-due", &[1, 4])
            }
            "living-allowance" => {
                soul.disability.is_some() && !soul.subsistence && !soul.destitute && self.gap("living-not-due", &[12])
            }
            _ => false,
        }
    }
}

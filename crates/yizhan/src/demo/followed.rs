//! What is on record of a member of a household that is followed, with the few gaps that a district has: somebody who has not
//! got what is due, somebody who has what is not.

use super::home::{Home, Standing};
use super::person::{Member, RECORDS_BEGIN};
use super::site::Sites;
use super::{Entry, Maker, Person};
use yizhan_core::service::AddSubject;
use yizhan_kit::Day;

impl Maker<'_> {
    pub(super) fn followed_person(&self, person: &Person, member: &Member, home: &Home, sites: &Sites) -> AddSubject {
        let mut entry = self.born(member, home.ethnic);
        let known = home.known.max(member.kin.birth);
        entry.since(known, "relation", member.kin.relation);
        entry.since(known, "marital", member.kin.marital);
        if member.kin.birth > home.known {
            entry.since(member.kin.birth, "came-by", "1");
        } else if member.kin.relation == "05" {
            entry.since(self.day_of(2018, 5).max(known), "came-by", "2");
        }
        self.school(&mut entry, member, home, sites, known);
        let ill = self.body(&mut entry, member, known);
        self.labour(&mut entry, member, known);
        self.insured(&mut entry, member, home, known);
        self.allowances(&mut entry, member, home, known, ill);
        entry.add(Some(self.identity(person)), Vec::new())
    }

    fn school(&self, entry: &mut Entry, member: &Member, home: &Home, sites: &Sites, known: Day) {
        let schooling = self.schooling(member);
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
            if matches!(member.student, "1" | "2" | "3" | "4" | "5")
                && let Some(school) = sites.school(home.area, stage)
            {
                entry.since(day, "school", school);
            }
            if matches!(stage, "2" | "3" | "4" | "5") {
                entry.since(day, "boards", n == last && member.boards);
            }
        }
        if member.exempt {
            entry.since(self.day_of(2020, 8), "exempt-from-school", true);
        }
        if let Some(education) = self.education(member) {
            entry.since(known, "education", education);
        }
        let Some(begun) = begun.filter(|_| home.standing == Standing::Registered) else { return };
        let aid = self.day_of(2019, 9).max(known).max(begun);
        if member.student != "8" && left.is_none_or(|left| left > aid) {
            entry.since(aid, "school-aid", member.student == "0" || !self.gap("school-aid", &[9, 40, 88]));
        }
        if let Some(left) = left.filter(|left| *left > aid) {
            entry.since(left, "school-aid", false);
        }
        if matches!(member.student, "5" | "6") {
            let since = self.schooling(member).last().map_or(aid, |(_, day)| aid.max(*day));
            entry.since(since, "rain-dew", !self.gap("rain-dew", &[3, 14]));
        }
    }

    /// Health and doctors; the day from which the health is as it is.
    fn body(&self, entry: &mut Entry, member: &Member, known: Day) -> Day {
        let mut since = known;
        if member.health != "1" && self.percent(20) && !self.exact {
            // Fell ill while on the register.
            entry.since(known, "health", "1");
            since = self.day_of(2017 + i32::try_from(self.below(3)).unwrap_or(0), 3).max(known);
        }
        entry.since(since, "health", member.health);
        if let Some((kind, grade)) = member.disability {
            entry.since(since, "disability-kind", kind);
            entry.since(since, "disability-grade", grade);
        }
        if member.mental {
            entry.since(since, "mental-illness", true);
        }
        let care = match member.kin.age {
            _ if member.severe() => self.code(&["2", "2", "3"]),
            75.. => self.code(&["1", "1", "2"]),
            _ => "1",
        };
        entry.since(known, "self-care", care);
        if member.ill() {
            entry.since(since.max(self.year(2018)), "chronic-card", !self.gap("chronic", &[100, 300, 480]));
        } else if member.health == "4" && self.gap("chronic-not-due", &[20]) {
            entry.since(since.max(self.year(2018)), "chronic-card", true);
        }
        if !self.gap("unsigned", &[100, 300, 600, 1_100, 1_700]) {
            entry.since(known.max(self.day_of(2018, 5)), "doctor-signed", true);
        } else {
            entry.since(known, "doctor-signed", false);
        }
        if member.ill() || member.mental {
            let late = if member.mental { self.gap("mental-unvisited", &[6, 21]) } else { self.percent(4) };
            let last = if late { self.day_of(2020, 9) } else { self.founded.plus(-self.days(1, 68)) };
            for before in (0..6).rev() {
                entry.since(last.plus(-before * 88), "doctor-visited", last.plus(-before * 88));
            }
        }
        since
    }

    fn labour(&self, entry: &mut Entry, member: &Member, known: Day) {
        let grown = self.grown(member, known);
        if grown > known {
            entry.since(known, "labour", "4");
        }
        entry.since(grown, "labour", member.labour);
        if member.kin.age < 16 {
            return;
        }
        if member.works() && member.post.is_none() {
            for day in [self.year(2019).plus(-1), self.year(2020).plus(-1)].into_iter().filter(|day| *day > grown) {
                entry.since(day, "months-worked", self.days(1, 11));
            }
            entry.since(self.year(2021).plus(-1), "months-worked", member.months);
            entry.since(self.day_of(2020, 3).max(grown), "works-away", member.away);
        } else {
            entry.since(self.year(2021).plus(-1), "months-worked", 0);
        }
        if let Some(post) = member.post {
            entry.since(self.day_of(2019, 4), "post", post);
        }
        if member.soldier {
            entry.since(self.day_of(2020, 9), "soldier", true);
        }
    }

    fn insured(&self, entry: &mut Entry, member: &Member, home: &Home, known: Day) {
        let (begin, year) = (known.max(self.year(RECORDS_BEGIN)), self.year(2021));
        // Whoever has not paid for the new year was insured in the old one.
        for name in ["medical-insured", "critical-insured"] {
            entry.since(begin, name, true);
        }
        if member.soldier || self.gap("uninsured", &[77, 900, 1_800]) {
            for name in ["medical-insured", "critical-insured"] {
                entry.since(year, name, false);
            }
        }
        let aided = !member.soldier && !member.employee;
        entry.since(begin, "premium-aid", aided);
        if aided && self.gap("premium", &[500, 1_500]) {
            entry.since(year, "premium-aid", false);
        }
        if member.kin.age < 16 {
            return;
        }
        let grown = self.birthday(member, 16).max(begin);
        entry.since(grown, "employee-pension", member.employee);
        entry.since(grown, "pension-insured", !member.employee && !member.in_school());
        if member.kin.age >= 60 {
            let draws =
                if member.employee { self.gap("two-pensions", &[2]) } else { !self.gap("pension", &[30, 222, 401]) };
            entry.since(self.birthday(member, 60).max(home.known), "pension-received", draws);
        }
    }

    fn allowances(&self, entry: &mut Entry, member: &Member, home: &Home, known: Day, ill: Day) {
        let poor = home.subsistence.max(known);
        if member.subsistence && poor > known {
            entry.since(known, "subsistence", false);
        }
        entry.since(if member.subsistence { poor } else { known }, "subsistence", member.subsistence);
        if member.destitute || home.attribute == "6" {
            entry.since(known, "destitute", member.destitute);
        }
        let disabled = member.disability.is_some();
        let born = |years: i32| self.birthday(member, years);
        let due = [
            ("elder-allowance", member.kin.age >= 70, born(70).max(known), &[40, 141, 260, 377][..]),
            ("hard-elder-allowance", member.kin.age >= 60 && member.subsistence, born(60).max(poor), &[21, 90]),
            ("living-allowance", disabled && member.subsistence, poor.max(ill), &[9, 44]),
            ("care-allowance", member.severe(), ill, &[7, 33]),
        ];
        for (name, is_due, since, missing) in due {
            let since = since.max(self.year(RECORDS_BEGIN));
            if is_due {
                entry.since(since, name, !self.gap(name, missing));
            } else if self.not_due(name, member) {
                entry.since(self.day_of(2020, 6), name, true);
            }
        }
    }

    /// Whether somebody has an allowance that is not due: almost nobody.
    fn not_due(&self, name: &str, member: &Member) -> bool {
        match name {
            "hard-elder-allowance" => {
                member.subsistence && (57..60).contains(&member.kin.age) && self.gap("elder-not-due", &[1, 4])
            }
            "living-allowance" => {
                member.disability.is_some()
                    && !member.subsistence
                    && !member.destitute
                    && self.gap("living-not-due", &[12])
            }
            _ => false,
        }
    }
}

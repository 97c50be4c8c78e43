//! The houses of a household that is followed: what an appraiser found, and what was done about it.

use super::home::{Home, Standing};
use super::person::Member;
use super::{Entry, Maker};
use yizhan_core::service::AddSubject;

impl Maker<'_> {
    /// The house it lives in, and here and there an old one besides.
    pub(super) fn houses(&self, home: &Home) -> Vec<(String, AddSubject)> {
        let mut houses = vec![self.lived_in(home)];
        if home.stays || self.percent(5) {
            houses.push(self.empty(home));
        }
        if home.stays {
            houses.remove(0);
        }
        houses.into_iter().map(|house| ("house.household".to_owned(), house.add(None, Vec::new()))).collect()
    }

    fn lived_in(&self, home: &Home) -> Entry {
        let mut house = Entry::new("house", home.known);
        let mut grade = if self.percent(45) { "A" } else { "B" };
        if home.standing == Standing::Registered && !home.rebuilt && !home.stays {
            for (dangerous, at) in [("C", 101), ("D", 707)] {
                if self.gap(dangerous, &[at]) {
                    grade = dangerous;
                }
            }
        }
        house.is("structure", self.code(if home.rebuilt { &["1", "2", "4"] } else { &["1", "1", "2", "2", "3"] }));
        house.is(
            "built-year",
            self.days(if home.rebuilt { 1968 } else { 1984 }, if home.rebuilt { 1996 } else { 2012 }),
        );
        house.is("area", self.days(45, 150));
        house.is("lived-in", true);
        if home.rebuilt {
            let (bad, subsidy) = if self.percent(60) { ("C", "10000.00") } else { ("D", "25000.00") };
            let found = self.day_of(2016 + self.days(0, 2), 4).max(home.known);
            let done = found.plus(self.days(90, 200));
            let checked = done.plus(self.days(20, 60));
            house.since(found, "grade", bad);
            house.since(found, "appraised-on", found);
            house.since(done, "rebuilt-on", done);
            house.since(done, "plaque", !self.nth("no-plaque", &[40, 133, 190, 250]));
            house.since(done.plus(30), "subsidy", subsidy);
            house.since(checked, "grade", grade);
            house.since(checked, "appraised-on", checked);
            house.since(found, "appraisal-paper", true);
        } else {
            let found = self.day_of(2017 + self.days(0, 2), 6).max(home.known);
            house.since(found, "grade", grade);
            house.since(found, "appraised-on", found);
            house.since(found, "appraisal-paper", !self.nth("no-report", &[88, 400, 620, 910]));
        }
        if home.members.iter().any(Member::severe) {
            house.since(self.day_of(2019, 9).max(home.known), "barrier-free", !self.gap("barrier", &[4, 41]));
        }
        house
    }

    fn empty(&self, home: &Home) -> Entry {
        let mut house = Entry::new("house", home.known);
        house.is("structure", "3");
        house.is("built-year", self.days(1955, 1982));
        house.is("area", self.days(30, 80));
        house.is("lived-in", false);
        let found = self.day_of(2019, 6).max(home.known);
        house.since(found, "grade", self.code(&["C", "D", "D"]));
        house.since(found, "appraised-on", found);
        house.since(found, "appraisal-paper", true);
        house
    }
}

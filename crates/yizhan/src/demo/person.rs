//! A person: what stage of school, what health, what work goes with an age, and what is written down of it.

use super::family::{Kin, Sort};
use super::{Entry, Maker, Person};
use yizhan_core::service::{AddSubject, NewSealed};
use yizhan_kit::Day;

/// The day on which allowances begin to be on record.
pub(super) const RECORDS_BEGIN: i32 = 2016;

/// Somebody with all that facts are made from.
pub(super) struct Soul {
    pub kin: Kin,
    /// The code of the stage of school.
    pub student: &'static str,
    pub boards: bool,
    /// Taught at home.
    pub exempt: bool,
    pub health: &'static str,
    /// The codes of kind and grade.
    pub disability: Option<(&'static str, &'static str)>,
    pub mental: bool,
    pub labour: &'static str,
    pub months: i32,
    pub away: bool,
    pub soldier: bool,
    /// The code of a public-welfare post.
    pub post: Option<&'static str>,
    /// In the employees' pension insurance.
    pub employee: bool,
    pub subsistence: bool,
    pub destitute: bool,
}

impl Soul {
    pub(super) fn in_school(&self) -> bool {
        self.student != "0"
    }

    pub(super) fn ill(&self) -> bool {
        matches!(self.health, "2" | "3")
    }

    pub(super) fn able(&self) -> bool {
        matches!(self.labour, "1" | "2") && self.kin.age >= 16
    }

    pub(super) fn works(&self) -> bool {
        self.months > 0 || self.away || self.post.is_some()
    }

    /// Of a grade for which care is due.
    pub(super) fn severe(&self) -> bool {
        self.disability.is_some_and(|(_, grade)| matches!(grade, "1" | "2"))
    }

    /// Full years on 31 August, when the school year began.
    pub(super) fn school_age(&self, today: Day) -> i32 {
        school_age(self.kin.birth, today)
    }
}

fn school_age(birth: Day, today: Day) -> i32 {
    let ((year, month, _), (born, in_month, _)) = (today.ymd(), birth.ymd());
    (if month >= 9 { year } else { year - 1 }) - born - i32::from(in_month >= 9)
}

/// The stages of school, and at what age each begins.
const STAGES: [(&str, i32); 5] = [("1", 3), ("2", 6), ("3", 12), ("4", 15), ("7", 18)];

impl Maker<'_> {
    /// What goes with somebody's age, and what chance adds.
    pub(super) fn soul(&self, kin: Kin, sort: Sort) -> Soul {
        let poor = sort != Sort::Ordinary;
        let student = self.student(&kin);
        let mut soul = Soul {
            student,
            boards: match student {
                "2" => self.percent(10),
                "3" => self.percent(50),
                "4" | "5" => self.percent(90),
                _ => false,
            },
            exempt: false,
            health: "1",
            disability: None,
            mental: false,
            labour: "4",
            months: 0,
            away: false,
            soldier: false,
            post: None,
            employee: false,
            subsistence: false,
            destitute: false,
            kin,
        };
        self.health(&mut soul, sort);
        // A child with the gravest disability is taught at home.
        if soul.student == "2" && soul.disability.is_some_and(|(_, grade)| grade == "1") {
            (soul.student, soul.boards, soul.exempt) = ("0", false, true);
        }
        if poor
            && matches!(soul.student, "2" | "3")
            && soul.school_age(self.today) < 15
            && self.gap("out-of-school", &[13, 57])
        {
            (soul.student, soul.boards) = ("0", false);
        }
        self.work(&mut soul, poor);
        soul
    }

    fn student(&self, kin: &Kin) -> &'static str {
        let lot = self.below(100);
        match (school_age(kin.birth, self.today), lot) {
            (3..6, 0..85) => "1",
            (6..12, _) => "2",
            (12..15, _) => "3",
            (15..18, 0..50) => "4",
            (15..18, 50..85) => "5",
            (18..21, 0..30) => "6",
            (18..22, 30..60) => "7",
            (22..25, 0..4) => "8",
            _ => "0",
        }
    }

    fn health(&self, soul: &mut Soul, sort: Sort) {
        let ill = match (sort, soul.kin.age) {
            (Sort::Destitute, ..60) => 100,
            (Sort::Ordinary, ..16) => 1,
            (Sort::Ordinary, 16..60) => 7,
            (Sort::Ordinary, _) => 28,
            (_, ..16) => 7,
            (_, 16..40) => 28,
            (_, 40..60) => 48,
            _ => 62,
        };
        if !self.percent(ill) {
            return;
        }
        let disabled = match (sort, soul.kin.age) {
            (Sort::Destitute, ..60) => 100,
            (Sort::Ordinary, _) => 12,
            (_, ..16) => 60,
            _ => 34,
        };
        if !self.percent(disabled) {
            soul.health = self.code(&["2", "2", "3"]);
            soul.mental = sort == Sort::Poor && self.below(60) == 0;
            return;
        }
        // Whoever is supported as destitute is cared for otherwise than by the allowance of the severely disabled.
        let grades: &[&str] =
            if sort == Sort::Destitute { &["3", "3", "4"] } else { &["1", "2", "2", "3", "3", "4", "4"] };
        let kind = self.code(&["1", "2", "3", "4", "4", "4", "5", "6", "7"]);
        soul.health = "4";
        soul.disability = Some((kind, self.code(grades)));
        soul.mental = kind == "6" && sort == Sort::Poor;
    }

    fn work(&self, soul: &mut Soul, poor: bool) {
        let lot = self.below(100);
        soul.labour = match (soul.kin.age, soul.health) {
            (..16, _) => "4",
            _ if soul.in_school() => "4",
            _ if soul.severe() => "3",
            (75.., _) => "4",
            (60..75, "1" | "2") if lot < 55 => "5",
            (60..75, _) => "4",
            (_, "1") if lot < 12 => "2",
            (_, "1") => "1",
            (_, "2") if lot < 20 => "1",
            (_, "3") if lot < 45 => "3",
            (_, "4") if lot < 30 => "3",
            _ => "5",
        };
        if soul.student == "0" && soul.kin.male && (18..23).contains(&soul.kin.age) && soul.health == "1" {
            soul.soldier = poor && self.nth("soldier", &[2, 7, 12]);
        }
        let (works, away) = match (soul.labour, poor) {
            _ if soul.soldier => (0, 0),
            ("1" | "2", true) => (72, 60),
            ("1" | "2", false) => (80, 45),
            ("5", _) if soul.kin.age < 68 => (34, 12),
            _ => (0, 0),
        };
        if self.percent(works) {
            soul.months = i32::try_from(3 + self.below(10)).unwrap_or(3);
            soul.away = self.percent(away);
        } else if poor && soul.labour == "5" && (40..68).contains(&soul.kin.age) && self.percent(14) {
            soul.post = Some(self.code(&["1", "1", "2"]));
        }
        let insured = match (soul.labour, poor, soul.kin.age) {
            (_, true, 60..) => usize::from(self.nth("retired-employee", &[25, 160, 310])) * 100,
            ("1" | "2", true, _) if soul.away => 6,
            ("1" | "2", false, _) => 12,
            (_, false, 60..) => 4,
            _ => 0,
        };
        soul.employee = self.percent(insured) && !soul.soldier;
    }

    /// The code of the education completed; nothing is asked of a pupil or a small child.
    pub(super) fn education(&self, soul: &Soul) -> Option<&'static str> {
        let among: &[&'static str] = match soul.kin.age {
            _ if soul.in_school() => return None,
            ..6 => return None,
            6..16 => &["1"],
            16..18 => &["3"],
            18..25 => &["3", "4", "4"],
            25..40 => &["3", "3", "3", "4", "5"],
            40..60 => &["2", "2", "3", "3", "3", "4"],
            _ => &["1", "1", "2", "2", "3"],
        };
        Some(self.code(among))
    }

    /// What every member of any household has on record, since there are records.
    pub(super) fn plain_person(&self, person: &Person, soul: &Soul, ethnic: &str) -> AddSubject {
        let mut entry = self.born(soul, ethnic);
        let day = self.year(RECORDS_BEGIN).max(soul.kin.birth);
        entry.since(day, "relation", soul.kin.relation);
        entry.since(day, "marital", soul.kin.marital);
        if soul.kin.age < 25 || soul.in_school() {
            for (stage, since) in self.schooling(soul) {
                entry.since(day.max(since), "student", stage);
            }
        }
        if let Some(education) = self.education(soul) {
            entry.since(day, "education", education);
        }
        entry.since(self.grown(soul, day), "labour", soul.labour);
        entry.since(day, "health", soul.health);
        if let Some((kind, grade)) = soul.disability {
            entry.since(day, "disability-kind", kind);
            entry.since(day, "disability-grade", grade);
            if soul.severe() {
                entry.since(day, "care-allowance", true);
            }
        }
        entry.since(day, "medical-insured", !self.percent(3));
        if soul.kin.age >= 16 && !soul.in_school() {
            entry.since(day, if soul.employee { "employee-pension" } else { "pension-insured" }, true);
        }
        if soul.kin.age >= 60 && !soul.employee {
            entry.since(day.max(self.birthday(soul, 60)), "pension-received", true);
        }
        if soul.kin.age >= 70 {
            entry.since(self.birthday(soul, 70), "elder-allowance", true);
        }
        entry.add(Some(self.identity(person)), Vec::new())
    }

    /// Who somebody is, known from birth.
    pub(super) fn born(&self, soul: &Soul, ethnic: &str) -> Entry {
        let mut entry = Entry::new("person", soul.kin.birth);
        entry.is("sex", if soul.kin.male { "1" } else { "2" });
        entry.is("born", soul.kin.birth);
        entry.is("ethnic", ethnic);
        entry
    }

    /// Name and numbers, sealed under a key of their own.
    pub(super) fn identity(&self, person: &Person) -> NewSealed {
        self.sealed(&person.name, person.number.as_str(), person.mobile.as_str())
    }

    pub(super) fn sealed(&self, name: &str, number: &str, mobile: &str) -> NewSealed {
        let digests = [self.vault.blind("citizen-number", number), self.vault.blind("mobile", mobile)];
        let (key, secret) = self.vault.new_key("register", &digests);
        let identity = serde_json::json!({"name": name, "citizen_number": number, "mobile": mobile});
        let sealed = self.vault.seal(&secret, "register", identity.to_string().as_bytes());
        NewSealed { attribute: "person.identity".into(), key, sealed }
    }

    /// The day on which somebody became so many years old.
    pub(super) fn birthday(&self, soul: &Soul, years: i32) -> Day {
        let (year, month, day) = soul.kin.birth.ymd();
        Day::from_ymd(year + years, month, day.min(28)).unwrap_or(self.founded).min(self.founded)
    }

    /// The day from which somebody's ability to work is told: of the grown-up since they were sixteen.
    pub(super) fn grown(&self, soul: &Soul, known: Day) -> Day {
        if soul.kin.age < 16 { known } else { known.max(self.birthday(soul, 16)) }
    }

    /// The stages somebody went through, each with its first day. The last is the present one.
    pub(super) fn schooling(&self, soul: &Soul) -> Vec<(&'static str, Day)> {
        let age = soul.school_age(self.today);
        let (this_year, month, _) = self.today.ymd();
        let year = if month >= 9 { this_year } else { this_year - 1 };
        let first = |at: i32| Day::from_ymd(year - age + at, 9, 1).unwrap_or(self.founded);
        let at = match soul.student {
            "0" if soul.exempt => 6,
            "0" if age >= 25 || age < 6 => return vec![("0", soul.kin.birth)],
            "0" if age >= 18 => 18,
            // Who left school at that age left it this year.
            "0" => age.min(15),
            "1" => 3,
            "2" => 6,
            "3" => 12,
            "4" | "5" => 15,
            "6" | "7" => 18,
            _ => 22,
        };
        let mut path = vec![("0", soul.kin.birth)];
        path.extend(STAGES.iter().filter(|(_, start)| *start < at).map(|(code, start)| (*code, first(*start))));
        path.push((soul.student, first(at)));
        // What ended before there were records is not told.
        let begin = self.year(RECORDS_BEGIN);
        let ended = path.windows(2).take_while(|pair| pair[1].1 <= begin).count();
        path.split_off(ended)
    }
}

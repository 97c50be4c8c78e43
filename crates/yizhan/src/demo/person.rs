//! A person: what stage of school, what health, what work goes with an age, and what is written down of it.

use super::family::{Kin, Sort};
use super::{Entry, Maker, Person};
use yizhan_core::service::{AddSubject, NewSealed};
use yizhan_kit::Day;

/// The year with which what is on record begins.
pub(super) const RECORDS_BEGIN: i32 = 2016;

/// Somebody with all that facts are made from.
pub(super) struct Member {
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

impl Member {
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
    pub(super) fn member(&self, kin: Kin, sort: Sort) -> Member {
        let poor = sort != Sort::Ordinary;
        let student = self.student(&kin);
        let mut member = Member {
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
        self.health(&mut member, sort);
        // A child with the gravest disability is taught at home.
        if member.student == "2" && member.disability.is_some_and(|(_, grade)| grade == "1") {
            (member.student, member.boards, member.exempt) = ("0", false, true);
        }
        if poor
            && matches!(member.student, "2" | "3")
            && member.school_age(self.today) < 15
            && self.gap("out-of-school", &[13, 57])
        {
            (member.student, member.boards) = ("0", false);
        }
        self.work(&mut member, poor);
        member
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

    fn health(&self, member: &mut Member, sort: Sort) {
        let ill = match (sort, member.kin.age) {
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
        let disabled = match (sort, member.kin.age) {
            (Sort::Destitute, ..60) => 100,
            (Sort::Ordinary, _) => 12,
            (_, ..16) => 60,
            _ => 34,
        };
        if !self.percent(disabled) {
            member.health = self.code(&["2", "2", "3"]);
            member.mental = sort == Sort::Poor && self.below(60) == 0;
            return;
        }
        // Whoever is supported as destitute is cared for otherwise than by the allowance of the severely disabled.
        let grades: &[&str] =
            if sort == Sort::Destitute { &["3", "3", "4"] } else { &["1", "2", "2", "3", "3", "4", "4"] };
        let kind = self.code(&["1", "2", "3", "4", "4", "4", "5", "6", "7"]);
        member.health = "4";
        member.disability = Some((kind, self.code(grades)));
        member.mental = kind == "6" && sort == Sort::Poor;
    }

    fn work(&self, member: &mut Member, poor: bool) {
        let lot = self.below(100);
        member.labour = match (member.kin.age, member.health) {
            (..16, _) => "4",
            _ if member.in_school() => "4",
            _ if member.severe() => "3",
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
        if member.student == "0" && member.kin.male && (18..23).contains(&member.kin.age) && member.health == "1" {
            member.soldier = poor && self.nth("soldier", &[2, 7, 12]);
        }
        let (works, away) = match (member.labour, poor) {
            _ if member.soldier => (0, 0),
            ("1" | "2", true) => (72, 60),
            ("1" | "2", false) => (80, 45),
            ("5", _) if member.kin.age < 68 => (34, 12),
            _ => (0, 0),
        };
        if self.percent(works) {
            member.months = i32::try_from(3 + self.below(10)).unwrap_or(3);
            member.away = self.percent(away);
        } else if poor && member.labour == "5" && (40..68).contains(&member.kin.age) && self.percent(14) {
            member.post = Some(self.code(&["1", "1", "2"]));
        }
        member.employee = match (member.labour, poor, member.kin.age) {
            _ if member.soldier => false,
            (_, true, 60..) => self.nth("retired-employee", &[25, 160, 310]),
            (_, false, 60..) => self.percent(4),
            ("1" | "2", true, _) => member.away && self.percent(6),
            ("1" | "2", false, _) => self.percent(12),
            _ => false,
        };
    }

    /// The code of the education completed; nothing is asked of a pupil or a small child.
    pub(super) fn education(&self, member: &Member) -> Option<&'static str> {
        let among: &[&'static str] = match member.kin.age {
            _ if member.in_school() => return None,
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
    pub(super) fn plain_person(&self, person: &Person, member: &Member, ethnic: &str) -> AddSubject {
        let mut entry = self.born(member, ethnic);
        let day = self.year(RECORDS_BEGIN).max(member.kin.birth);
        entry.since(day, "relation", member.kin.relation);
        entry.since(day, "marital", member.kin.marital);
        if member.kin.age < 25 || member.in_school() {
            for (stage, since) in self.schooling(member) {
                entry.since(day.max(since), "student", stage);
            }
        }
        if let Some(education) = self.education(member) {
            entry.since(day, "education", education);
        }
        entry.since(self.grown(member, day), "labour", member.labour);
        entry.since(day, "health", member.health);
        if let Some((kind, grade)) = member.disability {
            entry.since(day, "disability-kind", kind);
            entry.since(day, "disability-grade", grade);
            if member.severe() {
                entry.since(day, "care-allowance", true);
            }
        }
        entry.since(day, "medical-insured", !self.percent(3));
        if member.kin.age >= 16 && !member.in_school() {
            entry.since(day, if member.employee { "employee-pension" } else { "pension-insured" }, true);
        }
        if member.kin.age >= 60 && !member.employee {
            entry.since(day.max(self.birthday(member, 60)), "pension-received", true);
        }
        if member.kin.age >= 70 {
            entry.since(self.birthday(member, 70), "elder-allowance", true);
        }
        entry.add(Some(self.identity(person)), Vec::new())
    }

    /// Who somebody is, known from birth.
    pub(super) fn born(&self, member: &Member, ethnic: &str) -> Entry {
        let mut entry = Entry::new("person", member.kin.birth);
        entry.is("sex", if member.kin.male { "1" } else { "2" });
        entry.is("born", member.kin.birth);
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
    pub(super) fn birthday(&self, member: &Member, years: i32) -> Day {
        let (year, month, day) = member.kin.birth.ymd();
        Day::from_ymd(year + years, month, day.min(28)).unwrap_or(self.founded).min(self.founded)
    }

    /// The day from which somebody's ability to work is told: of the grown-up since they were sixteen.
    pub(super) fn grown(&self, member: &Member, known: Day) -> Day {
        if member.kin.age < 16 { known } else { known.max(self.birthday(member, 16)) }
    }

    /// The stages somebody went through, each with its first day. The last is the present one.
    pub(super) fn schooling(&self, member: &Member) -> Vec<(&'static str, Day)> {
        let age = member.school_age(self.today);
        let (this_year, month, _) = self.today.ymd();
        let year = if month >= 9 { this_year } else { this_year - 1 };
        let first = |at: i32| Day::from_ymd(year - age + at, 9, 1).unwrap_or(self.founded);
        let at = match member.student {
            "0" if member.exempt => 6,
            "0" if !(6..25).contains(&age) => return vec![("0", member.kin.birth)],
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
        let mut path = vec![("0", member.kin.birth)];
        path.extend(STAGES.iter().filter(|(_, start)| *start < at).map(|(code, start)| (*code, first(*start))));
        path.push((member.student, first(at)));
        // What ended before there were records is not told.
        let begin = self.year(RECORDS_BEGIN);
        let ended = path.windows(2).take_while(|pair| pair[1].1 <= begin).count();
        path.split_off(ended)
    }
}

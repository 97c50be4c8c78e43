//! A household that is on the register or followed beside it: why it is there, since when, and what it lives on.

use super::Maker;
use super::family::Sort;
use super::person::{Member, RECORDS_BEGIN};
use super::site::Point;
use yizhan_core::row::SubjectId;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// Why a household is followed, if it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// On the register.
    Registered,
    /// Helped at once, outside the register.
    Helped,
    /// On the margin of poverty, outside the register.
    Marginal,
    /// Not at all.
    Ordinary,
}

/// How a household is watched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Watch {
    Never,
    Now,
    /// Until the risk was removed.
    Once,
}

/// A household while it is made up.
pub(super) struct Home {
    pub area: RegionCode,
    /// Its place among those of its village, from 1.
    pub number: usize,
    pub standing: Standing,
    /// The code of its category.
    pub attribute: &'static str,
    pub watch: Watch,
    /// On record since.
    pub known: Day,
    /// Since when somebody in it draws the subsistence allowance.
    pub subsistence: Day,
    /// The code of the ethnic group.
    pub ethnic: &'static str,
    pub members: Vec<Member>,
    pub water: Point,
    pub helper: Option<SubjectId>,
    /// Whether the house was repaired or rebuilt.
    pub rebuilt: bool,
    /// Whether the helper calls on it once more before the demonstration begins.
    pub called_again: bool,
    /// Whether the old person who lived here stays with a child by turns.
    pub stays: bool,
    /// Whether something that is due is missing.
    pub gap: bool,
    /// What it has a head in a year without the subsistence allowance, in yuan.
    pub own_a_head: i64,
    /// What it has a head with it.
    pub all_a_head: i64,
}

/// How many of all on the register are watched, and in how many the house was repaired or rebuilt.
const WATCHED: usize = 38;
const REBUILT: usize = 274;

/// Below this a head households are to be watched: one and a half times the line of poverty.
const NEAR: i64 = 6_000;

/// Whether a place is one of so many, evenly spread over the register.
fn one_of(count: usize, place: usize) -> bool {
    let before = |place: usize| place * count / super::REGISTERED_HOUSEHOLDS;
    before(place) != before(place + 1)
}

impl Maker<'_> {
    /// Who lives in a household, and how it stands.
    pub(super) fn home(&self, place: usize, size: usize, standing: Standing, water: Point) -> Home {
        let registered = standing == Standing::Registered;
        let watch = match standing {
            Standing::Marginal => Watch::Now,
            Standing::Registered if one_of(WATCHED, place) => {
                if self.nth("watched", &[3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36]) {
                    Watch::Once
                } else {
                    Watch::Now
                }
            }
            _ => Watch::Never,
        };
        let attribute = match (registered, watch, self.below(100)) {
            (false, ..) => "5",
            (_, Watch::Never, 75..) if size <= 2 => "6",
            (_, Watch::Never, 0..45) => "4",
            (_, Watch::Now, 0..50) => "4",
            _ => "1",
        };
        let sort = match (attribute, standing) {
            ("6", _) => Sort::Destitute,
            (_, Standing::Ordinary) => Sort::Ordinary,
            _ => Sort::Poor,
        };
        let mut members: Vec<Member> = self.family(size, sort).into_iter().map(|kin| self.member(kin, sort)).collect();
        let known = match standing {
            Standing::Registered => self.identified(),
            Standing::Helped | Standing::Marginal => self.year(2020),
            Standing::Ordinary => self.year(RECORDS_BEGIN),
        };
        self.supported(&mut members, attribute);
        let old_alone = size == 1 && attribute != "6" && members[0].kin.age >= 72 && !members[0].works();
        let area = self.villages[place % self.villages.len()];
        let mut home = Home {
            area,
            number: place / self.villages.len() + 1,
            standing,
            attribute,
            watch,
            known,
            subsistence: known,
            ethnic: "01",
            members,
            water,
            helper: self.helpers.get(&area).copied(),
            rebuilt: registered && one_of(REBUILT, place),
            called_again: self.percent(58),
            stays: false,
            gap: false,
            own_a_head: 0,
            all_a_head: 0,
        };
        home.stays = registered && !home.rebuilt && old_alone && self.nth("stays", &[2, 6, 11, 17, 24, 32]);
        if self.below(60) == 0 {
            home.ethnic = self.code(&["03", "03", "03", "11", "02", "15"]);
        }
        if attribute == "4" && self.percent(30) {
            home.subsistence = self.day_of(2017 + i32::try_from(self.below(3)).unwrap_or(0), 7).max(known);
        }
        self.means(&mut home);
        home
    }

    /// Since when a household is on the register: 2014 to 2016, most of them from the beginning.
    pub(super) fn identified(&self) -> Day {
        let year = *self.chance.pick(&[2014, 2014, 2014, 2014, 2014, 2014, 2015, 2015, 2015, 2016]);
        self.day_of(year, 4 + self.below(8))
    }

    /// Some day of a month, by number from 1.
    pub(super) fn day_of(&self, year: i32, month: usize) -> Day {
        let day = 1 + self.below(28);
        let (month, day) = (u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1));
        Day::from_ymd(year, month.clamp(1, 12), day).unwrap_or(self.founded)
    }

    /// Who is supported as destitute, and who draws the subsistence allowance.
    fn supported(&self, members: &mut [Member], attribute: &str) {
        match attribute {
            "6" => {
                for (n, member) in members.iter_mut().enumerate() {
                    member.destitute = n == 0 || !self.gap("second-destitute", &[3]);
                    (member.months, member.away, member.post) = (0, false, None);
                }
            }
            "4" => {
                let alone = (2..4).contains(&members.len()) && self.percent(15);
                let weakest = members.iter().position(|member| member.severe() || member.ill()).unwrap_or(0);
                for (n, member) in members.iter_mut().enumerate() {
                    member.subsistence = !alone || n == weakest;
                }
            }
            _ => {}
        }
    }

    /// What a household lives on, in yuan a head. The allowance is paid by classes, so that with it a household has more than
    /// the range of monitoring ends at.
    fn means(&self, home: &mut Home) {
        let chance =
            |from: i64, to: i64| from + i64::try_from(self.below(usize::try_from(to - from).unwrap_or(1))).unwrap_or(0);
        let members = i64::try_from(home.members.len()).unwrap_or(1);
        let drawing = i64::try_from(home.members.iter().filter(|member| member.subsistence).count()).unwrap_or(0);
        let (own, all) = match (home.attribute, home.watch) {
            ("4", Watch::Now) => {
                let own = chance(2_400, 4_300);
                (own, chance(own.max(5_000) + 150, NEAR - 40))
            }
            ("4", _) if drawing < members => {
                let own = chance(4_800, 5_100);
                (own, own + 5_160 * drawing / members)
            }
            ("4", _) => {
                let own = chance(2_200, 5_100);
                let class = match own {
                    ..3_000 => 4_560,
                    3_000..4_000 => 3_720,
                    _ => 2_880,
                };
                (own, own + class)
            }
            (_, Watch::Now) if home.standing == Standing::Registered && self.gap("under-line", &[2, 5, 8]) => {
                let own = chance(3_450, 3_950);
                (own, own)
            }
            (_, Watch::Now) => same(chance(5_250, NEAR - 60)),
            (_, Watch::Once) if self.gap("removed-too-early", &[2]) => same(chance(5_300, NEAR - 60)),
            (_, Watch::Once) => same(chance(NEAR + 300, 9_000)),
            ("1", _) if self.gap("unwatched", &[66, 219]) => same(chance(5_250, NEAR - 60)),
            ("1", _) => same(chance(7_000, 18_200)),
            ("5", _) if home.standing == Standing::Helped && self.gap("margin-unwatched", &[4]) => {
                same(chance(5_250, NEAR - 60))
            }
            // What is given to destitute persons alone is more than that.
            _ => same(chance(NEAR + 900, 9_200)),
        };
        (home.own_a_head, home.all_a_head) = (own, all);
    }
}

fn same(yuan: i64) -> (i64, i64) {
    (yuan, yuan)
}

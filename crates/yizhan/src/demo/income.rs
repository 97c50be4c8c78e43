//! What a household had in a year, line by line, in whole yuan.

use super::home::{Home, Standing, Watch};
use super::person::Member;
use super::{Entry, Maker};
use yizhan_kit::Day;

/// The lines of a year's income.
#[derive(Clone, Copy, Default)]
struct Income {
    wage: i64,
    business: i64,
    cost: i64,
    property: i64,
    subsistence: i64,
    destitute: i64,
    pension: i64,
    planning: i64,
    ecology: i64,
    other: i64,
}

/// What a member had of the residents' pension and of the support of the destitute, and how much of what was earned in 2020, in
/// hundredths, by year.
const YEARS: [(i32, i64, i64, i64); 5] = [
    (2016, 1_200, 4_000, 62),
    (2017, 1_200, 4_400, 72),
    (2018, 1_416, 5_200, 84),
    (2019, 1_416, 6_180, 97),
    (2020, 1_704, 6_708, 100),
];

impl Maker<'_> {
    /// The incomes of five years of a household on the register, of the last two of others. Each is on record from the last day
    /// of its year.
    pub(super) fn incomes(&self, entry: &mut Entry, home: &Home, mu_tenths: i64) {
        let last = self.income(home, mu_tenths);
        // Whoever is under the line of poverty was not until the last year.
        let fallen = home.all_a_head < 4_000;
        for (year, pension, destitute, share) in YEARS {
            if year < 2019 && home.standing != Standing::Registered {
                continue;
            }
            let day = Day::from_ymd(year, 12, 31).unwrap_or(self.founded);
            let share = if fallen && year < 2020 { share * 2 } else { share };
            let of = |yuan: i64| yuan * share / 100;
            let (retired, alone) = (last.pension / 1_704, last.destitute / 6_708);
            let draws = day >= home.subsistence;
            let income = Income {
                wage: of(last.wage),
                business: of(last.business),
                cost: of(last.cost),
                property: of(last.property),
                subsistence: if draws { of(last.subsistence) } else { 0 },
                destitute: alone * destitute,
                pension: retired * pension,
                planning: last.planning,
                ecology: of(last.ecology),
                other: of(last.other) + if draws { 0 } else { of(last.subsistence) },
            };
            entry.since(day, "income-year", year);
            income.put(entry, day);
        }
    }

    fn income(&self, home: &Home, mu_tenths: i64) -> Income {
        let count = |of: fn(&Member) -> bool| {
            i64::try_from(home.members.iter().filter(|member| of(member)).count()).unwrap_or(0)
        };
        let below = |yuan: usize| i64::try_from(self.below(yuan)).unwrap_or(0);
        let heads = count(|_| true).max(1);
        let mut income = Income {
            destitute: 6_708 * count(|member| member.destitute),
            pension: 1_704 * count(|member| member.kin.age >= 60 && !member.employee),
            planning: if home.members[0].kin.age >= 60 && self.percent(8) { 960 } else { 0 },
            ecology: if self.percent(15) { 40 + below(200) } else { 0 },
            other: mu_tenths * 125 / 10,
            ..Income::default()
        };
        let given = income.transfer();
        let mut rest = (home.own_a_head * heads - given).max(200 * heads);
        let earned: i64 = home
            .members
            .iter()
            .map(|member| {
                i64::from(member.months) * (1_300 + below(1_700)) + if member.post.is_some() { 6_000 } else { 0 }
            })
            .sum();
        let worked = home.members.iter().any(Member::works);
        income.wage = if worked { earned.max(2_400).min(rest * 8 / 10) } else { 0 };
        rest -= income.wage;
        if home.members.iter().any(|member| matches!(member.labour, "1" | "2" | "5")) && !home.members[0].destitute {
            let net = rest * (55 + below(30)) / 100;
            income.business = net * 100 / 64;
            income.cost = income.business - net;
            rest -= net;
        }
        // What the land and the village's assets yield; what is more comes from children.
        income.property = rest.min((300 + below(1_300)) * heads);
        income.other += rest - income.property;
        income.subsistence = (home.all_a_head - home.own_a_head) * heads;
        if home.watch == Watch::Never && home.attribute == "4" {
            // Paid month by month to each.
            let drawing = count(|member| member.subsistence).max(1);
            let monthly = 12 * drawing;
            income.subsistence = (income.subsistence + monthly - 1) / monthly * monthly;
        }
        income
    }
}

impl Income {
    fn transfer(&self) -> i64 {
        self.subsistence + self.destitute + self.pension + self.planning + self.ecology + self.other
    }

    fn put(&self, entry: &mut Entry, day: Day) {
        let lines = [
            ("income-wage", self.wage),
            ("income-business", self.business),
            ("cost-business", self.cost),
            ("income-property", self.property),
            ("income-transfer", self.transfer()),
            ("transfer-subsistence", self.subsistence),
            ("transfer-destitute", self.destitute),
            ("transfer-pension", self.pension),
            ("transfer-family-planning", self.planning),
            ("transfer-ecology", self.ecology),
            ("transfer-other", self.other),
        ];
        for (name, yuan) in lines {
            entry.since(day, name, format_args!("{yuan}.00"));
        }
    }
}

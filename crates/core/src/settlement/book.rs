//! The slips that stand: what steps of cases kept, by person and year, in the order in which they were settled. The account
//! of a person's year is not stored anywhere; it is added up from these.

use super::bill::Bill;
use super::engine::{Account, MOST_LAYERS};
use super::policy::Policy;
use crate::row::SubjectId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use yizhan_kit::{Day, Fen};

/// What a settlement came to, as the fact of its case says it. Whole fen; names, not places, so that it can be read by another
/// edition of its policy.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The policy.
    pub policy: String,
    /// Whose bill it is.
    pub person: u32,
    /// The hospital; absent where the bill was settled from papers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<u32>,
    /// The person's category on the day of admission.
    pub category: String,
    /// The kind of care.
    pub kind: String,
    /// The hospital's level, 1 to 3.
    pub level: u8,
    /// The first day.
    pub admitted: Day,
    /// The last.
    pub discharged: Day,
    /// Everything.
    pub total_fen: i64,
    /// 全自费, 超限价自费, 先行自付.
    pub out_fen: [i64; 3],
    /// What each layer pays, in the order of the policy.
    pub pays_fen: Vec<i64>,
    /// What the person pays.
    pub personal_fen: i64,
}

impl Kept {
    /// The year it belongs to.
    pub fn year(&self) -> i32 {
        self.discharged.ymd().0
    }

    /// The bill, in the places of a policy; absent when the policy no longer knows its category or kind.
    pub fn bill(&self, policy: &Policy) -> Option<Bill> {
        Some(Bill {
            category: policy.category(&self.category)?,
            kind: policy.kind(&self.kind)?,
            level: self.level.checked_sub(1)?,
            admitted: self.admitted,
            discharged: self.discharged,
            total: Fen(self.total_fen),
            own_pay: Fen(self.out_fen[0]),
            over_limit: Fen(self.out_fen[1]),
            first_pay: Fen(self.out_fen[2]),
        })
    }

    /// What is in scope of the layers.
    pub fn in_scope(&self) -> Fen {
        Fen(self.total_fen - self.out_fen.iter().sum::<i64>())
    }

    /// What a layer pays.
    pub fn pay(&self, layer: usize) -> Fen {
        Fen(self.pays_fen.get(layer).copied().unwrap_or(0))
    }

    /// What all layers pay.
    pub fn fund_pays(&self) -> Fen {
        Fen(self.pays_fen.iter().sum())
    }

    fn pays(&self) -> [Fen; MOST_LAYERS] {
        std::array::from_fn(|layer| self.pay(layer))
    }
}

/// A slip that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The case.
    pub case: SubjectId,
    /// The act that settled it first.
    pub seq: u64,
    /// What it came to.
    pub kept: Arc<Kept>,
}

/// The slips of all people.
#[derive(Clone, Default)]
pub struct Book {
    years: imbl::HashMap<(u32, i32), Arc<[Entry]>>,
    of_case: imbl::HashMap<u32, (u32, i32)>,
    /// The cases about each person, settled or not, in order.
    about: imbl::HashMap<u32, Arc<[SubjectId]>>,
}

impl Book {
    /// A case is about a person.
    pub fn concerns(&mut self, person: SubjectId, case: SubjectId) {
        let known = self.about.get(&person.0).map_or(&[][..], |known| known);
        if !known.contains(&case) {
            self.about.insert(person.0, known.iter().copied().chain([case]).collect());
        }
    }

    /// The cases about a person, in order.
    pub fn about(&self, person: SubjectId) -> &[SubjectId] {
        self.about.get(&person.0).map_or(&[], |known| known)
    }

    /// A slip stands, in the place of the one before it where its case had one.
    pub fn put(&mut self, case: SubjectId, seq: u64, kept: Kept) {
        let at = (kept.person, kept.year());
        if self.of_case.get(&case.0).is_some_and(|known| *known != at) {
            self.strike(case);
        }
        let kept = Arc::new(kept);
        let known = self.years.get(&at).map_or(&[][..], |known| known);
        let year = match known.iter().position(|entry| entry.case == case) {
            Some(place) => {
                let mut year = known.to_vec();
                year[place].kept = kept;
                year.into()
            }
            None => known.iter().cloned().chain([Entry { case, seq, kept }]).collect(),
        };
        self.years.insert(at, year);
        self.of_case.insert(case.0, at);
    }

    /// The slip of a case stands no longer.
    pub fn strike(&mut self, case: SubjectId) {
        let Some(at) = self.of_case.remove(&case.0) else { return };
        if let Some(known) = self.years.get(&at) {
            let year = known.iter().filter(|entry| entry.case != case).cloned().collect();
            self.years.insert(at, year);
        }
    }

    /// The slip of a case.
    pub fn of(&self, case: SubjectId) -> Option<&Entry> {
        let at = self.of_case.get(&case.0)?;
        self.years.get(at)?.iter().find(|entry| entry.case == case)
    }

    /// The slips of a person's year, in the order in which they were settled.
    pub fn year(&self, person: SubjectId, year: i32) -> &[Entry] {
        self.years.get(&(person.0, year)).map_or(&[], |known| known)
    }

    /// Every person's years, in no order.
    pub fn years(&self) -> impl Iterator<Item = &[Entry]> {
        self.years.values().map(|year| &**year).filter(|year| !year.is_empty())
    }
}

/// The account of a year under a policy after some of its slips: those of another policy have sums of their own.
pub fn account<'a>(policy: &Policy, slips: impl IntoIterator<Item = &'a Entry>) -> Account {
    let mut account = Account::default();
    for entry in slips.into_iter().filter(|entry| entry.kept.policy == policy.name) {
        if let Some(bill) = entry.kept.bill(policy) {
            policy.table.add(&mut account, &bill, &entry.kept.pays());
        }
    }
    account
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{CatalogSource, load_policy};
    use crate::settlement::PersonYear;
    use yizhan_kit::id::SeededEntropy;

    fn policy() -> Policy {
        let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"));
        let source = CatalogSource::read_dir(folder).unwrap();
        load_policy(&source, "settlement/illustrative-2020.toml").unwrap()
    }

    fn keep(policy: &Policy, bill: &Bill, slip: &crate::settlement::Slip) -> Kept {
        Kept {
            policy: policy.name.clone(),
            person: 7,
            clinic: Some(3),
            category: policy.categories[usize::from(bill.category)].id.clone(),
            kind: policy.kinds[usize::from(bill.kind)].named.id.clone(),
            level: bill.level + 1,
            admitted: bill.admitted,
            discharged: bill.discharged,
            total_fen: bill.total.0,
            out_fen: [bill.own_pay.0, bill.over_limit.0, bill.first_pay.0],
            pays_fen: slip.pay[..policy.layers.len()].iter().map(|pay| pay.0).collect(),
            personal_fen: slip.personal.0,
        }
    }

    #[test]
    fn the_account_is_what_the_slips_add_up_to_whatever_is_struck() {
        let policy = policy();
        for seed in 0..40 {
            let chance = SeededEntropy::new(seed);
            let (mut book, mut year) = (Book::default(), PersonYear::default());
            for n in 0..12_u32 {
                // The last settlement is struck now and then, as a hospital cancels it.
                let last = book.year(SubjectId(7), 2020).last().map(|entry| entry.case);
                if let Some(last) = last.filter(|_| chance.below(4) == 0) {
                    book.strike(last);
                    year.cancel(&policy.table, u64::from(last.0)).unwrap();
                }
                let total = Fen(i64::try_from(chance.below(30_000_000)).unwrap());
                let day = Day::from_ymd(2020, 1, 1).unwrap().plus(i32::try_from(n * 20).unwrap());
                let some = |most: u64| u8::try_from(chance.below(most)).unwrap();
                let bill = Bill {
                    category: some(4),
                    kind: some(3),
                    level: some(3),
                    admitted: day,
                    discharged: day,
                    total,
                    own_pay: Fen(total.0 / 20),
                    over_limit: Fen(0),
                    first_pay: Fen(total.0 / 50),
                };
                let (settled, before) = year.settle(&policy.table, u64::from(n), bill);
                assert_eq!(account(&policy, book.year(SubjectId(7), 2020)), before, "seed {seed}, bill {n}");
                let kept = keep(&policy, &bill, &settled.slip);
                let text = serde_json::to_string(&kept).unwrap();
                assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), kept);
                book.put(SubjectId(n), u64::from(n) + 1, kept);
            }
            let slips = book.year(SubjectId(7), 2020);
            assert_eq!(account(&policy, slips), *year.account(), "seed {seed}");
            assert_eq!(book.years().map(<[Entry]>::len).sum::<usize>(), slips.len());
            // What is settled again keeps its place.
            let first = slips[0].clone();
            let again = Kept { personal_fen: 1, ..(*first.kept).clone() };
            book.put(first.case, 99, again);
            assert_eq!(
                (book.of(first.case).unwrap().seq, book.year(SubjectId(7), 2020)[0].kept.personal_fen),
                (first.seq, 1)
            );
        }
    }
}

//! Where the people of the demonstration are paid: a treasury, and an account for each household that is followed and for
//! whoever receives something in their own name. In one household of forty nobody has any, as it is in any list. The
//! numbers begin like the citizens', under a prefix that no bank has.

use super::register::Register;
use super::{Entry, Maker, PREFIX, SOURCE, acting, commit};
use crate::pay::account::{self, BankAccount};
use yizhan_core::access::Viewer;
use yizhan_core::act::Act;
use yizhan_core::catalog::Level;
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::service::SetFacts;
use yizhan_core::writer::Writer;
use yizhan_kit::codes::BankCard;
use yizhan_kit::id::SeededEntropy;

/// What is paid to a person, not to their household.
const OWN: [&str; 5] = [
    "person.elder-allowance",
    "person.hard-elder-allowance",
    "person.living-allowance",
    "person.care-allowance",
    "person.destitute",
];

/// In one household of so many nobody has an account on record.
const WITHOUT: u64 = 40;

/// Sets this chance apart from that by which people are made up: whoever is paid is who they were.
const APART: u64 = 0x6163_636f_756e_7473;

/// Records them all.
///
/// # Errors
/// The refusal.
pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>, register: &Register, seed: u64) -> Result<(), String> {
    if Viewer::program().look(writer.image()).subjects_of("treasury").next().is_none() {
        let treasury = maker.treasury().ok_or("the zone has no district to pay anybody")?;
        commit(writer, maker.now, vec![acting(treasury.add(None, Vec::new()))])?;
    }
    let chance = SeededEntropy::new(seed ^ APART);
    let program = Viewer::program();
    let seen = program.look(writer.image());
    let paid =
        |person: &SubjectId| OWN.iter().any(|flag| seen.fact(*person, flag, maker.founded) == Some(Value::Flag(true)));
    let mut acts = Vec::new();
    for home in &register.followed {
        if chance.below(WITHOUT) == 0 {
            continue;
        }
        let people = home.people.iter().map(|(person, _)| *person).filter(paid);
        let payees = std::iter::once(("household", home.household)).chain(people.map(|person| ("person", person)));
        acts.extend(payees.filter_map(|(kind, subject)| opened(maker, &chance, kind, subject)));
    }
    commit(writer, maker.now, acts)?;
    Ok(())
}

/// The act that records somebody's account.
fn opened(maker: &Maker<'_>, chance: &SeededEntropy, kind: &str, subject: SubjectId) -> Option<Act> {
    let body = format!("{PREFIX}{:012}", chance.below(1_000_000_000_000));
    // One of the ten fits.
    let number = (0..10).find_map(|check| format!("{body}{check}").parse::<BankCard>().ok())?;
    let at = BankAccount { bank: "示范农商行".into(), number: number.as_str().into(), holder: String::new() };
    Some(acting(SetFacts {
        subject,
        facts: Vec::new(),
        sealed: Some(account::sealed(maker.vault, kind, &at)),
        from: maker.founded,
        to: None,
        source: SOURCE.into(),
    }))
}

impl Maker<'_> {
    /// The one from which public money comes.
    pub(super) fn treasury(&self) -> Option<Entry> {
        let district = self.catalog.regions.all().find(|region| region.level == Level::District)?;
        Some(self.site("treasury", district.code, "财政专户"))
    }
}

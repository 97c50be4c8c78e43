//! The register of the demonstration: sites, then household after household, then who stays where; and at the end of the
//! month what helpers report of their visits.

use super::home::{Home, Standing};
use super::site::Sites;
use super::{Bar, Maker, Person, acting, commit};
use yizhan_core::access::Viewer;
use yizhan_core::act::Act;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};
use yizhan_core::writer::{GROUP, Writer};
use yizhan_kit::codes::RegionCode;

/// How many households outside the register are helped at once, and how many are watched.
const HELPED: usize = 20;
const MARGINAL: usize = 10;

/// The register, as far as what follows needs it.
pub(super) struct Register {
    pub sites: Sites,
    /// The households on the register, and those followed besides.
    pub followed: Vec<Followed>,
    /// How many households there are.
    pub households: usize,
}

/// A household that was recorded.
pub(super) struct Followed {
    pub household: SubjectId,
    pub area: RegionCode,
    /// Whether it is on the register, and nothing is missing.
    pub whole: bool,
    /// Its members.
    pub people: Vec<(SubjectId, Person)>,
    /// The age of the head, and of the one who stays elsewhere.
    pub head: i32,
    pub stays: bool,
    /// Whether the house it lives in is safe, beyond doubt.
    pub housed: bool,
    pub called_again: bool,
}

/// Makes it all.
///
/// # Errors
/// The refusal.
pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>, people: usize) -> Result<Register, String> {
    let sites = Sites::make(writer, maker)?;
    let sizes = maker.household_sizes(people);
    let mut register = Register { sites, followed: Vec::new(), households: sizes.len() };
    more(writer, maker, &mut register, &sizes, 0)?;
    Ok(register)
}

/// Makes the households after so many, and has old people stay with a child by turns.
///
/// # Errors
/// The refusal.
pub(super) fn more(
    writer: &mut Writer,
    maker: &Maker<'_>,
    register: &mut Register,
    sizes: &[usize],
    mut made: usize,
) -> Result<(), String> {
    let mut bar = Bar::new(sizes.len());
    while made < sizes.len() {
        let mut acts = Vec::with_capacity(GROUP / 8);
        let mut sketches = Vec::new();
        for place in made..sizes.len().min(made + GROUP / 8) {
            let standing = standing(place, maker.registered.0, sizes.len());
            let (act, sketch) = maker.household(place, sizes[place], standing, &register.sites)?;
            sketches.extend(sketch.map(|sketch| (acts.len(), sketch)));
            acts.push(act);
        }
        made += acts.len();
        let ids = commit(writer, maker.now, acts)?;
        for (n, (home, people)) in sketches {
            register.followed.push(followed(writer, maker, ids[n], &home, people));
        }
        bar.show(made);
    }
    bar.end();
    let acts = register.stays(maker);
    commit(writer, maker.now, acts)?;
    Ok(())
}

/// Why a household by its place is followed, if it is.
fn standing(place: usize, registered: usize, households: usize) -> Standing {
    let Some(n) = place.checked_sub(registered) else { return Standing::Registered };
    let others = households - registered;
    let one_of = |count: usize, n: usize| n * count / others != (n + 1) * count / others;
    if one_of(HELPED, n) {
        Standing::Helped
    } else if n > 0 && one_of(MARGINAL, n - 1) {
        Standing::Marginal
    } else {
        Standing::Ordinary
    }
}

fn followed(writer: &Writer, maker: &Maker<'_>, household: SubjectId, home: &Home, people: Vec<Person>) -> Followed {
    let members = Viewer::program().look(writer.image()).naming("person.household", household, maker.founded);
    Followed {
        household,
        area: home.area,
        whole: home.standing == Standing::Registered && !home.gap,
        people: members.into_iter().zip(people).collect(),
        head: home.members[0].kin.age,
        stays: home.stays,
        housed: home.rebuilt,
        called_again: home.called_again,
    }
}

impl Maker<'_> {
    /// How many live in each household: the registered ones first.
    pub(super) fn household_sizes(&self, people: usize) -> Vec<usize> {
        let (households, registered) = self.registered;
        let mut sizes = vec![1; households];
        for _ in households..registered {
            loop {
                let place = self.below(households);
                if sizes[place] < 6 {
                    sizes[place] += 1;
                    break;
                }
            }
        }
        let mut left = people - registered;
        while left > 0 {
            let size = (1 + self.below(5)).min(left);
            sizes.push(size);
            left -= size;
        }
        sizes
    }

    /// The act that records a household with all that belongs to it; a sketch of one that is followed.
    fn household(
        &self,
        place: usize,
        size: usize,
        standing: Standing,
        sites: &Sites,
    ) -> Result<(Act, Option<(Home, Vec<Person>)>), String> {
        let (village, number) = (self.villages[place % self.villages.len()], place / self.villages.len() + 1);
        let water = sites.water(village, number).ok_or("a village without water")?;
        let gaps = self.gaps.get();
        let mut home = self.home(place, size, standing, water);
        let surname = self.surname();
        let people: Vec<Person> =
            home.members.iter().enumerate().map(|(n, member)| self.named(place, n, &member.kin, &surname)).collect();
        let of_household = |person: AddSubject| ("person.household".to_owned(), person);
        if standing == Standing::Ordinary {
            let mut entry = self.plain_household(&home);
            entry.is("attribute", home.attribute);
            let members = people.iter().zip(&home.members);
            let members = members.map(|(person, member)| of_household(self.plain_person(person, member, home.ethnic)));
            return Ok((acting(entry.add(None, members.collect())), None));
        }
        let entry = self.followed_household(&home);
        let members = people.iter().zip(&home.members);
        let members = members.map(|(person, member)| of_household(self.followed_person(person, member, &home, sites)));
        let members = members.chain(self.houses(&home)).collect();
        home.gap = self.gaps.get() != gaps;
        Ok((acting(entry.add(None, members)), Some((home, people))))
    }
}

impl Register {
    /// Old people who stay by turns with a child: a household of the same or a near village, a generation younger.
    fn stays(&self, maker: &Maker<'_>) -> Vec<Act> {
        let mut hosts: Vec<SubjectId> = Vec::new();
        let mut acts = Vec::new();
        for old in self.followed.iter().filter(|home| home.stays) {
            let may_host = |home: &&Followed| {
                home.housed
                    && (22..45).contains(&(old.head - home.head))
                    && home.area.parent() == old.area.parent()
                    && !hosts.contains(&home.household)
            };
            let (Some(host), Some((person, _))) = (self.followed.iter().find(may_host), old.people.first()) else {
                continue;
            };
            hosts.push(host.household);
            let since = maker.day_of(2019, 3 + maker.below(7));
            acts.push(acting(SetFacts {
                subject: *person,
                facts: vec![("person.staying".into(), Some(host.household.to_string()))],
                sealed: None,
                from: since,
                to: None,
                source: super::SOURCE.into(),
            }));
        }
        acts
    }

    /// What is reported at the end of the month: on whom helpers called, what water was tested, and when. `untouched` keep what
    /// is on record.
    pub(super) fn month(&self, maker: &Maker<'_>, untouched: &[SubjectId]) -> Vec<Act> {
        let called = self.followed.iter().filter(|home| home.called_again);
        let called = called.map(|home| (home.household, "household.visited", "visit"));
        let tested = self.sites.tested_again().map(|point| (point, "water-point.tested-on", "water-test"));
        let done = called.chain(tested).filter(|(subject, ..)| !untouched.contains(subject));
        let done = done.map(|(subject, attribute, source)| {
            let day = maker.founded.plus(maker.days(1, 19));
            acting(SetFacts {
                subject,
                facts: vec![(attribute.into(), Some(day.to_string()))],
                sealed: None,
                from: day,
                to: None,
                source: source.into(),
            })
        });
        done.collect()
    }
}

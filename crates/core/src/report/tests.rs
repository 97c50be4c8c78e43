//! Each kind of counting on a small zone: two townships, a few households, some money, a slip, a case.

use super::{Asked, Count, Counter, Tape};
use crate::act::{Actor, Effects, NewFact, NewKey, Scene, Verb};
use crate::catalog::{Catalog, CatalogSource};
use crate::image::Image;
use crate::image::case::StepVerb;
use crate::ledger::Phase;
use crate::row::{JournalRow, SubjectId};
use crate::service::{AdoptCatalog, FoundDemonstration};
use crate::settlement::Kept;
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Day, Digest16, Fen, Hash32};

const NEAR: &str = "990100001201";
const FAR: &str = "990100003205";

struct World {
    image: Image,
    catalog: Arc<Catalog>,
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

impl World {
    /// A zone whose catalog has one more report, called `small`.
    fn with(report: &str) -> Self {
        let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"));
        let mut source = CatalogSource::read_dir(folder).unwrap();
        let head = "title = {zh = \"小\", en = \"Small\"}\nabout = {zh = \"小\", en = \"Small\"}\nsource = \"a test\"\n\
                    from = 2018-01-01\nto = 2019-12-31\n[units]\n\"人\" = \"persons\"\n\"万元\" = \"10,000 yuan\"\n\
                    \"元\" = \"yuan\"\n\"%\" = \"%\"\n\"次/年\" = \"a year\"\n[[section]]\ntitle = {zh = \"小\", en = \"Small\"}\n";
        source.files.insert("report/small.toml".into(), format!("{head}{report}"));
        let bytes = source.to_bytes();
        let lines = |mistakes: Vec<crate::catalog::Mistake>| panic!("{mistakes:?}");
        let catalog = Arc::new(Catalog::load(source).unwrap_or_else(lines));
        let mut world = Self { image: Image::empty(HashKind::Sha256), catalog };
        for verb in [&FoundDemonstration as &dyn Verb, &AdoptCatalog { catalog: bytes.into() }] {
            world.put("2018-01-01", |image, effects| {
                let at = day("2018-01-01").start();
                verb.decide(&Scene { image, actor: Actor::System, at }, effects).unwrap();
            });
        }
        world
    }

    /// Folds one act of a day in; days never go back.
    fn put<T>(&mut self, on: &str, act: impl FnOnce(&Image, &mut Effects<'_>) -> T) -> T {
        let mut effects = Effects::new(&self.image);
        let done = act(&self.image, &mut effects);
        let (mut rows, about, counts) = effects.into_rows();
        rows.journal.push(JournalRow {
            seq: self.image.seq + 1,
            at: day(on).start(),
            actor: "test".into(),
            verb: "test".into(),
            request_key: None,
            request: Digest16([0; 16]),
            catalog: self.image.catalog_number(),
            about,
            keys: counts.keys,
            last_body: counts.bodies,
            bodies: None,
            hash: Hash32([0; 32]),
        });
        let catalog = self.catalog.clone();
        self.image.apply(&rows, &mut |_| Ok(catalog.clone())).unwrap();
        done
    }

    /// Somebody or something, with what is known of it from a day on.
    fn add(&mut self, on: &str, kind: &str, facts: &[(&str, &str)]) -> SubjectId {
        self.put(on, |_, effects| {
            let subject = effects.subject(kind);
            for (name, value) in facts {
                learn(effects, subject, &format!("{kind}.{name}"), value, on);
            }
            subject
        })
    }

    fn learn(&mut self, on: &str, subject: SubjectId, attribute: &str, value: &str) {
        self.put(on, |_, effects| learn(effects, subject, attribute, value, on));
    }

    fn case(&mut self, on: &str, service: &str, area: &str) -> SubjectId {
        let nothing: Arc<[u8]> = Vec::new().into();
        let key = NewKey { purpose: "test".into(), wrapped: nothing.clone(), blind: nothing.clone() };
        let area: RegionCode = area.parse().unwrap();
        self.put(on, |_, effects| effects.open_case(service, area, &key, &nothing))
    }

    /// Signs every step that is left.
    fn carried(&mut self, on: &str, case: SubjectId) {
        while let Some(head) = self.image.case(case).filter(|head| head.state.is_open()).cloned() {
            let (step, area) =
                (self.image.service(&head).steps[usize::from(head.step)].name.clone(), self.image.area(&head));
            self.put(on, |_, effects| effects.step(&head, StepVerb::Sign, &step, area, None));
        }
    }

    fn pay(&mut self, on: &str, case: SubjectId, rule: &str, to: SubjectId, fen: i64) {
        let from = self.image.subjects_of("treasury").next().unwrap();
        self.put(on, |_, effects| {
            effects.transfer(case, Phase::Direct, None, "welfare", Some(rule), (from, to), Fen(fen));
        });
    }

    /// Counts the small report, as it is asked for, and opens each figure: the lists must agree.
    fn counted(&self, ask: impl FnOnce(&mut Asked)) -> Vec<Count> {
        let report = &self.catalog.reports["small"];
        let mut asked = Asked::all(report);
        ask(&mut asked);
        let mut tape = Tape::default();
        tape.follow(&self.image);
        let counter = Counter::new(&self.image, &self.catalog, report, &tape, &asked);
        let counts = counter.count();
        for (ix, count) in counts.iter().enumerate() {
            let opened = counter.open(ix, count, 0, usize::MAX);
            counter.agrees(ix, count, &opened.lines).unwrap();
            for skip in 0..opened.lines.len() {
                let page = counter.open(ix, count, skip, 1);
                assert_eq!(
                    (page.lines, page.total),
                    (vec![opened.lines[skip].clone()], count.items),
                    "page {skip} of {ix}"
                );
            }
        }
        counts
    }

    /// What each figure of the small report is, in its unit.
    fn values(&self, ask: impl FnOnce(&mut Asked)) -> Vec<String> {
        let figures = &self.catalog.reports["small"].figures;
        let counts = self.counted(ask);
        let text = |(count, at): (&Count, usize)| {
            count.quantity.map_or_else(|| "-".into(), |quantity| quantity.text(&figures[at].unit, figures[at].money))
        };
        counts.iter().zip(0..).map(text).collect()
    }
}

fn learn(effects: &mut Effects<'_>, subject: SubjectId, attribute: &str, value: &str, on: &str) {
    let fact = NewFact { subject, attribute, value: Some(value), from: day(on), to: None, source: "test" };
    effects.fact(&fact).unwrap();
}

/// One figure of a definition.
fn figure(n: usize, unit: &str, lines: &str) -> String {
    format!("[[section.figure]]\nid = \"S{n}\"\ntitle = {{zh = \"数\", en = \"Figure\"}}\nunit = \"{unit}\"\n{lines}\n")
}

fn small(figures: &[(&str, &str)]) -> World {
    World::with(&figures.iter().zip(1..).map(|((unit, lines), n)| figure(n, unit, lines)).collect::<String>())
}

#[test]
fn transfers_are_counted_by_programme_period_area_and_payee() {
    let aid =
        |measure: &str| format!("counts = \"transfers\"\nmeasure = \"{measure}\"\nprogramme = [\"elder-allowance\"]");
    let measures = ["sum", "times", "persons", "households", "villages", "subjects"].map(aid);
    let home = "counts = \"transfers\"\nmeasure = \"members\"\nprogramme = [\"subsistence-allowance\"]".to_owned();
    let persons = "counts = \"transfers\"\nmeasure = \"persons\"\nprogramme = [\"subsistence-allowance\"]\nmembers = \"person.subsistence\"".to_owned();
    let men = format!("{}\nto = \"person\"\npayee = 'person.sex == \"1\"'", aid("sum"));
    let units = ["万元", "人", "人", "人", "人", "人", "人", "人", "元"];
    let all: Vec<String> = measures.into_iter().chain([home, persons, men]).collect();
    let figures: Vec<(&str, &str)> = units.into_iter().zip(all.iter().map(String::as_str)).collect();
    let mut world = small(&figures);
    world.add("2018-01-01", "treasury", &[("area", "990100000000"), ("name", "财政")]);
    let near = world.add("2018-01-01", "household", &[("area", NEAR)]);
    let far = world.add("2018-01-01", "household", &[("area", FAR)]);
    let member = |household: SubjectId| household.0.to_string();
    let one = world.add("2018-01-01", "person", &[("household", &member(near)), ("sex", "1"), ("subsistence", "true")]);
    let two =
        world.add("2018-01-01", "person", &[("household", &member(near)), ("sex", "2"), ("subsistence", "false")]);
    let three = world.add("2018-01-01", "person", &[("household", &member(far)), ("sex", "1")]);
    let case = world.case("2018-02-01", "programme-batch", "990100000000");
    for (on, to, fen) in [
        ("2018-03-01", one, 1_234_567),
        ("2018-03-01", two, 100),
        ("2019-03-01", one, 50),
        ("2019-12-31", three, 7),
        ("2020-01-01", three, 1_000), // after the period
    ] {
        world.pay(on, case, "elder-allowance", to, fen);
    }
    world.learn("2020-01-02", two, "person.subsistence", "true");
    let values = world.values(|_| {});
    assert_eq!(values, ["1.234724", "4", "3", "2", "2", "3", "0", "0", "12346.24"]);
    assert_eq!(world.values(|asked| asked.area = Some(FAR.parse().unwrap()))[..5], ["0.000007", "1", "1", "1", "1"]);
    let year = |asked: &mut Asked| asked.to = day("2018-12-31");
    assert_eq!(world.values(year)[..5], ["1.234667", "2", "2", "1", "1"]);
    assert_eq!(world.values(|asked| asked.from = day("2018-03-02"))[..2], ["0.000057", "2"]);
    let counts = world.counted(|asked| {
        asked.years = vec![2018, 2019];
        asked.parts = vec!["990100001000".parse().unwrap(), "990100003000".parse().unwrap()];
    });
    let persons: Vec<_> = counts[2].years.iter().map(|(year, one)| (*year, one.quantity.unwrap().numer)).collect();
    assert_eq!(persons, [(2018, 2), (2019, 2)]);
    let parts: Vec<_> = counts[1].parts.iter().map(|(_, one)| (one.items, one.people)).collect();
    assert_eq!(parts, [(3, 2), (1, 1)]);
    // Of households that are paid the members of that day count, by a flag of that day.
    world.pay("2020-01-03", case, "subsistence-allowance", near, 10);
    let later = |asked: &mut Asked| asked.to = day("2020-12-31");
    assert_eq!(world.values(later)[6..8], ["2", "2"]);
    assert_eq!(world.values(later)[0], "1.235724");
}

#[test]
fn money_that_waits_or_does_not_arrive_is_not_counted() {
    let sum = "counts = \"transfers\"\nmeasure = \"sum\"\nfund = [\"welfare\"]";
    let mut world = small(&[("元", sum)]);
    let treasury = world.add("2018-01-01", "treasury", &[("area", "990100000000")]);
    let home = world.add("2018-01-01", "household", &[("area", NEAR)]);
    let case = world.case("2018-01-01", "programme-batch", NEAR);
    let mut write = |phase, pending, fen| {
        world.put("2018-05-01", |_, effects| {
            effects.transfer(case, phase, pending, "welfare", None, (treasury, home), Fen(fen))
        })
    };
    let first = write(Phase::Pending, None, 500);
    let second = write(Phase::Pending, None, 300);
    write(Phase::Void, Some(first), 500);
    write(Phase::Post, Some(second), 200);
    assert_eq!(world.values(|_| {}), ["2"]);
}

#[test]
fn subjects_are_counted_as_they_are_on_the_last_day() {
    let of = |measure: &str, more: &str| format!("counts = \"subjects\"\nmeasure = \"{measure}\"\n{more}");
    let signed =
        of("rate", "kind = \"person\"\nwhere = \"person.doctor_signed\"\namong = \"person.household.on_register\"");
    let homes = of("households", "kind = \"person\"\nwhere = \"has(person.household)\"");
    let mean = of("mean", "kind = \"household\"\nwhere = \"household.on_register\"\nvalue = \"household.income_wage\"");
    let sorts = of("values", "kind = \"person\"\nwhere = \"has(person.sex)\"\nvalue = \"person.sex\"");
    let sum = of("sum", "kind = \"household\"\nwhere = \"household.on_register\"\nvalue = \"household.income_wage\"");
    let nobody = of("rate", "kind = \"clinic\"\nwhere = \"has(clinic.area)\"\namong = \"has(clinic.area)\"");
    let mut world =
        small(&[("%", &signed), ("人", &homes), ("元", &mean), ("人", &sorts), ("万元", &sum), ("%", &nobody)]);
    let homes: Vec<SubjectId> = [("100.00", NEAR), ("201.00", FAR)]
        .map(|(wage, area)| {
            world.add("2018-01-01", "household", &[("area", area), ("registered", "true"), ("income-wage", wage)])
        })
        .into();
    let people: Vec<SubjectId> = [(0, "1"), (0, "2"), (1, "1")]
        .map(|(at, sex): (usize, &str)| {
            let home = homes[at].0.to_string();
            world.add("2018-01-01", "person", &[("household", &home), ("sex", sex)])
        })
        .into();
    for person in [people[0], people[2]] {
        world.learn("2019-06-01", person, "person.doctor-signed", "true");
    }
    assert_eq!(world.values(|_| {}), ["66.67", "2", "151", "2", "0.0301", "-"]);
    let earlier = |asked: &mut Asked| asked.to = day("2019-05-31");
    assert_eq!(world.values(earlier)[0], "0", "nobody had signed yet");
    assert_eq!(world.values(|asked| asked.area = Some(FAR.parse().unwrap()))[..3], ["100", "1", "201"]);
}

#[test]
fn facts_cases_and_entries_are_counted() {
    let houses = "counts = \"facts\"\nmeasure = \"households\"\nattribute = \"house.barrier-free\"\nis = [\"true\"]";
    let villages = "counts = \"cases\"\nmeasure = \"villages\"\nservice = [\"filial-agreement\"]";
    let times = "counts = \"cases\"\nmeasure = \"times\"\nservice = [\"filial-agreement\"]";
    let line = "counts = \"parameter\"\nmeasure = \"latest\"\nparameter = \"poverty-line\"";
    let rhythm = "counts = \"rule\"\nmeasure = \"rhythm\"\nrule = [\"ill-visited\"]";
    let gaps = "counts = \"rule\"\nmeasure = \"gaps\"\nrule = [\"family-doctor-signed\"]";
    let layers = "counts = \"catalog\"\nmeasure = \"entries\"\nentries = \"layers\"";
    let years = "counts = \"period\"\nmeasure = \"years\"";
    let ratio = "counts = \"figures\"\nmeasure = \"ratio\"\nover = [\"S3\", \"S2\"]";
    let figures = [
        ("人", houses),
        ("人", villages),
        ("人", times),
        ("元", line),
        ("次/年", rhythm),
        ("人", gaps),
        ("人", layers),
        ("人", years),
        ("人", ratio),
    ];
    let mut world = small(&figures);
    let home = world.add("2018-01-01", "household", &[("area", NEAR), ("registered", "true")]);
    let person = world.add("2018-01-01", "person", &[("household", &home.0.to_string()), ("doctor-signed", "false")]);
    for _ in 0..2 {
        let house = world.add("2019-02-01", "house", &[("household", &home.0.to_string()), ("barrier-free", "false")]);
        world.learn("2019-02-01", house, "house.barrier-free", "true");
    }
    let cases = [NEAR, NEAR, FAR].map(|area| world.case("2019-03-01", "filial-agreement", area));
    for case in cases {
        world.carried("2019-04-01", case);
    }
    world.case("2019-05-01", "filial-agreement", "990100003201");
    assert_eq!(world.values(|_| {}), ["1", "2", "3", "3218", "4", "1", "6", "2", "1.5"]);
    world.learn("2019-12-01", person, "person.doctor-signed", "true");
    let before = |asked: &mut Asked| asked.to = day("2019-03-31");
    assert_eq!(world.values(before)[..3], ["1", "0", "0"]);
    assert_eq!(world.values(|_| {})[5], "0");
}

#[test]
fn slips_are_counted_by_who_pays_and_when_somebody_left_hospital() {
    let of = |measure: &str, layer: &str| format!("counts = \"slips\"\nmeasure = \"{measure}\"\nlayer = \"{layer}\"");
    let all = [of("times", "basic"), of("sum", "basic"), of("times", "institution"), of("persons", "basic")];
    let mut world = small(&[("人", &all[0]), ("元", &all[1]), ("人", &all[2]), ("人", &all[3])]);
    let home = world.add("2018-01-01", "household", &[("area", NEAR)]);
    let person = world.add("2018-01-01", "person", &[("household", &home.0.to_string())]);
    let slip = |discharged: &str, pays: [i64; 6]| Kept {
        policy: "illustrative-2020".into(),
        person: person.0,
        clinic: None,
        category: "resident".into(),
        kind: "inpatient".into(),
        level: 1,
        admitted: day(discharged),
        discharged: day(discharged),
        total_fen: 100_000,
        out_fen: [0; 3],
        pays_fen: pays.into(),
        personal_fen: 0,
    };
    let slips = [
        slip("2019-03-01", [500, 0, 0, 0, 0, 0]),
        slip("2019-04-01", [250, 0, 7, 0, 0, 0]),
        slip("2020-01-01", [9; 6]),
    ];
    for slip in slips {
        let case = world.case("2019-05-01", "hospital-stay", NEAR);
        let text = serde_json::to_string(&slip).unwrap();
        world.learn("2019-05-01", case, "hospital-stay.slip", &text);
    }
    assert_eq!(world.values(|_| {}), ["2", "7.5", "1", "1"]);
    assert_eq!(world.values(|asked| asked.area = Some(FAR.parse().unwrap())), ["0", "0", "0", "0"]);
}

#[test]
fn the_tape_follows_the_ledger_without_taking_anything_twice() {
    let mut world = small(&[("元", "counts = \"transfers\"\nmeasure = \"sum\"\nfund = [\"welfare\"]")]);
    world.add("2018-01-01", "treasury", &[("area", "990100000000")]);
    let home = world.add("2018-01-01", "household", &[("area", NEAR)]);
    let case = world.case("2018-01-01", "programme-batch", NEAR);
    let mut tape = Tape::default();
    for n in 1..=5 {
        world.pay("2018-02-01", case, "elder-allowance", home, 100);
        let before = world.image.clone();
        world.pay("2018-02-01", case, "elder-allowance", home, 100);
        tape.follow(&world.image);
        tape.follow(&before);
        assert_eq!(tape.len(), 2 * n);
        // Whoever still looks at the image before counts what it knew.
        let report = &world.catalog.reports["small"];
        let asked = Asked::all(report);
        let count = Counter::new(&before, &world.catalog, report, &tape, &asked).count().remove(0);
        assert_eq!(count.items, 2 * n as u64 - 1);
    }
}

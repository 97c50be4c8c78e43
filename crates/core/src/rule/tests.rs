//! The language: what is refused, what comes out, what is said of it.

use super::{GroundOf, Run};
use crate::catalog::{Catalog, CatalogSource};
use crate::image::fact::Value;
use crate::row::SubjectId;
use crate::rule::Told;
use yizhan_kit::{Day, Fen};

/// A catalog with households, people, a parameter and one check of a household or a person.
fn catalog(about: &str, passes: &str) -> Result<Catalog, String> {
    let attribute = |name: &str, kind: &str, more: &str| {
        format!(
            "[[attribute]]\nname = \"{name}\"\ntitle = {{zh = \"字\", en = \"word\"}}\nkind = \"{kind}\"\nmemory = \"history\"\nseen_by = [\"village\"]\n{more}\n"
        )
    };
    let title = "title = {zh = \"字\", en = \"word\"}\n";
    let household = format!(
        "{title}lies_in = \"household.area\"\n{}{}{}",
        attribute("household.area", "region", ""),
        attribute("household.income", "fen", ""),
        attribute("household.food", "flag", ""),
    );
    let codes = "codes = [{code = \"0\", zh = \"否\", en = \"no\"}, {code = \"1\", zh = \"是\", en = \"yes\"}]";
    let person = format!(
        "{title}lies_in = \"person.household\"\n{}{}{}{}{}",
        attribute("person.household", "subject", "of = \"household\"\nback = \"members\""),
        attribute("person.born", "day", ""),
        attribute("person.pupil", "code", codes),
        attribute("person.months", "int", ""),
        attribute("person.note", "text", ""),
    );
    let rule = format!(
        "{title}about = \"{about}\"\nkind = \"standard\"\nsource = \"a law\"\nconfidence = \"likely\"\n\
         [[let]]\nabout = \"person\"\nname = \"age\"\ntitle = {{zh = \"年龄\", en = \"Age\"}}\nis = \"age(person.born)\"\n\
         [[check]]\nname = \"it\"\n{title}gap = {{zh = \"缺\", en = \"gap\"}}\npasses = '''{passes}'''\n"
    );
    let line = format!(
        "{title}unit = \"yuan/year\"\n[[value]]\nfrom = 2020-01-01\nvalue = \"4000.00\"\nsource = \"a notice\"\nconfidence = \"likely\"\n"
    );
    let region = "region = [\n  {code = \"990100000000\", name = {zh = \"区\", en = \"Zone\"}, level = \"district\", from = 2010-01-01},\n]\n";
    let files = [
        ("region/zone.toml", region.to_owned()),
        ("subject/household.toml", household),
        ("subject/person.toml", person),
        ("parameter/line.toml", line),
        ("rule/it.toml", rule),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    let loaded = Catalog::load(CatalogSource { files });
    loaded.map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

const TODAY: &str = "2021-02-01";

/// A household of two: fifty years old with three months of work, and ten years old, of whom little is known.
fn told(catalog: &Catalog) -> Told {
    let mut told = Told::default();
    let (home, [adult, child]) = (SubjectId(1), [SubjectId(2), SubjectId(3)]);
    let mut put = |kind: &str, subject, attribute: &str, value: Value| {
        let slot = told.subject(kind, subject);
        told.put(slot, &catalog.attributes[attribute], &value);
    };
    put("household", home, "household.income", Value::Fen(Fen(1_000_000)));
    for (person, born) in [(adult, "1971-01-01"), (child, "2010-02-02")] {
        put("person", person, "person.household", Value::Subject(home));
        put("person", person, "person.born", Value::Day(born.parse().unwrap()));
    }
    put("person", adult, "person.months", Value::Int(3));
    put("person", adult, "person.pupil", Value::Text("0".into()));
    told
}

/// What a check of the household, or of the adult, comes to.
fn verdict(about: &str, passes: &str) -> Option<bool> {
    let catalog = catalog(about, passes).unwrap_or_else(|mistakes| panic!("{passes}: {mistakes}"));
    let told = told(&catalog);
    let book = &catalog.rules.books[about];
    let today: Day = TODAY.parse().unwrap();
    let source = told.on(today, &book.program, &catalog.attributes, &catalog.parameters);
    let mut run = Run::new(&book.program, &source);
    run.over(&source, &[0]);
    run.truths(book.rules[0].1.asks).get(0)
}

#[test]
fn what_expressions_come_to() {
    let of = |passes: &str| verdict("household", passes);
    let check = |passes: &str, expected: Option<bool>| assert_eq!(of(passes), expected, "{passes}");
    // Numbers, amounts, days.
    check("household.income == yuan(10000)", Some(true));
    check("household.income / 3 == yuan(\"3333.33\")", Some(true));
    check("household.income - yuan(1) < household.income && 7 % 4 == 3", Some(true));
    check("household.income < parameter.line * 2 || household.income > parameter.line * 3", Some(false));
    check("today - day(\"2021-01-01\") == 31 && year(today) == 2021 && month(today) == 2", Some(true));
    check("min(3, 4) + max(3, 4) == 7 && -2 < 0", Some(true));
    check("7 / 0 == 1", None);
    check("9223372036854775807 + 1 > 0", None);
    // Three values.
    check("household.food", None);
    check("household.food && 1 == 2", Some(false));
    check("1 == 1 || household.food", Some(true));
    check("1 == 1 && household.food", None);
    check("!household.food", None);
    check("has(household.food)", Some(false));
    check("has(household.income) ? household.income > yuan(1) : household.food", Some(true));
    check("household.food ? true : true", None);
    // Those who live here: the child turned ten today a year ago tomorrow.
    check("size(household.members) == 2 && household.members.size() == 2", Some(true));
    check("household.members.all(m, m.age >= 10)", Some(true));
    check("household.members.all(m, m.age >= 11)", Some(false));
    check("household.members.exists_one(m, m.age > 40)", Some(true));
    check("household.members.all(m, m.months > 0)", None);
    check("household.members.all(m, m.months > 5)", Some(false));
    check("household.members.exists(m, m.months > 2)", Some(true));
    check("household.members.exists(m, m.months > 5)", None);
    check("size(household.members.filter(m, m.age > 40)) == 1", Some(true));
    check("size(household.members.filter(m, m.months > 1)) == 1", None);
    check("sum(household.members.filter(m, m.age > 40).map(m, m.months)) == 3", Some(true));
    check("sum(household.members.map(m, m.months)) == 3", None);
    check("household.members.exists(m, m.pupil in [\"0\", \"1\"] && m.household.income > yuan(1))", Some(true));
    check("household.members.all(m, has(m.pupil) || m.age < 12)", Some(true));
    let of_person = |passes: &str| verdict("person", passes);
    assert_eq!(of_person("person.household.members.exists(o, o.age < person.age)"), Some(true));
    assert_eq!(of_person("person.household.food"), None);
    assert_eq!(of_person("person.pupil != \"1\""), Some(true));
}

#[test]
fn what_is_refused_names_file_and_line() {
    let check = |passes: &str, part: &str| {
        let refused = catalog("household", passes).expect_err(passes);
        assert!(refused.starts_with("rule/it.toml:12: `passes` of `it`: "), "{refused}");
        assert!(refused.contains(part), "{passes}: {refused}");
    };
    check("household.incom > yuan(1)", "`household` has no `incom`; expected one of area, food, income");
    check("household.income > 5", "an amount stands where a number is needed");
    check("household.income * household.income > yuan(1)", "an amount and an amount do not go together");
    check("household.income > 5.0", "a number with a decimal point");
    check("household.members", "a list stands for a value");
    check("household.members.all(m, m.pupil == \"9\")", "\"9\" is no code of person.pupil; expected one of 0, 1");
    check("household.members.all(m, m.note == \"x\")", "no rule can read `person.note`");
    check("household.income > parameter.nothing", "no parameter `nothing`");
    check("person.age > 5", "no variable `person`; expected household, today or parameter");
    check("household.income", "comes to an amount; expected yes or no");
    check("size(household.food) > 1", "size of what is no list");
    check("now() > 5", "no function `now` of 0");
    check("household.food &&", "expected a CEL expression");
    check("household.members.filter(m, m.age > 1).all(m, m.age > 2)", "all or exists of a filtered list");
}

#[test]
fn a_verdict_names_its_grounds() {
    let catalog =
        catalog("household", "household.income > parameter.line && household.members.all(m, m.age < 12)").unwrap();
    let told = told(&catalog);
    let book = &catalog.rules.books["household"];
    let source = told.on(TODAY.parse().unwrap(), &book.program, &catalog.attributes, &catalog.parameters);
    let mut run = Run::new(&book.program, &source);
    run.over(&source, &[0]);
    let grounds = run.why(&source, book.rules[0].1.asks, 0, usize::MAX);
    let [only] = grounds.as_slice() else { panic!("{grounds:?}") };
    assert_eq!((only.subject, only.value), (Some(SubjectId(2)), Some(50)), "the one who is too old, and nothing else");
    assert_eq!(only.of, GroundOf::Named("person.age".into()));
    assert_eq!(book.rules[0].0.reads, ["household.income", "person.household", "person.born"]);
}

#[test]
fn ages_by_table_are_ages_by_the_calendar() {
    for today in ["2021-02-01", "2020-02-29", "2021-02-28", "2024-12-31"] {
        let today: Day = today.parse().unwrap();
        let table = super::run::birthdays(today);
        for born in today.0 - 45_000..today.0 + 400 {
            let by_calendar = i64::from(Day::age_years(Day(born), today));
            assert_eq!(super::run::age_on(&table, today, i64::from(born)), by_calendar, "{} on {today}", Day(born));
        }
        super::run::age_on(&table, today, i64::MIN);
        super::run::age_on(&table, today, i64::MAX);
    }
}

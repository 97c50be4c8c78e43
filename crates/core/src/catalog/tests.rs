//! The catalog: what loads, what it says, and that every worked example comes out as written.

use super::mistake_tests::small;
use super::*;
use std::collections::BTreeSet;
use std::path::Path;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Moment};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn kept_source() -> CatalogSource {
    CatalogSource::read_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"))).unwrap()
}

/// The catalog in the repository.
fn kept() -> Catalog {
    Catalog::load(kept_source()).unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes)))
}

pub(super) fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_mark_that_nobody_reads_is_a_mistake() {
    let form = |mark: &str| {
        format!("{{\"type\": \"object\",\n\"properties\": {{\n\"day\": {{\"{mark}\": true, \"type\": \"string\"}}}}}}")
    };
    assert!(Form::read("a.schema.json", &form("x-shared")).is_ok());
    let mistake = Form::read("a.schema.json", &form("x-within-day")).unwrap_err();
    assert_eq!((mistake.line, mistake.what.as_str()), (3, "no mark `x-within-day`"));
}

#[test]
fn every_worked_example_comes_out_as_written() {
    let catalog = kept();
    let examples: usize = catalog.services.values().map(|service| service.examples.len()).sum();
    let duties: usize =
        catalog.services.values().flat_map(|service| &service.duties).map(|duty| duty.examples.len()).sum();
    assert!(examples >= 10 && duties >= 5, "{examples} form examples, {duties} duty examples");
    let mistakes = catalog.check_examples();
    assert!(mistakes.is_empty(), "{}", lines(&mistakes));
}

#[test]
fn an_example_that_does_not_hold_is_named_by_its_line() {
    let mut source = small();
    let file = source.files.get_mut("service/visit.toml").unwrap();
    *file = file
        .replace("fulfilled = 1", "fulfilled = 2")
        .replace("expect = \"accepted\"", "expect = \"refused\"\nat = \"/on\"");
    let mistakes = Catalog::load(source).unwrap().check_examples();
    let told = [
        "service/visit.toml:34: duty `look` has 1 fulfilled, not 2",
        "service/visit.toml:40: accepted, though a fault is expected at `/on`",
    ];
    assert_eq!(lines(&mistakes), told.join("\n"));
}

#[test]
fn the_zone_has_its_villages() {
    let catalog = kept();
    let regions = &catalog.regions;
    let root = regions.root().code;
    let per_township: Vec<(&str, usize)> =
        regions.children(root).map(|town| (town.name.zh.as_str(), regions.children(town.code).count())).collect();
    assert_eq!(per_township, [("东城街道", 34), ("蒋官屯街道", 36), ("北城街道", 34), ("广平镇", 34)]);
    assert_eq!(regions.villages().count(), 138);
    let names: BTreeSet<&str> = regions.all().map(|region| region.name.zh.as_str()).collect();
    let pinyin: BTreeSet<&str> = regions.all().map(|region| region.name.en.as_str()).collect();
    assert_eq!((names.len(), pinyin.len()), (143, 143), "every name is its own");
    assert!(regions.all().all(|region| root.contains(region.code)), "the root's code contains every region");
    let village = code("990100001201");
    assert_eq!(regions.path_zh(village), "东城街道/柳湾村");
    assert_eq!(regions.path_zh(code("990100001000")), "东城街道");
    assert_eq!(regions.path_zh(root), "示范开发区");
    assert_eq!(regions.path_zh(code("110101001001")), "110101001001");
    assert_eq!(regions.parent(village).map(|town| town.code), Some(code("990100001000")));
    assert!(regions.parent(root).is_none());
    assert!(regions.is_known(village, day("2021-02-01")));
    assert!(!regions.is_known(village, day("2009-12-31")));
}

#[test]
fn a_region_keeps_the_name_of_the_day() {
    let mut source = small();
    let file = source.files.get_mut("region/zone.toml").unwrap();
    *file = file.replace(
        "from = 2010-01-03},",
        "from = 2010-01-03, to = 2020-01-01, successors = [\"990100001201\"]},\n  {code = \"990100001201\", name = {zh = \"新柳村\", en = \"Xinliu\"}, level = \"village\", from = 2020-01-01},",
    );
    let regions = Catalog::load(source).unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes))).regions;
    let name_on = |text| regions.get_on(code("990100001201"), day(text)).map(|region| region.name.zh.as_str());
    assert_eq!(name_on("2010-01-02"), None);
    assert_eq!(name_on("2019-12-31"), Some("柳湾村"));
    assert_eq!(name_on("2020-01-01"), Some("新柳村"));
    assert_eq!(regions.get(code("990100001201")).unwrap().name.zh, "新柳村");
    assert_eq!(regions.villages().count(), 1);
}

#[test]
fn parameters_and_the_route_agree() {
    let catalog = kept();
    let value = |name: &str| catalog.parameters[name].at(day("2021-02-01")).unwrap().value.as_str();
    let journey = &catalog.services["travel-declaration"];
    assert_eq!(journey.keep.days, Err("journey-retention-days".to_owned()));
    let arrival = journey.step("arrive").unwrap().1.plans.as_ref().unwrap();
    assert_eq!(catalog.plans[arrival].day_zero, "journey-day-zero");
    assert_eq!(value("journey-day-zero"), "0");
    assert_eq!(value("fever-threshold"), "37.3");
    assert_eq!(value("rural-subsistence-standard"), "5160.00");
    assert!(catalog.parameters["rural-subsistence-standard"].at(day("2019-12-31")).is_none());
}

#[test]
fn the_calendar_knows_spring_festival() {
    let calendar = kept().calendar;
    let check = |text: &str, worked: bool| assert_eq!(calendar.is_workday(day(text)), worked, "{text}");
    check("2021-02-07", true);
    check("2021-02-11", false);
    check("2021-02-18", true);
    check("2021-02-20", true);
    check("2021-02-21", false);
    check("2020-02-03", true);
    check("2020-01-31", false);
    check("2020-10-10", true);
    assert_eq!(calendar.plus_workdays(day("2021-02-09"), 5), day("2021-02-22"));
}

#[test]
fn the_zone_can_be_peopled() {
    let names = kept().zone.unwrap();
    assert_eq!((names.surnames.len(), names.given_male.len(), names.given_female.len()), (100, 120, 120));
    assert!(names.given_male.iter().chain(&names.given_female).all(|name| name.chars().count() == 1));
}

#[test]
fn every_check_of_quality_can_be_planted() {
    let catalog = kept();
    let checks = catalog.rules.rules().filter(|rule| rule.kind == RuleKind::Quality);
    let checks: std::collections::BTreeSet<&str> = checks.map(|rule| rule.name.as_str()).collect();
    let plants = catalog.plants.iter().map(|plant| plant.check.as_str()).collect();
    assert_eq!(checks, plants);
    let recipes: usize = catalog.recipes().unwrap().values().map(|of_kind| of_kind.recipes.len()).sum();
    assert_eq!(recipes, checks.len());
}

/// What a form of ours keeps to: nothing unasked, every text bounded, every question in both languages.
#[test]
fn forms_are_bounded_and_bilingual() {
    fn walk(path: &str, schema: &serde_json::Value) {
        assert!(
            schema["title"].is_string() && schema["x-title-en"].is_string(),
            "{path} has no title in both languages"
        );
        match schema["type"].as_str().unwrap_or_else(|| panic!("{path} has no type")) {
            "object" => {
                assert_eq!(schema["additionalProperties"], false, "{path}");
                for (name, property) in schema["properties"].as_object().unwrap() {
                    walk(&format!("{path}/{name}"), property);
                }
            }
            "array" => {
                assert!(schema["maxItems"].is_u64(), "{path} has no maxItems");
                walk(&format!("{path}/0"), &schema["items"]);
            }
            "string" => match schema["enum"].as_array() {
                Some(options) => {
                    assert_eq!(options.len(), schema["x-enum-titles"].as_array().map_or(0, Vec::len), "{path}")
                }
                None => assert!(schema["maxLength"].is_u64(), "{path} has no maxLength"),
            },
            "integer" => assert!(schema["minimum"].is_i64() && schema["maximum"].is_i64(), "{path} has no bounds"),
            "boolean" => {}
            other => panic!("{path} is of type {other}; numbers with decimals are texts with a pattern"),
        }
    }
    let source = kept_source();
    let schemas: Vec<_> = source.files.iter().filter(|(path, _)| path.ends_with(".schema.json")).collect();
    assert!(schemas.len() >= 11, "a form was lost: {}", schemas.len());
    for (path, text) in schemas {
        walk(path, &serde_json::from_str(text).unwrap());
    }
}

#[test]
fn a_form_names_faults_without_repeating_answers() {
    let catalog = kept();
    let form = &catalog.services["travel-declaration"].form;
    let faults = form
        .check(&serde_json::json!({"mobile": "13x00000001", "citizen_number": "secret", "surplus": 1}))
        .unwrap_err();
    let pointers: Vec<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    for pointer in ["/citizen_number", "/consent", "/destination", "/mobile", "/surplus"] {
        assert!(pointers.contains(&pointer), "{pointer} in {pointers:?}");
    }
    assert!(faults.iter().all(|(_, message)| !message.contains("secret") && !message.contains("13x")), "{faults:?}");
    assert_eq!(form.at("/destination/region").unwrap()["maxLength"], 12);
    assert!(form.at("/destination/street").is_none());
}

#[test]
fn the_source_survives_its_canonical_form() {
    let source = kept_source();
    let bytes = source.to_bytes();
    let again = CatalogSource::from_bytes(&bytes).unwrap();
    assert_eq!(again, source);
    assert_eq!(again.digest(), source.digest());
    assert_eq!(again.to_bytes(), bytes);
    assert_eq!(Catalog::from_body(&bytes).unwrap().services.len(), kept().services.len());
    let mut other = source.clone();
    other.files.get_mut("zone/names.toml").unwrap().push('\n');
    assert_ne!(other.digest(), source.digest());
    assert!(Catalog::from_body(b"[]").is_err());
}

#[test]
fn a_duty_stands_where_its_window_says() {
    let catalog = kept();
    let tests = catalog.services["travel-declaration"].duty("test").unwrap();
    // Day 0 is 3 February, so that the first test is due on the 10th at 18:00 and may be taken from the 9th to the 13th.
    let check = |now: &str, facts: &[&str], state: DutyState, told: Option<Level>| {
        let now: Moment = now.parse().unwrap();
        let facts: Vec<Day> = facts.iter().map(|text| day(text)).collect();
        let (day0, ordered) = (day("2021-02-03"), [day("2021-02-10"), day("2021-02-17")]);
        let first = occurrences(tests, day0, tests.days(day0, None, &ordered, &[]), &facts, now).remove(0);
        assert_eq!((first.offset, first.day, first.due), (7, day("2021-02-10"), "2021-02-10T18:00".parse().unwrap()));
        assert_eq!((first.state, first.escalated_to), (state, told), "at {now} with {facts:?}");
    };
    check("2021-02-08T23:59", &[], DutyState::Expected, None);
    check("2021-02-09T00:00", &[], DutyState::Due, None);
    check("2021-02-10T18:00", &[], DutyState::Due, None);
    check("2021-02-10T18:01", &[], DutyState::Overdue, None);
    check("2021-02-11T18:00", &[], DutyState::Overdue, Some(Level::Township));
    check("2021-02-12T18:00", &[], DutyState::Overdue, Some(Level::District));
    check("2021-02-13T23:59", &[], DutyState::Overdue, Some(Level::District));
    check("2021-02-14T00:00", &[], DutyState::Missed, Some(Level::District));
    check("2021-02-20T00:00", &["2021-02-08", "2021-02-14"], DutyState::Missed, Some(Level::District));
    check("2021-02-20T00:00", &["2021-02-09"], DutyState::Fulfilled, None);
    check("2021-02-20T00:00", &["2021-02-13"], DutyState::Fulfilled, None);
    check("2021-02-12T18:00", &["2021-02-11"], DutyState::Fulfilled, None);
}

#[test]
fn whom_a_case_remembers_is_a_subject_that_a_fact_of_it_names() {
    let check = |file: &str, good: &str, bad: &str, part: &str| {
        let mut source = kept_source();
        let text = source.files.get_mut(file).unwrap();
        assert!(text.contains(good), "{good}");
        *text = text.replacen(good, bad, 1);
        let told = lines(&Catalog::load(source).unwrap_err());
        assert!(told.contains(part), "{told}");
    };
    let project = "service/industry-project.toml";
    let to = "to = \"industry-project.project\"";
    check(project, to, "to = \"industry-project.done\"", "attribute `industry-project.done` is of kind flag");
    check(project, to, "to = \"industry-project.nobody\"", "no attribute `industry-project.nobody`");
    let approved = "of = \"industry-project.project\", attribute = \"project.approved-on\"";
    check(project, approved, "of = \"industry-project.done\", attribute = \"project.approved-on\"", "is of kind flag");
    check(project, approved, "of = \"somebody\", attribute = \"project.approved-on\"", "nobody is added as `somebody`");
    let change = "service/contract-change.toml";
    check(change, "/contract contract.right", "/contract contract.rent", "attribute `contract.rent` is of kind fen");
    check(
        change,
        "from = \"/contract contract.owner\"",
        "from = \"/paper contract.owner\"",
        "has anything at `/paper`",
    );
    let receipt = "service/asset-receipt.toml";
    check(receipt, "at = \"/asset\"", "at = \"/assets\"", "has anything at `/assets`");
}

#[test]
fn a_form_names_only_kinds_of_subjects_that_there_are() {
    let check = |field: &str| {
        let mut source = super::mistake_tests::small();
        let form = source.files.get_mut("service/visit.schema.json").unwrap();
        *form = form.replace("\"region\":", &format!("\"whom\": {field},\n    \"region\":"));
        Catalog::load(source).map(drop).map_err(|mistakes| lines(&mistakes)).unwrap_err()
    };
    let strange = check(r#"{"type": "integer", "x-control": "subject", "x-of": ["staff", "spaceship"]}"#);
    assert!(strange.contains("no kind of subject `spaceship`; expected a file in subject/"), "{strange}");
    let silent = check(r#"{"type": "integer", "x-control": "subject"}"#);
    assert!(silent.contains("no kind of subject ``; expected \"x-of\": its kinds"), "{silent}");
}

#[test]
fn what_is_collected_must_be_there_to_be_worked_out() {
    let broken = [
        ("step = \"pay\"", "step = \"paid\"", "no step `paid`"),
        ("fund = \"tax\"", "fund = \"taxes\"", "no fund `taxes`"),
        ("to = \"treasury\"", "to = \"chest\"", "`chest`"),
        ("result = \"late-fee\"", "result = \"fine\"", "`vehicle-purchase-tax` has no result `fine`"),
        ("kind = \"/kind\"}", "sort = \"/kind\"}", "`vehicle-purchase-tax` asks for no `sort`"),
        ("price = \"/price\"", "price = \"/cost\"", "has nothing at `/cost`"),
        ("paid_on = \"vehicle-tax.paid-on\"", "paid_on = \"vehicle-tax.due\"", "is of kind fen"),
        ("result = \"tax\"\n", "result = \"tax\"\nanswer = \"/price\"\n", "a part without a single amount"),
    ];
    for (good, bad, said) in broken {
        let mut source = kept_source();
        let file = source.files.get_mut("service/vehicle-tax.toml").unwrap();
        assert!(file.contains(good), "{good}");
        *file = file.replacen(good, bad, 1);
        let told = lines(&Catalog::load(source).unwrap_err());
        assert!(told.contains(said) && told.contains("service/vehicle-tax.toml:"), "{bad}: {told}");
    }
}

//! Broken catalogs: each mistake is found at its file and line.

use super::tests::lines;
use super::*;

/// The smallest catalog that has one of everything.
pub(super) fn small() -> CatalogSource {
    let files = [
        (
            "region/zone.toml",
            r#"region = [
  {code = "990100000000", name = {zh = "区", en = "Zone"}, level = "district", from = 2010-01-01},
  {code = "990100001000", name = {zh = "镇", en = "Town"}, level = "township", from = 2010-01-02},
  {code = "990100001201", name = {zh = "柳湾村", en = "Liuwan"}, level = "village", from = 2010-01-03},
]
"#,
        ),
        (
            "subject/staff.toml",
            r#"title = {zh = "工作人员", en = "Staff"}
[[attribute]]
name = "staff.role"
title = {zh = "角色", en = "Role"}
kind = "code"
many = true
memory = "history"
seen_by = ["auditor"]
codes = [{code = "auditor", zh = "审计员", en = "Auditor"}]
[[attribute]]
name = "staff.secret"
title = {zh = "密", en = "Secret"}
kind = "text"
sealed = "register"
seen_by = ["district"]
"#,
        ),
        (
            "parameter/days.toml",
            r#"title = {zh = "天数", en = "Days"}
unit = "days"
[[value]]
from = 2020-01-01
value = "14"
source = "a notice"
confidence = "likely"
[[value]]
from = 2021-01-01
value = "7"
source = "a notice"
confidence = "confirmed"
"#,
        ),
        (
            "calendar/2021.toml",
            r#"source = "a notice"
workdays = [2021-02-07]
[[holiday]]
title = {zh = "春节", en = "Spring Festival"}
first = 2021-02-11
last = 2021-02-17
"#,
        ),
        (
            "service/visit.schema.json",
            r#"{
  "type": "object",
  "properties": {
    "region": {"type": "string"},
    "on": {"type": "string", "format": "date"},
    "done": {"type": "boolean"}
  }
}
"#,
        ),
        (
            "service/visit.toml",
            r#"title = {zh = "走访", en = "Visit"}
about = {zh = "走访。", en = "A visit."}
number_prefix = "V"
opened_by = ["resident", "village"]
purpose = "register"
keep_days = 30
form = "visit.schema.json"
area = "/region"
blind = [{name = "mobile", pointer = "/region"}]
[[attribute]]
name = "visit.on"
title = {zh = "日期", en = "Day"}
kind = "day"
seen_by = ["village"]
[[step]]
name = "go"
title = {zh = "去", en = "Go"}
who = "village"
within = "3 days"
may = ["sign", "close"]
form = "visit.schema.json"
facts = [{attribute = "visit.on", from = "/on", on = "/on"}]
not_before = {attribute = "visit.on", days = 1}
needs = ["look"]
[[duty]]
name = "look"
title = {zh = "看", en = "Look"}
expects = "visit.on"
starts = "visit.on"
days = [7, 14]
by = "18:00"
who = "township"
escalate = [{after_hours = 24, to = "district"}]
[[duty.example]]
day0 = 2021-02-03
facts = [2021-02-10]
now = "2021-02-11T09:00"
fulfilled = 1
[[example]]
answers = {on = 2021-02-03}
expect = "accepted"
[[entry]]
name = "note"
title = {zh = "记", en = "Note"}
who = ["role:auditor"]
during = ["go"]
form = "visit.schema.json"
[[paper]]
name = "photo"
title = {zh = "照片", en = "Photo"}
holder = true
during = ["go"]
"#,
        ),
    ];
    CatalogSource { files: files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect() }
}

/// Breaks one place of the small catalog and looks for the mistake at its line.
fn check(file: &str, good: &str, bad: &str, line: usize, part: &str) {
    check_in(small(), file, good, bad, line, part);
}

fn check_in(mut source: CatalogSource, file: &str, good: &str, bad: &str, line: usize, part: &str) {
    let text = source.files.get_mut(file).unwrap();
    assert!(text.contains(good), "{file} has no {good}");
    *text = text.replacen(good, bad, 1);
    let mistakes = Catalog::load(source).expect_err(bad);
    let found = mistakes
        .iter()
        .any(|mistake| mistake.file == file && mistake.line == line && mistake.to_string().contains(part));
    assert!(found, "{file}: {good} → {bad}: no mistake at line {line} with {part:?} in\n{}", lines(&mistakes));
}

#[test]
fn the_small_catalog_is_good() {
    let catalog = Catalog::load(small()).unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes)));
    assert_eq!(catalog.check_examples(), []);
    assert!(catalog.zone.is_none());
}

#[test]
fn mistakes_in_regions() {
    let check = |good, bad, line, part| check("region/zone.toml", good, bad, line, part);
    check("990100001000", "990100002000", 4, "has no parent 990100001000");
    check("990100001201", "99010000120", 4, "`99010000120` is no region code; expected twelve digits");
    check("\"village\"", "\"hamlet\"", 4, "`level` cannot be `hamlet`; expected village, township or district");
    check("\"village\"", "\"township\"", 4, "region 990100001201 is no township");
    check("\"district\"", "\"township\"", 2, "region 990100000000 is no township; expected level \"district\"");
    check(
        "from = 2010-01-03},",
        "from = 2010-01-03},\n  {code = \"990100001200\", name = {zh = \"新\", en = \"New\"}, level = \"village\", from = 2011-01-01},",
        5,
        "out of order",
    );
    check("from = 2010-01-03", "from = 2009-12-31", 4, "when its parent 990100001000 did not exist");
    check("from = 2010-01-03", "from = 2010-01-03, to = 2010-01-03", 4, "ends before it begins");
    check("from = 2010-01-03", "from = 2010-01-03, successors = [\"990100001202\"]", 4, "successor 990100001202");
    check("from = 2010-01-03", "from = 2010-01-03T10:00:00", 4, "expected a day like 2021-02-03");
    check("zh = \"镇\"", "zh = \" \"", 3, "`name` is empty in a language");
    check(
        "from = 2010-01-03},",
        "from = 2010-01-03},\n  {code = \"990100001201\", name = {zh = \"新\", en = \"New\"}, level = \"village\", from = 2011-01-01},",
        5,
        "has two names on 2011-01-01",
    );
    check(
        "from = 2010-01-03},",
        "from = 2010-01-03},\n  {code = \"990200000000\", name = {zh = \"新\", en = \"New\"}, level = \"district\", from = 2011-01-01},",
        5,
        "is a second district",
    );
}

#[test]
fn mistakes_in_subjects() {
    let check = |good: &str, bad: &str, line, part| check("subject/staff.toml", good, bad, line, part);
    let title = "title = {zh = \"工作人员\", en = \"Staff\"}";
    let placed = format!("{title}\nlies_in = \"staff.role\"");
    check(title, &placed, 2, "`lies_in` cannot be `staff.role`");
    check("many = true", "meny = true", 6, "unknown key `meny`; expected one of `name`");
    check("name = \"staff.role\"", "name = \"person.role\"", 3, "does not fit its file; expected staff.some-name");
    check("name = \"staff.secret\"", "name = \"staff.role\"", 11, "`staff.role` stands twice, first in line 3");
    check("kind = \"code\"", "kind = \"list\"", 5, "`kind` cannot be `list`; expected one of flag, int");
    check("kind = \"code\"", "kind = \"text\"", 5, "of kind text has codes");
    check("kind = \"text\"", "kind = \"int\"", 14, "is sealed but not text");
    check("seen_by = [\"auditor\"]", "seen_by = [\"auditer\"]", 8, "no role `auditer`");
    check("seen_by = [\"auditor\"]", "seen_by = []", 3, "seen by nobody");
    check("\"history\"", "\"forever\"", 7, "expected current, window or history");
}

#[test]
fn mistakes_in_parameters() {
    let check = |good, bad, line, part| check("parameter/days.toml", good, bad, line, part);
    check("from = 2021-01-01", "from = 2020-01-01", 9, "overlaps the one before");
    check("from = 2020-01-01", "from = 2020-01-01\nto = 2021-06-01", 10, "the value from 2021-01-01 overlaps");
    check("value = \"14\"", "value = \"14.5\"", 5, "`value` cannot be `14.5`; expected a whole number");
    check("value = \"14\"", "value = 14", 5, "invalid type: integer");
    check("unit = \"days\"", "unit = \"dayz\"", 2, "`unit` cannot be `dayz`");
    check("confidence = \"likely\"", "confidence = \"sure\"", 7, "expected confirmed, likely or illustrative");
    check("source = \"a notice\"", "source = \"\"", 6, "a value without source");
    check("source = \"a notice\"\n", "", 3, "missing key `source`");
    check("value = \"14\"", "value = \"14", 5, "");
}

/// The small catalog with plans, and a visit that keeps its facts to itself.
fn planned() -> CatalogSource {
    let mut source = small();
    let visit = source.files.get_mut("service/visit.toml").unwrap();
    *visit = visit.replace("keep_days = 30\n", "keep_days = \"days\"\nown_purpose = true\n");
    visit.push_str(
        r#"
[[attribute]]
name = "visit.kind"
title = {zh = "种类", en = "Kind"}
kind = "code"
memory = "window"
seen_by = ["village"]
codes = [{code = "short", zh = "短", en = "Short"}]
"#,
    );
    let plan = r#"title = {zh = "以后", en = "After"}
day_zero = "days"
records = {plan = "visit.kind", until = "visit.on", due = "visit.kind"}
[trait]
sort = [{value = "a", zh = "甲", en = "A"}]

[[plan]]
name = "short"
title = {zh = "短", en = "Short"}
about = {zh = "短。", en = "Short."}
from = 2021-01-01
when = {sort = ["a"]}
days = 1
due = [1]
source = "a notice"
confidence = "likely"

[[example]]
on = 2021-02-01
traits = {sort = "a"}
expect = "short"
"#;
    source.files.insert("plan/after.toml".into(), plan.into());
    source
}

#[test]
fn mistakes_in_plans() {
    assert_eq!(Catalog::load(planned()).map_err(|mistakes| lines(&mistakes)).unwrap().check_examples(), []);
    let check = |good, bad, line, part| check_in(planned(), "plan/after.toml", good, bad, line, part);
    check("day_zero = \"days\"", "day_zero = \"dayz\"", 2, "no parameter `dayz`");
    check("plan = \"visit.kind\"", "plan = \"visit.sort\"", 8, "no attribute `visit.sort`");
    check("until = \"visit.on\"", "until = \"visit.kind\"", 3, "is of kind code; expected one of kind day");
    check("due = \"visit.kind\"", "due = \"visit.on\"", 3, "is remembered as it is now only");
    check("name = \"short\"", "name = \"brief\"", 8, "attribute `visit.kind` cannot hold that value");
    check("when = {sort = [\"a\"]}", "when = {colour = [\"a\"]}", 8, "no trait `colour`");
    check(
        "when = {sort = [\"a\"]}",
        "when = {sort = [\"c\"]}",
        12,
        "`sort` is never `c`; expected a value of the trait",
    );
    check("due = [1]", "due = [2, 1]", 13, "days due that do not ascend");
    check("source = \"a notice\"", "source = \"\"", 15, "a plan without source");
}

#[test]
fn what_was_told_for_one_purpose_serves_no_other() {
    let other = |files: &[(&str, String)]| {
        let mut source = planned();
        source.files.extend(files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
        Catalog::load(source).map(drop).map_err(|mistakes| lines(&mistakes))
    };
    let visit = planned().files["service/visit.toml"].replace("number_prefix = \"V\"", "number_prefix = \"W\"");
    let visit = visit.replace("purpose = \"register\"", "purpose = \"curiosity\"");
    // Its own attribute moved away, so that it reads the other's.
    let attribute = visit.find("[[attribute]]").unwrap()..visit.find("[[step]]").unwrap();
    let mut nosy = visit.clone();
    nosy.replace_range(attribute, "");
    nosy.truncate(nosy.rfind("[[attribute]]").unwrap());
    let nosy = nosy.replace("facts = [{attribute = \"visit.on\", from = \"/on\", on = \"/on\"}]\n", "");
    let refused = other(&[("service/nosy.toml", nosy.clone())]).unwrap_err();
    assert!(refused.contains("attribute `visit.on` was told for the purpose `register`"), "{refused}");
    let alike = nosy.replace("purpose = \"curiosity\"", "purpose = \"register\"");
    assert_eq!(other(&[("service/nosy.toml", alike)]), Ok(()));
    let rule = "# scores people\nwhen = \"visit.on\"\n".to_owned();
    let refused = other(&[("report/score.toml", rule)]).unwrap_err();
    let read = "report/score.toml:2: reads a fact of `visit`, told for the purpose `register`; expected a rule that does without it";
    assert!(refused.lines().any(|line| line == read), "{refused}");
}

#[test]
fn mistakes_in_calendars() {
    let check = |good, bad, line, part| check("calendar/2021.toml", good, bad, line, part);
    check("2021-02-07", "2021-02-08", 2, "2021-02-08 is a working day anyway");
    check("2021-02-07", "2021-02-13", 2, "both a holiday and worked");
    check("first = 2021-02-11", "first = 2020-02-11", 5, "does not belong to this file; expected a day of 2021");
    check("last = 2021-02-17", "last = 2021-02-10", 6, "a holiday from 2021-02-11 to 2021-02-10");
}

#[test]
fn mistakes_in_services() {
    let check = |good, bad, line, part| check("service/visit.toml", good, bad, line, part);
    check("who = \"village\"", "wo = \"village\"", 18, "unknown key `wo`; expected one of");
    check(
        "who = \"village\"",
        "who = \"county\"",
        18,
        "expected village, township, district, opener or role:some-role",
    );
    check("who = \"village\"", "who = \"role:doctor\"", 18, "no role `doctor`");
    check("number_prefix = \"V\"", "number_prefix = \"v1\"", 3, "expected one to four capital letters");
    check("form = \"visit.schema.json\"", "form = \"gone.schema.json\"", 7, "no file service/gone.schema.json");
    check("area = \"/region\"", "area = \"/village\"", 8, "has nothing at `/village`");
    check("pointer = \"/region\"", "pointer = \"/phone\"", 9, "has nothing at `/phone`");
    check("name = \"mobile\"", "name = \"phone\"", 9, "no blind index `phone`; expected citizen-number");
    check("within = \"3 days\"", "within = \"soon\"", 19, "expected a time like `5 working days`");
    check("may = [\"sign\", \"close\"]", "may = [\"sign\", \"sing\"]", 20, "`may` cannot be `sing`");
    check("may = [\"sign\", \"close\"]", "may = [\"sign\", \"send-back\"]", 20, "the first step has no step before it");
    check(
        "facts = [{attribute = \"visit.on\"",
        "facts = [{attribute = \"visit.at\"",
        22,
        "no attribute `visit.at`; expected one of visit.on",
    );
    check("facts = [{attribute = \"visit.on\"", "facts = [{attribute = \"staff.role\"", 22, "belongs to staff");
    check(
        "from = \"/on\"",
        "from = \"/done\"",
        22,
        "cannot hold that value; expected an answer with \"format\": \"date\"",
    );
    check("from = \"/on\"", "from = \"/on\", constant = \"x\"", 22, "expected either `from` or `constant`");
    check("on = \"/on\"", "on = \"/done\"", 22, "`/done` is no date");
    check("on = \"/on\"", "when = {at = \"/gone\", is = \"x\"}", 22, "has nothing at `/gone`");
    check(
        "not_before = {attribute = \"visit.on\"",
        "not_before = {attribute = \"staff.role\"",
        23,
        "of kind code; expected one of kind day",
    );
    check("needs = [\"look\"]", "needs = [\"loot\"]", 24, "no duty `loot` in this service");
    check("during = [\"go\"]", "during = [\"gone\"]", 46, "no step `gone` in this service");
    check("name = \"note\"", "name = \"go\"", 43, "entry `go` is also a step");
    check("name = \"note\"", "name = \"Note\"", 43, "is not kebab-case");
    check("who = [\"role:auditor\"]", "who = []", 43, "nobody may add `note`");
    check("holder = true\n", "", 49, "nobody may add `photo`");
    check("holder = true\nduring = [\"go\"]", "holder = true\nduring = [\"gone\"]", 52, "no step `gone`");
    check("name = \"photo\"", "name = \"a photo\"", 49, "");
    check("expect = \"accepted\"", "expect = \"refused\"", 41, "expected accepted, or refused with `at`");
    check("answers = {on = 2021-02-03}", "answers = {on = 36.5}", 40, "floating-point");
}

#[test]
fn mistakes_in_duties() {
    let check = |good, bad, line, part| check("service/visit.toml", good, bad, line, part);
    check("expects = \"visit.on\"", "expects = \"visit.seen\"", 28, "no attribute `visit.seen`");
    check("starts = \"visit.on\"", "starts = \"staff.role\"", 29, "of kind code; expected one of kind day");
    check("days = [7, 14]", "days = [14, 7]", 26, "do not ascend");
    check("days = [7, 14]", "days = [7, 14]\nlate_days = 7", 26, "windows of duty `look` overlap");
    check(
        "days = [7, 14]",
        "days = [7, 14]\nevery = {from = 0, to = 3}",
        26,
        "expected `days`, or `every` with `to` or `until`, or `on`",
    );
    check("by = \"18:00\"", "by = \"25:00\"", 31, "expected a time of day like 12:00");
    check("who = \"township\"", "who = \"nobody\"", 32, "expected holder, village");
    check("to = \"district\"", "to = \"township\"", 33, "escalation to township after 24 hours does not ascend");
    check("now = \"2021-02-11T09:00\"", "now = \"nine\"", 37, "expected a minute like 2021-02-11T09:00");
    check("fulfilled = 1\n", "", 37, "the example expects nothing");
}

#[test]
fn mistakes_in_forms() {
    let check = |good, bad, line, part| check("service/visit.schema.json", good, bad, line, part);
    check("\"region\": {", "\"region\" {", 4, "not JSON");
    check("{\"type\": \"boolean\"}", "{\"type\": \"maybe\"}", 6, "not a JSON Schema at `/properties/done/type`");
    check("\"format\": \"date\"", "\"format\": \"dote\"", 5, "dote");
    check("\"type\": \"object\"", "\"type\": \"array\"", 1, "the form is not an object");
}

#[test]
fn mistakes_between_files() {
    let with = |path: &str, text: &str| {
        let mut source = small();
        source.files.insert(path.to_owned(), text.to_owned());
        lines(&Catalog::load(source).expect_err(path))
    };
    let check = |path: &str, text: &str, part: &str| {
        let found = with(path, text);
        assert!(found.starts_with(&format!("{path}:")) && found.contains(part), "{path}: {found}");
    };
    check("notes.toml", "", "a file outside the folders");
    check("servce/x.toml", "", "a file in an unknown place");
    check("subject/Staff.toml", "", "a file with a strange name");
    check("calendar/next.toml", "", "expected a year, 2021.toml");
    check("service/lost.schema.json", "{}", "no service uses this form");
    check(
        "zone/names.toml",
        "surnames = [\"王\", \"王\"]\ngiven_male = [\"强\"]\ngiven_female = [\"丽\"]\nvillage_groups = [\"一组\"]",
        "`surnames` has `王` empty or twice",
    );
    for (wrong, part) in [
        ("check = \"none\"\nset = {role = \"auditor\"}", "no check of quality `none`"),
        ("check = \"none\"\nset = {name = \"1\"}", "no attribute `staff.name`"),
        ("check = \"none\"\nset = {role = \"clerk\"}", "`staff.role` cannot be `clerk`"),
        ("check = \"none\"", "a recipe that changes nothing"),
        ("check = \"none\"\nby_hand = \"magic\"", "`by_hand` cannot be `magic`"),
    ] {
        let recipe = format!("[[plant]]\nkind = \"staff\"\nchoose = \"true\"\n{wrong}\n");
        assert!(with("zone/planted.toml", &recipe).contains(part), "{wrong}");
    }
    let twin = small().files["service/visit.toml"].replace("visit.on", "later.on");
    let found = with("service/later.toml", &twin);
    assert_eq!(found, "service/visit.toml:3: `number_prefix` V is already that of later; expected a prefix of its own");
    assert!(Catalog::load(CatalogSource::default()).is_err());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut source = small();
    for (file, good, bad) in [
        ("service/visit.toml", "needs = [\"look\"]", "needs = [\"loot\"]"),
        ("service/visit.toml", "area = \"/region\"", "area = \"/village\""),
        ("parameter/days.toml", "\"likely\"", "\"sure\""),
        ("region/zone.toml", "\"village\"", "\"hamlet\""),
    ] {
        let text = source.files.get_mut(file).unwrap();
        *text = text.replacen(good, bad, 1);
    }
    let mistakes = Catalog::load(source).unwrap_err();
    let places: Vec<(&str, usize)> = mistakes.iter().map(|mistake| (mistake.file.as_str(), mistake.line)).collect();
    assert_eq!(
        places,
        [("parameter/days.toml", 7), ("region/zone.toml", 4), ("service/visit.toml", 8), ("service/visit.toml", 24)]
    );
}

#[test]
fn an_allowance_standard_is_not_below_the_poverty_line() {
    let parameter = |value: &str, more: &str| {
        format!(
            "title = {{zh = \"线\", en = \"Line\"}}\nunit = \"yuan/year\"\n{more}[[value]]\nfrom = 2020-01-01\nvalue = \"3000.00\"\nsource = \"a notice\"\nconfidence = \"likely\"\n[[value]]\nfrom = 2021-03-01\nvalue = \"{value}\"\nsource = \"a notice\"\nconfidence = \"likely\"\n"
        )
    };
    let load = |standard: &str, from: &str| {
        let mut source = small();
        let rule = format!("not_below = {{parameter = \"line\", from = {from}}}\n");
        source.files.insert("parameter/line.toml".into(), parameter("4000.00", ""));
        source.files.insert("parameter/standard.toml".into(), parameter(standard, &rule));
        Catalog::load(source).map(drop).map_err(|mistakes| lines(&mistakes))
    };
    assert_eq!(load("4000.00", "2020-01-01"), Ok(()));
    assert_eq!(
        load("3999.99", "2020-01-01").unwrap_err(),
        "parameter/standard.toml:3: on 2021-03-01 `standard` is below `line`; expected a value at or above it: the two lines are one"
    );
    assert!(load("3999.99", "2021-04-01").unwrap_err().contains("on 2021-04-01"));
}

#[test]
fn what_the_register_learns_stands_in_the_form() {
    let mut source = small();
    let rows = "\"rows\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"properties\": {\"who\": {\"type\": \"integer\"}}}}";
    let form = source.files.get_mut("service/visit.schema.json").unwrap();
    *form = form.replace("\"region\":", &format!("{rows},\n    \"region\":"));
    let learns =
        |row: &str| format!("needs = [\"look\"]\nregister = [{{attribute = \"visit.on\", day = true, {row}}}]");
    let check = |row: &str, part: &str| {
        check_in(source.clone(), "service/visit.toml", "needs = [\"look\"]", &learns(row), 25, part)
    };
    check("of = \"/rows/*/whom\"", "no form of this step has anything at `/rows/*/whom`");
    check("of = \"/region\", during = \"/month\"", "no form of this step has anything at `/month`");
    check("of = \"/region\", during = \"/on\"", "attribute `visit.on` is remembered as it is now only");
    check(
        "of = \"/region\", when = {at = \"/rows/*/who\", is = \"1\"}",
        "`/rows/*/who` goes through a list that `of` does not",
    );
}

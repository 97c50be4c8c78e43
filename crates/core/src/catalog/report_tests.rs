//! Mistakes of report files: each is found at its file and line.

use super::*;

const REPORT: &str = r#"title = {zh = "成效", en = "Account"}
about = {zh = "成效。", en = "An account."}
source = "a page"
from = 2020-01-01
to = 2020-12-31
[units]
"人" = "persons"
"次/年" = "times a year"
[[section]]
title = {zh = "一", en = "One"}
[[section.figure]]
id = "A1"
title = {zh = "补贴", en = "Allowance"}
unit = "人"
counts = "transfers"
measure = "persons"
programme = ["elder-allowance"]
to = "person"
payee = 'person.sex == "1"'
with = "A2"
[[section.figure]]
id = "A2"
title = {zh = "签约", en = "Signed"}
unit = "人"
counts = "subjects"
measure = "rate"
kind = "person"
where = "person.doctor_signed"
among = "person.here"
[[section.figure]]
id = "A3"
title = {zh = "改造", en = "Converted"}
unit = "人"
counts = "facts"
measure = "subjects"
attribute = "house.barrier-free"
[[section.figure]]
id = "A4"
title = {zh = "随访", en = "Visits"}
unit = "次/年"
counts = "rule"
measure = "rhythm"
rule = ["ill-visited"]
[[section.figure]]
id = "A5"
title = {zh = "报销", en = "Paid"}
unit = "人"
counts = "slips"
measure = "times"
layer = "basic"
[[section.figure]]
id = "A6"
title = {zh = "日期", en = "Day"}
unit = "人"
not_counted = {zh = "是日期", en = "A day"}
"#;

fn load(report: String) -> Result<Catalog, Vec<Mistake>> {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"));
    let mut source = CatalogSource::read_dir(folder).unwrap();
    source.files.insert("report/account.toml".into(), report);
    Catalog::load(source)
}

/// Breaks one place of the report and looks for the mistake at the line of `at`; where that is empty, at the place itself.
fn check(good: &str, bad: &str, at: &str, part: &str) {
    assert!(REPORT.contains(good), "the report has no {good}");
    let broken = REPORT.replacen(good, bad, 1);
    let place = broken.find(if at.is_empty() { bad } else { at }).expect("a place of the report");
    let line = broken[..place].lines().count() + usize::from(broken[..place].ends_with('\n'));
    let mistakes = load(broken).expect_err(bad);
    let is_it =
        |one: &&Mistake| one.file == "report/account.toml" && one.line == line && one.to_string().contains(part);
    let found = mistakes.iter().find(is_it);
    assert!(found.is_some(), "{good} → {bad}: no mistake at line {line} with {part:?} in\n{}", tests::lines(&mistakes));
}

#[test]
fn a_report_says_what_it_counts() {
    let catalog = load(REPORT.to_owned()).unwrap_or_else(|mistakes| panic!("{}", tests::lines(&mistakes)));
    let report = &catalog.reports["account"];
    assert_eq!(report.figures.len(), 6);
    let (_, signed) = report.figure("A2").unwrap();
    assert_eq!(signed.reads, ["person.doctor-signed", "person.left-for"]);
    assert!(!signed.money && signed.public && !signed.least);
}

#[test]
fn a_share_reads_what_it_is_made_of() {
    let share = "[[section.figure]]\nid = \"A7\"\ntitle = {zh = \"比\", en = \"Share\"}\nunit = \"人\"\ncounts = \"figures\"\nmeasure = \"ratio\"\nover = [\"A2\", \"A1\"]\n";
    let catalog = load(format!("{REPORT}{share}")).unwrap_or_else(|mistakes| panic!("{}", tests::lines(&mistakes)));
    let report = &catalog.reports["account"];
    assert_eq!(report.figure("A7").unwrap().1.reads, ["person.doctor-signed", "person.left-for", "person.sex"]);
}

#[test]
fn mistakes_in_reports() {
    check("to = 2020-12-31", "to = 2019-12-31", "", "ends before it begins");
    check("source = \"a page\"", "source = \" \"", "", "a report without source");
    check("\"次/年\" = \"times a year\"\n", "", "unit = \"次/年\"", "counted in nothing known");
    check("\"transfers\"", "\"money\"", "", "`counts` cannot be `money`; expected transfers, slips");
    check("\"persons\"\nprogramme", "\"rate\"\nprogramme", "", "`rate` of transfers; expected sum, times, persons");
    let programme = "programme = [\"elder-allowance\"]";
    check(programme, "programme = [\"elder\"]", "", "no programme `elder`");
    check(programme, "layer = \"basic\"", "", "`layer` does not go with transfers");
    check(programme, "", "id = \"A1\"", "all money there is");
    check("to = \"person\"", "to = \"nobody\"", "", "no kind of subject `nobody`");
    let payee = "payee = 'person.sex == \"1\"'";
    check(payee, "payee = 'person.sexe == \"1\"'", "", "`payee`: `person` has no `sexe`");
    check(payee, "payee = 'person.born'", "", "`payee`: comes to");
    check("with = \"A2\"", "with = \"B2\"", "", "no such figure");
    let among = "among = \"person.here\"";
    check(among, "", "id = \"A2\"", "`among` is missing");
    check(among, "among = \"person.here\"\nvalue = \"person.born\"", "value =", "`value` does not go with rate");
    check("where = \"person.doctor_signed\"", "where = \"parameter.poverty_line\"", "", "`where`: comes to");
    let converted = "attribute = \"house.barrier-free\"";
    check(converted, "attribute = \"house.structure\"", "", "the past of `house.structure` is not remembered");
    check(converted, "attribute = \"house.door\"", "", "no attribute `house.door`");
    check("rule = [\"ill-visited\"]", "rule = [\"nobody-visited\"]", "", "no rule `nobody-visited`");
    check("rule = [\"ill-visited\"]", "rule = [\"home-visit\"]", "id = \"A4\"", "is not owed so often");
    check("layer = \"basic\"", "layer = \"seventh\"", "", "no payer of a layer `seventh`");
    check("id = \"A6\"", "id = \"A/6\"", "", "`A/6` is no id of a figure");
    check("id = \"A6\"", "id = \"sheet\"", "", "`sheet` is no id of a figure");
    check("id = \"A6\"", "id = \"docx\"", "", "`docx` is no id of a figure");
    check("id = \"A6\"", "id = \"A5\"", "id = \"A5\"\ntitle = {zh = \"日期\"", "figure `A5` stands twice");
    check("not_counted = {zh = \"是日期\", en = \"A day\"}", "", "id = \"A6\"", "neither counted nor not");
    check("not_counted =", "fund = [\"welfare\"]\nnot_counted =", "fund =", "`fund` of what is not counted");
}

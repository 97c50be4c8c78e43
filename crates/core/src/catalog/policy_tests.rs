//! Broken policies of settlement: each mistake is found at its line.

use super::tests::lines;
use super::*;

const GOOD: &str = r#"title = {zh = "试", en = "Trial"}
about = {zh = "试。", en = "A trial."}
from = 2020-01-01
to = 2021-01-01
standing = "illustrative"
payer = [
  {id = "basic", zh = "基本", en = "Basic"},
  {id = "more", zh = "补充", en = "More"},
  {id = "accident", zh = "意外", en = "Accident"},
]
category = [{id = "poor", zh = "贫困", en = "poor"}, {id = "other", zh = "其他", en = "other"}]
kind = [{id = "stay", zh = "住院", en = "stay", admission = true}, {id = "visit", zh = "门诊", en = "visit"}]

[[layer]]
payer = "basic"
base = "in-scope"
accumulator = "basic"
rounding = {per = "layer", half = "up", to = "fen"}
source = "a notice"
confidence = "likely"

[[layer.terms]]
kind = ["stay"]
deductible = {1 = "200.00", 2 = "500.00", 3 = "1000.00"}
admissions = ["100%", "50%"]
ratio = {1 = "85%", 2 = "70%", 3 = "55%"}
year_cap = "150000.00"

[[layer]]
payer = "more"
base = "accumulated-remainder"
accumulator = "more"
rounding = {per = "slice", half = "up", to = "fen"}
source = "a notice"
confidence = "likely"

[[layer.terms]]
category = ["poor"]
deductible = "5000.00"
bands = [
  {from = "5000.00", to = "100000.00", ratio = "65%"},
  {from = "100000.00", to = "200000.00", ratio = "75%"},
  {from = "200000.00", ratio = "80%"},
]

[[beside]]
payer = "accident"
about = {zh = "另行理赔。", en = "Apart."}
source = "a notice"
confidence = "likely"

[[example]]
title = {zh = "例", en = "One"}
bills = [
  {category = "poor", level = 2, discharged = 2020-03-09, total = "20000.00"},
]
expect = [
  {basic = "13650.00", more = "877.50", personal = "5472.50"},
]
"#;

fn load(text: String) -> Result<Policy, String> {
    let source = CatalogSource { files: [("settlement/trial.toml".to_owned(), text)].into() };
    load_policy(&source, "settlement/trial.toml").map_err(|mistakes| lines(&mistakes))
}

/// Replaces a part of the good policy and expects that the first mistake is at this line and says this.
fn check(good: &str, bad: &str, line: usize, part: &str) {
    assert!(GOOD.contains(good), "{good}");
    let told = load(GOOD.replacen(good, bad, 1)).expect_err(bad);
    assert!(told.starts_with(&format!("settlement/trial.toml:{line}: ")), "{bad}: {told}");
    assert!(told.lines().next().is_some_and(|first| first.contains(part)), "{bad}: {told}");
}

#[test]
fn a_good_policy_is_read() {
    let policy = load(GOOD.to_owned()).unwrap();
    assert_eq!((policy.name.as_str(), policy.layers.len(), policy.kinds.len()), ("trial", 2, 2));
    assert_eq!(policy.payer(1).title.en, "More");
    let mut source = super::mistake_tests::small();
    source.files.insert("settlement/trial.toml".into(), GOOD.into());
    let catalog = Catalog::load(source.clone()).map_err(|mistakes| lines(&mistakes)).unwrap();
    assert_eq!((catalog.policies.len(), catalog.check_examples()), (1, Vec::new()));
    // A wrong one is refused with the whole catalog.
    source.files.insert("settlement/trial.toml".into(), GOOD.replace("payer = \"more\"", "payer = \"mere\""));
    let told = lines(&Catalog::load(source.clone()).unwrap_err());
    assert_eq!(told, "settlement/trial.toml:30: no payer `mere`; expected one of basic, more, accident");
    source.files.insert("settlement/trial.toml".into(), GOOD.replace("877.50", "877.51"));
    let told = lines(&Catalog::load(source).unwrap().check_examples());
    assert_eq!(told, "settlement/trial.toml:52: bill 1: `more` is 877.50, not 877.51");
}

#[test]
fn mistakes_in_the_frame() {
    check("to = 2021-01-01", "to = 2020-01-01", 4, "the policy ends before it begins");
    check("standing = \"illustrative\"", "standing = \"draft\"", 5, "expected adopted or illustrative");
    check("{id = \"more\"", "{id = \"basic\"", 8, "payer `basic` stands twice, first in line 7");
    check("{id = \"other\"", "{id = \"Other\"", 11, "category name `Other` is not kebab-case");
    check("zh = \"住院\"", "zh = \"\"", 12, "`stay` is empty in a language");
    check("payer = \"accident\"", "payer = \"more\"", 47, "`more` is also a layer");
    check("payer = \"accident\"", "payer = \"flood\"", 47, "no payer `flood`; expected one of basic, more, accident");
    let told = load(GOOD.replace("standing = \"illustrative\"", "standing = \"adopted\"")).unwrap_err();
    assert!(told.starts_with("settlement/trial.toml:20: an adopted policy with a layer that is likely"), "{told}");
}

#[test]
fn what_a_category_asks_the_register_is_known_of_people() {
    let poor = "{id = \"poor\", zh = \"贫困\", en = \"poor\"}";
    let asks = |attribute: &str, is: &str| format!("when = [{{attribute = \"{attribute}\", is = [\"{is}\"]}}]");
    let first = poor.replace('}', &format!(", {}}}", asks("person.poor", "true")));
    check(poor, &first, 11, "the first category asks for something");
    // With the whole catalog its attributes are known, and their values.
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"));
    let kept = CatalogSource::read_dir(folder).unwrap();
    let check = |file: &str, good: &str, bad: &str, part: &str| {
        let mut source = kept.clone();
        let text = source.files.get_mut(file).unwrap();
        assert!(text.contains(good), "{file}: {good}");
        *text = text.replacen(good, bad, 1);
        let told = Catalog::load(source).map(drop).map_err(|mistakes| lines(&mistakes)).expect_err(bad);
        assert!(told.contains(part), "{bad}: {told}");
    };
    let policy = "settlement/illustrative-2020.toml";
    check(policy, "person.destitute", "staff.role", "no attribute `staff.role` of people or households");
    check(
        policy,
        "person.destitute\", is = [\"true\"]",
        "person.destitute\", is = [\"yes\"]",
        "`person.destitute` is never `yes`",
    );
    check(policy, "\"person.destitute\"", "\"person.sex\"", "is remembered as it is now only");
    // A bill is signed by settling it, and whoever is paid is named.
    let stay = "service/hospital-stay.toml";
    check(stay, "may = [\"close\"]", "may = [\"sign\"]", "a step that settles bills is signed by settling them only");
    check(stay, "clinic = \"hospital-stay.clinic\"\n", "", "no hospital to pay");
    check(stay, "fund = \"medical\"", "fund = \"medicine\"", "no fund `medicine`");
    check(stay, "slip = \"hospital-stay.slip\"", "slip = \"hospital-stay.admitted\"", "is of kind day");
    check(stay, "share = \"pay\"", "share = \"give\"", "expected pay, instalments or give-back");
    // What is signed for was sent before.
    let post = "service/invoice-receive.toml";
    check(post, "parcel = \"send\"\n", "", "nothing was sent that could be signed for");
    check(post, "parcel = \"signed\"", "parcel = \"lost\"", "expected send or signed");
}

#[test]
fn mistakes_in_layers() {
    check("payer = \"basic\"", "payer = \"besic\"", 15, "no payer `besic`; expected one of basic, more, accident");
    check("payer = \"more\"", "payer = \"basic\"", 29, "layer 2 has the payer of layer 1");
    check("base = \"in-scope\"", "base = \"remainder\"", 16, "layer 1 with base `remainder`; expected in-scope for");
    check("\"accumulated-remainder\"", "\"in-scope\"", 31, "layer 2 with base `in-scope`");
    check("base = \"in-scope\"", "base = \"all\"", 16, "expected in-scope, remainder or accumulated-remainder");
    check("rounding = {per = \"layer\", half = \"up\", to = \"fen\"}\n", "", 14, "missing key `rounding`");
    check("half = \"up\"", "half = \"even\"", 18, "`half` cannot be `even`; expected up");
    check("per = \"slice\"", "per = \"bill\"", 33, "`per` cannot be `bill`; expected slice or layer");
    check("to = \"fen\"", "to = \"jiao\"", 18, "`to` cannot be `jiao`; expected fen");
    check("source = \"a notice\"", "source = \" \"", 19, "figures without source");
    check("confidence = \"likely\"", "confidence = \"sure\"", 20, "expected confirmed, likely or illustrative");
    check("accumulator = \"basic\"\n", "", 21, "a sum over the year without a name; expected `accumulator`");
    check("accumulator = \"more\"", "accumulator = \"basic\"", 32, "accumulator `basic` is that of another layer");
    check("year_cap = \"150000.00\"", "event_cap = \"150000.00\"", 17, "accumulator `basic` of which nothing is read");
}

#[test]
fn mistakes_in_terms() {
    check("kind = [\"stay\"]", "kind = [\"sleep\"]", 23, "no kind `sleep`; expected one of stay, visit");
    check("category = [\"poor\"]", "category = [\"rich\"]", 38, "no category `rich`; expected one of poor, other");
    check("kind = [\"stay\"]\n", "", 24, "admissions of a kind that is none");
    check("1 = \"200.00\", ", "", 24, "expected an amount, 500.00, or one for each level 1, 2 and 3");
    check("\"200.00\"", "200", 24, "`deductible` cannot be");
    check("\"200.00\"", "\"200\"", 24, "`deductible` cannot be");
    check("\"50%\"", "\"150%\"", 25, "`admissions` cannot be `150%`; expected a percentage from 0% to 100%");
    check("[\"100%\", \"50%\"]", "[]", 25, "`admissions` of 0 shares; expected 1 to 4 shares of a `deductible`");
    check("\"85%\"", "\"185%\"", 26, "`ratio` cannot be");
    check("\"85%\"", "\"85.00001%\"", 26, "with four decimals at most");
    check("\"85%\"", "\"0.85\"", 26, "`ratio` cannot be");
    check("\"150000.00\"", "\"15e4\"", 27, "`year_cap` cannot be `15e4`; expected an amount, 150000.00");
    check(
        "ratio = {1 = \"85%\", 2 = \"70%\", 3 = \"55%\"}\n",
        "",
        22,
        "terms that do not say how much; expected `ratio` or `bands`",
    );
    check("deductible = \"5000.00\"", "deductible = \"5000.00\"\nratio = \"1%\"", 37, "expected `ratio` or `bands`");
    let twice = "year_cap = \"150000.00\"\n[[layer.terms]]\ncategory = [\"other\"]\nratio = \"1%\"";
    check("year_cap = \"150000.00\"", twice, 28, "a second time terms for stay and other");
    let apart = "bands = [\n  {from = \"0.00\", ratio = \"1%\"}]\n[[layer.terms]]\ncategory = [\"other\"]\naccumulator = \"apart\"\ndeductible = \"5000.00\"\nbands = [";
    check("bands = [", apart, 42, "two accumulators for kind `stay` in one layer; expected one for all categories");
}

#[test]
fn bands_leave_nothing_out_and_say_nothing_twice() {
    check("{from = \"100000.00\"", "{from = \"120000.00\"", 42, "a gap: no band from 100000.00 to 120000.00");
    check("{from = \"100000.00\"", "{from = \"90000.00\"", 42, "an overlap: two bands from 90000.00 to 100000.00");
    check("{from = \"200000.00\"", "{from = \"200000.00\", to = \"300000.00\"", 40, "a gap: no band above 300000.00");
    check("{from = \"5000.00\"", "{from = \"6000.00\"", 40, "a gap: no band from the deductible of 5000.00 to 6000.00");
    check("to = \"100000.00\"", "to = \"1000.00\"", 41, "the band ends before it begins");
    check("to = \"200000.00\", ", "", 43, "an overlap: two bands from 200000.00 to the end");
}

#[test]
fn mistakes_in_examples() {
    check("level = 2", "level = 4", 55, "a bill of no level; expected `level` 1, 2 or 3");
    check("total = \"20000.00\"", "total = \"20000\"", 55, "`total` cannot be `20000`; expected an amount");
    check("total = \"20000.00\"", "total = \"1.00\", own_pay = \"1.01\"", 55, "a bill that cannot be");
    check("category = \"poor\", level", "category = \"rich\", level", 55, "no category `rich`");
    check("discharged = 2020-03-09, ", "", 55, "a bill that lacks something");
    check(", personal = \"5472.50\"", "", 58, "an expectation without `personal`");
    check("more = \"877.50\"", "mare = \"877.50\"", 58, "`mare` cannot be `877.50`; expected the payer of a layer");
    check("{basic = \"13650.00\"", "{basic = \"13650.01\"", 52, "bill 1: `basic` is 13650.00, not 13650.01");
    check("total = \"20000.00\"},", "total = \"20000.00\"},\n  {cancel = 2},", 52, "row 2 is refused");
}

//! `yizhan settle`, from outside: lines in, lines out, and the engine held against a reference written apart from it.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use yizhan::bench::settle::bills::{self, Deed};
use yizhan::bench::settle::reference::{PlainBill, PlainSlip, person_year};
use yizhan_core::settlement::Person;
use yizhan_kit::Fen;
use yizhan_kit::id::SeededEntropy;

const POLICY: [&str; 2] = ["--policy", "illustrative-2020"];
const LAYERS: [&str; 6] = ["basic", "serious-illness", "institution", "assistance", "supplement", "re-assistance"];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    command.arg("settle").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What the command says to some input, and its exit status.
fn run(arguments: &[&str], input: impl Into<Vec<u8>>) -> (String, String, i32) {
    let mut child = command(arguments).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.into());
    let writer = std::thread::spawn(move || {
        // A command that refuses its arguments does not read.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn answers(input: impl Into<Vec<u8>>) -> (Vec<Value>, i32) {
    let (out, _, status) = run(&POLICY, input);
    (out.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), status)
}

/// The bill of the worked example, with some fields changed; `null` takes one away.
fn bill(changes: Value) -> String {
    let mut bill = json!({
        "person": "P1", "category": "registered-poor", "level": 2, "admitted": "2020-03-01", "discharged": "2020-03-09",
        "total": "20000.00", "own_pay": "1000.00", "over_limit": "0.00", "first_pay": "500.00",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => bill.as_object_mut().unwrap().remove(name),
            value => bill.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    bill.to_string()
}

/// Payer, base and pay of each layer, and the personal part.
fn amounts(slip: &Value) -> (Vec<[&str; 3]>, &str) {
    let layers = slip["layers"].as_array().unwrap().iter();
    let row = layers.map(|layer| ["payer", "base", "pay"].map(|key| layer[key].as_str().unwrap()));
    (row.collect(), slip["personal"].as_str().unwrap())
}

#[test]
fn the_worked_example() {
    let (out, told, status) = run(&POLICY, bill(json!({})));
    assert_eq!((told.as_str(), status, out.lines().count()), ("", 0, 1));
    let slip: Value = serde_json::from_str(&out).unwrap();
    let expected = vec![
        ["basic", "18500.00", "12600.00"],
        ["serious-illness", "5900.00", "585.00"],
        ["institution", "5315.00", "531.50"],
        ["assistance", "4783.50", "3348.45"],
        ["supplement", "1435.05", "1148.04"],
        ["re-assistance", "287.01", "0.00"],
    ];
    assert_eq!(amounts(&slip), (expected, "1787.01"));
    assert_eq!(slip["policy"], "illustrative-2020");
    // Nothing of it was confirmed for the district, and each layer says so.
    for layer in slip["layers"].as_array().unwrap() {
        assert!(layer["why"].as_str().unwrap().ends_with("（示例参数，未经本地核实）"), "{layer}");
        assert_eq!(layer.as_object().unwrap().keys().collect::<Vec<_>>(), ["payer", "base", "pay", "why"]);
    }
}

#[test]
fn every_refusal_has_its_code() {
    let check = |line: &str, code: &str, part: &str| {
        let input = format!("{}\n{line}\n{}", bill(json!({"person": "Other"})), bill(json!({"person": "Third"})));
        let (out, _, status) = run(&[&POLICY[..], &["--lang", "en"]].concat(), input);
        let out: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((out.len(), status), (3, 1), "{line}");
        assert_eq!(out[1]["error"]["code"], code, "{line}");
        let message = out[1]["error"]["message"].as_str().unwrap();
        assert!(message.contains(part), "{line}: {message}");
        assert_eq!(amounts(&out[0]), amounts(&out[2]), "{line}");
    };
    check("nonsense", "bad-json", "not one JSON object");
    check("[]", "bad-json", "not one JSON object");
    check("{} {}", "bad-json", "trailing");
    check("{\"person\":\"P1\",\"person\":\"P1\"}", "bad-json", "`person` stands twice");
    check(&bill(json!({"diagnoses": ["J18"]})), "bad-json", "`diagnoses` is no field of a bill");
    check(&bill(json!({"person": null})), "bad-json", "person is missing");
    check(&bill(json!({"person": 1})), "bad-json", "person is of a wrong type");
    check(&bill(json!({"level": "2"})), "bad-json", "level is of a wrong type");
    check(&bill(json!({"total": true})), "bad-json", "total is of a wrong type");
    check(&bill(json!({"discharged": 20_200_309})), "bad-json", "discharged is of a wrong type");
    check(
        &bill(json!({"kind": "spa"})),
        "bad-json",
        "no kind \"spa\"; one of inpatient, outpatient-chronic, outpatient",
    );
    check("{\"cancel\":\"1\"}", "bad-json", "cancel is of a wrong type");
    check("{\"cancel\":1,\"person\":\"Other\"}", "bad-json", "a cancellation with person");
    check(&bill(json!({"total": null})), "bad-amount", "total is missing");
    check(&bill(json!({"total": 20000})), "bad-amount", "total cannot be 20000");
    check(&bill(json!({"own_pay": "-1.00"})), "bad-amount", "own_pay cannot be \"-1.00\"");
    check(&bill(json!({"over_limit": "1.234"})), "bad-amount", "over_limit cannot be");
    check(&bill(json!({"first_pay": "1e3"})), "bad-amount", "first_pay cannot be");
    check(&bill(json!({"total": "10000000000.00"})), "bad-amount", "0 to 9999999999.99");
    check(&bill(json!({"admitted": null})), "bad-date", "admitted is missing");
    check(&bill(json!({"admitted": "2020-02-30"})), "bad-date", "admitted cannot be \"2020-02-30\"");
    check(&bill(json!({"discharged": "2020-3-9"})), "bad-date", "discharged cannot be");
    check(&bill(json!({"admitted": "2020-03-10"})), "bad-date", "after the discharge on 2020-03-09");
    check(&bill(json!({"level": null})), "bad-level", "level is missing");
    check(&bill(json!({"level": 4})), "bad-level", "level cannot be 4; 1, 2 or 3");
    check(&bill(json!({"level": 0})), "bad-level", "level cannot be 0");
    check(&bill(json!({"category": null})), "unknown-category", "category is missing");
    check(
        &bill(json!({"category": "poor"})),
        "unknown-category",
        "one of resident, registered-poor, subsistence, destitute",
    );
    check(&bill(json!({"own_pay": "19500.01"})), "exceeds-total", "come to 20000.01, more than the total of 20000.00");
    check(
        &bill(json!({"person": "Other", "discharged": "2020-03-08"})),
        "out-of-order",
        "last bill in force of 2020-03-09",
    );
    for line in ["0", "2", "3", "99", "-1", "1.5"] {
        check(&format!("{{\"cancel\":{line}}}"), "no-such-bill", "");
    }
}

#[test]
fn the_first_fault_in_the_order_of_the_codes_is_told() {
    // Each row mends the fault that the row before was told of.
    let mut wrong = json!({"person": 1, "total": "x", "admitted": "x", "level": 9, "category": "x", "own_pay": "2.00"});
    let mends = [
        ("bad-json", "person", json!("P1")),
        ("bad-amount", "total", json!("1.00")),
        ("bad-date", "admitted", json!("2020-03-01")),
        ("bad-level", "level", json!(1)),
        ("unknown-category", "category", json!("resident")),
        ("exceeds-total", "own_pay", json!("0.00")),
        ("out-of-order", "discharged", json!("2020-04-09")),
    ];
    for (code, field, mended) in mends {
        let first = bill(json!({"discharged": "2020-04-09"}));
        let (out, status) = answers(format!("{first}\n{}", bill(wrong.clone())));
        assert_eq!((out[1]["error"]["code"].as_str(), status), (Some(code), 1));
        wrong[field] = mended;
        if field == "own_pay" {
            wrong["first_pay"] = json!("0.00");
        }
    }
    let first = bill(json!({"discharged": "2020-04-09"}));
    assert_eq!(answers(format!("{first}\n{}", bill(wrong))).1, 0);
}

#[test]
fn amounts_may_be_written_short_and_hospitals_may_send_more() {
    let short = bill(json!({"total": "20000", "own_pay": "1000.0", "over_limit": "0", "hospital": "H1", "beds": 2}));
    let (out, status) = answers(format!("{short}\r\n"));
    assert_eq!((amounts(&out[0]).1, status), ("1787.01", 0));
}

#[test]
fn blank_lines_count_and_a_cancellation_tells_what_changes() {
    let second = bill(json!({"admitted": "2020-04-01", "discharged": "2020-04-09"}));
    let input =
        [&bill(json!({})), "", &second, "  \r", "{\"cancel\":1}", "{\"cancel\":1}", "{\"cancel\":3}"].join("\n");
    let (out, status) = answers(input);
    assert_eq!((out.len(), status), (5, 1));
    let cancelled = &out[2];
    assert_eq!(cancelled["cancelled"], 1);
    let expected = vec![
        ["basic", "-18500.00", "-12600.00"],
        ["serious-illness", "-5900.00", "-585.00"],
        ["institution", "-5315.00", "-531.50"],
        ["assistance", "-4783.50", "-3348.45"],
        ["supplement", "-1435.05", "-1148.04"],
        ["re-assistance", "-287.01", "0.00"],
    ];
    assert_eq!(amounts(cancelled), (expected, "-1787.01"));
    // The second is the first admission now.
    let again = cancelled["recomputed"].as_array().unwrap();
    assert_eq!((again.len(), &again[0]["line"]), (1, &json!(3)));
    assert_eq!(amounts(&again[0]), amounts(&out[0]));
    assert_ne!(amounts(&again[0]), amounts(&out[1]));
    assert_eq!(out[3]["error"]["code"], "already-cancelled");
    // What is taken back is what was last in force.
    assert_eq!((amounts(&out[4]), &out[4]["recomputed"]), (amounts(cancelled), &json!([])));
}

#[test]
fn the_arithmetic_is_told_in_either_language() {
    let (zh, _, status) = run(&[&POLICY[..], &["--trace"]].concat(), bill(json!({})));
    assert_eq!(status, 0);
    assert!(zh.contains("18500.00 − 500.00 = 18000.00；18000.00 × 70% = 12600.00"), "{zh}");
    assert!(zh.contains("依据：") && zh.contains("示例参数"), "{zh}");
    let (en, _, _) = run(&[&POLICY[..], &["--trace", "--lang", "en"]].concat(), bill(json!({"category": "resident"})));
    let slip: Value = serde_json::from_str(&en).unwrap();
    assert!(slip["layers"][1]["trace"].as_str().unwrap().contains("not above the deductible of 14000.00"), "{en}");
    // A layer that is not for this category stays on the slip.
    assert_eq!(slip["layers"][2]["pay"], "0.00");
    assert_eq!(slip["layers"][2]["base"], "5900.00");
    assert!(slip["layers"][2]["why"].as_str().unwrap().starts_with("This layer is not for: ordinary resident"), "{en}");
}

#[test]
fn only_admissions_count_and_other_care_has_its_own_figures() {
    let visit = |kind: &str| bill(json!({"kind": kind, "total": "1000.00", "own_pay": "0.00", "first_pay": "0.00"}));
    let (out, status) =
        answers([visit("outpatient-chronic"), visit("outpatient"), bill(json!({"kind": "inpatient"}))].join("\n"));
    assert_eq!(status, 0);
    let basic: Vec<&Value> = out.iter().map(|slip| &slip["layers"][0]["pay"]).collect();
    assert_eq!(basic, ["600.00", "60.00", "12600.00"]);
    assert!(out[1]["layers"][3]["why"].as_str().unwrap().starts_with("本层不含普通门诊"));
}

#[test]
fn lines_that_are_too_long_or_no_text_are_refused_and_the_rest_goes_on() {
    let mut input = vec![b'x'; 3_000_000];
    input.extend_from_slice(b"\n\xff\xfe\n");
    let padded = bill(json!({"note": "y".repeat((1 << 20) - bill(json!({"note": ""})).len())}));
    assert_eq!(padded.len(), 1 << 20);
    input.extend_from_slice(format!("{padded}\n{padded} \n{}", bill(json!({}))).as_bytes());
    let (out, status) = answers(input);
    let codes: Vec<Option<&str>> = out.iter().map(|answer| answer["error"]["code"].as_str()).collect();
    assert_eq!((codes, status), (vec![Some("bad-json"), Some("bad-json"), None, Some("bad-json"), None], 1));
}

#[test]
fn an_answer_does_not_wait_for_more_input() {
    let mut child = command(&POLICY).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(stdin, "{}", bill(json!({}))).unwrap();
        stdin.flush().unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.contains("\"personal\":"), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn bills_are_taken_as_a_desk_settled_them_where_that_is_asked_for() {
    let later = bill(json!({"admitted": "2020-03-01", "discharged": "2020-03-09"}));
    let both = format!("{later}\n{}\n", bill(json!({"admitted": "2020-02-01", "discharged": "2020-02-09"})));
    let (out, _, status) = run(&["--policy", "illustrative-2020"], both.clone());
    assert!(out.contains("out-of-order") && status == 1, "{out}");
    let (out, _, status) = run(&["--policy", "illustrative-2020", "--as-settled"], both);
    let second: Value = serde_json::from_str(out.lines().nth(1).unwrap()).unwrap();
    assert_eq!((status, &second["layers"][0]["pay"]), (0, &json!("12775.00")), "the second admission of the year");
}

#[test]
fn a_policy_is_named_by_the_catalog_or_by_its_path() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog");
    let file = root.join("settlement/illustrative-2018.toml");
    let (out, _, status) = run(&["--policy", file.to_str().unwrap()], bill(json!({})));
    let slip: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (slip["layers"].as_array().unwrap().len(), &slip["policy"], status),
        (5, &json!("illustrative-2018"), 0)
    );
    let (same, _, _) = run(&["--policy", "illustrative-2018", "--catalog", root.to_str().unwrap()], bill(json!({})));
    assert_eq!(same, out);
    let (out, told, status) = run(&["--policy", "law"], "");
    assert_eq!((out.as_str(), status), ("", 2));
    assert!(
        told.contains("no policy law; there are: illustrative-2016, illustrative-2018, illustrative-2020"),
        "{told}"
    );
    let folder = std::env::temp_dir().join(format!("yizhan-policy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let broken = folder.join("broken.toml");
    std::fs::write(&broken, std::fs::read_to_string(&file).unwrap().replacen("half = \"up\"", "half = \"even\"", 1))
        .unwrap();
    let (_, told, status) = run(&["--policy", broken.to_str().unwrap()], "");
    assert_eq!(status, 2);
    assert!(told.contains("broken.toml:") && told.contains("`half` cannot be `even`; expected up"), "{told}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The person-years by the reference: bills in force by line, and what they come to.
#[derive(Default)]
struct Reference {
    years: BTreeMap<(usize, i32), Vec<(usize, PlainBill)>>,
    slips: BTreeMap<usize, PlainSlip>,
    places: BTreeMap<usize, (usize, i32)>,
}

impl Reference {
    fn bill(&mut self, line: usize, bill: PlainBill) -> PlainSlip {
        let place = (bill.person, bill.on.ymd().0);
        self.places.insert(line, place);
        self.years.entry(place).or_default().push((line, bill));
        self.reckon(place);
        self.slips[&line]
    }

    /// What was in force, and the lines of which the amounts are others now.
    fn cancel(&mut self, line: usize) -> (PlainSlip, Vec<(usize, PlainSlip)>) {
        let place = self.places[&line];
        self.years.get_mut(&place).unwrap().retain(|(other, _)| *other != line);
        let was = self.slips.remove(&line).unwrap();
        (was, self.reckon(place))
    }

    fn reckon(&mut self, place: (usize, i32)) -> Vec<(usize, PlainSlip)> {
        let bills: Vec<PlainBill> = self.years[&place].iter().map(|(_, bill)| *bill).collect();
        let found = self.years[&place].iter().map(|(line, _)| *line).zip(person_year(&bills));
        let changed: Vec<_> = found.filter(|(line, slip)| self.slips.get(line) != Some(slip)).collect();
        self.slips.extend(changed.iter().copied());
        changed
    }
}

#[test]
fn the_engine_agrees_with_the_reference_on_ten_thousand_person_years() {
    let policy = yizhan::settle::policy("illustrative-2020", None).unwrap();
    let mut bills_settled = 0;
    for seed in 0..10_000 {
        let random = SeededEntropy::new(seed);
        let lines = 1 + random.below(10) as usize;
        let mut person = Person::default();
        let mut reference = Reference::default();
        for (line, deed) in (1..).zip(bills::lines(seed, 1, lines, 366, Some(4))) {
            match deed {
                Deed::Bill(plain) => {
                    let bill = bills::of_policy(&policy, &plain);
                    let (settled, _) = person.settle(&policy.table, line as u64, bill).unwrap();
                    let expected = reference.bill(line, plain);
                    assert!(
                        bills::agrees(&settled.slip, &expected),
                        "seed {seed}: {:?}, not {expected:?}",
                        settled.slip
                    );
                    bills_settled += 1;
                }
                Deed::Cancel(of) => {
                    let cancelled = person.cancel(&policy.table, of as u64).unwrap();
                    let (was, changed) = reference.cancel(of);
                    assert!(bills::agrees(&cancelled.was.slip, &was), "seed {seed}, line {line}");
                    let same =
                        |((own, _), (line, slip)): (&(yizhan_core::settlement::Settled, _), &(usize, PlainSlip))| {
                            own.line == *line as u64 && bills::agrees(&own.slip, slip)
                        };
                    assert_eq!(cancelled.changed.len(), changed.len(), "seed {seed}, line {line}");
                    assert!(cancelled.changed.iter().zip(&changed).all(same), "seed {seed}, line {line}");
                }
            }
        }
    }
    assert!(bills_settled > 30_000);
}

#[test]
fn the_command_agrees_with_the_reference_on_fifty_thousand_lines() {
    let deeds = bills::lines(2021, 12_000, 50_000, 731, Some(12));
    let line = |deed: &Deed| match deed {
        Deed::Bill(plain) => bills::line(plain),
        Deed::Cancel(of) => format!("{{\"cancel\":{of}}}"),
    };
    let (out, _, status) = run(&POLICY, deeds.iter().map(line).collect::<Vec<_>>().join("\n"));
    assert_eq!((out.lines().count(), status), (50_000, 0));
    let mut reference = Reference::default();
    let mut changes = 0;
    for ((number, deed), text) in (1..).zip(&deeds).zip(out.lines()) {
        let answer: Value = serde_json::from_str(text).unwrap();
        match deed {
            Deed::Bill(plain) => check(&answer, &reference.bill(number, *plain), 1, number),
            Deed::Cancel(of) => {
                let (was, changed) = reference.cancel(*of);
                assert_eq!(answer["cancelled"], *of);
                check(&answer, &was, -1, number);
                let recomputed = answer["recomputed"].as_array().unwrap();
                assert_eq!(recomputed.len(), changed.len(), "line {number}");
                for (answer, (line, slip)) in recomputed.iter().zip(&changed) {
                    assert_eq!(answer["line"], *line, "line {number}");
                    check(answer, slip, 1, number);
                    changes += 1;
                }
            }
        }
    }
    assert!(changes > 1_000, "{changes} bills changed");
}

fn check(answer: &Value, slip: &PlainSlip, sign: i64, number: usize) {
    let fen = |fen: i64| Fen(sign * fen).to_string();
    assert_eq!(answer["personal"], fen(slip.personal), "line {number}");
    for (layer, name) in LAYERS.iter().enumerate() {
        let found = &answer["layers"][layer];
        let expected = (*name, fen(slip.base[layer]), fen(slip.pay[layer]));
        let text = |key: &str| found[key].as_str().unwrap();
        assert_eq!((text("payer"), text("base").to_owned(), text("pay").to_owned()), expected, "line {number}");
    }
}

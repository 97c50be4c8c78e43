//! What was taken out of a zone is read back with nothing but CSV and JSON: this reader knows no type of the program. It
//! counts again, adds up again and hashes the chain again, by what the export's own README says.

use crate::backup::world::{World, said, yizhan};
use ring::digest::{Context, SHA256};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use yizhan::bench::cluster::Cluster;
use yizhan::bench::world::Place;
use yizhan::paper::act::attach;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;

/// A row by column: nothing is absent.
type Row = BTreeMap<String, String>;

/// Reads CSV as RFC 4180 says, after the byte order mark.
fn csv(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark, for Excel");
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, text.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "the last line ends");
    rows
}

/// An export, by its description.
struct Taken {
    folder: PathBuf,
    described: Value,
}

impl Taken {
    fn open(folder: &Path) -> Self {
        let described = std::fs::read(folder.join("schema.json")).unwrap();
        Self { folder: folder.to_owned(), described: serde_json::from_slice(&described).unwrap() }
    }

    fn resources(&self) -> &[Value] {
        self.described["resources"].as_array().unwrap()
    }

    /// The rows of a table, texts as they were before they were written.
    fn table(&self, path: &str) -> Vec<Row> {
        let ours = |one: &&Value| one["path"].as_str().unwrap().rsplit_once('.').unwrap().0 == path;
        let resource = self.resources().iter().find(ours).unwrap_or_else(|| panic!("no table {path}"));
        let fields = resource["schema"]["fields"].as_array().unwrap();
        for field in fields {
            assert!(!field["title"].as_str().unwrap().is_empty() && !field["title_en"].as_str().unwrap().is_empty());
        }
        let text = std::fs::read_to_string(self.folder.join(resource["path"].as_str().unwrap())).unwrap();
        let rows: Vec<Row> = if resource["format"] == "csv" {
            let mut rows = csv(&text).into_iter();
            let names = rows.next().unwrap();
            assert_eq!(names, fields.iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>());
            let texts: Vec<bool> =
                fields.iter().map(|one| one["type"] == "string" && one.get("constraints").is_none()).collect();
            rows.map(|cells| {
                assert_eq!(cells.len(), names.len());
                let told = names.iter().zip(cells).zip(&texts).filter(|((_, cell), _)| !cell.is_empty());
                let told = told.map(|((name, cell), text)| {
                    let plain = cell.strip_prefix('\\').filter(|_| *text).map(str::to_owned);
                    (name.clone(), plain.unwrap_or(cell))
                });
                told.collect()
            })
            .collect()
        } else {
            text.lines()
                .map(|line| {
                    let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
                    let told = object.into_iter().filter(|(_, value)| !value.is_null());
                    told.map(|(name, value)| (name, value.as_str().map_or(value.to_string(), str::to_owned))).collect()
                })
                .collect()
        };
        assert_eq!(resource["rows"], rows.len(), "{path}");
        rows
    }

    /// Every letter of every file.
    fn everything(&self) -> String {
        fn walk(folder: &Path, into: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                match entry.path().is_dir() {
                    true => walk(&entry.path(), into),
                    false => into.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap())),
                }
            }
        }
        let mut text = String::new();
        walk(&self.folder, &mut text);
        text
    }
}

/// The columns of the tables of evidence as the README names them: integers, texts, hexadecimal and base64.
const TABLES: [(&str, &str); 6] = [
    ("subject", "iiit"),
    ("fact", "iiiitt6iiiit"),
    ("step", "iiiittiiii"),
    ("transfer", "iiiititiiit"),
    ("outbox", "iiiti6"),
    ("body", "iiii6"),
];

fn put(hash: &mut Context, kind: char, cell: Option<&String>) {
    let Some(cell) = cell else { return hash.update(&[0xff; 5]) };
    let bytes = match kind {
        'i' => return hash.update(&cell.parse::<i64>().unwrap().to_le_bytes()),
        't' => cell.clone().into_bytes(),
        'x' => data_encoding::HEXLOWER.decode(cell.as_bytes()).unwrap(),
        _ => data_encoding::BASE64.decode(cell.as_bytes()).unwrap(),
    };
    hash.update(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
    hash.update(&bytes);
}

/// Hashes the chain again: how many acts, and the last hash.
fn hash_again(taken: &Taken) -> (usize, String) {
    let names = |path: &str| -> Vec<String> {
        let ours = |one: &&Value| one["name"] == format!("evidence-{path}");
        let fields = taken.resources().iter().find(ours).unwrap()["schema"]["fields"].as_array().unwrap();
        fields.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let columns: Vec<(&str, Vec<(String, char)>, Vec<Row>)> = TABLES
        .iter()
        .map(|(table, kinds)| {
            let kinds = names(table).into_iter().zip(kinds.chars()).collect();
            (*table, kinds, taken.table(&format!("evidence/{table}")))
        })
        .collect();
    let add = |hash: &mut Context, seq: &String, tables: &[(&str, Vec<(String, char)>, Vec<Row>)]| -> usize {
        let mut rows = 0;
        for (table, kinds, all) in tables {
            for row in all.iter().filter(|row| row["seq"] == *seq) {
                rows += 1;
                hash.update(table.as_bytes());
                kinds.iter().for_each(|(name, kind)| put(hash, *kind, row.get(name)));
            }
        }
        rows
    };
    let journal: Vec<(String, char)> = names("journal").into_iter().zip("iiittxxiiiixx".chars()).collect();
    let mut before = ring::digest::digest(&SHA256, b"yizhan zone").as_ref().to_vec();
    let records = taken.table("evidence/journal");
    for record in &records {
        let mut hash = Context::new(&SHA256);
        hash.update(&before);
        journal[..12].iter().for_each(|(name, kind)| put(&mut hash, *kind, record.get(name)));
        add(&mut hash, &record["seq"], &columns[..5]);
        before = hash.finish().as_ref().to_vec();
        assert_eq!(data_encoding::HEXLOWER.encode(&before), record["hash"], "act {}", record["seq"]);
        let mut bodies = Context::new(&SHA256);
        let any = add(&mut bodies, &record["seq"], &columns[5..]) > 0;
        let bodies = any.then(|| data_encoding::HEXLOWER.encode(bodies.finish().as_ref()));
        assert_eq!(bodies.as_ref(), record.get("bodies"));
    }
    (records.len(), data_encoding::HEXLOWER.encode(&before))
}

/// Adds transfers up again: posted, leaving and arriving of each account.
fn add_up(rows: &[Row]) -> BTreeMap<(String, String), [i64; 3]> {
    let mut held: BTreeMap<(String, String), [i64; 3]> = BTreeMap::new();
    let waiting: BTreeMap<&String, i64> =
        rows.iter().map(|row| (&row["n"], row["amount_fen"].parse().unwrap())).collect();
    for row in rows {
        let mut add = |side: &str, place: usize, fen: i64| {
            held.entry((row["fund"].clone(), row[side].clone())).or_default()[place] += fen;
        };
        let fen: i64 = row["amount_fen"].parse().unwrap();
        if let Some(settled) = row.get("pending") {
            add("debit", 1, -waiting[settled]);
            add("credit", 2, -waiting[settled]);
        }
        match &*row["phase"] {
            "pending" => {
                add("debit", 1, fen);
                add("credit", 2, fen);
            }
            "void" => {}
            _ => {
                add("debit", 0, -fen);
                add("credit", 0, fen);
            }
        }
    }
    held
}

/// What every export holds, whatever its format.
fn assert_whole(taken: &Taken, acts: u64) {
    let (found, head) = hash_again(taken);
    assert_eq!((found as u64, &*head), (acts, taken.described["yizhan"]["head"].as_str().unwrap()));
    let steps = taken.table("evidence/step");
    let opened = steps.iter().filter(|row| row["verb"] == "open").count();
    assert_eq!(taken.table("cases/travel-declaration").len(), opened);
    let subjects = taken.table("evidence/subject");
    for kind in ["staff", "treasury", "household", "person"] {
        let known = subjects.iter().filter(|row| row["kind"] == kind).count();
        assert_eq!(taken.table(&format!("subjects/{kind}")).len(), known, "{kind}");
    }
    let said: BTreeMap<(String, String), [i64; 3]> = taken
        .table("money/balances")
        .into_iter()
        .map(|row| {
            assert_eq!(row["posted"].starts_with('-'), row["posted_fen"].starts_with('-'), "an amount, not a text");
            let fen = ["posted_fen", "leaving_fen", "arriving_fen"].map(|name| row[name].parse().unwrap());
            ((row["fund"].clone(), row["account"].clone()), fen)
        })
        .collect();
    let held = add_up(&taken.table("evidence/transfer"));
    assert_eq!((&held, held.len()), (&said, 2));
    assert_eq!(said.values().map(|held| held[0]).sum::<i64>(), 0, "debits equal credits");
    assert_eq!(taken.table("money/transfers").len(), taken.table("evidence/transfer").len());
    assert!(taken.folder.join("catalog/service/travel-declaration.toml").exists());
}

async fn taken_out(place: Place) {
    let world = World::begun(place).await;
    let place = world.place.folder.clone();
    // A paper, and a text that a spreadsheet would run.
    let image = world.app.image();
    let case = Viewer::program().look(&image).cases().next().unwrap().subject;
    let holder = Viewer::of(&image, Actor::Holder(case), world.app.now().day()).unwrap();
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, 7]))
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    attach(&world.app, &holder, case, "test-report", "=1+1.png", picture.into_inner()).await.unwrap();
    world.forget(2).await;
    let acts = world.seq();
    let (data, config) = (world.place.data.clone(), world.place.config_file().display().to_string());
    let export = |to: &Path, more: &[&str]| {
        let to = to.display().to_string();
        let line = [&["export", "--data", &data, "--config", &config, "--to", &to], more].concat();
        tokio::task::block_in_place(|| yizhan(&line))
    };

    // Masked, while the zone is served.
    let masked = place.join("masked");
    let output = export(&masked, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said(&output)["acts"], acts);
    let taken = Taken::open(&masked);
    assert_whole(&taken, acts);
    let answers = taken.table("answers/travel-declaration");
    let first =
        |rows: &[Row], field: &str| rows.iter().find(|row| row["field"] == field).map(|row| row["value"].clone());
    assert_eq!(first(&answers, "/citizen_number").map(|text| text.contains("****")), Some(true));
    assert_eq!(first(&answers, "/transport").as_deref(), Some("train"), "what the form lists is shown");
    assert_eq!(first(&answers, "/destination/detail").as_deref(), Some("********"));
    assert!(first(&answers, "/destination/region").is_some_and(|code| code.starts_with("9901")));
    let cases = |rows: &[Row]| rows.iter().filter(|row| row["field"] == "/transport").count();
    assert_eq!(cases(&answers), 4, "of five one was forgotten");
    let everything = taken.everything();
    assert!(!everything.contains("大槐树") && !everything.contains("测试0"), "nothing that was written is shown");
    assert_eq!(taken.table("papers").len(), 1);
    assert!(!masked.join("papers").exists());
    assert!(String::from_utf8_lossy(&export(&masked, &[]).stderr).contains("is not empty"));

    // Opened, with a reason, while nobody serves.
    let whole = place.join("whole");
    assert!(!export(&whole, &["--open-sealed"]).status.success(), "without a reason nothing is opened");
    let _place = world.end().await;
    let short = export(&whole, &["--open-sealed", "--reason", " x "]);
    assert!(String::from_utf8_lossy(&short.stderr).contains("why"));
    let output = export(&whole, &["--open-sealed", "--reason", "移交档案馆"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let taken = Taken::open(&whole);
    assert_whole(&taken, acts + 1);
    let answers = taken.table("answers/travel-declaration");
    assert!(first(&answers, "/destination/detail").is_some_and(|text| text.contains("大槐树")));
    assert_eq!(cases(&answers), 4, "what was forgotten stays forgotten");
    assert_eq!(first(&answers, "/file").as_deref(), Some("=1+1.png"), "as it was");
    assert!(taken.everything().contains(",\\=1+1.png"), "and no formula for a spreadsheet");
    let paper = &taken.table("papers")[0];
    let bytes = std::fs::read(whole.join(&paper["file"])).unwrap();
    assert_eq!(data_encoding::HEXLOWER.encode(ring::digest::digest(&SHA256, &bytes).as_ref()), paper["sha256"]);
    let record = taken.table("evidence/journal").pop().unwrap();
    assert_eq!(record["verb"], "export-open");
    let reason = taken.table("evidence/body").pop().unwrap();
    let reason = data_encoding::BASE64.decode(reason["sealed"].as_bytes()).unwrap();
    assert!(String::from_utf8(reason).unwrap().contains("移交档案馆"));

    // As JSON.
    let json = place.join("json");
    assert!(export(&json, &["--format", "json"]).status.success());
    let taken = Taken::open(&json);
    assert_whole(&taken, acts + 1);
    assert!(taken.table("answers/travel-declaration")[0]["answers"].contains("\"transport\":\"train\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_read_back_without_this_program() {
    let cluster = tokio::task::block_in_place(|| Cluster::start().unwrap());
    taken_out(Place::new("export-a", None).unwrap()).await;
    taken_out(Place::new("export-b", Some(cluster.address("export"))).unwrap()).await;
}

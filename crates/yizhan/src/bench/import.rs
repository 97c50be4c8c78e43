//! `yizhan bench import`: a table of so many people brought into an empty register, and brought again.

use super::cluster::{self, Cluster};
use super::world::Place;
use super::{Figures, Options, median};
use crate::app::App;
use crate::register::columns::{ImportAsked, ImportState};
use crate::register::import;
use crate::store;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::access::Viewer;
use yizhan_kit::Day;
use yizhan_kit::codes::CitizenNumber;

/// Of so many rows one has a wrong check digit.
const WRONG: usize = 1_000;

/// Runs the bench. `--acts` is the number of people.
///
/// # Errors
/// A row that is not counted as it must be, or a second time that changes something.
pub fn run(options: &Options) -> Result<Figures, String> {
    let people = options.acts(100_000, 3_000);
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    let villages: Vec<String> = catalog.regions.villages().map(|village| village.code.to_string()).collect();
    let (table, wrong) = table(people, &villages);
    let cluster = options.engines.iter().any(|engine| engine == "postgres").then(Cluster::start).transpose()?;
    let mut figures = Figures::default();
    figures.add("import: rows", people as f64);
    figures.add("import: rows with a wrong number", wrong as f64);
    for engine in &options.engines {
        let (mut first, mut again) = (Vec::new(), Vec::new());
        for run in 0..options.runs(3, 1) {
            let zone = format!("{engine}-import{run}");
            let server = cluster.as_ref().filter(|_| engine == "postgres").map(|cluster| cluster.address(&zone));
            let place = Place::new(&zone, server)?;
            let (app, ended) = place.start()?;
            first.push(bring(&app, &table, [people - wrong, 0, 0, wrong])?);
            let facts = app.image().counts.facts;
            again.push(bring(&app, &table, [0, 0, people - wrong, wrong])?);
            if app.image().counts.facts != facts {
                return Err("WRONG RESULT: the same table twice wrote facts".into());
            }
            drop(app);
            let _ = ended.blocking_recv();
        }
        let name = format!("import: {engine}, s");
        figures.add(&name, median(first));
        figures.at_most(&name, 30.0);
        figures.add(&format!("import: {engine}, the same again, s"), median(again));
    }
    Ok(figures)
}

/// Brings a table; how long it took, in seconds.
fn bring(app: &Arc<App>, table: &str, expected: [usize; 4]) -> Result<f64, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let viewer = Viewer::program();
    let began = Instant::now();
    let state: ImportState = runtime.block_on(async {
        let asked = ImportAsked::default();
        let name = import::begin(app, &viewer, &asked, table.as_bytes()).map_err(|problem| problem.to_string())?;
        loop {
            let state = import::progress(app, &viewer, &name).map_err(|problem| problem.to_string())?;
            if state.over {
                return Ok::<_, String>(state);
            }
            cluster::pause(5);
        }
    })?;
    let took = began.elapsed().as_secs_f64();
    let found = [state.added, state.changed, state.same, state.bad];
    if found != expected || !state.failure.is_empty() {
        return Err(format!("WRONG RESULT: added, changed, same, bad {found:?}, not {expected:?}; {}", state.failure));
    }
    Ok(took)
}

/// A table of households of one to four people, and how many of its rows have a wrong number.
fn table(people: usize, villages: &[String]) -> (String, usize) {
    let mut table = String::from(
        "户编号,行政村,是否建档立卡户,户属性,主要致贫原因,是否脱贫,收入年度,工资性收入,生产经营性收入,生产经营性支出,财产性收入,\
         转移性收入,低保金,不愁吃,不愁穿,自来水,姓名,证件号码,与户主关系,在校生状况,健康状况,居民基本医疗保险,是否享受低保\n",
    );
    let (mut household, mut member, mut wrong) = (0, 0, 0);
    for n in 0..people {
        if member > household % 4 {
            (household, member) = (household + 1, 0);
        }
        let born = Day(i32::try_from(n / 900 % 18_000).expect("below eighteen thousand"));
        let order = u16::try_from(n % 900 + 1).expect("below a thousand");
        let mut number = CitizenNumber::compose("990100", born, order).expect("a valid prefix and order").to_string();
        if n % WRONG == WRONG - 1 {
            let last = if number.ends_with('5') { "6" } else { "5" };
            number.replace_range(17.., last);
            wrong += 1;
        }
        let village = &villages[household % villages.len()];
        let relation = ["户主", "配偶", "之子", "之女"][member];
        let income = 8_000 + household % 30_000;
        writeln!(
            table,
            "H-{household},{village},是,一般贫困户,因病,已脱贫,2020,{income}.00,0,0,0,1200,0,是,是,是,测试{n},{number},{relation},非在校生,健康,是,否"
        )
        .expect("text grows in memory");
        member += 1;
    }
    (table, wrong)
}

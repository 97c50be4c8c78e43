//! Rivers, wetlands, belts, readings of air and water, and the notice that water must be boiled: catalog files alone.

use crate::asset;
use crate::programme::town::Town;
use crate::testing::VILLAGE;
use serde_json::{Value, json};
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;

/// The one subject of a kind.
fn only(town: &Town, kind: &str) -> u32 {
    let program = Viewer::program();
    let image = town.app().app.image();
    let all: Vec<u32> = program.look(&image).subjects_of(kind).map(|subject| subject.0).collect();
    assert_eq!(all.len(), 1, "{kind}: {all:?}");
    all[0]
}

fn gaps(town: &Town, subject: u32) -> Vec<String> {
    let mut rules = asset::gaps(town.app(), subject, town.today());
    rules.sort();
    rules
}

#[tokio::test]
async fn a_planned_wetland_owes_its_day_and_a_kept_one_its_patrol() {
    let mut town = Town::new();
    let by = town.today().plus(20);
    let form = json!({"region": VILLAGE, "place_name": "柳湾河湿地", "kind": "wetland", "state": "planned", "planned_until": by.to_string()});
    town.carried("green-register", form, vec![("township", &[], json!({}))]).await;
    let wetland = only(&town, "green-place");
    assert!(gaps(&town, wetland).is_empty(), "nothing is owed before its day");
    town.days_pass(21);
    assert_eq!(gaps(&town, wetland), ["green-in-time"]);
    let patrol = |town: &Town, more: Value| {
        let mut form = json!({"region": VILLAGE, "place": wetland, "done_on": town.today().to_string(), "state": "kept", "sound": "yes", "at": "36.45678,115.98765", "found": "已建成，水面清洁"});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    town.carried("green-patrol", patrol(&town, json!({})), vec![("township", &["photo"], json!({}))]).await;
    assert!(gaps(&town, wetland).is_empty());
    let dirty = patrol(&town, json!({"sound": "no", "found": "有漂浮垃圾"}));
    town.carried("green-patrol", dirty, vec![("township", &["photo"], json!({}))]).await;
    assert_eq!(gaps(&town, wetland), ["green-sound"]);
    town.carried("green-patrol", patrol(&town, json!({})), vec![("township", &["photo"], json!({}))]).await;
    town.days_pass(31);
    assert_eq!(gaps(&town, wetland), ["green-patrolled"]);
    let silent = json!({"region": VILLAGE, "place": wetland, "done_on": town.today().to_string(), "state": "kept", "sound": "yes", "at": "36.45678,115.98765"});
    assert_eq!(town.try_open("clerk", "green-patrol", silent).await.code(), "form-invalid");
    let nowhere = town.try_open("clerk", "green-patrol", patrol(&town, json!({"at": ""}))).await;
    assert_eq!(nowhere.code(), "form-invalid", "the duty is proved by its place");
}

#[tokio::test]
async fn a_reading_is_held_against_what_was_aimed_at() {
    let mut town = Town::new();
    let form = json!({"region": VILLAGE, "point_name": "柳湾桥断面", "kind": "river", "aim": 4});
    let number = town.open("township", "monitor-register", form).await;
    town.go_on(&number, vec![("district", &[], json!({}))]).await;
    let point = only(&town, "monitor");
    assert_eq!(gaps(&town, point), ["monitor-read"]);
    let read = |town: &Town, grade: i64| json!({"region": VILLAGE, "point": point, "read_on": town.today().to_string(), "grade": grade, "note": "月度监测"});
    town.carried("reading", read(&town, 5), vec![("district", &["report"], json!({}))]).await;
    assert_eq!(gaps(&town, point), ["monitor-as-aimed"]);
    town.carried("reading", read(&town, 4), vec![("district", &["report"], json!({}))]).await;
    assert!(gaps(&town, point).is_empty());
    assert_eq!(town.known(point, "monitor.grade"), Some(Known::Int(4)));
    town.days_pass(32);
    assert_eq!(gaps(&town, point), ["monitor-read"]);
    assert_eq!(town.try_open("clerk", "reading", read(&town, 9)).await.code(), "form-invalid");
}

#[tokio::test]
async fn where_water_fails_people_are_told_and_told_again_when_it_is_good() {
    let mut town = Town::new();
    let well = town.settle("water-point", VILLAGE, "柳湾村供水点");
    let test = |town: &Town, result: &str| json!({"region": VILLAGE, "water_point": well, "sampled_on": town.today().to_string(), "kind": "spot", "result": result, "laboratory": "区疾控中心", "litres": 60, "fetch_minutes": 5});
    town.carried("water-test", test(&town, "false"), vec![("township", &["report"], json!({}))]).await;
    assert_eq!(gaps(&town, well), ["boil-notice-given"]);
    let notice = |town: &Town, what: &str| json!({"region": VILLAGE, "water_point": well, "what": what, "from": town.today().to_string(), "advice": "请烧开再喝，村口有送水车"});
    town.carried("boil-water", notice(&town, "begin"), vec![("township", &[], json!({}))]).await;
    assert!(gaps(&town, well).is_empty());
    town.days_pass(3);
    let sampled = town.today();
    town.carried("water-test", test(&town, "true"), vec![("township", &["report"], json!({}))]).await;
    assert_eq!(gaps(&town, well), ["boil-notice-lifted"]);
    town.carried("boil-water", notice(&town, "end"), vec![("township", &[], json!({}))]).await;
    assert!(gaps(&town, well).is_empty());
    assert_eq!(town.known(well, "water-point.spot-checked-on"), Some(Known::Day(sampled)));
    let silent = json!({"region": VILLAGE, "water_point": well, "what": "begin", "from": town.today().to_string()});
    assert_eq!(town.try_open("clerk", "boil-water", silent).await.code(), "form-invalid");
}

//! Several zones on one server, served by one program: each has keys and signed heads of its own, and its keys are changed without
//! touching the others'.

use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use yizhan::app::Request;
use yizhan::bench::cluster::Cluster;
use yizhan::bench::world::{Declarations, Place, SERVICE};
use yizhan::case::act;
use yizhan::cluster::host::{Hosted, found_if_new};
use yizhan::command::Common;
use yizhan::serve::rotate::{self, Later};
use yizhan::store;
use yizhan_core::act::Actor;
use yizhan_core::cluster::{Instance, LEASE_MS, Registry};
use yizhan_core::heads::{self, HEADS_FILE};
use yizhan_core::verify::verify;
use yizhan_core::waist::{Address, Lines, PostgresRegistry, Reader};
use yizhan_kit::digest::HashKind;

const ZONES: [&str; 2] = ["east", "west"];

/// A server, and the place of its keys.
struct World {
    place: Place,
    server: Cluster,
}

impl World {
    fn new(name: &str) -> Self {
        let server = Cluster::start().expect("PostgreSQL starts");
        let place = Place::new(name, Some(server.address("east,west"))).unwrap();
        Self { place, server }
    }

    fn address(&self, zone: &str) -> Address {
        Address::parse(&self.server.address(zone))
    }

    fn registry(&self) -> PostgresRegistry {
        PostgresRegistry::open(self.server.address("").trim_end_matches('#')).unwrap()
    }

    fn common(&self, zone: &str) -> Common {
        Common { data: self.server.address(zone), ..self.place.common() }
    }

    fn found(&self, several: bool) {
        let (common, config) = (self.place.common(), self.place.config().unwrap());
        for zone in ZONES {
            let address = self.address(zone);
            found_if_new(&mut self.registry(), zone, &address, several, &common, &config).unwrap();
        }
    }

    /// Owns a zone for a while.
    async fn owning(&self, zone: &str, during: impl AsyncFnOnce(&Hosted)) {
        let me = Instance { name: "one".into(), address: "http://127.0.0.1:1".into() };
        let lines = Lines::new(self.server.address("").trim_end_matches('#'));
        let config = self.place.config().unwrap();
        let hosted = block_in_place(|| Hosted::open(zone.into(), &self.address(zone), &lines, &config).unwrap());
        let epoch = block_in_place(|| self.registry().take(zone, &me, LEASE_MS).unwrap().expect("nobody owns it"));
        block_in_place(|| hosted.own(epoch, &Handle::current()).unwrap());
        during(&hosted).await;
        block_in_place(|| hosted.release());
        hosted.end();
        block_in_place(|| self.registry().release(zone, &me).unwrap());
    }

    async fn declare(&self, zone: &str, n: usize) {
        self.owning(zone, async |hosted| {
            let app = hosted.answering().app.clone();
            let villages = Declarations::new(app.image().catalog().unwrap(), app.now());
            let body = villages.body(n);
            let request = Request::keyed("several", &n.to_string(), body.as_bytes());
            act::open(&app, Actor::Resident, SERVICE, request, body.as_bytes()).await.unwrap();
        })
        .await;
    }

    /// Everything verifies, sealed bodies and signed heads included: how many heads there are.
    fn verified(&self, zone: &str) -> usize {
        let (address, config) = (self.address(zone), self.place.config().unwrap());
        let vault = store::vault(&address, &config).unwrap();
        let heads = heads::read(&store::folder(&address, &config).join(HEADS_FILE)).unwrap();
        let report = verify(&mut Reader::open(&address).unwrap(), HashKind::Sha256, Some(&vault), &heads).unwrap();
        assert_eq!(report.faults, Vec::<String>::new(), "{zone}");
        heads.len()
    }

    fn is_rotating(&self, zone: &str) -> bool {
        store::vault(&self.address(zone), &self.place.config().unwrap()).unwrap().is_rotating()
    }
}

fn bytes(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_zone_has_its_own_keys_and_heads_and_a_change_of_one_leaves_the_others_alone() {
    let world = block_in_place(|| World::new("several"));
    block_in_place(|| world.found(true));
    for (n, zone) in ZONES.into_iter().enumerate() {
        world.declare(zone, n).await;
    }
    let own = |zone: &str| world.place.folder.join("zones").join(zone);
    assert_ne!(bytes(&own("east").join("keys/zone.key")), bytes(&own("west").join("keys/zone.key")));
    assert_ne!(bytes(&own("east").join("master.key")), bytes(&own("west").join("master.key")));
    assert!(!world.place.folder.join("keys").exists(), "nothing is shared");
    assert!(block_in_place(|| ZONES.iter().all(|zone| world.verified(zone) > 0)), "a head was signed of each");

    block_in_place(|| rotate::run(&world.common("east"), Later::Yes).unwrap());
    assert!(block_in_place(|| world.is_rotating("east") && !world.is_rotating("west")));
    // Whoever owns it next wraps the keys anew behind its answers.
    world
        .owning("east", async |_| {
            let began = Instant::now();
            while block_in_place(|| world.is_rotating("east")) {
                assert!(began.elapsed() < Duration::from_secs(20), "the keys are not wrapped anew");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    for zone in ZONES {
        world.declare(zone, 7).await;
        assert!(block_in_place(|| world.verified(zone)) > 1, "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_another_zone_lies_under_too_are_not_changed() {
    let world = block_in_place(|| World::new("several-shared"));
    block_in_place(|| world.found(true));
    // As a release before left it: both under one key.
    let folder = world.place.folder.join("zones/east");
    for file in ["keys", "master.key"] {
        std::fs::rename(folder.join(file), world.place.folder.join(file)).unwrap();
    }
    std::fs::remove_dir_all(world.place.folder.join("zones")).unwrap();
    let refused = block_in_place(|| rotate::run(&world.common("east"), Later::No).unwrap_err());
    assert!(refused.contains("west may share the keys"), "{refused}");
    std::fs::create_dir_all(folder.join("keys")).unwrap();
    for file in ["keys/zone.key", "master.key"] {
        std::fs::copy(world.place.folder.join(file), folder.join(file)).unwrap();
    }
    block_in_place(|| rotate::run(&world.common("east"), Later::No).unwrap());
    world.declare("west", 1).await;
    assert!(block_in_place(|| world.verified("west")) > 0);
}

#[test]
fn a_zone_has_a_folder_of_its_own_where_another_s_keys_are_and_a_master_key_named_after_it() {
    let place = Place::new("several-apart", None).unwrap();
    let mut config = place.config().unwrap();
    let [east, west] = ZONES.map(|zone| Address::parse(&format!("postgres://yizhan@127.0.0.1/postgres#{zone}")));
    store::set_apart(&east, &config, false).unwrap();
    assert_eq!(store::folder(&east, &config), place.folder, "the first needs none");
    store::vault(&east, &config).unwrap();
    store::set_apart(&west, &config, false).unwrap();
    assert_eq!(store::folder(&west, &config), place.folder.join("zones/west"));
    let odd = Address::parse("postgres://yizhan@127.0.0.1/postgres#../a b");
    store::set_apart(&odd, &config, true).unwrap();
    assert_eq!(store::folder(&odd, &config), place.folder.join("zones/%2e%2e%2fa%20b"));
    config.master_key = Some("/safe/master.key".into());
    assert_eq!(store::master_key(&east, &config), Path::new("/safe/master.key"));
    assert_eq!(store::master_key(&west, &config), Path::new("/safe/west.master.key"));
}

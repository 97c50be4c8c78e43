//! A small world on any engine: a founded zone, its clerks, declarations by number, and a seeded story.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use yizhan::bench::cluster::Cluster;
use yizhan::bench::world::{Declarations, SERVICE};
use yizhan::case::act::prepare_with;
use yizhan::{serve, staff, store};
use yizhan_core::access::Role;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::catalog::Level;
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::case::StepVerb;
use yizhan_core::journal;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{FoundZone, Lesson, MoveCase, ProposedFact, RecordEntry};
use yizhan_core::vault::Vault;
use yizhan_core::waist::{Address, Engine, Memory};
use yizhan_core::writer::{Answer, Verdict, Writer};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::seal::{Cipher, Key};
use yizhan_kit::{Digest16, Moment};

static PLACES: AtomicU32 = AtomicU32::new(0);
static SERVER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

/// One engine under test.
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// Where it is; absent in memory.
    pub address: Option<Address>,
    memory: Memory,
    _folder: Folder,
    _server: Option<Arc<Cluster>>,
}

/// A temporary folder, gone when dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    /// Opens it to write.
    pub fn engine(&self) -> Engine {
        match &self.address {
            None => Engine::Memory(self.memory.clone()),
            Some(address) => Engine::open(address).unwrap(),
        }
    }

    /// A writer on it, whatever was written before.
    pub fn writer(&self) -> Writer {
        zone::open(self.engine(), HashKind::Sha256, Damage::Refused).unwrap().0
    }
}

/// A fresh place on every engine. A missing PostgreSQL is a failure, not a skip.
pub fn engines() -> Vec<Place> {
    let server = {
        let mut kept = SERVER.lock().unwrap();
        kept.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Cluster::start().expect("PostgreSQL starts"));
            *kept = Arc::downgrade(&server);
            server
        })
    };
    let zone = format!("z{}", PLACES.fetch_add(1, Ordering::Relaxed));
    let postgres = Address::parse(&server.address(&zone));
    let sqlite = sqlite();
    vec![memory(), sqlite, Place { name: "postgres", address: Some(postgres), _server: Some(server), ..memory() }]
}

/// A fresh place in memory.
pub fn memory() -> Place {
    let memory = Memory::new(journal::genesis(HashKind::Sha256));
    Place { name: "memory", address: None, memory, _folder: Folder(PathBuf::new()), _server: None }
}

/// A fresh place in a folder.
pub fn sqlite() -> Place {
    let n = PLACES.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("yizhan-core-{}-{n}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    Place { name: "sqlite", address: Some(Address::Folder(folder.clone())), _folder: Folder(folder), ..memory() }
}

impl Place {
    /// Arranges trouble, in memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}

/// A vault whose keys are the same each time.
pub fn vault(seed: u64) -> Vault {
    Vault::new(Cipher::Aes256Gcm, Key::from_bytes([9; 32]), Arc::new(SeededEntropy::new(seed)))
}

/// Nine o'clock on the first of February 2021.
pub fn nine() -> Moment {
    "2021-02-01T09:00".parse().unwrap()
}

/// Founds a zone with the program's catalog and one clerk for each of the first three villages.
pub fn found(writer: &mut Writer) -> Vec<SubjectId> {
    let source = store::catalog_source(None).unwrap();
    serve::found(writer, Arc::new(FoundZone), source.to_bytes(), nine()).unwrap();
    let villages: Vec<_> =
        writer.image().catalog().unwrap().regions.villages().take(3).map(|village| village.code).collect();
    for (n, village) in villages.into_iter().enumerate() {
        let add =
            staff::act::add(&format!("clerk{n}"), "王工", Role::Officer(Level::Village), village, None, nine().day());
        serve::alone(writer, nine(), Arc::new(add)).unwrap();
    }
    writer.image().staff().collect()
}

/// A declaration by number.
pub fn declare(image: &Image, vault: &Vault, n: usize) -> Act {
    let from = Declarations::new(image.catalog().unwrap(), nine());
    let body = from.body(n);
    let verb = prepare_with(vault, image, "2021-02-01".parse().unwrap(), SERVICE, body.as_bytes()).unwrap();
    keyed(Actor::Resident, &format!("declare-{n}"), body.as_bytes(), verb)
}

/// An act under an idempotency key.
pub fn keyed(actor: Actor, key: &str, body: &[u8], verb: impl Verb + 'static) -> Act {
    let request = yizhan::app::Request::keyed("test", key, body);
    Act { actor, request_key: request.key, request: request.digest, verb: Arc::new(verb) }
}

/// An act without a key.
pub fn unkeyed(actor: Actor, verb: impl Verb + 'static) -> Act {
    Act { actor, request_key: None, request: Digest16([1; 16]), verb: Arc::new(verb) }
}

/// Commits a group whose outcome is known.
pub fn commit(writer: &mut Writer, now: Moment, acts: &[Act]) -> Vec<Answer> {
    match writer.commit(now, acts) {
        Verdict::Answered(answers) => answers,
        Verdict::InDoubt => panic!("in doubt"),
    }
}

/// What a random clerk does to a random case: often refused, which is part of the story.
fn something(image: &Image, staff: &[SubjectId], chance: &SeededEntropy) -> Act {
    let program = Viewer::program();
    let cases: Vec<&CaseHead> = program.look(image).cases().collect();
    let head = *chance.pick(&cases);
    let case = head.subject;
    let actor = Actor::Staff { id: *chance.pick(staff), instead_of: None };
    let sealed: Arc<[u8]> = vec![u8::try_from(chance.below(256)).unwrap(); 24].into();
    if chance.below(3) == 0 {
        let day = nine().day().plus(i32::try_from(chance.below(20)).unwrap());
        let fact = ProposedFact {
            attribute: "travel-declaration.temperature-morning".into(),
            value: format!("36.{}", chance.below(10)),
            on: Some(day),
        };
        return unkeyed(
            actor,
            RecordEntry {
                case,
                entry: "report-morning".into(),
                body: sealed,
                facts: vec![fact],
                payments: Vec::new(),
                to: None,
            },
        );
    }
    let verb = *chance.pick(&[StepVerb::Sign, StepVerb::Sign, StepVerb::Forward, StepVerb::Close, StepVerb::SendBack]);
    let version = u64::from(head.changed) + u64::from(chance.below(10) == 0);
    let villages: Vec<_> = image.catalog().unwrap().regions.villages().take(3).map(|village| village.code).collect();
    let facts = match head.step {
        1 => vec![ProposedFact {
            attribute: "travel-declaration.arrived".into(),
            value: nine().day().to_string(),
            on: None,
        }],
        _ => Vec::new(),
    };
    let to = (verb == StepVerb::Forward).then(|| *chance.pick(&villages));
    unkeyed(
        actor,
        MoveCase {
            case,
            version,
            verb,
            to,
            body: Some(sealed),
            facts,
            lesson: Lesson::default(),
            payments: Vec::new(),
            message: None,
            catalog: None,
        },
    )
}

/// A seeded story of groups of acts, with repeats and refusals. The same seed tells the same story on every engine.
pub fn story(writer: &mut Writer, staff: &[SubjectId], seed: u64, groups: usize) -> (usize, usize) {
    let (chance, vault) = (SeededEntropy::new(seed), vault(seed));
    let (mut accepted, mut refused) = (0, 0);
    let mut now = nine();
    for _ in 0..groups {
        now = now.plus_ms(i64::try_from(chance.below(7_200_000)).unwrap() - 600_000);
        let image = writer.image().clone();
        let acts: Vec<Act> = (0..=chance.below(12))
            .map(|_| match image.case_count() {
                0 => declare(&image, &vault, 0),
                _ if chance.below(3) == 0 => declare(&image, &vault, usize::try_from(chance.below(60)).unwrap()),
                _ => something(&image, staff, &chance),
            })
            .collect();
        for answer in commit(writer, now, &acts) {
            if answer.is_ok() { accepted += 1 } else { refused += 1 }
        }
    }
    (accepted, refused)
}

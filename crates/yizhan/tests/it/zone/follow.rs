//! Whoever follows knows what the owner knows, and forgets what the owner forgot; whoever takes over finishes what an owner left.

use super::world::{commit, found, memory, nine, story, unkeyed};
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::cluster::follow::Replica;
use yizhan_core::service::ForgetCase;
use yizhan_kit::digest::HashKind;

#[test]
fn a_key_that_an_owner_died_before_destroying_is_destroyed_by_whoever_takes_over() {
    for opened_before in [true, false] {
        let place = memory();
        let mut writer = place.writer();
        let staff = found(&mut writer);
        story(&mut writer, &staff, 7, 80);
        let open = || Replica::open(place.engine(), HashKind::Sha256).unwrap();
        let early = opened_before.then(open);
        let (case, key) = {
            let program = Viewer::program();
            let seen = program.look(writer.image());
            let head = seen.cases().find(|head| !head.state.is_open() && head.key != 0).expect("a case has ended");
            (head.subject, u64::from(head.key))
        };
        let keys = place.memory().rows().keys.len();
        let blind = place.memory().rows().keys.iter().find(|row| row.n == key).unwrap().blind.clone();
        place.memory().destroys_keys(false);
        let later = nine().plus_ms(100 * 86_400_000);
        for answer in commit(&mut writer, later, &[unkeyed(Actor::System, ForgetCase { case, blind })]) {
            answer.unwrap();
        }
        let has = || place.memory().rows().keys.iter().any(|row| row.n == key);
        assert!(has(), "the owner died before");
        place.memory().destroys_keys(true);
        let mut next = early.unwrap_or_else(open);
        next.follow().unwrap();
        assert_eq!(next.image().hash, writer.image().hash);
        assert!(has(), "whoever follows destroys nothing");
        next.own(place.engine().take_over().unwrap()).unwrap();
        assert!(!has());
        assert_eq!(place.memory().rows().keys.len(), keys - 1, "the other keys stay");
    }
}

//! The first sync of an organisation into an empty WeCom, and the runs after it.

use super::world::{World, assert_done};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_people_arrive_and_a_second_run_writes_nothing() {
    let world = World::sample(500, 60, 1);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!((run.counts.members.create, run.counts.departments.create), (500, 59), "{run:?}");
    assert_eq!(world.state().member_count(super::world::CORPID), 500);
    world.assert_converged().await;
    let again = world.sync().await;
    assert_done(&again);
    assert_eq!(again.calls.writes, 0, "{:?}", again.calls);
}

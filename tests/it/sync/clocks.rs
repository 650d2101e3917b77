//! Clocks that are wrong: one that was ahead locks nothing, and one that differs from WeCom's removes nobody.

use super::guards::ordinary;
use super::world::{START_MS, World, actor, assert_done};
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{EmployeeStatus, RunState};
use wecom_bridge::sandbox::Profile;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service::{self, PlanRequest, PullPolicy};

const YEAR_MS: i64 = 365 * 86_400_000;

/// Twenty people, synced by a bridge whose clock stood a year ahead; then the clock was set right.
async fn set_right() -> World {
    let world = World::on(Clock::jumping(START_MS + YEAR_MS), Profile::PublicNew, |_| {});
    world.fill(20, 4, 71);
    assert_done(&world.sync().await);
    world.restarted_on(Clock::jumping(START_MS)).await
}

#[tokio::test]
async fn a_clock_that_was_ahead_locks_nothing() {
    let world = set_right().await;
    let person = ordinary(&world).remove(0);
    world.change_employee(&person.id, |employee| employee.position = "总工程师".into());
    // what was read in the future is not fresh
    let request = PlanRequest { policy: PullPolicy::IfOlderThan(3_600_000), pull: PullRequest::default() };
    let plan = service::make_plan(&world.env, &world.corp, &actor(), request).await.unwrap();
    assert!(plan.mirror_read_at_ms < START_MS + 3_600_000, "read at {}", plan.mirror_read_at_ms);
    let run = world.apply(&plan).await;
    assert_done(&run);
    assert_eq!(run.counts.members.update, 1);
    world.assert_converged().await;
    // a plan that was made before that run is still an old one
    world.change_employee(&person.id, |employee| employee.position = "院长".into());
    let old = world.plan().await.unwrap();
    assert_done(&world.sync().await);
    let refused = world.jobs.start_apply(&old.id, &actor()).await.unwrap_err();
    assert!(refused.to_string().contains("another run has written"), "{refused}");
}

#[tokio::test]
async fn nobody_is_removed_while_the_clocks_differ() {
    // WeCom, as the sandbox plays it, is a year ahead of the bridge now
    let world = set_right().await;
    let person = ordinary(&world).remove(0);
    world.change_employee(&person.id, |employee| employee.status = EmployeeStatus::Departed);
    let run = world.sync().await;
    assert_eq!((run.state, run.calls.writes), (RunState::Held, 0), "{:?}", run.message);
    let plan = service::get_plan(&world.env, run.plan.as_ref().unwrap()).await.unwrap();
    let tripped: Vec<(&str, u64)> = plan.tripped().map(|guard| (guard.name.as_str(), guard.value)).collect();
    assert_eq!(tripped, [("clock_minutes_apart", 365 * 24 * 60)]);

    world.state().move_time(-YEAR_MS);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.counts.members.disable, 1);
}

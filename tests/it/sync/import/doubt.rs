//! Files, jobs and results that get lost, are refused, or take too long.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_an_answer_is_looked_for_before_it_is_handed_over_again() {
    for (name, effect, jobs, found) in [
        ("taken, no answer", Effect::DropAfter, 1, 600),
        ("taken, half an answer", Effect::Garbage, 1, 600),
        ("not taken", Effect::DropBefore, 1, 0),
    ] {
        let world = world(600, 43);
        world.state().add_fault(Fault::once("batch/syncuser", effect));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!(count(&world, &run.id, &Outcome::FoundDone), found, "{name}");
        assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (jobs, 0), "{name}");
        assert_complete(&world, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_never_gets_an_answer_stops_the_run_in_doubt() {
    let world = world(600, 44);
    world.state().add_fault(Fault::always("batch/syncuser", Effect::DropBefore));
    let run = world.sync().await;
    assert_eq!((run.state, count(&world, &run.id, &Outcome::Intended)), (RunState::Failed, 600), "{:?}", run.message);
    world.state().clear_faults();
    world.jobs.resume(&run.id, &actor()).await.unwrap();
    assert_done(&world.ended(&run.id).await);
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (1, 0));
    assert_complete(&world, 600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_wecom_does_not_take_goes_one_by_one() {
    for (path, errcode) in [("media/upload", 40_004), ("batch/syncuser", 40_092), ("batch/syncuser", 48_002)] {
        let world = world(600, 45);
        world.state().add_fault(Fault::always(path, Effect::Errcode { errcode }));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!(applied(&world, "user/create"), 600, "{path} {errcode}");
        assert_eq!(world.state().count("batch/syncuser"), u64::from(path == "batch/syncuser"), "{path} {errcode}");
        assert_complete(&world, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_import_is_waited_for() {
    let world = world(600, 46);
    let busy = Fault { count: Some(3), ..Fault::always("batch/syncuser", Effect::Errcode { errcode: 302_008 }) };
    world.state().add_fault(busy);
    assert_done(&world.sync().await);
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (1, 0));
    // one that never ends
    let world = self::world(600, 46);
    world.state().add_fault(Fault::always("batch/syncuser", Effect::Errcode { errcode: 302_008 }));
    assert_done(&world.sync().await);
    assert_eq!(applied(&world, "user/create"), 600);
    assert_complete(&world, 600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_quota_of_the_import_is_waited_for() {
    let world = world(600, 58);
    world.state().add_fault(Fault::once("batch/syncuser", Effect::Errcode { errcode: 45_009 }));
    let before_ms = world.clock.now_ms();
    assert_done(&world.sync().await);
    assert!(world.clock.now_ms() - before_ms >= 59_000);
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_result_is_asked_for_with_growing_pauses() {
    let world = world_on(Clock::manual(START_MS), 600, 47);
    world.state().with_corp(CORPID, |corp| corp.limits.job_ms = 10 * 60_000);
    let run = world.while_time_passes(world.sync()).await;
    assert_done(&run);
    // the clock runs on while a question is answered, so there are fewer than the forty-four of a fast WeCom
    let asked = world.state().count("batch/getresult");
    assert!((2..=45).contains(&asked), "asked {asked} times in ten minutes");
    assert_eq!(applied(&world, "user/create"), 0);
    world.while_time_passes(assert_complete(&world, 600)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_result_is_replaced_by_a_look() {
    for errcode in [40_088, 40_089] {
        let world = world(600, 48);
        world.state().add_fault(Fault::always("batch/getresult", Effect::Errcode { errcode }));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!(
            (count(&world, &run.id, &Outcome::FoundDone), applied(&world, "user/create")),
            (600, 0),
            "{errcode}"
        );
        assert_complete(&world, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_never_ends_is_not_waited_for_for_ever() {
    let world = world_on(Clock::manual(START_MS), 600, 49);
    world.state().with_corp(CORPID, |corp| corp.limits.job_ms = 30 * 24 * 3_600_000);
    let run = world.while_time_passes(world.sync()).await;
    assert_done(&run);
    assert_eq!(applied(&world, "user/create"), 600);
    world.while_time_passes(assert_complete(&world, 600)).await;
    // it wakes up after a month: its rows say what is there already
    let before = content(&world);
    world.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    assert_done(&world.while_time_passes(world.pull(PullRequest::default())).await);
    assert_eq!(content(&world), before);
}

//! Snapshots: made once for all who ask, replaced when rows change, dropped when nobody looks, bounded.

use super::world::{World, binding, department, employee, member, unit};
use std::time::Duration;
use wecom_bridge::browse::directory::EmployeeQuery;
use wecom_bridge::browse::{BrowseError, ViewLimits, Views};
use wecom_bridge::model::{CorpKey, TenantKey};
use wecom_bridge::store;

fn world() -> World {
    let world = World::new();
    world.units(vec![unit("r", None, "总部")]);
    world.employees((0..50).map(|n| employee(&format!("e{n:02}"), "张三", "r")).collect());
    world.departments(vec![department(1, 0, "总部")]);
    world.members((0..20).map(|n| member(&format!("m{n:02}"), "张三", &[1])).collect());
    world
}

async fn people(views: &Views, tenant: &TenantKey) -> usize {
    views.directory(tenant, |view| Ok(view.page(&EmployeeQuery::default())?.total)).await.unwrap()
}

async fn bound(views: &Views, corp: &CorpKey) -> usize {
    views.mirror(corp, |view| Ok(view.totals().bound)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_who_ask_at_once_get_one_snapshot() {
    let world = world();
    let asked = (0..200).map(|_| {
        let (views, tenant) = (world.views.clone(), world.tenant.clone());
        tokio::spawn(async move { people(&views, &tenant).await })
    });
    let asked: Vec<_> = asked.collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), 50);
    }
    assert_eq!(world.views.made(), 1);
    let asked: Vec<_> = (0..200)
        .map(|_| {
            let (views, corp) = (world.views.clone(), world.corp.clone());
            tokio::spawn(async move { bound(&views, &corp).await })
        })
        .collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), 0);
    }
    assert_eq!(world.views.made(), 3, "the mirror, and what joins it with the directory");
}

#[tokio::test]
async fn every_change_of_either_side_is_seen() {
    let world = world();
    assert_eq!(people(&world.views, &world.tenant).await, 50);
    world.employees(vec![employee("x", "李四", "r")]);
    assert_eq!(people(&world.views, &world.tenant).await, 51);
    let (tenant, id) = (world.tenant.clone(), "x".into());
    world.store.write_blocking(move |tx| store::directory::remove_employee(tx, &tenant, &id).map(drop)).unwrap();
    assert_eq!(people(&world.views, &world.tenant).await, 50);

    let totals = async || world.views.mirror(&world.corp, |view| Ok(view.totals())).await.unwrap();
    assert_eq!((totals().await.members, totals().await.bound), (20, 0));
    world.members(vec![member("new", "王五", &[1])]);
    assert_eq!(totals().await.members, 21);
    world.bindings(vec![binding("e00", "new")]);
    assert_eq!((totals().await.bound, totals().await.broken_links), (1, 0));
    let (tenant, id) = (world.tenant.clone(), "e00".into());
    world.store.write_blocking(move |tx| store::directory::remove_employee(tx, &tenant, &id).map(drop)).unwrap();
    assert_eq!(totals().await.broken_links, 1, "the directory counts too");
    let corp = world.corp.clone();
    world.store.write_blocking(move |tx| store::bindings::remove_member(tx, &corp, &"e00".into()).map(drop)).unwrap();
    assert_eq!(totals().await.bound, 0);
    let corp = world.corp.clone();
    world.store.write_blocking(move |tx| store::mirror::remove_members(tx, &corp, &["NEW".into()])).unwrap();
    assert_eq!(totals().await.members, 20);
    let corp = world.corp.clone();
    world.store.write_blocking(move |tx| store::mirror::clear(tx, &corp)).unwrap();
    assert_eq!((totals().await.members, totals().await.departments), (0, 0));
    assert!(world.store.verify().unwrap().is_good());
}

#[tokio::test]
async fn a_snapshot_that_is_still_right_is_not_made_again() {
    let world = world();
    for _ in 0..3 {
        people(&world.views, &world.tenant).await;
    }
    assert_eq!(world.views.made(), 1);
    world.views.refresh_directory(&world.tenant);
    people(&world.views, &world.tenant).await;
    assert_eq!(world.views.made(), 1, "nothing has changed");
}

#[tokio::test]
async fn who_comes_back_after_being_removed_does_not_get_the_former_ones_snapshot() {
    let world = world();
    bound(&world.views, &world.corp).await;
    let (corp, tenant) = (world.corp.clone(), world.tenant.clone());
    let (corp_row, tenant_row) =
        world.store.read(|tx| Ok((store::corps::find(tx, &corp)?, store::tenants::find(tx, &tenant)?))).unwrap();
    let (corp_row, tenant_row) = (corp_row.unwrap(), tenant_row.unwrap());
    world
        .store
        .write_blocking(move |tx| {
            store::corps::remove(tx, &corp_row.key)?;
            store::tenants::remove(tx, &tenant_row.key)?;
            store::tenants::put(tx, &tenant_row)?;
            store::corps::put(tx, &corp_row)
        })
        .unwrap();
    // as many changes as the former ones had
    world.units(vec![unit("r", None, "新总部")]);
    world.employees(vec![employee("only", "张三", "r")]);
    world.departments(vec![department(1, 0, "总部")]);
    world.members(vec![member("only", "张三", &[1])]);
    assert_eq!(people(&world.views, &world.tenant).await, 1);
    assert_eq!(world.views.mirror(&world.corp, |view| Ok(view.totals().members)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_does_not_exist_is_said() {
    let world = World::new();
    let failed = world.views.directory(&"nobody".into(), |_| Ok(())).await;
    assert!(matches!(failed, Err(BrowseError::NoTenant(_))), "{failed:?}");
    let failed = world.views.mirror(&"nobody".into(), |_| Ok(())).await;
    assert!(matches!(failed, Err(BrowseError::NoCorp(_))), "{failed:?}");
    let failed = world.views.plan(&"nobody".into(), |_, _| Ok(())).await;
    assert!(matches!(failed, Err(BrowseError::NoPlan(_))), "{failed:?}");
}

#[tokio::test]
async fn snapshots_are_dropped_ten_minutes_after_the_last_look() {
    let world = world();
    bound(&world.views, &world.corp).await;
    assert_eq!(world.views.kept(), 3);
    assert!(world.views.bytes() > 0);
    world.clock.advance(Duration::from_secs(599));
    world.views.sweep();
    assert_eq!(world.views.kept(), 3);
    people(&world.views, &world.tenant).await;
    world.clock.advance(Duration::from_secs(1));
    world.views.sweep();
    assert_eq!(world.views.kept(), 1, "the directory was looked at a second ago");
    world.clock.advance(Duration::from_secs(600));
    world.views.sweep();
    assert_eq!((world.views.kept(), world.views.bytes()), (0, 0));
}

#[tokio::test]
async fn the_sweep_goes_by_itself_and_ends_when_the_views_are_closed() {
    let world = world();
    world.views.start();
    people(&world.views, &world.tenant).await;
    while world.views.kept() > 0 {
        world.clock.advance(Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
    people(&world.views, &world.tenant).await;
    world.views.close();
    assert_eq!(world.views.kept(), 0);
}

#[tokio::test]
async fn all_snapshots_together_stay_within_their_bound() {
    let world = world();
    people(&world.views, &world.tenant).await;
    let one = world.views.bytes();
    let limits = ViewLimits { bytes_max: one * 5 / 2, ..ViewLimits::default() };
    let views = Views::with_limits(world.store.clone(), world.clock.clone(), limits);
    for key in ["b", "c", "d"] {
        let (tenant, people) = (TenantKey::from(key), (0..50).map(|n| employee(&format!("e{n:02}"), "张三", "r")));
        let (row, people): (_, Vec<_>) =
            (wecom_bridge::model::Tenant { key: tenant.clone(), name: key.into() }, people.collect());
        world
            .store
            .write_blocking(move |tx| {
                store::tenants::put(tx, &row)?;
                store::directory::put_units(tx, &row.key, &[unit("r", None, "总部")])?;
                store::directory::put_employees(tx, &row.key, &people)
            })
            .unwrap();
        people_of(&views, &tenant).await;
        world.clock.advance(Duration::from_secs(1));
        assert!(views.bytes() <= one * 5 / 2, "{key}");
    }
    assert_eq!((views.kept(), views.made()), (2, 3));
    for key in ["d", "c"] {
        people_of(&views, &key.into()).await;
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(views.made(), 3, "the ones looked at last are there");
    people_of(&views, &"b".into()).await;
    assert_eq!((views.kept(), views.made()), (2, 4), "the one looked at first had gone");
    people_of(&views, &"c".into()).await;
    assert_eq!(views.made(), 4, "the one looked at longest ago went for it");
}

async fn people_of(views: &Views, tenant: &TenantKey) {
    assert_eq!(people(views, tenant).await, 50);
}

#[tokio::test]
async fn a_large_snapshot_may_be_late_but_never_after_ones_own_change() {
    let world = world();
    let limits = ViewLimits { late_bytes: 0, ..ViewLimits::default() };
    let views = Views::with_limits(world.store.clone(), world.clock.clone(), limits);
    assert_eq!(people_seen(&views, &world).await, (50, 20));
    world.employees(vec![employee("x", "李四", "r")]);
    world.members(vec![member("x", "李四", &[1])]);
    assert_eq!(people_seen(&views, &world).await, (50, 20), "no time has passed");
    views.refresh_directory(&world.tenant);
    assert_eq!(people_seen(&views, &world).await, (51, 20));
    views.refresh_corp(&world.corp);
    assert_eq!(people_seen(&views, &world).await, (51, 21));
    world.employees(vec![employee("y", "李四", "r")]);
    world.members(vec![member("y", "李四", &[1])]);
    assert_eq!(people_seen(&views, &world).await, (51, 21));
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(people_seen(&views, &world).await, (52, 22));
}

async fn people_seen(views: &Views, world: &World) -> (usize, usize) {
    let seen = |view: &wecom_bridge::browse::mirror::MirrorView| {
        Ok((view.directory().totals().employees, view.totals().members))
    };
    views.mirror(&world.corp, seen).await.unwrap()
}

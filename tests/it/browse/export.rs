//! Lists as files: streamed, bounded, the same rows as on the pages.

use super::world::{World, employee, unit};
use futures_util::StreamExt;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wecom_bridge::browse::directory::{EmployeeQuery, EmployeeRow};
use wecom_bridge::browse::{BrowseError, export};
use wecom_bridge::directory::{Limits, rows};

const PEOPLE: usize = 6_000;
const CAPTIONS: [&str; 2] = ["编号", "姓名"];

fn world() -> World {
    let world = World::new();
    world.units(vec![unit("r", None, "总部")]);
    world.employees((0..PEOPLE).map(|n| employee(&format!("e{n:06}"), "=张三", "r")).collect());
    world
}

fn cells(row: EmployeeRow) -> Result<[String; 2], BrowseError> {
    Ok([row.id.to_string(), row.name.to_string()])
}

#[tokio::test]
async fn a_list_goes_out_as_csv_while_it_is_made() {
    let world = world();
    let view = world.views.directory_view(&world.tenant).await.unwrap();
    let stream = world
        .views
        .stream(move |out| export::csv(out, &CAPTIONS, view.rows(&EmployeeQuery::default()).map(cells)))
        .await
        .unwrap();
    let chunks: Vec<_> = stream.collect().await;
    assert!(chunks.len() > 1, "more than one chunk");
    let bytes: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.unwrap().to_vec()).collect();
    let read = rows::read("x.csv", &bytes, Limits::UPLOAD).unwrap();
    assert_eq!(read.len(), PEOPLE + 1);
    assert_eq!(read[0].1, CAPTIONS);
    assert_eq!(read[PEOPLE].1, [format!("e{:06}", PEOPLE - 1), "'=张三".to_owned()]);
}

#[tokio::test]
async fn a_slow_reader_holds_the_rows_back_and_one_that_goes_away_ends_them() {
    let world = World::new();
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let (ended, mut end) = tokio::sync::mpsc::unbounded_channel();
    let endless = move |out: &mut dyn std::io::Write| {
        let rows = std::iter::repeat_with(|| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(["x".repeat(1_000)])
        });
        let result = export::csv(out, &["a"], rows);
        ended.send(result.is_err()).unwrap();
        result
    };
    let mut stream = Box::pin(world.views.stream(endless).await.unwrap());
    for _ in 0..3 {
        assert!(stream.next().await.unwrap().is_ok());
    }
    assert!(made.load(Ordering::Relaxed) < 1_000, "only a few chunks wait");
    drop(stream);
    assert_eq!(end.recv().await, Some(true), "the work ends with an error");
}

#[tokio::test]
async fn a_fault_is_the_last_thing_that_is_told() {
    let world = World::new();
    let rows = [Ok(["a"]), Err(BrowseError::BadCursor)];
    let stream = world.views.stream(move |out| export::csv(out, &["a"], rows)).await.unwrap();
    let chunks: Vec<_> = stream.collect().await;
    assert!(matches!(chunks.last(), Some(Err(BrowseError::BadCursor))), "{chunks:?}");
}

#[tokio::test]
async fn a_workbook_comes_as_a_file_without_a_name() {
    let world = world();
    let view = world.views.directory_view(&world.tenant).await.unwrap();
    let folder = world.store.path().parent().unwrap().to_owned();
    let before = std::fs::read_dir(&folder).unwrap().count();
    let mut file = world
        .views
        .file(move |file| export::xlsx(file, "人员", &CAPTIONS, view.rows(&EmployeeQuery::default()).map(cells)))
        .await
        .unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), before, "nothing is left behind");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let read = rows::read("x.xlsx", &bytes, Limits::UPLOAD).unwrap();
    assert_eq!((read.len(), &read[1].1[1]), (PEOPLE + 1, &"=张三".to_owned()));
}

//! Group commit: many writers share a commit, and a failing one takes nobody down.

use super::support::{Home, furnish};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use wecom_bridge::store::{Scope, Store, StoreError, settings};

/// Holds the writer in its first item until the returned sender is dropped, so that what comes next forms one group.
fn hold(store: &Store) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let (release, held) = mpsc::channel::<()>();
    let (begun, began) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let writer = store.clone();
    let task = tokio::spawn(async move {
        writer
            .write(move |_| {
                let _ = begun.send(());
                let _ = held.lock().unwrap().recv();
                Ok(())
            })
            .await
    });
    let _ = tokio::task::block_in_place(|| began.recv());
    (release, task)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Behaviour {
    Good,
    /// Writes, then fails.
    FailsHalfWay,
    /// Fails before it writes.
    Refuses,
    /// Writes, then panics.
    Panics,
}

fn act(tx: &wecom_bridge::store::WriteTx, n: usize, behaviour: Behaviour) -> Result<usize, StoreError> {
    if behaviour == Behaviour::Refuses {
        return Err(StoreError::Refused(format!("item {n}")));
    }
    settings::put(tx, Scope::Appliance, &format!("item-{n}"), &n)?;
    match behaviour {
        Behaviour::FailsHalfWay => Err(StoreError::Refused(format!("item {n}"))),
        Behaviour::Panics => panic!("item {n} panics on purpose"),
        _ => Ok(n),
    }
}

async fn run_group(behaviours: Vec<Behaviour>) -> (Vec<Result<usize, StoreError>>, Vec<usize>, usize) {
    let home = Home::new();
    let store = home.open();
    let calls = Arc::new(AtomicUsize::new(0));
    let (release, first) = hold(&store);
    let mut waiting = Vec::new();
    for (n, behaviour) in behaviours.into_iter().enumerate() {
        let (writer, calls) = (store.clone(), calls.clone());
        let task = tokio::spawn(async move {
            writer
                .write(move |tx| {
                    calls.fetch_add(1, Ordering::Relaxed);
                    act(tx, n, behaviour)
                })
                .await
        });
        // Let it hand its item over before the next one does.
        tokio::task::yield_now().await;
        waiting.push(task);
    }
    drop(release);
    first.await.unwrap().unwrap();
    let mut results = Vec::new();
    for task in waiting {
        results.push(task.await.unwrap());
    }
    drop(store);
    let again = home.open();
    let stored = (0..results.len())
        .filter(|n| {
            let name = format!("item-{n}");
            again.read(|tx| settings::get::<usize>(tx, Scope::Appliance, &name)).unwrap() == Some(*n)
        })
        .collect();
    assert!(again.verify().unwrap().is_good());
    (results, stored, calls.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_item_takes_nobody_down() {
    use Behaviour::{FailsHalfWay, Good, Panics, Refuses};
    let mut behaviours = vec![Good; 100];
    for (at, behaviour) in [(3, FailsHalfWay), (37, Panics), (60, Refuses), (99, FailsHalfWay)] {
        behaviours[at] = behaviour;
    }
    let (results, stored, _) = run_group(behaviours.clone()).await;
    for (n, (behaviour, result)) in behaviours.iter().zip(&results).enumerate() {
        match (behaviour, result) {
            (Good, Ok(value)) => assert_eq!(*value, n),
            (FailsHalfWay | Refuses, Err(StoreError::Refused(text))) => assert_eq!(*text, format!("item {n}")),
            (Panics, Err(StoreError::Panicked { message })) => assert!(message.contains("on purpose"), "{message}"),
            other => panic!("item {n}: {other:?}"),
        }
    }
    let good: Vec<usize> = (0..100).filter(|n| behaviours[*n] == Good).collect();
    assert_eq!(stored, good);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_failing_items_cost_a_bounded_number_of_attempts() {
    let behaviours: Vec<Behaviour> =
        (0..200).map(|n| if n % 2 == 0 { Behaviour::FailsHalfWay } else { Behaviour::Good }).collect();
    let (results, stored, calls) = run_group(behaviours).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 100);
    assert_eq!(stored.len(), 100);
    assert!(calls <= 200 * 6, "{calls} calls for 200 items");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_refuse_before_writing_cost_no_second_attempt() {
    let behaviours: Vec<Behaviour> =
        (0..200).map(|n| if n % 2 == 0 { Behaviour::Refuses } else { Behaviour::Good }).collect();
    let (results, stored, calls) = run_group(behaviours).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 100);
    assert_eq!((stored.len(), calls), (100, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_future_does_not_stop_the_writer() {
    let home = Home::new();
    let store = home.open();
    let (release, first) = hold(&store);
    {
        let write = store.write(|tx| settings::put(tx, Scope::Appliance, "dropped", &1));
        let mut write = std::pin::pin!(write);
        assert!(futures_util::poll!(write.as_mut()).is_pending());
    }
    drop(release);
    first.await.unwrap().unwrap();
    store.write(|tx| settings::put(tx, Scope::Appliance, "next", &2)).await.unwrap();
    let both = store.read(|tx| {
        let get = |name| settings::get::<u8>(tx, Scope::Appliance, name);
        Ok((get("dropped")?, get("next")?))
    });
    assert_eq!(both.unwrap(), (Some(1), Some(2)));
}

#[tokio::test]
async fn a_closed_store_refuses_writes_and_a_clone_in_a_closure_does_no_harm() {
    let home = Home::new();
    let store = home.open();
    let inner = store.clone();
    store.write(move |_| inner.path().canonicalize().map(|_| ()).map_err(|_| StoreError::Closed)).await.unwrap();
    store.close();
    assert!(matches!(store.write(|_| Ok(())).await, Err(StoreError::Closed)));
    assert!(matches!(store.write_blocking(|_| Ok(())), Err(StoreError::Closed)));
}

#[tokio::test]
async fn chunks_report_what_is_durable_and_stop_at_the_first_failure() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    let rows: Vec<u32> = (0..1_234).collect();
    let mut heard = Vec::new();
    let done = store
        .write_chunks(
            rows.clone(),
            500,
            |tx, first, chunk| settings::put(tx, Scope::Appliance, &format!("chunk-{first}"), &chunk.len()),
            |done| heard.push(done),
        )
        .await
        .unwrap();
    assert_eq!((done, heard), (1_234, vec![500, 1_000, 1_234]));
    let mut heard = Vec::new();
    let failed = store.write_chunks(
        rows,
        500,
        |_, first, _| if first == 500 { Err(StoreError::Refused("second".into())) } else { Ok(()) },
        |done| heard.push(done),
    );
    assert!(matches!(failed.await, Err(StoreError::Refused(_))));
    assert_eq!(heard, [500]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_do_not_wait_for_the_writer() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    let (release, first) = hold(&store);
    let tenants = store.read_async(wecom_bridge::store::tenants::list).await.unwrap();
    assert_eq!((tenants.len(), first.is_finished()), (1, false));
    drop(release);
    first.await.unwrap().unwrap();
}

/// Compaction needs the file alone, but a reader that it waits for may itself read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_waits_for_readers_and_lets_them_finish() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    let compaction = store
        .read(|_| {
            let other = store.clone();
            let compaction = std::thread::spawn(move || other.compact());
            for _ in 0..1_000 {
                assert_eq!(store.read(wecom_bridge::store::tenants::list)?.len(), 1);
            }
            Ok(compaction)
        })
        .unwrap();
    compaction.join().unwrap().unwrap();
    assert!(store.verify().unwrap().is_good());
}

#[tokio::test]
async fn a_panicking_reader_is_an_error() {
    let home = Home::new();
    let store = home.open();
    let result = store.read_async(|_| -> Result<(), StoreError> { panic!("on purpose") }).await;
    assert!(matches!(result, Err(StoreError::Panicked { .. })), "{result:?}");
    store.write(|_| Ok(())).await.unwrap();
}

//! The contract of a store, for each kind of it.

use super::*;

fn row(body: &str) -> NewRow {
    NewRow { kind: "test", body: body.to_owned() }
}

async fn keeps_its_contract(open: impl AsyncFn() -> Arc<dyn Store>) {
    let store = open().await;
    assert_eq!(store.rows(0).await, Ok(Vec::new()));
    let contents = vec![b"one".to_vec(), b"two".to_vec()];
    assert_eq!(store.append(0, vec![row("{}"), row("{\"a\":1}")], contents).await, Ok(2));
    // Who has not seen the last row writes nothing, contents included.
    for last in [0, 1, 3] {
        let late = store.append(last, vec![row("late")], vec![b"late".to_vec()]).await;
        assert_eq!(late, Err(StoreError::Moved));
    }
    assert_eq!(store.append(2, vec![row("{}")], vec![b"one".to_vec()]).await, Ok(3));
    // Another that is opened sees it all.
    let other = open().await;
    let rows = other.rows(1).await.unwrap();
    let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
    assert_eq!((numbers, &*rows[0].body, &*rows[0].kind), (vec![2, 3], "{\"a\":1}", "test"));
    let digests = ["one", "late", "two"].map(|text| ContentDigest::of(text.as_bytes()));
    let mut found = other.contents(digests.to_vec()).await.unwrap();
    found.sort_by(|one, two| one.1.cmp(&two.1));
    assert_eq!(found, [(digests[0], b"one".to_vec()), (digests[2], b"two".to_vec())]);
    assert_eq!(other.contents(Vec::new()).await, Ok(Vec::new()));
    // Many at once: each row has one winner.
    let stores = [store, other];
    let mut all = tokio::task::JoinSet::new();
    for ix in 0..16 {
        let store = stores[ix % 2].clone();
        all.spawn(async move {
            loop {
                let last = store.rows(0).await.unwrap().last().map_or(0, |row| row.number);
                match store.append(last, vec![row(&format!("{ix}"))], Vec::new()).await {
                    Ok(_) => break,
                    Err(StoreError::Moved) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    let rows = stores[0].rows(3).await.unwrap();
    let mut written: Vec<usize> = rows.iter().map(|row| row.body.parse().unwrap()).collect();
    written.sort_unstable();
    assert_eq!(written, (0..16).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", dir.path().join("state.sqlite").display());
    keeps_its_contract(async || at(&address).await.unwrap()).await;
}

/// The address of an empty database in `SLUICE_TEST_POSTGRES`.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgresql"]
async fn postgres_keeps_the_contract_needs_postgresql() {
    let address = std::env::var("SLUICE_TEST_POSTGRES").unwrap();
    keeps_its_contract(async || at(&address).await.unwrap()).await;
}

#[tokio::test]
async fn what_is_no_store_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let Err(error) = at("state.sqlite").await else { panic!("no address") };
    assert!(error.to_string().contains("sqlite:FILE"), "{error}");
    // What can't be opened is told when it is asked, and asked again.
    for file in ["", "/no/where"] {
        let store = at(&format!("sqlite:{}{file}", dir.path().display())).await.unwrap();
        for _ in 0..2 {
            let error = store.rows(0).await.unwrap_err();
            assert!(error.to_string().contains("unable to open"), "{error}");
        }
    }
}

#[tokio::test]
async fn damage_is_not_passed_on() {
    use sqlx::ConnectOptions;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state.sqlite");
    let address = format!("sqlite:{}", file.display());
    let store = at(&address).await.unwrap();
    store.append(0, vec![row("{}"), row("{}"), row("{}")], vec![b"one".to_vec()]).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
    let mut db = options.connect().await.unwrap();
    let damage = "UPDATE content SET bytes = X'00'; DELETE FROM journal WHERE number = 2;";
    sqlx::raw_sql(damage).execute(&mut db).await.unwrap();
    let digest = ContentDigest::of(b"one");
    assert!(matches!(store.contents(vec![digest]).await, Err(StoreError::Damaged(_))));
    assert!(matches!(store.rows(0).await, Err(StoreError::Damaged(_))));
}

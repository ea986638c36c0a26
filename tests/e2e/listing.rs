//! The list of pictures.

use reqwest::StatusCode;

use crate::{pictures::png, system::System};

#[tokio::test(flavor = "multi_thread")]
async fn pages_newest_first() {
    let system = System::start().await;
    let mut sent = Vec::new();
    for seed in 0..6 {
        let image = system
            .upload(&format!("{seed}.png"), "image/png", &png(20, 20, seed))
            .await;
        system.developed(&image).await;
        sent.push(image);
    }
    sent.reverse();
    let mut seen = Vec::new();
    let mut path = "/images?limit=2".to_owned();
    loop {
        let (status, page) = system.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 2, "no page is empty, the last neither");
        assert!(
            items
                .iter()
                .all(|item| item["status"] == "DONE" && item["thumbnails"].as_object().unwrap().len() == 3)
        );
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/images?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, sent);
    for (path, status) in [
        ("/images?limit=0", 422),
        ("/images?limit=101", 422),
        ("/images?limit=x", 422),
        ("/images?colour=red", 422),
        ("/images?cursor=nonsense", 400),
    ] {
        assert_eq!(system.get(path).await.0.as_u16(), status, "{path}");
    }
}

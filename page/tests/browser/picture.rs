//! The pictures of the page on the front pages. To draw them anew:
//! `cargo test -p page --test browser picture -- --ignored`, and copy `target/page/*.png` to `docs/`.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::driver::{Browser, PAGE};

#[test]
#[ignore = "needs Chromium"]
fn the_picture_shows_an_arrow_with_its_line_and_is_small() {
    let browser = Browser::open(1200);
    // The size that previews of links have.
    let size = json!({ "width": 1200, "height": 630, "deviceScaleFactor": 1, "mobile": false });
    browser.cdp("Emulation.setDeviceMetricsOverride", &size);
    browser.cdp("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
    browser.run("document.querySelector('nav').remove(); document.body.style.display = 'block'");
    for (language, name) in [("en", "page.png"), ("zh", "page.zh-CN.png")] {
        browser.run(&format!(
            "setTheme('light'); setLang('{language}');
             pin(document.querySelector('#lesson05 .row.ask[data-k]'), false);
             document.getElementById('lesson05').scrollIntoView();
             scrollBy(0, 12);"
        ));
        browser.settle();
        let lit = "return document.querySelectorAll('#lesson05 .row.lit, #lesson05 .l.lit').length";
        assert!(browser.run(lit).as_u64().unwrap() >= 2);
        let shot = browser.cdp("Page.captureScreenshot", &json!({ "format": "png" }));
        let picture = BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        assert!(picture.len() < 150_000, "{name}: {} bytes", picture.len());
        fs::write(PAGE.with_file_name(name), picture).unwrap();
    }
}

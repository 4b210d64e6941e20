//! The page for everybody: with a screen reader, without a script, and on paper.

use std::{env, fs};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::driver::{Browser, PAGE};

/// A lesson of each kind: its run, its diff, its mails, a long ladder.
const SAMPLE: &str = "lesson05 lesson12 way";

#[test]
#[ignore = "needs Chromium, and AXE_CORE with the path of axe-core's axe.min.js"]
fn axe_finds_nothing_serious() {
    let path = env::var("AXE_CORE").expect("AXE_CORE: `npm install axe-core` has axe.min.js");
    let axe = fs::read_to_string(path).unwrap();
    for width in [1400, 390] {
        let browser = Browser::open(width);
        browser.run(&format!(
            "for (const section of document.querySelectorAll('main > section'))
               if (!'{SAMPLE}'.includes(section.id)) section.remove();"
        ));
        browser.run(&axe.replace("'use strict';", ""));
        for (theme, language) in [("light", "en"), ("light", "zh"), ("dark", "en"), ("dark", "zh")]
        {
            browser.run(&format!("setTheme('{theme}'); setLang('{language}')"));
            for folded in ["folded", "unfolded"] {
                let found = browser.run(
                    "const rules = { 'target-size': { enabled: true } };
                     return axe.run(document, { iframes: false, resultTypes: ['violations'], rules })
                         .then(({ violations }) => violations
                             .filter(one => ['serious', 'critical'].includes(one.impact))
                             .map(one => [one.id, one.nodes.map(node => node.html)]))",
                );
                assert_eq!(found, json!([]), "{width} pixels, {theme}, {language}, {folded}");
                browser.run("unfoldButton.click()");
            }
        }
    }
}

#[test]
#[ignore = "needs Chromium"]
fn without_a_script_nothing_is_out_of_reach() {
    let page = fs::read_to_string(&*PAGE).unwrap();
    let (before, _script) = page.rsplit_once("<script ").unwrap();
    let file = env::temp_dir().join(format!("page-without-script-{}.html", std::process::id()));
    fs::write(&file, before).unwrap();
    let browser = Browser::open(1400);
    browser.post("/url", &json!({ "url": format!("file://{}", file.display()) }));
    fs::remove_file(&file).unwrap();

    let is_shown = |selector: &str| {
        browser.run(&format!("return document.querySelector('{selector}').checkVisibility()"))
            == true
    };
    let shown = |selectors: [&str; 2]| selectors.map(is_shown);
    assert_eq!(shown(["#lesson04 .lead .en", "#lesson04 .lead .zh"]), [true, false]);
    browser.click("#lang");
    assert_eq!(shown(["#lesson04 .lead .en", "#lesson04 .lead .zh"]), [false, true]);
    for (fold, inside) in [
        ("#way .fold > summary", "#way .fold .row"),
        ("#lesson09 .diff summary", "#lesson09 .diff details tr"),
        ("#lesson04 .readme > summary", "#lesson04 .readme .zh h4"),
    ] {
        assert!(!is_shown(inside), "{inside}");
        browser.click(fold);
        assert!(is_shown(inside), "{inside}");
    }
    for selector in ["#unfold", "#theme", ".stepper"] {
        assert!(!is_shown(selector), "{selector} does nothing");
    }
}

/// How many pages the browser prints, on A4.
fn pages(browser: &Browser) -> usize {
    let a4 = json!({ "paperWidth": 8.27, "paperHeight": 11.69 });
    let printed = browser.cdp("Page.printToPDF", &a4);
    let pdf = BASE64_STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let pdf = String::from_utf8_lossy(&pdf);
    pdf.matches("/Type /Page").count() - pdf.matches("/Type /Pages").count()
}

#[test]
#[ignore = "needs Chromium"]
fn paper_has_the_ladder_and_a_lesson_alone_where_the_address_names_it() {
    // As wide as A4 without its margins.
    let browser = Browser::open(718);
    browser.cdp("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let shown = browser.run(
        "return ['.heads', '.life', '.arr', 'nav', '.stepper', '.chip'].map(selector =>
            document.querySelector('#lesson06 ' + selector)?.checkVisibility() ?? false)",
    );
    assert_eq!(shown, json!([true, true, true, false, false, false]));
    let wide = browser.run(
        "return [...document.querySelectorAll('.lab, .diff, .l code')]
            .filter(element => element.getBoundingClientRect().right > innerWidth + 1).length",
    );
    assert_eq!(wide, 0);
    browser.cdp("Emulation.setEmulatedMedia", &json!({ "media": "" }));
    let all = pages(&browser);
    browser.load("lesson06");
    let one = pages(&browser);
    assert!((1..=8).contains(&one) && all > 5 * one, "{one} of {all} pages");
}

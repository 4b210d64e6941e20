//! The page in a real browser: `cargo test -p page --test browser -- --ignored`, with Chromium and
//! its chromedriver (Debian: `apt-get install chromium chromium-driver`).
#![cfg(test)]

mod driver;
mod everybody;
mod links;
mod picture;
mod steps;

use std::io::ErrorKind;
use std::net::TcpListener;

use driver::Browser;
use serde_json::{Value, json};

#[test]
#[ignore = "needs Chromium"]
fn an_arrow_and_its_line_of_code_light_up_together() {
    let browser = Browser::open(1400);
    // In each lesson, for each arrow with a line, and for each line with an arrow.
    let wrong = browser.run(
        "const wrong = [];
         const lit = selector => [...document.querySelectorAll(selector + '.lit')];
         const shares = (one, other) =>
             one.dataset.k.split(' ').some(key => other.dataset.k.split(' ').includes(key));
         let tried = 0;
         for (const section of document.querySelectorAll('section[id^=lesson]')) {
           for (const [from, to] of [['.row', '.l'], ['.l', '.row']]) {
             for (const one of section.querySelectorAll(from + '[data-k]')) {
               tried += 1;
               one.click();
               const others = lit(to);
               if (!one.matches('.lit') || !others.length || !others.every(other => shares(one, other)))
                 wrong.push(section.id + ': ' + one.textContent);
               one.click();
               if (lit('').length) wrong.push(section.id + ' stays lit: ' + one.textContent);
             }
           }
         }
         return [tried, wrong];",
    );
    assert!(wrong[0].as_u64().unwrap() > 100, "{wrong}");
    assert_eq!(wrong[1], json!([]));

    // The same with a mouse, and with the keyboard.
    browser.click("#lesson04 .row.ask .chip");
    let lit = "return all('#lesson04 .l.lit').length";
    assert!(browser.run(lit).as_u64().unwrap() > 0);
    browser.press("Escape");
    assert_eq!(browser.run("return all('.chip[aria-pressed=true]').length"), 0);
}

#[test]
#[ignore = "needs Chromium"]
fn the_language_and_the_colours_can_be_switched() {
    let browser = Browser::open(1400);
    let heading = "return document.querySelector('#lesson04 .run h3').innerText";
    let hidden = "return ['.en', '.zh'].map(one =>
        [...document.querySelectorAll(one)].every(element => !element.getClientRects().length))";
    assert_eq!(browser.run(heading), "The run");
    assert_eq!(browser.run(hidden), json!([false, true]));
    browser.click("#lang");
    assert_eq!(browser.run(heading), "这次运行");
    assert_eq!(browser.run(hidden), json!([true, false]));
    assert_eq!(browser.run("return document.documentElement.lang"), "zh-CN");
    assert_eq!(browser.run("return document.title"), "线上走过了什么");
    browser.click("#lang");
    assert_eq!(browser.run(heading), "The run");

    let colour = "return getComputedStyle(document.body).backgroundColor";
    let before = browser.run(colour);
    browser.click("#theme");
    assert_ne!(browser.run(colour), before);
}

#[test]
#[ignore = "needs Chromium"]
fn nothing_runs_out_of_its_box() {
    for width in [1400, 400, 320] {
        let browser = Browser::open(width);
        for language in ["en", "zh"] {
            let wide = browser.run(&format!(
                "setLang('{language}');
                 const wide = all('.lab, .pill, .who, h2, .cmds, .seen, .part, td')
                     .filter(element => element.scrollWidth > element.clientWidth + 1);
                 wide.push(...all('.code').filter(code => code.scrollHeight > code.clientHeight + 1));
                 unfoldButton.click();
                 for (const element of all('.row pre, .row p, .raw pre, .printed')) {{
                   const [box, frame] = [element, element.closest('section')].map(e => e.getBoundingClientRect());
                   if (box.left < frame.left || box.right > frame.right) wide.push(element);
                 }}
                 const {{ scrollWidth, clientWidth }} = document.documentElement;
                 unfoldButton.click();
                 return [scrollWidth - clientWidth, wide.map(element => element.textContent)];"
            ));
            assert_eq!(wide, json!([0, []]), "{width} pixels, {language}");
        }
    }
}

#[test]
#[ignore = "needs Chromium"]
fn nothing_leaves_and_nothing_is_wrong() {
    let browser = Browser::open(1400);
    browser.run("unfoldButton.click()");
    assert_eq!(browser.log("browser"), [""; 0]);
    for message in browser.log("performance") {
        let message: Value = serde_json::from_str(&message).unwrap();
        if message["message"]["method"] == "Network.requestWillBeSent" {
            let url = message["message"]["params"]["request"]["url"].as_str().unwrap();
            assert!(url.starts_with("file://") || url.starts_with("data:"), "{url}");
        }
    }

    // Nor could a mail or a script call anybody.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let fetched = browser.run(&format!(
        "const frame = document.querySelector('#lesson07 iframe').cloneNode();
         frame.srcdoc = `<img src='{url}'><script>fetch('{url}')</script><h1>loaded</h1>`;
         const loaded = new Promise(done => {{ frame.onload = done; }});
         document.body.append(frame);
         return loaded.then(() => fetch('{url}')).then(() => 'fetched', () => 'refused')"
    ));
    assert_eq!(fetched, "refused");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

//! The page in a real browser: `cargo test -p page --test browser -- --ignored`, with Chromium and
//! its chromedriver (Debian: `apt-get install chromium chromium-driver`).
#![cfg(test)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

/// The longest wait for the browser: far longer than it needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The page, drawn once for all tests.
static PAGE: LazyLock<PathBuf> = LazyLock::new(|| {
    let output =
        Command::new(env!("CARGO_BIN_EXE_page")).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/page/index.html");
    page.canonicalize().unwrap()
});

/// A browser that shows the page, driven over chromedriver's WebDriver protocol (W3C).
struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.ask("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    fn open(width: u32) -> Browser {
        let mut command = Command::new("chromedriver");
        let started = command.arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut driver = started.expect("chromedriver has to be installed");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let mut browser = Browser { driver, port: port.unwrap(), session: String::new() };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--lang=en",
            "--force-prefers-reduced-motion",
        ];
        let options = json!({ "args": arguments });
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": logs });
        let made = browser.ask("POST", "", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("/{}", made["sessionId"].as_str().unwrap());
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        let command = "Emulation.setDeviceMetricsOverride";
        browser.post("/goog/cdp/execute", &json!({ "cmd": command, "params": size }));
        browser.post("/url", &json!({ "url": format!("file://{}", PAGE.display()) }));
        browser
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("/session{}{path}", self.session);
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = BufReader::new(socket);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(bytes) = line.strip_prefix("content-length:") {
                length = bytes.trim().parse().unwrap();
            }
        }
        let mut content = vec![0; length];
        answer.read_exact(&mut content).unwrap();
        let mut answer: Value = serde_json::from_slice(&content).unwrap();
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {answer}");
        answer["value"].take()
    }

    /// Runs a function body in the page, and returns what it returns.
    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Clicks an element as a reader would.
    fn click(&self, selector: &str) {
        let found = json!({ "using": "css selector", "value": selector });
        let element = self.post("/element", &found);
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// The messages of a log, `browser` (the console) or `performance`.
    fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": kind }));
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_string()).collect()
    }
}

#[test]
#[ignore = "needs Chromium"]
fn every_lesson_has_its_ladder_and_its_code() {
    let browser = Browser::open(1400);
    for number in 0..14 {
        let counts = browser.run(&format!(
            "const section = document.getElementById('lesson{number:02}');
             return ['.ladder .row', '.src .l', '.diff tr', 'iframe', '.readme p', '.printed']
                 .map(selector => section.querySelectorAll(selector).length);"
        ));
        let count = |index: usize| counts[index].as_u64().unwrap();
        assert_eq!(count(0) > 1, number > 0, "ladder of lesson {number}");
        assert_eq!(count(5) == 1, number == 0, "output of lesson {number}");
        assert!(count(1) > 20, "code of lesson {number}");
        let has_parent = [3, 4, 5, 7, 8, 9, 11, 12].contains(&number);
        assert_eq!(count(2) > 3, has_parent, "diff of lesson {number}");
        assert_eq!(count(3) == 1, [7, 12].contains(&number), "HTML of lesson {number}");
        assert!(count(4) > 0, "README of lesson {number}");
    }
    let way = browser.run(
        "return [...document.querySelectorAll('#way .who b, #way .mark pre')].map(e => e.innerText)",
    );
    let way: Vec<&str> = way.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(way[..2], ["teacher’s MUA", "qq MTA"]);
    let wrote = |name: &str| way[5..].iter().filter(|text| text.contains(name)).count();
    assert_eq!([wrote("by qq.example"), wrote("by sina.example"), wrote("Return-Path:")], [1; 3]);
}

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
         for (const row of document.querySelectorAll('section[id^=lesson] .ask.own, section[id^=lesson] .ans.own'))
           if (!row.dataset.k) wrong.push('no line: ' + row.textContent);
         return [tried, wrong];",
    );
    assert!(wrong[0].as_u64().unwrap() > 100, "{wrong}");
    assert_eq!(wrong[1], json!([]));

    // The same with a mouse, and with the keyboard.
    browser.click("#lesson04 .row.ask .chip");
    let lit = "return document.querySelectorAll('#lesson04 .l.lit').length";
    assert!(browser.run(lit).as_u64().unwrap() > 0);
    let escape = json!([{ "type": "keyDown", "value": "\u{e00c}" }, { "type": "keyUp", "value": "\u{e00c}" }]);
    let keys = json!({ "actions": [{ "type": "key", "id": "keys", "actions": escape }] });
    browser.post("/actions", &keys);
    assert_eq!(
        browser.run("return document.querySelectorAll('[aria-pressed=true].chip').length"),
        0
    );
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
                 const all = selector => [...document.querySelectorAll(selector)];
                 const wide = all('.lab, .pill, .who, h2, .cmds, .seen, .part, td')
                     .filter(element => element.scrollWidth > element.clientWidth + 1);
                 document.getElementById('unfold').click();
                 for (const element of all('.row pre, .row p, .raw pre, .printed')) {{
                   const [box, frame] = [element, element.closest('section')].map(e => e.getBoundingClientRect());
                   if (box.left < frame.left || box.right > frame.right) wide.push(element);
                 }}
                 const {{ scrollWidth, clientWidth }} = document.documentElement;
                 document.getElementById('unfold').click();
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
    browser.run("document.getElementById('unfold').click()");
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
    let body = json!({ "args": [url], "script": "
        const [url, done] = arguments;
        const frame = document.querySelector('#lesson07 iframe').cloneNode();
        frame.srcdoc = `<img src=\"${url}\"><script>fetch('${url}')</script><h1>loaded</h1>`;
        frame.onload = () => fetch(url).then(() => done('fetched'), () => done('refused'));
        document.body.append(frame);" });
    assert_eq!(browser.post("/execute/async", &body), "refused");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

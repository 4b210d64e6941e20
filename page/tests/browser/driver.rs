//! A browser that is driven over chromedriver's WebDriver protocol (W3C).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Deserializer, Value, json};

/// The height of the screen in pixels.
const HEIGHT: i32 = 900;

/// The longest wait for the browser: far longer than it needs.
const PATIENCE: Duration = Duration::from_secs(300);

/// The page, drawn once for all tests.
pub static PAGE: LazyLock<PathBuf> = LazyLock::new(|| {
    let output =
        Command::new(env!("CARGO_BIN_EXE_page")).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/page/index.html");
    page.canonicalize().unwrap()
});

/// A browser that shows the page.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// What its reader points with: `touch` on a small screen, else `mouse`.
    pointer: &'static str,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.ask("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts chromedriver, and finds out at which port it listens.
fn start() -> Option<(Child, u16)> {
    let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
    let mut driver = started.expect("chromedriver has to be installed");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    Some((driver, port?))
}

impl Browser {
    pub fn open(width: u32) -> Browser {
        // It ends if another program takes the port that it has found.
        let (driver, port) = (0..5).find_map(|_| start()).expect("chromedriver has to listen");
        let pointer = if width <= 1080 { "touch" } else { "mouse" };
        let session = String::new();
        let mut browser = Browser { driver, port, session, pointer };
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en"];
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let made = browser.ask("POST", "", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("/{}", made["sessionId"].as_str().unwrap());
        let size =
            json!({ "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        browser.cdp("Emulation.setDeviceMetricsOverride", &size);
        browser.cdp("Emulation.setTouchEmulationEnabled", &json!({ "enabled": true }));
        browser.post("/timeouts", &json!({ "script": PATIENCE.as_millis() }));
        browser.load("");
        browser
    }

    /// Loads the page anew, at the place with this id.
    pub fn load(&self, id: &str) {
        self.post("/url", &json!({ "url": "about:blank" }));
        self.post("/url", &json!({ "url": format!("file://{}#{id}", PAGE.display()) }));
    }

    /// A command of the Chrome DevTools Protocol.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// A command of WebDriver.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("/session{}{path}", self.session);
        let length = body.len();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = BufReader::new(socket);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            answer.read_line(&mut line).unwrap();
        }
        // The connection stays open.
        let mut values = Deserializer::from_reader(answer).into_iter::<Value>();
        let mut answer = values.next().unwrap().unwrap();
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {answer}");
        answer["value"].take()
    }

    /// Runs a function body in the page, and returns what it returns, or what its promise becomes.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Clicks the middle of an element, or touches it, after it has come into view.
    pub fn click(&self, selector: &str) {
        self.run(&format!("document.querySelector(`{selector}`).scrollIntoViewIfNeeded()"));
        self.settle();
        let element = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        self.point(&json!([
            { "type": "pointerMove", "origin": element, "x": 0, "y": 0 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]));
    }

    /// Moves a finger or turns the wheel in the middle of the screen so that what is below comes up
    /// by this many pixels.
    pub fn scroll(&self, pixels: i32) {
        let x = self.run("return innerWidth / 2");
        if self.pointer == "mouse" {
            let turn = json!({ "x": x, "y": HEIGHT / 2, "yDistance": -pixels });
            self.cdp("Input.synthesizeScrollGesture", &turn);
            return;
        }
        let start = (HEIGHT + pixels) / 2;
        self.point(&json!([
            { "type": "pointerMove", "x": x, "y": start },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerMove", "x": x, "y": start - pixels, "duration": 200 },
            { "type": "pointerUp", "button": 0 },
        ]));
        // The page swings on for a while.
        let mut last = Value::Null;
        while last != self.run("return scrollY") {
            last = self.run("return scrollY");
            self.settle();
        }
    }

    fn point(&self, actions: &Value) {
        let kind = json!({ "pointerType": self.pointer });
        let pointer =
            json!({ "type": "pointer", "id": "1", "parameters": kind, "actions": actions });
        self.post("/actions", &json!({ "actions": [pointer] }));
    }

    /// Presses a key, by its name in the events of the page.
    pub fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.cdp("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key }));
        }
    }

    /// Waits until the browser has drawn what it was told.
    pub fn settle(&self) {
        self.run(
            "return new Promise(done =>
                 requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))",
        );
    }

    /// The messages of a log, `browser` (the console) or `performance`.
    pub fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": kind }));
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_string()).collect()
    }
}

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
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.ask("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    pub fn open(width: u32) -> Browser {
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
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en"];
        let options = json!({ "args": arguments });
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": logs });
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

    /// Clicks an element as a reader would.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Puts a finger down on an element, and takes it off.
    pub fn tap(&self, selector: &str) {
        let found = json!({ "element-6066-11e4-a52e-4f735466cecf": self.element(selector) });
        self.touch(&json!([
            { "type": "pointerMove", "origin": found, "x": 0, "y": 0 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]));
    }

    /// Moves a finger in the middle of the screen so that what is below comes up by so many pixels.
    pub fn swipe(&self, pixels: i32) {
        let start = (HEIGHT + pixels) / 2;
        self.touch(&json!([
            { "type": "pointerMove", "x": 195, "y": start },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerMove", "x": 195, "y": start - pixels, "duration": 200 },
            { "type": "pointerUp", "button": 0 },
        ]));
        // The page swings on for a while.
        let mut last = Value::Null;
        while last != self.run("return scrollY") {
            last = self.run("return scrollY");
            self.settle();
        }
    }

    fn touch(&self, actions: &Value) {
        let touch = json!({ "pointerType": "touch" });
        let finger =
            json!({ "type": "pointer", "id": "finger", "parameters": touch, "actions": actions });
        self.post("/actions", &json!({ "actions": [finger] }));
    }

    /// Turns the wheel in the middle of the screen so that what is below comes up by so many pixels.
    pub fn wheel(&self, pixels: i32) {
        let middle = self.run("return { x: innerWidth / 2, y: innerHeight / 2 }");
        self.cdp(
            "Input.synthesizeScrollGesture",
            &json!({ "x": middle["x"], "y": middle["y"], "yDistance": -pixels }),
        );
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

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_string()
    }

    /// The messages of a log, `browser` (the console) or `performance`.
    pub fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": kind }));
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].as_str().unwrap().to_string()).collect()
    }
}

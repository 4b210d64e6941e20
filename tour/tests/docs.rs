//! What the guides name exists, both languages say the same, and what they quote is what comes.
#![cfg(test)]

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;
use std::{fs, iter};

use pulldown_cmark::{Event, Options, Parser, Tag};
use testing::{Practice, Program, built, built_bare, run, tcp_peer, udp_peer};
use tour::lessons::{LESSONS, Lesson, workspace};

/// Programs whose name begins a command.
const PROGRAMS: &str = "cargo curl diff echo git ln mkdir mutt nc pip printf python3 socat sudo";

/// The list at the top of each lesson's README, and its sections; in lesson 00 nothing is on the
/// wire.
const TOP: [&str; 2] = [
    "**Teaches:** |**Takes:** about MINUTES minutes|**Know before:** |**Against PARENT:** ",
    "**学什么：** |**用时：** 约 MINUTES 分钟|**先学：** |**与PARENT相比：** ",
];
const SECTIONS: [&str; 2] = [
    "On the wire, Run it, Step through it, Diff it, What it leaves out, Exercises, \
     When it goes wrong, In a program of your own, Next",
    "数据怎么走, 运行, 单步, 对比, 没有讲到的, 练习, 出错的时候, 用在自己的程序里, 下一课",
];

/// What each program takes, as its `--help` says: flags, and the names of settings.
static HELPS: LazyLock<HashMap<&str, BTreeSet<String>>> = LazyLock::new(|| {
    let packages = lessons().chain(["page", "practice-servers", "tour"]);
    let helps = packages.map(|package| {
        let help = run(&built(package), &["--help"]);
        assert_eq!(help.status, Some(0), "{package}: {help:?}");
        let words = help.stdout.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        (package, words.map(String::from).collect())
    });
    helps.collect()
});

/// A Markdown file.
struct Page {
    /// Its path in the workspace.
    name: String,
    headings: Vec<String>,
    /// What is the same in both languages, in its order: the levels of the headings, the code
    /// blocks, and who sends to whom in the diagrams.
    outline: Vec<String>,
    /// The code within lines of text.
    code: BTreeSet<String>,
    links: Vec<String>,
}

impl Page {
    fn read(name: &str) -> Self {
        let text = read(name);
        let mut headings = Vec::new();
        let mut outline = Vec::new();
        let mut links = Vec::new();
        let mut code = BTreeSet::new();
        for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
            let part = &text[range];
            match event {
                Event::Start(Tag::Heading { .. }) => {
                    let (level, title) = part.trim().split_once(' ').unwrap();
                    outline.push(level.to_string());
                    headings.push(title.to_string());
                }
                Event::Start(Tag::CodeBlock(_)) if part.starts_with("```mermaid") => {
                    let arrows = part.lines().filter(|line| line.contains("->"));
                    outline.extend(arrows.map(|line| before(line, &[':', '"', '['])));
                }
                Event::Start(Tag::CodeBlock(_)) => outline.push(part.to_string()),
                Event::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
                Event::Code(text) => _ = code.insert(text.to_string()),
                _ => {}
            }
        }
        Page { name: name.into(), headings, outline, code, links }
    }

    /// The lines of all code blocks.
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.outline.iter().filter(|part| part.starts_with("```")).flat_map(|part| part.lines())
    }

    /// The commands after `$ ` in the code blocks, each with what it prints.
    fn quotes(&self) -> Vec<(&str, Vec<&str>)> {
        let mut quotes = Vec::new();
        let mut lines = self.lines().peekable();
        while let Some(line) = lines.next() {
            let is_printed = |line: &&str| !line.starts_with("$ ") && !line.starts_with("```");
            let printed = iter::from_fn(|| lines.next_if(is_printed)).collect();
            quotes.extend(line.strip_prefix("$ ").map(|code| (code, printed)));
        }
        quotes
    }

    /// What GitHub calls the headings in links.
    fn anchors(&self) -> Vec<String> {
        let is_kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        let kept = self.headings.iter().map(|title| title.chars().filter(is_kept));
        kept.map(|title| title.collect::<String>().to_lowercase().replace(' ', "-")).collect()
    }
}

/// The text of a file in the workspace.
fn read(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).unwrap()
}

/// The cells of the rows that begin with `start` in the tables of a file.
fn rows(name: &str, start: &str) -> Vec<Vec<String>> {
    let text = read(name);
    let rows = text.lines().filter(|line| line.starts_with(start));
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().into()).collect();
    rows.map(cells).collect()
}

fn before(text: &str, ends: &[char]) -> String {
    text.split(ends).next().unwrap_or_default().to_string()
}

/// The guides in English and Chinese: what the learner writes beside them is not our affair.
fn pages() -> Vec<[Page; 2]> {
    let docs = ["debugging", "first-program", "guide", "providers", "settings", "systems", "wire"]
        .map(|name| format!("docs/{name}"));
    let folders = lessons().chain(["practice-servers"]);
    let readmes = folders.map(|folder| format!("{folder}/README"));
    let names = docs.into_iter().chain(readmes).chain(["README".into()]);
    names.map(|name| [".md", ".zh-CN.md"].map(|end| Page::read(&format!("{name}{end}")))).collect()
}

/// The packages of the lessons, in their order.
fn lessons() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().map(|lesson| lesson.package)
}

/// The variables of the command that this code is, if it is one, and its words.
fn command(code: &str) -> Option<(Vec<String>, Vec<String>)> {
    let code = code.trim_start().trim_start_matches("$ ");
    let code = code.strip_prefix("cmd /c \"").map_or(code, |code| code.trim_end_matches('"'));
    let mut variables = shlex::split(code)?;
    let is_variable = |word: &&String| before(word, &['=']).to_uppercase() == before(word, &['=']);
    let words = variables.split_off(variables.iter().take_while(is_variable).count());
    let is_command = words.len() > 1 && PROGRAMS.split(' ').any(|program| program == words[0]);
    is_command.then_some((variables, words))
}

/// Expects that what a `cargo` command names exists.
fn check_cargo(words: &[String]) {
    // These are about a program that the reader makes.
    if ["new", "add", "doc"].contains(&&*words[1]) || words.iter().any(|word| word == "my-client") {
        return;
    }
    let mut package = "tour";
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next().filter(|word| *word != "--") {
        match word {
            "-p" => package = words.next().unwrap(),
            "--config" => assert!(workspace().join(words.next().unwrap()).is_file()),
            _ => {}
        }
    }
    let help = HELPS.get(package).unwrap_or_else(|| panic!("there is no package {package}"));
    for word in words.map(|word| before(word, &['='])) {
        // One that all programs have, and the example of a wrong one.
        let is_known = word == "--help" || word == "--mesage" || help.contains(&word);
        let is_name = word.starts_with("--") || package == "tour";
        assert!(is_known || !is_name || Lesson::find(&word).is_some(), "{package}: {word}");
    }
}

#[test]
fn each_command_flag_setting_and_file_exists() {
    let all: BTreeSet<_> = HELPS.values().flatten().map(String::as_str).collect();
    let root = workspace();
    let mut count = 0;
    for page in pages().iter().flatten() {
        let beside = root.join(&page.name).with_file_name("src");
        let own = root.join(&page.name).with_file_name("");
        let folders = [root.into(), root.join("docs"), root.join("debug"), beside, own];
        for code in page.lines().chain(page.code.iter().map(String::as_str)) {
            if let Some((_, words)) = command(code).filter(|(_, words)| words[0] == "cargo") {
                check_cargo(&words);
                count += 1;
            }
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let settings = code.split(|c| !is_name(c)).filter(|name| name.starts_with("LESSON_"));
            let flag = before(code, &[' ', '=']);
            let is_flag = flag.starts_with("--") && flag != "--help";
            for name in settings.chain(is_flag.then_some(flag.as_str())) {
                assert!(all.contains(name) || name == "LESSON_TIMES", "{}: {name}", page.name);
                count += 1;
            }
            let endings = [".rs", ".toml", ".gdb", ".lldb", ".py", ".c", ".env.example", ".md"];
            let is_path =
                endings.iter().any(|end| code.ends_with(end)) && !code.contains([' ', ':']);
            if is_path
                && !code.contains("my-")
                && !page.links.iter().any(|link| link.ends_with(code))
            {
                assert!(folders.iter().any(|folder| folder.join(code).exists()), "{code}");
                count += 1;
            }
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn each_link_leads_somewhere() {
    let glossary = Page::read("docs/glossary.md");
    for page in pages().iter().flatten().chain([&glossary]) {
        for link in &page.links {
            let place = format!("{}: {link}", page.name);
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = Path::new(&page.name).with_file_name(path);
            let target = if path.is_empty() { Path::new(&page.name) } else { &target };
            assert!(workspace().join(target).exists(), "{place}");
            if !anchor.is_empty() {
                let anchors = Page::read(target.to_str().unwrap()).anchors();
                assert!(anchors.contains(&anchor.to_string()), "{place}: {anchors:?}");
            }
        }
    }
}

#[test]
fn both_languages_have_the_same_headings_code_diagrams_and_links() {
    for pages in pages() {
        let [english, chinese] = &pages;
        let name = &english.name;
        assert_eq!(english.outline, chinese.outline, "{name}");
        assert_eq!(english.code, chinese.code, "{name}");
        // At the top each leads to the other; both lead to the same pages.
        assert!(chinese.name.ends_with(&english.links[0]), "{name}");
        assert!(english.name.ends_with(&chinese.links[0]), "{name}");
        let [targets, others] = pages.each_ref().map(|page| {
            let targets = page.links.iter().skip(1).map(|link| before(link, &['#']));
            targets.map(|link| link.replace(".zh-CN", "")).collect::<BTreeSet<_>>()
        });
        assert_eq!(targets, others, "{name}");
        for lesson in name.strip_suffix("/README.md").into_iter().filter_map(Lesson::find) {
            for debugger in ["gdb", "lldb"] {
                let start =
                    format!("cargo run --config debug/{debugger}.toml -p {}", lesson.package);
                assert!(english.lines().any(|line| line.starts_with(&start)), "{start}");
            }
        }
    }
}

#[test]
fn the_first_program_quotes_lesson_01() {
    let lesson = read("lesson01-udp-server/src/main.rs");
    let page = Page::read("docs/first-program.md");
    let mut blocks: Vec<_> =
        page.outline.iter().filter(|part| part.starts_with("```rust")).collect();
    // The last one is a program of the reader's own.
    blocks.pop();
    for line in blocks.iter().flat_map(|block| block.lines()).filter(|line| !line.contains("```")) {
        assert!(lesson.lines().any(|whole| whole == line), "{line}");
    }
    assert!(blocks.len() > 5, "{blocks:?}");
}

#[test]
fn each_lesson_says_at_its_top_what_the_front_page_says_and_has_the_same_parts_in_order() {
    for lesson in LESSONS {
        let package = lesson.package;
        let number = lesson.number();
        let parent = lesson.parent.as_ref().map(|parent| parent.number);
        let parents = match parent {
            Some(number) => [format!("lesson {number}"), format!("第 {number} 课")],
            None => ["another".into(), "别的课".into()],
        };
        for (index, end) in [".md", ".zh-CN.md"].into_iter().enumerate() {
            let name = format!("{package}/README{end}");
            let text = read(&name);
            let top = text.split("\n## ").next().unwrap();
            let items: Vec<_> = top.lines().filter_map(|line| line.strip_prefix("- ")).collect();
            let front = &rows(&format!("README{end}"), &format!("| [{number}]("))[0];
            assert_eq!(front[3], parent.unwrap_or_default(), "{number}");
            let starts =
                TOP[index].replace("MINUTES", &front[2]).replace("PARENT", &parents[index]);
            let starts: Vec<_> = starts.split('|').collect();
            assert_eq!(items.len(), starts.len(), "{name}: {items:?}");
            for (item, start) in items.iter().zip(starts) {
                assert!(item.starts_with(start), "{name}: {start:?}, not {item:?}");
            }
            let sections: Vec<_> =
                text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            let wanted = SECTIONS[index].split(", ").skip(usize::from(number == "00"));
            assert_eq!(sections, wanted.collect::<Vec<_>>(), "{name}");
        }
    }
}

#[test]
fn the_tables_of_settings_name_all_of_them_with_their_defaults_and_lessons() {
    let table = read(".env.example");
    let table = table.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let mut defaults: HashMap<_, _> = table.collect();
    defaults.retain(|name, _| lessons().any(|lesson| HELPS[lesson].contains(*name)));
    for end in [".md", ".zh-CN.md"] {
        let file = format!("docs/settings{end}");
        let settings = rows(&file, "| `LESSON_");
        assert_eq!(settings.len(), defaults.len(), "{file}");
        for lesson in LESSONS {
            let number = lesson.number();
            for row in &settings {
                let name = row[0].trim_matches('`');
                let default =
                    row[1].strip_prefix('`').map_or("".into(), |rest| before(rest, &['`']));
                assert_eq!(default, defaults[name].trim_matches('"'), "{file}: {name}");
                let is_named = row[2].split(", ").any(|range| {
                    let (first, last) = range.split_once('-').unwrap_or((range, range));
                    (first..=last).contains(&number)
                });
                assert_eq!(is_named, HELPS[lesson.package].contains(name), "{name} in {number}");
            }
        }
    }
}

#[test]
fn the_glossary_has_both_languages() {
    let mut words = Vec::new();
    for cells in &rows("docs/glossary.md", "| ")[1..] {
        assert!(cells.len() == 5 && cells.iter().all(|cell| !cell.is_empty()), "{cells:?}");
        assert!(Lesson::find(&cells[4]).is_some() && cells[2].is_ascii(), "{cells:?}");
        words.push(cells[0].to_lowercase());
    }
    assert!(words.is_sorted() && words.len() > 30, "{words:?}");
}

/// What is the same in each run: no times, ports, sizes and names of mails; in any order, as the
/// log and the result come by two ways.
fn stable<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let cut = |line: &'a str| {
        let (time, text) = line.split_once(' ').unwrap_or_default();
        let line = if time.parse::<f64>().is_ok() { text } else { line };
        let ends = [" -- --", "taken as ", "Date: "];
        let line = ends.iter().fold(line, |line, end| line.split(end).next().unwrap());
        let numbers = line.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() > 2);
        numbers.fold(line.to_string(), |line, number| line.replacen(number, "", 1))
    };
    let mut lines: Vec<_> = lines.into_iter().map(cut).filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines
}

#[test]
#[cfg_attr(windows, ignore = "the READMEs quote the words of another system")]
fn what_the_readmes_quote_is_what_the_lessons_print() {
    let mut count = 0;
    for [page, _] in pages().iter().filter(|[page, _]| page.name.starts_with("lesson")) {
        let practice = Practice::start();
        practice.folder.write("homework.txt", "My homework\n");
        let mut servers = Vec::new();
        let mut silent = Vec::new();
        let mut sent = 0;
        let mut addr = "127.0.0.1:0".parse().unwrap();
        for (code, quoted) in page.quotes() {
            let code = practice.here(code);
            let Some((variables, words)) = command(&code) else { continue };
            let package = words.iter().skip_while(|word| *word != "-p").nth(1);
            let Some(package) = package.filter(|name| name.starts_with("lesson")) else {
                match words[0].as_str() {
                    "nc" => silent.push(tcp_peer(addr)),
                    _ if words.contains(&"-u".into()) => _ = udp_peer(addr).send(b"hello"),
                    _ => {}
                }
                continue;
            };
            let takes = |name| HELPS[package.as_str()].contains(name);
            let mut lesson = practice.lesson(package);
            if words.contains(&"--example".into()) {
                if takes("LESSON_ECHO_ADDR") {
                    // The tests of pairs run these.
                    continue;
                }
                lesson = testing::command(&built_bare(package), &practice.folder);
            }
            lesson.args(words.iter().skip_while(|word| *word != "--").skip(1));
            lesson.envs(variables.iter().filter_map(|variable| variable.split_once('=')));
            lesson.env("LESSON_ECHO_ADDR", addr.to_string());
            let is_second = quoted.iter().any(|line| line.contains("in use"));
            if takes("LESSON_ECHO_ADDR") && !takes("LESSON_MESSAGE") && !is_second {
                let mut server = Program::start(lesson.env("LESSON_ECHO_ADDR", "127.0.0.1:0"));
                addr = server.listening();
                servers.push((server, quoted));
                continue;
            }
            if quoted.iter().any(|line| line.contains("refused")) {
                // Nobody listens there.
                lesson.env("LESSON_ECHO_ADDR", "127.0.0.1:999");
                lesson.env("LESSON_SMTP_URL", "smtp://127.0.0.1:999");
            }
            let ended = Program::start(&mut lesson).finish();
            if ended.stdout.contains("taken as") {
                sent += 1;
                practice.mails("sina", "xuesheng", sent);
            }
            if !quoted.is_empty() && !quoted.contains(&"...") {
                let printed = ended.stderr.lines().chain(ended.stdout.lines());
                assert_eq!(stable(quoted), stable(printed), "{}: {code}", page.name);
                count += 1;
            }
        }
        for (mut server, quoted) in servers {
            for line in quoted.into_iter().skip(1) {
                let (_, text) = line.split_once(": ").unwrap();
                server.logged(text.split("127.0.0.1").next().unwrap());
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

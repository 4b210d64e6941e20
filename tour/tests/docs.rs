//! What the READMEs and the guide name exists, and both languages say the same.
#![cfg(test)]

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use testing::{built, run};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Programs whose name begins a command.
const PROGRAMS: [&str; 14] = [
    "cargo", "curl", "diff", "echo", "git", "ln", "mkdir", "mutt", "nc", "pip", "printf",
    "python3", "socat", "sudo",
];

/// A heading, and all code up to the next one.
#[derive(Default)]
struct Section {
    level: usize,
    title: String,
    /// Lines of code blocks, and code within a line of text.
    code: Vec<String>,
    /// How many diagrams there are.
    diagrams: usize,
}

/// A Markdown file.
struct Page {
    path: PathBuf,
    text: String,
    sections: Vec<Section>,
    links: Vec<String>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let (mut sections, mut links) = (vec![Section::default()], Vec::new());
        let (mut is_heading, mut is_code) = (false, false);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            let section = sections.last_mut().unwrap();
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    is_heading = true;
                    let level = level as usize;
                    sections.push(Section { level, ..Section::default() });
                }
                Event::End(TagEnd::Heading(_)) => is_heading = false,
                Event::Start(Tag::CodeBlock(kind)) => {
                    is_code = !matches!(kind, CodeBlockKind::Fenced(name) if &*name == "mermaid");
                    section.diagrams += usize::from(!is_code);
                }
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
                Event::Text(text) | Event::Code(text) if is_heading => section.title += &text,
                Event::Text(text) if is_code => {
                    section.code.extend(text.lines().map(String::from));
                }
                Event::Code(code) => section.code.push(code.to_string()),
                _ => {}
            }
        }
        let path = path.to_path_buf();
        Page { path, text, sections, links }
    }

    /// The sections of a lesson in the Chinese guide, or all others.
    fn lesson(&self, number: Option<&str>) -> Vec<&Section> {
        let mut current = None;
        let mut depth = 0;
        let mut sections = Vec::new();
        for section in &self.sections {
            if section.level <= depth || current.is_none() {
                current = section.title.strip_prefix("第 ").and_then(|title| title.get(..2));
                depth = section.level;
            }
            if current == number {
                sections.push(section);
            }
        }
        sections
    }

    /// What GitHub calls the headings in links.
    fn anchors(&self) -> Vec<String> {
        let is_kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        let anchor = |section: &Section| {
            let kept: String = section.title.chars().filter(is_kept).collect();
            kept.to_lowercase().replace(' ', "-")
        };
        self.sections.iter().map(anchor).collect()
    }
}

/// The names of all files of the project, with their folders.
fn files(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let is_made = ["target", ".git", "practice-data", "downloads"].contains(&&*name);
        if path.is_dir() && !is_made {
            files(&path, names);
        } else if !is_made {
            names.push(path.display().to_string().replace('\\', "/"));
        }
    }
}

/// The guides: what the learner writes beside them is not our affair.
fn pages() -> Vec<Page> {
    let names = [
        "README",
        "README.zh-CN",
        "docs/debugging",
        "docs/glossary",
        "docs/guide",
        "practice-servers/README",
    ];
    let names = names.map(|name| format!("{name}.md")).into_iter();
    let readmes = lessons().into_iter().map(|lesson| format!("{lesson}/README.md"));
    names.chain(readmes).map(|name| page(&name)).collect()
}

fn page(name: &str) -> Page {
    Page::read(&Path::new(WORKSPACE).join(name))
}

/// The packages of the lessons, in their order.
fn lessons() -> Vec<String> {
    let entries = fs::read_dir(WORKSPACE).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut lessons: Vec<_> = names.filter(|name| name.starts_with("lesson")).collect();
    lessons.sort();
    lessons
}

/// The command that this code is, without the `$` in front, if it is one.
fn command(code: &str) -> Option<&str> {
    let code = code.strip_prefix("$ ").unwrap_or(code);
    let mut words = code.split(' ').skip_while(|word| is_variable(word));
    let is_program = PROGRAMS.contains(&words.next()?);
    (is_program && words.next().is_some()).then_some(code)
}

/// `NAME=value`, as it stands in front of a command.
fn is_variable(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    let is_upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(is_upper)
}

fn commands<'a>(sections: impl IntoIterator<Item = &'a Section>) -> BTreeSet<&'a str> {
    let code = sections.into_iter().flat_map(|section| &section.code);
    code.filter_map(|code| command(code)).collect()
}

/// Splits a command into words; quotes keep one together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(String::new()),
            (c, _) => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// What each program takes, as its `--help` says: flags, and the names of settings.
fn helps() -> HashMap<String, Vec<String>> {
    let others = ["practice-servers", "tour"].map(String::from);
    let programs = lessons().into_iter().chain(others);
    let helps = programs.map(|package| {
        let help = run(&built(&package), &["--help"]).stdout;
        let words = help.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        (package, words.map(String::from).collect())
    });
    helps.collect()
}

/// Expects that what a `cargo` command names exists.
fn check_cargo(command: &str, helps: &HashMap<String, Vec<String>>) {
    let words = words(command);
    let mut words = words.iter().map(String::as_str).skip_while(|word| is_variable(word));
    assert_eq!(words.next(), Some("cargo"), "{command}");
    let verb = words.next().unwrap_or_else(|| panic!("{command}"));
    assert!(["run", "test", "bench", "fetch", "update"].contains(&verb), "{command}");
    let mut package = "tour";
    while let Some(word) = words.next().filter(|word| *word != "--" && *word != ">") {
        match word {
            "-p" if verb != "update" => package = words.next().unwrap(),
            "--config" => {
                let file = Path::new(WORKSPACE).join(words.next().unwrap());
                assert!(file.is_file(), "{command}");
            }
            "--workspace" => {}
            _ => assert_eq!(verb, "update", "{command}: {word}"),
        }
    }
    let help = helps.get(package).unwrap_or_else(|| panic!("{command}: no such package"));
    for word in words {
        if word.starts_with("--") {
            assert!(help.iter().any(|flag| flag == word) || word == "--help", "{command}: {word}");
        } else if package == "tour" {
            let start = format!("lesson{word}");
            let is_lesson = lessons().iter().any(|lesson| lesson.starts_with(&start));
            assert!(is_lesson || word == "diff", "{command}: {word}");
        }
    }
}

#[test]
fn each_command_flag_setting_and_file_exists() {
    let helps = helps();
    let all: BTreeSet<&str> = helps.values().flatten().map(String::as_str).collect();
    let mut names = Vec::new();
    files(Path::new(WORKSPACE), &mut names);
    let mut counts = [0; 4];
    for page in pages() {
        for code in page.sections.iter().flat_map(|section| &section.code) {
            let place = page.path.display();
            if let Some(command) = command(code).filter(|command| command.contains("cargo ")) {
                check_cargo(command, &helps);
                counts[0] += 1;
            }
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            for name in code.split(|c| !is_name(c)).filter(|name| name.starts_with("LESSON_")) {
                assert!(all.contains(name), "{place}: {name}");
                counts[1] += 1;
            }
            let first = code.split([' ', '=']).next().unwrap();
            if first.starts_with("--") {
                assert!(all.contains(first) || first == "--help", "{place}: {code}");
                counts[2] += 1;
            }
            let endings = [".rs", ".toml", ".gdb", ".lldb", ".py", ".c", ".example", ".md"];
            let is_path = !code.contains([' ', '@', '=', ':']) && code.contains('.');
            if is_path && endings.iter().any(|ending| code.ends_with(ending)) {
                let is_there = |name: &String| name.ends_with(&format!("/{code}"));
                let is_host = code.ends_with(".example") && code != ".env.example";
                assert!(is_host || names.iter().any(is_there), "{place}: {code}");
                counts[3] += 1;
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}

#[test]
fn each_link_leads_somewhere() {
    let mut count = 0;
    for page in pages() {
        let folder = page.path.parent().unwrap();
        for link in &page.links {
            count += 1;
            let place = page.path.display();
            if let Some(address) = link.strip_prefix("https://") {
                assert!(address.contains('.') && !address.contains(' '), "{place}: {link}");
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.path.clone(),
                path => folder.join(path),
            };
            assert!(target.exists(), "{place}: {link}");
            if !anchor.is_empty() {
                let anchors = Page::read(&target).anchors();
                assert!(anchors.contains(&anchor.to_string()), "{place}: {link}: {anchors:?}");
            }
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn both_languages_have_the_same_lessons_with_the_same_commands() {
    let chinese = page("README.zh-CN.md");
    for lesson in lessons() {
        let number = &lesson[6..8];
        let english = page(&format!("{lesson}/README.md"));
        let sections = chinese.lesson(Some(number));
        assert!(!sections.is_empty(), "{lesson}");
        let (ours, theirs) = (commands(&english.sections), commands(sections.iter().copied()));
        assert_eq!(ours, theirs, "{lesson}");
        for debugger in ["gdb", "lldb"] {
            let start = format!("cargo run --config debug/{debugger}.toml -p {lesson}");
            assert!(ours.iter().any(|command| command.starts_with(&start)), "{lesson}");
        }
        let diagrams: usize = sections.iter().map(|section| section.diagrams).sum();
        let count = usize::from(number != "00");
        assert_eq!(diagrams, count, "{lesson}");
        let titles = |sections: &[&Section]| {
            let titles = sections.iter().skip(1).map(|section| section.title.clone());
            titles.filter(|title| !title.is_empty()).collect::<Vec<_>>()
        };
        let english: Vec<_> =
            english.sections.iter().filter(|section| section.level == 2).collect();
        let diagrams: usize = english.iter().map(|section| section.diagrams).sum();
        assert_eq!(diagrams, count, "{lesson}");
        let skipped = 1 - count;
        let all = [
            "On the wire",
            "Run it",
            "Step through it",
            "Diff it",
            "What it leaves out",
            "Exercises",
            "Next",
        ];
        let found: Vec<_> = english.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(found, all[skipped..], "{lesson}");
        let all = ["数据怎么走", "运行", "单步", "对比", "没有讲到的", "练习"];
        assert_eq!(titles(&sections), all[skipped..], "{lesson}");
    }
    let english = page("README.md");
    assert_eq!(commands(&english.sections), commands(chinese.lesson(None)));
}

#[test]
fn the_tables_name_the_parent_of_each_lesson() {
    for name in ["README.md", "README.zh-CN.md"] {
        let text = page(name).text;
        for lesson in lessons() {
            let number = &lesson[6..8];
            let start = format!("| [{number}](");
            let row = text.lines().find(|line| line.starts_with(&start)).unwrap();
            let named = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
            let diff = run(env!("CARGO_BIN_EXE_tour"), &["diff", number]).stdout;
            let parent = diff.strip_prefix("--- lesson").map_or("", |rest| &rest[..2]);
            assert_eq!(named, parent, "{name}: {row}");
        }
    }
}

#[test]
fn the_glossary_has_both_languages() {
    let text = page("docs/glossary.md").text;
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut words = Vec::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [english, _chinese, meaning, _meaning, number] = cells[..] else {
            panic!("{row}");
        };
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{row}");
        let start = format!("lesson{number}-");
        assert!(lessons().iter().any(|lesson| lesson.starts_with(&start)), "{row}");
        assert!(meaning.is_ascii(), "{row}");
        words.push(english.to_lowercase());
    }
    assert!(words.is_sorted() && words.len() > 30, "{words:?}");
}

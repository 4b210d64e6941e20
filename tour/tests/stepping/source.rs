//! The numbered steps of a lesson, read from its source.

use std::collections::BTreeSet;
use std::fs;

use tour::lessons::workspace;

/// A numbered step of a lesson.
#[derive(Debug)]
pub struct Step {
    /// The first and the last number in its comment.
    pub numbers: (u32, u32),
    /// The number of its statement's line in the file.
    pub line: usize,
    /// The function that holds it.
    pub function: String,
}

/// The lines of a lesson, and its steps in the order in which they happen.
pub struct Source {
    pub lines: Vec<String>,
    pub steps: Vec<Step>,
}

impl Source {
    /// Reads a lesson, whose steps are numbered from 1 to `count`.
    pub fn read(lesson: &str, count: u32) -> Self {
        let path = workspace().join(lesson).join("src/main.rs");
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().map(String::from).collect();
        let mut source = Source { lines, steps: Vec::new() };
        let mut function = String::new();
        for (index, line) in source.lines.iter().enumerate() {
            if let Some(rest) = line.strip_prefix("fn ") {
                function = rest.split('(').next().unwrap().to_string();
            }
            let text = line.trim_start();
            if text.starts_with("// Step ") || text.starts_with("// Steps ") {
                let label = text.split([':', ',']).next().unwrap();
                let words = label.split(' ').filter_map(|word| word.parse().ok());
                let numbers: Vec<u32> = words.collect();
                source.steps.push(Step {
                    numbers: (numbers[0], *numbers.last().unwrap()),
                    line: source.after(index + 1),
                    function: function.clone(),
                });
            }
        }
        // What holds several steps in functions of their own comes before these.
        let order = |step: &Step| (step.numbers.0, u32::MAX - step.numbers.1);
        source.steps.sort_by_key(order);
        let numbers = source.steps.iter().map(|step| step.numbers);
        let all: BTreeSet<u32> = numbers.flat_map(|(first, last)| first..=last).collect();
        assert_eq!(all, (1..=count).collect(), "the steps of {lesson}");
        source
    }

    /// The line, by its number.
    pub fn line(&self, number: usize) -> &str {
        self.lines[number - 1].trim()
    }

    /// The number of the next line with code behind this one.
    pub fn after(&self, number: usize) -> usize {
        let is_code = |number: &usize| {
            let line = self.line(*number);
            !line.is_empty() && !line.starts_with("//")
        };
        (number + 1..).find(is_code).unwrap()
    }

    /// The number of the next line with code behind the statement that begins here. What an
    /// `if let Err(..)` would do does not happen.
    pub fn after_statement(&self, number: usize) -> usize {
        let fails = self.line(number).starts_with("if let Err(");
        let ends = |number: &usize| {
            let line = self.line(*number);
            if fails { line == "}" } else { line.ends_with([';', '{', '}']) }
        };
        self.after((number..).find(ends).unwrap())
    }

    /// The names that the line gives to values.
    pub fn names(&self, number: usize) -> Vec<&str> {
        let line = self.line(number).strip_prefix("let ").unwrap_or_default();
        let (pattern, _) = line.split_once(" = ").unwrap_or_default();
        let words = pattern.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| !["", "mut", "_"].contains(word)).collect()
    }

    /// The names that the step gives to values, and that nothing had before it in its function.
    pub fn new_names(&self, step: &Step) -> Vec<&str> {
        let head = format!("fn {}(", step.function);
        let head = self.lines.iter().position(|line| line.starts_with(&head)).unwrap();
        let is_new =
            |name: &&str| !(head + 2..step.line).any(|line| self.names(line).contains(name));
        self.names(step.line).into_iter().filter(is_new).collect()
    }

    /// The function in which this one is called.
    fn caller(&self, function: &str) -> Option<&str> {
        let call = format!("{function}(");
        let is_call = |line: &String| line.contains(&call) && !line.starts_with("fn ");
        let before = &self.lines[..self.lines.iter().position(is_call)?];
        let head = before.iter().rev().find_map(|line| line.strip_prefix("fn "))?;
        head.split('(').next()
    }

    /// How to get into the function that holds the step, if it is called here, or its caller is.
    pub fn way_in(&self, place: Option<usize>, step: &Step) -> Option<&'static str> {
        let line = self.line(place?);
        let calls = |function: &str| line.contains(&format!("{function}("));
        let leads_there = calls(&step.function) || self.caller(&step.function).is_some_and(calls);
        let is_call = leads_there && !line.starts_with("fn ");
        // Where a thread makes the call, it stops at a breakpoint.
        let way = if line.contains("move ||") { "continue" } else { "step" };
        is_call.then_some(way)
    }
}

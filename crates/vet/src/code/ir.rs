//! The common form: expressions in one list, functions as units with their names.

use std::collections::HashMap;

/// An expression of a program.
pub(crate) type Id = u32;

/// Expressions of one file that are kept.
const MAX_NODES: usize = 4_000_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Text(String),
    /// A whole number that could be a character.
    Number(u32),
    /// A name of this file: its slot.
    Slot(u32),
    /// A name of nobody here.
    Global(String),
    Member(Id, String),
    Index(Id, Id),
    Call {
        callee: Id,
        arguments: Vec<Id>,
        new: bool,
    },
    Function(u32),
    List(Vec<Id>),
    Object(Vec<(String, Id)>),
    /// A text of these pieces.
    Join(Vec<Id>),
    /// One of these, or made of them.
    Any(Vec<Id>),
    /// Bits of one mixed with those of another.
    Mix(Vec<Id>),
    Assign(Target, Id),
    /// What another file gives.
    Module(String),
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Name(Id),
    Member(Id, String),
    /// Pieces of the value, by key where it has one.
    Pieces(Vec<(Option<String>, Self)>),
    Nothing,
}

/// A function, or the file itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unit {
    pub parent: Option<u32>,
    pub parameters: Vec<Target>,
    pub names: HashMap<String, u32>,
    pub body: Vec<Id>,
    pub returns: Vec<Id>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Program {
    pub(super) nodes: Vec<Expr>,
    pub(super) lines: Vec<u32>,
    pub(super) units: Vec<Unit>,
    pub(super) slots: u32,
    /// What it gives to others: name and value. `default` is what `CommonJS` gives as a whole.
    pub(super) exports: Vec<(String, Id)>,
    /// Whether all of it is here.
    pub(crate) whole: bool,
}

/// Where lines begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    pub(super) fn at(&self, offset: usize) -> u32 {
        self.0.partition_point(|start| *start <= offset) as u32
    }
}

/// Makes a program.
pub(super) struct Builder {
    pub program: Program,
    pub lines: Lines,
    open: Vec<u32>,
    names: Vec<(Id, u32, String)>,
    depth: usize,
}

/// Expressions within expressions that are kept; what is deeper is nothing, and the program not whole.
const MAX_DEPTH: usize = 2_000;

impl Builder {
    pub(super) fn new(text: &str) -> Self {
        let program = Program { units: vec![Unit::default()], whole: true, ..Program::default() };
        Self { program, lines: Lines::of(text), open: vec![0], names: Vec::new(), depth: 0 }
    }

    /// Goes one level down; where that is too deep, nothing stands for what is there.
    pub(super) fn depth_guard(&mut self, line: u32) -> Option<Id> {
        if self.depth >= MAX_DEPTH || self.program.nodes.len() >= MAX_NODES {
            self.program.whole = false;
            return Some(self.add(Expr::Nothing, line));
        }
        self.depth += 1;
        None
    }

    /// Comes back from one level down.
    pub(super) fn up(&mut self) {
        self.depth -= 1;
    }

    /// An expression as it is so far; a name that is not looked up yet is one of nobody.
    pub(super) fn peek(&self, id: Id) -> Expr {
        if let Some((_, _, name)) = self.names.iter().rev().take(64).find(|(other, ..)| *other == id) {
            return Expr::Global(name.clone());
        }
        match &self.program.nodes[id as usize] {
            Expr::Text(text) => Expr::Text(text.clone()),
            _ => Expr::Nothing,
        }
    }

    pub(super) fn add(&mut self, expr: Expr, line: u32) -> Id {
        self.program.nodes.push(expr);
        self.program.lines.push(line);
        (self.program.nodes.len() - 1) as Id
    }

    pub(super) fn text(&mut self, text: &str, line: u32) -> Id {
        self.add(Expr::Text(text.to_owned()), line)
    }

    /// A name, looked up once all names are known.
    pub(super) fn name(&mut self, name: &str, line: u32) -> Id {
        let id = self.add(Expr::Nothing, line);
        self.names.push((id, self.unit(), name.to_owned()));
        id
    }

    fn unit(&self) -> u32 {
        self.open.last().copied().unwrap_or(0)
    }

    /// Makes a name one of the unit that is open.
    pub(super) fn declare(&mut self, name: &str) {
        let slot = self.program.slots;
        let unit = self.unit() as usize;
        let names = &mut self.program.units[unit].names;
        if !names.contains_key(name) {
            names.insert(name.to_owned(), slot);
            self.program.slots += 1;
        }
    }

    /// A name that is declared here, as the target of an assignment.
    pub(super) fn own(&mut self, name: &str, line: u32) -> Target {
        self.declare(name);
        Target::Name(self.name(name, line))
    }

    /// Begins a function: parameters and body are what is made until it is closed.
    pub(super) fn open(&mut self) -> u32 {
        let unit = self.program.units.len() as u32;
        let parent = Some(self.unit());
        self.program.units.push(Unit { parent, ..Unit::default() });
        self.open.push(unit);
        unit
    }

    /// Ends the function that was begun last.
    pub(super) fn close(&mut self, unit: u32, line: u32) -> Id {
        self.open.pop();
        self.add(Expr::Function(unit), line)
    }

    pub(super) fn parameter(&mut self, target: Target) {
        let unit = self.unit() as usize;
        self.program.units[unit].parameters.push(target);
    }

    pub(super) fn statement(&mut self, id: Id) {
        let unit = self.unit() as usize;
        self.program.units[unit].body.push(id);
    }

    pub(super) fn gives_back(&mut self, id: Id) {
        let unit = self.unit() as usize;
        self.program.units[unit].returns.push(id);
    }

    pub(super) fn assign(&mut self, target: Target, value: Id, line: u32) -> Id {
        self.add(Expr::Assign(target, value), line)
    }

    pub(super) fn export(&mut self, name: &str, value: Id) {
        self.program.exports.push((name.to_owned(), value));
    }

    /// Calls made since this expression: what goes wrong in them comes to whoever catches it.
    pub(super) fn calls_since(&mut self, from: usize, line: u32) -> Id {
        let is_call = |expr: &Expr| matches!(expr, Expr::Call { .. });
        let calls: Vec<Id> = (from..self.program.nodes.len())
            .filter(|at| is_call(&self.program.nodes[*at]))
            .take(64)
            .map(|at| at as Id)
            .collect();
        self.add(Expr::Any(calls), line)
    }

    pub(super) fn finish(mut self) -> Program {
        for (id, unit, name) in self.names {
            let mut at = Some(unit);
            let mut found = None;
            while let Some(unit) = at {
                let unit = &self.program.units[unit as usize];
                found = unit.names.get(&name).copied();
                at = if found.is_some() { None } else { unit.parent };
            }
            self.program.nodes[id as usize] = found.map_or(Expr::Global(name), Expr::Slot);
        }
        self.program
    }
}

//! Follows values through all files at once, to where one is run.
//!
//! Every name holds one value, the join of all that is ever put into it, so that order does not count: a few rounds over all
//! expressions, until nothing changes. Calls bind parameters, what a function gives back comes to its callers, modules give
//! their exports to whoever imports them, `.env` and JSON files give their constants.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    Dialect,
    call::Call,
    ir::{Expr, Id, Program, Target},
    known::{self, Role},
    value::{MAX_TEXT, Marks, Value},
};
use crate::{command, doc, place};

/// Rounds over all expressions.
const MAX_ROUNDS: usize = 6;

/// Expressions that are looked at, of all rounds together.
const MAX_STEPS: u64 = 60_000_000;

/// What is run somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// What a server answers, whose address the files hold.
    Fetched(Option<String>),
    /// What a server answers, whose address the caller chose.
    Asked,
    /// What was decoded of what the files hold; the text where it can be worked out.
    Decoded(Option<String>),
    /// A file that is no code by its name.
    DataFile(Option<String>),
    /// A file into which something fetched was written.
    Dropped(Option<String>),
    /// A text as it stands.
    Written(String),
}

/// How it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    Code,
    Command,
    /// By a reader of objects that runs what they say.
    Objects,
    /// By a template engine.
    Template,
}

/// One place where something is run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub file: usize,
    pub line: u32,
    pub what: What,
    pub how: How,
    /// Whether what is started goes on by itself and says nothing.
    pub detached: bool,
}

struct Unit {
    path: String,
    program: Program,
    dialect: Dialect,
}

/// All files of a tree.
#[derive(Default)]
pub(crate) struct Flow {
    files: Vec<Unit>,
    slots: Vec<Vec<Value>>,
    returns: Vec<Vec<Value>>,
    exports: Vec<Value>,
    /// Members of `this`, and of what is global.
    own: BTreeMap<(usize, String), Value>,
    global: BTreeMap<String, Value>,
    by_path: BTreeMap<String, usize>,
    /// What the texts of each file look like.
    looks: Vec<BTreeMap<Id, Marks>>,
    documents: BTreeMap<String, Value>,
    environment: BTreeMap<String, String>,
    dropped: BTreeMap<Rc<str>, Option<Rc<str>>>,
    changed: bool,
    collecting: bool,
    steps: u64,
    hits: Vec<Hit>,
}

impl Flow {
    /// Adds a file; its number.
    pub(crate) fn add(&mut self, path: &str, program: Program, dialect: Dialect) -> usize {
        let number = self.files.len();
        self.slots.push(vec![Value::default(); program.slots as usize]);
        self.returns.push(vec![Value::default(); program.units.len()]);
        self.exports.push(Value::default());
        let looks = program.nodes.iter().zip(0..).filter_map(|(expr, id)| match expr {
            Expr::Text(text) => {
                Some((id, known::looks(text))).filter(|(_, marks)| *marks != Marks::default())
            }
            _ => None,
        });
        self.looks.push(looks.collect());
        self.by_path.insert(path.to_owned(), number);
        self.files.push(Unit { path: path.to_owned(), program, dialect });
        number
    }

    /// Adds constants that an environment file sets.
    pub(crate) fn set_environment(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.trim().trim_start_matches("export ");
            if let Some((name, value)) = line.split_once('=')
                && !line.starts_with('#')
            {
                let value = value.trim().trim_matches(['"', '\'']);
                self.environment.insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }

    /// Adds a JSON file that may be imported.
    pub(crate) fn add_document(&mut self, path: &str, node: &doc::Node) {
        let mut value = Value::default();
        for (key, node) in node.entries() {
            if let Some(text) = node.text() {
                value.put(key, &Value::text(text, known::looks(text)));
            }
        }
        self.documents.insert(path.to_owned(), value);
    }

    /// Follows everything. Where things are run, and whether all of it was followed.
    pub(crate) fn run(&mut self) -> (Vec<Hit>, bool) {
        for round in 0..=MAX_ROUNDS {
            self.changed = false;
            self.round();
            if !self.changed || round == MAX_ROUNDS || self.steps >= MAX_STEPS {
                break;
            }
        }
        let whole = self.steps < MAX_STEPS;
        self.collecting = true;
        self.steps = 0;
        self.round();
        self.hits.sort();
        self.hits.dedup();
        (std::mem::take(&mut self.hits), whole)
    }

    fn round(&mut self) {
        for file in 0..self.files.len() {
            for unit in 0..self.files[file].program.units.len() {
                for at in 0..self.files[file].program.units[unit].body.len() {
                    if self.steps >= MAX_STEPS {
                        return;
                    }
                    let id = self.files[file].program.units[unit].body[at];
                    self.value(file, id);
                }
                let mut back = Value::default();
                for at in 0..self.files[file].program.units[unit].returns.len() {
                    let id = self.files[file].program.units[unit].returns[at];
                    let quiet = std::mem::replace(&mut self.collecting, false);
                    let value = self.value(file, id);
                    self.collecting = quiet;
                    back.join(&value);
                }
                self.changed |= self.returns[file][unit].join(&back);
            }
            for at in 0..self.files[file].program.exports.len() {
                let (name, id) = self.files[file].program.exports[at].clone();
                let quiet = std::mem::replace(&mut self.collecting, false);
                let value = self.value(file, id);
                self.collecting = quiet;
                self.export(file, &name, &value);
            }
        }
    }

    fn export(&mut self, file: usize, name: &str, value: &Value) {
        self.changed |= if name == "default" {
            self.exports[file].join(value)
        } else {
            self.exports[file].put(name, value)
        };
    }

    fn value(&mut self, file: usize, id: Id) -> Value {
        self.steps += 1;
        if self.steps >= MAX_STEPS {
            return Value::default();
        }
        // Taken out, so that what is within can be followed.
        let expr = std::mem::replace(&mut self.files[file].program.nodes[id as usize], Expr::Nothing);
        let value = self.of(file, id, &expr);
        self.files[file].program.nodes[id as usize] = expr;
        value
    }

    fn of(&mut self, file: usize, id: Id, expr: &Expr) -> Value {
        match expr {
            Expr::Text(text) => {
                let looks = self.looks[file].get(&id).copied().unwrap_or_default();
                Value::text(text, looks)
            }
            Expr::Number(number) => Value { text: Some(number.to_string().into()), ..Value::default() },
            Expr::Slot(slot) => self.slots[file][*slot as usize].clone(),
            Expr::Global(name) if known::is_global(name) => Value::path("globalThis"),
            Expr::Global(name) => {
                let mut value = Value::path(name);
                if let Some(set) = self.global.get(name) {
                    value.join(set);
                }
                value
            }
            Expr::Member(object, name) => {
                let value = self.value(file, *object);
                self.member(file, &value, name)
            }
            Expr::Index(object, key) => {
                let value = self.value(file, *object);
                let key = self.value(file, *key);
                match &key.text {
                    Some(name) if name.parse::<usize>().is_err() => self.member(file, &value, name),
                    Some(at) => value
                        .items
                        .as_ref()
                        .and_then(|items| items.get(at.parse::<usize>().ok()?).cloned())
                        .unwrap_or_else(|| value.origin()),
                    None => Value {
                        funcs: value.funcs.clone(),
                        path: value.path.clone().filter(|path| &**path == "globalThis"),
                        ..value.origin()
                    },
                }
            }
            Expr::Call { callee, arguments, new } => self.call(file, id, *callee, arguments, *new),
            Expr::Function(unit) => Value { funcs: vec![(file as u32, *unit)], ..Value::default() },
            Expr::List(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.value(file, *item)).collect();
                let codes = |item: &Value| {
                    item.marks == Marks::default()
                        && item
                            .text
                            .as_ref()
                            .is_some_and(|text| text.parse::<u32>().is_ok_and(|code| code < 0x11_0000))
                };
                let is_codes = items.len() >= 8 && items.iter().all(codes);
                let marks = if is_codes { Marks::CODES | Marks::WRITTEN } else { Marks::default() };
                Value { marks, items: Some(Rc::new(items)), ..Value::default() }
            }
            Expr::Object(entries) => {
                let mut value = Value { members: Some(Rc::default()), ..Value::default() };
                for (name, id) in entries {
                    let member = self.value(file, *id);
                    if name.is_empty() {
                        // A spread, or a key that is worked out.
                        value.join(&Value { path: None, ..member });
                    } else {
                        value.put(name, &member);
                    }
                }
                value
            }
            Expr::Join(pieces) => self.joined(file, pieces),
            Expr::Any(choices) => {
                let mut value = Value::default();
                let one = choices.len() == 1;
                for choice in choices {
                    let choice = self.value(file, *choice);
                    value.join(&if one { choice } else { Value { text: None, ..choice } });
                }
                if one && let Some(items) = value.items.take() {
                    items.iter().for_each(|item| {
                        value.join(&Value { text: None, ..item.clone() });
                    });
                    value.text = None;
                }
                value
            }
            Expr::Mix(pieces) => {
                let mut marks = Marks::default();
                let mut from = None;
                for piece in pieces {
                    let value = self.value(file, *piece).origin();
                    marks = marks | value.marks;
                    from = from.or(value.from);
                }
                let hidden = marks.has(Marks::CODES) || marks.has(Marks::DECODED);
                let marks = marks | Marks::MIXED;
                Value { marks: if hidden { marks | Marks::DECODED } else { marks }, from, ..Value::default() }
            }
            Expr::Assign(target, value) => {
                let value = self.value(file, *value);
                self.assign(file, target, &value);
                value
            }
            Expr::Module(name) => self.module(file, name),
            Expr::Nothing => Value::default(),
        }
    }

    fn joined(&mut self, file: usize, pieces: &[Id]) -> Value {
        let mut text = Some(String::new());
        let mut value = Value::default();
        let mut all_fetched = true;
        for piece in pieces {
            let piece = self.value(file, *piece);
            match (&mut text, &piece.text) {
                (Some(text), Some(more)) if text.len() + more.len() <= MAX_TEXT => text.push_str(more),
                _ => text = None,
            }
            // Brackets and the like around a text do not make it a piece of another.
            let bare = piece.text.as_ref().is_some_and(|text| text.trim().len() <= 1);
            all_fetched &= bare || piece.all_marks().has(Marks::FETCHED);
            value.join(&piece.origin());
        }
        if pieces.len() > 1 && !all_fetched {
            value.marks = value.marks | Marks::PIECE;
        }
        value.text = text.filter(|text| !text.is_empty()).map(Into::into);
        value
    }

    fn member(&mut self, file: usize, value: &Value, name: &str) -> Value {
        if let Some(path) = value.path.as_deref() {
            match path {
                "globalThis" => {
                    let own =
                        self.own.get(&(file, name.to_owned())).or_else(|| self.global.get(name)).cloned();
                    return own.unwrap_or_else(|| Value::path(name));
                }
                "process.env" | "os.environ" | "ENV" | "import.meta.env" => return self.variable(name),
                _ => {}
            }
        }
        if name == "default" && value.path.is_none() {
            return value.clone();
        }
        let held = value.members.as_ref().and_then(|members| members.get(name).cloned());
        let mut member = held.unwrap_or_default();
        if name == "constructor" && (value.path.as_deref() != Some("globalThis")) {
            member.path = Some("*.constructor".into());
            return member;
        }
        let kept = matches!(name, "call" | "apply" | "bind");
        if let (Some(path), None) = (&value.path, &member.path) {
            member.path = Some(if kept { Rc::clone(path) } else { format!("{path}.{name}").into() })
                .filter(|path| path.len() < 200);
        }
        if kept {
            member.funcs.clone_from(&value.funcs);
        }
        if known::method(name, self.files[file].dialect) != Some(Role::Measures) {
            member.marks = member.marks | value.marks;
            if member.from.is_none() {
                member.from.clone_from(&value.from);
            }
        }
        // What a text or list is, its methods give on.
        if member.text.is_none() && matches!(name, "data" | "body" | "text" | "content" | "default") {
            member.text.clone_from(&value.text);
        }
        member
    }

    fn variable(&self, name: &str) -> Value {
        let marks = Marks::ENVIRONMENT;
        match self.environment.get(name) {
            Some(text) => {
                let value = Value::text(text, known::looks(text));
                Value { marks: marks | value.marks, ..value }
            }
            None => Value::marked(marks),
        }
    }

    fn assign(&mut self, file: usize, target: &Target, value: &Value) {
        match target {
            Target::Name(id) => match self.files[file].program.nodes[*id as usize] {
                Expr::Slot(slot) => self.changed |= self.slots[file][slot as usize].join(value),
                Expr::Global(ref name) => {
                    let name = name.clone();
                    self.changed |= self.global.entry(name).or_default().join(value);
                }
                _ => {}
            },
            Target::Member(object, name) => {
                let holder = match self.files[file].program.nodes[*object as usize] {
                    Expr::Slot(slot) => Some(slot),
                    _ => None,
                };
                let object = self.value(file, *object);
                match object.path.as_deref() {
                    Some("module") if name == "exports" => self.export(file, "default", value),
                    Some("exports" | "module.exports") => self.export(file, name, value),
                    Some("globalThis") => {
                        self.changed |= self.own.entry((file, name.clone())).or_default().join(value);
                        self.changed |= self.global.entry(name.clone()).or_default().join(value);
                    }
                    _ => {
                        if let Some(slot) = holder {
                            let value = Value { members: None, ..value.clone() };
                            self.changed |= self.slots[file][slot as usize].put(name, &value);
                        }
                    }
                }
            }
            Target::Pieces(pieces) => {
                for (key, piece) in pieces {
                    let part = match key {
                        Some(key) => self.member(file, value, key),
                        None => Value { path: value.path.clone(), ..value.origin() },
                    };
                    self.assign(file, piece, &part);
                }
            }
            Target::Nothing => {}
        }
    }

    fn module(&mut self, file: usize, name: &str) -> Value {
        let name = name.strip_prefix("node:").unwrap_or(name);
        let from = self.files[file].path.clone();
        let found = match self.files[file].dialect {
            Dialect::JavaScript
                if name.starts_with('.')
                    || name.starts_with('/')
                    || name.starts_with("@/")
                    || name.starts_with("~/") =>
            {
                let near = place::beside(&from, name.trim_start_matches(['@', '~']).trim_start_matches('/'));
                let endings = [
                    "",
                    ".js",
                    ".ts",
                    ".mjs",
                    ".cjs",
                    ".tsx",
                    ".jsx",
                    ".json",
                    "/index.js",
                    "/index.ts",
                    "/index.mjs",
                    "/index.cjs",
                ];
                let stem = near.strip_suffix(".js").map(str::to_owned);
                if let Some(value) =
                    endings.iter().find_map(|ending| self.documents.get(&format!("{near}{ending}")))
                {
                    return value.clone();
                }
                let tried = endings.iter().find_map(|ending| self.by_path.get(&format!("{near}{ending}")));
                tried.or_else(|| self.by_path.get(&format!("{}.ts", stem?))).copied()
            }
            Dialect::Python => {
                let dots = name.len() - name.trim_start_matches('.').len();
                let path = name.trim_start_matches('.').replace('.', "/");
                let up = format!("{}{path}", "../".repeat(dots.saturating_sub(1)));
                let near = place::beside(&from, &up);
                let tried = [format!("{near}.py"), format!("{near}/__init__.py")]
                    .iter()
                    .find_map(|path| self.by_path.get(path))
                    .copied();
                tried.or_else(|| {
                    let ends = [format!("/{path}.py"), format!("/{path}/__init__.py")];
                    let fits = |at: &&String| ends.iter().any(|end| at.ends_with(end.as_str()));
                    (dots == 0 && !path.is_empty())
                        .then(|| self.by_path.keys().find(fits).and_then(|at| self.by_path.get(at)))
                        .flatten()
                        .copied()
                })
            }
            _ => None,
        };
        match found {
            Some(other) => self.exports[other].clone(),
            None if name.starts_with('.') => Value::default(),
            None => Value::path(name),
        }
    }

    fn call(&mut self, file: usize, id: Id, callee: Id, arguments: &[Id], new: bool) -> Value {
        let dialect = self.files[file].dialect;
        let (receiver, method) = match self.files[file].program.nodes[callee as usize] {
            Expr::Member(object, ref name) => (Some(object), Some(name.clone())),
            _ => (None, None),
        };
        let holder = receiver.map(|object| self.value(file, object)).unwrap_or_default();
        let function = match &method {
            Some(name) => self.member(file, &holder, name),
            None => self.value(file, callee),
        };
        let arguments_of: Vec<Value> = arguments.iter().map(|argument| self.value(file, *argument)).collect();
        let path = function.path.clone();
        let by_path = path.as_deref().and_then(|path| known::role(&normal(path), dialect));
        let role = by_path.or_else(|| method.as_deref().and_then(|name| known::method(name, dialect)));
        let line = self.files[file].program.lines[id as usize];
        let call = Call {
            file,
            line,
            path: path.as_deref(),
            method: method.as_deref(),
            holder: &holder,
            arguments: &arguments_of,
        };
        if call.is_constructor() {
            self.sink(&call, How::Code);
        }
        // `getattr(module, "name")` is its member, and `__import__("name")` a module.
        match (path.as_deref(), &arguments_of[..]) {
            (Some("getattr" | "Reflect.get"), [object, name, ..]) => {
                if let Some(name) = &name.text {
                    return self.member(file, object, name);
                }
            }
            (
                Some(
                    "__import__"
                    | "importlib.import_module"
                    | "process.binding"
                    | "module.createRequire"
                    | "createRequire",
                ),
                [name, ..],
            ) => {
                return name.text.as_deref().map_or_else(
                    || Value::path("require"),
                    |name| {
                        if name.contains("://") || name.starts_with('/') {
                            Value::path("require")
                        } else {
                            Value::path(name)
                        }
                    },
                );
            }
            (Some("Reflect.construct" | "Reflect.apply"), [function, rest @ ..]) => {
                let inner = function.path.as_deref();
                let code = inner.and_then(|path| known::role(&normal(path), dialect)) == Some(Role::Code)
                    || inner == Some("*.constructor");
                if code {
                    self.sink(&Call { path: inner, arguments: rest, ..call }, How::Code);
                }
            }
            (Some("require" | "import"), [name, ..])
                if name.text.is_some() && !name.marks.has(Marks::DROPPED) =>
            {
                let name = name.text.clone().unwrap_or_default();
                if !name.starts_with("data:") {
                    return self.module(file, &name);
                }
            }
            _ => {}
        }
        let mut result = match role {
            Some(Role::Fetches) => call.fetched(),
            Some(Role::Decodes) => call.decoded(),
            Some(Role::Reads) => call.read(),
            Some(Role::Environment) => {
                let name = arguments_of.first().and_then(|name| name.text.clone());
                name.map_or_else(|| Value::marked(Marks::ENVIRONMENT), |name| self.variable(&name))
            }
            Some(Role::Measures) => Value::default(),
            Some(Role::Writes) => {
                self.writes(&call, arguments);
                Value::default()
            }
            Some(Role::Code) => {
                self.sink(&call, How::Code);
                call.handed_on()
            }
            Some(Role::Command) => {
                self.sink(&call, How::Command);
                call.handed_on()
            }
            Some(Role::Unpickles) => {
                self.sink(&call, How::Objects);
                call.handed_on()
            }
            Some(Role::Template) => {
                self.sink(&call, How::Template);
                Value::default()
            }
            None => call.handed_on(),
        };
        // What is made by a function is known by it: `Runtime.getRuntime().exec`.
        if matches!(role, None | Some(Role::Fetches)) && result.path.is_none() {
            result.path = path.clone().filter(|path| !path.starts_with('*'));
        }
        self.bind(&function, &arguments_of, new, &mut result);
        self.call_back(&call, role, &mut result);
        // A stream is piped into a file.
        if method.as_deref() == Some("pipe") && holder.marks.has(Marks::FETCHED) {
            let target = arguments_of.first().and_then(|target| target.text.clone());
            if let Some(target) = target {
                self.changed |= self.dropped.insert(target, holder.from.clone()).is_none();
            }
        }
        result
    }

    /// Arguments come to the parameters of our own functions, and what these give back to the caller.
    fn bind(&mut self, function: &Value, arguments: &[Value], new: bool, result: &mut Value) {
        let made =
            function.members.as_ref().filter(|_| new).and_then(|members| members.get("constructor").cloned());
        if new && function.members.is_some() {
            result.join(&Value { funcs: Vec::new(), ..function.clone() });
        }
        for (file, unit) in function.funcs.iter().chain(made.iter().flat_map(|made| &made.funcs)) {
            let (file, unit) = (*file as usize, *unit as usize);
            for (at, argument) in arguments.iter().enumerate() {
                if let Some(target) = self.files[file].program.units[unit].parameters.get(at).cloned() {
                    self.assign(file, &target, argument);
                }
            }
            let back = self.returns[file][unit].clone();
            result.join(&back);
        }
    }

    /// What was fetched or decoded comes to the functions that are given for it.
    fn call_back(&mut self, call: &Call<'_>, role: Option<Role>, result: &mut Value) {
        let given = if role == Some(Role::Fetches) {
            result.origin()
        } else {
            Value { text: None, ..call.holder.origin() }
        };
        let items = call.holder.items.clone();
        if given.marks == Marks::default() && items.is_none() {
            return;
        }
        for argument in call.arguments {
            for (file, unit) in argument.funcs.clone() {
                let (file, unit) = (file as usize, unit as usize);
                for target in self.files[file].program.units[unit].parameters.clone() {
                    self.assign(file, &target, &given);
                }
                let back = self.returns[file][unit].origin();
                if role != Some(Role::Measures) {
                    result.join(&back);
                }
            }
        }
    }

    fn writes(&mut self, call: &Call<'_>, ids: &[Id]) {
        let [file, data, ..] = call.arguments else { return };
        if !data.all_marks().has(Marks::FETCHED) {
            return;
        }
        let source = data.origin().from;
        if let Some(text) = &file.text {
            self.changed |= self.dropped.insert(Rc::clone(text), source.clone()).is_none();
        }
        if let Some(Expr::Slot(slot)) =
            ids.first().map(|id| &self.files[call.file].program.nodes[*id as usize])
        {
            let slot = *slot as usize;
            let mark = Value { from: source, ..Value::marked(Marks::DROPPED) };
            self.changed |= self.slots[call.file][slot].join(&mark);
        }
    }

    fn sink(&mut self, call: &Call<'_>, how: How) {
        if !self.collecting {
            return;
        }
        let mut given: Vec<&Value> = call.arguments.iter().collect();
        if how == How::Command && call.arguments.is_empty() {
            given.push(call.holder);
        }
        let timer = matches!(call.path, Some("setTimeout" | "setInterval" | "setImmediate"));
        if timer || how == How::Objects {
            given.truncate(1);
        }
        if timer && given.first().is_some_and(|first| !first.funcs.is_empty()) {
            return;
        }
        let safe = |value: &Value| {
            let path = value.path.as_deref().unwrap_or_default().to_ascii_lowercase();
            path.contains("safe") && !path.contains("unsafe")
        };
        let is_safe = |value: &Value| {
            safe(value) || value.members.iter().flat_map(|members| members.values()).any(safe)
        };
        if how == How::Objects && call.arguments.iter().any(is_safe) {
            return;
        }
        let marks = given.iter().fold(Marks::default(), |marks, value| marks | value.all_marks());
        let from = given.iter().find_map(|value| value.origin().from);
        let text = call.command(how);
        let mut hit = |what: What| {
            let detached = call.is_detached();
            self.hits.push(Hit { file: call.file, line: call.line, what, how, detached });
        };
        let told = || from.as_deref().map(str::to_owned);
        let whole = !(how == How::Command && marks.has(Marks::PIECE));
        let from_forge = from.as_deref().is_some_and(command::is_forge);
        // Data for a template is honest in an object of the caller's own.
        let in_template = how == How::Template && !given.iter().any(|value| value.marks.has(Marks::FETCHED));
        if marks.has(Marks::DROPPED)
            || text.as_ref().is_some_and(|text| self.dropped.keys().any(|file| text.contains(&**file)))
        {
            if !from_forge {
                hit(What::Dropped(told()));
            }
        } else if marks.has(Marks::FETCHED) && whole && !in_template {
            hit(What::Fetched(told()));
        } else if how == How::Template {
        } else if marks.has(Marks::DECODED) && marks.has(Marks::WRITTEN | Marks::ENVIRONMENT | Marks::CODES) {
            hit(What::Decoded(text));
        } else if marks.has(Marks::DATA_FILE) && how == How::Code {
            hit(What::DataFile(told()));
        } else if marks.has(Marks::ASKED) && how == How::Code {
            hit(What::Asked);
        } else if let Some(text) = text
            && how != How::Objects
        {
            hit(What::Written(text));
        }
    }
}

/// A path as the tables write it.
fn normal(path: &str) -> String {
    path.replace("::", ".").replace("->", ".").replace('\\', ".")
}

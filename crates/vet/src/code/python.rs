//! Python, by `ruff`.

use ruff_python_ast::{
    self as ast, ExceptHandler, Expr as PyExpr, InterpolatedStringElement, Number, Operator, Parameters, Stmt,
};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

use super::{
    Unread,
    ir::{Builder, Expr, Id, Program, Target},
};

pub(super) fn read(text: &str) -> Result<Program, Unread> {
    let parsed = parse_module(text).map_err(|_| Unread::Syntax)?;
    let mut reader = Reader { b: Builder::new(text) };
    reader.statements(&parsed.syntax().body);
    Ok(reader.b.finish())
}

struct Reader {
    b: Builder,
}

impl Reader {
    fn line(&self, node: &impl Ranged) -> u32 {
        self.b.lines.at(node.range().start().to_usize())
    }

    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn run(&mut self, expression: &PyExpr) {
        let id = self.expression(expression);
        self.b.statement(id);
    }

    fn put(&mut self, target: &PyExpr, value: Id, line: u32) {
        let target = self.target(target);
        let id = self.b.assign(target, value, line);
        self.b.statement(id);
    }

    fn statement(&mut self, statement: &Stmt) {
        let line = self.line(statement);
        match statement {
            Stmt::FunctionDef(function) => {
                let id =
                    self.function(&function.parameters, line, |reader| reader.statements(&function.body));
                self.put_name(&function.name.id, id, line);
                self.b.export(function.name.as_str(), id);
                for one in &function.decorator_list {
                    self.run(&one.expression);
                }
            }
            Stmt::ClassDef(class) => self.class(class, line),
            Stmt::Return(back) => {
                if let Some(value) = &back.value {
                    let id = self.expression(value);
                    self.b.statement(id);
                    self.b.gives_back(id);
                }
            }
            Stmt::Assign(assign) => {
                let value = self.expression(&assign.value);
                for target in &assign.targets {
                    self.put(target, value, line);
                    if let PyExpr::Name(name) = target {
                        self.b.export(&name.id, value);
                    }
                }
            }
            Stmt::AugAssign(assign) => {
                let (old, value) = (self.expression(&assign.target), self.expression(&assign.value));
                let made = if assign.op == Operator::BitXor {
                    Expr::Mix(vec![old, value])
                } else {
                    Expr::Join(vec![old, value])
                };
                let id = self.b.add(made, line);
                self.put(&assign.target, id, line);
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let id = self.expression(value);
                    self.put(&assign.target, id, line);
                }
            }
            Stmt::For(loops) => {
                let all = self.expression(&loops.iter);
                let one = self.b.add(Expr::Any(vec![all]), line);
                self.put(&loops.target, one, line);
                self.statements(&loops.body);
                self.statements(&loops.orelse);
            }
            Stmt::While(loops) => {
                self.run(&loops.test);
                self.statements(&loops.body);
                self.statements(&loops.orelse);
            }
            Stmt::If(branch) => {
                self.run(&branch.test);
                self.statements(&branch.body);
                for other in &branch.elif_else_clauses {
                    if let Some(test) = &other.test {
                        self.run(test);
                    }
                    self.statements(&other.body);
                }
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let id = self.expression(&item.context_expr);
                    self.b.statement(id);
                    if let Some(target) = &item.optional_vars {
                        self.put(target, id, line);
                    }
                }
                self.statements(&with.body);
            }
            Stmt::Match(choice) => {
                self.run(&choice.subject);
                for case in &choice.cases {
                    self.statements(&case.body);
                }
            }
            Stmt::Raise(raise) => raise.exc.iter().for_each(|one| self.run(one)),
            Stmt::Try(attempt) => {
                let from = self.b.program.nodes.len();
                self.statements(&attempt.body);
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    if let Some(name) = &handler.name {
                        let thrown = self.b.calls_since(from, line);
                        self.put_name(&name.id, thrown, line);
                    }
                    self.statements(&handler.body);
                }
                self.statements(&attempt.orelse);
                self.statements(&attempt.finalbody);
            }
            Stmt::Assert(check) => self.run(&check.test),
            Stmt::Import(import) => {
                for one in &import.names {
                    let module = one.name.as_str();
                    let local = one
                        .asname
                        .as_ref()
                        .map_or_else(|| module.split('.').next().unwrap_or(module), ast::Identifier::as_str);
                    let named = if one.asname.is_some() { module } else { local };
                    let id = self.b.add(Expr::Module(named.to_owned()), line);
                    self.put_name(local, id, line);
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", ast::Identifier::as_str);
                let module = format!("{}{module}", ".".repeat(import.level as usize));
                for one in &import.names {
                    let name = one.name.as_str();
                    let from = self.b.add(Expr::Module(module.clone()), line);
                    let id = self.b.add(Expr::Member(from, name.to_owned()), line);
                    self.put_name(one.asname.as_ref().map_or(name, ast::Identifier::as_str), id, line);
                }
            }
            Stmt::Expr(expression) => self.run(&expression.value),
            _ => {}
        }
    }

    fn put_name(&mut self, name: &str, value: Id, line: u32) {
        let target = self.b.own(name, line);
        let id = self.b.assign(target, value, line);
        self.b.statement(id);
    }

    fn class(&mut self, class: &ast::StmtClassDef, line: u32) {
        let mut members = Vec::new();
        for statement in &class.body {
            if let Stmt::FunctionDef(method) = statement {
                let id = self.function(&method.parameters, line, |reader| reader.statements(&method.body));
                members.push((method.name.to_string(), id));
            } else {
                self.statement(statement);
            }
        }
        let id = self.b.add(Expr::Object(members), line);
        self.put_name(class.name.as_str(), id, line);
        self.b.export(class.name.as_str(), id);
    }

    fn function(&mut self, parameters: &Parameters, line: u32, body: impl FnOnce(&mut Self)) -> Id {
        let unit = self.b.open();
        for one in parameters.iter_non_variadic_params() {
            let target = self.b.own(one.parameter.name.as_str(), line);
            if let Some(default) = &one.default {
                let value = self.expression(default);
                let id = self.b.assign(target.clone(), value, line);
                self.b.statement(id);
            }
            // A method's own object is no argument of its callers.
            if !matches!(one.parameter.name.as_str(), "self" | "cls") {
                self.b.parameter(target);
            }
        }
        for rest in parameters.vararg.iter().chain(&parameters.kwarg) {
            let target = self.b.own(rest.name.as_str(), line);
            self.b.parameter(target);
        }
        body(self);
        self.b.close(unit, line)
    }

    fn target(&mut self, target: &PyExpr) -> Target {
        let line = self.line(target);
        match target {
            PyExpr::Name(name) => self.b.own(&name.id, line),
            PyExpr::Attribute(member) => {
                Target::Member(self.expression(&member.value), member.attr.to_string())
            }
            PyExpr::Subscript(member) => {
                let key = match &*member.slice {
                    PyExpr::StringLiteral(key) => key.value.to_str().to_owned(),
                    _ => String::new(),
                };
                Target::Member(self.expression(&member.value), key)
            }
            PyExpr::Tuple(all) => {
                Target::Pieces(all.elts.iter().map(|one| (None, self.target(one))).collect())
            }
            PyExpr::List(all) => {
                Target::Pieces(all.elts.iter().map(|one| (None, self.target(one))).collect())
            }
            PyExpr::Starred(one) => self.target(&one.value),
            _ => Target::Nothing,
        }
    }

    fn expression(&mut self, expression: &PyExpr) -> Id {
        let line = self.line(expression);
        if let PyExpr::BinOp(_) = expression {
            return self.sum(expression, line);
        }
        if let Some(nothing) = self.b.depth_guard(line) {
            return nothing;
        }
        let id = self.deeper(expression, line);
        self.b.up();
        id
    }

    fn sum(&mut self, expression: &PyExpr, line: u32) -> Id {
        let (mut pieces, mut rest, mut joins, mut bits) = (Vec::new(), expression, true, false);
        while let PyExpr::BinOp(binary) = rest {
            joins &= matches!(binary.op, Operator::Add | Operator::Mod);
            bits |= binary.op == Operator::BitXor;
            pieces.push(&*binary.right);
            rest = &binary.left;
        }
        pieces.push(rest);
        let ids: Vec<Id> = pieces.into_iter().rev().map(|piece| self.expression(piece)).collect();
        let made = if joins {
            Expr::Join(ids)
        } else if bits {
            Expr::Mix(ids)
        } else {
            Expr::Any(ids)
        };
        self.b.add(made, line)
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e PyExpr>) -> Vec<Id> {
        expressions.into_iter().map(|one| self.expression(one)).collect()
    }

    fn deeper(&mut self, expression: &PyExpr, line: u32) -> Id {
        let made = match expression {
            PyExpr::StringLiteral(text) => Expr::Text(text.value.to_str().to_owned()),
            PyExpr::BytesLiteral(bytes) => {
                let all: Vec<u8> = bytes.value.bytes().collect();
                Expr::Text(all.iter().map(|byte| char::from(*byte)).collect())
            }
            PyExpr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => {
                    int.as_u64().and_then(|int| u32::try_from(int).ok()).map_or(Expr::Nothing, Expr::Number)
                }
                _ => Expr::Nothing,
            },
            PyExpr::FString(text) => {
                let mut pieces = Vec::new();
                for element in text.value.elements() {
                    pieces.push(match element {
                        InterpolatedStringElement::Literal(literal) => self.b.text(&literal.value, line),
                        InterpolatedStringElement::Interpolation(one) => self.expression(&one.expression),
                    });
                }
                Expr::Join(pieces)
            }
            PyExpr::Name(name) => return self.b.name(&name.id, line),
            PyExpr::Attribute(member) => {
                Expr::Member(self.expression(&member.value), member.attr.to_string())
            }
            PyExpr::Subscript(member) => {
                let object = self.expression(&member.value);
                // `x[::-1]` is x turned round.
                if let PyExpr::Slice(slice) = &*member.slice {
                    let turned = matches!(slice.step.as_deref(), Some(PyExpr::UnaryOp(_)));
                    let callee = self
                        .b
                        .add(Expr::Member(object, if turned { "reverse" } else { "slice" }.to_owned()), line);
                    return self.b.add(Expr::Call { callee, arguments: Vec::new(), new: false }, line);
                }
                Expr::Index(object, self.expression(&member.slice))
            }
            PyExpr::Call(call) => {
                let callee = self.expression(&call.func);
                let mut arguments = self.all(call.arguments.args.iter());
                for keyword in &call.arguments.keywords {
                    let value = self.expression(&keyword.value);
                    let name = keyword.arg.as_ref().map(ToString::to_string).unwrap_or_default();
                    arguments.push(self.b.add(Expr::Object(vec![(name, value)]), line));
                }
                Expr::Call { callee, arguments, new: false }
            }
            PyExpr::List(all) => Expr::List(self.all(&all.elts)),
            PyExpr::Tuple(all) => Expr::List(self.all(&all.elts)),
            PyExpr::Set(all) => Expr::List(self.all(&all.elts)),
            PyExpr::Dict(dict) => {
                let entries = dict.items.iter().map(|item| {
                    let key = match &item.key {
                        Some(PyExpr::StringLiteral(key)) => key.value.to_str().to_owned(),
                        _ => String::new(),
                    };
                    (key, self.expression(&item.value))
                });
                Expr::Object(entries.collect())
            }
            PyExpr::BoolOp(all) => Expr::Any(self.all(&all.values)),
            PyExpr::Named(named) => {
                let value = self.expression(&named.value);
                let target = self.target(&named.target);
                Expr::Assign(target, value)
            }
            PyExpr::UnaryOp(one) => Expr::Any(vec![self.expression(&one.operand)]),
            PyExpr::Lambda(lambda) => {
                let empty = Parameters::default();
                let parameters = lambda.parameters.as_deref().unwrap_or(&empty);
                return self.function(parameters, line, |reader| {
                    let id = reader.expression(&lambda.body);
                    reader.b.statement(id);
                    reader.b.gives_back(id);
                });
            }
            PyExpr::If(choice) => {
                self.run(&choice.test);
                Expr::Any(vec![self.expression(&choice.body), self.expression(&choice.orelse)])
            }
            PyExpr::ListComp(made) => return self.comprehension(&made.elt, &made.generators, line),
            PyExpr::SetComp(made) => return self.comprehension(&made.elt, &made.generators, line),
            PyExpr::Generator(made) => return self.comprehension(&made.elt, &made.generators, line),
            PyExpr::DictComp(made) => return self.comprehension(&made.value, &made.generators, line),
            PyExpr::Await(one) => return self.expression(&one.value),
            PyExpr::Yield(one) => Expr::Any(one.value.iter().map(|one| self.expression(one)).collect()),
            PyExpr::YieldFrom(one) => return self.expression(&one.value),
            PyExpr::Starred(one) => return self.expression(&one.value),
            PyExpr::Compare(compare) => {
                self.run(&compare.left);
                for one in &compare.comparators {
                    self.run(one);
                }
                Expr::Nothing
            }
            _ => Expr::Nothing,
        };
        self.b.add(made, line)
    }

    fn comprehension(&mut self, element: &PyExpr, generators: &[ast::Comprehension], line: u32) -> Id {
        for one in generators {
            let all = self.expression(&one.iter);
            let each = self.b.add(Expr::Any(vec![all]), line);
            self.put(&one.target, each, line);
            for test in &one.ifs {
                self.run(test);
            }
        }
        let id = self.expression(element);
        self.b.add(Expr::Any(vec![id]), line)
    }
}

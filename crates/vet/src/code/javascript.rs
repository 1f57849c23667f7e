//! JavaScript and TypeScript, by `oxc`.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, AssignmentOperator, AssignmentTarget,
    AssignmentTargetMaybeDefault, AssignmentTargetProperty, BinaryOperator, BindingPattern, ChainElement,
    Class, ClassElement, Declaration, ExportDefaultDeclarationKind, Expression, ForStatementInit,
    ForStatementLeft, FormalParameters, Function, ImportDeclarationSpecifier, JSXAttributeItem,
    JSXAttributeValue, JSXChild, JSXElement, ModuleExportName, ObjectPropertyKind, PropertyKey, Statement,
    VariableDeclaration,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};

use super::{
    Unread,
    ir::{Builder, Expr, Id, Program, Target},
};

pub(super) fn read(text: &str, ending: &str) -> Result<Program, Unread> {
    let kinds = match ending {
        "ts" | "mts" | "cts" => vec![SourceType::ts()],
        "tsx" => vec![SourceType::tsx()],
        // Flow's types and scripts that are no modules are tried too.
        _ => vec![SourceType::mjs().with_jsx(true), SourceType::cjs().with_jsx(true), SourceType::tsx()],
    };
    let mut best = None;
    for kind in kinds {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, kind).parse();
        if parsed.panicked {
            continue;
        }
        let clean = parsed.diagnostics.is_empty();
        let mut reader = Reader { b: Builder::new(text) };
        for statement in &parsed.program.body {
            reader.statement(statement);
        }
        let program = reader.b.finish();
        if clean {
            return Ok(program);
        }
        best = best.or(Some(program));
    }
    best.ok_or(Unread::Syntax)
}

struct Reader {
    b: Builder,
}

impl Reader {
    fn line(&self, node: &impl GetSpan) -> u32 {
        self.b.lines.at(node.span().start as usize)
    }

    fn statements(&mut self, statements: &[Statement<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn run(&mut self, expression: &Expression<'_>) {
        let id = self.expression(expression);
        self.b.statement(id);
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        let line = self.line(statement);
        match statement {
            Statement::BlockStatement(block) => self.statements(&block.body),
            Statement::DoWhileStatement(loops) => {
                self.statement(&loops.body);
                self.run(&loops.test);
            }
            Statement::ExpressionStatement(expression) => self.run(&expression.expression),
            Statement::ForInStatement(loops) => {
                self.loop_over(&loops.left, &loops.right, line);
                self.statement(&loops.body);
            }
            Statement::ForOfStatement(loops) => {
                self.loop_over(&loops.left, &loops.right, line);
                self.statement(&loops.body);
            }
            Statement::ForStatement(loops) => {
                match &loops.init {
                    Some(ForStatementInit::VariableDeclaration(variables)) => self.variables(variables),
                    Some(init) => init.as_expression().into_iter().for_each(|init| self.run(init)),
                    None => {}
                }
                for part in loops.test.iter().chain(&loops.update) {
                    self.run(part);
                }
                self.statement(&loops.body);
            }
            Statement::IfStatement(branch) => {
                self.run(&branch.test);
                self.statement(&branch.consequent);
                // A chain of them is a list, however long.
                let mut rest = branch.alternate.as_ref();
                while let Some(other) = rest {
                    rest = None;
                    if let Statement::IfStatement(branch) = other {
                        self.run(&branch.test);
                        self.statement(&branch.consequent);
                        rest = branch.alternate.as_ref();
                    } else {
                        self.statement(other);
                    }
                }
            }
            Statement::LabeledStatement(labeled) => self.statement(&labeled.body),
            Statement::ReturnStatement(back) => {
                if let Some(value) = &back.argument {
                    let id = self.expression(value);
                    self.b.statement(id);
                    self.b.gives_back(id);
                }
            }
            Statement::SwitchStatement(switch) => {
                self.run(&switch.discriminant);
                for case in &switch.cases {
                    if let Some(test) = &case.test {
                        self.run(test);
                    }
                    self.statements(&case.consequent);
                }
            }
            Statement::ThrowStatement(throw) => self.run(&throw.argument),
            Statement::TryStatement(attempt) => {
                let from = self.b.program.nodes.len();
                self.statements(&attempt.block.body);
                if let Some(handler) = &attempt.handler {
                    if let Some(caught) = &handler.param {
                        let thrown = self.b.calls_since(from, line);
                        let target = self.binding(&caught.pattern);
                        let id = self.b.assign(target, thrown, line);
                        self.b.statement(id);
                    }
                    self.statements(&handler.body.body);
                }
                if let Some(block) = &attempt.finalizer {
                    self.statements(&block.body);
                }
            }
            Statement::WhileStatement(loops) => {
                self.run(&loops.test);
                self.statement(&loops.body);
            }
            Statement::WithStatement(with) => {
                self.run(&with.object);
                self.statement(&with.body);
            }
            Statement::VariableDeclaration(variables) => self.variables(variables),
            Statement::FunctionDeclaration(function) => {
                self.function_declaration(function);
            }
            Statement::ClassDeclaration(class) => {
                self.class(class);
            }
            Statement::ImportDeclaration(import) => {
                let from = import.source.value.as_str();
                for specifier in import.specifiers.iter().flatten() {
                    let module = self.b.add(Expr::Module(from.to_owned()), line);
                    let (local, value) = match specifier {
                        ImportDeclarationSpecifier::ImportSpecifier(one) => {
                            (&one.local, self.b.add(Expr::Member(module, export_name(&one.imported)), line))
                        }
                        ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => (&one.local, module),
                        ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => (&one.local, module),
                    };
                    let target = self.b.own(local.name.as_str(), line);
                    let id = self.b.assign(target, value, line);
                    self.b.statement(id);
                }
            }
            Statement::ExportDeclaration(export) => {
                let names = self.declaration(&export.declaration);
                for name in names {
                    let id = self.b.name(&name, line);
                    self.b.export(&name, id);
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    let id = self.b.name(&export_name(&one.local), line);
                    self.b.export(&export_name(&one.exported), id);
                }
            }
            Statement::ExportFromDeclaration(export) => {
                for one in &export.specifiers {
                    let module = self.b.add(Expr::Module(export.source.value.to_string()), line);
                    let id = self.b.add(Expr::Member(module, export_name(&one.local)), line);
                    self.b.export(&export_name(&one.exported), id);
                }
            }
            Statement::ExportAllDeclaration(export) => {
                let module = self.b.add(Expr::Module(export.source.value.to_string()), line);
                self.b.export("default", module);
            }
            Statement::ExportDefaultDeclaration(export) => {
                let id = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                        self.function_declaration(function)
                    }
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => self.class(class),
                    other => match other.as_expression() {
                        Some(expression) => self.expression(expression),
                        None => return,
                    },
                };
                self.b.statement(id);
                self.b.export("default", id);
            }
            Statement::TSExportAssignment(export) => {
                let id = self.expression(&export.expression);
                self.b.export("default", id);
            }
            _ => {}
        }
    }

    fn declaration(&mut self, declaration: &Declaration<'_>) -> Vec<String> {
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                self.variables(variables);
                let names = variables.declarations.iter().filter_map(|one| one.id.get_identifier_name());
                names.map(|name| name.to_string()).collect()
            }
            Declaration::FunctionDeclaration(function) => {
                self.function_declaration(function);
                function.id.iter().map(|id| id.name.to_string()).collect()
            }
            Declaration::ClassDeclaration(class) => {
                self.class(class);
                class.id.iter().map(|id| id.name.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn loop_over(&mut self, left: &ForStatementLeft<'_>, right: &Expression<'_>, line: u32) {
        let all = self.expression(right);
        let one = self.b.add(Expr::Any(vec![all]), line);
        let target = match left {
            ForStatementLeft::VariableDeclaration(variables) => {
                variables.declarations.first().map_or(Target::Nothing, |one| self.binding(&one.id))
            }
            other => other.as_assignment_target().map_or(Target::Nothing, |target| self.target(target)),
        };
        let id = self.b.assign(target, one, line);
        self.b.statement(id);
    }

    fn variables(&mut self, variables: &VariableDeclaration<'_>) {
        for one in &variables.declarations {
            let target = self.binding(&one.id);
            if let Some(init) = &one.init {
                let line = self.line(one);
                let value = self.expression(init);
                let id = self.b.assign(target, value, line);
                self.b.statement(id);
            }
        }
    }

    fn binding(&mut self, pattern: &BindingPattern<'_>) -> Target {
        let line = self.line(pattern);
        match pattern {
            BindingPattern::BindingIdentifier(name) => self.b.own(name.name.as_str(), line),
            BindingPattern::ObjectPattern(object) => {
                let mut pieces: Vec<_> = object
                    .properties
                    .iter()
                    .map(|one| (key_name(&one.key), self.binding(&one.value)))
                    .collect();
                pieces.extend(object.rest.iter().map(|rest| (None, self.binding(&rest.argument))));
                Target::Pieces(pieces)
            }
            BindingPattern::ArrayPattern(array) => {
                let mut pieces: Vec<_> =
                    array.elements.iter().flatten().map(|one| (None, self.binding(one))).collect();
                pieces.extend(array.rest.iter().map(|rest| (None, self.binding(&rest.argument))));
                Target::Pieces(pieces)
            }
            BindingPattern::AssignmentPattern(assignment) => {
                let target = self.binding(&assignment.left);
                let value = self.expression(&assignment.right);
                let id = self.b.assign(target.clone(), value, line);
                self.b.statement(id);
                target
            }
        }
    }

    fn target(&mut self, target: &AssignmentTarget<'_>) -> Target {
        let line = self.line(target);
        match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => {
                Target::Name(self.b.name(name.name.as_str(), line))
            }
            AssignmentTarget::StaticMemberExpression(member) => {
                Target::Member(self.expression(&member.object), member.property.name.to_string())
            }
            AssignmentTarget::ComputedMemberExpression(member) => {
                let key = match &member.expression {
                    Expression::StringLiteral(key) => key.value.to_string(),
                    _ => String::new(),
                };
                Target::Member(self.expression(&member.object), key)
            }
            AssignmentTarget::PrivateFieldExpression(member) => {
                Target::Member(self.expression(&member.object), member.field.name.to_string())
            }
            AssignmentTarget::ArrayAssignmentTarget(array) => Target::Pieces(
                array.elements.iter().flatten().map(|one| (None, self.target_or_default(one))).collect(),
            ),
            AssignmentTarget::ObjectAssignmentTarget(object) => {
                let pieces = object.properties.iter().map(|one| match one {
                    AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(one) => {
                        let name = one.binding.name.as_str();
                        (Some(name.to_owned()), Target::Name(self.b.name(name, line)))
                    }
                    AssignmentTargetProperty::AssignmentTargetPropertyProperty(one) => {
                        (key_name(&one.name), self.target_or_default(&one.binding))
                    }
                });
                Target::Pieces(pieces.collect())
            }
            _ => Target::Nothing,
        }
    }

    fn target_or_default(&mut self, target: &AssignmentTargetMaybeDefault<'_>) -> Target {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(one) => self.target(&one.binding),
            other => other.as_assignment_target().map_or(Target::Nothing, |target| self.target(target)),
        }
    }

    fn function_declaration(&mut self, function: &Function<'_>) -> Id {
        let line = self.line(function);
        let id = self.function(function);
        match &function.id {
            Some(name) => {
                let target = self.b.own(name.name.as_str(), line);
                let assigned = self.b.assign(target, id, line);
                self.b.statement(assigned);
                id
            }
            None => id,
        }
    }

    fn function(&mut self, function: &Function<'_>) -> Id {
        let line = self.line(function);
        self.unit(line, &function.params, |reader| {
            if let Some(body) = &function.body {
                reader.statements(&body.statements);
            }
        })
    }

    fn unit(&mut self, line: u32, parameters: &FormalParameters<'_>, body: impl FnOnce(&mut Self)) -> Id {
        let unit = self.b.open();
        for one in &parameters.items {
            let target = self.binding(&one.pattern);
            if let Some(default) = &one.initializer {
                let value = self.expression(default);
                let id = self.b.assign(target.clone(), value, line);
                self.b.statement(id);
            }
            self.b.parameter(target);
        }
        if let Some(rest) = &parameters.rest {
            let target = self.binding(&rest.rest.argument);
            self.b.parameter(target);
        }
        body(self);
        self.b.close(unit, line)
    }

    /// A class is the functions that it has, by name.
    fn class(&mut self, class: &Class<'_>) -> Id {
        let line = self.line(class);
        let mut members = Vec::new();
        for element in &class.body.body {
            match element {
                ClassElement::StaticBlock(block) => self.statements(&block.body),
                ClassElement::MethodDefinition(method) => {
                    let function = self.function(&method.value);
                    members.push((key_name(&method.key).unwrap_or_default(), function));
                }
                ClassElement::PropertyDefinition(property) => {
                    if let Some(value) = &property.value {
                        let id = self.expression(value);
                        members.push((key_name(&property.key).unwrap_or_default(), id));
                    }
                }
                _ => {}
            }
        }
        let id = self.b.add(Expr::Object(members), line);
        self.b.statement(id);
        if let Some(name) = &class.id {
            let target = self.b.own(name.name.as_str(), line);
            let assigned = self.b.assign(target, id, line);
            self.b.statement(assigned);
        }
        id
    }

    fn expression(&mut self, expression: &Expression<'_>) -> Id {
        let line = self.line(expression);
        // Long sums lean to the left: their pieces are one list.
        if let Expression::BinaryExpression(_) = expression {
            return self.sum(expression, line);
        }
        if let Some(nothing) = self.b.depth_guard(line) {
            return nothing;
        }
        let id = self.deeper(expression, line);
        self.b.up();
        id
    }

    fn sum(&mut self, expression: &Expression<'_>, line: u32) -> Id {
        let (mut pieces, mut rest, mut all_plus, mut bits) = (Vec::new(), expression, true, false);
        while let Expression::BinaryExpression(binary) = rest {
            all_plus &= binary.operator == BinaryOperator::Addition;
            bits |= binary.operator == BinaryOperator::BitwiseXOR;
            pieces.push(&binary.right);
            rest = &binary.left;
        }
        pieces.push(rest);
        let ids: Vec<Id> = pieces.into_iter().rev().map(|piece| self.expression(piece)).collect();
        let made = if all_plus {
            Expr::Join(ids)
        } else if bits {
            Expr::Mix(ids)
        } else {
            Expr::Any(ids)
        };
        self.b.add(made, line)
    }

    fn deeper(&mut self, expression: &Expression<'_>, line: u32) -> Id {
        let made = match expression {
            Expression::StringLiteral(text) => Expr::Text(text.value.to_string()),
            Expression::NumericLiteral(number)
                if number.value >= 0.0
                    && number.value < f64::from(u32::MAX)
                    && number.value.fract() == 0.0 =>
            {
                #[expect(clippy::cast_sign_loss, reason = "looked at in the line above")]
                Expr::Number(number.value as u32)
            }
            Expression::TemplateLiteral(template) => {
                let mut pieces = Vec::new();
                for (at, quasi) in template.quasis.iter().enumerate() {
                    let text = quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw).to_string();
                    pieces.push(self.b.text(&text, line));
                    pieces.extend(template.expressions.get(at).map(|value| self.expression(value)));
                }
                Expr::Join(pieces)
            }
            Expression::Identifier(name) => return self.b.name(name.name.as_str(), line),
            Expression::ThisExpression(_) => Expr::Global("this".to_owned()),
            Expression::ArrayExpression(array) => {
                let items = array.elements.iter().filter_map(|element| match element {
                    ArrayExpressionElement::SpreadElement(spread) => Some(self.expression(&spread.argument)),
                    ArrayExpressionElement::Elision(_) => None,
                    other => other.as_expression().map(|one| self.expression(one)),
                });
                Expr::List(items.collect())
            }
            Expression::ArrowFunctionExpression(arrow) => {
                return self.unit(line, &arrow.params, |reader| match &arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => reader.statements(&body.statements),
                    other => {
                        if let Some(value) = other.as_expression() {
                            let id = reader.expression(value);
                            reader.b.statement(id);
                            reader.b.gives_back(id);
                        }
                    }
                });
            }
            Expression::FunctionExpression(function) => return self.function(function),
            Expression::ClassExpression(class) => return self.class(class),
            Expression::AssignmentExpression(assignment) => {
                let value = self.expression(&assignment.right);
                let target = self.target(&assignment.left);
                let value = match (assignment.operator, &target) {
                    (AssignmentOperator::Addition, Target::Name(name)) => {
                        self.b.add(Expr::Join(vec![*name, value]), line)
                    }
                    (AssignmentOperator::BitwiseXOR, Target::Name(name)) => {
                        self.b.add(Expr::Mix(vec![*name, value]), line)
                    }
                    _ => value,
                };
                Expr::Assign(target, value)
            }
            Expression::AwaitExpression(one) => return self.expression(&one.argument),
            Expression::ParenthesizedExpression(one) => return self.expression(&one.expression),
            Expression::TSAsExpression(one) => return self.expression(&one.expression),
            Expression::TSSatisfiesExpression(one) => return self.expression(&one.expression),
            Expression::TSTypeAssertion(one) => return self.expression(&one.expression),
            Expression::TSNonNullExpression(one) => return self.expression(&one.expression),
            Expression::TSInstantiationExpression(one) => return self.expression(&one.expression),
            Expression::YieldExpression(one) => {
                Expr::Any(one.argument.iter().map(|one| self.expression(one)).collect())
            }
            Expression::UnaryExpression(one) => Expr::Any(vec![self.expression(&one.argument)]),
            Expression::LogicalExpression(two) => {
                Expr::Any(vec![self.expression(&two.left), self.expression(&two.right)])
            }
            Expression::ConditionalExpression(three) => {
                let test = self.expression(&three.test);
                self.b.statement(test);
                Expr::Any(vec![self.expression(&three.consequent), self.expression(&three.alternate)])
            }
            // `(0, eval)` is its last.
            Expression::SequenceExpression(sequence) => {
                let ids: Vec<Id> = sequence.expressions.iter().map(|one| self.expression(one)).collect();
                let Some((last, before)) = ids.split_last() else { return self.b.add(Expr::Nothing, line) };
                for id in before {
                    self.b.statement(*id);
                }
                return *last;
            }
            Expression::CallExpression(call) => {
                let callee = self.expression(&call.callee);
                let arguments = self.arguments(&call.arguments);
                if let (Expr::Global(name), [module, ..]) = (&self.b.peek(callee), &arguments[..])
                    && name == "require"
                    && let Expr::Text(module) = self.b.peek(*module)
                {
                    return self.b.add(Expr::Module(module), line);
                }
                Expr::Call { callee, arguments, new: false }
            }
            Expression::NewExpression(call) => {
                let callee = self.expression(&call.callee);
                Expr::Call { callee, arguments: self.arguments(&call.arguments), new: true }
            }
            Expression::ImportExpression(import) => {
                let source = self.expression(&import.source);
                if let Expr::Text(module) = self.b.peek(source)
                    && !module.starts_with("data:")
                {
                    return self.b.add(Expr::Module(module), line);
                }
                let callee = self.b.add(Expr::Global("import".to_owned()), line);
                Expr::Call { callee, arguments: vec![source], new: false }
            }
            Expression::TaggedTemplateExpression(tagged) => {
                let callee = self.expression(&tagged.tag);
                let mut pieces = Vec::new();
                for (at, quasi) in tagged.quasi.quasis.iter().enumerate() {
                    pieces.push(self.b.text(quasi.value.raw.as_str(), line));
                    pieces.extend(tagged.quasi.expressions.get(at).map(|value| self.expression(value)));
                }
                let text = self.b.add(Expr::Join(pieces), line);
                Expr::Call { callee, arguments: vec![text], new: false }
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => {
                    let callee = self.expression(&call.callee);
                    Expr::Call { callee, arguments: self.arguments(&call.arguments), new: false }
                }
                ChainElement::StaticMemberExpression(member) => {
                    Expr::Member(self.expression(&member.object), member.property.name.to_string())
                }
                ChainElement::ComputedMemberExpression(member) => {
                    Expr::Index(self.expression(&member.object), self.expression(&member.expression))
                }
                ChainElement::PrivateFieldExpression(member) => {
                    Expr::Member(self.expression(&member.object), member.field.name.to_string())
                }
                ChainElement::TSNonNullExpression(one) => return self.expression(&one.expression),
            },
            Expression::StaticMemberExpression(member) => {
                Expr::Member(self.expression(&member.object), member.property.name.to_string())
            }
            Expression::ComputedMemberExpression(member) => {
                Expr::Index(self.expression(&member.object), self.expression(&member.expression))
            }
            Expression::PrivateFieldExpression(member) => {
                Expr::Member(self.expression(&member.object), member.field.name.to_string())
            }
            Expression::ObjectExpression(object) => {
                let entries = object.properties.iter().map(|property| match property {
                    ObjectPropertyKind::ObjectProperty(one) => {
                        (key_name(&one.key).unwrap_or_default(), self.expression(&one.value))
                    }
                    ObjectPropertyKind::SpreadProperty(spread) => {
                        (String::new(), self.expression(&spread.argument))
                    }
                });
                Expr::Object(entries.collect())
            }
            Expression::JSXElement(element) => return self.element(element, line),
            Expression::JSXFragment(fragment) => {
                self.children(&fragment.children, line);
                Expr::Nothing
            }
            _ => Expr::Nothing,
        };
        self.b.add(made, line)
    }

    fn arguments(&mut self, arguments: &[Argument<'_>]) -> Vec<Id> {
        let one = |argument: &Argument<'_>| match argument {
            Argument::SpreadElement(spread) => Some(self.expression(&spread.argument)),
            other => other.as_expression().map(|one| self.expression(one)),
        };
        arguments.iter().filter_map(one).collect()
    }

    /// What is called and written in markup still runs.
    fn element(&mut self, element: &JSXElement<'_>, line: u32) -> Id {
        for attribute in &element.opening_element.attributes {
            let value = match attribute {
                JSXAttributeItem::SpreadAttribute(spread) => Some(&spread.argument),
                JSXAttributeItem::Attribute(attribute) => match &attribute.value {
                    Some(JSXAttributeValue::ExpressionContainer(container)) => {
                        container.expression.as_expression()
                    }
                    _ => None,
                },
            };
            if let Some(value) = value {
                self.run(value);
            }
        }
        self.children(&element.children, line);
        self.b.add(Expr::Nothing, line)
    }

    fn children(&mut self, children: &[JSXChild<'_>], line: u32) {
        for child in children {
            match child {
                JSXChild::Element(element) => {
                    if self.b.depth_guard(line).is_none() {
                        self.element(element, line);
                        self.b.up();
                    }
                }
                JSXChild::Fragment(fragment) => {
                    if self.b.depth_guard(line).is_none() {
                        self.children(&fragment.children, line);
                        self.b.up();
                    }
                }
                JSXChild::ExpressionContainer(container) => {
                    if let Some(one) = container.expression.as_expression() {
                        self.run(one);
                    }
                }
                JSXChild::Spread(spread) => self.run(&spread.expression),
                JSXChild::Text(_) => {}
            }
        }
    }
}

fn key_name(key: &PropertyKey<'_>) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(name) => Some(name.name.to_string()),
        PropertyKey::PrivateIdentifier(name) => Some(name.name.to_string()),
        PropertyKey::StringLiteral(text) => Some(text.value.to_string()),
        _ => None,
    }
}

fn export_name(name: &ModuleExportName<'_>) -> String {
    name.name().to_string()
}

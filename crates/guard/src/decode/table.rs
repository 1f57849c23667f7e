//! Functions known by their selector. Parameter names are ours; selectors follow from the types.

use std::{collections::HashMap, sync::LazyLock};

use super::{abi::Value, rebuilt::Rebuilt, types::Function};

/// The embedded functions, one a line.
static TEXT: &str = include_str!("functions.txt");

/// Functions that give power or bring money out, one a line: signature, kind, who, what.
static POWERS: &str = include_str!("powers.tsv");

static TABLE: LazyLock<HashMap<[u8; 4], Function>> = LazyLock::new(|| {
    let powers = POWERS.lines().filter_map(|line| line.split('\t').next());
    let lines = powers.chain(TEXT.lines()).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let functions = lines.map(|line| Function::parse(line).expect("a test reads every line"));
    // What the second file names parameters of counts.
    functions.map(|function| (function.selector, function)).collect()
});

static BY_SIGNATURE: LazyLock<HashMap<&'static str, Named>> = LazyLock::new(|| {
    let rows = POWERS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| Named::parse(line).expect("a test reads every line")).collect()
});

/// A function that gives power or brings money out, as the table describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What kind.
    pub kind: PowerKind,
    /// Where the parameters say who gets it.
    pub who: Option<Place>,
    /// What must not be zero or false for it to give: where all of these are, it takes back.
    pub unless: Vec<Place>,
    /// What it is, in words.
    pub what: &'static str,
}

/// What a function of the table does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerKind {
    /// Gives power over a contract.
    Power(super::Power),
    /// Undoes what whoever calls signed before, and gives nobody anything.
    Cancel,
    /// Brings money out, to whom its parameter says.
    Out,
}

impl Named {
    fn parse(line: &'static str) -> Option<(&'static str, Self)> {
        use super::Power::{Accept, Code, GiveUp, Holder, Operator, Role, Rule, Vote};
        let mut cells = line.split('\t');
        let signature = cells.next()?;
        let kind = match cells.next()? {
            "holder" => PowerKind::Power(Holder),
            "code" => PowerKind::Power(Code),
            "role" => PowerKind::Power(Role),
            "operator" => PowerKind::Power(Operator),
            "rule" => PowerKind::Power(Rule),
            "vote" => PowerKind::Power(Vote),
            "accept" => PowerKind::Power(Accept),
            "less" => PowerKind::Power(GiveUp),
            "cancel" => PowerKind::Cancel,
            "out" => PowerKind::Out,
            _ => return None,
        };
        let who = match cells.next()? {
            "-" => None,
            place => Some(Place::parse(place)?),
        };
        let unless = match cells.next()? {
            "-" => Vec::new(),
            places => places.split(',').map(Place::parse).collect::<Option<_>>()?,
        };
        Some((signature, Self { kind, who, unless, what: cells.next()? }))
    }

    /// Whether a call of it with these arguments takes back what others give.
    pub fn takes_back(&self, args: &[Value<'_>]) -> bool {
        !self.unless.is_empty() && self.unless.iter().all(|place| place.of(args).is_some_and(Value::is_zero))
    }
}

/// A parameter, or a field of a parameter that is a tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Vec<usize>);

impl Place {
    fn parse(text: &str) -> Option<Self> {
        text.split('.').map(|index| index.parse().ok()).collect::<Option<_>>().map(Self)
    }

    /// The index of a parameter, and of its fields.
    pub fn path(&self) -> &[usize] {
        &self.0
    }

    /// What stands there.
    pub fn of<'v, 'a>(&self, args: &'v [Value<'a>]) -> Option<&'v Value<'a>> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(args.get(*first)?, |value, index| value.elements().get(*index))
    }
}

/// What the table says of the function with this canonical signature.
pub fn named(signature: &str) -> Option<&'static Named> {
    BY_SIGNATURE.get(signature)
}

/// Looks up functions: those of the user first, then the embedded ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Functions<'a> {
    /// Functions the user gave.
    pub own: &'a [Function],
    /// Where calls are put together whose functions are given as texts; without, those are not unpacked.
    pub rebuilt: Option<&'a Rebuilt>,
}

impl<'a> Functions<'a> {
    /// The function with this selector.
    pub fn find(&self, selector: [u8; 4]) -> Option<&'a Function> {
        // An embedded function is never replaced: a descriptor must not be able to rename `approve`.
        TABLE.get(&selector).or_else(|| self.own.iter().find(|function| function.selector == selector))
    }
}

/// Every embedded function, by selector.
pub fn embedded() -> impl Iterator<Item = &'static Function> {
    TABLE.values()
}

#[cfg(test)]
mod tests {
    use super::{super::Type, *};

    /// Functions with a switch that gives or takes nothing.
    const GIVES_EITHER_WAY: &[&str] = &[
        "create((address,bytes32,bytes),bool)",
        "createWithContext((address,bytes32,bytes),address,bytes,bool)",
        "_setImplementation(address,bool,bytes)",
        "removeDelegate(address,bool)",
        "setSupportedInterface(bytes4,bool)",
        "setTargetClosed(address,bool)",
        "transferOwnership(address,bool,bool)",
    ];

    #[test]
    fn every_line_is_a_function_and_no_two_share_a_selector() {
        let lines: Vec<&str> =
            TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        for line in &lines {
            if let Err(error) = Function::parse(line) {
                panic!("{error}");
            }
        }
        let powers: Vec<&str> = POWERS.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(TABLE.len(), lines.len() + powers.len());
        for line in &powers {
            let (signature, named) = Named::parse(line).unwrap_or_else(|| panic!("{line}"));
            let function = Function::parse(signature).expect("a signature");
            assert_eq!(function.signature, signature, "written as selectors are made");
            let at = |place: &Place| {
                let mut ty = &function.params[place.0[0]].ty;
                for index in &place.0[1..] {
                    let Type::Tuple(fields) = ty else { panic!("{line}") };
                    ty = &fields[*index].ty;
                }
                ty
            };
            if let Some(who) = &named.who {
                assert!(matches!(at(who), Type::Address | Type::Fixed(32)), "{line}");
            }
            for place in &named.unless {
                assert!(!matches!(at(place), Type::Bytes | Type::String | Type::Tuple(_)), "{line}");
            }
            assert!(named.unless.is_empty() || matches!(named.kind, PowerKind::Power(_)), "{line}");
            // A switch that nobody looked at would be taken for one that gives.
            let switches = function.params.iter().filter(|param| param.ty == Type::Bool).count();
            assert!(
                switches == 0 || !named.unless.is_empty() || GIVES_EITHER_WAY.contains(&signature),
                "{line}"
            );
        }
        assert_eq!(BY_SIGNATURE.len(), powers.len());
    }
}

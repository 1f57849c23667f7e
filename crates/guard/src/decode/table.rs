//! Functions known by their selector. Parameter names are ours; selectors follow from the types.

use std::{collections::HashMap, sync::LazyLock};

use super::types::Function;

/// The embedded functions, one a line.
static TEXT: &str = include_str!("functions.txt");

static TABLE: LazyLock<HashMap<[u8; 4], Function>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let functions = lines.map(|line| Function::parse(line).expect("a test reads every line"));
    functions.map(|function| (function.selector, function)).collect()
});

/// Looks up functions: those of the user first, then the embedded ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Functions<'a> {
    /// Functions the user gave.
    pub own: &'a [Function],
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
    use super::*;

    #[test]
    fn every_line_is_a_function_and_no_two_share_a_selector() {
        let lines: Vec<&str> =
            TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        for line in &lines {
            if let Err(error) = Function::parse(line) {
                panic!("{error}");
            }
        }
        assert_eq!(TABLE.len(), lines.len());
    }
}

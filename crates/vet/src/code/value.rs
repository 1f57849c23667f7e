//! What is known of a value: where it comes from, what it says, what it is.

use std::{collections::BTreeMap, ops::BitOr, rc::Rc};

/// Where a value comes from and what was done to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u16);

impl Marks {
    /// Written in the files.
    pub(super) const WRITTEN: Self = Self(1);
    /// What somebody else's server answered, at an address that the files name.
    pub(super) const FETCHED: Self = Self(1 << 1);
    /// What a server answered whose address the caller chose.
    pub(super) const ASKED: Self = Self(1 << 2);
    /// Put back together from an encoding of what the files hold.
    pub(super) const DECODED: Self = Self(1 << 3);
    /// From the environment.
    pub(super) const ENVIRONMENT: Self = Self(1 << 4);
    /// Read from a file that is no code by its name.
    pub(super) const DATA_FILE: Self = Self(1 << 5);
    /// Written in the files as the address of a server.
    pub(super) const ADDRESS: Self = Self(1 << 6);
    /// Written in the files as something that stands for another text.
    pub(super) const ENCODED: Self = Self(1 << 12);
    /// A list of numbers that could be characters.
    pub(super) const CODES: Self = Self(1 << 7);
    /// A file into which something fetched was written.
    pub(super) const DROPPED: Self = Self(1 << 8);
    /// One piece of several that a text was joined from.
    pub(super) const PIECE: Self = Self(1 << 9);
    /// Files with keys or passwords.
    pub(super) const SECRET: Self = Self(1 << 10);

    /// Bits of it were mixed with others.
    pub(super) const MIXED: Self = Self(1 << 11);

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A function of a file.
pub(super) type Func = (u32, u32);

/// Members that are kept of a value.
const MAX_MEMBERS: usize = 64;

/// Functions that a value may be.
const MAX_FUNCS: usize = 8;

/// Bytes of a text that is put together.
pub(super) const MAX_TEXT: usize = 1 << 16;

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Value {
    pub marks: Marks,
    pub text: Option<Rc<str>>,
    /// What of a library or of the language it is: `child_process.exec`.
    pub path: Option<Rc<str>>,
    pub funcs: Vec<Func>,
    pub members: Option<Rc<BTreeMap<String, Value>>>,
    pub items: Option<Rc<Vec<Value>>>,
    /// What it was fetched from.
    pub from: Option<Rc<str>>,
}

impl Value {
    /// A text that stands in the files, with what it looks like.
    pub(super) fn text(text: &str, looks: Marks) -> Self {
        Self { marks: Marks::WRITTEN | looks, text: Some(text.into()), ..Self::default() }
    }

    pub(super) fn path(path: &str) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    pub(super) fn marked(marks: Marks) -> Self {
        Self { marks, ..Self::default() }
    }

    /// Where it comes from, without what it says and is.
    pub(super) fn origin(&self) -> Self {
        Self { marks: self.all_marks(), from: self.source(), ..Self::default() }
    }

    /// The marks of it and of what is in it.
    pub(super) fn all_marks(&self) -> Marks {
        let items = self.items.iter().flat_map(|items| items.iter()).map(|item| item.marks);
        let members = self.members.iter().flat_map(|members| members.values()).map(|member| member.marks);
        items.chain(members).fold(self.marks, BitOr::bitor)
    }

    fn source(&self) -> Option<Rc<str>> {
        let items = self.items.iter().flat_map(|items| items.iter());
        let members = self.members.iter().flat_map(|members| members.values());
        self.from.clone().or_else(|| items.chain(members).find_map(|inner| inner.from.clone()))
    }

    /// One or the other. Whether that says anything new.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        if other == self || *other == Self::default() {
            return false;
        }
        if *self == Self::default() {
            self.clone_from(other);
            return true;
        }
        let before =
            (self.marks, self.funcs.len(), self.text.is_some(), self.path.is_some(), self.from.is_some());
        self.marks = self.marks | other.marks;
        if self.text != other.text && other.text.is_some() {
            self.text = None;
        }
        if self.path.is_none() {
            self.path.clone_from(&other.path);
        }
        if self.items != other.items {
            self.items = None;
        }
        for func in &other.funcs {
            if !self.funcs.contains(func) && self.funcs.len() < MAX_FUNCS {
                self.funcs.push(*func);
            }
        }
        if self.from.is_none() {
            self.from.clone_from(&other.from);
        }
        let grew = match (&mut self.members, &other.members) {
            (Some(mine), Some(theirs)) if mine != theirs => {
                let mine = Rc::make_mut(mine);
                let mut grew = false;
                for (name, value) in theirs.iter() {
                    if mine.len() < MAX_MEMBERS || mine.contains_key(name) {
                        grew |= mine.entry(name.clone()).or_default().join_flat(value);
                    }
                }
                grew
            }
            (mine @ None, Some(theirs)) => {
                *mine = Some(Rc::clone(theirs));
                true
            }
            _ => false,
        };
        grew || before
            != (self.marks, self.funcs.len(), self.text.is_some(), self.path.is_some(), self.from.is_some())
    }

    /// As [`Self::join`], one level deep: members of members would never end.
    fn join_flat(&mut self, other: &Self) -> bool {
        let flat = Self { members: None, items: None, ..other.clone() };
        let members = self.members.take();
        let grew = self.join(&flat);
        self.members = members.or_else(|| other.members.clone());
        grew
    }

    pub(super) fn put(&mut self, name: &str, value: &Self) -> bool {
        let members = Rc::make_mut(self.members.get_or_insert_default());
        if members.len() >= MAX_MEMBERS && !members.contains_key(name) {
            let before = self.marks;
            self.marks = self.marks | value.marks;
            return self.marks != before;
        }
        members.entry(name.to_owned()).or_default().join_flat(value)
    }
}

//! What is wrong with a file by itself, without asking what starts it.

mod ci;
mod containers;
mod dependencies;
mod git;
mod hidden;
mod instructions;
mod kinds;
mod places;

use crate::{finding::Finding, source::Source, tree::File};

/// What is wrong with a text.
pub(crate) fn text(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    ci::read(source, &mut findings);
    containers::read(source, &mut findings);
    dependencies::read(source, &mut findings);
    git::read(source, &mut findings);
    hidden::read(source, &mut findings);
    instructions::read(source, &mut findings);
    places::read(source, &mut findings);
    findings
}

pub(crate) use kinds::{Form, form};

/// What is wrong with a file whatever it is: its form and its name.
pub(crate) fn file(file: &File, form: Form) -> Vec<Finding> {
    kinds::read(file, form)
}

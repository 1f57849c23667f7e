//! How each of several statements about one address stands to the others, so that a policy can tell how far to go by it.
//!
//! A name is disputed when others give another ([`agreement`](crate::agreement)). An accusation is disputed by whoever says of the
//! same address that it is an honest service's, an asset's or a victim's: tables of blocked addresses hold routers and coins, and
//! a contract that an exploit took from is no thief's. That others accuse somebody else is no dispute of what was done, and
//! nobody but another authority disputes what an authority says was done.

use tracehound_model::{
    Category, Confidence,
    label::{HINT, Standing},
};

use crate::{
    Nature,
    agreement::{Statement, by_chain, more_disputed, named, of_keys},
    concept,
};

/// How a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// To the others.
    pub standing: Standing,
    /// How sure what it says is, with those who agree.
    pub confidence: Confidence,
}

/// How statements about one address on one day stand, in their order: those of each chain to each other and to what is said
/// `beside`, and those about a key to what is said of it on any chain. O(n log n).
pub fn weighed(statements: &[Statement<'_>], beside: &[Statement<'_>]) -> Vec<Weighed> {
    let mut all = vec![None; statements.len()];
    for places in by_chain(statements) {
        let here: Vec<Statement<'_>> =
            places.iter().map(|place| statements[*place]).chain(beside.iter().copied()).collect();
        for (place, weighed) in places.into_iter().zip(weighed_here(&here)) {
            all[place] = Some(weighed);
        }
    }
    let (places, mut of_key) = of_keys(statements);
    of_key.extend(beside.iter().copied());
    for (place, of_key) in places.into_iter().zip(weighed_here(&of_key)) {
        if let Some(weighed) = &mut all[place] {
            weighed.standing = more_disputed(weighed.standing, of_key.standing);
        }
    }
    all.into_iter().flatten().collect()
}

fn weighed_here(statements: &[Statement<'_>]) -> Vec<Weighed> {
    let against_guilt = |statement: &Statement<'_>| statement.sure() > HINT && is_harmless(statement);
    let harmless = statements.iter().any(against_guilt);
    let harmless_by_authority = statements.iter().any(|one| one.is_authority() && against_guilt(one));
    let denials: Vec<&str> = statements.iter().filter_map(Statement::denies).collect();
    let named = named(statements.iter().copied());
    // Whether all who name somebody surely enough accuse whom they name.
    let all_accuse = named.as_ref().is_none_or(|named| {
        let mut naming = named.by.iter().chain(&named.against).map(|place| &statements[*place]);
        naming.all(|one| one.sure() <= HINT || one.label.category().is_some_and(concept::is_accusation))
    });
    let weigh = |(place, statement): (usize, &Statement<'_>)| {
        let own = Weighed { standing: Standing::Single, confidence: statement.sure() };
        let mut weighed = match &named {
            Some(named) if named.by.contains(&place) => {
                Weighed { standing: named.standing, confidence: named.confidence }
            }
            Some(named) if named.against.contains(&place) => Weighed { standing: Standing::Disputed, ..own },
            _ => own,
        };
        let denied = denials.iter().any(|denied| statement.is_called(denied));
        if denied && !statement.is_denial() {
            weighed.standing = Standing::Disputed;
        }
        if statement.label.category().is_some_and(concept::is_accusation) {
            if harmless {
                weighed.standing = Standing::Disputed;
            }
            let of_authority = statement.is_authority() && !harmless_by_authority;
            let of_all = !harmless && !denied && all_accuse;
            if weighed.standing == Standing::Disputed && (of_authority || of_all) {
                weighed.standing = Standing::NameDisputed;
            }
        }
        weighed
    };
    statements.iter().enumerate().map(weigh).collect()
}

/// Whether it says of the address what no thief's is: an honest actor's, an asset's, a victim's.
fn is_harmless(statement: &Statement<'_>) -> bool {
    match statement.label.nature {
        Nature::Victim => true,
        Nature::Asset => statement.label.category().is_none(),
        Nature::Entity => statement
            .label
            .category()
            .is_some_and(|category| !concept::is_accusation(category) && category != Category::Unknown),
    }
}

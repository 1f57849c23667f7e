//! Families of contracts.

use tracehound_analysis::deployers::{Creation, Family, families};

const CODE: Option<[u8; 32]> = Some([1; 32]);

fn made(contract: u8, by: u8, code: Option<[u8; 32]>) -> Creation<u8> {
    Creation { contract, by, code }
}

fn names(family: &Family<u8>, own: &[(u8, &'static str)]) -> Vec<Option<&'static str>> {
    let name = |of: &u8| own.iter().find(|(other, _)| other == of).map(|(_, name)| *name);
    let names = family.names(name, name);
    family.contracts.iter().map(|contract| names.without(name(contract).as_ref()).copied()).collect()
}

#[test]
fn an_accounts_contracts_are_one_family_and_a_factorys_those_of_one_code() {
    let other = Some([2; 32]);
    let found = families([
        made(10, 1, None),
        made(11, 1, None),
        made(12, 2, None),
        made(20, 3, CODE),
        made(21, 3, CODE),
        made(22, 3, other),
        made(23, 4, CODE),
        // Told twice, by its receipt and its trace.
        made(11, 1, None),
        // Destroyed and made again by somebody else.
        made(30, 1, None),
        made(30, 3, CODE),
    ]);
    let found: Vec<_> = found.into_iter().map(|family| (family.by, family.code, family.contracts)).collect();
    assert_eq!(
        found,
        [
            (1, None, vec![10, 11]),
            (2, None, vec![12]),
            (3, CODE, vec![20, 21]),
            (3, other, vec![22]),
            (4, CODE, vec![23])
        ]
    );
}

#[test]
fn a_family_has_its_deployers_name_or_that_of_two_which_none_denies() {
    let family = |by, code| Family { by, code, contracts: vec![10, 11, 12] };
    let deployed = family(1, None);
    assert_eq!(names(&deployed, &[(1, "Aave")]), [Some("Aave"); 3]);
    // The deployer's name is judged against what contracts are called, and not by it.
    assert_eq!(names(&deployed, &[(1, "Aave"), (10, "Hop")]), [Some("Aave"); 3]);
    assert_eq!(names(&deployed, &[]), [None; 3]);
    assert_eq!(names(&deployed, &[(10, "Aave")]), [None; 3], "one alone");
    // Each is judged without its own name.
    assert_eq!(names(&deployed, &[(10, "Aave"), (11, "Aave")]), [None, None, Some("Aave")]);
    let all = [(10, "Aave"), (11, "Aave"), (12, "Aave")];
    assert_eq!(names(&deployed, &all), [Some("Aave"); 3]);
    assert_eq!(names(&deployed, &[(10, "Aave"), (11, "Aave"), (12, "Hop")]), [None, None, Some("Aave")]);
    // Whose a factory is says nothing of who let it make a contract.
    assert_eq!(names(&family(1, CODE), &[(1, "Safe")]), [None; 3]);
    assert_eq!(names(&family(1, CODE), &[(10, "Uniswap"), (11, "Uniswap")])[2], Some("Uniswap"));
}

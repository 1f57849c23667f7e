//! Names obey the policy.

use tracehound_attribution::Scope;
use tracehound_model::Decision;
use tracehound_screen::{NameCover, Policy, name_gap};

use crate::support::{FRESH, at, index, party, sources};

fn cover(
    policy: &Policy,
    change: impl Fn(&mut tracehound_attribution::SourceHistory),
    as_of: &str,
) -> NameCover {
    let mut sources = sources();
    change(&mut sources[1]);
    let index = index(sources, vec![], vec![party("ofac-sdn", "1", "A Name")]);
    NameCover::new(&index, policy, at(as_of))
}

#[test]
fn no_match_clears_only_on_fresh_whole_lists() {
    let strict = Policy::strict();
    let fresh = cover(&strict, |_| (), FRESH);
    assert_eq!((fresh.decide(false, true), fresh.decide(true, true)), (Decision::Allow, Decision::Review));
    assert!(fresh.gaps.is_empty(), "{:?}", fresh.gaps);
    assert_eq!(cover(&strict, |_| (), "2025-06-22T12:00:01Z").decide(false, true), Decision::Incomplete);
    let part = cover(&strict, |ofac| ofac.scopes = vec![Scope::Addresses], FRESH);
    assert_eq!((part.decide(false, true), part.decide(true, true)), (Decision::Incomplete, Decision::Review));
    assert!(part.gaps[0].to_string().contains("lists update"), "{:?}", part.gaps);
}

#[test]
fn a_list_that_the_policy_requires_and_nobody_loaded_is_incomplete() {
    let policy = Policy::parse(
        "version = 1\nname = \"x\"\n[require]\nsources = [\"ofac-sdn\", \"eu-fsf\"]\nmax_age_days = 400",
    )
    .expect("a policy");
    let cover = cover(&policy, |_| (), FRESH);
    assert_eq!(cover.decide(false, true), Decision::Incomplete);
    assert!(cover.gaps.iter().any(|gap| gap.to_string().contains("eu-fsf")), "{:?}", cover.gaps);
}

#[test]
fn a_script_that_cannot_be_compared_does_not_clear() {
    let cover = cover(&Policy::strict(), |_| (), FRESH);
    let gap = name_gap("สมชาย", true).expect("Thai is not compared");
    assert!(gap.to_string().contains("Thai") && gap.to_string().contains("Latin letters"), "{gap}");
    assert_eq!(
        (cover.decide(false, false), cover.decide(true, false)),
        (Decision::Incomplete, Decision::Review)
    );
    for name in ["Kim Jong Un", "김정은", "محمد", "Владимир"] {
        assert_eq!(name_gap(name, false), None, "{name}");
    }
    assert!(name_gap("キム・ジョンウン", false).is_some_and(|gap| gap.to_string().contains("Japanese kana")));
}

/// An abbreviation is listed by what it stands for, and its letters say nothing of that.
#[test]
fn an_abbreviation_of_any_usual_length_does_not_clear() {
    for name in ["ФСБ", "ИГИЛ", "ХАМАС", "ВГТРКО", "Офицеры ГРУ", "Сеть ВГТРКО"]
    {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains("translation")), "{name}");
    }
}

#[test]
fn what_was_compared_in_part_does_not_clear_where_nothing_matched() {
    for name in ["الحرس الثوري الإيراني", "조선광선은행", "Корпус стражей", "КСИР", "블라디미르 푸틴"]
    {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains("translation")), "{name}");
        assert_eq!(name_gap(name, true), None, "{name}");
    }
    for (name, script) in
        [("Νίκος", "Greek"), ("Գևորգ", "Armenian"), ("გიორგი", "Georgian"), ("דוד", "Hebrew")]
    {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains(script)), "{name}");
        assert_eq!(name_gap(name, true), None, "{name}");
    }
    for (name, said) in [("李家东", "Japanese"), ("Nоbody At All", "mixes letters")] {
        assert_eq!(name_gap(name, true), None, "{name}");
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains(said)), "{name}");
    }
}

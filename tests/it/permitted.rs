//! A permitted call: what the provider is asked, and what of its answer reaches the consumer.

use crate::support::world::PUBLIC_SECURITY;
use crate::support::{Ask, Origin, World, check, http2, json, system};

const DESK: &str = "human-resources/pension-desk";

#[test]
fn an_answer_passes_by_either_version_of_http() {
    let record = r#"{"id_number":"330106199003070410","sex":"女"}"#;
    let origin = Origin::answering("public-security/records", json(200, record));
    let world = World::with(&[(PUBLIC_SECURITY, &origin)]);
    let ask =
        Ask::post("/public-security/population/query", r#"{"id_number":"330106199003070410"}"#)
            .purpose("social-assistance");
    let mut answers = vec![world.call(DESK, &ask)];
    answers.extend(http2::ask_all(world.address(), &system(DESK), vec![ask; 3]));
    for answer in answers {
        check(&world, &answer, 200, None);
        assert_eq!(answer.text(), r#"{"id_number":"3***************10","sex":"女"}"#);
    }
}

//! Who may call what of the administrative interface.

use sluice_core::domain::registry::Role;

use crate::support::{Ask, Connection, World, person};

#[test]
fn every_route_is_for_the_roles_of_the_table_and_for_nobody_else() {
    use sluice::api::access::TABLE;
    let people: String = Role::ALL
        .iter()
        .map(|role| format!("      - {{ id: only-{0}, roles: [{0}] }}\n", role.as_str()))
        .collect();
    let world = World::setup()
        .catalog(|files| {
            let one = "      - { id: officer-0101, roles: [maintainer] }\n";
            files.edit("departments.yaml", one, &format!("{one}{people}"))
        })
        .start();
    for (method, route, roles) in TABLE {
        let path = route
            .replace("{id}", "d-1")
            .replace("{number}", "1")
            .replace("{other}", "1")
            .replace("{department}", "civil-affairs")
            .replace("{entry}", "divisions")
            .replace("{*path}", "checkpoint");
        for role in Role::ALL {
            let who = format!("exchange-office/only-{}", role.as_str());
            let mut connection =
                Connection::open(world.gateway().administration, Some(&person(&who))).unwrap();
            let status = connection.ask(&Ask::new(method, &path)).status;
            let let_in = roles.is_empty() || roles.contains(&role);
            assert_eq!(status != 403, let_in, "{who}: {method} {path} is {status}");
        }
        // A person that the registry does not have.
        let nobody = person("exchange-office/nobody");
        let mut connection =
            Connection::open(world.gateway().administration, Some(&nobody)).unwrap();
        assert_eq!(connection.ask(&Ask::new(method, &path)).status, 403, "{method} {path}");
    }
    // What the interface says of itself is what it has.
    let described = serde_json::to_value(sluice::api::openapi::described()).unwrap();
    let mut told: Vec<(String, String)> = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            told.push((method.to_uppercase(), path.replace("{path}", "{*path}")));
        }
    }
    let mut has: Vec<(String, String)> =
        TABLE.iter().map(|(method, path, _)| ((*method).into(), (*path).into())).collect();
    told.sort();
    has.sort();
    assert_eq!(told, has);
    assert_eq!(described["openapi"], "3.1.0");
    // Each route says which type it answers with, and that it refuses with a problem document.
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let done = responses.iter().find(|(status, _)| status.starts_with('2'));
            let content = done.and_then(|(_, done)| done["content"].as_object());
            assert!(content.is_some_and(|content| !content.is_empty()), "{method} {path}");
            let refused = &responses["default"]["content"]["application/problem+json"]["schema"];
            assert_eq!(refused["$ref"], "#/components/schemas/ProblemDocument", "{method} {path}");
        }
    }
    let schemas = described["components"]["schemas"].as_object().unwrap();
    for name in ["DraftResponse", "GrantContents", "QuotaPage", "EventResponse", "ProblemDocument"]
    {
        assert!(schemas.contains_key(name), "{name} is not described");
    }
}

#[test]
fn what_is_no_route_is_told_so() {
    let world = World::setup().start();
    let at = world.gateway().administration;
    let mut connection =
        Connection::open(at, Some(&person("exchange-office/officer-0101"))).unwrap();
    let answer = connection.ask(&Ask::get("/api/v2/status"));
    assert_eq!((answer.status, answer.code().as_deref()), (404, Some("not-found")));
}
